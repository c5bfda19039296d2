/* SPDX-License-Identifier: MIT */
/* Checks with a token: membership, privileges, access (W-17 to W-19). */
#include "com/token_handle.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/accesscheck.h"
#include "com/sid.h"

/* A check needs identify level, at which a token has a user, and no more (W-19). */
static DWORD must_identify(const guise_token *token)
{
    GUISE__CHECK(token != NULL);
    return guise_token_level(token) >= GUISE_LEVEL_IDENTIFY ? ERROR_SUCCESS
                                                            : ERROR_BAD_IMPERSONATION_LEVEL;
}

static DWORD must_impersonate(const struct guise__com_token_view *view)
{
    GUISE__CHECK(guise__com_token_view_is_valid(view));
    return view->primary ? ERROR_NO_IMPERSONATION_TOKEN : must_identify(view->token);
}

/* ---- membership (W-17) ----------------------------------------------------------------------- */

/* Finds the token of this thread or, if it has none, of the process. Fails for an anonymous token in the
 * slot, which cannot be opened (W-03). */
static DWORD view_own(struct guise__com_token_view *out)
{
    if (guise__com_view_thread_token(out) == ERROR_SUCCESS) {
        return guise_token_level(out->token) == GUISE_LEVEL_ANONYMOUS ? ERROR_CANT_OPEN_ANONYMOUS
                                                                      : ERROR_SUCCESS;
    }
    return guise__com_view_process_token(out);
}

static DWORD view_member(HANDLE token, struct guise__com_token_view *out)
{
    DWORD error;

    if (token == NULL) {
        return view_own(out);
    }
    error = guise__com_peek_token(token, TOKEN_QUERY, out);
    return error == ERROR_SUCCESS ? must_impersonate(out) : error;
}

BOOL WINAPI CheckTokenMembership(HANDLE token, PSID sid, PBOOL is_member)
{
    struct guise__com_token_view view = {NULL, false, 0};
    DWORD error;

    if (is_member == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *is_member = FALSE;
    if (sid == NULL || !IsValidSid(sid)) {
        return guise__com_done(ERROR_INVALID_SID);
    }
    error = view_member(token, &view);
    if (error == ERROR_SUCCESS) {
        *is_member = guise__com_token_has_sid(view.token, sid) ? TRUE : FALSE;
    }
    guise_token_unref(view.token);
    return guise__com_done(error);
}

/* ---- privileges ------------------------------------------------------------------------------ */

/* No token holds a privilege, so a set is held only if it is empty and all of it is required. */
static bool holds_privileges(const PRIVILEGE_SET *required)
{
    return required->PrivilegeCount == 0 && (required->Control & PRIVILEGE_SET_ALL_NECESSARY) != 0;
}

BOOL WINAPI PrivilegeCheck(HANDLE token, PPRIVILEGE_SET required, LPBOOL result)
{
    struct guise__com_token_view view;
    DWORD error;

    if (result == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *result = FALSE;
    if (required == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    error = guise__com_view_token(token, TOKEN_QUERY, &view);
    if (error == ERROR_SUCCESS) {
        error = view.primary ? ERROR_SUCCESS : must_identify(view.token);
    }
    if (error == ERROR_SUCCESS) {
        *result = holds_privileges(required) ? TRUE : FALSE;
    }
    guise_token_unref(view.token);
    return guise__com_done(error);
}

/* ---- access (W-18) --------------------------------------------------------------------------- */

/* Checks the room for the privileges that were used, of which there are none. */
static DWORD check_room(DWORD *room)
{
    if (*room < sizeof(PRIVILEGE_SET)) {
        *room = sizeof(PRIVILEGE_SET);
        return ERROR_INSUFFICIENT_BUFFER;
    }
    return ERROR_SUCCESS;
}

/* Checks the pointers before anything else. NULL with length 0 asks for the length. */
static DWORD check_arguments(const void *used, const DWORD *used_length, const DWORD *granted,
                             const BOOL *status)
{
    if (granted == NULL || status == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (used_length == NULL || (used == NULL && *used_length != 0)) {
        return ERROR_NOACCESS;
    }
    return ERROR_SUCCESS;
}

static DWORD check_access(PSECURITY_DESCRIPTOR descriptor, HANDLE client, DWORD desired,
                          PGENERIC_MAPPING mapping, PPRIVILEGE_SET used, LPDWORD used_length,
                          LPDWORD granted, LPBOOL status)
{
    struct guise__com_token_view view = {NULL, false, 0};
    DWORD error;

    if (descriptor == NULL || mapping == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    error = guise__com_peek_token(client, TOKEN_QUERY, &view);
    if (error == ERROR_SUCCESS) {
        error = must_impersonate(&view);
    }
    if (error == ERROR_SUCCESS) {
        error = check_room(used_length);
    }
    if (error == ERROR_SUCCESS) {
        error = guise__com_access_check(view.token, descriptor, desired, mapping, granted, status);
    }
    if (error == ERROR_SUCCESS) {
        memset(used, 0, sizeof *used);
    }
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI AccessCheck(PSECURITY_DESCRIPTOR descriptor, HANDLE client, DWORD desired,
                        PGENERIC_MAPPING mapping, PPRIVILEGE_SET used, LPDWORD used_length,
                        LPDWORD granted, LPBOOL status)
{
    DWORD error = check_arguments(used, used_length, granted, status);

    if (error == ERROR_SUCCESS) {
        error =
            check_access(descriptor, client, desired, mapping, used, used_length, granted, status);
    }
    return guise__com_done(error);
}
