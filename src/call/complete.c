/* SPDX-License-Identifier: MIT */
/*
 * Completing a call: boundary B1. Signal, Finish_, the completion function and the announcement; and
 * guise_call_unref, because the last owner of an open call completes it.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "base/check.h"
#include "base/latch.h"
#include "call/call.h"
#include "call/call_state.h"
#include "sync/signal.h"
#include "thread/scope.h"
#include "thread/unframed.h"

/* ---- code of the program that the library runs as self, in a scope of its own ---- */

typedef void completion_fn(struct guise__thread *thread, struct guise__scope *completion,
                           guise_call *call, void *arg);

static GUISE_COLD void run_on_stack(struct guise__thread *thread, completion_fn *run,
                                    guise_call *call, void *arg)
{
    struct guise__scope completion;

    completion.inner = NULL;
    run(thread, &completion, call, arg);
}

/* Runs it in the thread's next place or, if there is no memory for one, on the stack, because completing
 * cannot be refused. */
static inline void run_in_place(struct guise__thread *thread, completion_fn *run, guise_call *call,
                                void *arg)
{
    struct guise__scope *place = guise__scope_find_place(thread);

    if (place != NULL) {
        run(thread, place, call, arg);
    } else {
        run_on_stack(thread, run, call, arg);
    }
}

/* current is the current call inside the scope; owed is the call that the scope's end is about. */
static void begin_completion(struct guise__thread *thread, struct guise__scope *completion,
                             uintptr_t at, guise_call *current, guise_call *owed,
                             void (*unwind)(void *))
{
    GUISE__CHECK(thread == guise__thread_here() && owed != NULL);
    guise__scope_prepare(thread, completion, at, current, GUISE__SCOPE_COMPLETION, unwind);
    completion->owed = owed;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &completion->cancel_state);
    guise__scope_enter(thread, completion);
}

/* Closes the scope; the thread is what it was before. Everything has been freed before this, as self. */
static void completion_leave(struct guise__thread *thread, struct guise__scope *completion)
{
    int cancel_state = completion->cancel_state;

    guise__scope_leave(thread, completion);
    (void)pthread_setcancelstate(cancel_state, NULL);
}

static void leave_completion(void *completion)
{
    completion_leave(guise__thread_here(), completion);
}

/* ---- a call's end ---- */

static void end_destroying(void *arg)
{
    struct guise__scope *destroying = arg;
    struct guise__thread *thread = guise__scope_clear(destroying);

    GUISE__CHECK(guise__scope_is_valid(destroying));
    destroying->unwind = leave_completion;
    pthread_cleanup_push(leave_completion, destroying);
    guise__call_free(thread, destroying->owed);
    pthread_cleanup_pop(1);
}

/* The extension's destructor runs as self with an empty slot and without a current call, also if the
 * thread that drops the last reference is a client. The call is freed in whichever way the destructor
 * ends. */
static void destroy_extension_in(struct guise__thread *thread, struct guise__scope *destroying,
                                 guise_call *call, void *arg)
{
    struct guise__call_extension *extension = arg;
    char at; /* only its address matters */

    begin_completion(thread, destroying, (uintptr_t)&at, NULL, call, end_destroying);
    pthread_cleanup_push(end_destroying, destroying);
    extension->destroy(extension);
    pthread_cleanup_pop(1);
}

static GUISE_COLD void destroy_with_extension(struct guise__thread *thread, guise_call *call,
                                              struct guise__call_extension *extension)
{
    run_in_place(thread, destroy_extension_in, call, extension);
}

static void call_destroy(struct guise__thread *thread, guise_call *call)
{
    struct guise__call_extension *extension =
        atomic_load_explicit(&call->extension, memory_order_relaxed);

    if (extension != NULL) {
        destroy_with_extension(thread, call, extension);
    } else {
        guise__call_free(thread, call);
    }
}

/* Drops a completed call's reference; true if it was the last one, so that the caller destroys the call.
 * The last one is dropped without a step, because no other thread can see the call. */
static bool drop_reference(guise_call *call)
{
    return guise__call_references(guise__call_load(call)) == 1 ||
           guise__call_references(atomic_fetch_sub_explicit(&call->state, GUISE__CALL_REFERENCE,
                                                            memory_order_acq_rel)) == 1;
}

/* ---- completing ---- */

