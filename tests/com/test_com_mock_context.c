/* SPDX-License-Identifier: MIT */
/*
 * Call contexts without a call: what there is on a thread that serves none, and what a unit test of
 * somebody's server does, which brings its own IServerSecurity.
 */
#include "com_test.h"

#include "mock.h"
#include "support/wt.h"

/* ---- no context ------------------------------------------------------------------------------ */

/* S-02, S-23 */
static void com_V_19_no_context(void **state)
{
    void *context = POISON;

    (void)state;
    assert_hr(CoGetCallContext(&IID_IServerSecurity, &context), RPC_E_CALL_COMPLETE);
    assert_null(context);
    context = POISON;
    assert_hr(CoGetCallContext(&IID_ISynchronize, &context), RPC_E_CALL_COMPLETE);
    assert_null(context);
    assert_hr(CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    assert_hr(CoRevertToSelf(), RPC_E_CALL_COMPLETE);
}

/* S-34: the pointers are cleared, the numbers left alone. */
static void no_blanket_without_a_context(void **state)
{
    struct answer answer;

    (void)state;
    assert_hr(ask_current(&answer), RPC_E_CALL_COMPLETE);
    assert_null(answer.principal);
    assert_null(answer.privileges);
    assert_int_equal(answer.authn_service, UNTOUCHED);
    assert_int_equal(answer.authz_service, UNTOUCHED);
    assert_int_equal(answer.authn_level, UNTOUCHED);
    assert_int_equal(answer.capabilities, UNTOUCHED);
    assert_hr(CoQueryClientBlanket(NULL, NULL, NULL, NULL, NULL, NULL, NULL), RPC_E_CALL_COMPLETE);
}

/* ---- a mock in its place --------------------------------------------------------------------- */

/* The former context is restored, and no references are counted (S-04). */
static void switching_says_what_was_there(void **state)
{
    struct mock mock = make_mock(S_OK), other = make_mock(S_OK);

    (void)state;
    assert_null(switch_to(&mock));
    assert_ptr_equal(switch_to(&other), &mock);
    assert_ptr_equal(switch_to(&other), &other);
    assert_ptr_equal(switch_to(NULL), &other);
    assert_null(switch_to(NULL));
    assert_int_equal(mock.refs, 1);
    assert_int_equal(other.refs, 1);
    assert_hr(CoImpersonateClient(), RPC_E_CALL_COMPLETE);
}

/* The functions are the context's methods, with any answer of theirs (S-09). */
static void check_methods(struct mock *mock)
{
    struct answer answer;

    assert_null(switch_to(mock));
    assert_hr(CoImpersonateClient(), mock->answer);
    assert_int_equal(mock->impersonated, 1);
    assert_hr(CoRevertToSelf(), mock->answer);
    assert_int_equal(mock->reverted, 1);
    assert_hr(ask_current(&answer), mock->answer);
    assert_int_equal(mock->queried, 1);
    assert_int_equal(answer.authn_service, RPC_C_AUTHN_WINNT);
    assert_int_equal(answer.authn_level, RPC_C_AUTHN_LEVEL_PKT);
    assert_true(is_text(answer.privileges, u"mallory"));
    assert_ptr_equal(switch_to(NULL), mock);
    assert_int_equal(mock->refs, 1);
}

static void the_functions_are_its_methods(void **state)
{
    struct mock mock = make_mock(S_OK), failing = make_mock(E_ACCESSDENIED);

    (void)state;
    check_methods(&mock);
    check_methods(&failing);
}

/* S-09: that a call's own context does not tell it binds no other. */
static void the_level_is_its_own_business(void **state)
{
    struct mock mock = make_mock(S_OK);
    struct answer answer = poisoned();
    DWORD level = UNTOUCHED;

    (void)state;
    assert_null(switch_to(&mock));
    assert_hr(CoQueryClientBlanket(&answer.authn_service, NULL, NULL, &answer.authn_level, &level,
                                   &answer.privileges, NULL),
              S_OK);
    assert_int_equal(level, RPC_C_IMP_LEVEL_DELEGATE);
    assert_ptr_equal(switch_to(NULL), &mock);
}

/* S-01, S-03 */
static void it_is_asked_for_interfaces(void **state)
{
    struct mock mock = make_mock(S_OK);
    void *object = POISON;

    (void)state;
    assert_null(switch_to(&mock));
    assert_hr(CoGetCallContext(&IID_IServerSecurity, &object), S_OK);
    assert_ptr_equal(object, &mock);
    assert_int_equal(mock.refs, 2);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 1);
    object = NULL;
    assert_hr(CoGetCallContext(&IID_ISynchronize, &object), E_NOINTERFACE);
    assert_int_equal(mock.refs, 1);
    assert_ptr_equal(switch_to(NULL), &mock);
}

