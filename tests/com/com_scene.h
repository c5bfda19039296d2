/* SPDX-License-Identifier: MIT */
/*
 * The scene (support/scene.h) for tests of guise-com that look inside: it has the library's allocator,
 * whose memory.c is then not linked, and every test with com_teardown proves that no block is left.
 */
#ifndef GUISE_TEST_COM_SCENE_H
#define GUISE_TEST_COM_SCENE_H

#include "com_test.h"

#include <guisecom.h>

#include "support/scene.h"

#include "call/call_state.h"

#define CHECK_HR(s, actual, expected) CHECK_RESULT(s, actual, expected)

static atomic_int s_live;    /* blocks */
static atomic_bool s_refuse; /* everything */

LPVOID STDAPICALLTYPE CoTaskMemAlloc(SIZE_T size)
{
    void *memory = atomic_load(&s_refuse) ? NULL : malloc(size);

    if (memory != NULL) {
        (void)atomic_fetch_add(&s_live, 1);
    }
    return memory;
}

LPVOID STDAPICALLTYPE CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
    (void)memory;
    (void)size;
    abort();
}

void STDAPICALLTYPE CoTaskMemFree(LPVOID memory)
{
    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
    }
    free(memory);
}

static inline int com_teardown(void **state)
{
    int result = scene_teardown(state);

    atomic_store(&s_refuse, false);
    assert_int_equal(atomic_load(&s_live), 0);
    return result;
}

#define com_scene_test(fn) cmocka_unit_test_setup_teardown(fn, scene_setup, com_teardown)

/* References of a call, that of being open included. */
static inline unsigned call_refs(const guise_call *call)
{
    return (unsigned)(atomic_load(&call->state) >> GUISE__CALL_REFERENCE_SHIFT);
}

/* The call's IServerSecurity, with one reference to give back; NULL on failure. */
static inline IServerSecurity *security_of_call(guise_call *call)
{
    IServerSecurity *security = POISON;

    return GuiseGetServerSecurity(call, &security) == S_OK ? security : NULL;
}

static inline HRESULT impersonate_call(guise_call *call)
{
    IServerSecurity *security = security_of_call(call);
    HRESULT result = IServerSecurity_ImpersonateClient(security);

    (void)IServerSecurity_Release(security);
    return result;
}

#endif
