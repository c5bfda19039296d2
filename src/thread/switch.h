/* SPDX-License-Identifier: MIT */
/*
 * From one identity to another. The order is always the same: first the provider, then the record
 * (switch_record.h), then the slot, so that the slot never names a token that the thread does not
 * carry. A token for which the provider has nothing to enforce costs a test of one pointer here.
 */
#ifndef GUISE_SRC_THREAD_SWITCH_H
#define GUISE_SRC_THREAD_SWITCH_H

#include "identity/switch_record.h"
#include "thread/thread_state.h"

/* Has the provider something to enforce for this token? */
static inline bool guise__token_is_enforced(const guise_token *token)
{
    return token != NULL && token->prepared != NULL;
}

GUISE_COLD void guise__switch_leave_slow(struct guise__thread *thread, const guise_token *token);
GUISE_COLD void guise__switch_restore_slow(struct guise__thread *thread, const guise_token *token);

/* The thread becomes self. There is no failure to report: the provider's leave returns only if the
 * thread is self (L-7). */
static inline void guise__switch_leave(struct guise__thread *thread, const guise_token *token)
{
    if (guise__token_is_enforced(token)) {
        guise__switch_leave_slow(thread, token);
    }
}

/* From self back to an earlier token. A thread that went on as self instead would run the outer
 * client's code with the server's rights, so a failure ends the process (L-7). */
static inline void guise__switch_restore(struct guise__thread *thread, const guise_token *token)
{
    if (guise__token_is_enforced(token)) {
        guise__switch_restore_slow(thread, token);
    }
}

/* From the token in the slot to another one or NULL; the slot itself is the caller's to change. False:
 * the provider refused, and the thread still carries the first. */
bool guise__switch_to(struct guise__thread *thread, const guise_token *to);

/* Counts a refusal because the thread was not self for the kernel: born_as_client in guise_counters. */
void guise__switch_count_not_self(void);
uint64_t guise__switch_found_not_self(void);

#endif
