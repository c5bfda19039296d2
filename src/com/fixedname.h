/* SPDX-License-Identifier: MIT */
/*
 * SIDs that mean the same on every machine, and their names. They belong to no account, so that the name
 * service is not asked; a thread that is a client can therefore look them up.
 */
#ifndef GUISE_SRC_COM_FIXEDNAME_H
#define GUISE_SRC_COM_FIXEDNAME_H

#include <guise/com/winnt.h>

enum { GUISE__COM_FIXED_SID_SIZE = 16 }; /* two sub-authorities at most */

struct guise__com_fixed_name {
    BYTE authority, parts; /* the last byte of the authority; the number of sub-authorities */
    DWORD part[2];
    SID_NAME_USE use;
    const char *domain, *name;
};

/* The domains of Unix accounts. */
#define GUISE__COM_USERS_DOMAIN "Unix User"
#define GUISE__COM_GROUPS_DOMAIN "Unix Group"

/* Finds the row of a valid SID; NULL: it has no fixed name. */
const struct guise__com_fixed_name *guise__com_fixed_name_of_sid(PSID sid);

/* Finds the row with this name and, unless domain is NULL, this domain; ignores case. */
const struct guise__com_fixed_name *guise__com_fixed_name_find(const char *domain,
                                                               const char *name);

/* Writes the SID; returns its bytes. */
DWORD guise__com_fixed_name_sid(const struct guise__com_fixed_name *fixed,
                                BYTE out[GUISE__COM_FIXED_SID_SIZE]);

#endif
