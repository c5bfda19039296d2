/* SPDX-License-Identifier: MIT */
/*
 * Registering the completion function. A thread that has begun a registration may be stopped for any time,
 * so no other thread waits for it: the next thread registers beside it. The states are in call_state.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/check.h"
#include "call/call_state.h"
#include "call/note.h"

#define DECIDED (GUISE__CALL_COMPLETED | GUISE__CALL_HAS_FUNCTION)

/* Why one more function is refused in a state that is decided. */
static guise_result refusal_of(uint64_t state)
{
    GUISE__CHECK((state & DECIDED) != 0);
    return (state & GUISE__CALL_COMPLETED) != 0 ? GUISE_E_CALL_COMPLETE : GUISE_E_UNEXPECTED;
}

/* Registers in the call's own place, which this thread has claimed. */
static guise_result register_here(guise_call *call, guise_complete_fn *fn, void *arg)
{
    uint64_t seen;

    call->fn = fn;
    call->arg = arg;
    call->generation = guise__call_generation() & (UINT_MAX >> GUISE__SHARD_BITS);
    seen = guise__call_load(call);
    do {
        if ((seen & DECIDED) != 0) {
            return refusal_of(seen);
        }
    } while (!guise__call_step(call, &seen, seen | GUISE__CALL_HAS_FUNCTION));
    return GUISE_OK;
}

/* Stores mine beside the call's own place, and returns it or the one that another thread of this process
 * stored before. */
static struct guise__beside *put_beside(guise_call *call, struct guise__beside *mine)
{
    struct guise__beside *seen = atomic_load_explicit(&call->beside, memory_order_acquire);

    do {
        if (seen != NULL && seen->reply.generation == mine->reply.generation) {
            return seen;
        }
        GUISE__CHECK(seen != mine);
        mine->older = seen;
    } while (!atomic_compare_exchange_weak_explicit(&call->beside, &seen, mine,
                                                    memory_order_acq_rel, memory_order_acquire));
    return mine;
}

/* Makes the registration beside the call's function unless that is decided; returns the state after
 * that. */
static uint64_t decide_for_beside(guise_call *call)
{
    uint64_t seen = guise__call_load(call);

    while ((seen & DECIDED) == 0) {
        uint64_t next = (seen & ~GUISE__CALL_CLAIMED) | GUISE__CALL_HAS_FUNCTION;

        if (guise__call_step(call, &seen, next)) {
            return next;
        }
    }
    return seen;
}

/* Registers beside the call's own place, which is claimed by a registration that may be stopped, and
 * before whose end the call may complete. */
static GUISE_COLD guise_result register_beside(guise_call *call, guise_complete_fn *fn, void *arg)
{
    struct guise__beside *mine = guise__alloc(sizeof *mine);
    bool is_mine;
    uint64_t state;

    GUISE__CHECK(guise__call_is_valid(call));
    if (mine == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    mine->reply = (struct guise__reply){fn, arg, guise__call_generation()};
    is_mine = put_beside(call, mine) == mine;
    if (!is_mine) {
        guise__free(mine);
    }
    state = decide_for_beside(call);
    return is_mine && (state & (GUISE__CALL_CLAIMED | GUISE__CALL_HAS_FUNCTION)) ==
                          GUISE__CALL_HAS_FUNCTION
               ? GUISE_OK
               : refusal_of(state);
}

struct guise__note *guise__call_note(const guise_call *call)
{
    uint64_t state = guise__call_load(call);
    const struct guise__beside *beside;

    if ((state & GUISE__CALL_HAS_FUNCTION) == 0) {
        return NULL;
    }
    if ((state & GUISE__CALL_CLAIMED) != 0) {
        return call->fn == guise__note_deliver ? call->arg : NULL;
    }
    /* Relaxed, because the state's acquire came after the step that set it. */
    beside = atomic_load_explicit(&call->beside, memory_order_relaxed);
    return beside->reply.fn == guise__note_deliver ? beside->reply.arg : NULL;
}

guise_result guise__call_can_register(const guise_call *call)
{
    uint64_t seen = guise__call_load(call);

    return (seen & DECIDED) != 0 ? refusal_of(seen) : GUISE_OK;
}

guise_result guise_call_on_complete(guise_call *call, guise_complete_fn *fn, void *arg)
{
    uint64_t seen;

    if (call == NULL || fn == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = guise__call_load(call);
    do {
        if ((seen & DECIDED) != 0) {
            return refusal_of(seen);
        }
        if ((seen & GUISE__CALL_CLAIMED) != 0) {
            return register_beside(call, fn, arg);
        }
    } while (!guise__call_step(call, &seen, seen | GUISE__CALL_CLAIMED));
    return register_here(call, fn, arg);
}
