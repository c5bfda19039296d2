/* SPDX-License-Identifier: MIT */
/* What servers do around their clients' calls, one use a file, written as such servers write it. Each is
 * compiled as C and as C++; the functions are called by test_com_real.c. */
#ifndef GUISE_TEST_COM_REAL_H
#define GUISE_TEST_COM_REAL_H

#include <Windows.h>

EXTERN_C_START

/* Impersonation and the client's blanket. */
HRESULT real_open_as_client(const char *path, int *file);
HRESULT real_run_as_caller(HRESULT (*work)(void *state), void *state);
HRESULT real_require_level(DWORD least);

/* Tokens and what they say. */
HRESULT real_caller_sid(char *text, size_t room);
BOOL real_is_admin(HANDLE token);
BOOL real_is_member(HANDLE token, PSID group, BOOL *member);
BOOL real_can_be_client(HANDLE token, BOOL *can);
DWORD real_with_copy_of_token(HANDLE token, DWORD (*work)(void));

/* Lists and checks. */
PACL real_build_acl(PSID admin, PSID reader);
DWORD real_check_access(HANDLE token, PACL list, PSID owner, DWORD wanted, BOOL *allowed);

/* Events and threads. */
struct real_worker;
struct real_worker *real_worker_start(void);
BOOL real_worker_post(struct real_worker *worker);
LONG real_worker_stop(struct real_worker *worker);
HRESULT real_signal_when_done(LONG *runs);
HRESULT real_first_of_two(int which);

/* Cancellation, proxies, starting up. */
HRESULT real_work_until_cancelled(int steps, int *done);
HRESULT real_cancel_thread(DWORD thread);
HRESULT real_cloak(IUnknown *proxy);
HRESULT real_cloaked_copy(IUnknown *proxy, IUnknown **copy);
HRESULT real_start_up(void);

/* Objects, identifiers, errors. */
HRESULT real_factory_make(REFIID riid, void **object);
BOOL real_iid_text(REFIID riid, char *text, size_t room);
HRESULT real_last_error(void);

EXTERN_C_END

#endif
