/* SPDX-License-Identifier: MIT */
/* Waiting for a call's announcement: on its latch, or through the call's signal. */
#define _POSIX_C_SOURCE 200809L
#include "base/check.h"
#include "base/latch.h"
#include "call/call_state.h"
#include "sync/signal.h"
#include "thread/scope.h"

/* The call's signal, made if there is none yet; NULL without memory. It is a manual signal that shows the
 * state which the call keeps itself (Y-10). */
static guise_signal *demand_signal(guise_call *call)
{
    /* Acquire: pairs with the release below, of another thread. */
    guise_signal *signal = atomic_load_explicit(&call->completion, memory_order_acquire);
    guise_signal *mine;

    if (signal != NULL || guise_signal_create(GUISE_SIGNAL_MANUAL, &mine) != GUISE_OK) {
        return signal;
    }
    if (atomic_compare_exchange_strong_explicit(&call->completion, &signal, mine,
                                                memory_order_acq_rel, memory_order_acquire)) {
        return mine;
    }
    guise_signal_unref(mine); /* another thread was faster */
    GUISE__CHECK(signal != NULL);
    return signal;
}

guise_result guise_call_completion(guise_call *call, guise_signal **out)
{
    guise_signal *signal;
    uint64_t before;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    signal = demand_signal(call);
    if (signal == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    before = atomic_fetch_or_explicit(&call->state, GUISE__CALL_HAS_SIGNAL, memory_order_acq_rel);
    if ((before & GUISE__CALL_ANNOUNCED) != 0) {
        guise__signal_set(signal);
    }
    *out = signal;
    return GUISE_OK;
}

guise_result guise_call_wait(guise_call *call, uint32_t timeout_ms)
{
    const struct timespec *deadline;
    struct timespec storage;
    uint64_t before;

    if (call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    GUISE__CHECK(guise__call_is_valid(call));
    if ((guise__call_load(call) & GUISE__CALL_ANNOUNCED) != 0) {
        return GUISE_OK; /* with any result, also that of a canceled call (Y-04) */
    }
    /* Because the completion function would wait for itself. */
    if (timeout_ms == 0 || guise__is_completing(call)) {
        return GUISE_E_CALL_PENDING;
    }
    deadline = guise__deadline(timeout_ms, &storage);
    before = atomic_fetch_or_explicit(&call->state, GUISE__CALL_WAITERS, memory_order_acq_rel);
    if ((before & GUISE__CALL_ANNOUNCED) != 0 || guise__latch_wait(&call->latch, deadline)) {
        return GUISE_OK;
    }
    return GUISE_E_CALL_PENDING; /* the call is not announced in time */
}
