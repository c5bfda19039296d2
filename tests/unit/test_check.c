/* SPDX-License-Identifier: MIT */
/*
 * The checks of base/check.h fire: for each predicate a child makes a state that the library never makes,
 * and dies by the check that a function of the library has for it. Where a predicate has no function that
 * is worth the detour, the child checks it itself. Built without GUISE_CHECKS there is nothing to test.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <stdio.h>

#include "base/check.h"
#include "base/event_fd.h"
#include "base/latch.h"
#include "base/lock.h"
#include "base/refcount.h"
#include "call/call_state.h"
#include "identity/context.h"
#include "identity/switch_record.h"
#include "identity/token.h"
#include "support/child.h"
#include "sync/signal.h"
#include "sync/waiter.h"
#include "thread/scope.h"
#include "thread/slot.h"
#include "thread/switch.h"
#include "thread/unframed.h"
#if GUISE_TEST_HAS_LINUX
#include "identity/linux_switch.h"
#endif

#define FAILED "guise: fatal: check failed: "

#if defined(GUISE_CHECKS)

/* ---- what the children begin with ------------------------------------------------------------ */

static guise_token *make_token(void)
{
    static const gid_t groups[] = {50003, 50002, 50002};
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token = NULL;

    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    desc.name = "client";
    desc.uid = 50001;
    desc.gid = 50001;
    desc.groups = groups;
    desc.group_count = sizeof groups / sizeof *groups;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_OK);
    CHILD_CHECK(guise__token_is_valid(token));
    return token;
}

static guise_context *make_context(void)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_token *token = make_token();
    guise_context *context = NULL;

    blanket.authn_level = GUISE_AUTHN_LEVEL_CALL;
    CHILD_CHECK_RESULT(guise_context_create(&blanket, token, &context), GUISE_OK);
    guise_token_unref(token);
    CHILD_CHECK(guise__context_is_valid(context));
    return context;
}

static guise_call *make_call(void)
{
    guise_context *context = make_context();
    guise_call *call = NULL;

    CHILD_CHECK_RESULT(guise_call_create(context, &call), GUISE_OK);
    guise_context_unref(context);
    CHILD_CHECK(guise__call_is_valid(call));
    return call;
}

/* ---- base ------------------------------------------------------------------------------------ */

static void count_up_from_zero(void *arg)
{
    atomic_uint refs = 0;

    (void)arg;
    guise__count_up(&refs);
}

static void count_down_from_zero(void *arg)
{
    atomic_uint refs = 0;

    (void)arg;
    (void)guise__count_down(&refs);
}

static void open_a_latch_that_is_none(void *arg)
{
    atomic_uint latch = 3;

    (void)arg;
    guise__latch_print(&latch);
    guise__latch_open(&latch);
}

/* AWAITED without HELD: no step makes that. */
static void take_a_lock_that_is_none(void *arg)
{
    struct guise__lock lock;

    (void)arg;
    guise__lock_init(&lock);
    atomic_store(&lock.word, atomic_load(&lock.word) | GUISE__LOCK_AWAITED);
    guise__lock_print(&lock);
    (void)guise__lock_take(&lock);
}

/* SET and TENTATIVE at once: no step makes that. */
static void wait_for_a_signal_in_no_state(void *arg)
{
    guise_signal *signal = NULL;

    (void)arg;
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_MANUAL, &signal), GUISE_OK);
    atomic_store(&signal->word, GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE);
    guise__signal_print(signal);
    CHILD_CHECK_RESULT(guise_signal_wait(signal, 0), GUISE_OK);
}

static void ask_a_signal_without_its_lock(void *arg)
{
    guise_signal *signal = NULL;

    (void)arg;
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_MANUAL, &signal), GUISE_OK);
    (void)guise__signal_is_clear_locked(signal);
}

static void queue_a_waiter_twice(void *arg)
{
    struct guise__waiters queue = {NULL, NULL};
    struct guise__waiter waiter = {0};

    (void)arg;
    guise__waiters_add(&queue, &waiter);
    guise__waiters_add(&queue, &waiter);
}

static void add_to_a_queue_without_an_end(void *arg)
{
    struct guise__waiter first = {0}, second = {0};
    struct guise__waiters queue = {&first, NULL};

    (void)arg;
    guise__waiters_add(&queue, &second);
}

