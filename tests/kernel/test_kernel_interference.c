/* SPDX-License-Identifier: MIT */
/*
 * The rest of the program changes identities too, for all threads at once: libc's seteuid(0) gives
 * a thread that is a client its root back, in silence. The library cannot prevent it; it sees it
 * when the client is left, and then the process dies. L-7.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <pthread.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, OTHER = 50002, ROUNDS = 10000000 };

static const char s_line[] = "changed behind our back";
static const gid_t s_groups[] = {50901, 50902};
static struct who s_self;

static void *interfere(void *arg)
{
    (void)arg;
    for (;;) {
        if (seteuid(0) != 0) {
            _exit(3);
        }
    }
}

/* A client's open that succeeded as root must not stay unnoticed. */
static void be_client_once(guise_call *call)
{
    guise_result result = guise_call_impersonate(call);
    int error;

    if (result != GUISE_OK) {
        /* Interference in the middle of entering: refused, and itself. */
        CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
        CHILD_CHECK(geteuid() == 0);
        return;
    }
    error = try_open("of-root");
    CHILD_OK(guise_revert_to_self());
    CHILD_CHECK(error != 0);
}

static void impersonate_under_interference(void *arg)
{
    pthread_t thread;
    guise_call *call;

    (void)arg;
    serve(2, s_groups, &s_self);
    call = simple_call(ALICE, ALICE);
    CHILD_CHECK(pthread_create(&thread, NULL, interfere, NULL) == 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        be_client_once(call);
    }
    child_failed("was never changed behind its back", __FILE__, __LINE__);
}

/* The issue's own: a loop of seteuid(0) in one thread, impersonation in another. */
static void seteuid_loop_ends_the_process(void **state)
{
    (void)state;
    assert_child_dies(impersonate_under_interference, NULL, s_line);
}

/* ---- one change of each kind, at a certain moment -------------------------------------------- */

static bool regain_root(void)
{
    return raw_setresuid((uid_t)-1, 0, (uid_t)-1);
}

static bool become_other_group(void)
{
    return raw_setresuid((uid_t)-1, 0, (uid_t)-1) && raw_setresgid((gid_t)-1, OTHER, (gid_t)-1) &&
           raw_setresuid((uid_t)-1, ALICE, (uid_t)-1);
}

static bool lose_the_groups(void)
{
    return raw_setresuid((uid_t)-1, 0, (uid_t)-1) && raw_setgroups(0, NULL) &&
           raw_setresuid((uid_t)-1, ALICE, (uid_t)-1);
}

static bool swap_the_groups(void)
{
    const gid_t other = OTHER; /* as many as alice is in */

    return raw_setresuid((uid_t)-1, 0, (uid_t)-1) && raw_setgroups(1, &other) &&
           raw_setresuid((uid_t)-1, ALICE, (uid_t)-1);
}

static bool lose_the_way_back(void)
{
    return raw_setresuid(ALICE, ALICE, ALICE);
}

static bool change_the_saved_id(void)
{
    return raw_setresuid((uid_t)-1, (uid_t)-1, ALICE);
}

struct change {
    const char *name;
    bool (*happens)(void);
};

static const struct change s_changes[] = {
    {"root again", regain_root},        {"another group", become_other_group},
    {"no groups", lose_the_groups},     {"other groups", swap_the_groups},
    {"no way back", lose_the_way_back}, {"another saved id", change_the_saved_id},
};

static guise_result change_as_client(guise_call *call, void *arg)
{
    const struct change *change = arg;

    (void)call;
    CHILD_OK(guise_impersonate_client());
    CHILD_CHECK(change->happens());
    return GUISE_OK;
}

static void change_and_leave_the_frame(void *arg)
{
    serve(2, s_groups, &s_self);
    CHILD_OK(guise_call_dispatch(simple_call(ALICE, ALICE), change_as_client, arg));
}

static void change_and_revert(void *arg)
{
    const struct change *change = arg;

    serve(2, s_groups, &s_self);
    CHILD_OK(guise_call_impersonate(simple_call(ALICE, ALICE)));
    CHILD_CHECK(change->happens());
    CHILD_OK(guise_revert_to_self());
}

static void *change_and_end(void *arg)
{
    const struct change *change = arg;

    CHILD_OK(guise_call_impersonate(simple_call(ALICE, ALICE)));
    CHILD_CHECK(change->happens());
    return NULL;
}

static void change_and_end_the_thread(void *arg)
{
    serve(2, s_groups, &s_self);
    child_thread(change_and_end, arg);
}

static void any_change_ends_the_process(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_changes / sizeof s_changes[0]; i++) {
        void *change = (void *)(uintptr_t)&s_changes[i];

        print_message("%s\n", s_changes[i].name);
        assert_child_dies(change_and_leave_the_frame, change, s_line);
        assert_child_dies(change_and_revert, change, s_line);
        assert_child_dies(change_and_end_the_thread, change, s_line);
    }
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seteuid_loop_ends_the_process),
        cmocka_unit_test(any_change_ends_the_process),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
