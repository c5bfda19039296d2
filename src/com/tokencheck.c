/* SPDX-License-Identifier: MIT */
/* What a token is good for: membership, privileges, access (W-17 to W-19). */
#include "com/token_handle.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "com/accesscheck.h"
#include "com/sid.h"

/* Enough to know who it is; nothing here needs more (W-19). */
static DWORD must_identify(const guise_token *token)
{
    return guise_token_level(token) >= GUISE_LEVEL_IDENTIFY ? ERROR_SUCCESS
                                                            : ERROR_BAD_IMPERSONATION_LEVEL;
}

static DWORD must_impersonate(const struct guise__token_view *view)
{
    return view->primary ? ERROR_NO_IMPERSONATION_TOKEN : must_identify(view->token);
}

/* ---- W-17 ------------------------------------------------------------------------------------ */

/* NULL: who this thread is. One in the slot is opened, as it were, so an anonymous one cannot be
 * (W-03). */
static DWORD view_own(struct guise__token_view *out)
{
    if (guise__view_thread_token(out) == ERROR_SUCCESS) {
        return guise_token_level(out->token) == GUISE_LEVEL_ANONYMOUS ? ERROR_CANT_OPEN_ANONYMOUS
                                                                      : ERROR_SUCCESS;
    }
    return guise__view_process_token(out);
}

static DWORD view_member(HANDLE token, struct guise__token_view *out)
{
    DWORD error;

    if (token == NULL) {
        return view_own(out);
    }
    error = guise__peek_token(token, TOKEN_QUERY, out);
    return error == ERROR_SUCCESS ? must_impersonate(out) : error;
}

BOOL WINAPI CheckTokenMembership(HANDLE token, PSID sid, PBOOL is_member)
{
    struct guise__token_view view = {NULL, false, 0};
    DWORD error;

    if (is_member == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    *is_member = FALSE;
    if (sid == NULL || !IsValidSid(sid)) {
        return guise__done(ERROR_INVALID_SID);
    }
    error = view_member(token, &view);
    if (error == ERROR_SUCCESS) {
        *is_member = guise__token_has_sid(view.token, sid) ? TRUE : FALSE;
    }
    guise_token_unref(view.token);
    return guise__done(error);
}

/* ---- privileges ------------------------------------------------------------------------------ */

/* No token holds any: all of none are held, one of none is not. */
static bool holds(const PRIVILEGE_SET *required)
{
    return required->PrivilegeCount == 0 && (required->Control & PRIVILEGE_SET_ALL_NECESSARY) != 0;
}

BOOL WINAPI PrivilegeCheck(HANDLE token, PPRIVILEGE_SET required, LPBOOL result)
{
    struct guise__token_view view;
    DWORD error;

    if (result == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    *result = FALSE;
    if (required == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    error = guise__view_token(token, TOKEN_QUERY, &view);
    if (error == ERROR_SUCCESS) {
        error = view.primary ? ERROR_SUCCESS : must_identify(view.token);
    }
    if (error == ERROR_SUCCESS) {
        *result = holds(required) ? TRUE : FALSE;
    }
    guise_token_unref(view.token);
    return guise__done(error);
}

/* ---- W-18 ------------------------------------------------------------------------------------ */

/* Which privileges made the difference: none ever does. */
static DWORD tell_privileges(PRIVILEGE_SET *used, DWORD *room)
{
    if (*room < sizeof *used) {
        *room = sizeof *used;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    memset(used, 0, sizeof *used);
    return ERROR_SUCCESS;
}

BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE client, DWORD desired,
                        PGENERIC_MAPPING mapping, PPRIVILEGE_SET used, LPDWORD used_length,
                        LPDWORD granted, LPBOOL status)
{
    struct guise__token_view view;
    DWORD error;

    if (granted != NULL) {
        *granted = 0;
    }
    if (status != NULL) {
        *status = FALSE;
    }
    if (descriptor == NULL || mapping == NULL || used_length == NULL || granted == NULL ||
        status == NULL || (used == NULL && *used_length >= sizeof *used)) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    error = guise__peek_token(client, TOKEN_QUERY, &view);
    if (error == ERROR_SUCCESS) {
        error = must_impersonate(&view);
    }
    if (error == ERROR_SUCCESS) {
        error = tell_privileges(used, used_length);
    }
    if (error == ERROR_SUCCESS) {
        error = guise__access_check(view.token, descriptor, desired, mapping, granted, status);
    }
    guise_token_unref(view.token);
    return guise__done(error);
}
