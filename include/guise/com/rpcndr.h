/* SPDX-License-Identifier: MIT */
/* What the headers that interface compilers write refer to. */
#ifndef GUISE_COM_RPCNDR_H
#define GUISE_COM_RPCNDR_H

#include "guiddef.h"
#include "rpcsal.h"
#include "windef.h"

#define __RPCNDR_H_VERSION__ 500

#ifndef interface
#define interface struct
#endif
#define MIDL_INTERFACE(uuid) struct
#define DECLSPEC_UUID(uuid)
#define BEGIN_INTERFACE
#define END_INTERFACE

/* As in the SDK: vtables are writable unless CONST_VTABLE is defined. */
#ifdef CONST_VTABLE
#define CONST_VTBL const
#else
#define CONST_VTBL
#endif

#define __RPC_FAR
#define __RPC_USER
#define __RPC_STUB
#define __RPC_API

/* Types of the interface definition language. */
typedef unsigned char boolean;
typedef unsigned char byte;
#define hyper int64_t
#define MIDL_uhyper uint64_t

#endif
