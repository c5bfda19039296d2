/* SPDX-License-Identifier: MIT */
/*
 * The state of a call. One word of 64 bits decides everything about it: whether it has been
 * dispatched, whether it has completed and with which result, and when its memory is freed.
 *
 *            guise_call_create                       guise__call_claim_dispatch
 *   (none) -------------------> OPEN ---------------------------------------------> OPEN, DISPATCHED
 *                                |                                                    |
 *                                |   Signal, guise_call_complete, a failed Begin_,    |
 *                                |   the last owner: boundary B1                      |
 *                                +-------------------------+--------------------------+
 *                                |                         |
 *                with a Finish_  |                         |  with a result
 *                                v       end_finishing     v
 *                      COMPLETED, FINISHING -----------> COMPLETED
 *                                                          |  completion function, kept, waiters
 *                                                          v
 *                                               COMPLETED, ANNOUNCED ---> freed with the last reference
 *
 *   step                                    function
 *   open -> DISPATCHED                      guise__call_claim_dispatch        call.c
 *   open -> COMPLETED with a result         guise__call_complete, drop_owner  complete.c
 *   open -> COMPLETED, FINISHING            guise__call_signal_with           complete.c
 *   FINISHING -> COMPLETED with a result    end_finishing                     complete.c
 *   COMPLETED -> ANNOUNCED                  call_announce, the same           complete.c
 *   -> CANCELED                             guise_call_cancel                 call.c
 *   -> CLAIMED, HAS_FUNCTION                guise_call_on_complete            on_complete.c
 *   -> HAS_SIGNAL, WAITERS                  guise_call_completion, _wait      wait.c
 *   -> UNFRAMED                             guise__call_note_unframed         (here)
 *
 * THE WORD
 *
 *   bits 0-9   flags, below
 *   bits 10-41 the result; meaningful with COMPLETED and without FINISHING, zero before
 *   bits 42-63 references
 *
 * References: one for every owner, one for every frame, and one that belongs to being open. The step
 * that sets COMPLETED turns that last one into the completer's own, so completing never counts up; the
 * completer drops it after the announcement, or in the same step if nothing has to be announced. While
 * a call is open the count is therefore at least 1, and an owner that reads 2 is the last one. Only a
 * thread that holds a reference can change the word, so the value that the last owner reads is final.
 * If there is then no completion function, signal, waiter or unframed impersonation, completing the
 * call could not be observed; guise_call_unref frees it at once, without an atomic step.
 *
 *   DISPATCHED  Begin_ was started. Set once, by the thread that runs Begin_, together with the frame's
 *               reference. Illegal to set after COMPLETED.
 *   COMPLETED   Boundary B1. Of the call, not of a thread (N-05), and of this call, not of a call that
 *               is made next. Set once, in the same step as the result or FINISHING; never
 *               cleared, also if signals are reset (L-4). The thread that sets it, the completer, owes
 *               the count of UNFRAMED threads, the result, the completion function, the release of what
 *               the call kept, ANNOUNCED and the wake-ups, in this order. Illegal to grant an impersonation once this can be seen.
 *   FINISHING   Completed, and Finish_ is working out the result. Set once, in the step to COMPLETED;
 *               cleared by the thread that set it, in the step that stores the result, before the
 *               completion function runs. It keeps the result from being read, and decides nothing
 *               else.
 *   ANNOUNCED   The completion function has returned, or there is none. Set once, by the completer; in
 *               the step to COMPLETED if it finds none of HAS_FUNCTION, HAS_SIGNAL, WAITERS and
 *               UNFRAMED. Legal to see COMPLETED without it: the completer has not come to it yet,
 *               because Finish_ or the completion function runs.
 *   CANCELED    Cancellation was asked for. Set once, only while open. Decides nothing here.
 *   CLAIMED, HAS_FUNCTION  Where the completion function is, in two bits:
 *               neither       There is none, and no registration has begun.
 *               CLAIMED       A registration has begun, and only its thread may write fn, arg and
 *                             generation. No other thread waits for it, because it may be stopped for any
 *                             time. Set from neither, only while open.
 *               both          It is fn with arg. Set from CLAIMED, only while open, by the thread
 *                             that set CLAIMED.
 *               HAS_FUNCTION  It is what beside points to. Set from CLAIMED, only while open, by a
 *                             thread that has read the member beside since: by the thread that stored
 *                             it, or by a later registration, which is then refused.
 *               The last two are final. The completer runs the function if HAS_FUNCTION was set when
 *               it set COMPLETED, and never else. A registration is refused because of another one only
 *               after its thread has seen HAS_FUNCTION, so that other one has succeeded: of any number
 *               at the same time one succeeds, or all come too late.
 *   HAS_SIGNAL  completion can be read. May be set at any time. The thread that sets it and finds
 *               ANNOUNCED sets the signal; the completer that sets ANNOUNCED and finds HAS_SIGNAL does.
 *   WAITERS     A thread waits, or is about to, on the latch. May be set at any time. The thread that
 *               sets it and finds ANNOUNCED does not wait; the completer that sets ANNOUNCED and finds
 *               WAITERS opens the latch. Also set for what the call keeps (guise__call_keep) and for the
 *               part of its maker (guise__call_attach), so that completing takes no short cut past
 *               either.
 *   UNFRAMED    A thread in no frame has become the client, and is listed (unframed.h). May be set at
 *               any time. The thread that sets it and finds COMPLETED counts itself; the completer that
 *               sets COMPLETED and finds UNFRAMED counts all that are listed, before any waiter is
 *               released.
 *
 * MEMORY ORDER of every access
 *
 *   the step to COMPLETED   release: a thread that sees COMPLETED, or ANNOUNCED where that is the same
 *                           step, sees what the server did before Signal. Acquire: fn, arg.
 *   the relaxed load        relaxed, because it only refuses early and decides nothing (impersonate).
 *   the load that decides   acquire. An impersonation that starts after Signal returned, or after a
 *                           thread saw the signal, sees COMPLETED (L-2, L-3), because either happens
 *                           before this load.
 *   the step from FINISHING acquire and release: a thread that reads the result sees what Finish_ did.
 *   the step to ANNOUNCED   acquire and release: waiters see what the completion function did; and
 *                           the last reference may go with it.
 *   other loads             acquire: pairs with those three; and, where the last owner loads, with
 *                           each reference that was dropped: all other use is over.
 *   every other flag        read-modify-writes with release, for fn, arg, completion and the list,
 *                           and acquire, for finding COMPLETED or ANNOUNCED. A plain store here, or a
 *                           plain load in the completer, would let each miss the other.
 *   beside                  a compare-exchange that releases, for what it points to; read with acquire
 *                           by the thread that then sets HAS_FUNCTION with release. Relaxed after an
 *                           acquire of the word that shows HAS_FUNCTION without CLAIMED.
 *   kept                    stored with release before the step to WAITERS; taken with an exchange that
 *                           acquires, by the completer after the step to COMPLETED or by the thread
 *                           that stored it and then found COMPLETED. Of those two steps one sees
 *                           the other, so one of the two threads takes it, and only one.
 *   one reference more      relaxed, because the thread that takes one holds one already.
 *   one reference less      release, so that all use is over before the memory goes; acquire for
 *                           the thread that frees it. An owner's, which may complete the call: as that
 *                           step.
 */
