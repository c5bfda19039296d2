/* SPDX-License-Identifier: MIT */
/*
 * Tokens behind handles. A handle stands for a guise_token, which never changes, and says whether
 * it is used as a primary token, which is who a process is, or as an impersonation token, which is
 * who a thread may become. What a thread has become is the core's slot and nothing else (W-04).
 *
 * The functions behind the Win32 ones answer with a Win32 error, ERROR_SUCCESS being none; the ones
 * that are called from outside turn it into TRUE or FALSE with guise__done.
 */
#ifndef GUISE_SRC_COM_TOKEN_H
#define GUISE_SRC_COM_TOKEN_H

#include "com/handle.h"

#include <guise/token.h>

/* Sets the thread's last error if there is one. TRUE: there is none. */
BOOL guise__done(DWORD error);

/* The core's failures, as Win32 calls them. */
DWORD guise__win32_error(guise_result result);

/* A token that a function works on, and a reference to it. */
struct guise__token_view {
    guise_token *token; /* owned; NULL on failure */
    bool primary;
    DWORD access; /* of the handle */
};

/*
 * The token behind a handle that has all of these access rights. view takes open handles only,
 * peek the three pseudo-handles too, which are good for TOKEN_QUERY. The caller unrefs the token.
 *
 * ERROR_INVALID_HANDLE  no handle of a token; a pseudo-handle where none will do.
 * ERROR_ACCESS_DENIED   the handle was not opened for that.
 * ERROR_NO_TOKEN        of the thread's pseudo-handle: the slot is empty.
 * Others as guise__view_process_token.
 */
DWORD guise__view_token(HANDLE handle, DWORD access, struct guise__token_view *out);
DWORD guise__peek_token(HANDLE handle, DWORD access, struct guise__token_view *out);

/* Who the process is now, as a primary token (W-20). ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY:
 * see guise__self_token. */
DWORD guise__view_process_token(struct guise__token_view *out);

/* What is in the calling thread's slot; an impersonation token always. ERROR_NO_TOKEN: nothing. */
DWORD guise__view_thread_token(struct guise__token_view *out);

/* Win32 level, of a token that is not primary. */
SECURITY_IMPERSONATION_LEVEL guise__level_of(const guise_token *token);

/*
 * W-13, W-14: the same identity as another kind of token. Takes view's place and its reference on
 * success; on failure it is what it was.
 *
 * ERROR_INVALID_PARAMETER        no such type.
 * ERROR_BAD_IMPERSONATION_LEVEL  no such level; a level only goes down; a primary token has to be
 *                                one that can act.
 * ERROR_NOT_ENOUGH_MEMORY        no memory.
 */
DWORD guise__duplicate_token(struct guise__token_view *view, SECURITY_IMPERSONATION_LEVEL level,
                             TOKEN_TYPE type);

#endif
