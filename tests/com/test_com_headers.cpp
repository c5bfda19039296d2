/* SPDX-License-Identifier: MIT */
/* From C++ the interfaces are abstract classes over the same vtables: objects of the library work
 * through them, and classes of a program's own work in the library. */
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

#include <initguid.h>

#include "midl_counter.h"
#include "own_iid.h"

static_assert(sizeof(HRESULT) == 4 && sizeof(DWORD) == 4 && sizeof(WCHAR) == 2, "widths");
static_assert(sizeof(ISynchronize) == sizeof(void *), "nothing but the vtable");

namespace {

/* Owns a StdEvent that is part of it (Y-09). Lives on the stack. */
class Outer : public IUnknown {
public:
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **object) override
    {
        if (riid == IID_IUnknown) {
            *object = static_cast<IUnknown *>(this);
            AddRef();
            return S_OK;
        }
        return inner->QueryInterface(riid, object);
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return static_cast<ULONG>(InterlockedIncrement(&references));
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return static_cast<ULONG>(InterlockedDecrement(&references));
    }

    IUnknown *inner = nullptr;
    LONG references = 1;
};

void objects_work_through_classes(void **)
{
    ISynchronize *sync = nullptr;

    assert_result(CoCreateInstance(CLSID_StdEvent, nullptr, CLSCTX_INPROC_SERVER, IID_ISynchronize,
                                   reinterpret_cast<void **>(&sync)), S_OK);
    assert_result(sync->Signal(), S_OK);
    assert_result(sync->Wait(COWAIT_DEFAULT, 0), S_OK);
    assert_result(sync->Wait(COWAIT_DEFAULT, 0), RPC_S_CALLPENDING);
    assert_int_equal(sync->AddRef(), 2);
    assert_int_equal(sync->Release(), 1);
    assert_int_equal(sync->Release(), 0);
}

void classes_aggregate_objects(void **)
{
    Outer outer;
    ISynchronize *sync = nullptr;

    assert_result(CoCreateInstance(CLSID_ManualResetEvent, &outer, CLSCTX_ALL, IID_IUnknown,
                                   reinterpret_cast<void **>(&outer.inner)), S_OK);
    assert_int_equal(outer.references, 1);
    assert_result(outer.QueryInterface(IID_ISynchronize, reinterpret_cast<void **>(&sync)), S_OK);
    assert_int_equal(outer.references, 2);
    assert_result(sync->Signal(), S_OK);
    assert_result(sync->Wait(0, 0), S_OK);
    assert_int_equal(sync->Release(), 1);
    assert_int_equal(outer.inner->Release(), 0);
}

void identifiers_compare(void **)
{
    assert_true(IID_IOwn == IID_IOwn && IID_IOwn != IID_IUnknown);
    assert_true(IsEqualIID(IID_NULL, CLSID_NULL));
    assert_int_equal(IID_IOwn.Data4[7], 0x38);
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
        cmocka_unit_test(objects_work_through_classes),
        cmocka_unit_test(classes_aggregate_objects),
        cmocka_unit_test(identifiers_compare),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, initialize, uninitialize);
}
