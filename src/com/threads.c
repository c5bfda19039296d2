/* SPDX-License-Identifier: MIT */
/*
 * Threads by number, and the cancel objects each of them has put up: a stack whose top any thread
 * may ask for, or cancel, by that number (X-25: that is for synchronous calls; one that is served
 * asynchronously is cancelled through an object of its own, cancel.h).
 *
 * A thread is in the list from its first question for its number, or its first cancel object, until
 * it ends. Its place in the list is in its own thread-local storage; entries of the stacks are not,
 * because another thread may be at work on one when its owner ends.
 *
 * Locking discipline: s_lock guards the list, the numbers, the stacks and the counts of entries.
 * Only its own thread changes a stack. No code of anybody else's runs under the lock: an entry that
 * is in use has a count for that, and whoever drops the last one releases the object.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include "com/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "com/unknown.h"

struct entry {
    struct entry *below;
    ICancelMethodCalls *cancel; /* owned */
    unsigned refs;              /* the stack's, and that of each function at work on it */
    unsigned deliveries;        /* of those: CoCancelCall on another thread than the stack's */
};

struct thread {
    struct thread *next;
    struct entry *top; /* innermost; NULL: none, as always outside the list */
    DWORD id;          /* 0: none yet */
    bool is_listed;
    bool has_ended; /* its end has been seen to; it is never listed again */
};

static _Thread_local struct thread tl_thread;

/* K-11: successful enabling that has not been undone. */
static _Thread_local DWORD tl_enabled;

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static struct thread *s_threads;
DWORD guise__com_last_thread_id;

static pthread_once_t s_once = PTHREAD_ONCE_INIT;
static pthread_key_t s_key; /* not NULL in a thread that is listed */
static bool s_ready;        /* (once) */

static void lock_threads(void)
{
    (void)pthread_mutex_lock(&s_lock); /* a valid mutex of this thread's not: cannot fail */
}

static void unlock_threads(void)
{
    (void)pthread_mutex_unlock(&s_lock);
}

/* ---- entries --------------------------------------------------------------------------------- */

static void discard(struct entry *entry)
{
    ICancelMethodCalls *cancel = entry->cancel;

    CoTaskMemFree(entry);
    (void)cancel->lpVtbl->Release(cancel);
}

