/* SPDX-License-Identifier: MIT */
/* Asks for a privilege, and looks whether that did anything. */
#include <windows.h>

#include "more.h"

DWORD real_enable_privilege(LPCSTR name)
{
    TOKEN_PRIVILEGES tp;
    HANDLE token = NULL;
    DWORD error = ERROR_SUCCESS;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return GetLastError();
    tp.PrivilegeCount = 1;
    tp.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueA(NULL, name, &tp.Privileges[0].Luid) ||
        !AdjustTokenPrivileges(token, FALSE, &tp, sizeof(tp), NULL, NULL))
        error = GetLastError();
    else
        error = GetLastError(); /* ERROR_NOT_ALL_ASSIGNED comes with success */
    CloseHandle(token);
    return error;
}
