/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_WINBASE_H
#define GUISE_COM_WINBASE_H

#include <stdarg.h>

#include "errhandlingapi.h"
#include "handleapi.h"
#include "heapapi.h"
#include "minwinbase.h"
#include "processthreadsapi.h"
#include "securitybaseapi.h"
#include "synchapi.h"
#include "sysinfoapi.h"
#include "winerror.h"
#include "winnt.h"

/* A wait without end. */
#define INFINITE 0xFFFFFFFFu

#define LMEM_FIXED 0x0000u
#define LMEM_ZEROINIT 0x0040u
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define NONZEROLPTR LMEM_FIXED

/*
 * Memory of so many bytes, aligned for everything; zeroed with LMEM_ZEROINIT. 0 bytes are an
 * allocation like any other. The caller owns it: LocalFree. Its handle is its address, always.
 *
 * NULL, last error:
 * ERROR_NOT_SUPPORTED      a flag that is not above: memory that moves, for one.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size);

/* Frees what LocalAlloc returned, and the texts, SIDs and messages that other functions return for
 * it. Returns NULL, always. NULL is fine. Safety: any thread. */
EXTERN_C GUISE_API HLOCAL WINAPI LocalFree(HLOCAL memory);

/*
 * The name of a SID and the domain it belongs to, and what kind of SID it is.
 *
 * Well-known SIDs have their fixed names, in English: S-1-1-0 is Everyone, S-1-5-18 is SYSTEM in NT
 * AUTHORITY, S-1-5-32-544 is Administrators in BUILTIN. S-1-22-1-uid is a user of the system's, in the
 * domain "Unix User", S-1-22-2-gid a group, in "Unix Group": for these the name service is asked
 * (getpwuid_r), which may take as long as it likes. It is asked as self only: on a thread with a token
 * in its slot it is not asked at all, and the function fails at once. Look up before you impersonate,
 * or after you have reverted.
 *
 * The lengths are in characters: before, the room there is; after success, the text's without the
 * final 0. A NULL buffer has no room.
 *
 * FALSE, last error, the first that holds:
 * ERROR_INVALID_PARAMETER        sid, a length or use is NULL.
 * RPC_S_SERVER_UNAVAILABLE       system is neither NULL nor empty: another machine.
 * ERROR_INVALID_SID              sid is not valid.
 * ERROR_BAD_IMPERSONATION_LEVEL  the name service would have to be asked, and there is a token in the
 *                                calling thread's slot.
 * ERROR_NONE_MAPPED              the SID has no name.
 * RPC_S_SERVER_UNAVAILABLE       the name service failed.
 * ERROR_NOT_ENOUGH_MEMORY        no memory.
 * ERROR_INSUFFICIENT_BUFFER      one is too small: both lengths are what it takes, with the final 0.
 * Otherwise the lengths, and always the buffers and *use, are left alone on failure.
 *
 * Safety: any thread. Not a cancellation point.
 */
EXTERN_C GUISE_API BOOL WINAPI LookupAccountSidA(LPCSTR system, PSID sid, LPSTR name,
                                                 LPDWORD name_length, LPSTR domain,
                                                 LPDWORD domain_length, PSID_NAME_USE use);
EXTERN_C GUISE_API BOOL WINAPI LookupAccountSidW(LPCWSTR system, PSID sid, LPWSTR name,
                                                 LPDWORD name_length, LPWSTR domain,
                                                 LPDWORD domain_length, PSID_NAME_USE use);

/*
 * The other way round: the SID of "name" or "domain\name". Without a domain the fixed names come
 * first (with letters of either case), then users, then groups of the system; "Unix Group\users" is
 * the system's group, "users" is BUILTIN's. *sid_size is in bytes, before and after.
 *
 * FALSE, last error: as LookupAccountSid, but that no SID can be invalid, and that
 * ERROR_INSUFFICIENT_BUFFER writes *sid_size and *domain_length.
 *
 * Safety: any thread. Not a cancellation point.
 */
EXTERN_C GUISE_API BOOL WINAPI LookupAccountNameA(LPCSTR system, LPCSTR name, PSID sid,
                                                  LPDWORD sid_size, LPSTR domain,
                                                  LPDWORD domain_length, PSID_NAME_USE use);
EXTERN_C GUISE_API BOOL WINAPI LookupAccountNameW(LPCWSTR system, LPCWSTR name, PSID sid,
                                                  LPDWORD sid_size, LPWSTR domain,
                                                  LPDWORD domain_length, PSID_NAME_USE use);

/*
 * The user that the calling thread is. A client's name is the one that its token was made with, and is
 * never asked for; without a token in the slot it is the name of the process's effective uid. *length:
 * characters, the final 0 included, before and after.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER        length is NULL.
 * ERROR_CANT_OPEN_ANONYMOUS      what is in the slot is anonymous.
 * ERROR_BAD_IMPERSONATION_LEVEL  what is in the slot has no name.
 * ERROR_INSUFFICIENT_BUFFER      *length is too small, and becomes what is needed.
 * ERROR_NONE_MAPPED, RPC_S_SERVER_UNAVAILABLE, ERROR_NOT_ENOUGH_MEMORY  as LookupAccountSid;
 * ERROR_ACCESS_DENIED            as OpenProcessToken.
 *
 * Safety: any thread. Not a cancellation point.
 */
