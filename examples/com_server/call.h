/* SPDX-License-Identifier: MIT */
/* The call object: one asynchronous Read after the other. */
#ifndef COM_SERVER_CALL_H
#define COM_SERVER_CALL_H

#include "server.h"

/*
 * Keeps a reference to the reader. outer is the object that this one shall be a part of, or NULL;
 * then iid must be IID_IUnknown. On failure *out is NULL.
 */
HRESULT ReadCall_Create(IFileReader *reader, const struct folder *folder, struct worker *worker,
                        IUnknown *outer, REFIID iid, void **out);

#endif
