// SPDX-License-Identifier: MIT
// C++ exceptions on their way through the library: every frame ends as it should, and the exception
// arrives. No cmocka assertion inside a frame: it would leave by longjmp.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// cmocka.h does not say so itself.
extern "C" {
#include <cmocka.h>
}

#include "support/test.h"

namespace {

struct Thrown {
    int value;
};

guise_token *make_token(const char *name, uid_t uid)
{
    guise_token_desc desc = guise_token_desc();
    guise_token *token = nullptr;

    desc.size = sizeof desc;
    desc.name = name;
    desc.uid = uid;
    desc.gid = uid;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    if (guise_token_create(&desc, &token) != GUISE_OK) {
        abort();
    }
    return token;
}

guise_context *make_context(const guise_token *token)
{
    guise_blanket blanket = guise_blanket();
    guise_context *context = nullptr;

    blanket.size = sizeof blanket;
    blanket.authn_level = GUISE_AUTHN_LEVEL_CONNECT;
    if (guise_context_create(&blanket, token, &context) != GUISE_OK) {
        abort();
    }
    return context;
}

guise_call *make_call(guise_context *context)
{
    guise_call *call = nullptr;

    if (guise_call_create(context, &call) != GUISE_OK) {
        abort();
    }
    return call;
}

// Two clients and a call of each; what was seen in frames, for the test to assert afterwards.
struct Stage {
    guise_token *alice_token = make_token("alice", 1001);
    guise_token *bob_token = make_token("bob", 1002);
    guise_context *alice = make_context(alice_token);
    guise_context *bob = make_context(bob_token);
    guise_call *call = make_call(alice);
    guise_call *other = make_call(bob);
    int replies = 0, unwound = 0, caught = 0;
    bool wrong = false;
    guise_result result = 1;

    Stage() = default;
    Stage(const Stage &) = delete;
    Stage &operator=(const Stage &) = delete;
    ~Stage()
    {
        guise_call_unref(call);
        guise_call_unref(other);
        guise_context_unref(alice);
        guise_context_unref(bob);
        guise_token_unref(alice_token);
        guise_token_unref(bob_token);
    }

    void expect(bool condition)
    {
        wrong = wrong || !condition;
    }
};

bool is_self()
{
    return guise_thread_token() == nullptr && !guise_is_impersonating();
}

bool is_client(const guise_token *token)
{
    return guise_thread_token() == token && guise_is_impersonating();
}

bool is_completed_with(const guise_call *call, guise_result expected)
{
    guise_result result = ~expected;

    return guise_call_result(call, &result) == GUISE_OK && result == expected;
}

// What a destructor in the server's own code sees while the exception passes.
class Witness {
  public:
    Witness(Stage &stage, const guise_token *client) : stage_(stage), client_(client)
    {
    }
    Witness(const Witness &) = delete;
    Witness &operator=(const Witness &) = delete;
    ~Witness()
    {
        stage_.expect(client_ == nullptr ? is_self() : is_client(client_));
        stage_.unwound++;
    }

  private:
    Stage &stage_;
    const guise_token *client_;
};

void count_reply(guise_call *call, guise_result result, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    stage.expect(is_self());
    stage.expect(guise_current_call() == call);
    stage.expect(guise_call_wait(call, 0) == GUISE_E_CALL_PENDING);
    stage.result = result;
    stage.replies++;
}

guise_result throw_as_client(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);
    Witness inside(stage, stage.alice_token);

    stage.expect(is_self());
    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    throw Thrown{7};
}

// Runs fn as the given kind of frame; true if exactly the exception came out.
bool throws(guise_result (*frame)(guise_call *, guise_begin_fn *, void *), guise_call *call,
            guise_begin_fn *fn, Stage &stage)
{
    try {
        stage.expect(frame(call, fn, &stage) == GUISE_E_UNEXPECTED);
    } catch (const Thrown &thrown) {
        return thrown.value == 7;
    }
    return false;
}

