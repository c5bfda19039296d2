/* SPDX-License-Identifier: MIT */
/*
 * Who may do what: security identifiers, lists of who is allowed and denied what, and the
 * descriptors that hold them. All of these are memory of the program's, wherever it lies; functions
 * are for any thread, but nobody may change what another one reads.
 *
 * What says FALSE, or NULL, writes the thread's last error, but for IsValidSid, IsValidAcl and
 * IsValidSecurityDescriptor: they leave it alone.
 */
#ifndef GUISE_COM_SECURITYBASEAPI_H
#define GUISE_COM_SECURITYBASEAPI_H

#include "errhandlingapi.h"
#include "minwinbase.h"
#include "windef.h"
#include "winerror.h"
#include "winnt.h"

/* ---- SIDs ------------------------------------------------------------------------------------ */

/*
 * A new SID with up to 8 sub-authorities, which count says; those behind them are not looked at.
 * The caller owns *sid: FreeSid. *sid is NULL on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  authority or sid is NULL.
 * ERROR_INVALID_SID        count is above 8.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority,
                                                        BYTE count, DWORD part0, DWORD part1,
                                                        DWORD part2, DWORD part3, DWORD part4,
                                                        DWORD part5, DWORD part6, DWORD part7,
                                                        PSID *sid);

/* Frees what AllocateAndInitializeSid made. Returns NULL. NULL is fine. Safety: any thread. */
EXTERN_C GUISE_API PVOID WINAPI FreeSid(PSID sid);

/* Is it not NULL, of the revision there is, with at most 15 sub-authorities? Says nothing about the
 * memory behind its first 8 bytes, which only the caller knows. Safety: any thread. */
EXTERN_C GUISE_API BOOL WINAPI IsValidSid(PSID sid);

/*
 * Are they the same? Both are looked at whole, so none is another's beginning. Last error for two
 * valid ones that differ, and for two that do not: ERROR_SUCCESS.
 *
 * FALSE, last error:
 * ERROR_INVALID_SID  one is not valid.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI EqualSid(PSID left, PSID right);

/* The bytes a SID takes, and one with so many sub-authorities would take. GetLengthSid: 0, last
 * error ERROR_INVALID_SID, if it is not valid. Safety: any thread. */
EXTERN_C GUISE_API DWORD WINAPI GetLengthSid(PSID sid);
EXTERN_C GUISE_API DWORD WINAPI GetSidLengthRequired(UCHAR count);

/*
 * Copies a SID into room bytes, which may overlap it. Nothing is written on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_SID          source is not valid.
 * ERROR_INVALID_PARAMETER    destination is NULL.
 * ERROR_INSUFFICIENT_BUFFER  source is longer than room.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI CopySid(DWORD room, PSID destination, PSID source);

/*
 * Makes GetSidLengthRequired(count) bytes of the caller's a SID, but for its sub-authorities: they
 * stay what they are, for the caller to write (GetSidSubAuthority).
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  sid or authority is NULL; count is above 15.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI InitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority,
                                             BYTE count);

/*
 * Where a part of a SID is. Nothing is behind the last sub-authority: NULL there too, unlike
 * Windows, which returns an address outside the SID.
 *
 * NULL, last error:
 * ERROR_INVALID_SID        it is not valid.
 * ERROR_INVALID_PARAMETER  it has no sub-authority of this index.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID sid);
EXTERN_C GUISE_API PUCHAR WINAPI GetSidSubAuthorityCount(PSID sid);
EXTERN_C GUISE_API PDWORD WINAPI GetSidSubAuthority(PSID sid, DWORD index);

/* ---- access control lists -------------------------------------------------------------------- */