#ifndef GUISE_SRC_CALL_CALL_STATE_H
#define GUISE_SRC_CALL_CALL_STATE_H

#include <limits.h>
#include <stdatomic.h>

#include <guise/call.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "call/call.h"
#include "identity/context.h"
#include "thread/thread_state.h"

/* A completion function, and the process, counted in forks, that registered it. */
struct guise__reply {
    guise_complete_fn *fn;
    void *arg;
    unsigned generation;
};

/* A completion function that was registered beside another registration, which had begun and not been
 * decided. It does not change once the call points to it. */
struct guise__beside {
    struct guise__reply reply;
    struct guise__beside *older; /* owned; one of a parent process, undecided at a fork */
};

struct guise_call {
    _Atomic uint64_t state;
    guise_context *client;                             /* set once, held (context.h) */
    guise_complete_fn *fn;                             /* (CLAIMED, then HAS_FUNCTION) */
    void *arg;                                         /* (the same) */
    _Atomic(struct guise__beside *) beside;            /* owned; set once in each process */
    _Atomic(guise_signal *) completion;                /* (HAS_SIGNAL) owned; set once */
    _Atomic(struct guise__call_extension *) extension; /* owned; set once */
    _Atomic(struct guise__call_kept *) kept;           /* released by the completer */
    atomic_uint latch;                                 /* open once announced, if a thread waits */
    unsigned generation : 32 - GUISE__SHARD_BITS;      /* (as fn) which process registered it */
    unsigned shard : GUISE__SHARD_BITS;                /* set once; which of the client's counts */
};

