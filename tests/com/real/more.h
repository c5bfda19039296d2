/* SPDX-License-Identifier: MIT */
/* As real.h: lists, descriptors, accounts, privileges, messages and locks. */
#ifndef GUISE_TEST_COM_REAL_MORE_H
#define GUISE_TEST_COM_REAL_MORE_H

#include <Windows.h>

EXTERN_C_START

/* Lists and descriptors. */
DWORD real_grant(PSID sid, PACL old, PACL *made);
BOOL real_pipe_security(SECURITY_ATTRIBUTES *attributes, char *text, size_t room);
LONG real_count_denied(PACL list);
PSECURITY_DESCRIPTOR real_packed(PSID owner, PACL list);
BOOL real_is_well_known_admin(PSID sid);

/* Accounts, privileges, elevation. */
BOOL real_account_name(PSID sid, char *text, size_t room);
DWORD real_enable_privilege(LPCSTR name);
BOOL real_is_elevated(BOOL *elevated, DWORD *integrity);

/* Messages, memory, identifiers. */
BOOL real_message(DWORD error, char *text, size_t room);
HRESULT real_new_id(char *text, size_t room);

/* Classes, and work that threads wait for. */
HRESULT real_serve_class(REFCLSID clsid, IUnknown *factory);
BOOL real_post_work(LONG item);
BOOL real_wait_for_work(DWORD milliseconds, LONG *item);

/* Locks, and RPC. */
HRESULT real_signal_under_lock(ISynchronize *done, LONG *entered);
LONG real_initialized_once(void);
HRESULT real_rpc_as_client(DWORD (*work)(void));

EXTERN_C_END

#endif
