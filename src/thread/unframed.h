/* SPDX-License-Identifier: MIT */
/*
 * Foreign impersonations: a thread that is in no frame has become the client of a held call. Nobody
 * takes that token off (S-20), so it is counted if it is still on when the call completes.
 */
#ifndef GUISE_FOREIGN_H
#define GUISE_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include <guise/call.h>

/* One for each thread, part of its state; all zero: it is nobody's client in no frame. */
struct guise__foreign {
    bool listed; /* written under the lock by its own thread, which may read it without */
    /* The rest under the lock. The call whose client this thread is; NULL: completed since. */
    const guise_call *call;
    struct guise__foreign *next, *previous;
};

/* This thread is the client of call. A call may complete at the same time, so who notes tells the
 * call after this (FOREIGN in call.c), and if it has completed calls guise__foreign_completed itself:
 * whoever of the two comes first counts. The caller holds a reference to the call throughout. */
void guise__foreign_note(struct guise__foreign *foreign, const guise_call *call);

/* The token is off. Nothing to do for a thread that is not listed. */
void guise__foreign_end(struct guise__foreign *foreign);

/* A call has completed: counts the threads that are its clients, each once. */
void guise__foreign_completed(const guise_call *call);

/* In a forked child, for its one thread. */
void guise__foreign_forked(struct guise__foreign *own);

uint64_t guise__foreign_at_completion(void);

#endif
