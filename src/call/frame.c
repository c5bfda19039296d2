/* SPDX-License-Identifier: MIT */
/*
 * Frames: what runs a call's code on a thread, and how that code becomes the client.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include <guise/thread.h>

#include "call/call_state.h"
#include "identity/context.h"
#include "thread/unframed.h"
#include "thread/thread_state.h"

struct frame {
    struct guise__scope scope;
    guise_call *call; /* one reference is the frame's: an abandoned call runs on */
    bool dispatching; /* a failure completes the call */
};

static void leave_frame(void *arg)
{
    struct frame *frame = arg;
    guise_call *call = frame->call;

    guise__scope_leave(&frame->scope);
    guise_call_unref(call);
}

static GUISE_SLOW void fail_call(struct frame *frame, guise_result result)
{
    pthread_cleanup_push(leave_frame, frame);
    guise__call_complete(frame->call, result); /* */
    pthread_cleanup_pop(1);
}

/* B2; where Begin_ fails, B1 too (N-07). The token comes off first, then a failure completes the call,
 * as self; then the thread is what it was before, also if the completion function was left by an
 * exception. */
static void end_frame(struct frame *frame, guise_result result)
{
    guise__scope_clear(&frame->scope);
    if (frame->dispatching && result < 0) {
        fail_call(frame, result);
    } else {
        leave_frame(frame);
    }
}

/* pthread_exit, cancellation, or an exception on its way through. */
static void unwind_frame(void *arg)
{
    end_frame(arg, GUISE_E_SERVER_FAULT);
}

/* The frame's reference is taken already, and the thread is attached. */
static guise_result run_frame(guise_call *call, guise_begin_fn *fn, void *arg, bool dispatching)
{
    struct frame frame = {
        .scope = guise__scope_new(call, GUISE__FRAME), .call = call, .dispatching = dispatching};
    guise_result result;

    guise__scope_enter(&frame.scope);
    pthread_cleanup_push(unwind_frame, &frame);
    result = fn(call, arg);
    pthread_cleanup_pop(0);
    end_frame(&frame, result);
    return result;
}

guise_result guise_call_dispatch(guise_call *call, guise_begin_fn *begin, void *arg)
{
    guise_result result;

    if (call == NULL || begin == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = guise__thread_attach();
    if (result != GUISE_OK) {
        return result;
    }
    result = guise__call_claim_dispatch(call);
    return result == GUISE_OK ? run_frame(call, begin, arg, true) : result;
}

guise_result guise_call_run(guise_call *call, guise_begin_fn *fn, void *arg)
{
    guise_result result;

    if (call == NULL || fn == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = guise__thread_attach();
    if (result != GUISE_OK) {
        return result;
    }
    return run_frame(guise_call_ref(call), fn, arg, false);
}

guise_call *guise_current_call(void)
{
    return guise__current_call(); /* S-01, S-02, X-19, X-20 */
}

/* ---- the client ---- */

/*
 * Apply, then validate: the token is on when the second look decides, so success means that the
 * call was open at a moment when this thread was its client already (N-01, L-1, L-3).
 *
 * The look does not ask which thread this is or whether Begin_ runs. So open means yes, in Begin_
 * (D-1), beside it (D-3) and after it (D-5); completed means no, in the same places (D-2, D-4, D-7)
 * and for a call kept from an earlier use of whatever object it served (D-9). No frame and no held
 * call (D-6) and no authentication (D-8) are refused before this.
 */
static guise_result apply_and_validate(guise_call *call)
{
    struct guise__attempt attempt;
    guise_result result = guise__impersonate_begin(call->client->token, call, &attempt);
    bool complete = guise__call_second_look(call);

    if (result != GUISE_OK) {
        return complete ? GUISE_E_CALL_COMPLETE : result;
    }
    if (complete) {
        guise__impersonate_undo(&attempt);
        return GUISE_E_CALL_COMPLETE;
    }
    if (guise__impersonate_keep(&attempt, call) && guise__call_note_foreign(call)) {
        guise__foreign_completed(call);
    }
    return GUISE_OK;
}

static GUISE_SLOW guise_result attach_and_apply(guise_call *call)
{
    guise_result result = guise__thread_attach();

    return result == GUISE_OK ? apply_and_validate(call) : result;
}

/* Apply, then validate, as above. */
static inline guise_result impersonate(guise_call *call)
{
    struct guise__thread *thread = &tl_guise_thread;
    const guise_token *token = call->client->token;

    if (guise__call_first_look(call)) {
        return GUISE_E_CALL_COMPLETE; /* */
    }
    if (call->client->blanket.authn_level == GUISE_AUTHN_LEVEL_NONE) {
        return GUISE_E_UNSECURE_CALL; /* S-07, X-05 */
    }
    if (!guise__impersonate_is_plain(thread, token, call)) {
        return attach_and_apply(call);
    }
    guise__impersonate_plainly(thread, token);
    if (guise__call_second_look(call)) {
        guise__impersonate_clear(thread); /* N-04 */
        return GUISE_E_CALL_COMPLETE;
    }
    return GUISE_OK;
}

guise_result guise_call_impersonate(guise_call *call)
{
    return call == NULL ? GUISE_E_INVALID_ARGUMENT : impersonate(call);
}

guise_result guise_impersonate_client(void)
{
    guise_call *call = guise__current_call();

    /* S-02, S-09, X-20 */
    return call == NULL ? GUISE_E_CALL_COMPLETE : impersonate(call);
}
