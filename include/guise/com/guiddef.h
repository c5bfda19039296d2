/* SPDX-License-Identifier: MIT */
/*
 * GUIDs. DEFINE_GUID declares one; where INITGUID is defined (initguid.h does that) it defines it,
 * and several source files may do so: the linker keeps one.
 */
#ifndef GUISE_COM_GUIDDEF_H
#define GUISE_COM_GUIDDEF_H

#include <string.h>

#include "windef.h"

typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    unsigned char Data4[8];
} GUID;

/* Interface compilers look at these, and else define types of their own. */
#define __IID_DEFINED__
#define CLSID_DEFINED
typedef GUID IID, CLSID, FMTID;
typedef GUID *LPGUID, *LPIID, *LPCLSID, *LPFMTID;
typedef const GUID *LPCGUID;

#ifdef __cplusplus
#define REFGUID const GUID &
#define REFIID const IID &
#define REFCLSID const CLSID &
#define REFFMTID const FMTID &
#else
#define REFGUID const GUID *
#define REFIID const IID *
#define REFCLSID const CLSID *
#define REFFMTID const FMTID *
#endif

#ifdef __cplusplus
inline bool IsEqualGUID(REFGUID one, REFGUID other)
{
    return memcmp(&one, &other, sizeof(GUID)) == 0;
}
inline bool operator==(REFGUID one, REFGUID other)
{
    return IsEqualGUID(one, other);
}
inline bool operator!=(REFGUID one, REFGUID other)
{
    return !IsEqualGUID(one, other);
}
#else
#define IsEqualGUID(one, other) (!memcmp((one), (other), sizeof(GUID)))
#endif
#define IsEqualIID(one, other) IsEqualGUID(one, other)
#define IsEqualCLSID(one, other) IsEqualGUID(one, other)

#if defined(__GNUC__)
#define DECLSPEC_SELECTANY __attribute__((weak))
#else
#define DECLSPEC_SELECTANY
#endif

#endif

/* Again at every inclusion: INITGUID may have come since. */
#undef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                               \
    EXTERN_C DECLSPEC_SELECTANY const GUID name;                                                   \
    const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_C const GUID name
#endif
#undef DEFINE_OLEGUID
#define DEFINE_OLEGUID(name, l, w1, w2)                                                            \
    DEFINE_GUID(name, l, w1, w2, 0xC0, 0, 0, 0, 0, 0, 0, 0x46)
