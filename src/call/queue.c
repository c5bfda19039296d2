/* SPDX-License-Identifier: MIT */
/*
 * Queues of completed calls. A call's completion function puts its note into the queue, so that the call is
 * there before it is announced, and a call has either a queue or a function of the program's.
 *
 * A completer pushes the note onto `inbox`, the newest first, in one step and without a lock, because a
 * completer may be a thread that impersonates. A taker moves the whole inbox to `outbox`, the oldest first,
 * and takes from there.
 *
 * The references of a queue decide how long it takes calls; a completer has one while it puts its note in,
 * so that a queue with none is closed, and empty. `holds` is how long its memory lives, because a note may
 * outlive the queue. The references together have one hold, each note has one.
 *
 * `ready` is a manual signal that is set while the queue may have something: each completer sets it, so
 * that a call is never in the queue unannounced once its completion has returned. A taker that finds the
 * queue empty resets it, and then looks once more, because a call may have come in between.
 *
 * Locking discipline: the queue's lock guards the outbox. No other lock is taken under it, no call is
 * completed or dropped, and the signal is set and reset without it. A forked child may take it over from a
 * thread of its parent (lock.h), which has left nothing half done, because a note comes into the inbox and
 * out of the outbox by one store; between inbox and outbox the child may lose notes. What the parent asked for never arrives in the child, because no
 * completion function of the parent's runs there.
 */
#define _POSIX_C_SOURCE 200809L
#include <guise/queue.h>

#include <pthread.h>

#include "base/check.h"
#include "base/lock.h"
#include "base/refcount.h"
#include "call/call_state.h"
#include "call/note.h"
#include "port/port.h"

struct guise_queue {
    atomic_uint refs;
    atomic_uint holds;
    guise_signal *ready;                 /* owned by the references */
    _Atomic(struct guise__note *) inbox; /* the newest first */
    struct guise__lock lock;
    _Atomic(struct guise__note *)
        outbox; /* (lock) the oldest first, all older than those in the inbox */
};

static void drop_hold(guise_queue *queue)
{
    if (guise__count_down(&queue->holds)) {
        guise__free(queue);
    }
}

