/* SPDX-License-Identifier: MIT */
/* The server's class: an object with IFileReader, and ICallFactory for the asynchronous calls. */
#ifndef COM_SERVER_SERVER_H
#define COM_SERVER_SERVER_H

#include "filereader.h"
#include "folder.h"
#include "worker.h"

/* Both are lent, for as long as the object and its call objects live. E_OUTOFMEMORY */
HRESULT FileReader_Create(const struct folder *folder, struct worker *worker, IFileReader **out);

#endif
