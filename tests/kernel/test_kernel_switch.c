/* SPDX-License-Identifier: MIT */
/* Becoming the client and being oneself again, as the kernel sees it. One child for each test. */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call/call.h"
#include "support/kernel.h"
#include "support/wt.h"

enum { ALICE = 50001, BOB = 50002, SERVER_GROUP = 50901, OTHER_SERVER_GROUP = 50902 };

static const gid_t s_server_groups[] = {SERVER_GROUP, OTHER_SERVER_GROUP};
static struct who s_self, s_alice, s_bob;

/* A server with groups of its own; alice and bob are in none but theirs. */
static void start(void)
{
    serve(2, s_server_groups, &s_self);
    s_alice = who_as(&s_self, ALICE, ALICE, 0, NULL);
    s_bob = who_as(&s_self, BOB, BOB, 0, NULL);
}

static guise_call *alice(void)
{
    return simple_call(ALICE, ALICE);
}

static guise_call *bob(void)
{
    return simple_call(BOB, BOB);
}

static guise_counters counters(void)
{
    guise_counters now = {.size = sizeof now};

    CHILD_OK(guise_counters_get(&now));
    return now;
}

/* A Begin_ or continuation that must be self. */
static guise_result is_self(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    MUST_BE(&s_self);
    return GUISE_OK;
}

static guise_result must_not_run(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    child_failed("must not run", __FILE__, __LINE__);
}

/* ---- in and out ------------------------------------------------------------------------------ */

struct bystander {
    struct wt_latch started, finish;
    pid_t tid;
};

static void *stand_by(void *arg)
{
    struct bystander *bystander = arg;

    bystander->tid = my_tid();
    wt_latch_open(&bystander->started);
    wt_latch_wait(&bystander->finish);
    MUST_BE(&s_self);
    return NULL;
}

static void others_must_be_self(const struct bystander *bystander)
{
    struct who who;

    CHILD_CHECK(who_is(getpid(), bystander->tid, &who) && who_same(&who, &s_self));
    CHILD_CHECK(who_is(getpid(), getpid(), &who) && who_same(&who, &s_self));
}

static const gid_t s_unsorted[] = {50020, 50001, 50010, 50020};
static const gid_t s_expected_groups[] = {50010, 50020};

static guise_result become_alice_exactly(guise_call *call, void *arg)
{
    struct who expected = who_as(&s_self, ALICE, ALICE, 2, s_expected_groups);

    (void)call;
    MUST_BE(&s_self);
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&expected);
    others_must_be_self(arg);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&expected);
    return GUISE_OK; /* and does not revert */
}

static void *serve_alice(void *arg)
{
    guise_call *call =
        client_call(client_token(ALICE, ALICE, 4, s_unsorted, GUISE_LEVEL_IMPERSONATE));

    CHILD_OK(guise_call_dispatch(call, become_alice_exactly, arg));
    MUST_BE(&s_self);
    guise_call_unref(call);
    return NULL;
}

/* S-08, S-11, S-17, N-02: exactly the client, effective ids only, on one thread only; and back. */
static void enter_is_exact_and_leave_restores_all(void *arg)
{
    struct bystander bystander = {.started = WT_LATCH_INIT, .finish = WT_LATCH_INIT};
    pthread_t thread;

    (void)arg;
    start();
    CHILD_CHECK(pthread_create(&thread, NULL, stand_by, &bystander) == 0);
    wt_latch_wait(&bystander.started);
    child_thread(serve_alice, &bystander);
    MUST_BE(&s_self);
    wt_latch_open(&bystander.finish);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
}

static guise_result signal_as_alice(guise_call *call, void *arg)
{
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_call_signal(call));
    MUST_BE(&s_alice);
    CHILD_CHECK_RESULT(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    MUST_BE(&s_alice);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    CHILD_CHECK_RESULT(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    MUST_BE(&s_self);
    return GUISE_OK;
}

/* Signal changes no thread's token, and no thread becomes the client after it (N-01, N-02, N-03,
 * N-04). */
static void signal_is_the_last_moment(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    CHILD_OK(guise_call_dispatch(call, signal_as_alice, NULL));
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* S-19, S-20, N-06: outside a frame it stays, also after Signal, until reverted. */
static void foreign_impersonation_stays(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&s_alice);
    CHILD_OK(guise_call_signal(call));
    MUST_BE(&s_alice);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    guise_call_unref(call);
}

static guise_result become_and_fail(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&s_alice);
    return GUISE_E_SERVER_FAULT;
}

/* L-6, A-22 */
static void failing_begin_is_self_again(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    CHILD_CHECK_RESULT(guise_call_dispatch(call, become_and_fail, NULL), GUISE_E_SERVER_FAULT);
    MUST_BE(&s_self);
    guise_call_unref(call);
}

