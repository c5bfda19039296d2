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

/*
 * __uuidof(type), or an object or pointer of it: the identifier that belongs to a type. A type has
 * one from
 *
 *   these headers             for the interfaces in them;
 *   __CRT_UUID_DECL           which headers that widl made use;
 *   DEFINE_GUID(IID_type...)  from C++11 on, for a type in no namespace;
 *   GUISE_UUIDOF(type, guid)  for all others, as the headers of Microsoft's compiler name a type's
 *                             identifier, but in no way that another compiler could follow.
 *
 * A type without one does not compile, and does not inherit its base's.
 */
#ifdef __cplusplus
extern "C++" {

template <typename T> struct guise__type {};

/* There is a guise__uuid for each type, which is found where the type is (or here). */
template <typename T> inline const GUID &guise__uuidof(T *)
{
    return guise__uuid(guise__type<T>());
}
template <typename T> inline const GUID &guise__uuidof(const T *)
{
    return guise__uuid(guise__type<T>());
}
template <typename T> inline const GUID &guise__uuidof(T **)
{
    return guise__uuid(guise__type<T>());
}

#if __cplusplus >= 201103L
/* A type's name is only known to the compiler as a part of a function's. It and the name that
 * DEFINE_GUID was given become one number (FNV-1a), by which the identifier is found. */
constexpr uint64_t guise__hash(const char *name, uint64_t seed = 0xCBF29CE484222325u)
{
    return *name == 0 || *name == ';' || *name == ']'
               ? seed
               : guise__hash(name + 1, (seed ^ static_cast<unsigned char>(*name)) *
                                           0x100000001B3u);
}
constexpr const char *guise__name_in(const char *function)
{
    return *function == 0 || (function[0] == 'T' && function[1] == ' ' && function[2] == '=')
               ? function + (*function == 0 ? 0 : 4)
               : guise__name_in(function + 1);
}
template <typename T> constexpr uint64_t guise__type_hash()
{
    return guise__hash(guise__name_in(__PRETTY_FUNCTION__));
}
constexpr uint64_t guise__guid_hash(const char *name)
{
    return name[0] == 'I' && name[1] == 'I' && name[2] == 'D' && name[3] == '_'
               ? guise__hash(name + 4)
               : 0;
}

template <uint64_t Hash> struct guise__name {};
template <const GUID &Guid> struct guise__named_guid {
    static const GUID &get()
    {
        return Guid;
    }
};
template <typename T> inline const GUID &guise__uuid(guise__type<T>)
{
    return decltype(guise__named(guise__name<guise__type_hash<T>()>()))::get();
}
#define GUISE__NAME_GUID(name)                                                                     \
    ;                                                                                              \
    extern "C++" guise__named_guid<name> guise__named(guise__name<guise__guid_hash(#name)>)
#define GUISE__NO_POINTER nullptr
#else
#define GUISE__NO_POINTER 0
#endif
}

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define __uuidof(type) guise__uuidof(static_cast<__typeof__(type) *>(GUISE__NO_POINTER))
#ifdef __clang__
#pragma clang diagnostic pop
#endif
#define GUISE_UUIDOF(type, guid)                                                                   \
    extern "C++" inline const GUID &guise__uuid(guise__type<type>)                                 \
    {                                                                                              \
        return guid;                                                                               \
    }
#define __CRT_UUID_DECL(type, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                           \
    extern "C++" inline const GUID &guise__uuid(guise__type<type>)                                 \
    {                                                                                              \
        static const GUID guid = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}};                    \
        return guid;                                                                               \
    }
#endif
#ifndef GUISE__NAME_GUID
#define GUISE__NAME_GUID(name)
#endif

#endif

/* Again at every inclusion: INITGUID may have come since. */
#undef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                               \
    EXTERN_C DECLSPEC_SELECTANY const GUID name;                                                   \
    const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}} GUISE__NAME_GUID(name)
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                               \
    EXTERN_C const GUID name GUISE__NAME_GUID(name)
#endif
#undef DEFINE_OLEGUID
#define DEFINE_OLEGUID(name, l, w1, w2)                                                            \
    DEFINE_GUID(name, l, w1, w2, 0xC0, 0, 0, 0, 0, 0, 0, 0x46)
