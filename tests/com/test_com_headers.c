/* SPDX-License-Identifier: MIT */
/* The headers: widths, vtable slots, codes, identifiers and constants. */
#include "com_test.h"

#include <rpc.h>
#include <windows.h>

#include <initguid.h>

#include "codes.h"
#include "own_iid.h"

const IID *second_unit_iid(void);

/* ---- widths ---------------------------------------------------------------------------------- */

#define IS_SIGNED(type) ((type)-1 < (type)1)

static void widths_are_those_of_windows(void **state)
{
    (void)state;
    assert_int_equal(sizeof(LONG), 4);
    assert_int_equal(sizeof(ULONG), 4);
    assert_int_equal(sizeof(DWORD), 4);
    assert_int_equal(sizeof(HRESULT), 4);
    assert_int_equal(sizeof(BOOL), 4);
    assert_int_equal(sizeof(INT), 4);
    assert_int_equal(sizeof(UINT), 4);
    assert_int_equal(sizeof(WORD), 2);
    assert_int_equal(sizeof(BYTE), 1);
    assert_int_equal(sizeof(BOOLEAN), 1);
    assert_int_equal(sizeof(WCHAR), 2);
    assert_int_equal(sizeof(OLECHAR), 2);
    assert_int_equal(sizeof(LONGLONG), 8);
    assert_int_equal(sizeof(GUID), 16);
    assert_int_equal(sizeof(HANDLE), sizeof(void *));
    assert_int_equal(sizeof(ULONG_PTR), sizeof(void *));
    assert_int_equal(sizeof(SIZE_T), sizeof(void *));
    assert_true(IS_SIGNED(LONG) && IS_SIGNED(HRESULT) && IS_SIGNED(BOOL));
    assert_false(IS_SIGNED(ULONG) || IS_SIGNED(DWORD) || IS_SIGNED(WCHAR) || IS_SIGNED(BYTE));
    assert_int_equal(sizeof(OLESTR("abc")), 8);
}

static void a_guid_has_no_padding(void **state)
{
    (void)state;
    assert_int_equal(offsetof(GUID, Data1), 0);
    assert_int_equal(offsetof(GUID, Data2), 4);
    assert_int_equal(offsetof(GUID, Data3), 6);
    assert_int_equal(offsetof(GUID, Data4), 8);
}

/* ---- slots ----------------------------------------------------------------------------------- */

