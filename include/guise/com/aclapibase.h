/* SPDX-License-Identifier: MIT */
/* Lists made of the access that each trustee is to have. */
#ifndef GUISE_COM_ACLAPIBASE_H
#define GUISE_COM_ACLAPIBASE_H

#include "accctrlbase.h"
#include "windef.h"
#include "winerror.h"
#include "winnt.h"

/*
 * A new list: the old one (NULL: an empty one) as changed by count entries in their order. What
 * each does with what the list has of the same SID:
 *
 *   GRANT_ACCESS       allows these rights, together with those of an entry that allows under the
 *                      same inheritance, which goes
 *   DENY_ACCESS        denies them, together with those of an entry that denies, likewise
 *   SET_ACCESS         allows these rights; all other entries that allow or deny go
 *   REVOKE_ACCESS      all entries that allow or audit go, and nothing comes
 *   SET_AUDIT_SUCCESS, SET_AUDIT_FAILURE   an entry that audits
 *
 * The old entries keep their order. New denials stand before them, new entries of other kinds
 * behind the last that is not inherited: what such an entry denies no new one allows. A trustee is
 * a SID, or one of the names that need no name service: CURRENT_USER, the user that the calling thread
 * is now, and Everyone. No entries and no old list: *made is NULL. The caller owns *made: LocalFree.
 *
 * Returns ERROR_SUCCESS, or, and *made is NULL:
 * ERROR_INVALID_PARAMETER        made is NULL, or list is and count is not 0; a mode, an inheritance
 *                                or a form of a trustee that there is not; a trustee of several;
 *                                a trustee's SID is NULL or not valid.
 * ERROR_NONE_MAPPED              another name, or the thread is anonymous.
 * ERROR_INVALID_ACL              the old list is not valid.
 * ERROR_ALLOTTED_SPACE_EXCEEDED  the list would be longer than 65535 bytes.
 * ERROR_NOT_ENOUGH_MEMORY        no memory.
 * ERROR_ACCESS_DENIED            CURRENT_USER: as OpenProcessToken.
 * The last error is left alone.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API DWORD WINAPI SetEntriesInAclA(ULONG count, PEXPLICIT_ACCESS_A list, PACL old,
                                                 PACL *made);
EXTERN_C GUISE_API DWORD WINAPI SetEntriesInAclW(ULONG count, PEXPLICIT_ACCESS_W list, PACL old,
                                                 PACL *made);

/* Make a trustee of a SID or a name, which it keeps by address, and an entry of a name. What is
 * NULL is left alone. Safety: any thread. */
EXTERN_C GUISE_API VOID WINAPI BuildTrusteeWithSidA(PTRUSTEE_A trustee, PSID sid);
EXTERN_C GUISE_API VOID WINAPI BuildTrusteeWithSidW(PTRUSTEE_W trustee, PSID sid);
EXTERN_C GUISE_API VOID WINAPI BuildTrusteeWithNameA(PTRUSTEE_A trustee, LPSTR name);
EXTERN_C GUISE_API VOID WINAPI BuildTrusteeWithNameW(PTRUSTEE_W trustee, LPWSTR name);
EXTERN_C GUISE_API VOID WINAPI BuildExplicitAccessWithNameA(PEXPLICIT_ACCESS_A access, LPSTR name,
                                                            DWORD rights, ACCESS_MODE mode,
                                                            DWORD inheritance);
EXTERN_C GUISE_API VOID WINAPI BuildExplicitAccessWithNameW(PEXPLICIT_ACCESS_W access, LPWSTR name,
                                                            DWORD rights, ACCESS_MODE mode,
                                                            DWORD inheritance);

#ifdef UNICODE
#define SetEntriesInAcl SetEntriesInAclW
#define BuildTrusteeWithSid BuildTrusteeWithSidW
#define BuildTrusteeWithName BuildTrusteeWithNameW
#define BuildExplicitAccessWithName BuildExplicitAccessWithNameW
#else
#define SetEntriesInAcl SetEntriesInAclA
#define BuildTrusteeWithSid BuildTrusteeWithSidA
#define BuildTrusteeWithName BuildTrusteeWithNameA
#define BuildExplicitAccessWithName BuildExplicitAccessWithNameA
#endif

#endif
