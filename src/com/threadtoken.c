/* SPDX-License-Identifier: MIT */
/*
 * What is in a thread's slot, by Win32's names. The slot is the core's, and so is everything that
 * happens to it; what COM's own revert goes back to is not touched here (W-12).
 */
#include "com/token_handle.h"

#include <guise/com/processthreadsapi.h>
#include <guise/com/securitybaseapi.h>
#include <guise/thread.h>

/* W-23: the slot takes a reference of its own, and gives the old one back. */
static DWORD wear(const guise_token *token)
{
    return guise__win32_error(guise_set_thread_token(token));
}

/* ---- W-04, W-05, W-11 ------------------------------------------------------------------------ */

static DWORD set_thread_token(const HANDLE *thread, HANDLE token)
{
    struct guise__token_view view;
    DWORD error;

    if (thread != NULL && *thread != GetCurrentThread()) {
        return ERROR_INVALID_HANDLE;
    }
    if (token == NULL) {
        return wear(NULL);
    }
    error = guise__view_token(token, TOKEN_IMPERSONATE, &view);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = view.primary ? ERROR_BAD_TOKEN_TYPE : wear(view.token);
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI SetThreadToken(PHANDLE thread, HANDLE token)
{
    return guise__done(set_thread_token(thread, token));
}

/* Empties the slot, whoever filled it; a thread that cannot be made itself ends the process. */
BOOL WINAPI RevertToSelf(void)
{
    return guise__done(wear(NULL));
}

/* ---- W-06, W-09, W-10 ------------------------------------------------------------------------ */

/* Consumes the view. */
static DWORD wear_copy(struct guise__token_view *view, SECURITY_IMPERSONATION_LEVEL level)
{
    DWORD error = guise__duplicate_token(view, level, TokenImpersonation);

    if (error == ERROR_SUCCESS) {
        error = wear(view->token);
    }
    guise_token_unref(view->token);
    return error;
}

/* A thread cannot be a primary token, so it becomes a copy; an impersonation token it becomes
 * itself, at the level it has. */
static DWORD impersonate(HANDLE token)
{
    struct guise__token_view view;
    DWORD error = guise__view_token(token, TOKEN_QUERY, &view);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    if ((view.access & (view.primary ? TOKEN_DUPLICATE : TOKEN_IMPERSONATE)) == 0) {
        guise_token_unref(view.token);
        return ERROR_ACCESS_DENIED;
    }
    if (view.primary) {
        return wear_copy(&view, SecurityImpersonation);
    }
    error = wear(view.token);
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI ImpersonateLoggedOnUser(HANDLE token)
{
    return guise__done(impersonate(token));
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL level)
{
    struct guise__token_view view;
    DWORD error = guise__view_process_token(&view);

    return guise__done(error == ERROR_SUCCESS ? wear_copy(&view, level) : error);
}

/*
 * Nobody, and nobody's ids: not the process's, which somebody might read without looking at the
 * level; not the overflow id, which the core refuses, because people can have it.
 */
static DWORD wear_anonymous(void)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = (uid_t)-2, .gid = (gid_t)-2, .level = GUISE_LEVEL_ANONYMOUS};
    guise_token *token = NULL;
    DWORD error = guise__win32_error(guise_token_create(&desc, &token));

    if (error == ERROR_SUCCESS) {
        error = wear(token);
        guise_token_unref(token);
    }
    return error;
}

BOOL WINAPI ImpersonateAnonymousToken(HANDLE thread)
{
    return guise__done(thread == GetCurrentThread() ? wear_anonymous() : ERROR_INVALID_HANDLE);
}
