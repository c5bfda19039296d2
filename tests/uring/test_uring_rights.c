/* SPDX-License-Identifier: MIT */
/*
 * What a process gave up, its rings do not keep for it (U-03); and threads that are not self hand
 * nothing over (U-04). One child for each test.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A ring that knows alice, made by a server in these groups. */
struct served {
    guise_uring *ring;
    guise_context *context;
    guise_call *alice;
    struct who self;
};

static void begin(struct served *served, size_t count, const gid_t *groups)
{
    memset(served, 0, sizeof *served);
    serve(count, groups, &served->self);
    CHILD_OK(guise_uring_create(8, &served->ring));
    served->context = simple_context(ALICE);
    served->alice = call_of(served->context);
    CHILD_CHECK(open_as(served->ring, served->alice, "of-alice", O_RDONLY) == 0);
    CHILD_CHECK(open_as(served->ring, NULL, "of-all", O_RDONLY) == 0);
}

static void end(const struct served *served)
{
    guise_call_unref(served->alice);
    guise_context_unref(served->context);
    guise_uring_unref(served->ring);
}

static void must_be_denied(guise_uring *ring, const void *tag)
{
    guise_uring_done done;

    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.tag == tag && done.value == -EACCES);
    CHILD_CHECK_RESULT(done.result, GUISE_E_ACCESS_DENIED);
}

/* Of every kind of request, as the client or the server. */
static void must_deny(guise_uring *ring, guise_call *call)
{
    char byte = 0;
    int tag, file = open(kernel_path("of-all"), O_RDWR | O_CLOEXEC);

    CHILD_OK(ask_open(ring, call, "of-all", O_RDONLY, &tag));
    must_be_denied(ring, &tag);
    CHILD_OK(ask_open(ring, call, "open/made", O_CREAT | O_WRONLY, &tag));
    must_be_denied(ring, &tag);
    CHILD_OK(guise_uring_read(ring, call, file, &byte, 1, 0, &tag));
    must_be_denied(ring, &tag);
    CHILD_OK(guise_uring_write(ring, call, file, &byte, 1, 0, &tag));
    must_be_denied(ring, &tag);
    if (call == NULL) {
        CHILD_OK(guise_uring_close(ring, file, &tag));
        must_be_denied(ring, &tag);
    }
    CHILD_CHECK(access(kernel_path("open/made"), F_OK) != 0);
    CHILD_CHECK(file < 0 || close(file) == 0);
}

static void must_serve(const struct served *served)
{
    CHILD_CHECK(open_as(served->ring, served->alice, "of-alice", O_RDONLY) == 0);
    CHILD_CHECK(open_as(served->ring, served->alice, "of-root", O_RDONLY) == EACCES);
}

/* ---- for good -------------------------------------------------------------------------------- */

static void all_of_it(void *arg)
{
    struct served served;

    (void)arg;
    begin(&served, 0, NULL);
    CHILD_CHECK(setgroups(0, NULL) == 0 && setresgid(50005, 50005, 50005) == 0);
    CHILD_CHECK(setresuid(50005, 50005, 50005) == 0);
    must_deny(served.ring, NULL);
    must_deny(served.ring, served.alice);
    end(&served);
}

/* What impersonating does not need. */
static void a_capability(void *arg)
{
    struct served served;
    uint64_t less;

    (void)arg;
    begin(&served, 0, NULL);
    less = served.self.permitted & ~(UINT64_C(1) << CAP_SYS_CHROOT);
    CHILD_CHECK(raw_capset(less, less, served.self.inheritable & less));
    must_deny(served.ring, NULL);
    must_serve(&served);
    end(&served);
}

/* Not in effect is enough: the kernel would ask for what is in effect. */
static void a_capability_in_effect(void *arg)
{
    struct served served;

    (void)arg;
    begin(&served, 0, NULL);
    CHILD_CHECK(raw_capset(served.self.effective & ~(UINT64_C(1) << CAP_SYS_CHROOT),
                           served.self.permitted, served.self.inheritable));
    must_deny(served.ring, NULL);
    must_serve(&served);
    CHILD_CHECK(raw_capset(served.self.effective, served.self.permitted, served.self.inheritable));
    CHILD_CHECK(open_as(served.ring, NULL, "of-root", O_RDONLY) == 0);
    end(&served);
}

/* Permitted when the ring was made, and not in effect: given up all the same. */
static void a_capability_not_in_effect(void *arg)
{
    struct served served;
    struct who before;
    uint64_t less;

    (void)arg;
    who_am_i(&before);
    less = before.permitted & ~(UINT64_C(1) << CAP_SYS_CHROOT);
    CHILD_CHECK(raw_capset(less, before.permitted, before.inheritable));
    begin(&served, 0, NULL);
    CHILD_CHECK(raw_capset(less, less, before.inheritable & less));
    must_deny(served.ring, NULL);
    must_serve(&served);
    end(&served);
}