static guise_result set_errno_and_switch(guise_call *call, void *arg)
{
    (void)arg;
    errno = 4242;
    CHILD_OK(guise_impersonate_client());
    CHILD_CHECK(errno == 4242);
    CHILD_OK(guise_revert_to_self());
    CHILD_CHECK(errno == 4242);
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_call_signal(call));
    CHILD_CHECK(errno == 4242);
    return GUISE_OK;
}

static void *switch_with_a_failing_call(void *arg)
{
    filter_call(ENOMEM, NR_SETRESUID);
    errno = 4242;
    CHILD_CHECK_RESULT(guise_call_impersonate(arg), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(errno == 4242);
    return NULL;
}

/* errno is the caller's, on success and on failure. */
static void errno_is_kept(void *arg)
{
    guise_call *call, *other;

    (void)arg;
    start();
    call = alice();
    other = bob();
    CHILD_OK(guise_call_dispatch(call, set_errno_and_switch, NULL));
    CHILD_CHECK(errno == 4242);
    child_thread(switch_with_a_failing_call, other);
    guise_call_unref(call);
    guise_call_unref(other);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void *without_setgroups(void *arg)
{
    guise_call *call = simple_call(BOB, SERVER_GROUP);
    struct who expected = who_as(&s_self, BOB, SERVER_GROUP, 0, NULL);
    guise_call *other = alice();

    (void)arg;
    filter_call(EPERM, NR_SETGROUPS);
    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&expected);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    CHILD_CHECK_RESULT(guise_call_impersonate(other), GUISE_E_ACCESS_DENIED);
    MUST_BE(&s_self);
    guise_call_unref(call);
    guise_call_unref(other);
    return NULL;
}

/* The same list is not set again: it works where setgroups fails, and another list does not. */
static void same_groups_are_not_set_again(void *arg)
{
    (void)arg;
    serve(1, s_server_groups, &s_self);
    child_thread(without_setgroups, NULL);
}

static void opens_as(guise_call *call, const char *name, int expected)
{
    int error;

    CHILD_OK(guise_call_impersonate(call));
    error = try_open(name);
    CHILD_OK(guise_revert_to_self());
    if (error != expected) {
        child_failed(name, __FILE__, __LINE__);
    }
    guise_call_unref(call);
}

static guise_call *alice_in(gid_t group)
{
    return client_call(client_token(ALICE, ALICE, 1, &group, GUISE_LEVEL_IMPERSONATE));
}

/* S-08: the server's groups do not help its client; the client's own do. */
static void groups_are_not_forgotten(void *arg)
{
    (void)arg;
    start();
    CHILD_CHECK(try_open("of-server-group") == 0);
    opens_as(alice(), "of-server-group", EACCES);
    opens_as(alice_in(SERVER_GROUP), "of-server-group", 0);
    opens_as(alice_in(50123), "of-server-group", EACCES);
}

/* A member of the group is refused what others may do, also if it is one by its primary gid alone.
 * */
static void negative_permission_holds(void *arg)
{
    (void)arg;
    start();
    opens_as(alice(), "all-but-alice", EACCES);
    opens_as(alice_in(50123), "all-but-alice", EACCES);
    opens_as(bob(), "all-but-alice", 0);
    opens_as(simple_call(BOB, ALICE), "all-but-alice", EACCES);
}

/* ---- power ----------------------------------------------------------------------------------- */

static guise_result be_powerless_root(guise_call *call, void *arg)
{
    struct who expected = who_as(&s_self, 0, ALICE, 0, NULL);

    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&expected);
    CHILD_CHECK(try_open("of-bob") == EACCES);
    CHILD_CHECK(try_open("of-root") == 0);
    CHILD_CHECK(!raw_setgroups(0, NULL));
    return GUISE_OK;
}

/* S-08: a client that is uid 0 comes without capabilities, and the server gets all of its own back.
 */
static void uid_0_comes_without_capabilities(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    CHILD_CHECK(s_self.effective != 0 && try_open("of-bob") == 0);
    call = simple_call(0, ALICE);
    CHILD_OK(guise_call_dispatch(call, be_powerless_root, NULL));
    MUST_BE(&s_self);
    CHILD_CHECK(try_open("of-bob") == 0);
    guise_call_unref(call);
}

static guise_result be_nobody(guise_call *call, void *arg)
{
    struct who expected = who_nobody(&s_self);

    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&expected);
    CHILD_CHECK(try_open("of-root") == EACCES);
    CHILD_CHECK(try_open("of-alice") == EACCES);
    CHILD_CHECK(try_open("of-server-group") == EACCES);
    CHILD_CHECK(guise_token_uid(guise_thread_token()) == ALICE);
    return GUISE_OK;
}

