/* SPDX-License-Identifier: MIT */
/*
 * Scopes: each runs code of the program with a slot of its own and restores the thread afterwards.
 *
 *   place = guise__scope_find_place(thread)       may fail; changes nothing
 *   guise__scope_prepare(thread, place, ...)      fills it in and takes the place
 *   guise__scope_enter(thread, place)             self, with an empty slot; cannot fail
 *   ... code of the program ...
 *   thread = guise__scope_clear(place)            the slot is empty again: boundary B2
 *   guise__scope_leave(thread, place)             the thread is what it was before
 */
#ifndef GUISE_SRC_THREAD_SCOPE_H
#define GUISE_SRC_THREAD_SCOPE_H

#include "thread/thread_state.h"

GUISE_COLD struct guise__scope *guise__scope_make_place(struct guise__thread *thread);

/* The place of this thread's next scope. NULL: no memory for it; or the library is not told of the
 * thread's end, so that nothing would free a block, and all places that need none are in use. */
static inline struct guise__scope *guise__scope_find_place(struct guise__thread *thread)
{
    return thread->next != NULL ? thread->next : guise__scope_make_place(thread);
}

/* For the end of a thread: is the scope in one of the thread's places? */
bool guise__scope_is_in_place(const struct guise__thread *thread, const struct guise__scope *scope);
void guise__scope_free_places(struct guise__thread *thread);

/* Takes the place and fills in all but the slot; only guise__scope_enter may follow. scope: from
 * guise__scope_find_place, or on the stack with inner set to the thread's next. A signal handler that
 * opens scopes of its own may run at any time: it finds the place either not taken and not written yet,
 * or taken. */
static inline void guise__scope_prepare(struct guise__thread *thread, struct guise__scope *scope,
                                        uintptr_t at, guise_call *call, enum guise__scope_kind kind,
                                        void (*unwind)(void *scope))
{
    scope->place = thread->next;
    thread->next = scope->inner;
    atomic_signal_fence(memory_order_seq_cst);
    scope->up = thread->scope;
    scope->at = at;
    scope->unwind = unwind;
    scope->call = call;
    scope->outer_extension = thread->extension;
    scope->kind = kind;
}

/* Opens a new scope with an empty slot, as self. Infallible; the thread is attached, or was refused
 * and carries no token of the library's. */
void guise__scope_enter(struct guise__thread *thread, struct guise__scope *scope);

/* Empties the slot of any token that the code in the scope left in it: self again, without an extension.
 * Returns the thread, which it looks up anew. Never inlined, because a compiler would use the address that
 * the function around it took before that code ran, and would not notice code that came back on another
 * thread. */
GUISE_NOINLINE struct guise__thread *guise__scope_clear(struct guise__scope *scope);

/* After clear: closes the scope; the thread is what it was before enter, or the process has ended. */
void guise__scope_leave(struct guise__thread *thread, struct guise__scope *scope);

/* Is the scope of a known kind, not its own outer scope, and, for a frame or a completion, about a call? */
bool guise__scope_is_valid(const struct guise__scope *scope);

/* Does this thread run the completion function of call right now? */
bool guise__is_completing(const guise_call *call);

#endif
