/* SPDX-License-Identifier: MIT */
/*
 * The slot of a thread. A change first switches the thread (switch.h), then writes the slot, and then
 * settles: a child that a signal handler forked in between is self, and its slot is emptied.
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/slot.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "base/check.h"
#include "identity/ending.h"
#include "identity/token.h"
#include "thread/attach.h"
#include "thread/switch.h"

GUISE_TLS struct guise__thread tl_guise_thread;

/* ---- invariants ---- */

#if defined(GUISE_CHECKS)
/* Each member is read once, and may be zero although the one before was not, because a signal handler
 * may fork at any moment and its child goes on here with an empty slot. For the same reason a member
 * may be owned and NULL: the interrupted function writes the two one after the other. */
bool guise__identity_is_valid(const volatile struct guise__identity *identity)
{
    bool impersonating = identity->impersonating;
    const guise_token *saved = identity->saved;

    return GUISE__IMPLIES(saved != NULL, impersonating);
}

bool guise__thread_is_valid(const struct guise__thread *thread)
{
    const volatile struct guise__switch_record *record = &tl_guise_switch;
    const guise_token *carried = record->carried;

    if (thread->is_changing || record->switching != NULL || record->remade) {
        return true; /* a signal handler has interrupted a change */
    }
    return guise__identity_is_valid(&thread->now) &&
           (carried == NULL || carried == thread->now.token || record->carried == NULL);
}

void guise__thread_print(void)
{
    const struct guise__thread *thread = guise__thread_here();
    const struct guise__switch_record *record = &tl_guise_switch;

    (void)fprintf(
        stderr, "thread %p: slot %p (%s), saved %p (%s), %simpersonating, carries %p, %s%s%s\n",
        (const void *)thread, (const void *)thread->now.token,
        thread->now.token_owned ? "owned" : "borrowed", (const void *)thread->now.saved,
        thread->now.saved_owned ? "owned" : "borrowed", thread->now.impersonating ? "" : "not ",
        (const void *)record->carried, thread->attached ? "attached" : "not attached",
        thread->ended ? ", ended" : "", record->switching != NULL ? ", switching" : "");
    for (const struct guise__scope *scope = thread->scope; scope != NULL; scope = scope->up) {
        (void)fprintf(stderr, "  scope %p: kind %d, call %p, outer slot %p\n", (const void *)scope,
                      (int)scope->kind, (const void *)scope->call,
                      (const void *)scope->outer.token);
    }
}
#endif

/* ---- references ---- */

/* A client frees nothing: what an impersonation replaces may have to come back until the second load of the
 * call's word, and is freed when the thread is self next. A credential does not wait for that, because its
 * destructor must not run in the middle of the switch to self. */
static GUISE_COLD void free_or_defer(struct guise__thread *thread, guise_token *gone)
{
    guise__token_drop_credential(gone);
    if (guise__token_is_enforced(thread->now.token)) {
        gone->next_gone = thread->gone;
        thread->gone = gone;
    } else {
        guise__token_free(gone);
    }
    guise__endings_run();
}

/* Drops the slot's own reference, if it has one. Not in the middle of a change, because the program's
 * destructor may run in here. */
static inline void token_drop(struct guise__thread *thread, const guise_token *token, bool owned)
{
    /* A copy of a slot that a fork in a signal handler emptied half-way may be owned and NULL. */
    if (owned && token != NULL && guise__token_release(token)) {
        free_or_defer(thread, (guise_token *)(uintptr_t)token);
    }
}

/* From here to the end of the change a forked child drops no reference of the slot, because the function
 * that was interrupted does. */