// An exception through Begin_: the token is off, the call has failed, once, and all waiters are
// released (A-34, L-6).
void test_exception_through_dispatch(void **)
{
    Stage stage;

    assert_ok(guise_call_on_complete(stage.call, count_reply, &stage));
    assert_true(throws(guise_call_dispatch, stage.call, throw_as_client, stage));
    assert_true(is_self());
    assert_null(guise_current_call());
    assert_false(stage.wrong);
    assert_int_equal(stage.unwound, 1);
    assert_int_equal(stage.replies, 1);
    assert_result(stage.result, GUISE_E_SERVER_FAULT);
    assert_true(is_completed_with(stage.call, GUISE_E_SERVER_FAULT));
    assert_ok(guise_call_wait(stage.call, 0));
    assert_result(guise_call_impersonate(stage.call), GUISE_E_CALL_COMPLETE);
}

// A continuation ends just so, and leaves the call open.
void test_exception_through_run(void **)
{
    Stage stage;

    assert_ok(guise_call_on_complete(stage.call, count_reply, &stage));
    assert_true(throws(guise_call_run, stage.call, throw_as_client, stage));
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_int_equal(stage.replies, 0);
    assert_result(guise_call_wait(stage.call, 0), GUISE_E_CALL_PENDING);
    assert_ok(guise_call_signal(stage.call));
    assert_int_equal(stage.replies, 1);
}

guise_result signal_and_throw(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    stage.expect(guise_call_signal(call) == GUISE_OK);
    throw Thrown{7};
}

// "unless Signal was already given".
void test_exception_after_signal(void **)
{
    Stage stage;

    assert_ok(guise_call_on_complete(stage.call, count_reply, &stage));
    assert_true(throws(guise_call_dispatch, stage.call, signal_and_throw, stage));
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_int_equal(stage.replies, 1);
    assert_true(is_completed_with(stage.call, GUISE_OK));
}

guise_result let_it_pass(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);
    Witness outside(stage, stage.bob_token);

    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    return guise_call_dispatch(stage.call, throw_as_client, &stage);
}

// S-14, S-15: level by level: the outer code unwinds as the outer client.
void test_exception_through_nested_frames(void **)
{
    Stage stage;

    assert_true(throws(guise_call_dispatch, stage.other, let_it_pass, stage));
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_int_equal(stage.unwound, 2);
    assert_true(is_completed_with(stage.call, GUISE_E_SERVER_FAULT));
    assert_true(is_completed_with(stage.other, GUISE_E_SERVER_FAULT));
}

guise_result catch_it(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    stage.expect(throws(guise_call_dispatch, stage.call, throw_as_client, stage));
    stage.caught++;
    stage.expect(is_client(stage.bob_token));
    stage.expect(guise_current_call() == call);
    stage.expect(guise_revert_to_self() == GUISE_OK && is_self());
    stage.expect(guise_impersonate_client() == GUISE_OK && is_client(stage.bob_token));
    return GUISE_OK;
}

// The frame that catches it goes on as the outer client (S-15).
void test_exception_caught_in_the_outer_frame(void **)
{
    Stage stage;

    assert_ok(guise_call_dispatch(stage.other, catch_it, &stage));
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_int_equal(stage.caught, 1);
    assert_result(guise_call_wait(stage.other, 0), GUISE_E_CALL_PENDING);
}

guise_result throw_in_run_as(void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    stage.expect(guise_thread_token() == stage.alice_token && !guise_is_impersonating());
    stage.expect(guise_call_impersonate(stage.call) == GUISE_OK);
    throw Thrown{7};
}

// run_as puts back slot, saved token and flag on this way out, too.
void test_exception_through_run_as(void **)
{
    Stage stage;
    int value = 0;

    assert_ok(guise_set_thread_token(stage.alice_token));
    assert_ok(guise_call_impersonate(stage.other));
    try {
        value = guise_run_as(stage.alice_token, throw_in_run_as, &stage);
    } catch (const Thrown &thrown) {
        value = thrown.value;
    }
    assert_int_equal(value, 7);
    assert_false(stage.wrong);
    assert_true(is_client(stage.bob_token));
    assert_ok(guise_revert_to_self());
    assert_ptr_equal(guise_thread_token(), stage.alice_token);
    assert_false(guise_is_impersonating());
    assert_ok(guise_set_thread_token(nullptr));
}

