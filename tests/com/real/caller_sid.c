/* SPDX-License-Identifier: MIT */
/* Who is calling, for the log: the thread's token, or else the process's, and its user's SID. */
#include <windows.h>

#include <sddl.h>

#include <stdio.h>
#include <stdlib.h>

#include "real.h"

static BOOL open_effective_token(HANDLE *token)
{
    if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, token))
        return TRUE;
    if (GetLastError() != ERROR_NO_TOKEN)
        return FALSE;
    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token);
}

static PTOKEN_USER user_of_token(HANDLE token)
{
    PTOKEN_USER user;
    DWORD size = 0;

    if (GetTokenInformation(token, TokenUser, NULL, 0, &size) ||
        GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return NULL;
    user = (PTOKEN_USER)malloc(size);
    if (user != NULL && !GetTokenInformation(token, TokenUser, user, size, &size)) {
        free(user);
        user = NULL;
    }
    return user;
}

HRESULT real_caller_sid(char *text, size_t room)
{
    HANDLE token = NULL;
    PTOKEN_USER user = NULL;
    LPSTR string = NULL;
    HRESULT hr = S_OK;

    if (!open_effective_token(&token))
        return HRESULT_FROM_WIN32(GetLastError());
    user = user_of_token(token);
    if (user == NULL || !ConvertSidToStringSidA(user->User.Sid, &string))
        hr = HRESULT_FROM_WIN32(GetLastError());
    else if (snprintf(text, room, "%s", string) >= (int)room)
        hr = HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER);
    LocalFree(string);
    free(user);
    CloseHandle(token);
    return hr;
}
