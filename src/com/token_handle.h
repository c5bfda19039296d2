/* SPDX-License-Identifier: MIT */
/*
 * Handles of tokens. A handle stands for a guise_token, which does not change, and for its kind: a primary
 * token is the identity of a process, an impersonation token one that a thread may take. Only the core's
 * slot decides which identity a thread has taken (W-04).
 *
 * Internal functions return a Win32 error, or ERROR_SUCCESS; the public ones turn that into TRUE or FALSE
 * with guise__com_done.
 */
#ifndef GUISE_SRC_COM_TOKEN_HANDLE_H
#define GUISE_SRC_COM_TOKEN_HANDLE_H

#include "com/handle.h"

#include <guise/token.h>

/* Returns TRUE for ERROR_SUCCESS; otherwise sets the thread's last error and returns FALSE. */
BOOL guise__com_done(DWORD error);

/* Returns the Win32 error for a result of the core. */
DWORD guise__com_win32_error(guise_result result);

/* A reference to a token, with its kind and rights, while a function works on it. */
struct guise__com_token_view {
    guise_token *token; /* owned; NULL on failure */
    bool primary;
    DWORD access; /* the rights of the handle */
};

/* Holds for a view that a function below has filled. */
static inline bool guise__com_token_view_is_valid(const struct guise__com_token_view *view)
{
    return view->token != NULL && guise_token_level(view->token) >= GUISE_LEVEL_ANONYMOUS &&
           (!view->primary || guise_token_level(view->token) >= GUISE_LEVEL_IMPERSONATE);
}

/*
 * Finds the token of a handle that has all of these access rights. view accepts open handles only; peek
 * also accepts the three pseudo-handles, which have TOKEN_QUERY. The caller unrefs the token.
 *
 * ERROR_INVALID_HANDLE  not a handle of a token; or a pseudo-handle that is not accepted.
 * ERROR_ACCESS_DENIED   the handle does not have all of the rights.
 * ERROR_NO_TOKEN        the thread's pseudo-handle, and the slot is empty.
 * Others as guise__com_view_process_token.
 */
DWORD guise__com_view_token(HANDLE handle, DWORD access, struct guise__com_token_view *out);
DWORD guise__com_peek_token(HANDLE handle, DWORD access, struct guise__com_token_view *out);

/* Makes a primary token of the identity that the process has now (W-20). Fails as guise__process_token:
 * ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY. */
DWORD guise__com_view_process_token(struct guise__com_token_view *out);

/* Finds the token in the calling thread's slot, always an impersonation token. ERROR_NO_TOKEN: the slot is
 * empty. */
DWORD guise__com_view_thread_token(struct guise__com_token_view *out);

/* Returns the Win32 level of a token that is not primary. */
SECURITY_IMPERSONATION_LEVEL guise__com_level_of(const guise_token *token);

/*
 * Makes a token of the same identity and of another kind (W-13, W-14). On success it replaces the token in
 * the view; on failure the view is unchanged.
 *
 * ERROR_INVALID_PARAMETER        there is no such type.
 * ERROR_BAD_IMPERSONATION_LEVEL  there is no such level, or it is above the token's; or the level of a
 *                                primary token would be below impersonation.
 * ERROR_NOT_ENOUGH_MEMORY        no memory.
 */
DWORD guise__com_duplicate_token(struct guise__com_token_view *view,
                                 SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type);

#endif
