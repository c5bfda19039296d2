/* SPDX-License-Identifier: MIT */
/*
 * fork while another thread is at the library's first use: the child, where that thread is not, makes
 * a first use of its own and waits for nothing.
 *
 * This program is linked so that libc's registrations come by here first (--wrap): the thread whose
 * tl_stop_at says so stands still there until the fork has been made. Each test plays in a process of
 * its own, because a process has one first use.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/child.h"
#include "support/test.h"
#include "support/wt.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lifecycle.h"
#include "identity/provider.h"
#include "port/port.h"

enum { SECONDS = 20 };

enum step {
    NOWHERE,
    BEFORE_ATFORK,
    AFTER_ATFORK,
    IN_PROBE,
    BEFORE_KEY,
    AFTER_KEY,
    IN_VERIFY,
    BEFORE_SETSPECIFIC,
    STEPS
};

static _Thread_local enum step tl_stop_at;
static struct wt_latch s_reached = WT_LATCH_INIT, s_go = WT_LATCH_INIT;
static unsigned s_registered; /* how often the fork handler was, in this process */

static void stop_if_at(enum step step)
{
    if (tl_stop_at == step) {
        tl_stop_at = NOWHERE;
        wt_latch_open(&s_reached);
        wt_latch_wait(&s_go);
    }
}

/* ---- where a thread stands still ------------------------------------------------------------- */

/* The linker knows these names; the real ones are libc's. */
int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __real_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    int error;

    stop_if_at(BEFORE_ATFORK);
    error = __real_pthread_atfork(prepare, parent, child);
    s_registered++; /* never by two threads at the same time here */
    stop_if_at(AFTER_ATFORK);
    return error;
}

int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    int error;

    stop_if_at(BEFORE_KEY);
    error = __real_pthread_key_create(key, destructor);
    stop_if_at(AFTER_KEY);
    return error;
}

int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
    stop_if_at(BEFORE_SETSPECIFIC);
    return __real_pthread_setspecific(key, value);
}

static guise_result probe(const guise_provider *self)
{
    (void)self;
    stop_if_at(IN_PROBE);
    return GUISE_OK;
}

static guise_result verify(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
    stop_if_at(IN_VERIFY);
    return GUISE_OK;
}

static guise_provider s_provider; /* emulated, but for these two */

static void make_provider(void)
{
    s_provider = *guise_provider_emulated();
    s_provider.probe = probe;
    s_provider.verify = verify;
}

/* ---- a first use ----------------------------------------------------------------------------- */

static guise_result impersonate(guise_call *call, void *arg)
{
    (void)arg;
    return guise_call_impersonate(call);
}

static void serve_one_call(void)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1001, .gid = 1001, .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_token *token = NULL;
    guise_context *client = NULL;
    guise_call *call = NULL;

    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_OK);
    CHILD_CHECK_RESULT(guise_context_create(&blanket, token, &client), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_create(client, &call), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_dispatch(call, impersonate, NULL), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_wait(call, 0), GUISE_OK);
    guise_call_unref(call);
    guise_context_unref(client);
    guise_token_unref(token);
}

static void use_signals(void)
{
    guise_signal *signal = NULL;

    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_set(signal), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_wait(signal, 0), GUISE_OK);
    guise_signal_unref(signal);
}

static void use_everything(void)
{
    if (guise__provider() == NULL) {
        CHILD_CHECK_RESULT(guise_use_provider(&s_provider), GUISE_OK);
    }
    use_signals();
    serve_one_call();
}

/* ---- in the child ---------------------------------------------------------------------------- */

