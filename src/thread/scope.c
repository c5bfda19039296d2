/* SPDX-License-Identifier: MIT */
/*
 * Scopes: their places, which belong to the thread, and how the thread's identity is set aside when a scope
 * is entered and restored when it is left.
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/scope.h"

#include <pthread.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "thread/attach.h"
#include "thread/slot.h"
#include "thread/switch.h"

/* ---- invariants ---- */

#if defined(GUISE_CHECKS)
bool guise__scope_is_valid(const struct guise__scope *scope)
{
    bool has_known_kind =
        scope->kind == GUISE__SCOPE_FRAME || scope->kind == GUISE__SCOPE_COMPLETION ||
        scope->kind == GUISE__SCOPE_RUN_AS || scope->kind == GUISE__SCOPE_DESTRUCTOR;
    bool is_about_call =
        scope->kind == GUISE__SCOPE_FRAME || scope->kind == GUISE__SCOPE_COMPLETION;

    return has_known_kind && scope->up != scope && scope->inner != scope &&
           GUISE__IMPLIES(is_about_call, scope->owed != NULL) &&
           GUISE__IMPLIES(scope->kind != GUISE__SCOPE_RUN_AS, scope->unwind != NULL);
}
#endif

/* ---- places ---- */

static void link_places(struct guise__thread *thread)
{
    for (size_t i = 1; i < GUISE__PLACES; i++) {
        thread->places[i - 1].inner = &thread->places[i];
    }
    thread->next = &thread->places[0];
}

/* Called while next is NULL: the places are not linked yet, or all are in use except those that were made
 * inside a scope on the stack. A thread whose end is not reported to the library has only the first few
 * places, and depends on being unwound. */
GUISE_COLD struct guise__scope *guise__scope_make_place(struct guise__thread *thread)
{
    struct guise__scope *last = &thread->places[GUISE__PLACES - 1];

    GUISE__CHECK(thread == guise__thread_here());
    if (thread->places[0].inner == NULL) {
        link_places(thread);
        guise__thread_watch(thread);
    } else if (thread->watched) {
        while (last->inner != NULL) {
            last = last->inner;
        }
        last->inner = guise__alloc(sizeof *last);
        thread->next = last->inner;
    }
    return thread->next;
}

bool guise__scope_is_in_place(const struct guise__thread *thread, const struct guise__scope *scope)
{
    const struct guise__scope *place = &thread->places[0];

    while (place != NULL && place != scope) {
        place = place->inner;
    }
    return place != NULL;
}

/* Frees the places that are blocks. The thread has no scope, so next is NULL or the first place already. */
void guise__scope_free_places(struct guise__thread *thread)
{
    struct guise__scope *place = thread->places[GUISE__PLACES - 1].inner;

    GUISE__CHECK(thread->scope == NULL);
    thread->places[GUISE__PLACES - 1].inner = NULL;
    while (place != NULL) {
        struct guise__scope *gone = place;

        place = place->inner;
        guise__free(gone);
    }
}

/* ---- enter and leave ---- */

/* Moves the slot's identity into the scope. If a signal handler forks in the middle of the copy, the fork
 * handler has dropped the slot's references in the child; the half that was copied before the fork is
 * then cleared here. */
static GUISE_COLD void move_slot(struct guise__thread *thread, struct guise__scope *scope)
{
    unsigned forks = guise__fork_count();

    scope->is_moving = true;
    atomic_signal_fence(memory_order_seq_cst);
    guise__identity_copy(&scope->outer, &thread->now);
    atomic_signal_fence(memory_order_seq_cst);
    if (guise__fork_count() != forks) {
        guise__identity_clear(&scope->outer);
    }
    /* A frame starts with an empty slot, so no code of one client's call runs as another (S-14). */
    guise__switch_leave(thread, thread->now.token);
    guise__identity_clear(&thread->now);
    atomic_signal_fence(memory_order_seq_cst);
    scope->is_moving = false;
}

/* Every member is asked, because the caller may be a signal handler that interrupted a change: what is
 * written half has to go into the scope and come back with its end. */
static bool slot_is_empty(const struct guise__identity *now)
{
    return now->token == NULL && now->saved == NULL && !now->token_owned && !now->saved_owned &&
           !now->impersonating;
}