#define assert_slot(interface_name, method, slot)                                                  \
    assert_int_equal(offsetof(interface_name##Vtbl, method), (slot) * sizeof(void (*)(void)))
#define assert_slots(interface_name, count)                                                        \
    do {                                                                                           \
        assert_slot(interface_name, QueryInterface, 0);                                            \
        assert_slot(interface_name, AddRef, 1);                                                    \
        assert_slot(interface_name, Release, 2);                                                   \
        assert_int_equal(sizeof(interface_name##Vtbl), (count) * sizeof(void (*)(void)));          \
        assert_int_equal(sizeof(interface_name), sizeof(void *));                                  \
    } while (0)

static void slots_of_unknown_and_factories(void **state)
{
    (void)state;
    assert_slots(IUnknown, 3);
    assert_slots(IClassFactory, 5);
    assert_slot(IClassFactory, CreateInstance, 3);
    assert_slot(IClassFactory, LockServer, 4);
    assert_slots(ICallFactory, 4);
    assert_slot(ICallFactory, CreateCall, 3);
}

static void slots_of_synchronization(void **state)
{
    (void)state;
    assert_slots(ISynchronize, 6);
    assert_slot(ISynchronize, Wait, 3);
    assert_slot(ISynchronize, Signal, 4);
    assert_slot(ISynchronize, Reset, 5);
    assert_slots(ISynchronizeHandle, 4);
    assert_slot(ISynchronizeHandle, GetHandle, 3);
    assert_slots(ISynchronizeEvent, 5);
    assert_slot(ISynchronizeEvent, GetHandle, 3);
    assert_slot(ISynchronizeEvent, SetEventHandle, 4);
    assert_slots(ISynchronizeContainer, 5);
    assert_slot(ISynchronizeContainer, AddSynchronize, 3);
    assert_slot(ISynchronizeContainer, WaitMultiple, 4);
}

static void slots_of_security_and_cancellation(void **state)
{
    (void)state;
    assert_slots(IServerSecurity, 7);
    assert_slot(IServerSecurity, QueryBlanket, 3);
    assert_slot(IServerSecurity, ImpersonateClient, 4);
    assert_slot(IServerSecurity, RevertToSelf, 5);
    assert_slot(IServerSecurity, IsImpersonating, 6);
    assert_slots(IClientSecurity, 6);
    assert_slot(IClientSecurity, QueryBlanket, 3);
    assert_slot(IClientSecurity, SetBlanket, 4);
    assert_slot(IClientSecurity, CopyProxy, 5);
    assert_slots(ICancelMethodCalls, 5);
    assert_slot(ICancelMethodCalls, Cancel, 3);
    assert_slot(ICancelMethodCalls, TestCancel, 4);
}

/* ---- codes ----------------------------------------------------------------------------------- */

struct code {
    const char *name;
    int64_t actual, expected;
};

static void check_codes(const struct code *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (codes[i].actual != codes[i].expected) {
            print_error("%s is 0x%llX, not 0x%llX\n", codes[i].name,
                        (unsigned long long)codes[i].actual,
                        (unsigned long long)codes[i].expected);
        }
        assert_int_equal(codes[i].actual, codes[i].expected);
    }
}

#define HRESULT_CODE_ROW(name, value) {#name, (name), (int32_t)(value)},
#define STATUS_ROW(name, decimal, hex) {#name, (name), (decimal)}, {#name, (name), (hex)},

static void codes_have_their_values(void **state)
{
    static const struct code codes[] = {COM_HRESULTS(HRESULT_CODE_ROW) COM_STATUSES(STATUS_ROW)};

    (void)state;
    assert_int_equal(sizeof codes / sizeof *codes, 100 + 2 * 169);
    check_codes(codes, sizeof codes / sizeof *codes);
}

#define CODE_IS_HRESULT(name, value)                                                               \
    assert_true(_Generic((name), HRESULT: 1, default: 0));                                         \
    assert_int_equal(FAILED(name), (value) > 1u);

static void codes_are_hresults(void **state)
{
    (void)state;
    COM_HRESULTS(CODE_IS_HRESULT)
    assert_true(FAILED(RPC_S_CALLPENDING));
}

static void macros_of_winerror(void **state)
{
    (void)state;
    assert_true(SUCCEEDED(S_OK) && SUCCEEDED(S_FALSE) && FAILED(E_FAIL));
    assert_false(FAILED(S_OK) || FAILED(S_FALSE) || SUCCEEDED(E_FAIL));
    assert_hr(HRESULT_FROM_WIN32(ERROR_SUCCESS), S_OK);
    assert_hr(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), E_ACCESSDENIED);
    assert_hr(HRESULT_FROM_WIN32((DWORD)ERROR_INVALID_HANDLE), E_HANDLE);
    assert_hr(HRESULT_FROM_WIN32(RPC_E_CALL_COMPLETE), RPC_E_CALL_COMPLETE);
    assert_hr(MAKE_HRESULT(SEVERITY_ERROR, FACILITY_RPC, 0x117), RPC_E_CALL_COMPLETE);
    assert_int_equal(HRESULT_CODE(RPC_E_CALL_COMPLETE), 0x117);
    assert_int_equal(HRESULT_FACILITY(RPC_E_CALL_COMPLETE), FACILITY_RPC);
    assert_int_equal(HRESULT_SEVERITY(RPC_E_CALL_COMPLETE), SEVERITY_ERROR);
    assert_int_equal(HRESULT_FACILITY(E_ACCESSDENIED), FACILITY_WIN32);
    /* Names that only documentation has. */
#if defined(RPC_E_CALL_PENDING) || defined(RPC_E_CALLPENDING) || defined(RPC_S_CALL_CANCELED) ||   \
    defined(E_OUT_OF_MEMORY)
    fail();
#endif
}

/* ---- identifiers ----------------------------------------------------------------------------- */

struct identifier {
    const GUID *guid;
    const char *text;
};

#define WELL_KNOWN(number) "{" number "-0000-0000-C000-000000000046}"

static void check_identifier(const struct identifier *identifier)
{
    OLECHAR wide[39];
    char text[39];

    assert_int_equal(StringFromGUID2(identifier->guid, wide, 39), 39);
    for (unsigned i = 0; i < 39; i++) {
        text[i] = (char)wide[i];
    }
    assert_string_equal(text, identifier->text);
}

/* Y-16 and Y-17: the mutex and the early form of containers are identifiers only. */
static void identifiers_are_defined(void **state)
{
    const struct identifier identifiers[] = {
        {&IID_IUnknown, WELL_KNOWN("00000000")},
        {&IID_IClassFactory, WELL_KNOWN("00000001")},
        {&IID_ISynchronize, WELL_KNOWN("00000030")},
        {&IID_ISynchronizeHandle, WELL_KNOWN("00000031")},
        {&IID_ISynchronizeEvent, WELL_KNOWN("00000032")},
        {&IID_ISynchronizeContainer, WELL_KNOWN("00000033")},
        {&IID_ISynchronizeMutex, WELL_KNOWN("00000025")},
        {&IID_ICancelMethodCalls, WELL_KNOWN("00000029")},
        {&IID_IAsyncManager, WELL_KNOWN("0000002A")},
        {&IID_IWaitMultiple, WELL_KNOWN("0000002B")},
        {&IID_IMarshal, WELL_KNOWN("00000003")},
        {&IID_ICallFactory, "{1C733A30-2A1C-11CE-ADE5-00AA0044773D}"},
        {&IID_IClientSecurity, WELL_KNOWN("0000013D")},
        {&IID_IServerSecurity, WELL_KNOWN("0000013E")},
        {&CLSID_StdEvent, WELL_KNOWN("0000032B")},
        {&CLSID_ManualResetEvent, WELL_KNOWN("0000032C")},
        {&CLSID_SynchronizeContainer, WELL_KNOWN("0000032D")},
        {&GUID_NULL, "{00000000-0000-0000-0000-000000000000}"},
        {&IID_IOwn, "{0A0B0C0D-1112-2122-3132-333435363738}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof identifiers / sizeof *identifiers; i++) {
        check_identifier(&identifiers[i]);
    }
}

static void two_units_define_one_identifier(void **state)
{
    (void)state;
    assert_ptr_equal(second_unit_iid(), &IID_IOwn);
    assert_true(IsEqualIID(second_unit_iid(), &IID_IOwn));
    assert_false(IsEqualGUID(&IID_IOwn, &IID_IUnknown));
    assert_true(IsEqualCLSID(&CLSID_NULL, &IID_NULL));
}

/* ---- constants ------------------------------------------------------------------------------- */

#define ROW(name, value) {#name, (int64_t)(name), (value)}

static void flags_and_levels(void **state)
{
    static const struct code codes[] = {
        ROW(EOAC_NONE, 0), ROW(EOAC_MUTUAL_AUTH, 1), ROW(EOAC_SECURE_REFS, 2),
        ROW(EOAC_ACCESS_CONTROL, 4), ROW(EOAC_APPID, 8), ROW(EOAC_DYNAMIC, 0x10),
        ROW(EOAC_STATIC_CLOAKING, 0x20), ROW(EOAC_DYNAMIC_CLOAKING, 0x40),
        ROW(EOAC_ANY_AUTHORITY, 0x80), ROW(EOAC_MAKE_FULLSIC, 0x100),
        ROW(EOAC_REQUIRE_FULLSIC, 0x200), ROW(EOAC_AUTO_IMPERSONATE, 0x400),
        ROW(EOAC_DEFAULT, 0x800), ROW(EOAC_DISABLE_AAA, 0x1000),
        ROW(EOAC_NO_CUSTOM_MARSHAL, 0x2000), ROW(EOAC_RESERVED1, 0x4000),
        ROW(RPC_C_AUTHN_LEVEL_DEFAULT, 0), ROW(RPC_C_AUTHN_LEVEL_NONE, 1),
        ROW(RPC_C_AUTHN_LEVEL_CONNECT, 2), ROW(RPC_C_AUTHN_LEVEL_CALL, 3),
        ROW(RPC_C_AUTHN_LEVEL_PKT, 4), ROW(RPC_C_AUTHN_LEVEL_PKT_INTEGRITY, 5),
        ROW(RPC_C_AUTHN_LEVEL_PKT_PRIVACY, 6), ROW(RPC_C_IMP_LEVEL_DEFAULT, 0),
        ROW(RPC_C_IMP_LEVEL_ANONYMOUS, 1), ROW(RPC_C_IMP_LEVEL_IDENTIFY, 2),
        ROW(RPC_C_IMP_LEVEL_IMPERSONATE, 3), ROW(RPC_C_IMP_LEVEL_DELEGATE, 4),
        ROW(COWAIT_DEFAULT, 0), ROW(COWAIT_WAITALL, 1), ROW(COWAIT_ALERTABLE, 2),
        ROW(COWAIT_INPUTAVAILABLE, 4), ROW(COWAIT_DISPATCH_CALLS, 8),
        ROW(COWAIT_DISPATCH_WINDOW_MESSAGES, 0x10), ROW(INFINITE, 0xFFFFFFFF),
        ROW(RPC_C_CANCEL_INFINITE_TIMEOUT, -1), ROW(COINIT_MULTITHREADED, 0),
        ROW(COINIT_APARTMENTTHREADED, 2), ROW(CLSCTX_INPROC_SERVER, 1), ROW(CLSCTX_ALL, 0x17),
    };

    (void)state;
    check_codes(codes, sizeof codes / sizeof *codes);
}

static void services(void **state)
{
    static const struct code codes[] = {
        ROW(RPC_C_AUTHN_NONE, 0), ROW(RPC_C_AUTHN_DCE_PRIVATE, 1), ROW(RPC_C_AUTHN_DCE_PUBLIC, 2),
        ROW(RPC_C_AUTHN_DEC_PUBLIC, 4), ROW(RPC_C_AUTHN_GSS_NEGOTIATE, 9),
        ROW(RPC_C_AUTHN_WINNT, 10), ROW(RPC_C_AUTHN_GSS_SCHANNEL, 14),
        ROW(RPC_C_AUTHN_GSS_KERBEROS, 16), ROW(RPC_C_AUTHN_DPA, 17), ROW(RPC_C_AUTHN_MSN, 18),
        ROW(RPC_C_AUTHN_KERNEL, 20), ROW(RPC_C_AUTHN_DIGEST, 21),
        ROW(RPC_C_AUTHN_NEGO_EXTENDER, 30), ROW(RPC_C_AUTHN_PKU2U, 31), ROW(RPC_C_AUTHN_MQ, 100),
        ROW(RPC_C_AUTHN_DEFAULT, 0xFFFFFFFF), ROW(RPC_C_AUTHZ_NONE, 0), ROW(RPC_C_AUTHZ_NAME, 1),
        ROW(RPC_C_AUTHZ_DCE, 2), ROW(RPC_C_AUTHZ_DEFAULT, 0xFFFFFFFF),
    };

    (void)state;
    check_codes(codes, sizeof codes / sizeof *codes);
}

/* ---- an interface of a program's own --------------------------------------------------------- */

#undef INTERFACE
#define INTERFACE IOwn
DECLARE_INTERFACE_(IOwn, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **object) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Add)(THIS_ LONG one, LONG other, LONG *sum) PURE;
};

static STDMETHODIMP own_add(IOwn *This, LONG one, LONG other, LONG *sum)
{
    (void)This;
    *sum = one + other;
    return S_OK;
}

static void interfaces_can_be_declared(void **state)
{
    /* Writable, as without CONST_VTABLE everywhere. */
    static IOwnVtbl vtbl = {NULL, NULL, NULL, own_add};
    IOwn own = {&vtbl};
    LONG sum = 0;

    (void)state;
    assert_slots(IOwn, 4);
    assert_hr(own.lpVtbl->Add(&own, 2, 3, &sum), S_OK);
    assert_int_equal(sum, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_those_of_windows),
        cmocka_unit_test(a_guid_has_no_padding),
        cmocka_unit_test(slots_of_unknown_and_factories),
        cmocka_unit_test(slots_of_synchronization),
        cmocka_unit_test(slots_of_security_and_cancellation),
        cmocka_unit_test(codes_have_their_values),
        cmocka_unit_test(codes_are_hresults),
        cmocka_unit_test(macros_of_winerror),
        cmocka_unit_test(identifiers_are_defined),
        cmocka_unit_test(two_units_define_one_identifier),
        cmocka_unit_test(flags_and_levels),
        cmocka_unit_test(services),
        cmocka_unit_test(interfaces_can_be_declared),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