/* S-25: below IMPERSONATE the thread is neither the client nor the server. */
static void low_levels_become_nobody(void *arg)
{
    const guise_level levels[] = {GUISE_LEVEL_ANONYMOUS, GUISE_LEVEL_IDENTIFY};

    (void)arg;
    start();
    opens_as(alice(), "of-alice", 0);
    for (size_t i = 0; i < 2; i++) {
        guise_call *call = client_call(client_token(ALICE, ALICE, 0, NULL, levels[i]));

        CHILD_OK(guise_call_dispatch(call, be_nobody, NULL));
        MUST_BE(&s_self);
        guise_call_unref(call);
    }
}

/* ---- clients without ids --------------------------------------------------------------------- */

static guise_token *token_without_ids(const char *key)
{
    guise_identity who = {
        .size = sizeof who, .mechanism = "krb5", .key = key, .key_size = strlen(key)};
    guise_token *token = NULL;

    CHILD_OK(guise_token_create_without_ids(&who, key, GUISE_LEVEL_IDENTIFY, &token));
    return token;
}

static guise_result be_without_ids(void *arg)
{
    struct who expected = who_nobody(&s_self);

    (void)arg;
    MUST_BE(&expected);
    CHILD_OK(guise_thread_verify());
    CHILD_CHECK(try_open("of-root") == EACCES);
    CHILD_CHECK(try_open("of-alice") == EACCES);
    CHILD_CHECK(try_open("of-server-group") == EACCES);
    return GUISE_OK;
}

static guise_result impersonate_without_ids(guise_call *call, void *arg)
{
    guise_call *others = arg;

    CHILD_OK(guise_impersonate_client());
    CHILD_OK(be_without_ids(NULL));
    CHILD_OK(guise_call_impersonate(others)); /* reads as the same ids */
    CHILD_CHECK(!guise_token_is_same_client(guise_thread_token(),
                                            guise_context_token(guise__call_client(call))));
    CHILD_OK(be_without_ids(NULL));
    CHILD_OK(guise_call_impersonate(call));
    CHILD_OK(be_without_ids(NULL));
    CHILD_CHECK(guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE) == GUISE_E_BAD_LEVEL);
    return GUISE_OK;
}

/* I-14: in whichever way it gets into the slot, for the kernel it is nobody. */
static void clients_without_ids_are_nobody(void *arg)
{
    guise_token *token;
    guise_call *alice_of_krb5, *bob_of_krb5;

    (void)arg;
    start();
    token = token_without_ids("alice");
    alice_of_krb5 = client_call(token_without_ids("alice"));
    bob_of_krb5 = client_call(token_without_ids("bob"));
    CHILD_OK(guise_set_thread_token(token));
    CHILD_OK(be_without_ids(NULL));
    CHILD_OK(guise_set_thread_token(NULL));
    MUST_BE(&s_self);
    CHILD_OK(guise_run_as(token, be_without_ids, NULL));
    MUST_BE(&s_self);
    CHILD_OK(guise_call_dispatch(alice_of_krb5, impersonate_without_ids, bob_of_krb5));
    MUST_BE(&s_self);
    guise_call_unref(alice_of_krb5);
    guise_call_unref(bob_of_krb5);
    guise_token_unref(token);
}

/* ---- destructors ----------------------------------------------------------------------------- */

static void destroy_as_self(void *data)
{
    MUST_BE(&s_self);
    ++*(int *)data;
}

static guise_token *delegated(int *destroyed)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = BOB, .gid = BOB, .level = GUISE_LEVEL_DELEGATE};
    guise_credential *credential = NULL;
    guise_token *token = NULL;

    CHILD_OK(guise_credential_create(&s_self, destroyed, destroy_as_self, &credential));
    CHILD_OK(guise_token_create_with_credential(&desc, credential, &token));
    guise_credential_unref(credential);
    return token;
}

static guise_result drop_as_alice(guise_call *call, void *arg)
{
    int *destroyed = arg;
    guise_token *token;

    CHILD_OK(guise_call_impersonate(call));
    guise_token_unref(delegated(destroyed));
    CHILD_CHECK(*destroyed == 1);
    MUST_BE(&s_alice);
    CHILD_OK(guise_set_thread_token(token = delegated(destroyed)));
    guise_token_unref(token);
    MUST_BE(&s_bob);
    CHILD_OK(guise_call_impersonate(call));
    CHILD_CHECK(*destroyed == 2);
    MUST_BE(&s_alice);
    return GUISE_OK;
}

/* I-17: by the kernel's word, on a thread that is a client before and after. */
static void destructors_run_as_self(void *arg)
{
    guise_call *call;
    int destroyed = 0;

    (void)arg;
    start();
    call = alice();
    CHILD_OK(guise_call_dispatch(call, drop_as_alice, &destroyed));
    CHILD_CHECK(destroyed == 2);
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* ---- nesting --------------------------------------------------------------------------------- */

static guise_result be_bob(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    MUST_BE(&s_self);
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&s_bob);
    return GUISE_OK;
}

