/* SPDX-License-Identifier: MIT */
/*
 * The system's name service (getpwuid_r and the like). It is asked as self only, because its modules open
 * files and sockets and keep the answers, which must not happen with a client's rights. On a thread with a
 * token in its slot these functions fail without asking.
 */
#ifndef GUISE_SRC_COM_NAMESERVICE_H
#define GUISE_SRC_COM_NAMESERVICE_H

#include <stdint.h>

#include <guise/com/windef.h>

enum guise__com_account_kind { GUISE__COM_ACCOUNT_USER, GUISE__COM_ACCOUNT_GROUP };

/*
 * Finds the name of a user or group. *name is made with CoTaskMemAlloc; NULL on failure.
 *
 * ERROR_BAD_IMPERSONATION_LEVEL  there is a token in this thread's slot; nothing was asked.
 * ERROR_NONE_MAPPED              there is no such account.
 * RPC_S_SERVER_UNAVAILABLE       the name service failed.
 * ERROR_NOT_ENOUGH_MEMORY        no memory.
 *
 * May take as long as the name service does. Not a cancellation point; errno is kept.
 */
DWORD guise__com_account_name(enum guise__com_account_kind kind, uint32_t id, char **name);

/* Finds the id of a name. Fails in the same ways. */
DWORD guise__com_account_id(enum guise__com_account_kind kind, const char *name, uint32_t *id);

#endif
