/* SPDX-License-Identifier: MIT */
/*
 * What the demonstration is played with: clients, files, what each client is to get of each file,
 * and a piece of memory all processes share, in which what really happened is noted.
 */
#ifndef FILE_SERVER_STAGE_H
#define FILE_SERVER_STAGE_H

#include <semaphore.h>
#include <stdbool.h>
#include <sys/types.h>

#include <guise/result.h>

#include "identity.h"
#include "protocol.h"
#include "server.h"
#include "tally.h"

#define ROUNDS 50u /* each client asks for everything this often, each time anew connected */
#define ASKS_IN_FLIGHT 6u
#define ROLE_LIMIT 4u
#define PROP_LIMIT 12u
#define GROUP_LIMIT 256u
#define FACT_LIMIT 40u

#define SOCKET_NAME "socket"
#define PUBLIC_FILE "public.txt" /* every client may read it */
#define HELD_FILE "held.txt"     /* the worker that reads it waits until it is told to go on */
#define BIG_FILE "big.bin"
#define BIG_SIZE ((off_t)4 * DATA_LIMIT)

enum kind { REGULAR, LINK, PIPE, MISSING };

struct role {
    const char *name;
    guise_level level; /* what it grants */
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUP_LIMIT];
    size_t group_count;
};

struct prop {
    const char *name;
    enum kind kind;
    uid_t owner;
    gid_t group;
    mode_t mode;
    enum status expected[ROLE_LIMIT]; /* by role */
};

/* One request, as its client and its server saw it. */
struct ask {
    bool answered;
    bool intact; /* the data is what is in the file, or there is none */
    uint32_t status;
    uint32_t by;
    struct identity begun;                              /* of the thread Begin_ ran on */
    struct identity continued, impersonating, reverted; /* of the worker, up to Signal */
    struct identity end;                                /* and then */
    bool worked;                                        /* a worker had it */
    bool impersonated;                                  /* and became the client */
    guise_result after_signal; /* what becoming the client once more got the worker */
};

/* Something that happened outside the table of asks. */
struct fact {
    const char *what;
    char got[40];
    bool fine;
};

struct stage {
    bool enforced; /* the kernel decides */
    bool one_user; /* this process may not switch users: all clients are the same user */
    size_t role_count;
    size_t prop_count;
    struct role roles[ROLE_LIMIT];
    struct prop props[PROP_LIMIT];

    char directory[256];
    struct listener listener; /* the server process's: it closes it */

    sem_t held;     /* a worker has HELD_FILE and waits */
    sem_t go;       /* it may go on */
    sem_t asked;    /* the server has all requests of the client that waits for SIGTERM */
    sem_t draining; /* the server takes no new requests */

    struct ask asks[ROUNDS * ROLE_LIMIT * PROP_LIMIT]; /* by request id, less one */
    struct fact facts[FACT_LIMIT];
    size_t fact_count;
    bool server_finished;
    bool server_ended;          /* with all its requests */
    struct tally before, after; /* the server, in its process */
    uint64_t lost_tokens;       /* all of guise_counters together */
};

/* Sets everything up in a new temporary directory, which becomes the working directory. NULL, and
 * said why: could not. */
struct stage *stage_create(bool enforced);

/* Takes everything away again. */
void stage_destroy(struct stage *stage);

/* Becomes the role, for good; for a process of its own. */
bool role_become(const struct stage *stage, const struct role *role);

/* The number of an ask is the id of its request. */
uint32_t ask_id(const struct stage *stage, unsigned round, size_t role, size_t prop);
size_t ask_limit(const struct stage *stage);

/* What is in a file. */
void prop_content(const char *name, char *out, size_t size);

/* Notes something that happened; one process at a time. */
void fact_note(struct stage *stage, const char *what, const char *got, bool fine);

#endif