static guise_result be_alice_around_bob(guise_call *call, void *arg)
{
    (void)call;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&s_alice);
    CHILD_OK(guise_call_dispatch(arg, be_bob, NULL));
    MUST_BE(&s_alice);
    CHILD_OK(guise_call_run(arg, be_bob, NULL));
    MUST_BE(&s_alice);
    CHILD_OK(guise_call_impersonate(arg)); /* the last one wins */
    MUST_BE(&s_bob);
    CHILD_OK(guise_revert_to_self()); /* and one revert undoes both */
    MUST_BE(&s_self);
    return GUISE_OK;
}

/* S-12, S-14, S-15: a frame starts as self, and when it ends the outer client is back. */
static void outer_client_is_back(void *arg)
{
    guise_call *outer, *inner;

    (void)arg;
    start();
    outer = alice();
    inner = bob();
    CHILD_OK(guise_call_dispatch(outer, be_alice_around_bob, inner));
    MUST_BE(&s_self);
    guise_call_unref(outer);
    guise_call_unref(inner);
}

/* What another thread's libc call would do to this one, behind the library's back. */
static bool alter_uid(void)
{
    return raw_setresuid((uid_t)-1, 0, (uid_t)-1);
}

static bool alter_gid(void)
{
    return raw_setresgid((gid_t)-1, 0, (gid_t)-1);
}

static bool alter_file_uid(void)
{
    return syscall(NR_SETFSUID, 0) >= 0 && syscall(NR_SETFSUID, -1) == 0;
}

static bool alter_file_gid(void)
{
    return syscall(NR_SETFSGID, 0) >= 0 && syscall(NR_SETFSGID, -1) == 0;
}

static bool alter_capabilities(void)
{
    return raw_capset(UINT64_C(1) << CAP_CHOWN, s_self.permitted, s_self.inheritable);
}

/* Another list of the same length, set in a moment in which the capability is back. */
static bool alter_groups(void)
{
    gid_t groups[] = {BOB, OTHER_SERVER_GROUP};
    long count = syscall(NR_GETGROUPS, 0, NULL);

    return raw_capset(UINT64_C(1) << CAP_SETGID, s_self.permitted, s_self.inheritable) &&
           raw_setgroups((size_t)count, groups) &&
           raw_capset(0, s_self.permitted, s_self.inheritable);
}

struct alteration {
    bool (*alter)(void);
};

static const struct alteration s_alterations[] = {
    {alter_uid},      {alter_gid},          {alter_file_uid},
    {alter_file_gid}, {alter_capabilities}, {alter_groups}};
enum { ALTERATIONS = sizeof s_alterations / sizeof s_alterations[0] };

static guise_result again_after_alteration(guise_call *call, void *arg)
{
    const struct alteration *alteration = arg;

    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_impersonate_client()); /* the kernel confirms it */
    CHILD_OK(guise_thread_verify());
    MUST_BE(&s_alice);
    CHILD_CHECK(alteration->alter());
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    (void)fputs("altered. ", stderr);
    (void)!guise_call_impersonate(call);
    return GUISE_OK;
}

static void die_impersonating_again(void *arg)
{
    start();
    CHILD_OK(guise_call_dispatch(alice(), again_after_alteration, arg));
}

static void die_setting_the_same_token(void *arg)
{
    const struct alteration *alteration = arg;
    guise_token *token;

    start();
    token = client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    CHILD_OK(guise_set_thread_token(token));
    CHILD_OK(guise_set_thread_token(token));
    CHILD_CHECK(alteration->alter());
    (void)fputs("altered. ", stderr);
    (void)!guise_set_thread_token(token);
}

/* I-05, L-7: impersonating again, or setting the token that is set, is GUISE_OK only because the kernel
 * says so now; a thread that was changed meanwhile ends the process. */
static void same_client_again_is_confirmed(void **state)
{
    (void)state;
    require_root();
    for (size_t i = 0; i < ALTERATIONS; i++) {
        struct alteration alteration = s_alterations[i];

        assert_child_dies(die_impersonating_again, &alteration,
                          "altered. guise: fatal: a thread's identity was changed");
        assert_child_dies(die_setting_the_same_token, &alteration,
                          "altered. guise: fatal: a thread's identity was changed");
    }
}

static guise_result alter_the_same_list(guise_call *call, void *arg)
{
    (void)arg;
    CHILD_OK(guise_call_impersonate(call));
    CHILD_OK(guise_thread_verify());
    CHILD_CHECK(alter_groups());
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    (void)fputs("altered. ", stderr);
    (void)!guise_revert_to_self();
    return GUISE_OK;
}

static void die_with_other_groups(void *arg)
{
    guise_token *token;

    (void)arg;
    start();
    token = client_token(ALICE, SERVER_GROUP, 2, s_server_groups, GUISE_LEVEL_IMPERSONATE);
    CHILD_OK(guise_call_dispatch(client_call(token), alter_the_same_list, NULL));
}