/* The caller's count. Not under the lock. */
static void drop_entry(struct entry *entry, bool was_delivery)
{
    bool is_last;

    lock_threads();
    entry->deliveries -= was_delivery;
    is_last = --entry->refs == 0;
    unlock_threads();
    if (is_last) {
        discard(entry);
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

/* NULL: no such thread, or one that never came here. */
static struct thread *find_locked(DWORD id)
{
    struct thread *thread = s_threads;

    while (thread != NULL && thread->id != id) {
        thread = thread->next;
    }
    return thread;
}

static DWORD new_id_locked(void)
{
    do {
        guise__com_last_thread_id++;
    } while (guise__com_last_thread_id == 0 || find_locked(guise__com_last_thread_id) != NULL);
    return guise__com_last_thread_id;
}

static void unlist_locked(struct thread *thread)
{
    struct thread **place = &s_threads;

    while (*place != thread) {
        place = &(*place)->next;
    }
    *place = thread->next;
    thread->is_listed = false;
}

/* The objects it left are released as if it had taken them down. */
static void thread_ends(void *arg)
{
    struct thread *thread = arg;
    struct entry *top;

    lock_threads();
    unlist_locked(thread);
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

/* The child has this thread only, and nobody else is at its objects. What other threads had put up
 * stays where it is, as everything of theirs does. */
static void in_child(void)
{
    tl_thread.next = NULL;
    s_threads = tl_thread.is_listed ? &tl_thread : NULL;
    for (struct entry *entry = tl_thread.top; entry != NULL; entry = entry->below) {
        entry->refs -= entry->deliveries;
        entry->deliveries = 0;
    }
    unlock_threads();
}

static void prepare(void)
{
    int kept = errno; /* as in enlist */

    s_ready = pthread_key_create(&s_key, thread_ends) == 0 &&
              pthread_atfork(lock_threads, unlock_threads, in_child) == 0;
    errno = kept;
}

/* Before the lock is taken at all: a child that is forked meanwhile would never get it.
 * False: no thread is listed, and none has put anything up. */
static bool is_ready(void)
{
    return pthread_once(&s_once, prepare) == 0 && s_ready;
}

/* Gives this thread a number if it has none, and lists it. False: nobody would tell of its end, so
 * it is not listed. */
static bool enlist(void)
{
    struct thread *thread = &tl_thread;
    int kept = errno; /* libc's, when it has no memory for the key */

    if (thread->is_listed) {
        return true;
    }
    thread->is_listed = is_ready() && !thread->has_ended && pthread_setspecific(s_key, thread) == 0;
    errno = kept;
    lock_threads();
    if (thread->id == 0) {
        thread->id = new_id_locked();
    }
    if (thread->is_listed) {
        thread->next = s_threads;
        s_threads = thread;
    }
    unlock_threads();
    return thread->is_listed;
}

DWORD WINAPI GetCurrentThreadId(void)
{
    if (tl_thread.id == 0) {
        (void)enlist();
    }
    return tl_thread.id;
}

/* ---- putting up and taking down -------------------------------------------------------------- */

/* K-10: so long as another thread's Cancel is in there, the top stays the top. */
static bool is_blocked_locked(void)
{
    return tl_thread.top != NULL && tl_thread.top->deliveries != 0;
}

/* The entry is the stack's if this succeeds. */
static bool push_entry(struct entry *entry)
{
    bool is_blocked;

    lock_threads();
    is_blocked = is_blocked_locked();
    if (!is_blocked) {
        entry->below = tl_thread.top;
        tl_thread.top = entry;
    }
    unlock_threads();
    return !is_blocked;
}

/* NULL, with *result, if the object or memory says no. */
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

static HRESULT push(IUnknown *object)
{
    struct entry *entry;
    HRESULT result;

    if (!enlist()) {
        return E_OUTOFMEMORY;
    }
    entry = make_entry(object, &result);
    if (entry == NULL) {
        return result;
    }
    if (!push_entry(entry)) {
        discard(entry);
        return E_ACCESSDENIED;
    }
    return S_OK;
}

static HRESULT pop(void)
{
    struct entry *entry;
    bool is_blocked;

    if (!is_ready()) {
        return E_NOINTERFACE;
    }
    lock_threads();
    is_blocked = is_blocked_locked();
    entry = tl_thread.top;
    if (entry != NULL && !is_blocked) {
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
    return object == NULL ? pop() : push(object);
}

/* ---- using another thread's ------------------------------------------------------------------ */

/* A function at work on an entry, which stays for so long. */
struct use {
    struct entry *entry; /* NULL: there is none */
    bool is_delivery;    /* blocks its owner */
};

/* K-08, K-09: the innermost one; thread 0 is this one. */
static struct use use_top(DWORD id, bool cancels)
{
    struct use use = {NULL, false};
    struct thread *thread;

    if (!is_ready()) {
        return use;
    }
    lock_threads();
    thread = id == 0 ? &tl_thread : find_locked(id);
    if (thread != NULL && thread->top != NULL) {
        use.entry = thread->top;
        use.is_delivery = cancels && thread != &tl_thread;
        use.entry->refs++;
        use.entry->deliveries += use.is_delivery;
    }
    unlock_threads();
    return use;
}

static void end_use(void *arg)
{
    const struct use *use = arg;

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
    /* Also if the object's method ends its thread. */
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
    pthread_cleanup_push(end_use, &use);
    result = use.entry->cancel->lpVtbl->Cancel(use.entry->cancel, seconds);
    pthread_cleanup_pop(1);
    return result;
}

/* ---- K-11: may this thread's calls be cancelled? --------------------------------------------- */

HRESULT STDAPICALLTYPE CoEnableCallCancellation(LPVOID reserved)
{
    if (reserved != NULL) {
        return E_INVALIDARG;
    }
    if (tl_enabled == UINT32_MAX) {
        return E_OUTOFMEMORY;
    }
    tl_enabled++;
    return S_OK;
}

HRESULT STDAPICALLTYPE CoDisableCallCancellation(LPVOID reserved)
{
    if (reserved != NULL) {
        return E_INVALIDARG;
    }
    if (tl_enabled > 0) {
        tl_enabled--;
    }
    return tl_enabled == 0 ? S_OK : CO_E_CANCEL_DISABLED;
}

void guise__com_disable_cancellation(void)
{
    tl_enabled = 0;
}