/* Tells the part of the call's maker, for which the call has WAITERS. */
static void announce_to_extension(guise_call *call)
{
    /* Acquire: pairs with the release of the thread that made it. */
    struct guise__call_extension *extension =
        atomic_load_explicit(&call->extension, memory_order_acquire);

    if (extension != NULL && extension->announced != NULL) {
        extension->announced(extension);
    }
}

static void announce_to_waiters(guise_call *call, uint64_t before)
{
    if ((before & GUISE__CALL_WAITERS) != 0) {
        guise__latch_open(&call->latch);
        announce_to_extension(call);
    }
    if ((before & GUISE__CALL_HAS_SIGNAL) != 0) {
        /* Acquire: pairs with the release of the step to HAS_SIGNAL. */
        guise__signal_set(atomic_load_explicit(&call->completion, memory_order_acquire));
    }
}

/* The completer announces the call to signal and waiters, and then drops its reference. True if it was the
 * last one, so that the caller destroys the call. */
static bool call_announce(guise_call *call)
{
    uint64_t seen = guise__call_load(call);

    GUISE__CHECK((seen & GUISE__CALL_COMPLETED) != 0 && (seen & GUISE__CALL_FINISHING) == 0);
    GUISE__CHECK((seen & GUISE__CALL_ANNOUNCED) == 0);
    /* With no waiter and no signal, both are one step. */
    while ((seen & (GUISE__CALL_WAITERS | GUISE__CALL_HAS_SIGNAL)) == 0) {
        if (guise__call_step(call, &seen, (seen | GUISE__CALL_ANNOUNCED) - GUISE__CALL_REFERENCE)) {
            return guise__call_references(seen) == 1;
        }
    }
    seen = atomic_fetch_or_explicit(&call->state, GUISE__CALL_ANNOUNCED, memory_order_acq_rel);
    announce_to_waiters(call, seen);
    return drop_reference(call);
}

static GUISE_COLD void destroy_and_leave(struct guise__thread *thread,
                                         struct guise__scope *completion)
{
    completion->unwind = leave_completion;
    pthread_cleanup_push(leave_completion, completion);
    call_destroy(thread, completion->owed);
    pthread_cleanup_pop(1);
}

/* Announcing may drop the last reference; the call is then freed while the thread is still self. */
static void announce_and_leave(void *arg)
{
    struct guise__scope *completion = arg;
    struct guise__thread *thread = guise__scope_clear(completion);

    completion->call = NULL;
    if (call_announce(completion->owed)) {
        destroy_and_leave(thread, completion);
    } else {
        completion_leave(thread, completion);
    }
}

/* Takes the object that the call keeps, for the caller to release; NULL if there is none or another thread
 * has taken it. */
static struct guise__call_kept *take_kept(guise_call *call)
{
    return atomic_exchange_explicit(&call->kept, NULL, memory_order_acquire);
}

/* Does a completed call keep an object? Relaxed, because the step to COMPLETED acquired it; an object that
 * is stored after that step is taken by the thread that stores it. */
static bool has_kept(guise_call *call)
{
    return atomic_load_explicit(&call->kept, memory_order_relaxed) != NULL;
}

/* Releases the kept object as self, with the completed call as the current one. The call is announced in
 * whichever way that ends. */
static GUISE_COLD void release_kept(struct guise__scope *completion)
{
    struct guise__call_kept *kept = take_kept(completion->owed);

    GUISE__CHECK(guise__call_is_completed_relaxed(completion->owed));
    (void)guise__scope_clear(completion);
    completion->unwind = announce_and_leave;
    pthread_cleanup_push(announce_and_leave, completion);
    if (kept != NULL) {
        kept->release(kept);
    }
    pthread_cleanup_pop(1);
}

static void end_completion(void *arg)
{
    struct guise__scope *completion = arg;

    GUISE__CHECK(guise__scope_is_valid(completion));
    if (has_kept(completion->owed)) {
        release_kept(completion);
    } else {
        announce_and_leave(completion);
    }
}

static void release_kept_in(struct guise__thread *thread, struct guise__scope *completion,
                            guise_call *call, void *arg)
{
    char at; /* only its address matters */

    (void)arg;
    begin_completion(thread, completion, (uintptr_t)&at, call, call, end_completion);
    release_kept(completion);
}