/* What it does need: no client can be served any more. */
static void a_capability_to_switch(void *arg)
{
    static const unsigned needed[] = {CAP_SETUID, CAP_SETGID};
    struct served served;

    (void)arg;
    begin(&served, 0, NULL);
    for (int i = 0; i < 2; i++) {
        uint64_t less = served.self.permitted & ~(UINT64_C(1) << needed[i]);

        CHILD_CHECK(raw_capset(less, served.self.permitted, served.self.inheritable));
        must_deny(served.ring, served.alice);
        must_deny(served.ring, NULL);
    }
    end(&served);
}

static void a_group(void *arg)
{
    const gid_t groups[] = {TEAM, TEAM + 1};
    struct served served;

    (void)arg;
    begin(&served, 2, groups);
    CHILD_OK(guise_thread_verify());
    CHILD_CHECK(setgroups(1, groups) == 0);
    must_deny(served.ring, NULL);
    must_serve(&served);
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    CHILD_CHECK(raw_setgroups(2, (const gid_t[]){TEAM, TEAM + 2})); /* as many, others */
    must_deny(served.ring, NULL);
    CHILD_CHECK(setgroups(2, groups) == 0);
    CHILD_CHECK(open_as(served.ring, NULL, "of-root", O_RDONLY) == 0);
    end(&served);
}

/* Ids that a service leaves while it keeps the capabilities. */
static void an_id(void *arg)
{
    struct served served;

    (void)arg;
    kernel_become_service(50990, 0);
    begin(&served, 0, NULL);
    CHILD_CHECK(raw_setresgid(50990, 50991, 50990));
    must_deny(served.ring, NULL);
    must_serve(&served);
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    CHILD_CHECK(raw_setresgid(50990, 50990, 50990));
    CHILD_CHECK(open_as(served.ring, NULL, "of-all", O_RDONLY) == 0);
    CHILD_CHECK(raw_setresuid(50990, 50990, 50991));
    must_deny(served.ring, NULL);
    must_serve(&served);
    CHILD_CHECK(raw_setresuid(50990, 50990, 50990));
    end(&served);
}

/* ---- a thread -------------------------------------------------------------------------------- */

static void *hand_over_as_bob(void *arg)
{
    struct served *served = arg;

    CHILD_CHECK(raw_setresuid((uid_t)-1, BOB, (uid_t)-1));
    must_deny(served->ring, served->alice);
    must_deny(served->ring, NULL);
    CHILD_CHECK(raw_setresuid((uid_t)-1, 0, (uid_t)-1));
    return NULL;
}

static void a_thread_that_is_not_self(void *arg)
{
    struct served served;

    (void)arg;
    begin(&served, 0, NULL);
    child_thread(hand_over_as_bob, &served);
    must_serve(&served);
    end(&served);
}

/* A thread is not self if any token came into its slot, by any way, and for a request of any
 * identity. */
static guise_result hand_over_with_a_token(void *arg)
{
    const struct served *served = arg;

    must_deny(served->ring, served->alice);
    must_deny(served->ring, NULL);
    return GUISE_OK;
}

static guise_result hand_over_as_a_client(guise_call *bob, void *arg)
{
    struct served *served = arg;

    must_serve(served); /* in a frame, and self still */
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(hand_over_with_a_token(served));
    must_deny(served->ring, bob);
    CHILD_OK(guise_revert_to_self());
    must_serve(served);
    CHILD_OK(guise_run_as(guise_context_token(served->context), hand_over_with_a_token, served));
    must_serve(served);
    /* One that took its power back is not self for that. */
    CHILD_OK(guise_impersonate_client());
    CHILD_CHECK(raw_capset(served->self.permitted, served->self.permitted,
                           served->self.inheritable));
    CHILD_OK(hand_over_with_a_token(served));
    test_exit_child(0); /* the library would not take this thread back */
}

static void a_thread_that_is_a_client(void *arg)
{
    struct served served;
    guise_call *bob;

    (void)arg;
    begin(&served, 0, NULL);
    bob = simple_call(BOB, BOB);
    CHILD_OK(guise_call_dispatch(bob, hand_over_as_a_client, &served));
}