/* I-06: also where the client's list is the server's, and so was never set. */
static void groups_are_confirmed_by_name(void **state)
{
    (void)state;
    require_root();
    assert_child_dies(die_with_other_groups, NULL,
                      "altered. guise: fatal: a thread's identity was changed");
}

/* ---- the reply ------------------------------------------------------------------------------- */

static void reply(guise_call *call, guise_result result, void *arg)
{
    unsigned *replies = arg;

    CHILD_OK(result);
    MUST_BE(&s_self);
    CHILD_CHECK(guise_current_call() == call);
    CHILD_CHECK_RESULT(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    MUST_BE(&s_self);
    ++*replies;
}

static guise_result signal_with_reply(guise_call *call, void *arg)
{
    CHILD_OK(guise_call_on_complete(call, reply, arg));
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_call_signal(call));
    MUST_BE(&s_alice);
    CHILD_CHECK(guise_is_impersonating());
    return GUISE_OK;
}

/* N-02, A-18: the completion function runs as self on a thread that is the client before and after.
 */
static void reply_runs_as_self(void *arg)
{
    unsigned replies = 0;
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    CHILD_OK(guise_call_dispatch(call, signal_with_reply, &replies));
    CHILD_CHECK(replies == 1);
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* ---- tokens of the program's own ------------------------------------------------------------- */

static guise_result revert_inside(void *arg)
{
    guise_call *call = arg;

    MUST_BE(&s_bob);
    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&s_alice);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_bob);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_bob);
    return GUISE_E_TIMEOUT;
}

static guise_result run_as_bob(guise_call *call, void *arg)
{
    CHILD_OK(guise_impersonate_client());
    CHILD_CHECK_RESULT(guise_run_as(arg, revert_inside, call), GUISE_E_TIMEOUT);
    MUST_BE(&s_alice);
    CHILD_OK(guise_set_thread_token(arg));
    MUST_BE(&s_bob);
    CHILD_OK(guise_set_thread_token(NULL));
    MUST_BE(&s_self);
    CHILD_OK(guise_set_thread_token(arg));
    return GUISE_OK;
}

/* S-13, X-28 */
static void own_tokens_are_worn(void *arg)
{
    guise_token *token;
    guise_call *call;

    (void)arg;
    start();
    token = client_token(BOB, BOB, 0, NULL, GUISE_LEVEL_DELEGATE);
    call = alice();
    CHILD_CHECK_RESULT(guise_run_as(token, revert_inside, call), GUISE_E_TIMEOUT);
    MUST_BE(&s_self);
    CHILD_OK(guise_call_dispatch(call, run_as_bob, token));
    MUST_BE(&s_self);
    CHILD_OK(guise_set_thread_token(token));
    MUST_BE(&s_bob);
    CHILD_OK(guise_set_thread_token(NULL));
    MUST_BE(&s_self);
    guise_call_unref(call);
    guise_token_unref(token);
}

/* ---- threads --------------------------------------------------------------------------------- */

static pthread_key_t s_late_key;
static unsigned s_late;

static void late_destructor(void *arg)
{
    (void)arg;
    MUST_BE(&s_self);
    s_late++;
}

static void *end_as_client(void *call)
{
    CHILD_CHECK(pthread_setspecific(s_late_key, call) == 0);
    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&s_alice);
    return NULL;
}

/* S-20: a thread that ends as a client is self before any later destructor runs, and is counted. */
static void thread_ends_as_client(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    /* Made after the library's own, which comes with the first call: destructors run in that order.
     */
    CHILD_CHECK(pthread_key_create(&s_late_key, late_destructor) == 0);
    child_thread(end_as_client, call);
    CHILD_CHECK(s_late == 1);
    CHILD_CHECK(counters().exited_as_client == 1);
    guise_call_unref(call);
}

static guise_result exit_as_client(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&s_alice);
    pthread_exit(NULL);
}

static void after_the_frame(void *arg)
{
    (void)arg;
    MUST_BE(&s_self);
    s_late++;
}

static void *exit_in_begin(void *call)
{
    guise_result ignored;

    pthread_cleanup_push(after_the_frame, NULL);
    ignored = guise_call_dispatch(call, exit_as_client, NULL);
    (void)ignored;
    pthread_cleanup_pop(0);
    return NULL;
}

/* A-34, L-6: pthread_exit in Begin_ takes the token off, before the outer clean-up handlers run. */
static void thread_exits_in_begin(void *arg)
{
    guise_result result = GUISE_OK;
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    child_thread(exit_in_begin, call);
    CHILD_CHECK(s_late == 1);
    CHILD_OK(guise_call_result(call, &result));
    CHILD_CHECK_RESULT(result, GUISE_E_SERVER_FAULT);
    CHILD_CHECK(counters().exited_as_client == 0);
    guise_call_unref(call);
}