/*
 * Makes size bytes of the caller's an empty list, which allows nothing.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER    acl is NULL; revision is not ACL_REVISION to ACL_REVISION_DS; size is
 *                            above 65535.
 * ERROR_INSUFFICIENT_BUFFER  size is below sizeof(ACL).
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI InitializeAcl(PACL acl, DWORD size, DWORD revision);

/* Is it not NULL, of a known revision, and are its entries all within its size, with valid SIDs
 * where there are SIDs in entries of their type? Reads nothing outside that size. Safety: any
 * thread. */
EXTERN_C GUISE_API BOOL WINAPI IsValidAcl(PACL acl);

/*
 * Puts an entry behind the last one: this SID is allowed, or denied, these rights. They decide in
 * the order in which they stand, so denials go first. Generic rights stay generic until somebody
 * asks. The SID is copied. The list's revision becomes the entry's, if that is higher.
 *
 * FALSE, last error, the list unchanged:
 * ERROR_INVALID_SID              sid is not valid.
 * ERROR_INVALID_ACL              acl is not valid.
 * ERROR_REVISION_MISMATCH        revision is not ACL_REVISION to ACL_REVISION_DS.
 * ERROR_ALLOTTED_SPACE_EXCEEDED  the list has no room.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI AddAccessAllowedAce(PACL acl, DWORD revision, DWORD mask, PSID sid);
EXTERN_C GUISE_API BOOL WINAPI AddAccessDeniedAce(PACL acl, DWORD revision, DWORD mask, PSID sid);

/* ---- security descriptors -------------------------------------------------------------------- */

/*
 * Makes sizeof(SECURITY_DESCRIPTOR) bytes of the caller's a descriptor without owner, group and
 * lists: everything is allowed until a list is set.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  descriptor is NULL.
 * ERROR_UNKNOWN_REVISION   revision is not SECURITY_DESCRIPTOR_REVISION.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor,
                                                            DWORD revision);

/* Is it not NULL, of the revision there is, in absolute form, and are its parts, where it has them,
 * valid? Safety: any thread. */
EXTERN_C GUISE_API BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor);

/*
 * Set a part; NULL takes it away. The descriptor keeps the address and does not own what is there;
 * it is looked at when somebody asks, not now. A list that is present and NULL allows everything,
 * just as none (present FALSE: dacl and defaulted are not looked at).
 *
 * FALSE, last error, the descriptor unchanged:
 * ERROR_INVALID_PARAMETER       descriptor is NULL.
 * ERROR_UNKNOWN_REVISION        it is of another revision.
 * ERROR_INVALID_SECURITY_DESCR  it is in self-relative form.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor,
                                                         BOOL present, PACL dacl, BOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor,
                                                          PSID owner, BOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor,
                                                          PSID group, BOOL defaulted);

/* Replaces the generic rights in *access by what they stand for. What is NULL is left alone.
 * Safety: any thread. */
EXTERN_C GUISE_API VOID WINAPI MapGenericMask(PDWORD access, PGENERIC_MAPPING mapping);

/* ---- tokens: who a thread is ----------------------------------------------------------------- */

/*
 * All of these are about the calling thread's slot (thread.h), where there is room for one token
 * and which holds impersonation tokens only; so what one function puts there, every other one sees
 * and replaces. None of them counts as COM's impersonation, or changes what COM's and the core's
 * own reverts go back to (W-12). In a frame whatever they left there goes when the frame ends.
 * With a provider that asks the kernel the thread is, from then on, that client for the kernel, if
 * the token is at impersonation level or above; below it is nobody.
 *
 * Where a token is asked for, processthreadsapi.h's pseudo-handles are good enough for
 * GetTokenInformation, CheckTokenMembership and AccessCheck, and no handles to the others.
 *
 * Failures that several of them have in common, FALSE and last error:
 * ERROR_INVALID_PARAMETER  a NULL where something is needed.
 * ERROR_INVALID_HANDLE     no handle of a token.
 * ERROR_ACCESS_DENIED      the handle lacks a right that is named, or the thread could not become
 *                          that client.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 * A failure leaves the slot as it was, so a server that was itself still is: it must not go on as
 * if it were the client. Outputs are NULL, FALSE or 0 on failure.
 *
 * Safety, of all: any thread.
 */

