/* SPDX-License-Identifier: MIT */
#ifndef GUISE_SRC_COM_ACCESSCHECK_H
#define GUISE_SRC_COM_ACCESSCHECK_H

#include <guise/com/winnt.h>
#include <guise/token.h>

/*
 * AccessCheck without its handles: may this token have these rights to the object that the descriptor
 * guards? 0: the check was carried out, and *status is its answer. With yes, *granted is the allowed
 * part of desired (with MAXIMUM_ALLOWED all that is allowed). With no, *granted is 0 and the thread's
 * last error is the cause: ERROR_ACCESS_DENIED, or ERROR_PRIVILEGE_NOT_HELD for
 * ACCESS_SYSTEM_SECURITY, which needs a privilege that no token has here.
 *
 * ERROR_INVALID_PARAMETER        a pointer is NULL.
 * ERROR_BAD_IMPERSONATION_LEVEL  the token is at anonymous level, so it stands for no user.
 * ERROR_GENERIC_NOT_MAPPED       desired has a generic right: see MapGenericMask.
 * ERROR_INVALID_SECURITY_DESCR   the descriptor is not valid, or has no owner or no group.
 *
 * With any result but 0, *status and *granted keep their values.
 *
 * The rules. A descriptor without a list, or with a NULL one, allows everything; an empty list allows
 * nothing. The owner, or a member of the group that is the owner, may read and write the list
 * (READ_CONTROL, WRITE_DAC) without an entry, unless the list has an entry for OWNER RIGHTS (S-1-3-4)
 * of a type that is not about audits: then that entry decides for the owner, and nothing is implied.
 * Entries count in their order: no later entry changes what an earlier one decided. An entry for heirs
 * only (INHERIT_ONLY_ACE) is ignored. Of the types other than allowed and denied, those that only
 * allow or only audit are ignored; those that may deny, and all unknown ones, deny every right that is
 * not decided by then. A request for no right is refused. User id 0 is a user like any other.
 */
DWORD guise__com_access_check(const guise_token *token, PSECURITY_DESCRIPTOR descriptor,
                              DWORD desired, const GENERIC_MAPPING *mapping, DWORD *granted,
                              BOOL *status);

#endif
