/* SPDX-License-Identifier: MIT */
/*
 * Security identifiers, lists of the rights that each is allowed and denied, and the descriptors that
 * hold them. All of these are memory of the program's, at any address; the functions are for any
 * thread, but no thread may change what another one reads.
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

/*
 * Are they the same but for their last sub-authorities, as two accounts of one domain are? Last
 * error: as EqualSid.
 *
 * FALSE, last error:
 * ERROR_INVALID_SID  one is not valid.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI EqualPrefixSid(PSID left, PSID right);

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
 * Where a part of a SID is, and the last error is 0. Nothing is behind the last sub-authority: NULL
 * there too, unlike Windows, which returns an address outside the SID.
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

/*
 * Writes a SID that is the same everywhere into *size bytes; *size is then what it takes, also if
 * that is more. domain is the SID of the domain for those that belong to one, and not looked at for
 * the others.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER    size is NULL; no such type, or WinLogonIdsSid; the type belongs to a
 *                            domain, and domain is NULL; domain is not valid; sid is NULL and *size
 *                            large enough.
 * ERROR_INSUFFICIENT_BUFFER  *size is too small.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid,
                                                  DWORD *size);

/* Is it of that type? For a type that belongs to a domain, of any domain: S-1-5-21, three numbers,
 * and the type's. FALSE also for no such type, and one that is not valid. Leaves the last error
 * alone. Safety: any thread. */
EXTERN_C GUISE_API BOOL WINAPI IsWellKnownSid(PSID sid, WELL_KNOWN_SID_TYPE type);

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
 * the order in which they stand, so denials go first. Generic rights stay generic until a
 * check. The SID is copied. The list's revision becomes the entry's, if that is higher.
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

/* The same for what heirs get, too: flags are OBJECT_INHERIT_ACE to INHERITED_ACE; with others
 * ERROR_INVALID_PARAMETER. */
EXTERN_C GUISE_API BOOL WINAPI AddAccessAllowedAceEx(PACL acl, DWORD revision, DWORD flags,
                                                     DWORD mask, PSID sid);
EXTERN_C GUISE_API BOOL WINAPI AddAccessDeniedAceEx(PACL acl, DWORD revision, DWORD flags,
                                                    DWORD mask, PSID sid);

/*
 * Puts whole entries, length bytes of them and of any types, before the one with this index, or
 * behind the last one if there is none (MAXDWORD). They are copied, and must not lie in the list.
 * The list's revision becomes the entries', if that is higher.
 *
 * FALSE, last error, the list unchanged:
 * ERROR_INVALID_PARAMETER        acl or list is NULL; the bytes are not one or more valid entries.
 * ERROR_REVISION_MISMATCH        revision is not ACL_REVISION to ACL_REVISION_DS.
 * ERROR_INVALID_ACL              acl is not valid.
 * ERROR_ALLOTTED_SPACE_EXCEEDED  the list has no room.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI AddAce(PACL acl, DWORD revision, DWORD index, LPVOID list,
                                      DWORD length);

/*
 * Takes an entry out; those behind it move up.
 *
 * FALSE, last error, the list unchanged:
 * ERROR_INVALID_PARAMETER  acl is NULL; there is no entry with this index.
 * ERROR_INVALID_ACL        acl is not valid.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI DeleteAce(PACL acl, DWORD index);

/*
 * Where an entry of the list is. It is valid, and so are those before it. *ace is NULL on failure,
 * but for ERROR_INVALID_PARAMETER, which leaves it alone.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  acl or ace is NULL; there is no entry with this index.
 * ERROR_INVALID_ACL        that entry or one before it is not valid, or the list's header is not.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI GetAce(PACL acl, DWORD index, LPVOID *ace);

/*
 * Where the room behind the last entry begins; if there is none, the byte behind the list. *ace is
 * NULL on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  ace is NULL.
 * ERROR_INVALID_ACL        acl is not valid.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI FindFirstFreeAce(PACL acl, LPVOID *ace);

/*
 * A list's revision, or how many entries it has and how many bytes are in use and free.
 *
 * FALSE, last error, nothing stored:
 * ERROR_INVALID_PARAMETER    acl or information is NULL; another class.
 * ERROR_INVALID_ACL          acl is not valid.
 * ERROR_INSUFFICIENT_BUFFER  length is too small for the class's structure.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI GetAclInformation(PACL acl, LPVOID information, DWORD length,
                                                 ACL_INFORMATION_CLASS name);

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

/* Is it not NULL, of the revision there is, and are its parts, where it has them, valid? In either
 * form. How many bytes one in self-relative form has is not known here, so its offsets are
 * believed: for one from outside ask GuiseIsValidRelativeDescriptor (guisecom.h) first. Safety: any
 * thread. */
