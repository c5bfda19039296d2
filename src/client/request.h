/* SPDX-License-Identifier: MIT */
/*
 * Requests from the inside: one call at a time, as the client sees it.
 *
 *   state      job  by                                           what the client can do
 *   IDLE       -    create, Finish_, a refused Begin_            Begin_
 *   BEGINNING  -    Begin_, until everything is made             (Begin_ is refused)
 *   PENDING    yes  Begin_, right before the job is handed over  cancel, wait
 *   COMPLETE   yes  the announcement of the call, a cancel, the  Finish_
 *                   deadline, a fork
 *
 * The client's view and the call are two things: a request that is given up is COMPLETE while the server may hold
 * its call for any time. Therefore the first of the steps to COMPLETE decides, under the lock, and an answer that
 * comes later is dropped. `round` tells one Begin_'s call from the next one's.
 *
 * `refs` are the program's references. `holds` are those to the memory: one of all refs together, and one of
 * each call that was begun and has not been announced, because its announcement looks for its request.
 *
 * Locking discipline: a request's lock guards what is marked (lock). Under it an object's lock may be taken, and
 * the request's signal is set and reset, so that a late set cannot meet the next Begin_. No function of
 * the program runs under it, no call is completed, and nothing is freed.
 */
#ifndef GUISE_SRC_CLIENT_REQUEST_H
#define GUISE_SRC_CLIENT_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include <guise/proxy.h>

#include "base/lock.h"
#include "client/client_blanket.h"
#include "client/job.h"

enum guise__request_state {
    GUISE__REQUEST_IDLE,
    GUISE__REQUEST_BEGINNING,
    GUISE__REQUEST_PENDING,
    GUISE__REQUEST_COMPLETE
};

struct guise_request {
    atomic_uint refs, holds;
    guise_object *object; /* owned */
    struct guise__lock lock;
    enum guise__request_state state;       /* (lock) */
    bool is_answered;                      /* (lock) COMPLETE by the call, else given up */
    bool is_canceled;                      /* (lock) */
    bool is_shown;                         /* (lock) what the signal shows */
    guise_result result;                   /* (lock) COMPLETE: what Finish_ reports */
    guise_job *job;                        /* (lock) with a reference to its call */
    uint64_t round;                        /* (lock) */
    struct guise__client_blanket *blanket; /* (lock) owned */
    uint32_t timeout_ms;                   /* (lock) for the next calls; GUISE_INFINITE: none */
    bool has_deadline;                     /* (lock) of this call */
    struct timespec deadline;              /* (lock) the same */
    guise_signal *signal;                  /* (lock) owned; NULL: not asked for */
    unsigned waiters;    /* (lock) threads that sleep, or are about to, on changes */
    atomic_uint changes; /* changed with the state, under the lock */
};

/* What is done once the lock is released. All zero: nothing. */
struct guise__request_after {
    guise_call *given_up; /* a reference; NULL: none */
    bool completes;       /* the job was taken, so the call is completed; else it is cancelled */
    guise_result why;
    bool wakes;
};

void guise__request_lock(guise_request *request);
/* Releases the lock, and does that. */
void guise__request_unlock(guise_request *request, struct guise__request_after *after);

/* Writes the state after what it says is there, and before what it says is gone, because a child may be forked by
 * another thread at any moment, and takes the lock over. */
static inline void guise__request_set_state_locked(guise_request *request,
                                                   enum guise__request_state state)
{
    atomic_signal_fence(memory_order_seq_cst);
    request->state = state;
    atomic_signal_fence(memory_order_seq_cst);
}

/* The state has changed: threads that wait look again. */
void guise__request_changed_locked(guise_request *request, struct guise__request_after *after);

/* Shows in the signal whether the request is complete. */
void guise__request_show_locked(guise_request *request, bool is_complete);

/* Gives a pending request up if its deadline has passed, or if it was begun in a parent process. */
void guise__request_settle_locked(guise_request *request, struct guise__request_after *after);

/* The job's call has been announced. Drops the hold of the call. */
void guise__request_announced(guise_request *request, guise_job *job);

/* Has the request the flags and members of its state? For checks under its lock. */
bool guise__request_is_valid(const guise_request *request);

#endif
