/* SPDX-License-Identifier: MIT */
/*
 * The basic types of COM code, with the widths they have everywhere: LONG, DWORD, HRESULT and BOOL
 * are 32 bits wide also where long is not, WCHAR is 16 bits wide also where wchar_t is not. So a
 * wide string is u"..." or OLESTR("..."), never L"...", and a DWORD is printed with PRIu32.
 */
#ifndef GUISE_COM_WINDEF_H
#define GUISE_COM_WINDEF_H

#include <stddef.h>
#include <stdint.h>

#include "../export.h"

/* ---- calling and linkage: the platform's own ------------------------------------------------- */

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

/*
 * One calling convention, the platform's, under all the names that Windows compilers have for
 * theirs. clang has some of the names as keywords that would choose another one.
 */
#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define __stdcall
#define _stdcall
#define __cdecl
#define _cdecl
#define __fastcall
#define _fastcall
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 __INT64_TYPE__ /* the one of int64_t, so that LONGLONG is the same */

/*
 * __declspec(name): only the names below, so that one that would change what a program does, and is
 * not here, does not compile. A type's uuid and its having no vtable mean nothing here; __uuidof is
 * told otherwise (guiddef.h).
 */
#define __declspec(name) GUISE__DECLSPEC_##name
#ifdef __clang__
#pragma clang diagnostic pop
#endif
#define GUISE__DECLSPEC_align(bytes) __attribute__((aligned(bytes)))
#define GUISE__DECLSPEC_dllexport GUISE_API
#define GUISE__DECLSPEC_dllimport
#define GUISE__DECLSPEC_noinline __attribute__((noinline))
#define GUISE__DECLSPEC_noreturn __attribute__((noreturn))
#define GUISE__DECLSPEC_nothrow __attribute__((nothrow))
#define GUISE__DECLSPEC_novtable
#define GUISE__DECLSPEC_selectany __attribute__((weak))
#define GUISE__DECLSPEC_uuid(text)
#if defined(__cplusplus) && __cplusplus >= 201103L
#define GUISE__DECLSPEC_thread thread_local
#elif defined(__cplusplus)
#define GUISE__DECLSPEC_thread __thread
#else
#define GUISE__DECLSPEC_thread _Thread_local
#endif

#define WINAPI
#define WINAPIV
#define APIENTRY WINAPI
#define APIPRIVATE
#define PASCAL
#define CALLBACK
#define STDMETHODCALLTYPE
#define STDMETHODVCALLTYPE
#define STDAPICALLTYPE
#define STDAPIVCALLTYPE

#define CONST const
#define FAR
#define NEAR
/* With static in front of it or without, as programs have both. */
#ifndef FORCEINLINE
#define FORCEINLINE inline __attribute__((always_inline))
#endif
#ifndef __forceinline
#define __forceinline FORCEINLINE
#endif

/* The casts of these headers' macros, as C++ compilers want them with -Wold-style-cast. */
#ifdef __cplusplus
#define GUISE__CAST(type, value) (static_cast<type>(value))
#define GUISE__POINTER(type, number) (reinterpret_cast<type>(static_cast<LONG_PTR>(number)))
#else
#define GUISE__CAST(type, value) ((type)(value))
#define GUISE__POINTER(type, number) ((type)(LONG_PTR)(number))
#endif

/* ---- types ----------------------------------------------------------------------------------- */

#define VOID void
typedef void *PVOID, *LPVOID;
typedef const void *LPCVOID;

typedef char CHAR, *PCHAR, *LPSTR, *PSTR;
typedef const char *LPCSTR, *PCSTR;
typedef unsigned char UCHAR, BYTE, BOOLEAN, *PUCHAR, *PBYTE, *LPBYTE, *PBOOLEAN;
typedef int16_t SHORT, *PSHORT;
typedef uint16_t USHORT, WORD, *PUSHORT, *PWORD, *LPWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT;
typedef int32_t LONG, BOOL, HRESULT, *PLONG, *LPLONG, *PBOOL, *LPBOOL;
typedef uint32_t ULONG, DWORD, *PULONG, *PDWORD, *LPDWORD;
typedef int32_t INT32, LONG32;
typedef uint32_t UINT32, ULONG32, DWORD32;
typedef int64_t INT64, LONG64, LONGLONG;
typedef uint64_t UINT64, ULONG64, DWORD64, ULONGLONG;
typedef intptr_t INT_PTR, LONG_PTR;
typedef uintptr_t UINT_PTR, ULONG_PTR, DWORD_PTR;
typedef size_t SIZE_T, *PSIZE_T;

/* The type of the characters in u"...", which C++ has from C++11 on. */
#if defined(__cplusplus) && __cplusplus >= 201103L
typedef char16_t WCHAR;
#elif defined(__cplusplus)
typedef uint16_t WCHAR;
#else
typedef uint_least16_t WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWSTR, *PWSTR;
typedef const WCHAR *LPCWSTR, *PCWSTR;

typedef void *HANDLE, **PHANDLE, **LPHANDLE;
typedef HANDLE HLOCAL;

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

#endif