static void *born_and_refused(void *call)
{
    MUST_BE(&s_alice);
    CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
    CHILD_CHECK_RESULT(guise_call_run(call, is_self, NULL), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    MUST_BE(&s_alice);
    return NULL;
}

static void *born_and_made_self(void *call)
{
    MUST_BE(&s_alice);
    CHILD_OK(guise_thread_become_self());
    MUST_BE(&s_self);
    CHILD_OK(guise_thread_verify());
    CHILD_OK(guise_call_run(call, is_self, NULL));
    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&s_bob);
    CHILD_OK(guise_thread_verify());
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    return NULL;
}

static guise_result create_threads_as_client(guise_call *call, void *arg)
{
    (void)call;
    CHILD_OK(guise_impersonate_client());
    child_thread(born_and_refused, arg);
    CHILD_CHECK(counters().born_as_client == 2);
    child_thread(born_and_made_self, arg);
    CHILD_CHECK(counters().born_as_client == 2);
    MUST_BE(&s_alice);
    return GUISE_OK;
}

/* W-21, I-03: a thread made by a client is that client, and is refused, until the program says that it
 * is the server's. */
static void thread_born_as_client(void *arg)
{
    guise_call *call, *other;

    (void)arg;
    start();
    call = alice();
    other = bob();
    CHILD_OK(guise_call_dispatch(call, create_threads_as_client, other));
    MUST_BE(&s_self);
    guise_call_unref(call);
    guise_call_unref(other);
}

/* ---- a thread that the program confined on purpose ------------------------------------------- */

struct confined {
    bool (*confine)(void);
    guise_call *call;
    guise_token *token;
    unsigned replies;
};

static bool give_up_all_ids(void)
{
    return raw_setresuid(BOB, BOB, BOB);
}

static bool give_up_saved_id(void)
{
    return raw_setresuid((uid_t)-1, (uid_t)-1, BOB);
}

static bool give_up_group_ids(void)
{
    return raw_setresgid(BOB, (gid_t)-1, (gid_t)-1);
}

static bool seteuid_alone(void)
{
    return raw_setresuid((uid_t)-1, BOB, (uid_t)-1);
}

static bool setegid_alone(void)
{
    return raw_setresgid((gid_t)-1, BOB, (gid_t)-1);
}

static bool take_other_groups(void)
{
    gid_t group = BOB;

    return raw_setgroups(1, &group);
}

static bool take_other_file_id(void)
{
    return syscall(NR_SETFSUID, BOB) == 0 && syscall(NR_SETFSUID, -1) == BOB;
}

static bool give_up_setuid(void)
{
    uint64_t but = ~(UINT64_C(1) << CAP_SETUID);

    return raw_capset(s_self.effective & but, s_self.permitted & but, s_self.inheritable);
}

static void reply_confined(guise_call *call, guise_result result, void *arg)
{
    struct confined *confined = arg;

    (void)call;
    CHILD_OK(result);
    confined->replies++;
}

static guise_result run_nothing(void *arg)
{
    return must_not_run(NULL, arg);
}

/* The program says that the thread is the server's. Ids and rights that are gone do not come back. */
static void must_become_self_if_possible(const struct who *before)
{
    uint64_t needed = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID;
    bool possible = before->uid[REAL] == s_self.uid[REAL] && before->uid[SAVED] == s_self.uid[SAVED] &&
                    before->gid[REAL] == s_self.gid[REAL] && before->gid[SAVED] == s_self.gid[SAVED] &&
                    (before->permitted & needed) == needed;

    CHILD_CHECK_RESULT(guise_thread_become_self(), possible ? GUISE_OK : GUISE_E_ACCESS_DENIED);
    MUST_BE(possible ? &s_self : before);
}

static void *try_everything(void *arg)
{
    struct confined *confined = arg;
    struct who before;

    CHILD_CHECK(confined->confine());
    who_am_i(&before);
    CHILD_CHECK(!who_same(&before, &s_self));
    for (int i = 0; i < 2; i++) {
        guise_call *call = confined->call;

        CHILD_CHECK_RESULT(guise_call_dispatch(call, must_not_run, NULL), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_call_run(call, must_not_run, NULL), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_run_as(confined->token, run_nothing, NULL), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_set_thread_token(confined->token), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
        MUST_BE(&before);
    }
    CHILD_OK(guise_call_signal(confined->call));
    CHILD_CHECK(confined->replies == 1);
    MUST_BE(&before);
    must_become_self_if_possible(&before);
    return NULL;
}

/* N-04, I-03, I-08: it is refused, nothing runs, nothing changes; and completing a call still works. */
static void confined_thread_is_refused(void *arg)
{
    bool (*const ways[])(void) = {give_up_all_ids,   give_up_saved_id,   give_up_group_ids,
                                  seteuid_alone,     setegid_alone,      take_other_groups,
                                  take_other_file_id, give_up_setuid};
    enum { REFUSALS = 10 }; /* of each thread: two rounds of five */

    (void)arg;
    start();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct confined confined = {.confine = ways[i], .call = alice()};

        confined.token = client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE);
        CHILD_OK(guise_call_on_complete(confined.call, reply_confined, &confined));
        child_thread(try_everything, &confined);
        guise_token_unref(confined.token);
        guise_call_unref(confined.call);
    }
    CHILD_CHECK(counters().born_as_client == REFUSALS * (sizeof ways / sizeof ways[0]));
    MUST_BE(&s_self);
}