/*
 * Becomes who the token says, until RevertToSelf (W-06): with an impersonation token as it is,
 * level included (TOKEN_QUERY, TOKEN_IMPERSONATE), or with a copy of a primary one at
 * SecurityImpersonation (TOKEN_QUERY, TOKEN_DUPLICATE).
 */
EXTERN_C GUISE_API GUISE_MUST_USE BOOL WINAPI ImpersonateLoggedOnUser(HANDLE token);

/*
 * Becomes a copy of the process's own token (W-09), as OpenProcessToken has it. With a provider
 * that asks the kernel that is the process without its capabilities; at the levels below
 * SecurityImpersonation it is nobody.
 *
 * ERROR_BAD_IMPERSONATION_LEVEL  there is no such level.
 * ERROR_ACCESS_DENIED            also as OpenProcessToken.
 */
EXTERN_C GUISE_API GUISE_MUST_USE BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level);

/*
 * Becomes nobody (W-10): a token at SecurityAnonymous, in no group, whose user id belongs to no
 * one. It cannot be opened (W-03), and checks nothing.
 *
 * ERROR_INVALID_HANDLE  thread is not GetCurrentThread().
 */
EXTERN_C GUISE_API GUISE_MUST_USE BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread);

/*
 * Empties the slot (W-11): not back to what was there before, and whoever put it there. In a call
 * it takes a client off that CoImpersonateClient put on, but this is not CoRevertToSelf, which is
 * still to be called: IsImpersonating stays TRUE until then, and what CoRevertToSelf goes back to
 * is what it was (W-12). Always TRUE: a thread that cannot be made itself again ends the process.
 */
EXTERN_C GUISE_API BOOL WINAPI RevertToSelf(void);

/* ---- tokens: copies -------------------------------------------------------------------------- */

/*
 * Another token for the same identity (TOKEN_DUPLICATE), with an id of its own. The right to it,
 * in access: as for OpenProcessToken; 0 is what the existing handle has. An impersonation token
 * has this level; a primary one needs a source that is primary or at SecurityImpersonation or
 * above (W-14). A level only goes down, and that a token was primary in between does not lift it:
 * made from one at SecurityImpersonation, no copy ever has SecurityDelegation.
 *
 * The first that holds:
 * ERROR_NOT_SUPPORTED            attributes has a security descriptor, or asks for inheritance.
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
 * ERROR_INVALID_PARAMETER        type is neither.
 * ERROR_BAD_IMPERSONATION_LEVEL  no such level, or above the source's.
 * ERROR_PRIVILEGE_NOT_HELD, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY  as OpenProcessToken.
 *
 * Lifetime: *copy is the caller's to close.
 */
EXTERN_C GUISE_API BOOL WINAPI DuplicateTokenEx(HANDLE token, DWORD access,
                                                LPSECURITY_ATTRIBUTES attributes,
                                                SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type,
                                                PHANDLE copy);

/* The same for an impersonation token, and a handle with TOKEN_QUERY and TOKEN_IMPERSONATE
 * (W-13). */
EXTERN_C GUISE_API BOOL WINAPI DuplicateToken(HANDLE token, SECURITY_IMPERSONATION_LEVEL level,
                                              PHANDLE copy);

/* ---- tokens: what they say ------------------------------------------------------------------- */