EXTERN_C GUISE_API BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor);

/*
 * Set a part; NULL takes it away. The descriptor keeps the address and does not own what is there;
 * it is read when a function asks for it, not now. A list that is present and NULL allows everything,
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
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor,
                                                         BOOL present, PACL sacl, BOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor,
                                                          PSID owner, BOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor,
                                                          PSID group, BOOL defaulted);

/*
 * Sets those of the bits that say how lists are inherited (SE_DACL_AUTO_INHERIT_REQ,
 * SE_DACL_AUTO_INHERITED, SE_DACL_PROTECTED and those of SACLs) that are in mask, in either form.
 *
 * FALSE, last error, the descriptor unchanged:
 * ERROR_INVALID_PARAMETER  descriptor is NULL; mask has another bit.
 * ERROR_UNKNOWN_REVISION   it is of another revision.
 * ERROR_INVALID_SECURITY_DESCR  an offset points into its own header.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor,
                                                            SECURITY_DESCRIPTOR_CONTROL mask,
                                                            SECURITY_DESCRIPTOR_CONTROL bits);

/*
 * What a descriptor has, in either form, by address and not looked at. *owner and *group are NULL
 * if there is none, as *acl is if *present is FALSE; *defaulted is then left alone. defaulted may
 * be NULL. *revision is set also if it is why the others fail.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER       descriptor or a place for a result, but defaulted, is NULL.
 * ERROR_UNKNOWN_REVISION        it is of another revision.
 * ERROR_INVALID_SECURITY_DESCR  an offset points into its own header.
 *
 * Lifetime: what they point at is the descriptor's.
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor,
                                                            PSECURITY_DESCRIPTOR_CONTROL control,
                                                            LPDWORD revision);
EXTERN_C GUISE_API BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor,
                                                          PSID *owner, LPBOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor,
                                                          PSID *group, LPBOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor,
                                                         LPBOOL present, PACL *acl,
                                                         LPBOOL defaulted);
EXTERN_C GUISE_API BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor,
                                                         LPBOOL present, PACL *acl,
                                                         LPBOOL defaulted);

/* The bytes that a valid descriptor and its parts take, each part a multiple of 4. 0, last error as
 * MakeSelfRelativeSD, for one that is not valid. Safety: any thread. */
EXTERN_C GUISE_API DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR descriptor);

/*
 * Copies a descriptor, with its parts, into *length bytes in self-relative form; in whichever form
 * it is itself, the copy's parts stand one behind the other. It must not lie in those bytes.
 * *length is then what that takes, also if it is more.
 *
 * FALSE, last error, nothing written but *length:
 * ERROR_INVALID_PARAMETER       a NULL; relative may be one, if *length is too small.
 * ERROR_UNKNOWN_REVISION        it is of another revision.
 * ERROR_INVALID_SECURITY_DESCR  a part is not valid.
 * ERROR_INSUFFICIENT_BUFFER     *length is too small.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR absolute,
                                                  PSECURITY_DESCRIPTOR relative, LPDWORD length);

/*
 * The other way round: the descriptor and its parts each into a place of the caller's, of so many
 * bytes. The sizes are then what each takes, 0 for a part that is not there, also if one is more.
 *
 * FALSE, last error, nothing written but the sizes:
 * ERROR_INVALID_PARAMETER       a NULL; a place may be one, if its size is too small or nothing
 *                               would be put there.
 * ERROR_UNKNOWN_REVISION, ERROR_INVALID_SECURITY_DESCR  as above.
 * ERROR_BAD_DESCRIPTOR_FORMAT   it is in absolute form already.
 * ERROR_INSUFFICIENT_BUFFER     a size is too small.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI MakeAbsoluteSD(PSECURITY_DESCRIPTOR relative,
                                              PSECURITY_DESCRIPTOR absolute, LPDWORD absolute_size,
                                              PACL dacl, LPDWORD dacl_size, PACL sacl,
                                              LPDWORD sacl_size, PSID owner, LPDWORD owner_size,
                                              PSID group, LPDWORD group_size);

/* Replaces the generic rights in *access by what they stand for. What is NULL is left alone.
 * Safety: any thread. */
EXTERN_C GUISE_API VOID WINAPI MapGenericMask(PDWORD access, PGENERIC_MAPPING mapping);

/* ---- tokens: the identity of a thread --------------------------------------------------------- */

