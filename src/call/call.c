/* SPDX-License-Identifier: MIT */
/*
 * A call: its memory, and what can be asked of it. What the state word means is in call_state.h; its
 * completion, and the drop of a reference, which may complete it, in complete.c; the frames that serve
 * it in frame.c.
 */
#define _POSIX_C_SOURCE 200809L
#include "call/call.h"

#include <string.h>

#include "base/check.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "call/call_state.h"
#include "call/note.h"
#include "thread/attach.h"

/* ---- a call's memory ---- */

/* The block of the call that this thread freed last, or a new one; all zero. */
static guise_call *take_block(struct guise__thread *thread)
{
    void *block = thread->spare;

    GUISE__CHECK(block == NULL || (GUISE__KEEPS_MEMORY && thread->attached));
    if (block == NULL) {
        return guise__alloc(sizeof(guise_call));
    }
    thread->spare = NULL;
    return memset(block, 0, sizeof(guise_call));
}

/* Keeps the block for the thread's next call if its end is reported to the library, so that the block is
 * freed then (docs/adr/0013). */
static void give_block(struct guise__thread *thread, guise_call *call)
{
    if (GUISE__KEEPS_MEMORY && thread->attached && thread->spare == NULL) {
        thread->spare = call;
    } else {
        guise__free(call);
    }
}

static GUISE_COLD void free_beside(struct guise__beside *beside)
{
    while (beside != NULL) {
        struct guise__beside *older = beside->older;

        guise__free(beside);
        beside = older;
    }
}

/* The note of a registration that was refused is not the call's, and was freed then. */
static GUISE_COLD void free_note(const guise_call *call)
{
    struct guise__note *note = guise__call_note(call);

    if (note != NULL) {
        guise__note_free(note);
    }
}

/* Relaxed, here and below, because the last reference sees everything by the order of the count. */
void guise__call_free(struct guise__thread *thread, guise_call *call)
{
    guise_signal *completion = atomic_load_explicit(&call->completion, memory_order_relaxed);
    guise_context *client = call->client;
    unsigned shard = call->shard;
    struct guise__beside *beside = atomic_load_explicit(&call->beside, memory_order_relaxed);

    GUISE__CHECK(guise__call_is_valid(call));
    if (call->fn == guise__note_deliver || beside != NULL) {
        free_note(call);
    }
    if (completion != NULL) {
        guise_signal_unref(completion);
    }
    if (beside != NULL) {
        free_beside(beside);
    }
    give_block(thread, call);
    guise__context_release(client,
                           shard); /* last, because the context's destructor may run in here */
}

/* ---- life ---- */

guise_result guise_call_create(guise_context *client, guise_call **out)
{
    struct guise__thread *thread = guise__thread_here();
    guise_result result;
    guise_call *call;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (client == NULL) {
        return GUISE_E_INVALID_ARGUMENT; /* there is no call without a context (S-03) */
    }
    if (client->valid_until != 0 && guise_context_has_ended(client)) {
        return GUISE_E_ACCESS_DENIED; /* no new call; those that were made go on (I-18) */
    }
    result = guise__thread_prepared(thread);
    if (result != GUISE_OK) {
        return result;
    }
    call = take_block(thread);
    if (call == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&call->state,
                2 * GUISE__CALL_REFERENCE); /* the caller's and the one of being open */
    call->shard = guise__context_acquire(client, thread) & ((1u << GUISE__SHARD_BITS) - 1);
    call->client = client;
    GUISE__CHECK(guise__call_is_valid(call));
    *out = call;
    return GUISE_OK;
}

guise_call *guise_call_ref(guise_call *call)
{
    if (call != NULL) {
        uint64_t before =
            atomic_fetch_add_explicit(&call->state, GUISE__CALL_REFERENCE, memory_order_relaxed);

        GUISE__CHECK(guise__call_state_is_valid(before));
        guise__count_require_room(guise__call_references(before), GUISE__CALL_REFERENCES_MAX);
    }
    return call;
}

/* ---- asking ---- */

guise_result guise_call_result(const guise_call *call, guise_result *out)
{
    uint64_t seen;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = GUISE_OK;
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = guise__call_load(call);
    if ((seen & (GUISE__CALL_COMPLETED | GUISE__CALL_FINISHING)) != GUISE__CALL_COMPLETED) {
        return GUISE_E_CALL_PENDING;
    }
    *out = guise__call_result_of(seen);
    return GUISE_OK;
}

_Atomic(struct guise__call_extension *) *guise__call_extension(guise_call *call)
{
    /* Acquire: pairs with the release of another thread of the same library. */
    const struct guise__call_extension *extension =
        atomic_load_explicit(&call->extension, memory_order_acquire);

    return extension != NULL && extension->inner != NULL ? extension->inner : &call->extension;
}

/* Relaxed, because no other thread sees the call yet. WAITERS, so that completing takes no short cut past the
 * extension. */
void guise__call_attach(guise_call *call, struct guise__call_extension *extension)
{
    GUISE__CHECK(extension->inner != NULL && extension->announced != NULL);
    GUISE__CHECK(atomic_load_explicit(&call->extension, memory_order_relaxed) == NULL);
    atomic_store_explicit(&call->extension, extension, memory_order_relaxed);
    (void)atomic_fetch_or_explicit(&call->state, GUISE__CALL_WAITERS, memory_order_relaxed);
}

const guise_context *guise__call_client(const guise_call *call)
{
    return call->client;
}

bool guise__call_is_completed(const guise_call *call)
{
    return guise__call_is_completed_acquire(call);
}

guise_result guise_call_query_blanket(const guise_call *call, guise_blanket *out)
{
    size_t size;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!guise__struct_size_out(out, sizeof *out) || call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (guise__call_is_completed_acquire(call)) {
        return GUISE_E_CALL_COMPLETE; /* a completed call has no blanket */
    }
    size = out->size;
    *out = call->client->blanket; /* stripped where nothing is vouched for */
    out->size = size;
    return GUISE_OK;
}

/* ---- cancellation, which is only a request ---- */

guise_result guise_call_cancel(guise_call *call)
{
    uint64_t seen;

    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = guise__call_load(call);
    do {
        if ((seen & GUISE__CALL_COMPLETED) != 0) {
            return GUISE_E_CALL_COMPLETE;
        }
        if ((seen & GUISE__CALL_CANCELED) != 0) {
            return GUISE_E_CALL_CANCELED;
        }
    } while (!guise__call_step(call, &seen, seen | GUISE__CALL_CANCELED));
    return GUISE_OK; /* impersonation does not depend on it */
}

bool guise_call_is_canceled(const guise_call *call)
{
    return call != NULL && (guise__call_load(call) & GUISE__CALL_CANCELED) != 0;
}

/* A call is dispatched once. */
guise_result guise__call_claim_dispatch(guise_call *call)
{
    uint64_t seen = guise__call_load(call);
    uint64_t next;

    GUISE__CHECK(guise__call_is_valid(call));
    do {
        if ((seen & GUISE__CALL_COMPLETED) != 0) {
            return GUISE_E_CALL_COMPLETE;
        }
        if ((seen & GUISE__CALL_DISPATCHED) != 0) {
            return GUISE_E_CALL_PENDING;
        }
        next = (seen | GUISE__CALL_DISPATCHED) + GUISE__CALL_REFERENCE;
    } while (!guise__call_step(call, &seen, next));
    return GUISE_OK;
}