static inline void begin_change(struct guise__thread *thread)
{
    GUISE__CHECK(guise__thread_is_valid(thread));
    thread->is_changing = true;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void end_change(struct guise__thread *thread)
{
    atomic_signal_fence(memory_order_seq_cst);
    thread->is_changing = false;
}

bool guise__slot_settle(struct guise__thread *thread)
{
    end_change(thread);
    if (!guise__token_is_enforced(thread->now.token) ||
        tl_guise_switch.carried == thread->now.token) {
        GUISE__CHECK(guise__thread_is_valid(thread));
        return true;
    }
    guise__identity_clear(&thread->now);
    return false;
}

GUISE_COLD void guise__slot_forget_owned(struct guise__thread *thread,
                                         struct guise__identity *identity)
{
    struct guise__identity gone;

    begin_change(thread);
    gone = *identity;
    guise__identity_clear(identity);
    end_change(thread);
    token_drop(thread, gone.token, gone.token_owned);
    token_drop(thread, gone.saved, gone.saved_owned);
}

/* ---- impersonate ---- */

/* The first impersonation saves what was in the slot (S-10); later ones do not (S-12). */
static void save_slot(struct guise__identity *now)
{
    if (now->impersonating) {
        return;
    }
    now->saved = now->token;
    now->saved_owned = now->token_owned;
    now->impersonating = true;
}

/* The frame of the current call keeps its client's token alive; any other needs a reference. */
static bool is_borrowed(const struct guise__thread *thread, const guise_call *call)
{
    return thread->scope != NULL && thread->scope->call == call;
}

GUISE_COLD guise_result guise__slot_apply_slow(struct guise__thread *thread,
                                               const guise_token *token, const guise_call *call,
                                               struct guise__attempt *attempt)
{
    bool owned = !is_borrowed(thread, call);
    guise_result result = guise__thread_attach(thread);

    GUISE__CHECK(thread == guise__thread_here() && guise__token_is_valid(token));
    if (result != GUISE_OK) {
        return result;
    }
    begin_change(thread); /* until keep or undo */
    guise__identity_copy(&attempt->before, &thread->now);
    if (!guise__switch_to(thread, token)) {
        end_change(thread);
        return GUISE_E_ACCESS_DENIED;
    }
    save_slot(&thread->now);
    thread->now.token = owned ? guise_token_ref(token) : token; /* the slot keeps it alive (S-08) */
    thread->now.token_owned = owned;
    return GUISE_OK;
}

GUISE_COLD bool guise__slot_keep(struct guise__thread *thread, const guise_token *token,
                                 const struct guise__attempt *attempt, const guise_call *call)
{
    bool settled = guise__slot_settle(thread);

    GUISE__CHECK(call != NULL);
    /* What was in the slot is saved now, unless an earlier impersonation put it there. */
    if (attempt->before.impersonating) {
        token_drop(thread, attempt->before.token, attempt->before.token_owned);
    }
    if (!settled || thread->now.token != token) {
        return false;
    }
    if (thread->scope == NULL) {
        guise__unframed_note(&thread->unframed, call);
    }
    return true;
}

GUISE_COLD void guise__slot_undo_slow(struct guise__thread *thread,
                                      const struct guise__attempt *attempt)
{
    struct guise__identity refused = thread->now;

    GUISE__CHECK(guise__identity_is_valid(&attempt->before));
    if (refused.token != attempt->before.token) {
        guise__switch_leave(thread, refused.token);
        guise__switch_restore(thread, attempt->before.token);
    }
    /* A refused impersonation changes nothing (N-04). */
    guise__identity_copy(&thread->now, &attempt->before);
    (void)guise__slot_settle(thread);
    token_drop(thread, refused.token, refused.token_owned);
}

/* ---- revert ---- */

/* A revert is one store if the slot has no reference and no saved token, and the provider nothing to do. */
static bool is_client_fast(const struct guise__thread *thread)
{
    const struct guise__identity *now = &thread->now;
    const guise_token *token =
        now->token; /* read once, because a fork in a signal handler empties the slot */

    return now->impersonating && thread->scope != NULL && token != NULL && now->saved == NULL &&
           !now->token_owned && token->prepared == NULL;
}

static GUISE_COLD void slot_revert(struct guise__thread *thread)
{
    struct guise__identity reverted;

    begin_change(thread);
    reverted = thread->now;
    GUISE__CHECK(guise__identity_is_valid(&reverted));
    if (reverted.token != reverted.saved) {
        guise__switch_leave(thread, reverted.token);
        guise__switch_restore(thread, reverted.saved);
    }
    /* A revert restores what was there before the first impersonation (S-11), whichever token has been
     * set since (S-13). */
    guise__identity_clear(&thread->now);
    thread->now.token = reverted.saved;
    thread->now.token_owned = reverted.saved_owned;
    (void)guise__slot_settle(thread);
    token_drop(thread, reverted.token, reverted.token_owned);
    if (thread->scope == NULL) {
        guise__unframed_end(&thread->unframed);
    }
}

/* A revert loads no call's word, so it works after Signal (N-03), on any thread (S-21) and in no frame
 * (S-23); without an impersonation it does nothing and succeeds (X-18, S-22). */
guise_result guise_revert_to_self(void)
{
    struct guise__thread *thread = guise__thread_here();

    if (is_client_fast(thread)) {
        guise__slot_clear(thread);
    } else if (thread->now.impersonating) {
        slot_revert(thread);
    }
    return GUISE_OK;
}

/* ---- set and ask ---- */

bool guise_is_impersonating(void)
{
    return tl_guise_thread.now
        .impersonating; /* a token that was set by hand is no impersonation (S-18, X-17) */
}

const guise_token *guise_thread_token(void)
{
    return tl_guise_thread.now.token;
}

guise_result guise__slot_set(struct guise__thread *thread, const guise_token *token)
{
    guise_result result;
    struct guise__identity replaced;

    GUISE__CHECK(thread == guise__thread_here());
    GUISE__CHECK(GUISE__IMPLIES(token != NULL, thread->attached));
    begin_change(thread);
    replaced = thread->now;
    if (!guise__switch_to(thread, token)) {
        end_change(thread);
        return GUISE_E_ACCESS_DENIED;
    }
    thread->now.token = guise_token_ref(token);
    thread->now.token_owned = token != NULL;
    result =
        guise__slot_settle(thread) && thread->now.token == token ? GUISE_OK : GUISE_E_ACCESS_DENIED;
    token_drop(thread, replaced.token, replaced.token_owned);
    if (thread->scope == NULL) {
        guise__unframed_end(&thread->unframed);
    }
    return result;
}

guise_result guise_set_thread_token(const guise_token *token)
{
    struct guise__thread *thread = guise__thread_here();
    guise_result result = token == NULL ? GUISE_OK : guise__thread_attach(thread);

    return result == GUISE_OK ? guise__slot_set(thread, token) : result;
}

void **guise__thread_extension(void)
{
    return &tl_guise_thread.extension;
}

void **guise__thread_extension_and_call(guise_call **call)
{
    struct guise__thread *thread = guise__thread_here();

    *call = guise__current_call(thread);
    return &thread->extension;
}
