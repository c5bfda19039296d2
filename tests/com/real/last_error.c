/* SPDX-License-Identifier: MIT */
/* What went wrong, as a server returns and traces it. */
#include <windows.h>

#include <tchar.h>

#include "real.h"

#define TRACE_ROOM 64

static TCHAR s_trace[TRACE_ROOM];

HRESULT real_last_error(void)
{
    DWORD error = GetLastError();
    HRESULT hr = HRESULT_FROM_WIN32(error);

    ZeroMemory(s_trace, sizeof(s_trace));
    _sntprintf(s_trace, TRACE_ROOM, _T("error %u"), (unsigned)error);
    switch (error) {
    case ERROR_SUCCESS:
        return S_OK;
    case ERROR_NOACCESS:
    case ERROR_INVALID_USER_BUFFER:
        return E_POINTER;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
        return STG_E_ACCESSDENIED;
    case ERROR_NONE_MAPPED:
        return CO_E_NOMATCHINGSIDFOUND;
    default:
        return _tcslen(s_trace) > 6 && FAILED(hr) ? hr : E_UNEXPECTED;
    }
}
