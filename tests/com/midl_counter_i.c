/* SPDX-License-Identifier: MIT */
/* The identifiers, as interface compilers write them for guiddef.h. */
#define _MIDL_USE_GUIDDEF_

#include <rpc.h>
#include <rpcndr.h>

#ifdef _MIDL_USE_GUIDDEF_
#ifndef INITGUID
#define INITGUID
#include <guiddef.h>
#undef INITGUID
#else
#include <guiddef.h>
#endif
#define MIDL_DEFINE_GUID(type, name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                    \
    DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)
#endif

#if !defined(__IID_DEFINED__) || !defined(CLSID_DEFINED)
#error here an interface compiler would define types of its own
#endif

MIDL_DEFINE_GUID(IID, IID_ICounter, 0x6F2F5A11, 0x0F6D, 0x4E0B, 0x9D, 0x3B, 0x00, 0x00, 0x00, 0x00,
                 0x00, 0x01);

#undef MIDL_DEFINE_GUID