/*
 * What is known of a token (TOKEN_QUERY), as a structure that SIDs it points at follow in the same
 * buffer, which may begin anywhere (W-15, W-16). *needed is the size of it all, also with success.
 *
 * TokenUser                S-1-22-1-uid.
 * TokenGroups              S-1-22-2-gid of every group, the primary one among them, Everyone and
 *                          Authenticated Users; mandatory and enabled.
 * TokenPrivileges          an empty list: no token holds any.
 * TokenType                TokenPrimary or TokenImpersonation.
 * TokenImpersonationLevel  of an impersonation token only.
 * TokenStatistics          TokenId is the same for every handle to what is in the slot, changes
 *                          with it, and is never used again: the key for what is kept of a
 *                          client.
 *
 * The first that holds:
 * ERROR_INVALID_PARAMETER        needed is NULL; another class.
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
 * ERROR_NO_TOKEN                 GetCurrentThreadToken() where the slot is empty.
 * ERROR_INVALID_PARAMETER        TokenImpersonationLevel of a primary token.
 * ERROR_BAD_IMPERSONATION_LEVEL  TokenUser or TokenGroups of a token at SecurityAnonymous.
 * ERROR_INVALID_PARAMETER        information is NULL, and length large enough.
 * ERROR_INSUFFICIENT_BUFFER      length is too small: nothing is stored but *needed.
 * *needed is 0 after all the others.
 */
EXTERN_C GUISE_API BOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS name,
                                                   LPVOID information, DWORD length, PDWORD needed);

/*
 * Is this SID the token's user or one of its groups, enabled (W-17)? token NULL asks about the
 * calling thread: what is in its slot, or else the process. A handle needs TOKEN_QUERY.
 *
 * The first that holds:
 * ERROR_INVALID_PARAMETER        is_member is NULL.
 * ERROR_INVALID_SID              sid is NULL or not valid.
 * ERROR_CANT_OPEN_ANONYMOUS      token is NULL and what is in the slot is anonymous (W-03).
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
 * ERROR_NO_TOKEN                 GetCurrentThreadToken() where the slot is empty.
 * ERROR_NO_IMPERSONATION_TOKEN   a primary token.
 * ERROR_BAD_IMPERSONATION_LEVEL  a token at SecurityAnonymous.
 */
EXTERN_C GUISE_API BOOL WINAPI CheckTokenMembership(HANDLE token, PSID sid, PBOOL is_member);

/*
 * Does the token (TOKEN_QUERY) hold all of these privileges, or without PRIVILEGE_SET_ALL_NECESSARY
 * one of them? None does: *result is TRUE for all of none only.
 *
 * ERROR_BAD_IMPERSONATION_LEVEL  an impersonation token at SecurityAnonymous (W-19).
 */
EXTERN_C GUISE_API BOOL WINAPI PrivilegeCheck(HANDLE token, PPRIVILEGE_SET required,
                                              LPBOOL result);

/*
 * May the client do this to something with that descriptor (W-18)? client is an impersonation
 * token at SecurityIdentification or above (W-19), with TOKEN_QUERY. TRUE: it was looked into;
 * *status says whether yes, *granted what, and if no the last error is ERROR_ACCESS_DENIED, or
 * ERROR_PRIVILEGE_NOT_HELD if ACCESS_SYSTEM_SECURITY was asked for. *used tells that no privilege
 * was needed; *used_length is the size of it, at least that of one PRIVILEGE_SET.
 *
 * The first that holds:
 * ERROR_INVALID_PARAMETER        a NULL; used may be, if *used_length is too small.
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
 * ERROR_NO_TOKEN                 GetCurrentThreadToken() where the slot is empty.
 * ERROR_NO_IMPERSONATION_TOKEN   a primary token.
 * ERROR_BAD_IMPERSONATION_LEVEL  a token at SecurityAnonymous.
 * ERROR_INSUFFICIENT_BUFFER      *used_length is too small, and becomes what is needed.
 * ERROR_GENERIC_NOT_MAPPED       desired has a GENERIC_ right: MapGenericMask first.
 * ERROR_INVALID_SECURITY_DESCR   the descriptor is not valid, or has no owner or group.
 */
EXTERN_C GUISE_API BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE client,
                                           DWORD desired, PGENERIC_MAPPING mapping,
                                           PPRIVILEGE_SET used, LPDWORD used_length,
                                           LPDWORD granted, LPBOOL status);

#endif
