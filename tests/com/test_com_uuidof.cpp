/* SPDX-License-Identifier: MIT */
/* __uuidof and IID_PPV_ARGS: which identifier belongs to which type, and how it got there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* cmocka 1.1.5 says nothing about C++. */
extern "C" {
#include <cmocka.h>
}

#include "support/test.h"

#include <windows.h>

DEFINE_GUID(IID_IByGuid, 0x0A0B0C0D, 0x1112, 0x2122, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
            0x01);

#include <initguid.h>

#include "midl_counter.h"

/* ---- interfaces of a program's own ----------------------------------------------------------- */

struct __declspec(uuid("0A0B0C0D-1112-2122-3132-333435363701")) IByGuid : public IUnknown {};
/* Declared above, defined here. */
DEFINE_GUID(IID_IByGuid, 0x0A0B0C0D, 0x1112, 0x2122, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
            0x01);

extern "C" {
/* As widl writes it. */
MIDL_INTERFACE("0A0B0C0D-1112-2122-3132-333435363702")
IByWidl : public IUnknown
{
};
#ifdef __CRT_UUID_DECL
__CRT_UUID_DECL(IByWidl, 0x0A0B0C0D, 0x1112, 0x2122, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
                0x02)
#endif
}

/* Declared by another interface compiler's header. */
GUISE_UUIDOF(ICounter, IID_ICounter)

namespace inner {
struct IByGuid : public IUnknown {};
DEFINE_GUID(IID_IInner, 0x0A0B0C0D, 0x1112, 0x2122, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37,
            0x03);
GUISE_UUIDOF(IByGuid, IID_IInner)
} // namespace inner

namespace {

template <class T> const IID &iid_of()
{
    return __uuidof(T);
}

/* ---- the tests ------------------------------------------------------------------------------- */

void interfaces_of_the_library_have_theirs(void **)
{
    assert_true(iid_of<IUnknown>() == IID_IUnknown);
    assert_true(iid_of<IClassFactory>() == IID_IClassFactory);
    assert_true(iid_of<ISynchronize>() == IID_ISynchronize);
    assert_true(iid_of<ISynchronizeHandle>() == IID_ISynchronizeHandle);
    assert_true(iid_of<ISynchronizeEvent>() == IID_ISynchronizeEvent);
    assert_true(iid_of<ISynchronizeContainer>() == IID_ISynchronizeContainer);
    assert_true(iid_of<ICallFactory>() == IID_ICallFactory);
    assert_true(iid_of<IServerSecurity>() == IID_IServerSecurity);
    assert_true(iid_of<IClientSecurity>() == IID_IClientSecurity);
    assert_true(iid_of<ICancelMethodCalls>() == IID_ICancelMethodCalls);
}

void guids_and_headers_feed_it(void **)
{
    assert_true(iid_of<IByGuid>() == IID_IByGuid);
    assert_true(__uuidof(IByGuid) == IID_IByGuid);
    assert_int_equal(iid_of<IByWidl>().Data4[7], 2);
    assert_int_equal(iid_of<IByWidl>().Data1, 0x0A0B0C0D);
    assert_ptr_equal(&iid_of<ICounter>(), &IID_ICounter);
    assert_true(iid_of<inner::IByGuid>() == inner::IID_IInner);
}

void objects_and_pointers_will_do(void **)
{
    IServerSecurity *pointer = nullptr;
    const ISynchronize *constant = nullptr;

    assert_true(__uuidof(pointer) == IID_IServerSecurity);
    assert_true(__uuidof(*pointer) == IID_IServerSecurity);
    assert_true(__uuidof(*constant) == IID_ISynchronize);
    assert_true(__uuidof(const ISynchronize) == IID_ISynchronize);
}

void one_argument_is_both(void **)
{
    ISynchronize *sync = nullptr;
    ISynchronizeHandle *handle = nullptr;
    IServerSecurity *security = reinterpret_cast<IServerSecurity *>(&sync);

    assert_result(CoCreateInstance(CLSID_StdEvent, nullptr, CLSCTX_INPROC_SERVER,
                                   IID_PPV_ARGS(&sync)), S_OK);
    assert_result(sync->Signal(), S_OK);
    assert_result(sync->QueryInterface(IID_PPV_ARGS(&handle)), S_OK);
    assert_int_equal(handle->Release(), 1);
    assert_result(sync->QueryInterface(&handle), S_OK);
    assert_int_equal(handle->Release(), 1);
    assert_result(sync->QueryInterface(&security), E_NOINTERFACE);
    assert_null(security);
    assert_int_equal(sync->Release(), 0);
    assert_result(CoGetCallContext(IID_PPV_ARGS(&security)), RPC_E_CALL_COMPLETE);
}

int initialize(void **)
{
    return CoInitializeEx(nullptr, COINIT_MULTITHREADED) == S_OK ? 0 : 1;
}

int uninitialize(void **)
{
    CoUninitialize();
    return 0;
}

} // namespace

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interfaces_of_the_library_have_theirs),
        cmocka_unit_test(guids_and_headers_feed_it),
        cmocka_unit_test(objects_and_pointers_will_do),
        cmocka_unit_test(one_argument_is_both),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, initialize, uninitialize);
}