/* Finds the function that runs when a call in this state completes; false if there is none. A function
 * that the parent of this forked process registered never runs here. */
static bool find_reply(const guise_call *call, uint64_t state, struct guise__reply *out)
{
    if ((state & GUISE__CALL_HAS_FUNCTION) == 0) {
        return false;
    }
    if ((state & GUISE__CALL_CLAIMED) != 0) {
        *out = (struct guise__reply){call->fn, call->arg, call->generation};
    } else {
        *out = atomic_load_explicit(&call->beside, memory_order_relaxed)->reply;
    }
    GUISE__CHECK(out->fn != NULL);
    return out->generation == guise__call_generation();
}

/* The reply is the server's own act, so it runs as self, in a frame of the completed call. */
static void run_function(struct guise__scope *completion, const struct guise__reply *reply)
{
    GUISE__CHECK(guise__call_is_completed_relaxed(completion->owed));
    completion->unwind = end_completion;
    pthread_cleanup_push(end_completion, completion);
    reply->fn(completion->owed, completion->result, reply->arg);
    pthread_cleanup_pop(1);
}

static void count_unframed(const guise_call *call, uint64_t before)
{
    if ((before & GUISE__CALL_UNFRAMED) != 0) {
        guise__unframed_completed(call); /* their tokens stay, and are counted (S-20) */
    }
}

struct replying {
    struct guise__reply reply;
    guise_result result;
};

static void reply_in(struct guise__thread *thread, struct guise__scope *completion,
                     guise_call *call, void *arg)
{
    const struct replying *replying = arg;
    char at; /* only its address matters */

    begin_completion(thread, completion, (uintptr_t)&at, call, call, end_completion);
    completion->result = replying->result;
    run_function(completion, &replying->reply);
}

/* What the completer does after the step to COMPLETED; before is the state that the step found. The caller
 * is the completer and has its reference. No waiter is released before this, so a released waiter finds
 * the call completed (L-2, X-14). */
static void completion_run(guise_call *call, uint64_t before, guise_result result)
{
    struct replying replying = {.result = result};

    GUISE__CHECK((before & GUISE__CALL_COMPLETED) == 0);
    GUISE__CHECK(guise__call_is_completed_relaxed(call));
    count_unframed(call, before);
    if (find_reply(call, before, &replying.reply)) {
        run_in_place(guise__thread_here(), reply_in, call, &replying);
    } else if (has_kept(call)) {
        run_in_place(guise__thread_here(), release_kept_in, call, NULL);
    } else if (call_announce(call)) {
        call_destroy(guise__thread_here(), call);
    }
}

/* In this state no function, signal or waiter is told of the completion, and no unframed thread is
 * counted. */
static bool has_no_observers(uint64_t state)
{
    return (state & (GUISE__CALL_HAS_FUNCTION | GUISE__CALL_HAS_SIGNAL | GUISE__CALL_WAITERS |
                     GUISE__CALL_UNFRAMED)) == 0;
}

/* A thread that loses returns only after it has seen COMPLETED. The caller owns a reference. */
void guise__call_complete(guise_call *call, guise_result result)
{
    uint64_t seen = guise__call_load(call);
    uint64_t next;

    GUISE__CHECK(guise__call_is_valid(call));
    do {
        if ((seen & GUISE__CALL_COMPLETED) != 0) {
            return; /* completing again has no effect */
        }
        next = seen | GUISE__CALL_COMPLETED | guise__call_with_result(result);
        if (has_no_observers(seen)) {
            next = (next | GUISE__CALL_ANNOUNCED) -
                   GUISE__CALL_REFERENCE; /* the completer owes nothing more */
        }
    } while (!guise__call_step(call, &seen, next)); /* the first completion wins */
    if (!has_no_observers(seen)) {
        completion_run(call, seen, result);
    }
}

/* Signal may come from any thread, before, during or after Begin_, for a call that was dispatched
 * or not, and also if the client is gone. */
guise_result guise_call_signal(guise_call *call)
{
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__call_complete(call, GUISE_OK); /* exactly one reply */
    return GUISE_OK;                      /* it cannot fail (L-1, L-5) */
}

guise_result guise_call_complete(guise_call *call, guise_result result)
{
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__call_complete(call, result);
    return GUISE_OK;
}

