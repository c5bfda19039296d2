/* SPDX-License-Identifier: MIT */
/*
 * Privileges by name and number. Both are Windows', where the numbers do not change. No token holds a
 * privilege, so that a privilege has no other state.
 */
#include "com/token_handle.h"

#include <string.h>

#include <guise/com/combaseapi.h>
#include <guise/com/securitybaseapi.h>
#include <guise/com/winbase.h>

#include "base/check.h"
#include "com/charset.h"

enum { FIRST_PRIVILEGE = 2 };

/* From FIRST_PRIVILEGE on, in the order of their numbers. */
static const char *const s_names[] = {
    "SeCreateTokenPrivilege",
    "SeAssignPrimaryTokenPrivilege",
    "SeLockMemoryPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeMachineAccountPrivilege",
    "SeTcbPrivilege",
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeShutdownPrivilege",
    "SeDebugPrivilege",
    "SeAuditPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeChangeNotifyPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeUndockPrivilege",
    "SeSyncAgentPrivilege",
    "SeEnableDelegationPrivilege",
    "SeManageVolumePrivilege",
    "SeImpersonatePrivilege",
    "SeCreateGlobalPrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeRelabelPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeTimeZonePrivilege",
    "SeCreateSymbolicLinkPrivilege",
    "SeDelegateSessionUserImpersonatePrivilege",
};

enum { PRIVILEGES = sizeof s_names / sizeof *s_names };

/* ---- by name --------------------------------------------------------------------------------- */

/* Returns the number of the privilege, or 0. */
static DWORD find_privilege(const char *name)
{
    GUISE__CHECK(name != NULL);
    for (DWORD i = 0; i < PRIVILEGES; i++) {
        if (guise__com_text_is_same(name, s_names[i])) {
            return FIRST_PRIVILEGE + i;
        }
    }
    return 0;
}

static DWORD lookup_value(const void *name, bool is_wide, LUID *luid)
{
    char *loaded = guise__com_text_load(name, is_wide);
    DWORD number;

    if (loaded == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    number = find_privilege(loaded);
    CoTaskMemFree(loaded);
    if (number == 0) {
        return ERROR_NO_SUCH_PRIVILEGE;
    }
    GUISE__CHECK(number - FIRST_PRIVILEGE < PRIVILEGES);
    luid->LowPart = number;
    luid->HighPart = 0;
    return ERROR_SUCCESS;
}

static BOOL lookup_privilege_value(const void *system, const void *name, bool is_wide, LUID *luid)
{
    if (luid == NULL || name == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    if (!guise__com_text_is_empty(system, is_wide)) {
        return guise__com_done(RPC_S_SERVER_UNAVAILABLE);
    }
    return guise__com_done(lookup_value(name, is_wide, luid));
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR system, LPCSTR name, PLUID luid)
{
    return lookup_privilege_value(system, name, false, luid);
}

BOOL WINAPI LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, PLUID luid)
{
    return lookup_privilege_value(system, name, true, luid);
}

/* ---- by number ------------------------------------------------------------------------------- */

static DWORD lookup_name(const LUID *luid, bool is_wide, void *name, DWORD *length)
{
    DWORD index = luid->LowPart - FIRST_PRIVILEGE;
    DWORD size;

    if (luid->HighPart != 0 || index >= PRIVILEGES) {
        return ERROR_NO_SUCH_PRIVILEGE;
    }
    size = guise__com_text_size(s_names[index], is_wide);
    if (*length < size) {
        *length = size;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    if (name == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    guise__com_text_store(s_names[index], is_wide, name);
    *length = size - 1;
    return ERROR_SUCCESS;
}

static BOOL lookup_privilege_name(const void *system, const LUID *luid, bool is_wide, void *name,
                                  DWORD *length)
{
    if (luid == NULL || length == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    if (!guise__com_text_is_empty(system, is_wide)) {
        return guise__com_done(RPC_S_SERVER_UNAVAILABLE);
    }
    return guise__com_done(lookup_name(luid, is_wide, name, length));
}

BOOL WINAPI LookupPrivilegeNameA(LPCSTR system, PLUID luid, LPSTR name, LPDWORD length)
{
    return lookup_privilege_name(system, luid, false, name, length);
}

BOOL WINAPI LookupPrivilegeNameW(LPCWSTR system, PLUID luid, LPWSTR name, LPDWORD length)
{
    return lookup_privilege_name(system, luid, true, name, length);
}

/* ---- switching them on and off --------------------------------------------------------------- */

/* Stores the previous state of what was changed, which is an empty list. */
static DWORD store_previous(DWORD room, TOKEN_PRIVILEGES *previous, DWORD *needed)
{
    DWORD size = offsetof(TOKEN_PRIVILEGES, Privileges);

    if (previous == NULL) {
        return ERROR_SUCCESS;
    }
    if (needed == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    *needed = size;
    if (room < size) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    memset(previous, 0, size);
    return ERROR_SUCCESS;
}

/* Returns 0 if the handle has the rights that this needs. */
static DWORD check_adjust(HANDLE token, bool wants_previous)
{
    struct guise__com_token_view view;
    DWORD access = TOKEN_ADJUST_PRIVILEGES | (wants_previous ? TOKEN_QUERY : 0);
    DWORD error = guise__com_view_token(token, access, &view);

    guise_token_unref(view.token);
    return error;
}

/* No token holds a privilege, so disabling all succeeds, and enabling one gives ERROR_NOT_ALL_ASSIGNED
 * (W-26). */
static DWORD adjust_outcome(bool disable_all, const TOKEN_PRIVILEGES *wanted)
{
    return disable_all || wanted->PrivilegeCount == 0 ? ERROR_SUCCESS : ERROR_NOT_ALL_ASSIGNED;
}

BOOL WINAPI AdjustTokenPrivileges(HANDLE token, BOOL disable_all, PTOKEN_PRIVILEGES wanted,
                                  DWORD room, PTOKEN_PRIVILEGES previous, PDWORD needed)
{
    DWORD error = check_adjust(token, previous != NULL);

    if (error == ERROR_SUCCESS && !disable_all && wanted == NULL) {
        error = ERROR_INVALID_PARAMETER;
    }
    if (error == ERROR_SUCCESS) {
        error = store_previous(room, previous, needed);
    }
    if (error != ERROR_SUCCESS) {
        return guise__com_done(error);
    }
    /* Also on success, because callers read it then. */
    SetLastError(adjust_outcome(disable_all != FALSE, wanted));
    return TRUE;
}
