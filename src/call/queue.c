/* SPDX-License-Identifier: MIT */
/*
 * Queues of completed calls. A call's completion function puts its note into the queue, so that the call is
 * there before it is announced, and a call has either a queue or a function of the program's.
 *
 * The references of a queue decide how long it takes calls; `holds` how long its memory lives, because a
 * note may outlive the queue. The references together have one hold, each note has one.
 *
 * `ready` is a manual signal that is set while the list may have something. A taker that empties the list
 * resets it, and then looks once more, because a call may have come in between.
 *
 * Locking discipline: the queue's lock guards the list and is_closed. No other lock is taken under it, no
 * call is completed or dropped, and the signal is set and reset without it. A forked child may take it over
 * from its parent (lock.h); what the parent asked for never arrives in the child, because no completion
 * function of the parent's runs there.
 */
#define _POSIX_C_SOURCE 200809L
#include <guise/queue.h>

#include "base/check.h"
#include "base/lock.h"
#include "base/refcount.h"
#include "call/call_state.h"
#include "call/note.h"
#include "port/port.h"

struct guise_queue {
    atomic_uint refs;
    atomic_uint holds;
    guise_signal *ready; /* owned by the references */
    struct guise__lock lock;
    struct guise__note *first, *last; /* (lock) in the order of completion */
    bool is_closed;                   /* (lock) the last reference has gone */
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

/* ---- notes ---- */

void guise__note_free(struct guise__note *note)
{
    GUISE__CHECK(note->call == NULL);
    drop_hold(note->queue);
    guise__free(note);
}

/* False: the queue is closed. *was_empty: whether the list was. */
static bool append_locked(guise_queue *queue, struct guise__note *note, bool *was_empty)
{
    GUISE__CHECK(guise__lock_is_held(&queue->lock));
    *was_empty = queue->first == NULL;
    if (queue->is_closed) {
        return false;
    }
    note->next = NULL;
    if (*was_empty) {
        queue->first = note;
    } else {
        queue->last->next = note;
    }
    queue->last = note;
    return true;
}

/* The signal outlives the setting, because the completer's taker may drop the queue's last reference at
 * once: the note's hold keeps the queue, and this reference its signal. */
static void announce(guise_signal *ready)
{
    guise_signal_set(ready);
    guise_signal_unref(ready);
}

void guise__note_deliver(guise_call *call, guise_result result, void *arg)
{
    struct guise__note *note = arg;
    guise_queue *queue = note->queue;
    guise_signal *ready = NULL;
    bool was_empty, is_taken;

    (void)result;
    GUISE__CHECK(note->call == NULL);
    (void)guise__lock_take(&queue->lock);
    is_taken = append_locked(queue, note, &was_empty);
    if (is_taken) {
        note->call = guise_call_ref(call);
        ready = was_empty ? guise_signal_ref(queue->ready) : NULL;
    }
    guise__lock_release(&queue->lock);
    if (ready != NULL) {
        announce(ready);
    }
}

guise_result guise_call_notify(guise_call *call, guise_queue *queue, void *tag)
{
    struct guise__note *note;
    guise_result result;

    if (call == NULL || queue == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    note = guise__alloc(sizeof *note);
    if (note == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    (void)guise__count_up(&queue->holds);
    note->queue = queue;
    note->tag = tag;
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

/* ---- taking ---- */

/* Moves calls with their references to the caller; returns how many. */
static size_t take_locked(guise_queue *queue, guise_call **calls, size_t max)
{
    size_t count = 0;

    GUISE__CHECK(guise__lock_is_held(&queue->lock));
    for (; count < max && queue->first != NULL; count++) {
        struct guise__note *note = queue->first;

        queue->first = note->next;
        calls[count] = note->call;
        note->call = NULL;
    }
    return count;
}

static bool is_empty(guise_queue *queue)
{
    bool empty;

    (void)guise__lock_take(&queue->lock);
    empty = queue->first == NULL;
    guise__lock_release(&queue->lock);
    return empty;
}

static size_t take_now(guise_queue *queue, guise_call **calls, size_t max)
{
    size_t count;
    bool empty;

    (void)guise__lock_take(&queue->lock);
    count = take_locked(queue, calls, max);
    empty = queue->first == NULL;
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

/* Each call is dropped without the lock, because its destructors are the program's. */
static void drop_calls(guise_queue *queue)
{
    guise_call *call;

    while (take_now(queue, &call, 1) == 1) {
        guise_call_unref(call);
    }
}

void guise_queue_unref(guise_queue *queue)
{
    if (queue == NULL || !guise__count_down(&queue->refs)) {
        return;
    }
    (void)guise__lock_take(&queue->lock);
    queue->is_closed = true;
    guise__lock_release(&queue->lock);
    drop_calls(queue);
    guise_signal_unref(queue->ready);
    drop_hold(queue);
}
