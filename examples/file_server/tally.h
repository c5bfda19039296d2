/* SPDX-License-Identifier: MIT */
/* What the server has done and what of it is still alive: a server that leaks shows it here. */
#ifndef FILE_SERVER_TALLY_H
#define FILE_SERVER_TALLY_H

#include <pthread.h>
#include <stdint.h>

struct counts {
    uint64_t connections;      /* accepted */
    uint64_t requests;         /* became a call */
    uint64_t rejected;         /* packets that did not: malformed, oversized, over a limit */
    uint64_t live_connections; /* each has at most one context */
    uint64_t live_requests;    /* each has one call, and one descriptor at most */
    uint64_t live_contexts;
    uint64_t live_calls;
    uint64_t live_files;
};

struct tally {
    pthread_mutex_t lock; /* everything below */
    struct counts counts;
};

#define TALLY_INITIALIZER                                                                          \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* tally_up(t, &t->counts.requests): any thread. */
void tally_up(struct tally *tally, uint64_t *count);
void tally_down(struct tally *tally, uint64_t *count);
struct counts tally_read(struct tally *tally);

#endif
