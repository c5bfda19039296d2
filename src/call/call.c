/* SPDX-License-Identifier: MIT */
/*
 * Calls: the state machine. The frames that serve it are in frame.c.
 *
 * THE STATE WORD. 64 bits, and nothing else decides.
 *
 *   bits 0-9   flags, below
 *   bits 10-41 the result; meaningful with COMPLETED and without FINISHING, zero before
 *   bits 42-63 references
 *
 * References: one for every owner, every frame, and one that belongs to being open. The step that
 * sets COMPLETED turns that last one into the completer's own, so completing never counts up; the
 * completer drops it when everybody has been told: in the same step if there is nobody. While a
 * call is open the count is therefore at least 1, and an owner that finds 2 is the last one. Who
 * takes a step has a reference, so what that owner has found is how it stays; and if nobody waits
 * or is to be told, nobody would ever see the call completed: it is freed with no step at all.
 *
 *   DISPATCHED  Begin_ was started. Set once, by whoever runs Begin_, together with the frame's
 *               reference. Illegal to set after COMPLETED.
 *   COMPLETED   B1. Of the call, not of a thread (N-05), and of this call, not of whatever is made
 *               next. Set once, in the same step as the result or FINISHING; never
 *               cleared, whatever happens to signals (L-4). Whoever sets it owes the result, the
 *               count of FOREIGN threads, the completion function, ANNOUNCED and the wake-ups, in
 *               this order. Illegal to grant an impersonation once this can be seen.
 *   FINISHING   Completed, and Finish_ is working out with what. Set once, in the step to
 *               COMPLETED; cleared by who set it, in the step that stores the result, before the
 *               completion function runs. It keeps the result from being read, and decides
 *               nothing else.
 *   ANNOUNCED   The completion function has returned, or there is none. Set once, by the completer;
 *               in the step to COMPLETED if it finds none of HAS_FUNCTION, HAS_SIGNAL, WAITERS and
 *               FOREIGN. Legal to see COMPLETED without it: the completer is about to, or Finish_ or
 *               the completion function runs.
 *   CANCELED    Somebody asked for cancellation. Set once, only while open. Decides nothing here.
 *   CLAIMED     Somebody registers, or has registered, the completion function. Set once, only
 *               while open; only who set it may write fn, arg and generation.
 *   HAS_FUNCTION  fn, arg and generation can be read. Set once, by who set CLAIMED, only while open.
 *               The completer runs fn if this was set when it set COMPLETED, and never else.
 *   HAS_SIGNAL  completion can be read. May be set at any time. Who sets it and finds ANNOUNCED
 *               sets the signal; who sets ANNOUNCED and finds this does.
 *   WAITERS     Somebody waits, or is about to, on the latch. May be set at any time. Who sets it
 *               and finds ANNOUNCED does not wait; who sets ANNOUNCED and finds this opens the latch.
 *   FOREIGN     A thread in no frame has become the client, and is listed (foreign.h). May be set at
 *               any time. Who sets it and finds COMPLETED counts that thread; who sets COMPLETED and
 *               finds this counts all that are listed, before anybody is told.
 *
 * MEMORY ORDER of every access to it:
 *
 *   the step to COMPLETED   release: what the server did before Signal is seen by whoever sees
 *                           COMPLETED, or ANNOUNCED where that is the same step. Acquire: fn, arg.
 *   the first look          relaxed. It only refuses early; it decides nothing (impersonate).
 *   the second look         acquire. An impersonation that starts after Signal returned, or after
 *                           somebody saw the signal, sees COMPLETED (L-2, L-3): either happens
 *                           before this load.
 *   the step from FINISHING acquire and release: who reads the result sees what Finish_ did.
 *   the step to ANNOUNCED   acquire and release: waiters see what the completion function did; and
 *                           the last reference may go with it.
 *   other looks             acquire: pairs with those three; and, where it is the last owner that
 *                           looks, with each reference less: all other use is over.
 *   every other flag        read-modify-writes with release, for fn, arg, completion and the list,
 *                           and acquire, for finding COMPLETED or ANNOUNCED. A plain store here, or a
 *                           plain load in the completer, would let each miss the other.
 *   one reference more      relaxed: who takes one has one.
 *   one reference less      release, so that all use is over before the memory goes; acquire for
 *                           who frees it. An owner's, which may complete the call: as that step.
 */
