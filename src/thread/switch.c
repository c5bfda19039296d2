/* SPDX-License-Identifier: MIT */
/*
 * The slot, and how it is put back.
 *
 * A thread's state is its own; nothing here is shared but its node in the list of foreign
 * impersonations (foreign.h) and two counters. The order is always the same: first the system
 * (wear), then the books, so that the slot never names a token the thread does not carry.
 *
 * Locking discipline: s_prepare_lock guards s_prepared, once in a process; fork.c's is taken under
 * it.
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/thread_state.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "com_hooks.h"
#include "base/fatal.h"
#include "base/lifecycle.h"
#include "identity/provider.h"
#include "base/struct_size.h"
#include "identity/token.h"

GUISE_TLS struct guise__thread tl_guise_thread;

static pthread_mutex_t s_prepare_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool s_prepared; /* set last; changes under the lock */
static pthread_key_t s_exit_key;
static _Atomic uint64_t s_exited_as_client;
static _Atomic uint64_t s_born_as_client;

/* Relaxed: a statistic, ordered against nothing. */
static void count(_Atomic uint64_t *counter)
{
    (void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- the system: who the kernel takes this thread for ---- */

static bool has_body(const guise_token *token)
{
    return token != NULL && token->prepared != NULL;
}

static GUISE_SLOW void leave(const guise_token *token)
{
    guise__provider()->leave(guise__provider(), token->prepared);
}

/* The thread becomes self. There is no failure to report: leave returns only if it is (L-7). */
static inline void take_off(const guise_token *token)
{
    if (has_body(token)) {
        leave(token);
    }
}

/* From self. Whatever a provider says that is not GUISE_OK, the thread is still self. */
static bool put_on(const guise_token *token)
{
    return !has_body(token) ||
           guise__provider()->enter(guise__provider(), token->prepared) == GUISE_OK;
}

static GUISE_SLOW void enter_again(const guise_token *token)
{
    if (!put_on(token)) {
        guise__die("could not put the previous client back on a thread");
    }
}

/* L-7: what was there before must come back; a thread that goes on as self instead would run the
 * outer client's code with the server's rights. */
static inline void put_back(const guise_token *token)
{
    if (has_body(token)) {
        enter_again(token);
    }
}

/* From one token to another; on failure the thread still carries the first. */
static bool wear(const guise_token *from, const guise_token *to)
{
    if (from == to) {
        return true;
    }
    take_off(from);
    if (put_on(to)) {
        return true;
    }
    put_back(from);
    return false;
}

/* ---- the books ---- */

static void drop(const guise_token *token, bool owned)
{
    if (owned) {
        guise_token_unref(token);
    }
}

static GUISE_SLOW void drop_both(const struct guise__identity *gone)
{
    drop(gone->token, gone->token_owned);
    drop(gone->saved, gone->saved_owned);
}

/* Forgets an identity that the thread does not carry any more. */
static inline void forget(struct guise__identity *identity)
{
    if (identity->token_owned || identity->saved_owned) {
        struct guise__identity gone = *identity;

        memset(identity, 0, sizeof *identity);
        drop_both(&gone);
    } else {
        memset(identity, 0, sizeof *identity);
    }
}

/* ---- scopes ---- */

void guise__scope_enter(struct guise__scope *scope)
{
    struct guise__thread *thread = &tl_guise_thread;

    /* A live scope is somewhere else on the stack. */
    if (thread->scope == scope) {
        guise__die("a frame was left by longjmp");
    }
    if (scope->kind != GUISE__RUN_AS) { /* which is still the same call's code */
        thread->context = NULL;
    }
    take_off(thread->now.token); /* S-14: no code of one client's call runs as another client */
    memset(&thread->now, 0, sizeof thread->now);
    thread->scope = scope;
}

void guise__scope_clear(struct guise__scope *scope)
{
    struct guise__thread *thread = &tl_guise_thread;

    if (thread->scope != scope) {
        guise__die("a frame ended out of order (left by longjmp?)");
    }
    /* B2: N-02, S-17, L-6. Of this thread only (N-06), and whatever is there now. */
    take_off(thread->now.token);
    forget(&thread->now);
    thread->context = NULL; /* S-04: nor is it the reply's, after Finish_ */
}

void guise__scope_leave(struct guise__scope *scope)
{
    struct guise__thread *thread = &tl_guise_thread;

    if (thread->scope != scope) {
        guise__die("a frame ended out of order (left by longjmp?)");
    }
    thread->scope = scope->up;
    thread->context = scope->outer_context; /* S-04 */
    put_back(scope->outer.token);           /* S-15; S-16 is for frameworks that do not do this */
    thread->now = scope->outer;
}

bool guise__is_completing(const guise_call *call)
{
    for (const struct guise__scope *scope = tl_guise_thread.scope; scope != NULL;
         scope = scope->up) {
        if (scope->kind == GUISE__COMPLETION && scope->call == call) {
            return true;
        }
    }
    return false;
}

/* ---- impersonate and revert ---- */

/* S-10: the first impersonation keeps what was in the slot; S-12: later ones do not. */
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

guise_result guise__impersonate_begin(const guise_token *token, guise_call *call,
                                      struct guise__attempt *attempt)
{
    struct guise__thread *thread = &tl_guise_thread;
    bool owned = !is_borrowed(thread, call);

    attempt->before = thread->now;
    if (!wear(thread->now.token, token)) {
        return GUISE_E_ACCESS_DENIED;
    }
    save_slot(&thread->now);
    thread->now.token = owned ? guise_token_ref(token) : token; /* S-08 */
    thread->now.token_owned = owned;
    return GUISE_OK;
}

bool guise__impersonate_keep(struct guise__attempt *attempt, const guise_call *call)
{
    struct guise__thread *thread = &tl_guise_thread;

    /* What was in the slot is saved now, unless an earlier impersonation put it there. */
    if (attempt->before.impersonating) {
        drop(attempt->before.token, attempt->before.token_owned);
    }
    if (thread->scope == NULL) {
        guise__foreign_note(&thread->foreign, call);
    }
    return thread->scope == NULL;
}

void guise__impersonate_undo(struct guise__attempt *attempt)
{
    struct guise__thread *thread = &tl_guise_thread;
    struct guise__identity refused = thread->now;

    if (refused.token != attempt->before.token) {
        take_off(refused.token);
        put_back(attempt->before.token);
    }
    thread->now = attempt->before; /* N-04: a refused impersonation changes nothing */
    drop(refused.token, refused.token_owned);
}

static GUISE_SLOW void revert(struct guise__thread *thread)
{
    struct guise__identity was = thread->now;

    if (was.token != was.saved) {
        take_off(was.token);
        put_back(was.saved);
    }
    /* S-11: what was there before the first impersonation; S-13: whatever is there now. */
    memset(&thread->now, 0, sizeof thread->now);
    thread->now.token = was.saved;
    thread->now.token_owned = was.saved_owned;
    drop(was.token, was.token_owned);
    if (thread->scope == NULL) {
        guise__foreign_end(&thread->foreign);
    }
}

/* Asks no call: it works after Signal (N-03), on any thread (S-21) and in no frame (S-23). */
guise_result guise_revert_to_self(void)
{
    struct guise__thread *thread = &tl_guise_thread;

    if (guise__is_plainly_client(thread)) {
        guise__impersonate_clear(thread);
    } else if (thread->now.impersonating) {
        revert(thread);
    }
    return GUISE_OK; /* X-18, S-22 */
}

bool guise_is_impersonating(void)
{
    return tl_guise_thread.now.impersonating; /* S-18, X-17 */
}

const guise_token *guise_thread_token(void)
{
    return tl_guise_thread.now.token;
}

guise_result guise_set_thread_token(const guise_token *token)
{
    struct guise__thread *thread = &tl_guise_thread;
    struct guise__identity was = thread->now;
    guise_result result = token == NULL ? GUISE_OK : guise__thread_attach();

    if (result != GUISE_OK) {
        return result;
    }
    if (!wear(was.token, token)) {
        return GUISE_E_ACCESS_DENIED;
    }
    thread->now.token = guise_token_ref(token);
    thread->now.token_owned = token != NULL;
    drop(was.token, was.token_owned);
    if (thread->scope == NULL) {
        guise__foreign_end(&thread->foreign);
    }
    return GUISE_OK;
}

void **guise__com_slot(void)
{
    return &tl_guise_thread.context;
}

/* ---- run_as ---- */

static void end_run_as(void *scope)
{
    guise__scope_clear(scope);
    guise__scope_leave(scope);
}

guise_result guise_run_as(const guise_token *token, guise_result (*fn)(void *), void *arg)
{
    struct guise__scope scope;
    guise_result result;

    if (token == NULL || fn == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = guise__thread_attach();
    if (result != GUISE_OK) {
        return result;
    }
    scope = guise__scope_new(guise__current_call(), GUISE__RUN_AS);
    guise__scope_enter(&scope);
    pthread_cleanup_push(end_run_as, &scope);
    result = guise_set_thread_token(token);
    if (result == GUISE_OK) {
        result = fn(arg);
    }
    pthread_cleanup_pop(1);
    return result;
}

/* ---- a thread's beginning and end ---- */

/* Whose thread is this? Born while its creator was a client: put right and counted. */
static guise_result become_self(void)
{
    const guise_provider *provider = guise__provider();
    guise_result result = provider->verify(provider, NULL);

    if (result != GUISE_E_UNEXPECTED) {
        return result;
    }
    provider->leave(provider, NULL);
    count(&s_born_as_client);
    return GUISE_OK;
}

/* The thread ends. Frames have ended before; what is left was put on in none, or left by longjmp. */
static void thread_exits(void *ending)
{
    struct guise__thread *thread = ending;

    if (thread->now.token != NULL) {
        take_off(thread->now.token);
        count(&s_exited_as_client);
    }
    forget(&thread->now);
    guise__foreign_end(&thread->foreign);
    thread->scope = NULL;
    thread->attached = false;
    guise__free(thread->spare);
    thread->spare = NULL;
    /* Nobody looks after it any more: a later destructor may not make it anybody's client again. */
    thread->ended = true;
}

/* ---- fork ---- */

/* The child is a copy of one thread. It must not go on as the parent's client (W-20), and no frame
 * may make it that client again when it ends. */
static void empty_all_slots(struct guise__thread *thread)
{
    take_off(thread->now.token);
    forget(&thread->now);
    for (struct guise__scope *scope = thread->scope; scope != NULL; scope = scope->up) {
        forget(&scope->outer);
    }
}

/* What the slot held is off, and leave has seen to it. This is for a thread born as a client that has
 * had no frame yet, and for a fork in a signal handler in the middle of a switch. A thread that the
 * program confined on purpose carries nothing of ours and stays as it is. */
static void require_self(void)
{
    guise_result result = guise__provider() == NULL ? GUISE_OK : become_self();

    if (result != GUISE_OK && result != GUISE_E_ACCESS_DENIED) {
        guise__die("a forked child could not be made the process's self");
    }
}

static void after_fork_in_child(void)
{
    /* Whoever held it is not here. */
    (void)pthread_mutex_init(&s_prepare_lock, NULL);
    guise__foreign_forked(&tl_guise_thread.foreign);
    empty_all_slots(&tl_guise_thread);
    require_self();
}

/* ---- attaching ---- */

static bool is_prepared(void)
{
    return atomic_load_explicit(&s_prepared, memory_order_acquire);
}

/* Once in a process, before the first thread of it can be anybody: the key that tells when a thread
 * ends, and what a forked child does. */
static guise_result prepare_locked(void)
{
    if (is_prepared()) {
        return GUISE_OK;
    }
    guise__fork_set_hook(after_fork_in_child);
    if (guise__fork_prepare() != GUISE_OK) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (pthread_key_create(&s_exit_key, thread_exits) != 0) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    /* Release: pairs with the acquire in is_prepared, for the key. */
    atomic_store_explicit(&s_prepared, true, memory_order_release);
    return GUISE_OK;
}

guise_result guise__thread_prepare(void)
{
    guise_result result;

    if (is_prepared()) {
        return GUISE_OK;
    }
    (void)pthread_mutex_lock(&s_prepare_lock);
    result = prepare_locked();
    (void)pthread_mutex_unlock(&s_prepare_lock);
    return result;
}

/* Asynchronous cancellation could strike between the system and the books. */
static void refuse_async_cancel(void)
{
    int type;

    (void)pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    if (type == PTHREAD_CANCEL_ASYNCHRONOUS) {
        guise__die("a thread with asynchronous cancelability was given a frame");
    }
}

static guise_result attach(struct guise__thread *thread)
{
    guise_result result = thread->ended ? GUISE_E_ACCESS_DENIED : become_self();

    if (result != GUISE_OK) {
        return result;
    }
    if (pthread_setspecific(s_exit_key, thread) != 0) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    thread->attached = true;
    return GUISE_OK;
}

guise_result guise__thread_attach_first(void)
{
    int kept = errno; /* libc's, when it has no memory for the key */
    guise_result result;

    refuse_async_cancel();
    result = guise__thread_prepare();
    if (result == GUISE_OK) {
        result = attach(&tl_guise_thread);
        /* Only a lack of memory is worth telling apart: everything else is not our thread. */
        result =
            result == GUISE_OK || result == GUISE_E_OUT_OF_MEMORY ? result : GUISE_E_ACCESS_DENIED;
    }
    errno = kept;
    return result;
}

void guise__thread_attach_or_self(void)
{
    if (guise__thread_attach() == GUISE_E_OUT_OF_MEMORY && become_self() == GUISE_E_OUT_OF_MEMORY) {
        guise__die("no memory to find out whether a thread is the process's self");
    }
}

guise_result guise_counters_get(guise_counters *out)
{
    if (out == NULL || !guise__sized_out(out, sizeof *out)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    out->exited_as_client = atomic_load_explicit(&s_exited_as_client, memory_order_relaxed);
    out->born_as_client = atomic_load_explicit(&s_born_as_client, memory_order_relaxed);
    out->foreign_at_completion = guise__foreign_at_completion();
    return GUISE_OK;
}