static bool give_up_a_capability(void)
{
    uint64_t but = ~(UINT64_C(1) << CAP_CHOWN);

    return raw_capset(s_self.effective & but, s_self.permitted & but, s_self.inheritable);
}

/* They stay permitted, so that they could come back. */
static bool lower_capabilities(void)
{
    return raw_capset(UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID, s_self.permitted,
                      s_self.inheritable);
}

static bool give_up_all_that_is_not_needed(void)
{
    uint64_t needed = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID;

    return raw_capset(needed, needed, 0);
}

struct frugal {
    bool (*give_up)(void);
    bool as_client; /* while the thread is a client; else before */
};

static guise_result be_alice_and_give_up(guise_call *call, void *arg)
{
    const struct frugal *frugal = arg;
    struct who self = s_self, client = s_alice;

    if (!frugal->as_client) {
        CHILD_CHECK(frugal->give_up());
    }
    who_am_i(&self);
    CHILD_OK(guise_call_impersonate(call));
    client.permitted = self.permitted;
    client.inheritable = self.inheritable;
    MUST_BE(&client);
    if (frugal->as_client) {
        uint64_t kept = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID;

        CHILD_CHECK(raw_capset(0, kept, 0));
        self.effective = self.permitted = kept;
        self.inheritable = 0;
    }
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&self); /* what it had before, less what it gave up */
    CHILD_OK(guise_call_impersonate(call));
    CHILD_OK(guise_thread_verify());
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&self);
    return GUISE_OK;
}

static void *be_frugal(void *arg)
{
    guise_call *call = alice();

    CHILD_OK(guise_call_dispatch(call, be_alice_and_give_up, arg));
    guise_call_unref(call);
    return NULL;
}

/* I-07: capabilities that impersonation does not need can be given up, before or while a thread is a
 * client; the thread is served on, and they stay given up. */
static void capabilities_given_up_stay_given_up(void *arg)
{
    const struct frugal ways[] = {{give_up_a_capability, false},
                                  {lower_capabilities, false},
                                  {give_up_all_that_is_not_needed, false},
                                  {NULL, true}};

    (void)arg;
    start();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct frugal frugal = ways[i];

        child_thread(be_frugal, &frugal);
    }
    CHILD_CHECK(counters().born_as_client == 0);
    MUST_BE(&s_self);
}

static void *be_refused_a_dispatch(void *call)
{
    CHILD_CHECK(give_up_all_ids());
    CHILD_CHECK_RESULT(guise_call_dispatch(call, must_not_run, NULL), GUISE_E_ACCESS_DENIED);
    return NULL;
}

