/* SPDX-License-Identifier: MIT */
/*
 * A completion function that is registered while another registration has begun and stands still: one
 * of them always succeeds, or the call has completed before. tests/stress/test_duels.c lets it stand
 * still before each of its instructions; here it does for ever, and what that costs is looked at.
 *
 * This program brings its own guise__alloc_raw, which fails when it is told to, and lets another
 * registration come in between.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include "base/lifecycle.h"
#include "call/call.h"
#include "call/call_state.h"
#include "port/port.h"
#include "support/child.h"
#include "thread/thread_state.h"

enum { SECONDS = 20 };

/* ---- the allocator --------------------------------------------------------------------------- */

static int s_live; /* blocks; these tests have one thread */
static bool s_fail;
static void (*s_in_between)(struct scene *s); /* once, in the next allocation */
static struct scene *s_scene;

void *guise__alloc_raw(size_t size)
{
    void (*in_between)(struct scene *) = s_in_between;
    void *memory = s_fail ? NULL : malloc(size);

    s_in_between = NULL;
    s_live += memory != NULL;
    if (in_between != NULL) {
        in_between(s_scene);
    }
    return memory;
}

void guise__free(void *memory)
{
    s_live -= memory != NULL;
    free(memory);
}

/* But for the block that the thread keeps for its next call. */
static int live(void)
{
    return s_live - (tl_guise_thread.spare != NULL);
}

/* ---- a registration that stands still -------------------------------------------------------- */

/* It has claimed the call's own place, and writes nothing there. */
static void stand_still(guise_call *call)
{
    (void)atomic_fetch_or(&call->state, GUISE__CALL_CLAIMED);
}

static void count_other(guise_call *call, guise_result result, void *s)
{
    struct scene *scene = s;

    (void)call;
    (void)result;
    scene->count += 100;
}

static void count_mine(guise_call *call, guise_result result, void *s)
{
    struct scene *scene = s;

    (void)call;
    (void)result;
    scene->count++;
}

static guise_result register_mine(struct scene *s)
{
    return guise_call_on_complete(s->call, count_mine, s);
}

static guise_result register_other(struct scene *s)
{
    return guise_call_on_complete(s->call, count_other, s);
}

/* Completes the call and drops it: these functions have run, and nothing is left. */
static void assert_replies(struct scene *s, int count)
{
    assert_ok(guise_call_complete(s->call, 5));
    assert_int_equal(s->count, count);
    assert_ok(guise_call_wait(s->call, 0));
    assert_result(register_mine(s), GUISE_E_CALL_COMPLETE);
    guise_call_unref(s->call);
    s->call = NULL;
}

/* */
static void test_registered_beside(void **state)
{
    struct scene *s = *state;

    stand_still(s->call);
    assert_ok(register_mine(s));
    assert_result(register_other(s), GUISE_E_UNEXPECTED);
    assert_true(is_pending(s->call));
    assert_replies(s, 1);
}

static void test_registered_beside_and_abandoned(void **state)
{
    struct scene *s = *state;

    stand_still(s->call);
    assert_ok(register_mine(s));
    guise_call_unref(s->call);
    s->call = NULL;
    assert_int_equal(s->count, 1);
}

static guise_result finish(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return 5;
}

static void test_registered_beside_and_finished(void **state)
{
    struct scene *s = *state;

    stand_still(s->call);
    assert_ok(register_mine(s));
    assert_true(guise__call_signal_with(s->call, finish, NULL));
    assert_replies(s, 1);
}

/* Nothing replies, and no registration has been refused for another one's sake. */
static void test_completed_while_it_stands_still(void **state)
{
    struct scene *s = *state;

    stand_still(s->call);
    assert_replies(s, 0);
}

static void test_no_memory_beside(void **state)
{
    struct scene *s = *state;
    uint64_t state_before;
    int before = live();

    stand_still(s->call);
    state_before = atomic_load(&s->call->state);
    s_fail = true;
    assert_result(register_other(s), GUISE_E_OUT_OF_MEMORY);
    s_fail = false;
    assert_true(atomic_load(&s->call->state) == state_before);
    assert_int_equal(live(), before);
    assert_ok(register_mine(s));
    assert_replies(s, 1);
}

/* ---- one that comes in between --------------------------------------------------------------- */

static void register_another(struct scene *s)
{
    CHILD_CHECK_RESULT(register_other(s), GUISE_OK);
}

static void test_another_one_is_faster(void **state)
{
    struct scene *s = *state;

    s_scene = s;
    stand_still(s->call);
    s_in_between = register_another;
    assert_result(register_mine(s), GUISE_E_UNEXPECTED);
    assert_replies(s, 100);
}

static void complete_the_call(struct scene *s)
{
    CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
}

static void test_completed_in_between(void **state)
{
    struct scene *s = *state;

    s_scene = s;
    stand_still(s->call);
    s_in_between = complete_the_call;
    assert_result(register_mine(s), GUISE_E_CALL_COMPLETE);
    assert_replies(s, 0);
}

/* Another registration is beside already, and not decided: its thread stands still too. */
static void leave_beside(struct scene *s)
{
    struct guise__beside *beside = guise__alloc(sizeof *beside);

    stand_still(s->call);
    beside->reply = (struct guise__reply){count_other, s, guise__fork_count()};
    atomic_store(&s->call->beside, beside);
}

/* It is completed by the next one, which is refused for it. */
static void test_one_that_is_beside_is_helped(void **state)
{
    struct scene *s = *state;

    leave_beside(s);
    assert_result(register_mine(s), GUISE_E_UNEXPECTED);
    assert_replies(s, 100);
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* What stands still in the parent is not here, and will never go on. */
static void register_in_the_child(struct scene *s)
{
    int before = live();

    CHILD_CHECK_RESULT(register_mine(s), GUISE_OK);
    CHILD_CHECK_RESULT(register_other(s), GUISE_E_UNEXPECTED);
    CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
    CHILD_CHECK(s->count == 1);
    guise_call_unref(s->call);
    CHILD_CHECK(live() < before);
    test_exit_child(0);
}

static void assert_child_registers(struct scene *s)
{
    int status = -1;
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        test_watchdog_start("forked child", SECONDS);
        register_in_the_child(s);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
}

static void test_a_child_registers_beside_its_parents(void **state)
{
    struct scene *s = *state;

    stand_still(s->call);
    assert_child_registers(s);
    leave_beside(s);
    assert_child_registers(s);
    assert_result(register_mine(s), GUISE_E_UNEXPECTED);
    assert_replies(s, 100);
}

static int s_before;

static int setup(void **state)
{
    s_before = live();
    return scene_setup(state);
}

static int teardown(void **state)
{
    int result = scene_teardown(state);

    assert_int_equal(live(), s_before);
    return result;
}

#define reply_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        reply_test(test_registered_beside),
        reply_test(test_registered_beside_and_abandoned),
        reply_test(test_registered_beside_and_finished),
        reply_test(test_completed_while_it_stands_still),
        reply_test(test_no_memory_beside),
        reply_test(test_another_one_is_faster),
        reply_test(test_completed_in_between),
        reply_test(test_one_that_is_beside_is_helped),
        reply_test(test_a_child_registers_beside_its_parents),
    };

    if (guise_use_provider(guise_provider_emulated()) != GUISE_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