/* Finish_ has ended: stores the result, then runs the completion function in the same frame. */
static void end_finishing(struct guise__scope *completion)
{
    guise_call *call = completion->owed;
    struct guise__reply reply;
    uint64_t before;

    (void)guise__scope_clear(completion);
    /* One xor clears the flag, which was set, and stores the result, of which all bits were zero. */
    before = atomic_fetch_xor_explicit(
        &call->state, GUISE__CALL_FINISHING | guise__call_with_result(completion->result),
        memory_order_acq_rel);
    GUISE__CHECK(guise__call_state_is_valid(before) && (before & GUISE__CALL_FINISHING) != 0);
    if (find_reply(call, before, &reply)) {
        run_function(completion, &reply);
    } else {
        end_completion(completion);
    }
}

/* Finish_ is being unwound by pthread_exit or an exception. */
static void unwind_finishing(void *arg)
{
    struct guise__scope *completion = arg;

    completion->result = GUISE_E_SERVER_FAULT;
    end_finishing(completion);
}

struct finishing {
    guise__finish_fn *fn;
    void *arg;
};

static void finish_in(struct guise__thread *thread, struct guise__scope *completion,
                      guise_call *call, void *arg)
{
    const struct finishing *finishing = arg;
    char at; /* only its address matters */

    begin_completion(thread, completion, (uintptr_t)&at, call, call, unwind_finishing);
    pthread_cleanup_push(unwind_finishing, completion);
    completion->result = finishing->fn(call, finishing->arg);
    pthread_cleanup_pop(0);
    end_finishing(completion);
}

static void run_finish(guise_call *call, guise__finish_fn *fn, void *arg)
{
    struct finishing finishing = {fn, arg};

    run_in_place(guise__thread_here(), finish_in, call, &finishing);
}

bool guise__call_signal_with(guise_call *call, guise__finish_fn *fn, void *arg)
{
    uint64_t seen = guise__call_load(call);

    GUISE__CHECK(guise__call_is_valid(call) && fn != NULL);
    do {
        if ((seen & GUISE__CALL_COMPLETED) != 0) {
            return false;
        }
    } while (!guise__call_step(call, &seen, seen | GUISE__CALL_COMPLETED | GUISE__CALL_FINISHING));
    count_unframed(call, seen);
    run_finish(call, fn, arg);
    return true;
}

/* ---- what a call keeps ---- */

bool guise__call_keep(guise_call *call, struct guise__call_kept *kept)
{
    GUISE__CHECK(kept != NULL && kept->release != NULL);
    atomic_store_explicit(&call->kept, kept, memory_order_release);
    return (atomic_fetch_or_explicit(&call->state, GUISE__CALL_WAITERS, memory_order_acq_rel) &
            GUISE__CALL_COMPLETED) == 0 ||
           take_kept(call) == NULL;
}

/* ---- references ---- */

/* In this state the calling owner has the only reference besides that of being open, and completing the
 * call could not be observed. */
static bool is_last(uint64_t state)
{
    bool is_open = (state & GUISE__CALL_COMPLETED) == 0;

    return guise__call_references(state) == 1 ||
           (guise__call_references(state) == 2 && is_open && has_no_observers(state));
}

/* True if the caller destroys the call. */
static inline bool drop_owner(guise_call *call)
{
    uint64_t seen = guise__call_load(call);
    uint64_t next;
    bool abandoned;

    GUISE__CHECK(guise__call_references(seen) != 0);
    do {
        if (is_last(seen)) {
            return true;
        }
        /* The last owner of an open call completes it, in the same step, so that a waiter, the completion
         * function and the signal learn of it. */
        abandoned = guise__call_references(seen) == 2 && (seen & GUISE__CALL_COMPLETED) == 0;
        next = seen - GUISE__CALL_REFERENCE;
        if (abandoned) {
            next |= GUISE__CALL_COMPLETED | guise__call_with_result(GUISE_E_DISCONNECTED);
        }
    } while (!guise__call_step(call, &seen, next));
    if (abandoned) {
        completion_run(call, seen, GUISE_E_DISCONNECTED);
    }
    return false;
}

void guise_call_unref(guise_call *call)
{
    if (call != NULL && drop_owner(call)) {
        call_destroy(guise__thread_here(), call);
    }
}

void guise__call_unref(struct guise__thread *thread, guise_call *call)
{
    if (drop_owner(call)) {
        call_destroy(thread, call);
    }
}