static bool passes(pid_t child)
{
    int status = -1;

    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* However often the handler is registered here, a fork counts once. */
static void fork_counts_once(void)
{
    unsigned before = guise__fork_generation();
    pid_t child = fork();

    if (child == 0) {
        test_watchdog_start("a child of a child", SECONDS);
        CHILD_CHECK(guise__fork_generation() == before + 1);
        use_everything();
        test_exit_child(0);
    }
    CHILD_CHECK(passes(child));
}

static void live_as_a_child(void)
{
    test_watchdog_start("a child forked in the middle", SECONDS);
    tl_stop_at = NOWHERE;
    use_everything();
    fork_counts_once();
    test_exit_child(0);
}

/* ---- a fork at each step --------------------------------------------------------------------- */

static void *use_and_stop(void *arg)
{
    tl_stop_at = *(const enum step *)arg;
    use_everything();
    return NULL;
}

static void *signal_and_stop(void *arg)
{
    tl_stop_at = *(const enum step *)arg;
    use_signals();
    return NULL;
}

static void fork_when_reached(enum step step, void *(*user)(void *))
{
    pthread_t thread;
    pid_t child;

    make_provider();
    CHILD_CHECK(pthread_create(&thread, NULL, user, &step) == 0);
    wt_latch_wait(&s_reached);
    child = fork();
    if (child == 0) {
        live_as_a_child();
    }
    CHILD_CHECK(passes(child));
    wt_latch_open(&s_go);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
    use_everything();
    fork_counts_once();
}

static void fork_at(void *step)
{
    fork_when_reached(*(const enum step *)step, use_and_stop);
}

static void test_fork_at_each_step(void **state)
{
    (void)state;
    for (enum step step = BEFORE_ATFORK; step < STEPS; step++) {
        print_message("step %d\n", (int)step);
        assert_child_passes(fork_at, &step);
    }
}

static void fork_at_a_signal(void *step)
{
    fork_when_reached(*(const enum step *)step, signal_and_stop);
}

static void test_fork_while_the_first_signal_is_made(void **state)
{
    (void)state;
    for (enum step step = BEFORE_ATFORK; step <= AFTER_ATFORK; step++) {
        assert_child_passes(fork_at_a_signal, &step);
    }
}

/* No thread waits for the one that stands still; both register, and a fork counts once. */
static void pass_the_one_that_registers(void *arg)
{
    enum step step = BEFORE_ATFORK;
    pthread_t thread;

    (void)arg;
    make_provider();
    CHILD_CHECK(pthread_create(&thread, NULL, signal_and_stop, &step) == 0);
    wt_latch_wait(&s_reached);
    use_everything();
    fork_counts_once();
    wt_latch_open(&s_go);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
    CHILD_CHECK(s_registered == 2);
    fork_counts_once();
}

static void test_two_threads_register(void **state)
{
    (void)state;
    assert_child_passes(pass_the_one_that_registers, NULL);
}

/* ---- a fork at any moment -------------------------------------------------------------------- */

enum { IN_THE_MIDDLE = 42, ENOUGH = 20, ROUNDS_MAX = 4000, DELAYS = 64 };

static atomic_bool s_begun, s_over;

static void *use_at_once(void *delay)
{
    for (unsigned i = 0; i < *(const unsigned *)delay * 256; i++) {
        atomic_signal_fence(memory_order_seq_cst);
    }
    atomic_store(&s_begun, true);
    use_everything();
    atomic_store(&s_over, true);
    return NULL;
}

/* The child tells whether it was forked in the middle: its memory is that of the moment. */
static void fork_somewhen(void *delay)
{
    bool in_the_middle;
    pthread_t thread;
    int status = -1;
    pid_t child;

    make_provider();
    CHILD_CHECK(pthread_create(&thread, NULL, use_at_once, delay) == 0);
    child = fork();
    if (child == 0) {
        in_the_middle = atomic_load(&s_begun) && !atomic_load(&s_over);
        test_watchdog_start("a child forked at some moment", SECONDS);
        use_everything();
        fork_counts_once();
        test_exit_child(in_the_middle ? IN_THE_MIDDLE : 0);
    }
    CHILD_CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
    CHILD_CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == IN_THE_MIDDLE);
    test_exit_child(WEXITSTATUS(status));
}

static int play_round(unsigned delay)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        test_watchdog_start("a process that forks at some moment", SECONDS);
        fork_somewhen(&delay);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#ifdef __SANITIZE_THREAD__
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = !GUISE__KEEPS_MEMORY }; /* the address sanitizer */
#endif


static void test_fork_at_any_moment(void **state)
{
    unsigned met = 0, rounds = 0;

    (void)state;
    if (IS_SANITIZED) {
        print_message("SKIPPED: a sanitizer leaves locks of its own held in a child\n");
        skip();
    }
    test_watchdog(50);
    for (; met < ENOUGH && rounds < ROUNDS_MAX; rounds++) {
        int status = play_round(rounds % DELAYS);

        assert_true(status == 0 || status == IN_THE_MIDDLE);
        met += status == IN_THE_MIDDLE;
    }
    test_watchdog(0);
    print_message("%u of %u forks in the middle of a first use\n", met, rounds);
    assert_int_equal(met, ENOUGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fork_at_each_step),
        cmocka_unit_test(test_fork_while_the_first_signal_is_made),
        cmocka_unit_test(test_two_threads_register),
        cmocka_unit_test(test_fork_at_any_moment),
    };

    return cmocka_run_group_tests_name("first use", tests, NULL, NULL);
}
