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

#define WINAPI
#define APIENTRY WINAPI
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

/* The type of the characters in u"...". */
#ifdef __cplusplus
typedef char16_t WCHAR;
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
