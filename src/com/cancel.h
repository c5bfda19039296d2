/* SPDX-License-Identifier: MIT */
/*
 * Cancellation, from the inside. ICancelMethodCalls of a call is a struct to embed in whatever
 * object stands for that call, so there are as many of them as such objects, and one meaning.
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

#include <guise/call.h>
#include <guise/com/objbase.h>

struct guise__com_cancel {
    ICancelMethodCalls iface; /* first */
    IUnknown *identity;       /* borrowed: the object this is part of; asked, and counted there */
    guise_call *call;         /* borrowed: that object keeps it alive */
};

/* Needs no undoing. */
void guise__com_cancel_init(struct guise__com_cancel *cancel, IUnknown *identity, guise_call *call);

/*
 * ICancelMethodCalls::Cancel (K-03): asks for the call to be cancelled, then waits so many seconds
 * for it to be announced; 0 never, RPC_C_CANCEL_INFINITE_TIMEOUT until it is.
 *
 * S_OK                 asked for; it has not been announced in that time.
 * RPC_E_CALL_CANCELED  somebody asked before; there is no second wait.
 * RPC_E_CALL_COMPLETE  it had completed before, or was announced in that time.
 */
HRESULT guise__com_cancel_call(guise_call *call, ULONG seconds);

/*
 * ICancelMethodCalls::TestCancel (K-06): never S_OK, and never taken back.
 *
 * RPC_E_CALL_CANCELED  asked for, also when the call has completed since.
 * RPC_S_CALLPENDING    not asked for.
 * RPC_E_CALL_COMPLETE  completed, and nobody had asked.
 */
HRESULT guise__com_test_cancel(const guise_call *call);

#endif
