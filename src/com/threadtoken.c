/* SPDX-License-Identifier: MIT */
/*
 * The Win32 functions that change the token in a thread's slot. They do so through the core, which owns the
 * slot. The token that COM's own revert restores is not changed here (W-12).
 */
#include "com/token_handle.h"

#include <guise/com/processthreadsapi.h>
#include <guise/com/securitybaseapi.h>
#include <guise/thread.h>

#include "base/check.h"

/* The slot takes a reference of its own, and drops the one to the old token (W-23). */
static DWORD set_slot_token(const guise_token *token)
{
    DWORD error = guise__com_win32_error(guise_set_thread_token(token));

    GUISE__CHECK(GUISE__IMPLIES(error == ERROR_SUCCESS, guise_thread_token() == token));
    return error;
}

/* ---- setting and reverting (W-04, W-05, W-11) ------------------------------------------------ */

static DWORD set_thread_token(const HANDLE *thread, HANDLE token)
{
    struct guise__com_token_view view;
    DWORD error;

    if (thread != NULL && *thread != GetCurrentThread()) {
        return ERROR_INVALID_HANDLE;
    }
    if (token == NULL) {
        return set_slot_token(NULL);
    }
    error = guise__com_view_token(token, TOKEN_IMPERSONATE, &view);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = view.primary ? ERROR_BAD_TOKEN_TYPE : set_slot_token(view.token);
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI SetThreadToken(PHANDLE thread, HANDLE token)
{
    return guise__com_done(set_thread_token(thread, token));
}

/* Empties the slot, also if the core put the token there. Ends the process if the thread cannot become
 * self. */
BOOL WINAPI RevertToSelf(void)
{
    return guise__com_done(set_slot_token(NULL));
}

/* ---- impersonating (W-06, W-09, W-10) -------------------------------------------------------- */

/* Takes over the reference of the view. */
static DWORD set_slot_copy(struct guise__com_token_view *view, SECURITY_IMPERSONATION_LEVEL level)
{
    DWORD error = guise__com_duplicate_token(view, level, TokenImpersonation);

    GUISE__CHECK(guise__com_token_view_is_valid(view));
    if (error == ERROR_SUCCESS) {
        error = set_slot_token(view->token);
    }
    guise_token_unref(view->token);
    return error;
}

/* An impersonation token goes into the slot as it is, at its level; a primary token as a copy that is an
 * impersonation token. */
static DWORD impersonate_handle(HANDLE token)
{
    struct guise__com_token_view view;
    DWORD error = guise__com_view_token(token, TOKEN_QUERY, &view);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    if ((view.access & (view.primary ? TOKEN_DUPLICATE : TOKEN_IMPERSONATE)) == 0) {
        guise_token_unref(view.token);
        return ERROR_ACCESS_DENIED;
    }
    if (view.primary) {
        return set_slot_copy(&view, SecurityImpersonation);
    }
    error = set_slot_token(view.token);
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI ImpersonateLoggedOnUser(HANDLE token)
{
    return guise__com_done(impersonate_handle(token));
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level)
{
    struct guise__com_token_view view;
    DWORD error = guise__com_view_process_token(&view);

    return guise__com_done(error == ERROR_SUCCESS ? set_slot_copy(&view, level) : error);
}

/* Sets a token without a user, and without ids, because a program may read them without reading the level. */
static DWORD set_slot_anonymous(void)
{
    guise_token *token = NULL;
    DWORD error = guise__com_win32_error(
        guise_token_create_without_ids(NULL, NULL, GUISE_LEVEL_ANONYMOUS, &token));

    if (error == ERROR_SUCCESS) {
        error = set_slot_token(token);
        guise_token_unref(token);
    }
    return error;
}

BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread)
{
    return guise__com_done(thread == GetCurrentThread() ? set_slot_anonymous()
                                                        : ERROR_INVALID_HANDLE);
}
