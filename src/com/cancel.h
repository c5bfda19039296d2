/* SPDX-License-Identifier: MIT */
/*
 * Cancellation of calls. Each object that stands for a call embeds a struct with that call's
 * ICancelMethodCalls; all of them do the same.
 *
 *   - The call's own object (serversecurity.c) embeds one: that is what CoTestCancel finds.
 *   - An object with an identity of its own embeds another one, calls guise__com_cancel_init with
 *     its controlling IUnknown (the outer object's if it is aggregated), and answers
 *     IID_ICancelMethodCalls in its QueryInterface with &cancel->iface, counted like the rest.
 *   - An object that stands for one call after another writes its own two methods, with
 *     guise__com_cancel_call and guise__com_test_cancel.
 */
#ifndef GUISE_SRC_COM_CANCEL_H
#define GUISE_SRC_COM_CANCEL_H

#include <stdbool.h>

#include <guise/call.h>
#include <guise/com/objbase.h>

struct guise__com_cancel {
    ICancelMethodCalls iface; /* first */
    IUnknown *identity; /* borrowed: the object that embeds this; queries and counts go there */
    guise_call *call;   /* borrowed: the embedding object keeps it alive */
};

static inline bool guise__com_cancel_is_valid(const struct guise__com_cancel *cancel)
{
    return cancel->iface.lpVtbl != NULL && cancel->identity != NULL && cancel->call != NULL;
}

/* There is nothing to undo at the end of the object. */
void guise__com_cancel_init(struct guise__com_cancel *cancel, IUnknown *identity, guise_call *call);

/*
 * Does what ICancelMethodCalls::Cancel does: asks for the call to be cancelled, then waits that many
 * seconds until it is announced; 0: not at all; RPC_C_CANCEL_INFINITE_TIMEOUT: without limit (K-03).
 *
 * S_OK                 asked for; the call was not announced in that time.
 * RPC_E_CALL_CANCELED  cancellation was asked for before; there is no second wait.
 * RPC_E_CALL_COMPLETE  the call had completed before, or was announced in that time.
 */
HRESULT guise__com_cancel_call(guise_call *call, ULONG seconds);

/*
 * Does what ICancelMethodCalls::TestCancel does. The answer is never S_OK, and once it is not
 * RPC_S_CALLPENDING it does not change (K-06).
 *
 * RPC_E_CALL_CANCELED  asked for, also when the call has completed since.
 * RPC_S_CALLPENDING    not asked for.
 * RPC_E_CALL_COMPLETE  completed, and cancellation was not asked for.
 */
HRESULT guise__com_test_cancel(const guise_call *call);

#endif
