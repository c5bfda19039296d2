/* SPDX-License-Identifier: MIT */
/*
 * Users and groups as security identifiers. Unix ids have SIDs under authority 22: user 1000 is
 * S-1-22-1-1000, group 1000 is S-1-22-2-1000.
 *
 * SIDs are read byte by byte, because they may be unaligned in buffers of programs and in entries of
 * lists.
 */
#ifndef GUISE_SRC_COM_SID_H
#define GUISE_SRC_COM_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <guise/com/winnt.h>
#include <guise/token.h>

enum { GUISE__COM_UNIX_SID_SIZE = 16 }; /* two sub-authorities */

/* Write GUISE__COM_UNIX_SID_SIZE bytes. */
void guise__com_sid_from_uid(uid_t uid, PSID out);
void guise__com_sid_from_gid(gid_t gid, PSID out);

/* Write at most GUISE__COM_UNIX_SID_SIZE bytes, and return how many: the token's user and primary group. Of a
 * token without ids both are Anonymous Logon (S-1-5-7), as its ids are those of others (W-27). */
size_t guise__com_sid_of_user(const guise_token *token, PSID out);
size_t guise__com_sid_of_group(const guise_token *token, PSID out);

/* Returns the length of a SID in bytes, and reads no more than room of them; 0 if the SID is NULL,
 * malformed or longer. */
size_t guise__com_sid_length(const void *sid, size_t room);

/* Holds for a SID that has been examined, or was made here. */
static inline bool guise__com_sid_is_valid(const void *sid)
{
    return guise__com_sid_length(sid, SIZE_MAX) != 0;
}

/* Returns whether the SIDs are equal; false if one is NULL or malformed. */
bool guise__com_sid_equal(const void *left, const void *right);

/* Returns a sub-authority of a SID that has at least that many. */
DWORD guise__com_sid_part(const void *sid, unsigned index);

/*
 * Returns whether the SID is the token's user, one of its groups, Everyone (S-1-1-0) or Authenticated
 * Users (S-1-5-11). A token at anonymous level, or without ids, is Anonymous Logon (S-1-5-7)
 * only: neither the user it was made for nor, as in Windows since XP, Everyone. No token has a SID that is NULL or malformed.
 */
bool guise__com_token_has_sid(const guise_token *token, PSID sid);

/* Is an object with this owner the client's? S-1-5-7 is no client, but all that are not told apart, so one
 * without ids owns nothing (W-27). */
bool guise__com_token_is_owner(const guise_token *token, PSID owner);

#endif
