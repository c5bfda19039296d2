/* SPDX-License-Identifier: MIT */
/* How a thread becomes the client of a call, and where that is refused after Signal. */
#include "call/call_state.h"
#include "thread/slot.h"

/* A thread that no frame will take the token off counts itself if the call has completed since. */
static GUISE_COLD guise_result unframed_keep(struct guise__thread *thread,
                                             const struct guise__attempt *attempt, guise_call *call)
{
    if (!guise__slot_keep(thread, call->client->token, attempt, call)) {
        return GUISE_E_ACCESS_DENIED; /* a forked child, which was made self meanwhile (W-20) */
    }
    if (thread->scope == NULL && guise__call_note_unframed(call)) {
        guise__unframed_completed(call);
    }
    return GUISE_OK;
}

/*
 * Apply, then validate: the thread is the client already when the second load decides, so success means
 * that the call was open at a moment when this thread was its client (N-01, L-1, L-3).
 *
 * The load does not ask which thread this is or whether Begin_ runs. So an open call grants in Begin_
 * (D-1), beside it (D-3) and after it (D-5); a completed call refuses in the same places (D-2, D-4, D-7),
 * also a call kept from an earlier use of the object that it served (D-9). No frame and no held call
 * (D-6) and no authentication (D-8) are refused before this.
 */
static inline guise_result apply_and_validate(struct guise__thread *thread, guise_call *call,
                                              bool is_plain)
{
    GUISE_UNINITIALIZED struct guise__attempt attempt;
    guise_result result = guise__slot_apply(thread, call->client->token, call, &attempt, is_plain);

    if (guise__call_is_completed_acquire(call)) {
        if (result == GUISE_OK) {
            guise__slot_undo(thread, &attempt, is_plain); /* a refusal changes nothing (N-04) */
        }
        return GUISE_E_CALL_COMPLETE;
    }
    if (result != GUISE_OK || is_plain) {
        return result;
    }
    return unframed_keep(thread, &attempt, call);
}

/* A function of its own, because the one above needs no stack where it is compiled for the plain case
 * alone. */
static GUISE_COLD guise_result apply_slow(struct guise__thread *thread, guise_call *call)
{
    return apply_and_validate(thread, call, false);
}

/* Of several causes the first is reported: completed, unsecure, level, provider (I-02). */
static inline guise_result call_impersonate(struct guise__thread *thread, guise_call *call,
                                            guise_level least)
{
    GUISE__CHECK(guise__call_is_valid(call) && guise__context_is_valid(call->client));
    if (guise__call_is_completed_relaxed(call)) {
        return GUISE_E_CALL_COMPLETE; /* a completed call grants nothing */
    }
    if (call->client->blanket.authn_level == GUISE_AUTHN_LEVEL_NONE) {
        return GUISE_E_UNSECURE_CALL; /* there is no authenticated client (S-07, X-05) */
    }
    if (call->client->token->level < least) {
        return GUISE_E_BAD_LEVEL;
    }
    if (guise__slot_is_plain(thread, call->client->token, call)) {
        return apply_and_validate(thread, call, true);
    }
    return apply_slow(thread, call);
}

guise_result guise_call_impersonate(guise_call *call)
{
    return call == NULL ? GUISE_E_INVALID_ARGUMENT
                        : call_impersonate(guise__thread_here(), call, GUISE_LEVEL_ANONYMOUS);
}

static inline guise_result impersonate_current(guise_level least)
{
    struct guise__thread *thread = guise__thread_here();
    guise_call *call = guise__current_call(thread);

    /* Outside a frame there is no current call (S-02, S-09, X-20). */
    return call == NULL ? GUISE_E_CALL_COMPLETE : call_impersonate(thread, call, least);
}

guise_result guise_impersonate_client(void)
{
    return impersonate_current(GUISE_LEVEL_ANONYMOUS);
}

guise_result guise_impersonate_client_at_least(guise_level least)
{
    if (least < GUISE_LEVEL_ANONYMOUS || least > GUISE_LEVEL_DELEGATE) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    return impersonate_current(least);
}
