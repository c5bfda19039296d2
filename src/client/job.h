/* SPDX-License-Identifier: MIT */
/*
 * A job is the part of a call that belongs to the client's side: the method, copies of its blocks, and the
 * request that waits for the call. It is the call's extension, so it lives as long as the call, and has in it the
 * place for that of guise-com.
 *
 * References to the call of a job: the request's, until Finish_ or until the request is abandoned; the
 * executor's, from submit until guise_job_run or guise_job_drop; and the job's own, from the moment the request
 * is pending until the call is announced, because a server needs none.
 *
 *   state       by                          meaning
 *   WAITING     Begin_                      no thread has begun it
 *   BEGUN       guise__job_run_here         the method is run, and answers for the call
 *   WITHDRAWN   cancel, deadline, drop,     it never runs; the thread that took this step completes the call
 *               disconnect, refused Begin_
 *
 * A job leaves WAITING once, under the object's lock: so of a run, a drop, a cancel and a disconnect at
 * the same time exactly one has the job.
 */
#ifndef GUISE_SRC_CLIENT_JOB_H
#define GUISE_SRC_CLIENT_JOB_H

#include <stdbool.h>

#include <guise/object.h>
#include <guise/proxy.h>

#include "call/call.h"

enum guise__job_state { GUISE__JOB_WAITING, GUISE__JOB_BEGUN, GUISE__JOB_WITHDRAWN };

/* What is still to be released with the call, in this order. */
enum guise__job_end {
    GUISE__JOB_END_INNER,
    GUISE__JOB_END_OUT,
    GUISE__JOB_END_IN,
    GUISE__JOB_END_OBJECT,
    GUISE__JOB_END_BLOCK
};

struct guise_job {
    struct guise__call_extension extension; /* first */
    _Atomic(struct guise__call_extension *) inner;
    guise_call *call;     /* borrowed: the job goes with it */
    guise_object *object; /* owned */
    guise_request
        *request; /* its memory is held until the call is announced; NULL: not pending yet */
    const guise_method *method;
    uint32_t number;
    unsigned generation;         /* of the process that began it */
    enum guise__job_state state; /* (the object's lock) */
    bool is_listed;              /* (the object's lock) */
    guise_job *previous, *next;  /* (the object's lock) */
    guise_job *behind;           /* the executor's, for its queue */
    bool has_in;                 /* copy_in has succeeded, so release_in is owed */
    bool is_out_taken;           /* by Finish_, before it drops its reference */
    bool has_run;                /* written by the thread that runs the method */
    enum guise__job_end end;     /* what its end does next */
    void *in, *out;              /* in the same block; NULL: their size is 0 */
};

/* Makes a call of this client with its job, WAITING; one reference, the caller's. Results as
 * guise_call_create. */
guise_result guise__job_create(guise_object *object, uint32_t number, guise_context *client,
                               guise_job **out);

/* Lets the object know that the job waits. GUISE_E_DISCONNECTED: the object is disconnected, and the job is
 * still WAITING. Otherwise GUISE_OK, also if the job is not WAITING any more. */
guise_result guise__job_enlist(guise_job *job);

/* Takes a WAITING job (object.c, which has the lock). False: another thread has done so, or the job is one of a
 * parent process. */
bool guise__job_claim(guise_job *job, enum guise__job_state next);

/* Does this process serve the job? */
bool guise__job_is_ours(const guise_job *job);

/* Runs the job on this thread, without asking what it is, and drops the executor's reference. */
void guise__job_run_here(guise_job *job);

#endif