/*
 * All of these are about the calling thread's slot (thread.h), where there is room for one token
 * and which holds impersonation tokens only; so what one function puts there, every other one sees
 * and replaces. None of them counts as COM's impersonation, or changes what COM's and the core's
 * own reverts go back to (W-12). In a frame the token that they left there goes when the frame ends.
 * With a provider that asks the kernel the thread is, from then on, that client for the kernel, if
 * the token is at impersonation level or above; below it the kernel grants the rights of no user.
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
 * Becomes the token's user, until RevertToSelf (W-06): with an impersonation token as it is,
 * level included (TOKEN_QUERY, TOKEN_IMPERSONATE), or with a copy of a primary one at
 * SecurityImpersonation (TOKEN_QUERY, TOKEN_DUPLICATE).
 */
EXTERN_C GUISE_API GUISE_MUST_USE BOOL WINAPI ImpersonateLoggedOnUser(HANDLE token);

/*
 * Becomes a copy of the process's own token (W-09), as OpenProcessToken has it. With a provider
 * that asks the kernel that is the process without its capabilities; at the levels below
 * SecurityImpersonation it has the rights of no user.
 *
 * ERROR_BAD_IMPERSONATION_LEVEL  there is no such level.
 * ERROR_ACCESS_DENIED            also as OpenProcessToken.
 */
EXTERN_C GUISE_API GUISE_MUST_USE BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level);

/*
 * Becomes anonymous (W-10): a token at SecurityAnonymous, in no group, with a user id that no user
 * has. It cannot be opened (W-03), and checks nothing.
 *
 * ERROR_INVALID_HANDLE  thread is not GetCurrentThread().
 */
EXTERN_C GUISE_API GUISE_MUST_USE BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread);

/*
 * Empties the slot, of any token (W-11); an earlier token does not come back. In a call it takes a client off that CoImpersonateClient put on, but this is not CoRevertToSelf, which is
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
 * TokenOwner               S-1-22-1-uid.
 * TokenPrimaryGroup        S-1-22-2-gid of the primary group.
 * TokenSessionId           0: there are no sessions.
 * TokenElevation           not elevated, TokenElevationType TokenElevationTypeDefault, of every
 * TokenElevationType       token: rights that come and go with a token are not here.
 * TokenIntegrityLevel      medium, S-1-16-8192, of every token: nothing here looks at it.
 * TokenStatistics          TokenId is the same for every handle to what is in the slot, changes
 *                          with it, and is never used again: the key for what is kept of a
 *                          client. That of the process is the same for as long as its ids and
 *                          groups are. A duplicate has a TokenId of its own; AuthenticationId and
 *                          ModifiedId are those of what it was made from.
 *
 * The first that holds:
 * ERROR_INVALID_PARAMETER        needed is NULL; another class.
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
 * ERROR_NO_TOKEN                 GetCurrentThreadToken() where the slot is empty.
 * ERROR_INVALID_PARAMETER        TokenImpersonationLevel of a primary token.
 * ERROR_BAD_IMPERSONATION_LEVEL  TokenUser or TokenGroups of a token at SecurityAnonymous, through a
 *                                pseudo-handle: no handle to it was given (W-03).
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
 * Switches privileges of the token on and off (TOKEN_ADJUST_PRIVILEGES, with previous TOKEN_QUERY
 * too). No token holds any. So TRUE, with the last error ERROR_NOT_ALL_ASSIGNED, says that nothing
 * of what was wanted is there, and with ERROR_SUCCESS that nothing was wanted: no privilege, or
 * disable_all, with which wanted is not looked at. *previous is an empty list, *needed its size;
 * both may be NULL, and needed is not looked at if previous is.
 *
 * FALSE, last error, the first that holds:
 * ERROR_INVALID_HANDLE, ERROR_ACCESS_DENIED
 * ERROR_INVALID_PARAMETER    wanted is NULL; previous without needed.
 * ERROR_INSUFFICIENT_BUFFER  room is too small for *previous; *needed is what it takes.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI AdjustTokenPrivileges(HANDLE token, BOOL disable_all,
                                                     PTOKEN_PRIVILEGES wanted, DWORD room,
                                                     PTOKEN_PRIVILEGES previous, PDWORD needed);

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
 * was needed; *used_length is the size of it, at least that of one PRIVILEGE_SET. FALSE: *status
 * and *granted are what they were.
 *
 * The first that holds:
 * ERROR_INVALID_PARAMETER        granted or status is NULL.
 * ERROR_NOACCESS                 used_length is NULL; or used is, and *used_length is not 0.
 * ERROR_INVALID_PARAMETER        descriptor or mapping is NULL.
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