static void no_context_here(struct wt *w)
{
    WT_CHECK(w, current() == NULL);
    WT_CHECK_RESULT(w, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    WT_CHECK(w, switch_to(w->arg) == NULL);
    WT_CHECK(w, current() == w->arg);
    WT_CHECK(w, switch_to(NULL) == w->arg);
}

/* each thread has its own. */
static void other_threads_have_none(void **state)
{
    struct mock mock = make_mock(S_OK), other = make_mock(S_OK);
    struct wt w;

    (void)state;
    assert_null(switch_to(&mock));
    wt_start(&w, no_context_here, &other);
    wt_join(&w);
    assert_ptr_equal(current(), &mock);
    assert_ptr_equal(switch_to(NULL), &mock);
}

/* ---- what a careless mock, or a careless caller, gets ---------------------------------------- */

static void a_careless_failure_is_cleared(void **state)
{
    struct mock mock = make_mock(S_OK);
    void *object = NULL;

    (void)state;
    assert_null(switch_to(&mock));
    assert_hr(CoGetCallContext(&IID_ISynchronize, &object), E_NOINTERFACE);
    assert_null(object);
    assert_ptr_equal(switch_to(NULL), &mock);
}

/* Success with nothing is not believed. */
static void com_a_mock_that_lies(void **state)
{
    struct mock mock = make_mock(S_OK);
    void *object = POISON;

    (void)state;
    mock.empty = true;
    assert_null(switch_to(&mock));
    assert_hr(CoGetCallContext(&IID_IUnknown, &object), E_NOINTERFACE);
    assert_null(object);
    assert_hr(CoImpersonateClient(), E_NOINTERFACE);
    assert_ptr_equal(switch_to(NULL), &mock);
}

static void the_context_needs_a_place(void **state)
{
    (void)state;
    assert_hr(CoGetCallContext(&IID_IServerSecurity, NULL), E_INVALIDARG);
}

static void the_context_needs_an_interface(void **state)
{
    struct mock mock = make_mock(S_OK);
    void *object = POISON;

    (void)state;
    assert_null(switch_to(&mock));
    assert_hr(CoGetCallContext(NULL, &object), E_INVALIDARG);
    assert_null(object);
    assert_ptr_equal(switch_to(NULL), &mock);
}

static void switching_needs_a_place(void **state)
{
    struct mock mock = make_mock(S_OK);

    (void)state;
    assert_hr(CoSwitchCallContext((IUnknown *)&mock, NULL), E_INVALIDARG);
    assert_null(current());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_V_19_no_context),
        cmocka_unit_test(no_blanket_without_a_context),
        cmocka_unit_test(switching_says_what_was_there),
        cmocka_unit_test(the_functions_are_its_methods),
        cmocka_unit_test(the_level_is_its_own_business),
        cmocka_unit_test(it_is_asked_for_interfaces),
        cmocka_unit_test(other_threads_have_none),
        cmocka_unit_test(a_careless_failure_is_cleared),
        cmocka_unit_test(com_a_mock_that_lies),
        cmocka_unit_test(the_context_needs_a_place),
        cmocka_unit_test(the_context_needs_an_interface),
        cmocka_unit_test(switching_needs_a_place),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
