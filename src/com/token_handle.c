/* SPDX-License-Identifier: MIT */
/* Opening and duplicating tokens. */
#include "com/token_handle.h"

#include <guise/com/guisecom.h>
#include <guise/com/processthreadsapi.h>
#include <guise/com/securitybaseapi.h>
#include <guise/thread.h>

#include "base/check.h"
#include "thread/process_token.h"

/* The object of a token's handle. It does not change. */
struct token {
    struct guise__com_handled handled; /* first */
    guise_token *token;                /* owned */
    bool primary;
};

static void destroy_token(struct guise__com_handled *handled)
{
    struct token *token = (struct token *)handled;

    guise_token_unref(token->token);
    CoTaskMemFree(token);
}

static const struct guise__com_handle_kind token_kind = {destroy_token};

/* ---- errors ---------------------------------------------------------------------------------- */

BOOL guise__com_done(DWORD error)
{
    if (error != ERROR_SUCCESS) {
        SetLastError(error);
    }
    return error == ERROR_SUCCESS;
}

DWORD guise__com_win32_error(guise_result result)
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

/* Grants every right that tokens have, and refuses others, because no token has an access control list. */
static DWORD map_access(DWORD desired)
{
    DWORD access =
        desired & ~(GENERIC_ALL | GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ | MAXIMUM_ALLOWED);

    access |= (desired & GENERIC_READ) != 0 ? TOKEN_READ : 0;
    access |= (desired & GENERIC_WRITE) != 0 ? TOKEN_WRITE : 0;
    access |= (desired & GENERIC_EXECUTE) != 0 ? TOKEN_EXECUTE : 0;
    access |= (desired & (GENERIC_ALL | MAXIMUM_ALLOWED)) != 0 ? TOKEN_ALL_ACCESS : 0;
    GUISE__CHECK((access & (GENERIC_ALL | GENERIC_EXECUTE | GENERIC_WRITE | GENERIC_READ)) == 0);
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
static DWORD open_handle(struct guise__com_token_view *view, DWORD desired, HANDLE *out)
{
    struct token *token = NULL;
    DWORD error = check_access(desired);

    GUISE__CHECK(guise__com_token_view_is_valid(view));
    if (error == ERROR_SUCCESS) {
        token = CoTaskMemAlloc(sizeof *token);
        error = token == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    }
    if (error != ERROR_SUCCESS) {
        guise_token_unref(view->token);
        return error;
    }
    guise__com_handled_init(&token->handled, &token_kind);
    token->token = view->token;
    token->primary = view->primary;
    GUISE__CHECK(token->token != NULL);
    *out = guise__com_handle_open(&token->handled, map_access(desired));
    return *out == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}

DWORD guise__com_view_token(HANDLE handle, DWORD access, struct guise__com_token_view *out)
{
    DWORD granted;
    struct guise__com_handled *handled = guise__com_handle_take(handle, &token_kind, &granted);
    struct token *token = (struct token *)handled;

    out->token = NULL;
    if (handled == NULL) {
        return ERROR_INVALID_HANDLE;
    }
    if ((granted & access) == access) {
        out->token = guise_token_ref(token->token);
        out->primary = token->primary;
        out->access = granted;
        GUISE__CHECK(guise__com_token_view_is_valid(out));
    }
    guise__com_handled_unref(handled);
    return out->token == NULL ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
}

DWORD guise__com_view_process_token(struct guise__com_token_view *out)
{
    out->primary = true;
    out->access = TOKEN_QUERY;
    return guise__com_win32_error(guise__process_token(&out->token));
}

DWORD guise__com_view_thread_token(struct guise__com_token_view *out)
{
    out->primary = false;
    out->access = TOKEN_QUERY;
    out->token = guise_token_ref(guise_thread_token());
    /* A thread has no token of its own unless it impersonates (W-01). */
    return out->token == NULL ? ERROR_NO_TOKEN : ERROR_SUCCESS;
}

DWORD guise__com_peek_token(HANDLE handle, DWORD access, struct guise__com_token_view *out)
{
    bool has_thread_token = guise_thread_token() != NULL;

    if (handle == GetCurrentThreadToken() ||
        (handle == GetCurrentThreadEffectiveToken() && has_thread_token)) {
        return guise__com_view_thread_token(out);
    }
    if (handle == GetCurrentProcessToken() || handle == GetCurrentThreadEffectiveToken()) {
        return guise__com_view_process_token(out);
    }
    return guise__com_view_token(handle, access, out);
}

/* ---- the process and the thread -------------------------------------------------------------- */

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
    struct guise__com_token_view view;
    DWORD error;

    if (process != GetCurrentProcess()) {
        return ERROR_INVALID_HANDLE;
    }
    /* The process's token is the server's, also on a client's thread (W-20). */
    error = guise__com_view_process_token(&view);
    return error == ERROR_SUCCESS ? open_handle(&view, access, out) : error;
}

BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE out)
{
    if (out == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *out = NULL;
    return guise__com_done(open_process_token(process, access, out));
}

/* Returns ERROR_SUCCESS if the token in the slot may be opened, as the client or, with as_self, as the
 * process. */
static DWORD check_openable(const guise_token *token, bool as_self)
{
    guise_level level = guise_token_level(token);

    GUISE__CHECK(token != NULL);
    if (level == GUISE_LEVEL_ANONYMOUS) {
        return ERROR_CANT_OPEN_ANONYMOUS; /* an anonymous token cannot be opened (W-03) */
    }
    /* At identify level no thread may act as the client, not even to read its token (W-02). */
    return level == GUISE_LEVEL_IDENTIFY && !as_self ? ERROR_BAD_IMPERSONATION_LEVEL
                                                     : ERROR_SUCCESS;
}

static DWORD open_thread_token(HANDLE thread, DWORD access, bool as_self, HANDLE *out)
{
    struct guise__com_token_view view;
    DWORD error;

    if (thread != GetCurrentThread()) {
        return ERROR_INVALID_HANDLE;
    }
    /* A thread has no token of its own unless it impersonates (W-01). */
    error = guise__com_view_thread_token(&view);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = check_openable(view.token, as_self);
    if (error != ERROR_SUCCESS) {
        guise_token_unref(view.token);
        return error;
    }
    return open_handle(&view, access, out);
}

BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE out)
{
    if (out == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *out = NULL;
    return guise__com_done(open_thread_token(thread, access, as_self != FALSE, out));
}

BOOL WINAPI GuiseOpenToken(const guise_token *token, DWORD access, PHANDLE out)
{
    struct guise__com_token_view view = {guise_token_ref(token), false, 0};

    if (out != NULL) {
        *out = NULL;
    }
    if (out == NULL || token == NULL) {
        guise_token_unref(token);
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    return guise__com_done(open_handle(&view, access, out));
}

/* ---- duplicates ------------------------------------------------------------------------------ */

SECURITY_IMPERSONATION_LEVEL guise__com_level_of(const guise_token *token)
{
    return (SECURITY_IMPERSONATION_LEVEL)(guise_token_level(token) - GUISE_LEVEL_ANONYMOUS);
}

static bool is_level(SECURITY_IMPERSONATION_LEVEL level)
{
    return (unsigned)level <= (unsigned)SecurityDelegation;
}

/* Returns the copy's level in the core, or DEFAULT if the copy is refused. A primary token keeps the level
 * that it was made at, so that no copy of it gets a higher one. */
static guise_level copied_level(const struct guise__com_token_view *view,
                                SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type)
{
    guise_level present = guise_token_level(view->token);

    GUISE__CHECK(guise__com_token_view_is_valid(view));
    if (type == TokenPrimary) {
        return present >= GUISE_LEVEL_IMPERSONATE ? present : GUISE_LEVEL_DEFAULT;
    }
    return is_level(level) ? (guise_level)((unsigned)level + GUISE_LEVEL_ANONYMOUS)
                           : GUISE_LEVEL_DEFAULT;
}

DWORD guise__com_duplicate_token(struct guise__com_token_view *view,
                                 SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type)
{
    guise_token *copy = NULL;
    guise_level wanted;
    DWORD error;

    GUISE__CHECK(guise__com_token_view_is_valid(view));
    if (type != TokenPrimary && type != TokenImpersonation) {
        return ERROR_INVALID_PARAMETER;
    }
    wanted = copied_level(view, level, type);
    if (wanted == GUISE_LEVEL_DEFAULT) {
        return ERROR_BAD_IMPERSONATION_LEVEL;
    }
    error = guise__com_win32_error(guise_token_duplicate(view->token, wanted, &copy));
    if (error == ERROR_SUCCESS) {
        guise_token_unref(view->token);
        view->token = copy;
        view->primary = type == TokenPrimary;
        GUISE__CHECK(guise__com_token_view_is_valid(view));
    }
    return error;
}

static DWORD duplicate_handle(HANDLE existing, DWORD access, SECURITY_IMPERSONATION_LEVEL level,
                              TOKEN_TYPE type, HANDLE *out)
{
    struct guise__com_token_view view;
    DWORD error = guise__com_view_token(existing, TOKEN_DUPLICATE, &view);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = guise__com_duplicate_token(&view, level, type);
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
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *out = NULL;
    if (attributes != NULL &&
        (attributes->lpSecurityDescriptor != NULL || attributes->bInheritHandle != FALSE)) {
        return guise__com_done(ERROR_NOT_SUPPORTED); /* neither would have an effect */
    }
    return guise__com_done(duplicate_handle(existing, access, level, type, out));
}

/* The copy is an impersonation token for TOKEN_QUERY and TOKEN_IMPERSONATE (W-13). */
BOOL WINAPI DuplicateToken(HANDLE existing, SECURITY_IMPERSONATION_LEVEL level, PHANDLE out)
{
    return DuplicateTokenEx(existing, TOKEN_IMPERSONATE | TOKEN_QUERY, NULL, level,
                            TokenImpersonation, out);
}