guise_result guise_queue_create(guise_queue **out)
{
    guise_queue *queue;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    queue = guise__alloc(sizeof *queue);
    if (queue == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (guise_signal_create(GUISE_SIGNAL_MANUAL, &queue->ready) != GUISE_OK) {
        guise__free(queue);
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&queue->refs, 1);
    atomic_init(&queue->holds, 1);
    atomic_init(&queue->inbox, NULL);
    atomic_init(&queue->outbox, NULL);
    guise__lock_init(&queue->lock);
    *out = queue;
    return GUISE_OK;
}

guise_queue *guise_queue_ref(guise_queue *queue)
{
    if (queue != NULL) {
        (void)guise__count_up(&queue->refs);
    }
    return queue;
}

/* ---- taking ---- */

static struct guise__note *reversed(struct guise__note *note)
{
    struct guise__note *done = NULL;

    while (note != NULL) {
        struct guise__note *next = note->next;

        note->next = done;
        done = note;
        note = next;
    }
    return done;
}

/* Release: a child that is forked now finds the note and its successors as they are meant, whose `next` was
 * written before. In this process the lock has the order. */
static void set_outbox_locked(guise_queue *queue, struct guise__note *note)
{
    GUISE__CHECK(guise__lock_is_held(&queue->lock));
    atomic_store_explicit(&queue->outbox, note, memory_order_release);
}

/* The oldest note, which stays where it is; NULL if there is none. */
static struct guise__note *oldest_locked(guise_queue *queue)
{
    struct guise__note *note = atomic_load_explicit(&queue->outbox, memory_order_relaxed);

    if (note == NULL) {
        /* Acquire: pairs with the release of the completers. */
        note = reversed(atomic_exchange_explicit(&queue->inbox, NULL, memory_order_acquire));
        set_outbox_locked(queue, note);
    }
    return note;
}

/* Moves calls with their references to the caller; returns how many. */
static size_t take_locked(guise_queue *queue, guise_call **calls, size_t max)
{
    size_t count = 0;
    struct guise__note *note;

    for (; count < max && (note = oldest_locked(queue)) != NULL; count++) {
        calls[count] = note->call;
        set_outbox_locked(queue, note->next);
    }
    return count;
}

static bool is_empty(guise_queue *queue)
{
    bool empty;

    (void)guise__lock_take(&queue->lock);
    empty = oldest_locked(queue) == NULL;
    guise__lock_release(&queue->lock);
    return empty;
}

static size_t take_now(guise_queue *queue, guise_call **calls, size_t max)
{
    size_t count;
    bool empty;

    (void)guise__lock_take(&queue->lock);
    count = take_locked(queue, calls, max);
    empty = oldest_locked(queue) == NULL;
    guise__lock_release(&queue->lock);
    if (empty) {
        guise_signal_reset(queue->ready);
        if (!is_empty(queue)) {
            guise_signal_set(queue->ready);
        }
    }
    return count;
}

guise_result guise_queue_take_calls(guise_queue *queue, uint32_t timeout_ms, guise_call **calls,
                                    size_t max, size_t *count)
{
    struct timespec storage;
    const struct timespec *deadline;

    if (count == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *count = 0;
    if (queue == NULL || calls == NULL || max == 0) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    deadline = guise__deadline(timeout_ms, &storage);
    while ((*count = take_now(queue, calls, max)) == 0) {
        if (guise_signal_wait(queue->ready, guise__deadline_left(deadline)) != GUISE_OK) {
            return GUISE_E_TIMEOUT;
        }
    }
    return GUISE_OK;
}

guise_result guise_queue_fd(guise_queue *queue, int *out)
{
    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = -1;
    return queue == NULL ? GUISE_E_INVALID_ARGUMENT : guise_signal_fd(queue->ready, out);
}

/* ---- the end ---- */

/* Each call is dropped without the lock, because its destructors are the program's; the next step follows in
 * whichever way they end. */
static void end_queue(void *arg)
{
    guise_queue *queue = arg;
    guise_call *call;

    while (take_now(queue, &call, 1) == 1) {
        pthread_cleanup_push(end_queue, queue);
        guise_call_unref(call);
        pthread_cleanup_pop(0);
    }
    guise_signal_unref(queue->ready);
    drop_hold(queue);
}

void guise_queue_unref(guise_queue *queue)
{
    if (queue != NULL && guise__count_down(&queue->refs)) {
        end_queue(queue);
    }
}

/* ---- notes ---- */

void guise__note_free(struct guise__note *note)
{
    drop_hold(note->queue);
    guise__free(note);
}

static void push(guise_queue *queue, struct guise__note *note)
{
    struct guise__note *newest = atomic_load_explicit(&queue->inbox, memory_order_relaxed);

    do {
        note->next = newest;
        /* Release: a taker sees the note. Relaxed on failure, because only the address is used, and a taker
         * takes all notes at once, so that no note comes back while this thread looks. */
    } while (!atomic_compare_exchange_weak_explicit(&queue->inbox, &newest, note,
                                                    memory_order_release, memory_order_relaxed));
}

void guise__note_deliver(guise_call *call, guise_result result, void *arg)
{
    struct guise__note *note = arg;
    guise_queue *queue = note->queue;

    (void)result;
    GUISE__CHECK(note->call == call);
    if (!guise__count_up_unless_gone(&queue->refs)) {
        return; /* the queue is closed */
    }
    (void)guise_call_ref(call); /* the taker's, and taken perhaps before push returns */
    push(queue, note);
    guise_signal_set(queue->ready); /* by each completer: another one may not have done it yet */
    guise_queue_unref(queue);
}

guise_result guise_call_notify(guise_call *call, guise_queue *queue, void *tag)
{
    struct guise__note *note;
    guise_result result;

    if (call == NULL || queue == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = guise__call_can_register(call);
    if (result != GUISE_OK) {
        return result;
    }
    note = guise__alloc(sizeof *note);
    if (note == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    (void)guise__count_up(&queue->holds);
    *note = (struct guise__note){.queue = queue, .call = call, .tag = tag};
    result = guise_call_on_complete(call, guise__note_deliver, note);
    if (result != GUISE_OK) {
        guise__note_free(note);
    }
    return result;
}

void *guise_call_tag(const guise_call *call)
{
    const struct guise__note *note = call == NULL ? NULL : guise__call_note(call);

    return note == NULL ? NULL : note->tag;
}
