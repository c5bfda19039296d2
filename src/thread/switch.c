/* SPDX-License-Identifier: MIT */
/*
 * The switch of a thread from one identity to another, and the record of it that a forked child reads. The
 * order is the provider, the record, the slot (switch.h).
 */
#include "thread/switch.h"

#include <stdatomic.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "identity/provider.h"

static _Atomic uint64_t s_found_not_self;

void guise__switch_count_not_self(void)
{
    /* Relaxed: a statistic, ordered against nothing. */
    (void)atomic_fetch_add_explicit(&s_found_not_self, 1, memory_order_relaxed);
}

uint64_t guise__switch_found_not_self(void)
{
    return atomic_load_explicit(&s_found_not_self, memory_order_relaxed);
}

/* While switching is set the thread is between self and a client, so a child that a signal handler forks
 * then has to be made self, independent of the slot. carried changes meanwhile. */
static void begin_switch(struct guise__switch_record *record, const guise_token *token)
{
    GUISE__CHECK(guise__provider() != NULL && token->prepared != NULL);
    GUISE__CHECK(guise__switch_record_is_valid(record));
    record->switching = token;
    /* The compiler must not move this past the provider's steps: the handler runs between them. */
    atomic_signal_fence(memory_order_seq_cst);
}

static void end_switch(struct guise__switch_record *record, const guise_token *carried)
{
    atomic_signal_fence(memory_order_seq_cst);
    record->carried = carried;
    atomic_signal_fence(memory_order_seq_cst);
    record->switching = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    GUISE__CHECK(guise__switch_record_is_valid(record));
}

/* Frees the tokens that lost their last reference while this thread was a client. */
static GUISE_COLD void free_gone_tokens(struct guise__thread *thread)
{
    while (thread->gone != NULL) {
        guise_token *gone = thread->gone;

        thread->gone = gone->next_gone;
        guise__token_free(gone);
    }
}

GUISE_COLD void guise__switch_leave_slow(struct guise__thread *thread, const guise_token *token)
{
    struct guise__switch_record *record = &tl_guise_switch;

    GUISE__CHECK(thread == guise__thread_here());
    begin_switch(record, token);
    /* A forked child was made self before its slot was written, so there is nothing to leave there. */
    if (record->carried == token) {
        guise__provider()->leave(guise__provider(), token->prepared);
    }
    end_switch(record, NULL);
    record->remade = false;
    if (thread->gone != NULL) {
        free_gone_tokens(thread);
    }
}

/* Ends an enter in a child that was forked in the middle of it. The provider prepared for another
 * thread, so its answer does not apply. */
static GUISE_COLD void leave_in_child(struct guise__switch_record *record)
{
    record->carried = NULL;
    record->remade = false;
    guise__provider()->leave(guise__provider(), NULL);
}

/* Makes a thread that is self the token's client. Unless the provider returns GUISE_OK, the thread is what
 * it was before. */
static GUISE_COLD bool token_enter(const guise_token *token)
{
    struct guise__switch_record *record = &tl_guise_switch;
    const guise_provider *provider = guise__provider();
    guise_result result;

    begin_switch(record, token);
    result = provider->enter(provider, token->prepared);
    end_switch(record, result == GUISE_OK ? token : NULL);
    if (record->remade) {
        leave_in_child(record);
        return false;
    }
    if (result == GUISE_OK) {
        return true;
    }
    /* The refusal is counted if its cause is that other code has changed this thread. */
    result = provider->verify(provider, NULL);
    if (result != GUISE_OK && result != GUISE_E_OUT_OF_MEMORY) {
        guise__switch_count_not_self();
    }
    return false;
}

/* A child that was forked meanwhile is self, and no client comes back in it. */
GUISE_COLD void guise__switch_restore_slow(struct guise__thread *thread, const guise_token *token)
{
    unsigned forks = guise__fork_count();

    GUISE__CHECK(thread == guise__thread_here());
    (void)thread;
    if (!token_enter(token) && guise__fork_count() == forks) {
        guise__fatal("could not put the previous client back on a thread");
    }
}

/* The kernel confirms a token that the thread carries already, as it confirms one that the thread
 * enters, because code outside the library may have changed this thread since (I-05). A mismatch is as
 * fatal as on the way out, except in a forked child (guise__switch_leave_slow). */
static GUISE_COLD bool token_confirm(const guise_token *token)
{
    const struct guise__switch_record *record = &tl_guise_switch;
    const guise_provider *provider = guise__provider();

    if (record->carried != token) {
        return token_enter(token);
    }
    if (provider->verify(provider, token->prepared) == GUISE_OK) {
        return true;
    }
    if (record->carried == token) {
        guise__fatal(
            "a thread's identity was changed behind our back, by another thread's set*id?");
    }
    return false;
}

bool guise__switch_to(struct guise__thread *thread, const guise_token *to)
{
    const guise_token *from = thread->now.token;

    GUISE__CHECK(thread == guise__thread_here());
    if (from == to) {
        return !guise__token_is_enforced(to) || token_confirm(to);
    }
    guise__switch_leave(thread, from);
    if (!guise__token_is_enforced(to) || token_enter(to)) {
        return true;
    }
    if (thread->now.token == from) { /* a child that was forked meanwhile stays self */
        guise__switch_restore(thread, from);
    }
    return false;
}
