/* SPDX-License-Identifier: MIT */
/*
 * Threads by number, and the stack of cancel objects that each thread has set. Any thread may ask for
 * the top of a stack, or cancel it, by the number of the thread. That is for synchronous calls; a call that
 * is served asynchronously is cancelled through an object of its own (X-25, cancel.h).
 *
 * A thread is in the list from the first use of its number, or from its first cancel object, until it
 * ends. Its link in the list is in its own thread-local storage. The entries of its stack are allocated,
 * because another thread may be using one when their owner ends.
 *
 * Locking discipline: the lock GUISE__COM_THREADS (locks.h) guards the list, the numbers, the
 * stacks and the counts of entries. Only its own thread changes a stack. No code outside the
 * library runs under the lock, because an entry has a count: one for each function that is using it. The
 * thread that drops the last count releases the object.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include "com/threads.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "com/locks.h"
#include "com/predicate.h"
#include "com/unknown.h"

struct entry {
    struct entry *below;
    ICancelMethodCalls *cancel; /* owned */
    unsigned refs;       /* one for the stack, and one for each function that is using the entry */
    unsigned deliveries; /* how many of those are CoCancelCall on another thread than the stack's */
};

struct thread {
    struct thread *next;
    struct entry *top; /* the innermost; NULL: none, as always for a thread that is not listed */
    DWORD id;          /* 0: none yet */
    DWORD enabled;     /* calls that enabled cancellation and have not been undone (K-11) */
    bool is_listed;
    bool has_ended; /* unlist_at_thread_end has run; the thread is never listed again */
};

static _Thread_local struct thread tl_thread;

static struct thread *s_threads;
DWORD guise__com_last_thread_id;

/* Holds for an entry with at least one count. */
GUISE__COM_PREDICATE entry_is_valid(const struct entry *entry)
{
    return entry->cancel != NULL && entry->refs != 0 && entry->deliveries <= entry->refs;
}

/* Each entry of a stack has the stack's own count, which is not a delivery. */
GUISE__COM_PREDICATE stack_is_valid_locked(const struct thread *thread)
{
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_THREADS));
    for (const struct entry *entry = thread->top; entry != NULL; entry = entry->below) {
        if (!entry_is_valid(entry) || entry->deliveries == entry->refs) {
            return false;
        }
    }
    return thread->top == NULL || thread->is_listed;
}

GUISE__COM_PREDICATE thread_is_valid(const struct thread *thread)
{
    return GUISE__IMPLIES(thread->is_listed, thread->id != 0 && !thread->has_ended);
}

static void lock_threads(void)
{
    guise__com_lock(GUISE__COM_THREADS);
}

static void unlock_threads(void)
{
    guise__com_unlock(GUISE__COM_THREADS);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void discard_entry(struct entry *entry)
{
    ICancelMethodCalls *cancel = entry->cancel;

    CoTaskMemFree(entry);
    (void)cancel->lpVtbl->Release(cancel);
}

/* Drops the caller's count. The lock is not held. */
static void drop_entry(struct entry *entry, bool was_delivery)
{
    bool is_last;

    lock_threads();
    GUISE__CHECK(entry_is_valid(entry));
    GUISE__CHECK(!was_delivery || entry->deliveries != 0);
    entry->deliveries -= was_delivery;
    is_last = --entry->refs == 0;
    unlock_threads();
    if (is_last) {
        discard_entry(entry);
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

/* Finds a thread by its number; NULL: there is none, or it is not listed. */
static struct thread *thread_find_locked(DWORD id)
{
    struct thread *thread = s_threads;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_THREADS));
    while (thread != NULL && thread->id != id) {
        thread = thread->next;
    }
    return thread;
}

static DWORD thread_id_new_locked(void)
{
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_THREADS));
    do {
        guise__com_last_thread_id++;
    } while (guise__com_last_thread_id == 0 ||
             thread_find_locked(guise__com_last_thread_id) != NULL);
    return guise__com_last_thread_id;
}

static void thread_unlist_locked(struct thread *thread)
{
    struct thread **place = &s_threads;

    GUISE__CHECK(thread_is_valid(thread));
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_THREADS));
    while (*place != thread) {
        GUISE__CHECK(*place != NULL);
        place = &(*place)->next;
    }
    *place = thread->next;
    thread->is_listed = false;
}

