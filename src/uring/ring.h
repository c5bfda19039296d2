/* SPDX-License-Identifier: MIT */
/*
 * A ring, its requests, and the clients it knows.
 *
 *   ring.c      the life of a ring: create, ref, unref
 *   requests.c  making requests, and their places in the ring: openat, read, write, close
 *   submit.c    handing them over to the kernel, or refusing them: submit, where the rule is kept
 *   wait.c      reporting what is over: wait, fd
 *   personas.c  the clients a ring knows, how they come and go; fork
 *   kernel.c    the ring as the kernel has it
 *
 * Locking discipline: a ring's lock guards everything in it but what is fixed at its creation. The
 * list of rings has a lock of its own (personas.c), which is taken first. No reference to a call or
 * a context is dropped under either: that may run the program's completion function, and end a
 * context, which takes both. No thread is anybody's client for a lock's sake: who makes a persona
 * holds none meanwhile.
 *
 * A ring belongs to the process that made it. In a forked child it is closed (personas.c), and only
 * its memory is left to be freed.
 */
#ifndef GUISE_URING_INTERNAL_H
#define GUISE_URING_INTERNAL_H

#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <guise/uring.h>

#include "kernel.h"

/*
 * A client that a ring knows: what the kernel calls a personality. It has no reference to its
 * context; it goes when the context ends, or the ring. So whoever has a reference to the context
 * and the ring's lock may use the number: it is that client's, and nobody else's.
 */
struct guise__persona {
    struct guise__persona *next;
    const guise_context *context; /* the address only */
    uint16_t number;
};

struct guise__personas {
    struct guise__persona **chains; /* by context */
    size_t chain_count;             /* a power of two */
    size_t count;
};

enum guise__request_state { GUISE__FREE, GUISE__MADE, GUISE__SUBMITTED };

enum { GUISE__SHORT_PATH = 64 };
#define GUISE__NONE UINT32_MAX

/* A place for a request, and the request in it. */
struct guise__request {
    enum guise__request_state state;
    uint32_t next;    /* FREE or MADE: the next one of its list; GUISE__NONE: the last */
    guise_call *call; /* owned; NULL: as the server */
    bool refused;     /* its call had completed when it was to be handed over */
    void *tag;
    struct io_uring_sqe entry; /* named by its place */
    struct open_how how;
    char *path; /* what entry points to: short_path, or owned */
    char short_path[GUISE__SHORT_PATH];
};

struct guise__requests {
    uint32_t first, last;
};

struct guise_uring {
    atomic_uint refs;
    atomic_bool closed; /* by fork; once */
    pthread_mutex_t lock;
    struct io_uring kernel;
    uint16_t self; /* the server as it was when the ring was made; fixed */
    struct guise__personas personas;
    uint32_t submitted;            /* requests the kernel has */
    bool waiting;                  /* somebody is in guise_uring_wait */
    int event;                     /* -1: nobody has asked for it */
    struct guise__requests unused; /* a stack */
    struct guise__requests made;   /* a queue */
    uint32_t request_count;        /* fixed */
    struct guise_uring *next;      /* (the list's lock) */
    struct guise__request requests[];
};

/* Else it is the parent's, and this is a forked child. */
static inline bool guise__ring_is_ours(const guise_uring *ring)
{
    /* Relaxed: written only by fork, in a process with one thread. */
    return !atomic_load_explicit(&ring->closed, memory_order_relaxed);
}

static inline void guise__ring_lock(guise_uring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
}

static inline void guise__ring_unlock(guise_uring *ring)
{
    (void)pthread_mutex_unlock(&ring->lock);
}

/* ---- requests.c ---- */

/* All request_count places are free, from here to requests_end. */
void guise__requests_begin(guise_uring *ring);
/* Drops what is in them, and with it references to calls: no lock is held. */
void guise__requests_end(guise_uring *ring);

/* The place is free again; with the lock. The reference to its call is the caller's now. */
void guise__request_free(guise_uring *ring, struct guise__request *request);

/* ---- personas.c ---- */

/* The ring is in the list from here to personas_end: its personas go with their contexts. With the
 * process's first ring: GUISE_E_OUT_OF_MEMORY if a fork could not be heard of. */
guise_result guise__personas_begin(guise_uring *ring);
/* No client is known any more, and no context will say that it ends. */
void guise__personas_end(guise_uring *ring);

/* The number of the call's client; 0: not known. With the lock, and the call's reference. */
uint16_t guise__persona_find(const guise_uring *ring, const guise_call *call);
/* Makes it known, as impersonating the client of the call would; without the lock. */
guise_result guise__persona_make(guise_uring *ring, guise_call *call);

#endif