/* Canceling is no handing over: it is done on any thread, and refuses nothing of others. */
static guise_result cancel_as_a_client(guise_call *bob, void *arg)
{
    struct served *served = arg;
    guise_uring_done done;
    int of_bob, of_alice;

    CHILD_OK(ask_open(served->ring, bob, "of-all", O_RDONLY, &of_bob));
    CHILD_OK(ask_open(served->ring, served->alice, "of-alice", O_RDONLY, &of_alice));
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_uring_cancel(served->ring, bob));
    done = next_done(served->ring);
    CHILD_OK(done.result);
    CHILD_CHECK(done.tag == &of_bob && done.value == -ECANCELED);
    CHILD_OK(guise_revert_to_self());
    submit(served->ring, 1);
    done = next_done(served->ring);
    CHILD_OK(done.result);
    CHILD_CHECK(done.tag == &of_alice && done.value >= 0 && close(done.value) == 0);
    return GUISE_OK;
}

static void a_client_cancels(void *arg)
{
    struct served served;
    guise_call *bob;

    (void)arg;
    begin(&served, 0, NULL);
    bob = simple_call(BOB, BOB);
    CHILD_OK(guise_call_dispatch(bob, cancel_as_a_client, &served));
    guise_call_unref(bob);
    end(&served);
}

/* A list that is longer than what is read on the stack takes room, which a thread has only while it
 * asks unless it has had a frame. */
static void *make_a_ring(void *arg)
{
    guise_uring *ring = TEST_POISON(guise_uring);

    (void)arg;
    CHILD_OK(guise_uring_create(4, &ring));
    guise_uring_unref(ring);
    return NULL;
}

static void a_new_thread_of_a_server_in_many_groups(void *arg)
{
    static gid_t groups[1100];

    (void)arg;
    for (size_t i = 0; i < 1100; i++) {
        groups[i] = (gid_t)(60000 + i);
    }
    CHILD_CHECK(setgroups(1100, groups) == 0);
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    child_thread(make_a_ring, NULL);
}

/* ---- a kernel that does not say -------------------------------------------------------------- */

static void nothing_without_an_answer(void *arg)
{
    struct served served;

    (void)arg;
    begin(&served, 0, NULL);
    filter_call(EPERM, SYS_getresuid);
    must_serve(&served); /* that takes capget only */
    must_deny(served.ring, NULL);
    filter_call(0, SYS_capget); /* swallowed */
    must_deny(served.ring, served.alice);
    must_deny(served.ring, NULL);
    filter_call(EPERM, SYS_capget);
    must_deny(served.ring, served.alice);
    end(&served);
}

static void must_make_no_ring(int number)
{
    guise_uring *ring = TEST_POISON(guise_uring);
    struct who self;

    serve(0, NULL, &self);
    filter_call(EPERM, number);
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(ring == NULL && ring_fd() == -1);
}

static void no_ring_without_capget(void *arg)
{
    (void)arg;
    must_make_no_ring(SYS_capget);
}

static unsigned s_asked, s_unanswered; /* the capget that fails, from 1 */

static bool fail_one_capget(const struct trapped_call *call, long *result)
{
    (void)call;
    *result = -EPERM;
    return ++s_asked == s_unanswered;
}

/* Each of the questions has to be answered, the provider's and the ring's own. */
static void no_ring_without_each_capget(void *arg)
{
    const int number = SYS_capget;
    guise_uring *ring;
    struct who self;

    (void)arg;
    serve(0, NULL, &self);
    trap_calls(&number, 1, fail_one_capget);
    for (;;) {
        s_asked = 0;
        s_unanswered++;
        ring = TEST_POISON(guise_uring);
        if (guise_uring_create(4, &ring) == GUISE_OK) {
            break;
        }
        CHILD_CHECK(ring == NULL && s_asked >= s_unanswered && ring_fd() == -1);
    }
    CHILD_CHECK(s_asked == s_unanswered - 1 && s_asked >= 2);
    guise_uring_unref(ring);
}

static void no_ring_without_groups(void *arg)
{
    (void)arg;
    must_make_no_ring(SYS_getgroups);
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0 || mkdir(kernel_path("open"), 0777) != 0 ||
        chmod(kernel_path("open"), 0777) != 0) {
        return -1;
    }
    kernel_file("of-alice", ALICE, ALICE, 0600);
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-all", 0, 0, 0666);
    return 0;
}

static int remove_files(void **state)
{
    return rmdir(kernel_path("open")) != 0 ? -1 : kernel_dir_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(all_of_it),
        kernel_test(a_capability),
        kernel_test(a_capability_in_effect),
        kernel_test(a_capability_not_in_effect),
        kernel_test(a_capability_to_switch),
        kernel_test(a_group),
        kernel_test(an_id),
        kernel_test(a_thread_that_is_not_self),
        kernel_test(a_thread_that_is_a_client),
        kernel_test(a_client_cancels),
        kernel_test(a_new_thread_of_a_server_in_many_groups),
        kernel_test(nothing_without_an_answer),
        kernel_test(no_ring_without_capget),
        kernel_test(no_ring_without_each_capget),
        kernel_test(no_ring_without_groups),
    };

    require_uring();
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
