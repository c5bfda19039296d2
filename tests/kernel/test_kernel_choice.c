/* SPDX-License-Identifier: MIT */
/*
 * Choosing a provider that the kernel has to agree with: why it does not, in words; without memory and
 * without threads; and by two threads at once. After a failure there is no provider, and the next
 * choice is made anew (I-01). This program brings its own guise__alloc_raw, which can fail.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/port.h"
#include "support/kernel.h"
#include "thread/process_token.h"

enum { ALICE = 50001, SERVICE = 50990, ERRNO = 77 };

static const gid_t s_groups[] = {50901, 50902};

/* ---- the allocator --------------------------------------------------------------------------- */

static atomic_uint s_requests, s_fail_at; /* the n-th request since; 0: none */

void *guise__alloc_raw(size_t size)
{
    unsigned now = 1 + atomic_fetch_add(&s_requests, 1);

    return now == atomic_load(&s_fail_at) ? NULL : malloc(size);
}

void guise__free(void *memory)
{
    free(memory);
}

static void fail_at(unsigned request)
{
    atomic_store(&s_requests, 0);
    atomic_store(&s_fail_at, request);
}

/* ---- serving --------------------------------------------------------------------------------- */

static guise_result create(guise_token **token)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;

    desc.uid = ALICE;
    desc.gid = ALICE;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    return guise_token_create(&desc, token);
}

static void must_be_none(const char *reason)
{
    guise_token *token = TEST_POISON(guise_token);

    CHILD_CHECK(guise_provider_in_use() == NULL);
    CHILD_CHECK(strcmp(guise_provider_reason(), reason) == 0);
    CHILD_CHECK_RESULT(create(&token), GUISE_E_NO_PROVIDER);
    CHILD_CHECK(token == NULL);
}

static void must_serve(const guise_provider *provider)
{
    guise_call *call;
    struct who self, now;

    CHILD_OK(guise_use_provider(provider));
    CHILD_CHECK(strcmp(guise_provider_reason(), "") == 0);
    CHILD_CHECK(guise_provider_in_use() == provider);
    who_am_i(&self);
    call = simple_call(ALICE, ALICE);
    CHILD_OK(guise_call_impersonate(call));
    who_am_i(&now);
    CHILD_CHECK(now.uid[EFFECTIVE] == ALICE && now.effective == 0);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&self);
    guise_call_unref(call);
}

/* ---- why not --------------------------------------------------------------------------------- */

static bool raise_all(void)
{
    struct who now;

    who_am_i(&now);
    return raw_capset(now.permitted, now.permitted, now.inheritable);
}

static bool lower(unsigned cap)
{
    struct who now;

    who_am_i(&now);
    return raw_capset(now.effective & ~(UINT64_C(1) << cap), now.permitted, now.inheritable);
}

static bool other_uid(void)
{
    return raw_setresuid(0, SERVICE, 0) && raise_all();
}

static bool uid_back(void)
{
    return raw_setresuid(0, 0, 0);
}

static bool other_gid(void)
{
    return raw_setresgid(0, SERVICE, 0);
}

static bool gid_back(void)
{
    return raw_setresgid(0, 0, 0);
}

static bool other_file_uid(void)
{
    return setfsuid(SERVICE) == 0;
}

static bool file_uid_back(void)
{
    return setfsuid(0) == SERVICE;
}

static bool other_file_gid(void)
{
    return setfsgid(SERVICE) == 0;
}

static bool file_gid_back(void)
{
    return setfsgid(0) == SERVICE;
}

static bool no_setuid(void)
{
    return lower(CAP_SETUID);
}

static bool no_setgid(void)
{
    return lower(CAP_SETGID);
}

static bool other_saved_uid(void)
{
    return raw_setresuid(0, 0, SERVICE);
}

static bool other_real_gid(void)
{
    return raw_setresgid(SERVICE, 0, 0);
}

static const char s_neither[] = "the effective uid or gid is neither the real nor the saved one";
static const char s_file_ids[] = "the file-system ids are not the effective ids";
static const char s_differ[] =
    "real, effective and saved ids differ, which linux_full cannot restore";

static const struct why {
    bool (*spoil)(void);
    bool (*mend)(void);
    const char *reason;
    bool only_full;
} s_whys[] = {
    {no_setuid, raise_all, "CAP_SETUID is not in the effective set", false},
    {no_setgid, raise_all, "CAP_SETGID is not in the effective set", false},
    {other_uid, uid_back, s_neither, false},
    {other_gid, gid_back, s_neither, false},
    {other_file_uid, file_uid_back, s_file_ids, false},
    {other_file_gid, file_gid_back, s_file_ids, false},
    {other_saved_uid, uid_back, s_differ, true},
    {other_real_gid, gid_back, s_differ, true},
};

struct choice {
    const struct why *why;
    const guise_provider *provider;
};

static void be_refused_with_a_reason(void *arg)
{
    const struct choice *choice = arg;

    CHILD_CHECK(raw_setgroups(2, s_groups));
    must_be_none("no provider was chosen");
    CHILD_CHECK(choice->why->spoil());
    errno = ERRNO;
    CHILD_CHECK_RESULT(guise_use_provider(choice->provider), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(errno == ERRNO);
    must_be_none(choice->why->reason);
    CHILD_CHECK(choice->why->mend());
    must_serve(choice->provider);
}

static void be_served_all_the_same(void *arg)
{
    const struct choice *choice = arg;

    CHILD_CHECK(raw_setgroups(2, s_groups) && choice->why->spoil());
    must_serve(choice->provider);
}

static void every_refusal_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_whys / sizeof s_whys[0]; i++) {
        struct choice plain = {&s_whys[i], guise_provider_linux()};
        struct choice full = {&s_whys[i], guise_provider_linux_full()};

        print_message("%s\n", s_whys[i].reason);
        assert_child_passes(be_refused_with_a_reason, &full);
        if (s_whys[i].only_full) {
            assert_child_passes(be_served_all_the_same, &plain);
        } else {
            assert_child_passes(be_refused_with_a_reason, &plain);
        }
    }
}

