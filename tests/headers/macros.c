/* SPDX-License-Identifier: MIT */
/* The macros of guise-com as C and C++ programs use them: in constant expressions, declarations and
 * casts. That this compiles without a word, in every mode, is the test. */
#include <windows.h>

#include <aclapi.h>
#include <guiseport.h>
#include <lmcons.h>
#include <objbase.h>
#include <process.h>
#include <tchar.h>

EXTERN_C_START

/* ---- codes ----------------------------------------------------------------------------------- */

HRESULT guise_macros_of_codes(HRESULT result, DWORD error);
HRESULT guise_macros_of_codes(HRESULT result, DWORD error)
{
    switch (result) {
    case S_OK:
    case S_FALSE:
    case E_ACCESSDENIED:
    case RPC_E_CALL_COMPLETE:
    case MAKE_HRESULT(SEVERITY_ERROR, FACILITY_ITF, 0x200):
        return NOERROR;
    case MAKE_SCODE(SEVERITY_SUCCESS, FACILITY_NULL, 7):
        return E_UNEXPECTED;
    default:
        break;
    }
    if (FAILED(result) && HRESULT_FACILITY(result) == FACILITY_WIN32 &&
        HRESULT_CODE(result) == ERROR_NOACCESS && HRESULT_SEVERITY(result) == SEVERITY_ERROR) {
        return HRESULT_FROM_WIN32(ERROR_NOACCESS);
    }
    return IS_ERROR(result) ? __HRESULT_FROM_WIN32(error) : HRESULT_FROM_WIN32(GetLastError());
}

/* ---- handles, waits, levels ------------------------------------------------------------------ */

C_ASSERT(SECURITY_MAX_SID_SIZE == 68);
C_ASSERT(UNLEN + 1 == 257);

BOOL guise_macros_of_handles(HANDLE event, HANDLE other);
BOOL guise_macros_of_handles(HANDLE event, HANDLE other)
{
    HANDLE both[2] = {NULL, NULL};
    OLECHAR *principal = COLE_DEFAULT_PRINCIPAL;
    void *identity = COLE_DEFAULT_AUTHINFO;

    both[0] = event;
    both[1] = other;
    if (event == INVALID_HANDLE_VALUE || principal == NULL || identity == NULL) {
        return FALSE;
    }
    switch (WaitForMultipleObjects(_countof(both), both, FALSE, INFINITE)) {
    case WAIT_OBJECT_0:
    case WAIT_OBJECT_0 + 1:
        return TRUE;
    case WAIT_ABANDONED_0:
    case WAIT_TIMEOUT:
        return ARRAYSIZE(both) == RTL_NUMBER_OF(both);
    case WAIT_FAILED:
    default:
        return FALSE;
    }
}

/* ---- structures ------------------------------------------------------------------------------ */

struct guise_macros_item {
    LONG number;
    LUID link;
};

LONG guise_macros_of_structures(PLUID link, const LUID *constant, LONG unused);
LONG guise_macros_of_structures(PLUID link, const LUID *constant, LONG unused)
{
    struct guise_macros_item *item = CONTAINING_RECORD(link, struct guise_macros_item, link);
    struct guise_macros_item copy;

    UNREFERENCED_PARAMETER(unused);
    DBG_UNREFERENCED_PARAMETER(unused);
    ZeroMemory(&copy, sizeof copy);
    FillMemory(&copy, sizeof copy, 0xFF);
    CopyMemory(&copy, item, sizeof copy);
    MoveMemory(&copy.link, constant, RTL_FIELD_SIZE(struct guise_macros_item, link));
    UNREFERENCED_LOCAL_VARIABLE(copy);
    return item->number + FIELD_OFFSET(struct guise_macros_item, link);
}

/* ---- classes, heap, ports -------------------------------------------------------------------- */

C_ASSERT((REGCLS_MULTIPLEUSE | REGCLS_MULTI_SEPARATE | REGCLS_SUSPENDED | REGCLS_SURROGATE |
          REGCLS_AGILE) == 0x1F);
C_ASSERT((HEAP_NO_SERIALIZE | HEAP_ZERO_MEMORY | HEAP_REALLOC_IN_PLACE_ONLY) == 0x19);
C_ASSERT((INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED) == 7);
C_ASSERT(INIT_ONCE_CTX_RESERVED_BITS == 2 && CONDITION_VARIABLE_LOCKMODE_SHARED == 1);

BOOL guise_macros_of_ports(void);
BOOL guise_macros_of_ports(void)
{
    static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static SRWLOCK lock = SRWLOCK_INIT;
    CONDITION_VARIABLE other = CONDITION_VARIABLE_INIT;

    WakeAllConditionVariable(&other);
    return TryAcquireSRWLockShared(&lock) && condition.waiters == 0 && once.word == 0;
}

/* ---- how Windows compilers spell things ------------------------------------------------------ */

/* C++98 has no type of 64 bits where long has 32. */
#if defined(__cplusplus) && __cplusplus < 201103L && !defined(__LP64__)
typedef LONGLONG guise_macros_wide;
#else
typedef __int64 guise_macros_wide;
#endif

__declspec(dllexport) LONG __stdcall guise_macros_stdcall(guise_macros_wide wide,
                                                          unsigned __int32 narrow);
__declspec(dllexport) LONG __stdcall guise_macros_stdcall(guise_macros_wide wide,
                                                          unsigned __int32 narrow)
{
    static __declspec(thread) LONG calls;
    static __declspec(align(16)) BYTE bytes[16];

    bytes[0] = 1;
    return ++calls + bytes[0] + (wide == 0) + (narrow == 0);
}

__declspec(noinline) void __cdecl guise_macros_cdecl(void);
__declspec(noinline) void __cdecl guise_macros_cdecl(void) {}
typedef DWORD(WINAPI *guise_macros_thread)(LPVOID parameter);
typedef void(_cdecl *guise_macros_callback)(LONG);
typedef LONG(_stdcall *guise_macros_other)(__int8, __int16);

static __forceinline LONG guise_macros_inline(void)
{
    return _getpid() > 0 ? 1 : 0;
}

int guise_macros_of_text(LPCTSTR text);
int guise_macros_of_text(LPCTSTR text)
{
    static const TCHAR name[] = _T("name");
    LPCTSTR other = TEXT("other");

    return guise_macros_inline() + (text == other) + (_tcscmp(text, name) == 0) +
           (_tcslen(_TEXT("four")) == 4);
}

EXTERN_C_END

/* ---- an interface of a program's own --------------------------------------------------------- */

DEFINE_GUID(IID_IGuiseMacros, 0x0A0B0C0E, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

#undef INTERFACE
#define INTERFACE IGuiseMacros
DECLARE_INTERFACE_IID_(IGuiseMacros, IUnknown, "0A0B0C0E-0001-0002-0304-05060708090A")
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **object) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Add)(THIS_ LONG one, LONG other) PURE;
    IFACEMETHOD_(LONG, Sum)(THIS) PURE;
};

STDAPI guise_macros_stdapi(REFIID one, REFIID other);
STDAPI guise_macros_stdapi(REFIID one, REFIID other)
{
    return IsEqualIID(one, other) && IsEqualGUID(one, other) ? S_OK : E_NOINTERFACE;
}
