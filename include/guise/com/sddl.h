/* SPDX-License-Identifier: MIT */
/* Security identifiers as text: S-1-5-32-544. */
#ifndef GUISE_COM_SDDL_H
#define GUISE_COM_SDDL_H

#include "errhandlingapi.h"
#include "windef.h"
#include "winerror.h"
#include "winnt.h"

/*
 * The text of a SID. The authority is decimal, from 2^32 on hexadecimal with all its twelve digits.
 * The caller owns *text: LocalFree. *text is NULL on failure.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  sid or text is NULL.
 * ERROR_INVALID_SID        sid is not valid.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *text);

/*
 * The SID of a text: revision 1, an authority and 1 to 15 sub-authorities. The authority is
 * decimal below 2^32, or 0x and 1 to 12 hexadecimal digits; sub-authorities are decimal. Of the
 * two-letter names these, in either case: AN (anonymous logon), AU (authenticated users), BA, BG,
 * BU (the machine's administrators, guests, users), CG, CO (creator's group, creator), IU
 * (interactive), LS (local service), NS (network service), NU (network), OW (owner's rights), PS
 * (the object itself), PU (power users), RC (restricted code), SU (service), SY (the system), WD
 * (everyone).
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

/* With UNICODE the names stand for functions on wide strings, which are not here. */
#ifndef UNICODE
#define ConvertSidToStringSid ConvertSidToStringSidA
#define ConvertStringSidToSid ConvertStringSidToSidA
#endif

#endif