/* Releases the cancel objects that the thread has left, as if it had unset them. */
static void unlist_at_thread_end(void *arg)
{
    struct thread *thread = arg;
    struct entry *top;

    GUISE__CHECK(thread == &tl_thread);
    lock_threads();
    thread_unlist_locked(thread);
    thread->has_ended = true;
    top = thread->top;
    thread->top = NULL;
    unlock_threads();
    while (top != NULL) {
        struct entry *entry = top;

        top = entry->below;
        drop_entry(entry, false);
    }
}

/* Keeps only this thread, because the child has no other. No delivery to its objects is under way here.
 * The entries of other threads stay allocated, as all their memory does. */
void guise__com_threads_forked(void)
{
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_THREADS));
    tl_thread.next = NULL;
    s_threads = tl_thread.is_listed ? &tl_thread : NULL;
    for (struct entry *entry = tl_thread.top; entry != NULL; entry = entry->below) {
        GUISE__CHECK(entry_is_valid(entry));
        entry->refs -= entry->deliveries;
        entry->deliveries = 0;
    }
}

/* Has unlist_at_thread_end called when this thread ends. */
static bool watch_thread_end(struct thread *thread)
{
    return guise__com_locks_prepare() &&
           guise__thread_at_end(GUISE__END_CANCEL_OBJECTS, unlist_at_thread_end, thread);
}

/* Gives this thread a number if it has none, and lists it. Returns false, and does not list it, if its end
 * could not be noticed, because it would stay in the list. */
static bool enlist_thread(void)
{
    struct thread *thread = &tl_thread;

    if (thread->is_listed) {
        return true;
    }
    thread->is_listed = !thread->has_ended && watch_thread_end(thread);
    lock_threads();
    if (thread->id == 0) {
        thread->id = thread_id_new_locked();
    }
    if (thread->is_listed) {
        thread->next = s_threads;
        s_threads = thread;
    }
    unlock_threads();
    GUISE__CHECK(thread->id != 0 && thread_is_valid(thread));
    return thread->is_listed;
}

DWORD guise__com_thread_id(void)
{
    if (tl_thread.id == 0) {
        (void)enlist_thread();
    }
    GUISE__CHECK(thread_is_valid(&tl_thread));
    return tl_thread.id;
}

/* ---- setting and unsetting cancel objects ---------------------------------------------------- */

/* While another thread runs Cancel on the top entry, the stack must not change (K-10). */
static bool is_blocked_locked(void)
{
    GUISE__CHECK(stack_is_valid_locked(&tl_thread));
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_THREADS));
    return tl_thread.top != NULL && tl_thread.top->deliveries != 0;
}

/* Takes over the entry on success. */
static bool push_entry(struct entry *entry)
{
    bool is_blocked;

    GUISE__CHECK(entry_is_valid(entry));
    lock_threads();
    is_blocked = is_blocked_locked();
    if (!is_blocked) {
        entry->below = tl_thread.top;
        tl_thread.top = entry;
    }
    unlock_threads();
    return !is_blocked;
}

/* Makes an entry. Returns NULL, and sets *result, if the object has no cancel interface or there is no
 * memory. */
static struct entry *make_entry(IUnknown *object, HRESULT *result)
{
    struct entry *entry = CoTaskMemAlloc(sizeof *entry);
    void *cancel;

    if (entry == NULL) {
        *result = E_OUTOFMEMORY;
        return NULL;
    }
    *result = guise__com_query(object, &IID_ICancelMethodCalls, &cancel);
    if (FAILED(*result)) {
        CoTaskMemFree(entry);
        return NULL;
    }
    *entry = (struct entry){.cancel = cancel, .refs = 1};
    return entry;
}

static HRESULT push_cancel_object(IUnknown *object)
{
    struct entry *entry;
    HRESULT result;

    if (!enlist_thread()) {
        return E_OUTOFMEMORY;
    }
    entry = make_entry(object, &result);
    if (entry == NULL) {
        return result;
    }
    if (!push_entry(entry)) {
        discard_entry(entry);
        return E_ACCESSDENIED;
    }
    return S_OK;
}

