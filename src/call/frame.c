/* SPDX-License-Identifier: MIT */
/* Frames: each is one run of a call's code on a thread. The end of a frame is boundary B2. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include <guise/thread.h>

#include "base/check.h"
#include "call/call_state.h"
#include "identity/context.h"
#include "thread/attach.h"
#include "thread/scope.h"

static void leave_scope(void *scope)
{
    guise__scope_leave(guise__thread_here(), scope);
}

/* The frame has a reference of its own, so an abandoned call runs on. That reference may be
 * the last one; it is dropped before the outer client is restored, so that the destructors of the call run
 * as self. */
static inline void frame_leave(struct guise__thread *thread, struct guise__scope *frame)
{
    GUISE__CHECK(thread->scope == frame && frame->owed != NULL);
    frame->call = NULL;
    frame->unwind = leave_scope;
    pthread_cleanup_push(leave_scope, frame);
    guise__call_unref(thread, frame->owed);
    pthread_cleanup_pop(0);
    guise__scope_leave(thread, frame);
}

static void leave_frame(void *frame)
{
    frame_leave(guise__thread_here(), frame);
}

static GUISE_COLD void fail_call(struct guise__scope *frame, guise_result result)
{
    frame->unwind = leave_frame;
    pthread_cleanup_push(leave_frame, frame);
    guise__call_complete(frame->owed, result); /* a failed Begin_ completes the call */
    pthread_cleanup_pop(1);
}

/* Boundary B2 and, if Begin_ failed, B1 after it (N-07). The slot is emptied first; then a failure
 * completes the call, as self; then the thread is what it was before, also if the completion function was
 * left by an exception. */
static void end_frame(struct guise__scope *frame, guise_result result)
{
    struct guise__thread *thread = guise__scope_clear(frame);

    GUISE__CHECK(guise__scope_is_valid(frame) && frame->kind == GUISE__SCOPE_FRAME);
    if (frame->dispatching && result < 0) {
        fail_call(frame, result);
    } else {
        frame_leave(thread, frame);
    }
}

/* The frame is being unwound by pthread_exit, cancellation or an exception. The thread's end calls
 * this if the stack was not unwound. The scope is the thread's innermost, which its own record names: a
 * function that never returns may leave the register that holds the handler's argument unsaved, unless it
 * was compiled with -fexceptions (gcc for 32-bit Arm). */
static void unwind_frame(void *arg)
{
    (void)arg;
    end_frame(tl_guise_thread.scope, GUISE_E_SERVER_FAULT);
}

/* The frame's reference is taken already, and the thread is attached. */
static inline guise_result run_frame(struct guise__thread *thread, struct guise__scope *frame,
                                     guise_call *call, guise_begin_fn *fn, void *arg,
                                     bool dispatching)
{
    guise_result result;
    char at; /* only its address matters */

    GUISE__CHECK(thread->attached && guise__call_is_valid(call));
    guise__scope_prepare(thread, frame, (uintptr_t)&at, call, GUISE__SCOPE_FRAME, unwind_frame);
    frame->owed = call;
    frame->dispatching = dispatching;
    guise__scope_enter(thread, frame);
    pthread_cleanup_push(unwind_frame, frame);
    result = fn(call, arg);
    pthread_cleanup_pop(0);
    end_frame(frame, result);
    return result;
}

/* Attaches the thread and finds the place of its next frame. */
static inline guise_result find_place(struct guise__thread *thread, struct guise__scope **out)
{
    guise_result result = guise__thread_attach(thread);

    if (result != GUISE_OK) {
        return result;
    }
    *out = guise__scope_find_place(thread);
    return *out == NULL ? GUISE_E_OUT_OF_MEMORY : GUISE_OK;
}

guise_result guise_call_dispatch(guise_call *call, guise_begin_fn *begin, void *arg)
{
    struct guise__thread *thread = guise__thread_here();
    struct guise__scope *frame;
    guise_result result;

    if (call == NULL || begin == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = find_place(thread, &frame);
    if (result != GUISE_OK) {
        return result;
    }
    result = guise__call_claim_dispatch(call);
    return result == GUISE_OK ? run_frame(thread, frame, call, begin, arg, true) : result;
}

guise_result guise_call_run(guise_call *call, guise_begin_fn *fn, void *arg)
{
    struct guise__thread *thread = guise__thread_here();
    struct guise__scope *frame;
    guise_result result;

    if (call == NULL || fn == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = find_place(thread, &frame);
    if (result != GUISE_OK) {
        return result;
    }
    return run_frame(thread, frame, guise_call_ref(call), fn, arg, false);
}

guise_call *guise_current_call(void)
{
    /* The call of the innermost frame, also after it has completed (S-01, X-19); none outside a frame
     * (S-02, X-20). */
    return guise__current_call(guise__thread_here());
}
