/* SPDX-License-Identifier: MIT */
/*
 * How a thread comes under the library's care and how it ends: it is verified to be self, its end ends what
 * it left open, and a forked child's one thread is made self (base/lifecycle.h).
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/attach.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/struct_size.h"
#include "identity/ending.h"
#include "identity/provider.h"
#include "thread/as_self.h"
#include "thread/scope.h"
#include "thread/slot.h"
#include "thread/switch.h"

static _Atomic uint64_t s_exited_as_client;

/* ---- the thread's identity for the system ---- */

static guise_result ask_provider(const struct guise__thread *thread, const void *prepared)
{
    const guise_provider *provider = guise__provider();
    guise_result result;

    GUISE__CHECK(provider != NULL && thread == guise__thread_here());
    if (!guise__group_room_make()) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = provider->verify(provider, prepared);
    if (!thread->attached) {
        guise__group_room_drop();
    }
    return result;
}

/* A thread that is not the process's self is refused and left as it is, because what another thread's
 * seteuid leaves looks exactly like a thread that was created while its creator was a client (I-03). */
static guise_result require_self(const struct guise__thread *thread)
{
    guise_result result = ask_provider(thread, NULL);

    if (result == GUISE_OK || result == GUISE_E_OUT_OF_MEMORY) {
        return result;
    }
    guise__switch_count_not_self();
    return GUISE_E_ACCESS_DENIED;
}

guise_result guise_thread_verify(void)
{
    const struct guise__thread *thread = guise__thread_here();
    const guise_token *token = thread->now.token;

    if (guise__provider() == NULL) {
        return GUISE_E_NO_PROVIDER;
    }
    return ask_provider(thread, token == NULL ? NULL : token->prepared) == GUISE_OK
               ? GUISE_OK
               : GUISE_E_UNEXPECTED;
}

static guise_result thread_become_self(void)
{
    const guise_provider *provider = guise__provider();
    guise_result result = provider->verify(provider, NULL);

    if (result == GUISE_E_UNEXPECTED) {
        provider->leave(provider, NULL);
        return GUISE_OK;
    }
    return result == GUISE_OK || result == GUISE_E_OUT_OF_MEMORY ? result : GUISE_E_ACCESS_DENIED;
}

/* The one place where a thread that is not self is made so, and only because the program says that
 * it is the server's (I-03). */
guise_result guise_thread_become_self(void)
{
    const struct guise__thread *thread = guise__thread_here();
    guise_result result;

    if (guise__provider() == NULL) {
        return GUISE_E_NO_PROVIDER;
    }
    if (thread->scope != NULL || thread->now.token != NULL) {
        return GUISE_E_UNEXPECTED;
    }
    if (!guise__group_room_make()) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = thread_become_self();
    if (!thread->attached) {
        guise__group_room_drop();
    }
    return result;
}

/* ---- a thread's end ---- */

/* A thread's end ends its frames, also where libc did not unwind the stack because a function in it was
 * compiled without unwind tables. Innermost first; each ends as if it had been unwound. */
static void end_scopes(struct guise__thread *thread)
{
    while (thread->scope != NULL) {
        GUISE__CHECK(guise__scope_is_valid(thread->scope));
        if (!guise__scope_is_in_place(thread, thread->scope)) {
            guise__fatal("a thread ended in a completion function for which there was no memory");
        }
        GUISE__CHECK(thread->scope->unwind != NULL);
        thread->scope->unwind(thread->scope);
    }
}

/* A token that is left after the frames have ended was set outside any frame. */
static void thread_detach(void *arg)
{
    struct guise__thread *thread = arg;
    bool was_suspended;

    GUISE__CHECK(thread == guise__thread_here() && (thread->attached || thread->watched));
    end_scopes(thread);
    if (thread->now.token != NULL) {
        guise__switch_leave(thread, thread->now.token);
        /* Relaxed: a statistic, ordered against nothing. */
        (void)atomic_fetch_add_explicit(&s_exited_as_client, 1, memory_order_relaxed);
    }
    /* Until a destructor cannot attach this thread again. */
    was_suspended = guise__endings_suspend();
    guise__slot_forget(thread, &thread->now);
    guise__unframed_end(&thread->unframed);
    guise__scope_free_places(thread);
    thread->attached = false;
    thread->watched = false;
    guise__free(thread->spare);
    thread->spare = NULL;
    guise__group_room_drop();
    /* A destructor that runs later may not make the thread a client again, because the library is told of
     * a thread's end only once. */
    thread->ended = true;
    GUISE__CHECK(thread->scope == NULL && guise__thread_is_valid(thread));
    guise__endings_resume(was_suspended);
    guise__endings_run();
}

