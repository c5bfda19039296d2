/* SPDX-License-Identifier: MIT */
/* Tokens behind handles: opening and duplicating them. */
#include "com/token_handle.h"

#include <guise/com/guisecom.h>
#include <guise/com/processthreadsapi.h>
#include <guise/com/securitybaseapi.h>
#include <guise/thread.h>

#include "com_hooks.h"

/* What a handle stands for. It never changes. */
struct token {
    struct guise__handled handled; /* first */
    guise_token *token;            /* owned */
    bool primary;
};

static void destroy(struct guise__handled *handled)
{
    struct token *token = (struct token *)handled;

    guise_token_unref(token->token);
    CoTaskMemFree(token);
}

static const struct guise__handle_kind token_kind = {destroy};

/* ---- errors ---------------------------------------------------------------------------------- */

BOOL guise__done(DWORD error)
{
    if (error != ERROR_SUCCESS) {
        SetLastError(error);
    }
    return error == ERROR_SUCCESS;
}

DWORD guise__win32_error(guise_result result)
{
    switch (result) {
    case GUISE_OK:
        return ERROR_SUCCESS;
    case GUISE_E_INVALID_ARGUMENT:
        return ERROR_INVALID_PARAMETER;
    case GUISE_E_BAD_LEVEL:
        return ERROR_BAD_IMPERSONATION_LEVEL;
    case GUISE_E_OUT_OF_MEMORY:
    case GUISE_E_OUT_OF_RESOURCES:
        return ERROR_NOT_ENOUGH_MEMORY;
    default:
        return ERROR_ACCESS_DENIED;
    }
}

/* ---- access rights --------------------------------------------------------------------------- */

/* Nothing here has an access control list of its own: who has got as far as naming a token may have
 * every right that tokens have, and none that they have not. */