#define _POSIX_C_SOURCE 200809L
#include "call/call_state.h"

#include <pthread.h>
#include <string.h>

#include "identity/context.h"
#include "base/fatal.h"
#include "thread/unframed.h"
#include "base/lifecycle.h"
#include "base/latch.h"
#include "sync/signal.h"
#include "base/struct_size.h"
#include "thread/thread_state.h"
#include "uring_hooks.h"

#define DISPATCHED UINT64_C(0x01)
#define COMPLETED GUISE__CALL_COMPLETED
#define ANNOUNCED UINT64_C(0x04)
#define CANCELED UINT64_C(0x08)
#define CLAIMED UINT64_C(0x10)
#define HAS_FUNCTION UINT64_C(0x20)
#define HAS_SIGNAL UINT64_C(0x40)
#define WAITERS UINT64_C(0x80)
#define FINISHING UINT64_C(0x100)
#define FOREIGN GUISE__CALL_FOREIGN

enum { RESULT_SHIFT = 10, REFERENCE_SHIFT = GUISE__CALL_REFERENCE_SHIFT };
#define REFERENCE (UINT64_C(1) << REFERENCE_SHIFT)
#define SHARE_MASK ((1u << GUISE__SHARE_BITS) - 1)
#define GENERATION_MASK (UINT_MAX >> GUISE__SHARE_BITS)
/* Half of the range is left for threads that get here before the first of them has died. */
#define REFERENCES_MAX (UINT64_C(1) << 21)

static uint64_t references(uint64_t state)
{
    return state >> REFERENCE_SHIFT;
}

static uint64_t with_result(guise_result result)
{
    return (uint64_t)(uint32_t)result << RESULT_SHIFT;
}

static guise_result result_of(uint64_t state)
{
    return (guise_result)(uint32_t)(state >> RESULT_SHIFT);
}

static uint64_t look(const guise_call *call)
{
    return atomic_load_explicit(&call->state, memory_order_acquire);
}

static bool is_complete(const guise_call *call)
{
    return (look(call) & COMPLETED) != 0;
}

