/* SPDX-License-Identifier: MIT */
/*
 * Who somebody is, as a security identifier. Unix ids have theirs under authority 22: user 1000 is
 * S-1-22-1-1000, group 1000 is S-1-22-2-1000.
 *
 * SIDs are read by the byte wherever they lie: in the buffers of programs, and in the entries of
 * lists, nothing promises their alignment.
 */
#ifndef GUISE_SRC_COM_SID_H
#define GUISE_SRC_COM_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <guise/com/winnt.h>
#include <guise/token.h>

enum { GUISE__UNIX_SID_SIZE = 16 }; /* two sub-authorities */

/* Write GUISE__UNIX_SID_SIZE bytes. */
void guise__sid_from_uid(uid_t uid, PSID out);
void guise__sid_from_gid(gid_t gid, PSID out);

/* The bytes it takes, of which no more than room are read; 0 if it is NULL, malformed or longer. */
size_t guise__sid_length(const void *sid, size_t room);

/* False if one of them is NULL or malformed. */
bool guise__sid_equal(const void *left, const void *right);

/* The sub-authority of a SID that is long enough to have it. */
DWORD guise__sid_part(const void *sid, unsigned index);

/*
 * Is that the token's user, one of its groups, Everyone (S-1-1-0) or Authenticated Users
 * (S-1-5-11)? A token at anonymous level is Anonymous Logon (S-1-5-7) and nothing else: not who it
 * came from, and, as in Windows since XP, not Everyone. A SID that is NULL or malformed is nobody.
 */
bool guise__token_has_sid(const guise_token *token, PSID sid);

#endif