static void test_signal(void **state)
{
    (void)state;
    assert_child_dies(wait_for_a_signal_in_no_state, NULL,
                      FAILED "guise__signal_word_is_valid(word)");
    assert_child_dies(ask_a_signal_without_its_lock, NULL,
                      FAILED "guise__lock_is_held(&signal->lock)");
    assert_child_dies(queue_a_waiter_twice, NULL, FAILED "!waiter->queued");
    assert_child_dies(add_to_a_queue_without_an_end, NULL,
                      FAILED "guise__waiters_is_valid(queue)");
}

static void test_counts(void **state)
{
    (void)state;
    assert_child_dies(count_up_from_zero, NULL, FAILED "before != 0");
    assert_child_dies(count_down_from_zero, NULL, FAILED "before != 0");
}

static void test_latch(void **state)
{
    (void)state;
    assert_child_dies(open_a_latch_that_is_none, NULL, FAILED "guise__latch_word_is_valid(before)");
}

static void test_lock(void **state)
{
    struct guise__lock lock;

    assert_child_dies(take_a_lock_that_is_none, NULL, FAILED "guise__lock_word_is_valid(seen)");
    (void)state;
    guise__lock_init(&lock);
    assert_false(guise__lock_is_held(&lock));
    (void)guise__lock_take(&lock);
    assert_true(guise__lock_is_held(&lock));
    guise__lock_release(&lock);
    assert_false(guise__lock_is_held(&lock));
    guise__lock_destroy(&lock);
}

/* ---- identity -------------------------------------------------------------------------------- */

static void unref_a_token_with_a_group_twice(void *arg)
{
    guise_token *token = make_token();

    (void)arg;
    token->groups[1] = token->groups[0];
    guise__token_print(token);
    guise_token_unref(token);
}

static void unref_a_token_without_its_gid(void *arg)
{
    guise_token *token = make_token();

    (void)arg;
    token->gid = 50009;
    guise_token_unref(token);
}

static void free_a_token_in_use(void *arg)
{
    (void)arg;
    guise__token_free(make_token());
}

static void call_a_context_of_another_level(void *arg)
{
    guise_context *context = make_context();
    guise_call *call;

    (void)arg;
    guise__context_make_shards(context);
    context->blanket.level = GUISE_LEVEL_DELEGATE;
    guise__context_print(context);
    CHILD_CHECK_RESULT(guise_call_create(context, &call), GUISE_OK);
}

static void release_a_call_from_an_empty_shard(void *arg)
{
    guise_context *context = make_context();

    (void)arg;
    guise__context_make_shards(context);
    guise__context_release(context, 1);
}

static void release_a_call_from_no_shard(void *arg)
{
    guise_context *context = make_context();

    (void)arg;
    guise__context_release(context, GUISE__SHARDS + 1);
}

/* A thread carries only what a provider has prepared, and the emulated one prepares nothing. */
static void carry_what_was_not_prepared(void *arg)
{
    (void)arg;
    tl_guise_switch.carried = make_token();
    (void)guise__group_room_make();
}

static void test_token(void **state)
{
    (void)state;
    assert_child_dies(unref_a_token_with_a_group_twice, NULL,
                      FAILED "guise__token_is_valid(token)");
    assert_child_dies(unref_a_token_without_its_gid, NULL, FAILED "guise__token_is_valid(token)");
    assert_child_dies(free_a_token_in_use, NULL, FAILED "atomic_load_explicit(&token->refs");
}

static void test_context(void **state)
{
    (void)state;
    assert_child_dies(call_a_context_of_another_level, NULL,
                      FAILED "guise__context_is_valid(context)");
    assert_child_dies(release_a_call_from_an_empty_shard, NULL,
                      FAILED "atomic_load_explicit(&shards->at[shard - 1].word");
    assert_child_dies(release_a_call_from_no_shard, NULL, FAILED "shard <= GUISE__SHARDS");
}

static void test_switch_record(void **state)
{
    (void)state;
    assert_child_dies(carry_what_was_not_prepared, NULL,
                      FAILED "guise__switch_record_is_valid(record)");
}

#if GUISE_TEST_HAS_LINUX
static void enter_an_identity_out_of_order(void *arg)
{
    static const gid_t groups[] = {50002, 50001};
    struct guise__linux_identity identity = {.group_count = 2, .groups = groups};

    (void)arg;
    guise__linux_identity_print(&identity);
    (void)guise__linux_enter(NULL, &identity);
}