/* One step from *seen to next; on failure *seen is what it is now. */
static bool step(guise_call *call, uint64_t *seen, uint64_t next)
{
    return atomic_compare_exchange_weak_explicit(&call->state, seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

/* ---- a call's memory ---- */

/* The block of the call that this thread freed last, or a new one; all zero. */
static guise_call *take_block(void)
{
    struct guise__thread *thread = &tl_guise_thread;
    void *block = thread->spare;

    if (block == NULL) {
        return guise__alloc(sizeof(guise_call));
    }
    thread->spare = NULL;
    return memset(block, 0, sizeof(guise_call));
}

/* One for each thread, whose end is told of (docs/adr/0013). */
static void give_block(guise_call *call)
{
    struct guise__thread *thread = &tl_guise_thread;

    if (GUISE__KEEPS_MEMORY && thread->attached && thread->spare == NULL) {
        thread->spare = call;
    } else {
        guise__free(call);
    }
}

/* ---- life ---- */

guise_result guise_call_create(guise_context *client, guise_call **out)
{
    guise_result result;
    guise_call *call;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (client == NULL) {
        return GUISE_E_INVALID_ARGUMENT; /* S-03: there is no call without a context */
    }
    result = guise__thread_prepared();
    if (result != GUISE_OK) {
        return result;
    }
    call = take_block();
    if (call == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&call->state, 2 * REFERENCE); /* the caller's, and that of being open */
    call->share = guise__context_hold(client) & SHARE_MASK;
    call->client = client;
    *out = call;
    return GUISE_OK;
}

static void destroy(guise_call *call)
{
    /* Relaxed: the last reference sees everything by the count's own order. */
    struct guise__call_part *part = atomic_load_explicit(&call->part, memory_order_relaxed);
    guise_signal *completion = atomic_load_explicit(&call->completion, memory_order_relaxed);

    if (part != NULL) {
        part->destroy(part);
    }
    if (completion != NULL) {
        guise_signal_unref(completion);
    }
    guise__context_let_go(call->client, call->share);
    give_block(call);
}

guise_call *guise_call_ref(guise_call *call)
{
    if (call != NULL) {
        uint64_t before = atomic_fetch_add_explicit(&call->state, REFERENCE, memory_order_relaxed);

        if (references(before) >= REFERENCES_MAX) {
            guise__die("a call's reference count overflowed");
        }
    }
    return call;
}

/* The last reference of a completed call needs no step: nobody else can see the call. */
static void drop_reference(guise_call *call)
{
    if (references(look(call)) == 1 ||
        references(atomic_fetch_sub_explicit(&call->state, REFERENCE, memory_order_acq_rel)) == 1) {
        destroy(call);
    }
}

/* ---- completing ---- */

static void announce_to_waiters(guise_call *call, uint64_t before)
{
    if ((before & WAITERS) != 0) {
        guise__latch_open(&call->latch);
    }
    if ((before & HAS_SIGNAL) != 0) {
        /* Acquire: pairs with the release of the step to HAS_SIGNAL. */
        guise__signal_set(atomic_load_explicit(&call->completion, memory_order_acquire));
    }
}

/* The completer's last act: tells everybody, then drops its reference. */
static void announce(guise_call *call)
{
    uint64_t seen = look(call);

    /* Nobody to tell: both in one step. */
    while ((seen & (WAITERS | HAS_SIGNAL)) == 0) {
        if (step(call, &seen, (seen | ANNOUNCED) - REFERENCE)) {
            if (references(seen) == 1) {
                destroy(call);
            }
            return;
        }
    }
    seen = atomic_fetch_or_explicit(&call->state, ANNOUNCED, memory_order_acq_rel);
    announce_to_waiters(call, seen);
    drop_reference(call);
}

struct completion {
    struct guise__scope scope;
    guise_call *call;
    guise_result result;
    int cancel_state;
};

static struct completion new_completion(guise_call *call, guise_result result)
{
    return (struct completion){
        .scope = guise__scope_new(call, GUISE__COMPLETION), .call = call, .result = result};
}

static void begin_completion(struct completion *completion)
{
    guise__thread_attach_or_self();
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &completion->cancel_state);
    guise__scope_enter(&completion->scope);
}

static void end_completion(void *arg)
{
    struct completion *completion = arg;

    guise__scope_clear(&completion->scope);
    guise__scope_leave(&completion->scope);
    announce(completion->call);
    (void)pthread_setcancelstate(completion->cancel_state, NULL);
}

/* The reply is the server's act: as self, in a frame of the completed call. */
static void run_function(struct completion *completion)
{
    guise_call *call = completion->call;

    pthread_cleanup_push(end_completion, completion);
    call->fn(call, completion->result, call->arg);
    pthread_cleanup_pop(1);
}

/* A function that the parent of this forked process registered never runs here. */
static bool has_function(const guise_call *call, uint64_t state)
{
    return (state & HAS_FUNCTION) != 0 &&
           call->generation == (guise__fork_generation() & GENERATION_MASK);
}

static void count_foreign(const guise_call *call, uint64_t before)
{
    if ((before & FOREIGN) != 0) {
        guise__foreign_completed(call); /* S-20 */
    }
}

/* before: the state that the step to COMPLETED found. The completer's reference is the caller's.
 * Nobody is told before this, so whoever was told finds the call completed (L-2, X-14). */
static void finish(guise_call *call, uint64_t before, guise_result result)
{
    count_foreign(call, before);
    if (has_function(call, before)) {
        struct completion completion = new_completion(call, result);

        begin_completion(&completion);
        run_function(&completion);
    } else {
        announce(call);
    }
}

/* Nobody waits or wants to be told, and nobody is to be counted before that. */
static bool is_unheard(uint64_t state)
{
    return (state & (HAS_FUNCTION | HAS_SIGNAL | WAITERS | FOREIGN)) == 0;
}

/* The first one wins. Who loses comes back only after it has seen COMPLETED. The caller owns a
 * reference. */
void guise__call_complete(guise_call *call, guise_result result)
{
    uint64_t seen = look(call);
    uint64_t next;

    do {
        if ((seen & COMPLETED) != 0) {
            return; /* */
        }
        next = seen | COMPLETED | with_result(result);
        if (is_unheard(seen)) {
            next = (next | ANNOUNCED) - REFERENCE; /* all the completer owes, in one step */
        }
    } while (!step(call, &seen, next));
    if (!is_unheard(seen)) {
        finish(call, seen, result);
    }
}

/* From any thread, before, during or after Begin_; dispatched or not; whether or not
 * the client is still there. */
guise_result guise_call_signal(guise_call *call)
{
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__call_complete(call, GUISE_OK); /* exactly one reply */
    return GUISE_OK;                      /* L-1, L-5: it cannot fail */
}

guise_result guise_call_complete(guise_call *call, guise_result result)
{
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__call_complete(call, result);
    return GUISE_OK;
}

/* Finish_ is over. The reply finds the frame as Finish_ did. */
static void end_finishing(struct completion *completion)
{
    guise_call *call = completion->call;
    uint64_t before;

    guise__scope_clear(&completion->scope);
    /* Both at once: the flag was one, and the bits of the result were zero. */
    before = atomic_fetch_xor_explicit(&call->state, FINISHING | with_result(completion->result),
                                       memory_order_acq_rel);
    if (has_function(call, before)) {
        run_function(completion);
    } else {
        end_completion(completion);
    }
}

/* pthread_exit, or an exception on its way through. */
static void unwind_finishing(void *arg)
{
    struct completion *completion = arg;

    completion->result = GUISE_E_SERVER_FAULT;
    end_finishing(completion);
}

static void run_finish(guise_call *call, guise__finish_fn *fn, void *arg)
{
    struct completion completion = new_completion(call, GUISE_OK);

    begin_completion(&completion);
    pthread_cleanup_push(unwind_finishing, &completion);
    completion.result = fn(call, arg);
    pthread_cleanup_pop(0);
    end_finishing(&completion);
}

bool guise__call_signal_with(guise_call *call, guise__finish_fn *fn, void *arg)
{
    uint64_t seen = look(call);

    do {
        if ((seen & COMPLETED) != 0) {
            return false;
        }
    } while (!step(call, &seen, seen | COMPLETED | FINISHING));
    count_foreign(call, seen);
    run_finish(call, fn, arg);
    return true;
}

/* To the caller, an owner: nobody else has the call, and nobody will hear of it any more. */
static bool is_last(uint64_t state)
{
    return references(state) == 1 ||
           (references(state) == 2 && (state & COMPLETED) == 0 && is_unheard(state));
}

void guise_call_unref(guise_call *call)
{
    uint64_t seen, next;
    bool abandoned;

    if (call == NULL) {
        return;
    }
    seen = look(call);
    do {
        if (is_last(seen)) {
            destroy(call);
            return;
        }
        /* the last owner of an open call leaves it completed, in the same step; who waits,
         * is to reply, or has the signal sees that. */
        abandoned = references(seen) == 2 && (seen & COMPLETED) == 0;
        next = seen - REFERENCE;
        if (abandoned) {
            next |= COMPLETED | with_result(GUISE_E_DISCONNECTED);
        }
    } while (!step(call, &seen, next));
    if (abandoned) {
        finish(call, seen, GUISE_E_DISCONNECTED);
    }
}

/* ---- the reply ---- */

static guise_result claim(guise_call *call)
{
    uint64_t seen = look(call);

    do {
        if ((seen & COMPLETED) != 0) {
            return GUISE_E_CALL_COMPLETE;
        }
        if ((seen & CLAIMED) != 0) {
            return GUISE_E_UNEXPECTED;
        }
    } while (!step(call, &seen, seen | CLAIMED));
    return GUISE_OK;
}

static guise_result publish(guise_call *call, guise_complete_fn *fn, void *arg)
{
    uint64_t seen;

    call->fn = fn;
    call->arg = arg;
    call->generation = guise__fork_generation() & GENERATION_MASK;
    seen = look(call);
    do {
        if ((seen & COMPLETED) != 0) {
            return GUISE_E_CALL_COMPLETE;
        }
    } while (!step(call, &seen, seen | HAS_FUNCTION));
    return GUISE_OK;
}

guise_result guise_call_on_complete(guise_call *call, guise_complete_fn *fn, void *arg)
{
    guise_result result;

    if (call == NULL || fn == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = claim(call);
    return result == GUISE_OK ? publish(call, fn, arg) : result;
}

guise_result guise_call_result(const guise_call *call, guise_result *out)
{
    uint64_t seen;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = GUISE_OK;
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = look(call);
    if ((seen & (COMPLETED | FINISHING)) != COMPLETED) {
        return GUISE_E_CALL_PENDING;
    }
    *out = result_of(seen);
    return GUISE_OK;
}

/* The call's signal, made if there is none yet; NULL without memory. A manual one, which only shows
 * the state that the call keeps itself (Y-10). */
static guise_signal *demand_signal(guise_call *call)
{
    /* Acquire: pairs with the release below, of another thread. */
    guise_signal *signal = atomic_load_explicit(&call->completion, memory_order_acquire);
    guise_signal *mine;

    if (signal != NULL || guise_signal_create(GUISE_SIGNAL_MANUAL, &mine) != GUISE_OK) {
        return signal;
    }
    if (atomic_compare_exchange_strong_explicit(&call->completion, &signal, mine,
                                                memory_order_acq_rel, memory_order_acquire)) {
        return mine;
    }
    guise_signal_unref(mine); /* somebody was faster */
    return signal;
}

guise_result guise_call_completion(guise_call *call, guise_signal **out)
{
    guise_signal *signal;
    uint64_t before;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    signal = demand_signal(call);
    if (signal == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    before = atomic_fetch_or_explicit(&call->state, HAS_SIGNAL, memory_order_acq_rel);
    if ((before & ANNOUNCED) != 0) {
        guise__signal_set(signal);
    }
    *out = signal;
    return GUISE_OK;
}

guise_result guise_call_wait(guise_call *call, uint32_t timeout_ms)
{
    const struct timespec *deadline;
    struct timespec storage;
    uint64_t before;

    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if ((look(call) & ANNOUNCED) != 0) {
        return GUISE_OK; /* whatever the result: one completed as canceled too (Y-04) */
    }
    /* The completion function would wait for itself. */
    if (timeout_ms == 0 || guise__is_completing(call)) {
        return GUISE_E_CALL_PENDING;
    }
    deadline = guise__deadline(timeout_ms, &storage);
    before = atomic_fetch_or_explicit(&call->state, WAITERS, memory_order_acq_rel);
    if ((before & ANNOUNCED) != 0 || guise__latch_wait(&call->latch, deadline)) {
        return GUISE_OK;
    }
    return GUISE_E_CALL_PENDING; /* */
}

/* ---- cancellation: a request, no more ---- */

guise_result guise_call_cancel(guise_call *call)
{
    uint64_t seen;

    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = look(call);
    do {
        if ((seen & COMPLETED) != 0) {
            return GUISE_E_CALL_COMPLETE;
        }
        if ((seen & CANCELED) != 0) {
            return GUISE_E_CALL_CANCELED;
        }
    } while (!step(call, &seen, seen | CANCELED));
    return GUISE_OK; /* impersonation does not look at it */
}

bool guise_call_is_canceled(const guise_call *call)
{
    return call != NULL && (look(call) & CANCELED) != 0;
}

/* ---- for frames ---- */

/* once. */
guise_result guise__call_claim_dispatch(guise_call *call)
{
    uint64_t seen = look(call);

    do {
        if ((seen & COMPLETED) != 0) {
            return GUISE_E_CALL_COMPLETE;
        }
        if ((seen & DISPATCHED) != 0) {
            return GUISE_E_CALL_PENDING;
        }
    } while (!step(call, &seen, (seen | DISPATCHED) + REFERENCE));
    return GUISE_OK;
}

/* ---- for guise-com and guise-uring ---- */

_Atomic(struct guise__call_part *) *guise__call_part(guise_call *call)
{
    return &call->part;
}

const guise_context *guise__call_client(const guise_call *call)
{
    return call->client;
}

bool guise__call_is_completed(const guise_call *call)
{
    return is_complete(call);
}

/* ---- the blanket ---- */

guise_result guise_call_query_blanket(const guise_call *call, guise_blanket *out)
{
    size_t size;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!guise__sized_out(out, sizeof *out) || call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (is_complete(call)) {
        return GUISE_E_CALL_COMPLETE; /* */
    }
    size = out->size;
    *out = call->client->blanket; /* */
    out->size = size;
    return GUISE_OK;
}