/* ---- fork ---- */

static void forget_in_child(struct guise__thread *thread, struct guise__identity *identity)
{
    if (thread->is_changing || tl_guise_switch.remade) {
        guise__identity_clear(identity); /* the interrupted function drops its references */
    } else {
        guise__slot_forget(thread, identity);
    }
}

static void become_self_in_child(struct guise__thread *thread)
{
    struct guise__switch_record *record = &tl_guise_switch;

    GUISE__CHECK(guise__switch_record_is_valid(record));
    if (record->switching != NULL) {
        guise__provider()->leave(guise__provider(), NULL);
        record->remade = true;
    } else if (record->carried != NULL) { /* nothing where the record says nothing (I-04) */
        guise__switch_leave_slow(thread, record->carried);
    }
}

/* Empties the slot and the outer identity of every scope. */
static void empty_slots_in_child(struct guise__thread *thread)
{
    struct guise__identity *slot = &thread->now;

    for (struct guise__scope *scope = thread->scope; scope != NULL; scope = scope->up) {
        if (scope->is_moving) {
            guise__identity_clear(slot); /* the scope has the same references */
        }
        forget_in_child(thread, slot);
        slot = &scope->outer;
    }
    forget_in_child(thread, slot);
}

/* The child is a copy of one thread. It must not go on as the parent's client (W-20), and no frame may
 * make it that client again when it ends. */
static void make_child_self(void)
{
    struct guise__thread *thread = guise__thread_here();
    bool was_suspended;

    guise__unframed_forked(&thread->unframed);
    become_self_in_child(thread);
    was_suspended = guise__endings_suspend(); /* no code of the program's runs in fork (I-17) */
    empty_slots_in_child(thread);
    guise__endings_resume(was_suspended);
}

/* ---- attaching ---- */

guise_result guise__thread_prepare(void)
{
    guise__endings_set_runner(guise__run_as_self);
    guise__fork_set_hook(make_child_self);
    if (guise__fork_prepare() != GUISE_OK) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    return guise__thread_end_prepare() ? GUISE_OK : GUISE_E_OUT_OF_RESOURCES;
}

static bool detach_at_end(struct guise__thread *thread)
{
    return guise__thread_at_end(GUISE__END_THREAD, thread_detach, thread);
}

/* Asynchronous cancellation could strike between the provider's step and the change of the slot. */
static void refuse_async_cancel(void)
{
    int type;

    (void)pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    if (type == PTHREAD_CANCEL_ASYNCHRONOUS) {
        guise__fatal("a thread with asynchronous cancelability was given a frame");
    }
}

static guise_result thread_attach(struct guise__thread *thread)
{
    guise_result result = thread->ended ? GUISE_E_ACCESS_DENIED : require_self(thread);

    if (result != GUISE_OK) {
        return result;
    }
    if (!guise__group_room_make() || !detach_at_end(thread)) {
        guise__group_room_drop();
        return GUISE_E_OUT_OF_MEMORY;
    }
    thread->attached = true;
    GUISE__CHECK(thread == guise__thread_here() && guise__thread_is_valid(thread));
    return GUISE_OK;
}

guise_result guise__thread_attach_first(struct guise__thread *thread)
{
    int saved_errno = errno; /* libc's registrations may change it */
    guise_result result;

    refuse_async_cancel();
    result = guise__thread_prepare();
    if (result == GUISE_OK) {
        result = thread_attach(thread);
    }
    errno = saved_errno;
    return result;
}

void guise__thread_watch(struct guise__thread *thread)
{
    GUISE__CHECK(thread == guise__thread_here());
    thread->watched = !thread->ended && detach_at_end(thread);
}

guise_result guise_counters_get(guise_counters *out)
{
    if (out == NULL || !guise__struct_size_out(out, sizeof *out)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    out->exited_as_client = atomic_load_explicit(&s_exited_as_client, memory_order_relaxed);
    /* The public name is that of one cause: a thread that was created while its creator was a client. */
    out->born_as_client = guise__switch_found_not_self();
    out->foreign_at_completion = guise__unframed_at_completion();
    return GUISE_OK;
}
