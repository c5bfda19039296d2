/* SPDX-License-Identifier: MIT */
/* What the tests of guise-com include first: COM as C programs include it, and exact results. */
#ifndef GUISE_TEST_COM_TEST_H
#define GUISE_TEST_COM_TEST_H

#include "support/test.h"

#define COBJMACROS
#include <objbase.h>

#define assert_hr(actual, expected)                                                                \
    test_assert_result((actual), (expected), #actual, __FILE__, __LINE__)

/* A failure must clear the out parameter it is given. */
#define POISON ((void *)(uintptr_t)0x5AFE5AFE)

/* The number of references the object has. */
#define references_of(object)                                                                      \
    (((IUnknown *)(object))->lpVtbl->AddRef((IUnknown *)(object)),                                 \
     ((IUnknown *)(object))->lpVtbl->Release((IUnknown *)(object)))

/* Makes an object of a class, with one reference. */
static inline void *make_object(const CLSID *clsid, const IID *riid)
{
    void *object = POISON;

    assert_hr(CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER, riid, &object), S_OK);
    assert_non_null(object);
    assert_int_equal(references_of(object), 1);
    return object;
}

/* Around a group of tests. */
static inline int com_initialize(void **state)
{
    (void)state;
    return CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK ? 0 : 1;
}

static inline int com_uninitialize(void **state)
{
    (void)state;
    CoUninitialize();
    return 0;
}

/* Where the low byte of the WORD at this offset lies. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_BYTE(at) ((at) + 1)
#else
#define LOW_BYTE(at) (at)
#endif

#endif
