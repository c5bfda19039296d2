/* SPDX-License-Identifier: MIT */
/* Security identifiers as text: S-1-5-32-544. */
#ifndef GUISE_COM_SDDLBASE_H
#define GUISE_COM_SDDLBASE_H

#include "errhandlingapi.h"
#include "windef.h"
#include "winerror.h"
#include "winnt.h"

/*
 * The text of a SID, narrow or wide. The authority is decimal, from 2^32 on hexadecimal with all
 * its twelve digits. The caller owns *text: LocalFree. *text is NULL on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  sid or text is NULL.
 * ERROR_INVALID_SID        sid is not valid.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *text);
EXTERN_C GUISE_API BOOL WINAPI ConvertSidToStringSidW(PSID sid, LPWSTR *text);

/*
 * The SID of a text: revision 1, an authority and 1 to 15 sub-authorities. The authority is decimal
 * below 2^32, or 0x and 1 to 12 hexadecimal digits; a sub-authority is decimal, or 0x and
 * hexadecimal, and below 2^32. Of the two-letter names these, in either case: AN (anonymous logon),
 * AO (account operators), AU (authenticated users), BA, BG, BU (the machine's administrators,
 * guests, users), BO (backup operators), CG, CO (creator's group, creator), ED (domain
 * controllers), HI (high integrity), IU (interactive), LS (local service), LW, ME (low, medium
 * integrity), NO (network configuration operators), NS (network service), NU (network), OW (owner's
 * rights), PO (print operators), PS (the object itself), PU (power users), RC (restricted code), RD
 * (remote desktop users), RE (replicators), RU (access as before Windows 2000), SI (system
 * integrity), SO (server operators), SU (service), SY (the system), WD (everyone).
 * The caller owns *sid: LocalFree. *sid is NULL on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  text or sid is NULL.
 * ERROR_INVALID_SID        the text is none of these.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI ConvertStringSidToSidA(LPCSTR text, PSID *sid);
EXTERN_C GUISE_API BOOL WINAPI ConvertStringSidToSidW(LPCWSTR text, PSID *sid);

/* ---- security descriptors as text ------------------------------------------------------------ */

#define SDDL_REVISION_1 1
#define SDDL_REVISION SDDL_REVISION_1

/*
 * The descriptor of a text, O:owner G:group D:list S:list, each at most once and in any order; a
 * list is flags and entries:
 *
 *   flags    P (protected), AR, AI (inheritance), NO_ACCESS_CONTROL (a NULL list: all is allowed)
 *   entry    (type;flags;rights;object;inherited object;SID)
 *   type     A, D, AU, AL; for parts of objects OA, OD, OU, OL; ML (a mandatory label)
 *   flags    OI, CI, NP, IO, ID, SA, FA
 *   rights   a number as in C, or letters: GA GR GW GX, RC SD WD WO, RP WP CC DC LC SW LO DT CR,
 *            FA FR FW FX, KA KR KW KX; in a label NW NR NX
 *
 * Letters may be of either case, and spaces may stand between the parts. An entry with a condition
 * (XA, XD) is not understood. The result is in self-relative form, valid, and the caller's:
 * LocalFree. *size, if size is not NULL, is its length. *descriptor is NULL and *size 0 on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  text or descriptor is NULL; the text has something else in it.
 * ERROR_UNKNOWN_REVISION   revision is not SDDL_REVISION_1.
 * ERROR_INVALID_SID        there is no SID where one should be: see ConvertStringSidToSid.
 * ERROR_INVALID_ACL        a list is malformed, or longer than 65535 bytes.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(
    LPCSTR text, DWORD revision, PSECURITY_DESCRIPTOR *descriptor, PULONG size);
EXTERN_C GUISE_API BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(
    LPCWSTR text, DWORD revision, PSECURITY_DESCRIPTOR *descriptor, PULONG size);

/*
 * The text of a descriptor in either form, with those parts that `parts` names and the descriptor
 * has. Converted back it means the same. The caller owns *text: LocalFree. *length, if length is
 * not NULL, is that of the text in characters, with the final 0. *text is NULL and *length 0 on
 * failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER       descriptor or text is NULL.
 * ERROR_UNKNOWN_REVISION        revision is not SDDL_REVISION_1.
 * ERROR_INVALID_SECURITY_DESCR  descriptor is not valid.
 * ERROR_INVALID_ACL             a list has an entry that no text stands for.
 * ERROR_INVALID_SID             a SID has no sub-authority: no function reads its text.
 * ERROR_NOT_ENOUGH_MEMORY       no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(
    PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION parts, LPSTR *text,
    PULONG length);
EXTERN_C GUISE_API BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(
    PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION parts, LPWSTR *text,
    PULONG length);

#ifdef UNICODE
#define ConvertSidToStringSid ConvertSidToStringSidW
#define ConvertStringSidToSid ConvertStringSidToSidW
#define ConvertStringSecurityDescriptorToSecurityDescriptor                                        \
    ConvertStringSecurityDescriptorToSecurityDescriptorW
#define ConvertSecurityDescriptorToStringSecurityDescriptor                                        \
    ConvertSecurityDescriptorToStringSecurityDescriptorW
#else
#define ConvertSidToStringSid ConvertSidToStringSidA
#define ConvertStringSidToSid ConvertStringSidToSidA
#define ConvertStringSecurityDescriptorToSecurityDescriptor                                        \
    ConvertStringSecurityDescriptorToSecurityDescriptorA
#define ConvertSecurityDescriptorToStringSecurityDescriptor                                        \
    ConvertSecurityDescriptorToStringSecurityDescriptorA
#endif

#endif
