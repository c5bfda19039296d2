/* SPDX-License-Identifier: MIT */
/* The authentication level of the process, which CoInitializeSecurity leaves for the calls. */
#include "com_test.h"

#include "com/process.h"
#include "support/child.h"

static void initialize(void)
{
    CHILD_CHECK_RESULT(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
}

static HRESULT secure(DWORD authn_level, DWORD imp_level, DWORD capabilities)
{
    return CoInitializeSecurity(NULL, -1, NULL, NULL, authn_level, imp_level, NULL, capabilities,
                                NULL);
}

static void secure_at(void *arg)
{
    DWORD level = *(DWORD *)arg;

    initialize();
    CHILD_CHECK_RESULT(secure(level, 2, 0), S_OK);
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, 2, 0), RPC_E_TOO_LATE);
    if (level == RPC_C_AUTHN_LEVEL_DEFAULT) {
        level = RPC_C_AUTHN_LEVEL_CONNECT;
    }
    CHILD_CHECK(guise__com_authn_level() == level);
}

/* C-03: what test_com_dispatch sees of it. DEFAULT is CONNECT. */
static void com_security_takes_every_level(void **state)
{
    (void)state;
    for (DWORD level = 0; level <= RPC_C_AUTHN_LEVEL_PKT_PRIVACY; level++) {
        assert_child_passes(secure_at, &level);
    }
}

static void ask_for_the_level(void *arg)
{
    (void)arg;
    CHILD_CHECK(guise__com_authn_level() == RPC_C_AUTHN_LEVEL_CONNECT);
    initialize();
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, 2, 0), RPC_E_TOO_LATE);
    CHILD_CHECK(guise__com_authn_level() == RPC_C_AUTHN_LEVEL_CONNECT);
}

/* Implicitly, by the first function that needs to know (C-01). */
static void com_security_is_initialized_when_it_is_needed(void **state)
{
    (void)state;
    assert_child_passes(ask_for_the_level, NULL);
}

static void be_refused_first(void *arg)
{
    (void)arg;
    initialize();
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_PKT, 2, EOAC_STATIC_CLOAKING), E_NOTIMPL);
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, 2, 0), S_OK);
    CHILD_CHECK(guise__com_authn_level() == RPC_C_AUTHN_LEVEL_NONE);
}

static void com_security_that_was_refused_leaves_no_level(void **state)
{
    (void)state;
    assert_child_passes(be_refused_first, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_security_takes_every_level),
        cmocka_unit_test(com_security_is_initialized_when_it_is_needed),
        cmocka_unit_test(com_security_that_was_refused_leaves_no_level),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
