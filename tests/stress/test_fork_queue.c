/* SPDX-License-Identifier: MIT */
/*
 * A signal handler forks at every instruction of completing a call that has a queue, and of taking calls.
 * Each child finds the queue in order, as if another thread of its parent had been stopped there: it takes
 * some of what had arrived, in the order of arrival, and its own call after that.
 */
#define _GNU_SOURCE
#include "support/scene.h"
#include "support/stepping.h"

#if STEPPING_WORKS && !defined(__SANITIZE_ADDRESS__)

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <guise/queue.h>

#include "support/child.h"
#include "support/puppet.h"

enum { CALLS = 3, ROOM = 8 };

struct walk {
    const char *name;
    size_t arrived; /* before the step */
    void (*stepped)(void);
    long forks, complete; /* children that found all that they could find */
};

static struct walk *s_walk; /* NULL: do not fork */
static bool s_is_child;
static guise_context *s_client;
static guise_queue *s_queue;
static guise_call *s_calls[CALLS];
static size_t s_taken; /* by the parent */

/* ---- the child ---- */

static void own_call_arrives(void)
{
    guise_call *own = NULL, *call = NULL;
    size_t count = 77;

    CHILD_OK(guise_call_create(s_client, &own));
    CHILD_OK(guise_call_notify(own, s_queue, s_queue));
    CHILD_OK(guise_call_signal(own));
    CHILD_OK(guise_queue_take_calls(s_queue, 0, &call, 1, &count));
    CHILD_CHECK(count == 1 && call == own);
    CHILD_CHECK(guise_queue_take_calls(s_queue, 0, &call, 1, &count) == GUISE_E_TIMEOUT);
}

/* How many of the parent's calls the child finds, which are in order. */
static size_t take_the_parents(void)
{
    guise_call *calls[ROOM] = {NULL};
    size_t count = 0, at = 0;

    (void)!guise_queue_take_calls(s_queue, 0, calls, ROOM, &count);
    for (size_t i = 0; i < count; i++) {
        while (at < CALLS && s_calls[at] != calls[i]) {
            at++;
        }
        CHILD_CHECK(at < CALLS);
        at++;
    }
    return count;
}

static void on_step(int number, siginfo_t *info, void *context)
{
    int status = -1;
    pid_t child;

    (void)number;
    (void)info;
    (void)context;
    if (s_walk == NULL || s_is_child) {
        return;
    }
    child = fork();
    CHILD_CHECK(child >= 0);
    if (child == 0) {
        size_t found;

        s_is_child = true;
        found = take_the_parents();
        own_call_arrives();
        test_exit_child(found >= s_walk->arrived ? 0 : 3);
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child);
    CHILD_CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3));
    s_walk->forks++;
    s_walk->complete += WEXITSTATUS(status) == 0;
}

/* ---- what is stepped ---- */

static void complete_the_last(void)
{
    CHILD_OK(guise_call_signal(s_calls[CALLS - 1]));
}

/* Without a time-out, because reading the clock, stopped at each instruction, would begin again and again. */
static void take(size_t max)
{
    guise_call *calls[CALLS];

    CHILD_OK(guise_queue_take_calls(s_queue, GUISE_INFINITE, calls, max, &s_taken));
}

static void take_one(void)
{
    take(1);
}

static void take_all(void)
{
    take(CALLS);
}

static struct walk s_walks[] = {
    {"complete into an empty queue", 0, complete_the_last, 0, 0},
    {"complete into a queue", 2, complete_the_last, 0, 0},
    {"take one of three", 3, take_one, 0, 0},
    {"take all", 3, take_all, 0, 0},
};

static void walk_once(struct walk *walk, bool is_stepped)
{
    CHILD_OK(guise_queue_create(&s_queue));
    for (size_t i = 0; i < CALLS; i++) {
        CHILD_OK(guise_call_create(s_client, &s_calls[i]));
        CHILD_OK(guise_call_notify(s_calls[i], s_queue, s_queue));
    }
    for (size_t i = 0; i < walk->arrived; i++) {
        CHILD_OK(guise_call_signal(s_calls[i]));
    }
    s_taken = 0;
    s_walk = is_stepped ? walk : NULL;
    start_stepping();
    walk->stepped();
    stop_stepping();
    s_walk = NULL;
    for (size_t i = 0; i < s_taken; i++) {
        guise_call_unref(s_calls[i]);
    }
    guise_queue_unref(s_queue);
    for (size_t i = 0; i < CALLS; i++) {
        guise_call_unref(s_calls[i]);
    }
}

static void fork_at_every_instruction(void *arg)
{
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    s_client = arg;
    test_watchdog(120);
    CHILD_CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    for (size_t i = 0; i < sizeof s_walks / sizeof s_walks[0]; i++) {
        struct walk *walk = &s_walks[i];

        walk_once(walk, false); /* because the dynamic linker looks names up once */
        walk_once(walk, true);
        (void)printf("%s: forks %ld, children that found all %ld\n", walk->name, walk->forks,
                     walk->complete);
        (void)fflush(stdout);
        CHILD_CHECK(walk->forks > 100 && walk->complete > 20);
    }
}

static void a_child_finds_the_queue_in_order(void **state)
{
    struct scene *s = *state;

    assert_child_passes(fork_at_every_instruction, s->alice);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {scene_test(a_child_finds_the_queue_in_order)};

    return cmocka_run_group_tests_name("forks beside a queue", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}

#else

int main(void)
{
    test_skip_program("steps a thread as x86-64 does, and not below a sanitizer");
    return TEST_SKIPPED;
}

#endif