void throwing_reply(guise_call *call, guise_result result, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    count_reply(call, result, arg);
    stage.expect(guise_set_thread_token(stage.bob_token) == GUISE_OK);
    throw Thrown{7};
}

// The exception of the reply to Signal arrives there, with the client on again.
guise_result signal_and_catch(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);
    int cancel_state = PTHREAD_CANCEL_DISABLE;

    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    try {
        stage.expect(guise_call_signal(call) == GUISE_E_UNEXPECTED);
    } catch (const Thrown &) {
        stage.caught++;
    }
    stage.expect(is_client(stage.alice_token));
    stage.expect(guise_current_call() == call);
    stage.expect(guise_call_wait(call, 0) == GUISE_OK); // announced all the same
    stage.expect(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel_state) == 0);
    stage.expect(cancel_state == PTHREAD_CANCEL_ENABLE);
    stage.expect(guise_revert_to_self() == GUISE_OK && is_self());
    return GUISE_OK;
}

void test_exception_in_the_completion_function(void **)
{
    Stage stage;
    guise_signal *signal = nullptr;

    assert_ok(guise_call_on_complete(stage.call, throwing_reply, &stage));
    assert_ok(guise_call_completion(stage.call, &signal));
    assert_ok(guise_call_dispatch(stage.call, signal_and_catch, &stage));
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_int_equal(stage.caught, 1);
    assert_int_equal(stage.replies, 1);
    assert_ok(guise_signal_wait(signal, 0));
    assert_ok(guise_call_signal(stage.call));
    assert_int_equal(stage.replies, 1);
}

guise_result fail_as_client(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    return GUISE_E_ACCESS_DENIED;
}

guise_result dispatch_failing_and_catch(guise_call *call, void *arg)
{
    Stage &stage = *static_cast<Stage *>(arg);

    stage.expect(guise_call_impersonate(call) == GUISE_OK);
    stage.expect(throws(guise_call_dispatch, stage.call, fail_as_client, stage));
    stage.expect(is_client(stage.bob_token));
    stage.expect(guise_current_call() == call);
    return GUISE_OK;
}

// the reply to a failing Begin_ throws: the frame has ended properly before it arrives.
void test_exception_in_the_reply_to_a_failing_begin(void **)
{
    Stage stage;

    assert_ok(guise_call_on_complete(stage.call, throwing_reply, &stage));
    assert_ok(guise_call_dispatch(stage.other, dispatch_failing_and_catch, &stage));
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_int_equal(stage.replies, 1);
    assert_ok(guise_call_wait(stage.call, 0));
    assert_true(is_completed_with(stage.call, GUISE_E_ACCESS_DENIED));
}

// the reply to the last unref throws: the call is gone all the same (leak checkers look).
void test_exception_in_the_reply_to_the_last_unref(void **)
{
    Stage stage;
    int caught = 0;

    assert_ok(guise_call_on_complete(stage.call, throwing_reply, &stage));
    try {
        guise_call_unref(stage.call);
    } catch (const Thrown &thrown) {
        caught = thrown.value;
    }
    stage.call = nullptr;
    assert_int_equal(caught, 7);
    assert_true(is_self());
    assert_false(stage.wrong);
    assert_result(stage.result, GUISE_E_DISCONNECTED);
}

} // namespace

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exception_through_dispatch),
        cmocka_unit_test(test_exception_through_run),
        cmocka_unit_test(test_exception_after_signal),
        cmocka_unit_test(test_exception_through_nested_frames),
        cmocka_unit_test(test_exception_caught_in_the_outer_frame),
        cmocka_unit_test(test_exception_through_run_as),
        cmocka_unit_test(test_exception_in_the_completion_function),
        cmocka_unit_test(test_exception_in_the_reply_to_a_failing_begin),
        cmocka_unit_test(test_exception_in_the_reply_to_the_last_unref),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("exceptions", tests, nullptr, nullptr);
}