static DWORD map_access(DWORD desired)
{
    DWORD access =
        desired & ~(GENERIC_ALL | GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ | MAXIMUM_ALLOWED);

    access |= (desired & GENERIC_READ) != 0 ? TOKEN_READ : 0;
    access |= (desired & GENERIC_WRITE) != 0 ? TOKEN_WRITE : 0;
    access |= (desired & GENERIC_EXECUTE) != 0 ? TOKEN_EXECUTE : 0;
    access |= (desired & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0 ? TOKEN_ALL_ACCESS : 0;
    return access;
}

static DWORD check_access(DWORD desired)
{
    DWORD access = map_access(desired);

    if ((access & ACCESS_SYSTEM_SECURITY) != 0) {
        return ERROR_PRIVILEGE_NOT_HELD;
    }
    return access == 0 || (access & ~TOKEN_ALL_ACCESS) != 0 ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

/* ---- handles --------------------------------------------------------------------------------- */

/* Takes over the view's reference, also when it fails. */
static DWORD open_handle(struct guise__token_view *view, DWORD desired, HANDLE *out)
{
    struct token *token = NULL;
    DWORD error = check_access(desired);

    if (error == ERROR_SUCCESS) {
        token = CoTaskMemAlloc(sizeof *token);
        error = token == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    }
    if (error != ERROR_SUCCESS) {
        guise_token_unref(view->token);
        return error;
    }
    guise__handled_init(&token->handled, &token_kind);
    token->token = view->token;
    token->primary = view->primary;
    *out = guise__handle_open(&token->handled, map_access(desired));
    return *out == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

DWORD guise__view_token(HANDLE handle, DWORD access, struct guise__token_view *out)
{
    DWORD granted;
    struct guise__handled *handled = guise__handle_take(handle, &token_kind, &granted);
    struct token *token = (struct token *)handled;

    out->token = NULL;
    if (handled == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    if ((granted & access) == access) {
        out->token = guise_token_ref(token->token);
        out->primary = token->primary;
        out->access = granted;
    }
    guise__handled_unref(handled);
    return out->token == NULL ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

DWORD guise__view_process_token(struct guise__token_view *out)
{
    out->primary = true;
    out->access = TOKEN_QUERY;
    return guise__win32_error(guise__self_token(&out->token));
}

DWORD guise__view_thread_token(struct guise__token_view *out)
{
    out->primary = false;
    out->access = TOKEN_QUERY;
    out->token = guise_token_ref(guise_thread_token());
    return out->token == NULL ? ERROR_NO_TOKEN : ERROR_SUCCESS; /* W-01 */
}

DWORD guise__peek_token(HANDLE handle, DWORD access, struct guise__token_view *out)
{
    bool has_thread_token = guise_thread_token() != NULL;

    if (handle == GetCurrentThreadToken() ||
        (handle == GetCurrentThreadEffectiveToken() && has_thread_token)) {
        return guise__view_thread_token(out);
    }
    if (handle == GetCurrentProcessToken() || handle == GetCurrentThreadEffectiveToken()) {
        return guise__view_process_token(out);
    }
    return guise__view_token(handle, access, out);
}

/* ---- who is running -------------------------------------------------------------------------- */

HANDLE WINAPI GetCurrentProcess(void)
{
    return (HANDLE)(LONG_PTR)-1; /* NOLINT: a number, never followed */
}

HANDLE WINAPI GetCurrentThread(void)
{
    return (HANDLE)(LONG_PTR)-2; /* NOLINT: a number, never followed */
}

static DWORD open_process_token(HANDLE process, DWORD access, HANDLE *out)
{
    struct guise__token_view view;
    DWORD error;

    if (process != GetCurrentProcess()) {
        return ERROR_INVALID_HANDLE;
    }
    error = guise__view_process_token(&view); /* W-20 */
    return error == ERROR_SUCCESS ? open_handle(&view, access, out) : error;
}

BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE out)
{
    if (out == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    *out = NULL;
    return guise__done(open_process_token(process, access, out));
}

/* May the token in the slot be opened at all, and who asks? */
static DWORD may_open(const guise_token *token, bool as_self)
{
    guise_level level = guise_token_level(token);

    if (level == GUISE_LEVEL_ANONYMOUS) {
        return ERROR_CANT_OPEN_ANONYMOUS; /* W-03 */
    }
    /* W-02: the client asks, and nobody may act as this one; not even to look at itself. */
    return level == GUISE_LEVEL_IDENTIFY && !as_self ? ERROR_BAD_IMPERSONATION_LEVEL
                                                     : ERROR_SUCCESS;
}

static DWORD open_thread_token(HANDLE thread, DWORD access, bool as_self, HANDLE *out)
{
    struct guise__token_view view;
    DWORD error;

    if (thread != GetCurrentThread()) {
        return ERROR_INVALID_HANDLE;
    }
    error = guise__view_thread_token(&view); /* W-01 */
    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = may_open(view.token, as_self);
    if (error != ERROR_SUCCESS) {
        guise_token_unref(view.token);
        return error;
    }
    return open_handle(&view, access, out);
}

BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE out)
{
    if (out == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    *out = NULL;
    return guise__done(open_thread_token(thread, access, as_self != FALSE, out));
}

BOOL WINAPI GuiseOpenToken(const guise_token *token, DWORD access, PHANDLE out)
{
    struct guise__token_view view = {guise_token_ref(token), false, 0};

    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || token == NULL) {
        guise_token_unref(token);
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    return guise__done(open_handle(&view, access, out));
}

/* ---- duplicates ------------------------------------------------------------------------------ */

SECURITY_IMPERSONATION_LEVEL guise__level_of(const guise_token *token)
{
    return (SECURITY_IMPERSONATION_LEVEL)(guise_token_level(token) - GUISE_LEVEL_ANONYMOUS);
}

static bool is_level(SECURITY_IMPERSONATION_LEVEL level)
{
    return (unsigned)level <= (unsigned)SecurityDelegation;
}

/* What the copy's level is in the core, or DEFAULT if there can be none. A primary token keeps the
 * level it was made at, so that nothing made from it ever rises above that. */
static guise_level copied_level(const struct guise__token_view *view,
                                SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type)
{
    guise_level present = guise_token_level(view->token);

    if (type == TokenPrimary) {
        return present >= GUISE_LEVEL_IMPERSONATE ? present : GUISE_LEVEL_DEFAULT;
    }
    return is_level(level) ? (guise_level)((unsigned)level + GUISE_LEVEL_ANONYMOUS)
                           : GUISE_LEVEL_DEFAULT;
}

DWORD guise__duplicate_token(struct guise__token_view *view, SECURITY_IMPERSONATION_LEVEL level,
                             TOKEN_TYPE type)
{
    guise_token *copy = NULL;
    guise_level wanted;
    DWORD error;

    if (type != TokenPrimary && type != TokenImpersonation) {
        return ERROR_INVALID_PARAMETER;
    }
    wanted = copied_level(view, level, type);
    if (wanted == GUISE_LEVEL_DEFAULT) {
        return ERROR_BAD_IMPERSONATION_LEVEL;
    }
    error = guise__win32_error(guise_token_duplicate(view->token, wanted, &copy));
    if (error == ERROR_SUCCESS) {
        guise_token_unref(view->token);
        view->token = copy;
        view->primary = type == TokenPrimary;
    }
    return error;
}

static DWORD duplicate(HANDLE existing, DWORD access, SECURITY_IMPERSONATION_LEVEL level,
                       TOKEN_TYPE type, HANDLE *out)
{
    struct guise__token_view view;
    DWORD error = guise__view_token(existing, TOKEN_DUPLICATE, &view);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = guise__duplicate_token(&view, level, type);
    if (error != ERROR_SUCCESS) {
        guise_token_unref(view.token);
        return error;
    }
    return open_handle(&view, access == 0 ? view.access : access, out);
}

BOOL WINAPI DuplicateTokenEx(HANDLE existing, DWORD access, LPSECURITY_ATTRIBUTES attributes,
                             SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type, PHANDLE out)
{
    if (out == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    *out = NULL;
    if (attributes != NULL &&
        (attributes->lpSecurityDescriptor != NULL || attributes->bInheritHandle != FALSE)) {
        return guise__done(ERROR_NOT_SUPPORTED); /* nothing would guard it, nobody inherit it */
    }
    return guise__done(duplicate(existing, access, level, type, out));
}

/* W-13 */
BOOL WINAPI DuplicateToken(HANDLE existing, SECURITY_IMPERSONATION_LEVEL level, PHANDLE out)
{
    return DuplicateTokenEx(existing, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, level,
                            TokenImpersonation, out);
}