/* No probe has run, so there is no self. */
static void prepare_without_self(void *arg)
{
    guise_token *token = make_token();
    void *prepared;

    (void)arg;
    (void)guise_provider_linux()->prepare(guise_provider_linux(), token, &prepared);
}

static void test_linux(void **state)
{
    (void)state;
    assert_child_dies(enter_an_identity_out_of_order, NULL,
                      FAILED "guise__linux_identity_is_valid(identity)");
    assert_child_dies(prepare_without_self, NULL, FAILED "guise__linux_self_is_valid()");
}
#endif

/* ---- thread ---------------------------------------------------------------------------------- */

static guise_result save_without_impersonating(void *arg)
{
    struct guise__thread *thread = guise__thread_here();

    thread->now.saved = arg;
    guise__thread_print();
    CHILD_CHECK_RESULT(guise_set_thread_token(NULL), GUISE_OK);
    return GUISE_OK;
}

static void change_a_slot_that_is_none(void *arg)
{
    guise_token *token = make_token();

    (void)arg;
    CHILD_CHECK_RESULT(guise_run_as(token, save_without_impersonating, token), GUISE_OK);
}

static guise_result break_the_scope(void *arg)
{
    struct guise__thread *thread = guise__thread_here();

    (void)arg;
    thread->scope->up = thread->scope;
    return GUISE_OK;
}

static void leave_a_scope_that_is_its_own_outer(void *arg)
{
    (void)arg;
    CHILD_CHECK_RESULT(guise_run_as(make_token(), break_the_scope, NULL), GUISE_OK);
}

static void test_identity_and_thread(void **state)
{
    (void)state;
    assert_child_dies(change_a_slot_that_is_none, NULL, FAILED "guise__thread_is_valid(thread)");
}

static void test_scope(void **state)
{
    (void)state;
    assert_child_dies(leave_a_scope_that_is_its_own_outer, NULL,
                      FAILED "guise__scope_is_valid(scope)");
}

/* Checked in this process, because the links of a forked child's list are not. */
static void test_unframed(void **state)
{
    struct guise__unframed node = {.listed = false};

    (void)state;
    assert_true(guise__unframed_is_valid(&node));
    node.listed = true;
    assert_false(guise__unframed_is_valid(&node));
    node.listed = false;
    node.next = &node;
    assert_false(guise__unframed_is_valid(&node));
}

/* ---- call ------------------------------------------------------------------------------------ */

/* ANNOUNCED without COMPLETED. */
static void cancel_a_call_in_no_state(void *arg)
{
    guise_call *call = make_call();

    (void)arg;
    atomic_store(&call->state, atomic_load(&call->state) | GUISE__CALL_ANNOUNCED);
    guise__call_state_print(call);
    CHILD_CHECK_RESULT(guise_call_cancel(call), GUISE_OK);
}

static void dispatch_a_call_without_client(void *arg)
{
    guise_call *call = make_call();

    (void)arg;
    call->client = NULL;
    (void)guise__call_claim_dispatch(call);
}

/* DISPATCHED is set before COMPLETED or never. */
static void step_too_late(void *arg)
{
    guise_call *call = guise_call_ref(make_call());
    uint64_t seen;

    (void)arg;
    CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
    seen = atomic_load(&call->state);
    (void)guise__call_step(call, &seen, seen | GUISE__CALL_DISPATCHED);
}

static void test_call(void **state)
{
    (void)state;
    assert_child_dies(cancel_a_call_in_no_state, NULL, FAILED "guise__call_state_is_valid(*seen)");
    assert_child_dies(dispatch_a_call_without_client, NULL, FAILED "guise__call_is_valid(call)");
    assert_child_dies(step_too_late, NULL, FAILED "guise__call_step_is_valid(*seen, next)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_latch),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_context),
        cmocka_unit_test(test_switch_record),
#if GUISE_TEST_HAS_LINUX
        cmocka_unit_test(test_linux),
#endif
        cmocka_unit_test(test_identity_and_thread),
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_unframed),
        cmocka_unit_test(test_call),
    };

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}

#else

int main(void)
{
    test_skip_program("the library was built without GUISE_CHECKS");
    return 0;
}

#endif