static HRESULT pop_cancel_object(void)
{
    struct entry *entry;
    bool is_blocked;

    if (!guise__com_locks_prepare()) {
        return E_NOINTERFACE;
    }
    lock_threads();
    is_blocked = is_blocked_locked();
    entry = tl_thread.top;
    if (entry != NULL && !is_blocked) {
        GUISE__CHECK(entry_is_valid(entry));
        tl_thread.top = entry->below;
    }
    unlock_threads();
    if (entry == NULL) {
        return E_NOINTERFACE;
    }
    if (is_blocked) {
        return E_ACCESSDENIED;
    }
    drop_entry(entry, false);
    return S_OK;
}

HRESULT STDAPICALLTYPE CoSetCancelObject(IUnknown *object)
{
    return object == NULL ? pop_cancel_object() : push_cancel_object(object);
}

/* ---- using a cancel object of any thread ----------------------------------------------------- */

/* The use of an entry by a function, for which the entry has a count. */
struct use {
    struct entry *entry; /* NULL: there is none */
    bool is_delivery;    /* it blocks changes of the stack */
    bool is_enabled;     /* the owner's calls may be cancelled (K-11) */
};

/* Begins the use of a thread's innermost cancel object; id 0: the calling thread (K-08, K-09). */
static struct use use_top(DWORD id, bool cancels)
{
    struct use use = {NULL, false, false};
    struct thread *thread;

    if (!guise__com_locks_prepare()) {
        return use;
    }
    lock_threads();
    thread = id == 0 ? &tl_thread : thread_find_locked(id);
    if (thread != NULL && thread->top != NULL) {
        GUISE__CHECK(stack_is_valid_locked(thread));
        use.entry = thread->top;
        use.is_enabled = thread->enabled != 0;
        use.is_delivery = cancels && use.is_enabled && thread != &tl_thread;
        use.entry->refs++;
        use.entry->deliveries += use.is_delivery;
    }
    unlock_threads();
    return use;
}

static void end_use(void *arg)
{
    const struct use *use = arg;

    GUISE__CHECK(use->entry != NULL);
    drop_entry(use->entry, use->is_delivery);
}

HRESULT STDAPICALLTYPE CoGetCancelObject(DWORD thread, REFIID riid, void **object)
{
    struct use use;
    HRESULT result;

    if (object == NULL) {
        return E_INVALIDARG;
    }
    *object = NULL;
    if (riid == NULL) {
        return E_INVALIDARG;
    }
    use = use_top(thread, false);
    if (use.entry == NULL) {
        return E_NOINTERFACE;
    }
    /* end_use runs also if the object's method ends the thread. */
    pthread_cleanup_push(end_use, &use);
    result = guise__com_query((IUnknown *)use.entry->cancel, riid, object);
    pthread_cleanup_pop(1);
    return result;
}

HRESULT STDAPICALLTYPE CoCancelCall(DWORD thread, ULONG seconds)
{
    struct use use = use_top(thread, true);
    HRESULT result;

    if (use.entry == NULL) {
        return E_NOINTERFACE;
    }
    if (!use.is_enabled) {
        end_use(&use);
        return CO_E_CANCEL_DISABLED; /* the object is not called (K-11) */
    }
    pthread_cleanup_push(end_use, &use);
    result = use.entry->cancel->lpVtbl->Cancel(use.entry->cancel, seconds);
    pthread_cleanup_pop(1);
    return result;
}

/* ---- whether this thread's calls may be cancelled (K-11) ------------------------------------- */

/* Only its own thread writes the count. It does so under the lock if it is listed; otherwise no other thread
 * finds it. */
static void set_enabled(DWORD count)
{
    bool is_shared = guise__com_locks_prepare();

    if (is_shared) {
        lock_threads();
    }
    tl_thread.enabled = count;
    if (is_shared) {
        unlock_threads();
    }
}

HRESULT STDAPICALLTYPE CoEnableCallCancellation(LPVOID reserved)
{
    if (reserved != NULL) {
        return E_INVALIDARG;
    }
    if (tl_thread.enabled == UINT32_MAX) {
        return E_OUTOFMEMORY;
    }
    set_enabled(tl_thread.enabled + 1);
    return S_OK;
}

HRESULT STDAPICALLTYPE CoDisableCallCancellation(LPVOID reserved)
{
    if (reserved != NULL) {
        return E_INVALIDARG;
    }
    if (tl_thread.enabled == 0) {
        return CO_E_CANCEL_DISABLED;
    }
    set_enabled(tl_thread.enabled - 1);
    return S_OK;
}