/* ---- without memory, without threads --------------------------------------------------------- */

static void no_thread(void *arg)
{
    const int numbers[] = {
#ifdef SYS_clone3
        SYS_clone3,
#endif
        SYS_clone};

    (void)arg;
    filter_calls(EAGAIN, numbers, sizeof numbers / sizeof numbers[0]);
    errno = ERRNO;
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux()), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(errno == ERRNO);
    must_be_none("no thread could be created");
    test_exit_child(0); /* a sanitizer's leak check makes a thread */
}

/* Enough groups that the rehearsal needs room for them too. */
static void many_groups(void)
{
    enum { MANY = 1500 };
    gid_t groups[MANY];

    for (gid_t i = 0; i < MANY; i++) {
        groups[i] = 51000 + i;
    }
    CHILD_CHECK(raw_setgroups(MANY, groups));
}

static void no_memory(void *arg)
{
    unsigned failures = 0;

    (void)arg;
    many_groups();
    for (;;) {
        guise_result result;

        fail_at(failures + 1);
        result = guise_use_provider(guise_provider_linux());
        fail_at(0);
        if (result == GUISE_OK) {
            break;
        }
        CHILD_CHECK_RESULT(result, GUISE_E_OUT_OF_MEMORY);
        must_be_none("no memory");
        failures++;
    }
    CHILD_CHECK(failures == 2);
}

/* ---- two threads at once --------------------------------------------------------------------- */

struct chooser {
    pthread_barrier_t *start;
    const guise_provider *provider;
    guise_result result;
};

static void *choose(void *arg)
{
    struct chooser *chooser = arg;

    (void)pthread_barrier_wait(chooser->start);
    chooser->result = guise_use_provider(chooser->provider);
    return NULL;
}

static void choose_at_once(struct chooser choosers[2])
{
    pthread_barrier_t start;
    pthread_t threads[2];

    CHILD_CHECK(pthread_barrier_init(&start, NULL, 2) == 0);
    for (int i = 0; i < 2; i++) {
        choosers[i].start = &start;
        CHILD_CHECK(pthread_create(&threads[i], NULL, choose, &choosers[i]) == 0);
    }
    for (int i = 0; i < 2; i++) {
        CHILD_CHECK(pthread_join(threads[i], NULL) == 0);
    }
    (void)pthread_barrier_destroy(&start);
}

static void the_same(void *arg)
{
    struct chooser choosers[] = {{NULL, guise_provider_linux(), 0}, {NULL, guise_provider_linux(), 0}};

    (void)arg;
    choose_at_once(choosers);
    CHILD_OK(choosers[0].result);
    CHILD_OK(choosers[1].result);
    must_serve(guise_provider_linux());
}

static void different_ones(void *arg)
{
    struct chooser choosers[] = {{NULL, guise_provider_linux(), 0}, {NULL, arg, 0}};
    int winner;

    choose_at_once(choosers);
    winner = choosers[0].result == GUISE_OK ? 0 : 1;
    CHILD_OK(choosers[winner].result);
    CHILD_CHECK_RESULT(choosers[1 - winner].result, GUISE_E_TOO_LATE);
    CHILD_CHECK(guise_provider_in_use() == choosers[winner].provider);
}

static void two_threads_choose(void **state)
{
    enum { ROUNDS = 50 };

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        assert_child_passes(the_same, NULL);
        assert_child_passes(different_ones, (void *)(uintptr_t)guise_provider_linux_full());
        assert_child_passes(different_ones, (void *)(uintptr_t)guise_provider_emulated());
    }
}

/* ---- the identity of the process, for guise-com ---------------------------------------------- */

static unsigned s_failing_call, s_calls;

static bool fail_getgroups(const struct trapped_call *call, long *result)
{
    (void)call;
    *result = -EPERM;
    return ++s_calls == s_failing_call;
}

static void getgroups_fails(void *arg)
{
    const int number = NR_GETGROUPS;
    guise_token *token;
    size_t count;

    (void)arg;
    CHILD_CHECK(raw_setgroups(2, s_groups));
    CHILD_OK(guise_use_provider(guise_provider_emulated()));
    trap_calls(&number, 1, fail_getgroups);
    for (s_failing_call = 1; s_failing_call <= 2; s_failing_call++) {
        s_calls = 0;
        token = TEST_POISON(guise_token);
        errno = ERRNO;
        CHILD_CHECK_RESULT(guise__process_token(&token), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK(token == NULL && errno == ERRNO && s_calls == s_failing_call);
    }
    s_failing_call = 0;
    CHILD_OK(guise__process_token(&token));
    (void)guise_token_groups(token, &count);
    CHILD_CHECK(count == 3 && guise_token_uid(token) == 0);
    guise_token_unref(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_has_its_reason),
        kernel_test(no_thread),
        kernel_test(no_memory),
        cmocka_unit_test(two_threads_choose),
        kernel_test(getgroups_fails),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