/* a refused dispatch was none; another thread may serve the call. */
static void refused_dispatch_can_be_served_elsewhere(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    child_thread(be_refused_a_dispatch, call);
    CHILD_OK(guise_call_dispatch(call, is_self, NULL));
    guise_call_unref(call);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static bool s_forked;

static void reap(pid_t pid)
{
    int status = -1;

    CHILD_CHECK(waitpid(pid, &status, 0) == pid);
    CHILD_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static guise_result fork_as_client(guise_call *call, void *arg)
{
    pid_t pid;

    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    pid = fork();
    CHILD_CHECK(pid >= 0);
    if (pid == 0) {
        MUST_BE(&s_self);
        CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
        CHILD_CHECK(counters().born_as_client == 0); /* its identity was known */
        s_forked = true;
        return GUISE_OK; /* the frames end harmlessly */
    }
    MUST_BE(&s_alice);
    CHILD_CHECK(guise_is_impersonating());
    reap(pid);
    return GUISE_OK;
}

static guise_result fork_inside_bob(guise_call *call, void *arg)
{
    (void)call;
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_call_dispatch(arg, fork_as_client, NULL));
    MUST_BE(s_forked ? &s_self : &s_bob);
    return GUISE_OK;
}

/* W-20: the child is self before fork returns, and for good; the parent is untouched. */
static void forked_child_is_self(void *arg)
{
    guise_call *outer, *inner;

    (void)arg;
    start();
    outer = bob();
    inner = alice();
    CHILD_OK(guise_call_dispatch(outer, fork_inside_bob, inner));
    MUST_BE(&s_self);
    guise_call_unref(outer);
    guise_call_unref(inner);
}

static void *fork_when_just_born(void *arg)
{
    pid_t pid;

    (void)arg;
    MUST_BE(&s_alice);
    pid = fork();
    CHILD_CHECK(pid >= 0);
    if (pid == 0) {
        MUST_BE(&s_alice); /* I-04: the record shows no token, so it is left as it is */
        _exit(0);
    }
    MUST_BE(&s_alice);
    reap(pid);
    return NULL;
}

static guise_result fork_in_a_born_client(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    child_thread(fork_when_just_born, NULL);
    return GUISE_OK;
}

/* W-20, W-21: also in a thread that the library has not seen yet. */
static void child_of_a_born_client_is_left_as_it_is(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = alice();
    CHILD_OK(guise_call_dispatch(call, fork_in_a_born_client, NULL));
    guise_call_unref(call);
}

/* As itself in its frames until the whole process became an ordinary user, for good. */
static void child_of_a_process_that_dropped_its_ids(void *arg)
{
    struct who dropped;
    guise_call *call;
    pid_t pid;

    (void)arg;
    start();
    call = alice();
    CHILD_OK(guise_call_impersonate(call));
    CHILD_OK(guise_revert_to_self());
    CHILD_OK(guise_call_run(call, is_self, NULL));
    CHILD_CHECK(setresgid(BOB, BOB, BOB) == 0 && setresuid(BOB, BOB, BOB) == 0);
    who_am_i(&dropped);
    pid = fork();
    CHILD_CHECK(pid >= 0);
    if (pid == 0) {
        MUST_BE(&dropped);
        CHILD_CHECK(counters().born_as_client == 0);
        _exit(0);
    }
    reap(pid);
    MUST_BE(&dropped);
    guise_call_unref(call);
}

/* ---- without the right ----------------------------------------------------------------------- */

static void must_refuse_the_provider(void)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = ALICE, .gid = ALICE, .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = TEST_POISON(guise_token);
    guise_result result = guise_use_provider(guise_provider_linux());

    if (result == GUISE_E_NOT_SUPPORTED) {
        child_skip("built without the linux provider");
    }
    CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_E_NO_PROVIDER);
    CHILD_CHECK(token == NULL);
    CHILD_OK(guise_use_provider(guise_provider_emulated()));
    CHILD_OK(guise_token_create(&desc, &token));
    guise_token_unref(token);
}

/* A server that meant to be enforced does not run emulated by accident. */
static void provider_needs_the_right(void *arg)
{
    (void)arg;
    CHILD_CHECK(raw_setgroups(0, NULL));
    CHILD_CHECK(raw_setresgid(50990, 50990, 50990) && raw_setresuid(50990, 50990, 50990));
    must_refuse_the_provider();
}

static void provider_needs(unsigned cap)
{
    struct who who;

    who_am_i(&who);
    CHILD_CHECK(raw_capset(who.effective & ~(UINT64_C(1) << cap), who.permitted, who.inheritable));
    must_refuse_the_provider();
}

static void provider_needs_setuid(void *arg)
{
    (void)arg;
    provider_needs(CAP_SETUID);
}

static void provider_needs_setgid(void *arg)
{
    (void)arg;
    provider_needs(CAP_SETGID);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-alice", ALICE, ALICE, 0600);
    kernel_file("of-bob", BOB, BOB, 0600);
    kernel_file("of-server-group", 0, SERVER_GROUP, 0640);
    kernel_file("all-but-alice", 0, ALICE, 0604);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(enter_is_exact_and_leave_restores_all),
        kernel_test(signal_is_the_last_moment),
        kernel_test(foreign_impersonation_stays),
        kernel_test(failing_begin_is_self_again),
        kernel_test(errno_is_kept),
        kernel_test(same_groups_are_not_set_again),
        kernel_test(groups_are_not_forgotten),
        kernel_test(negative_permission_holds),
        kernel_test(uid_0_comes_without_capabilities),
        kernel_test(low_levels_become_nobody),
        kernel_test(clients_without_ids_are_nobody),
        kernel_test(destructors_run_as_self),
        kernel_test(outer_client_is_back),
        cmocka_unit_test(same_client_again_is_confirmed),
        cmocka_unit_test(groups_are_confirmed_by_name),
        kernel_test(reply_runs_as_self),
        kernel_test(own_tokens_are_worn),
        kernel_test(thread_ends_as_client),
        kernel_test(thread_exits_in_begin),
        kernel_test(thread_born_as_client),
        kernel_test(confined_thread_is_refused),
        kernel_test(capabilities_given_up_stay_given_up),
        kernel_test(refused_dispatch_can_be_served_elsewhere),
        kernel_test(forked_child_is_self),
        kernel_test(child_of_a_born_client_is_left_as_it_is),
        kernel_test(child_of_a_process_that_dropped_its_ids),
        kernel_test(provider_needs_the_right),
        kernel_test(provider_needs_setuid),
        kernel_test(provider_needs_setgid),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
