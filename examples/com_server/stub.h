/* SPDX-License-Identifier: MIT */
/*
 * How an IFileReader::Read that has arrived is carried out: what an interface compiler writes into
 * a stub, as far as GuiseDispatchCall needs it.
 */
#ifndef COM_SERVER_STUB_H
#define COM_SERVER_STUB_H

#include "filereader.h"

#include <guisecom.h>

/* Lives until the call has completed. */
struct read_args {
    LPCWSTR name;
    ULONGLONG offset;
    ULONG size;
    ULONG got; /* from here on what comes out */
    BYTE *bytes;
};

extern const GUISE_METHOD read_method;

#endif