void guise__scope_enter(struct guise__thread *thread, struct guise__scope *scope)
{
    GUISE__CHECK(guise__scope_is_valid(scope) && scope->up == thread->scope);
    GUISE__CHECK(GUISE__IMPLIES(scope->kind == GUISE__SCOPE_FRAME,
                                thread->attached && guise__scope_is_in_place(thread, scope)));
    /* Because a function that is still active has its variables elsewhere on the stack. */
    if (thread->scope != NULL && thread->scope->at == scope->at) {
        guise__fatal("a frame was left by longjmp");
    }
    if (scope->kind != GUISE__SCOPE_RUN_AS) { /* guise_run_as still runs the same call's code */
        thread->extension = NULL;
    }
    scope->is_moving = false;
    guise__identity_clear(&scope->outer);
    atomic_signal_fence(memory_order_seq_cst);
    /* First, because a child that is forked meanwhile has to find the scope. */
    thread->scope = scope;
    if (!slot_is_empty(&thread->now)) {
        move_slot(thread, scope);
    }
    GUISE__CHECK(guise__thread_is_valid(thread));
}

GUISE_NOINLINE struct guise__thread *guise__scope_clear(struct guise__scope *scope)
{
    struct guise__thread *thread = guise__thread_here();

    if (thread->scope != scope) {
        guise__fatal("a frame ended out of order (left by longjmp?)");
    }
    GUISE__CHECK(guise__thread_is_valid(thread));
    /* Boundary B2: the slot is emptied when Begin_ returns, and Signal has not done so before (N-02,
     * S-17, L-6). Only this thread's slot is emptied (N-06), of any token that is in it now. */
    guise__switch_leave(thread, thread->now.token);
    guise__slot_forget(thread, &thread->now);
    thread->extension = NULL; /* after Finish_ the completion function has none either (S-04) */
    return thread;
}

static GUISE_COLD void restore_outer(struct guise__thread *thread, const struct guise__scope *scope)
{
    guise__switch_restore_slow(thread, scope->outer.token);
    guise__identity_copy(&thread->now, &scope->outer);
    (void)guise__slot_settle(thread);
}

void guise__scope_leave(struct guise__thread *thread, struct guise__scope *scope)
{
    if (thread->scope != scope) {
        guise__fatal("a frame ended out of order (left by longjmp?)");
    }
    GUISE__CHECK(guise__scope_is_valid(scope));
    thread->scope = scope->up;
    thread->extension = scope->outer_extension; /* a nested frame restores it (S-04) */
    if (guise__token_is_enforced(scope->outer.token)) {
        /* A nested frame restores the outer client (S-15); S-16 is for frameworks that do not. */
        restore_outer(thread, scope);
    } else {
        guise__identity_copy(&thread->now, &scope->outer);
    }
    GUISE__CHECK(guise__thread_is_valid(thread));
    /* From here on the scope of a signal handler may have the place. */
    atomic_signal_fence(memory_order_seq_cst);
    thread->next = scope->place;
}

bool guise__is_completing(const guise_call *call)
{
    const struct guise__scope *scope = guise__thread_here()->scope;

    for (; scope != NULL; scope = scope->up) {
        if (scope->kind == GUISE__SCOPE_COMPLETION && scope->call == call) {
            return true;
        }
    }
    return false;
}

/* ---- run_as_token ---- */

static void end_run_as(void *scope)
{
    guise__scope_leave(guise__scope_clear(scope), scope);
}

static guise_result run_as_token(struct guise__thread *thread, struct guise__scope *scope,
                                 const guise_token *token, guise_result (*fn)(void *), void *arg)
{
    guise_result result;
    char at; /* only its address matters */

    guise__scope_prepare(thread, scope, (uintptr_t)&at, guise__current_call(thread),
                         GUISE__SCOPE_RUN_AS, end_run_as);
    guise__scope_enter(thread, scope);
    pthread_cleanup_push(end_run_as, scope);
    result = guise__slot_set(thread, token);
    if (result == GUISE_OK) {
        result = fn(arg);
    }
    pthread_cleanup_pop(1);
    return result;
}

guise_result guise_run_as(const guise_token *token, guise_result (*fn)(void *), void *arg)
{
    struct guise__thread *thread = guise__thread_here();
    struct guise__scope *scope;
    guise_result result;

    if (token == NULL || fn == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = guise__thread_attach(thread);
    if (result != GUISE_OK) {
        return result;
    }
    scope = guise__scope_find_place(thread);
    return scope == NULL ? GUISE_E_OUT_OF_MEMORY : run_as_token(thread, scope, token, fn, arg);
}