#define GUISE__CALL_DISPATCHED UINT64_C(0x01)
#define GUISE__CALL_COMPLETED UINT64_C(0x02)
#define GUISE__CALL_ANNOUNCED UINT64_C(0x04)
#define GUISE__CALL_CANCELED UINT64_C(0x08)
#define GUISE__CALL_CLAIMED UINT64_C(0x10)
#define GUISE__CALL_HAS_FUNCTION UINT64_C(0x20)
#define GUISE__CALL_HAS_SIGNAL UINT64_C(0x40)
#define GUISE__CALL_WAITERS UINT64_C(0x80)
#define GUISE__CALL_FINISHING UINT64_C(0x100)
#define GUISE__CALL_UNFRAMED UINT64_C(0x200)

enum { GUISE__CALL_RESULT_SHIFT = 10, GUISE__CALL_REFERENCE_SHIFT = 42 };
#define GUISE__CALL_REFERENCE (UINT64_C(1) << GUISE__CALL_REFERENCE_SHIFT)
/* Half of the range is left for threads that count up before the first of them has ended the process. */
#define GUISE__CALL_REFERENCES_MAX (UINT64_C(1) << 21)

static inline uint64_t guise__call_references(uint64_t state)
{
    return state >> GUISE__CALL_REFERENCE_SHIFT;
}

static inline uint64_t guise__call_with_result(guise_result result)
{
    return (uint64_t)(uint32_t)result << GUISE__CALL_RESULT_SHIFT;
}

static inline guise_result guise__call_result_of(uint64_t state)
{
    return (guise_result)(uint32_t)(state >> GUISE__CALL_RESULT_SHIFT);
}

/* Is this a state that the table above allows? */
bool guise__call_state_is_valid(uint64_t state);

/* Is this step allowed: is no flag cleared but FINISHING and CLAIMED, and none set too late? */
bool guise__call_step_is_valid(uint64_t from, uint64_t to);

/* Is the state valid, and does the call have a client and one of its shards? */
bool guise__call_is_valid(const guise_call *call);

/* For a debugger, in builds with GUISE_CHECKS: the call's state, in words, to standard error. */
void guise__call_state_print(const guise_call *call);

static inline uint64_t guise__call_load(const guise_call *call)
{
    return atomic_load_explicit(&call->state, memory_order_acquire);
}

/* One step from *seen to next; on failure *seen is the present state. */
static inline bool guise__call_step(guise_call *call, uint64_t *seen, uint64_t next)
{
    GUISE__CHECK(guise__call_state_is_valid(*seen));
    GUISE__CHECK(guise__call_step_is_valid(*seen, next));
    return atomic_compare_exchange_weak_explicit(&call->state, seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

/* Has the call completed? The relaxed load only refuses early; the acquiring one decides. */
static inline bool guise__call_is_completed_relaxed(const guise_call *call)
{
    return (atomic_load_explicit(&call->state, memory_order_relaxed) & GUISE__CALL_COMPLETED) != 0;
}

static inline bool guise__call_is_completed_acquire(const guise_call *call)
{
    return (atomic_load_explicit(&call->state, memory_order_acquire) & GUISE__CALL_COMPLETED) != 0;
}

/* Call after listing the thread (unframed.h). Sets UNFRAMED and returns whether the call had already
 * completed. If so the caller counts its thread itself, because the completing thread may have read the
 * word too early. */
static inline bool guise__call_note_unframed(guise_call *call)
{
    return (atomic_fetch_or_explicit(&call->state, GUISE__CALL_UNFRAMED, memory_order_acq_rel) &
            GUISE__CALL_COMPLETED) != 0;
}

/* The generation of a call's own registration: the process, counted in forks, as far as it fits. */
static inline unsigned guise__call_generation(void)
{
    return guise__fork_count() & (UINT_MAX >> GUISE__SHARD_BITS);
}

/* GUISE_OK while the call has not completed and has no completion function, else why one is refused. */
guise_result guise__call_can_register(const guise_call *call);

/* The note of a call that guise_call_notify gave one; NULL: none. */
struct guise__note *guise__call_note(const guise_call *call);

/* Frees a call that no other thread can see; its extension is gone. */
void guise__call_free(struct guise__thread *thread, guise_call *call);

/* Takes the one right to run Begin_, and a reference for its frame, in one step. */
guise_result guise__call_claim_dispatch(guise_call *call);

/* guise_call_complete of a call that is not NULL. The caller has a reference. */
void guise__call_complete(guise_call *call, guise_result result);

/* guise_call_unref of a call that is not NULL, by a caller that has looked its thread up already. */
void guise__call_unref(struct guise__thread *thread, guise_call *call);

#endif