EXTERN_C GUISE_API BOOL WINAPI GetUserNameA(LPSTR name, LPDWORD length);
EXTERN_C GUISE_API BOOL WINAPI GetUserNameW(LPWSTR name, LPDWORD length);

#ifdef UNICODE
#define LookupAccountSid LookupAccountSidW
#define LookupAccountName LookupAccountNameW
#define GetUserName GetUserNameW
#else
#define LookupAccountSid LookupAccountSidA
#define LookupAccountName LookupAccountNameA
#define GetUserName GetUserNameA
#endif

/*
 * The number of a privilege (SE_*_NAME, in any case of its letters), and the name of a number: those
 * that Windows has, 2 to 36. No token holds any. system is NULL or empty: this machine.
 *
 * LookupPrivilegeName takes in *length the characters there is room for, and returns there how many
 * the name has, without the final 0.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER    a NULL; name may be if *length is too small.
 * RPC_S_SERVER_UNAVAILABLE   another machine.
 * ERROR_NO_SUCH_PRIVILEGE    no such name or number.
 * ERROR_INSUFFICIENT_BUFFER  *length is too small, and becomes what is needed with the final 0.
 * ERROR_NOT_ENOUGH_MEMORY    LookupPrivilegeValue: no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI LookupPrivilegeValueA(LPCSTR system, LPCSTR name, PLUID luid);
EXTERN_C GUISE_API BOOL WINAPI LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, PLUID luid);
EXTERN_C GUISE_API BOOL WINAPI LookupPrivilegeNameA(LPCSTR system, PLUID luid, LPSTR name,
                                                    LPDWORD length);
EXTERN_C GUISE_API BOOL WINAPI LookupPrivilegeNameW(LPCWSTR system, PLUID luid, LPWSTR name,
                                                    LPDWORD length);
#ifdef UNICODE
#define LookupPrivilegeValue LookupPrivilegeValueW
#define LookupPrivilegeName LookupPrivilegeNameW
#else
#define LookupPrivilegeValue LookupPrivilegeValueA
#define LookupPrivilegeName LookupPrivilegeNameA
#endif

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100u
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200u
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800u
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000u
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000u
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FFu

/*
 * What a code of winerror.h means, or the HRESULT that HRESULT_FROM_WIN32 makes of one: a line of
 * English with its end ("\r\n"), or with any of FORMAT_MESSAGE_MAX_WIDTH_MASK the same with a space in
 * place of that. FORMAT_MESSAGE_FROM_SYSTEM must be among the flags; with FORMAT_MESSAGE_FROM_HMODULE a
 * module's messages would come first, but here modules have none. The texts have no inserts, so
 * inserts are ignored, whether the flags mention them or not; so is source.
 *
 * With FORMAT_MESSAGE_ALLOCATE_BUFFER buffer is the address of a pointer, cast; that becomes memory of
 * the caller's own (LocalFree) for room characters at least, and NULL on failure. Otherwise buffer has
 * room characters, and is left alone on failure.
 *
 * The characters written, without the final 0; or 0, last error, the first that holds:
 * ERROR_INVALID_PARAMETER        buffer is NULL.
 * ERROR_NOT_SUPPORTED            other flags: a module's messages only, or the caller's.
 * ERROR_RESOURCE_LANG_NOT_FOUND  another language than 0, a neutral one or English.
 * ERROR_MR_MID_NOT_FOUND         no such code.
 * ERROR_INSUFFICIENT_BUFFER      room is too small.
 * ERROR_NOT_ENOUGH_MEMORY        no memory.
 *
 * Safety: any thread; also as the client, because nothing is opened.
 */
EXTERN_C GUISE_API DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD code,
                                               DWORD language, LPSTR buffer, DWORD room,
                                               va_list *inserts);
EXTERN_C GUISE_API DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD code,
                                               DWORD language, LPWSTR buffer, DWORD room,
                                               va_list *inserts);
#ifdef UNICODE
#define FormatMessage FormatMessageW
#else
#define FormatMessage FormatMessageA
#endif

/* What waits return, with WAIT_TIMEOUT (winerror.h). Nothing here is ever abandoned. */
#define WAIT_OBJECT_0 GUISE__CAST(DWORD, 0x00000000u)
#define WAIT_ABANDONED GUISE__CAST(DWORD, 0x00000080u)
#define WAIT_ABANDONED_0 GUISE__CAST(DWORD, 0x00000080u)
#define WAIT_FAILED GUISE__CAST(DWORD, 0xFFFFFFFFu)

#endif
