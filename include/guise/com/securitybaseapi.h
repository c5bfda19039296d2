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

#endif
