/* SPDX-License-Identifier: MIT */
#ifndef GUISE_SRC_COM_ACCESSCHECK_H
#define GUISE_SRC_COM_ACCESSCHECK_H

#include <guise/com/winnt.h>
#include <guise/token.h>

/*
 * AccessCheck, but for what is about handles: may this token have these rights to what the
 * descriptor guards? 0: the check was carried out. Then *status says yes or no; *granted is, for
 * yes, what is allowed of desired (MAXIMUM_ALLOWED: all that is), for no 0 and the thread's last
 * error says why: ERROR_ACCESS_DENIED, or ERROR_PRIVILEGE_NOT_HELD for ACCESS_SYSTEM_SECURITY,
 * which takes a privilege that nobody has here.
 *
 * ERROR_INVALID_PARAMETER        a NULL.
 * ERROR_BAD_IMPERSONATION_LEVEL  the token is at anonymous level: there is nobody to check.
 * ERROR_GENERIC_NOT_MAPPED       desired has a generic right: see MapGenericMask.
 * ERROR_INVALID_SECURITY_DESCR   the descriptor is not valid, or has no owner or no group.
 *
 * Anything but 0: *status is FALSE and *granted 0, where they are not NULL.
 *
 * The rules. No list, or a NULL one, allows everything. An empty list allows nothing. The token's
 * owner, or a member of the group that is the owner, may read and write the list (READ_CONTROL,
 * WRITE_DAC) whatever it says; unless it has an entry for OWNER RIGHTS (S-1-3-4), of whatever
 * type that is not about audits: then that entry is about the owner, and nothing is implied.
 * Entries count in their order: what one decided, a later one does not change. What only heirs have
 * (INHERIT_ONLY_ACE) is not looked at. Entries of other types than allowed and denied: those that
 * only allow or only audit are not looked at; those that may deny, and all that are unknown, deny
 * everybody whatever is not decided by then. Nothing asked for is not allowed. User id 0 is a user
 * like any other.
 */
DWORD guise__access_check(const guise_token *token, PSECURITY_DESCRIPTOR descriptor, DWORD desired,
                          const GENERIC_MAPPING *mapping, DWORD *granted, BOOL *status);

#endif
