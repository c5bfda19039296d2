/* SPDX-License-Identifier: MIT */
/*
 * Servers that are not plain root: a user of its own with a few capabilities, root that keeps
 * capabilities across a change of uid, root with less than it could have. A change of uid alone
 * does not take those away, or does not give exactly them back. S-08, S-11, N-04.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002, SERVICE = 50990 };

#define CAP(number) (UINT64_C(1) << (number))

static const gid_t s_groups[] = {50901, 50902, 50903};
static struct who s_self;

static void start_service(void)
{
    kernel_become_service(SERVICE, CAP(CAP_DAC_READ_SEARCH));
    serve(3, s_groups, &s_self);
    CHILD_CHECK(s_self.uid[EFFECTIVE] == SERVICE && s_self.group_count == 3);
    CHILD_CHECK(s_self.effective == (CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_DAC_READ_SEARCH)));
}

/* As a client with these groups: exactly that and powerless; as self: powerful. */
static guise_result be_powerless(guise_call *call, void *arg)
{
    (void)call;
    MUST_BE(&s_self);
    CHILD_CHECK(try_open("of-root") == 0);
    CHILD_OK(guise_impersonate_client());
    MUST_BE(arg);
    CHILD_CHECK(try_open("of-root") == EACCES);
    CHILD_CHECK(try_open("of-bob") == EACCES);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    CHILD_CHECK(try_open("of-root") == 0);
    CHILD_OK(guise_impersonate_client());
    return GUISE_OK;
}

static void serve_clients(void)
{
    const gid_t many[] = {50010, 50011, 50012, 50013, 50014};

    for (size_t count = 0; count <= 5; count++) {
        struct who alice = who_as(&s_self, ALICE, ALICE, count, many);
        guise_call *call =
            client_call(client_token(ALICE, ALICE, count, many, GUISE_LEVEL_IMPERSONATE));

        CHILD_OK(guise_call_dispatch(call, be_powerless, &alice));
        MUST_BE(&s_self);
        guise_call_unref(call);
    }
}

/* The capabilities of a service are cleared for its client, and come back exactly; so do groups. */
static void service_is_powerless_as_client(void *arg)
{
    (void)arg;
    start_service();
    serve_clients();
}

static guise_result be_nobody(guise_call *call, void *arg)
{
    struct who nobody = who_nobody(&s_self);

    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&nobody);
    CHILD_CHECK(try_open("of-root") == EACCES);
    return GUISE_OK;
}

/* S-25 */
static void service_is_nobody_as_identified_client(void *arg)
{
    guise_call *call;

    (void)arg;
    start_service();
    call = client_call(client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IDENTIFY));
    CHILD_OK(guise_call_dispatch(call, be_nobody, NULL));
    MUST_BE(&s_self);
    guise_call_unref(call);
}

static guise_result be_refused(guise_call *call, void *arg)
{
    guise_token *token = arg;

    (void)call;
    CHILD_CHECK_RESULT(guise_impersonate_client(), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(!guise_is_impersonating() && guise_thread_token() == NULL);
    MUST_BE(&s_self);
    CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_E_ACCESS_DENIED);
    MUST_BE(&s_self);
    return GUISE_OK;
}

/* N-04: there would be no way back from uid 0 with nothing but capabilities: refused. */
static void service_refuses_uid_0(void *arg)
{
    guise_token *token;
    guise_call *call;

    (void)arg;
    start_service();
    token = client_token(0, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    call = client_call(guise_token_ref(token));
    CHILD_OK(guise_call_dispatch(call, be_refused, token));
    MUST_BE(&s_self);
    serve_clients(); /* others are welcome as before */
    guise_call_unref(call);
    guise_token_unref(token);
}

static guise_result be_refused_over_alice(guise_call *call, void *arg)
{
    struct who alice = who_as(&s_self, ALICE, ALICE, 0, NULL);
    const guise_token *token;

    (void)call;
    CHILD_OK(guise_impersonate_client());
    token = guise_thread_token();
    CHILD_CHECK_RESULT(guise_call_impersonate(arg), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(guise_thread_token() == token && guise_is_impersonating());
    MUST_BE(&alice);
    return GUISE_OK;
}

/* N-04: a refusal puts the client back that the thread was before. */
static void refusal_keeps_the_client(void *arg)
{
    guise_call *call, *root;

    (void)arg;
    start_service();
    call = simple_call(ALICE, ALICE);
    root = simple_call(0, ALICE);
    CHILD_OK(guise_call_dispatch(call, be_refused_over_alice, root));
    MUST_BE(&s_self);
    guise_call_unref(call);
    guise_call_unref(root);
}

/* Capabilities that survive a change of uid. */
static void root_without_fixup_is_powerless_as_client(void *arg)
{
    int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

    (void)arg;
    if (prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0) {
        child_skip("may not set secure bits");
    }
    serve(3, s_groups, &s_self);
    serve_clients();
}

/* The way back to uid 0 raises all that is permitted: only what was raised before may be. */
static void reduced_root_gets_no_more_back(void *arg)
{
    struct who root;

    (void)arg;
    who_am_i(&root);
    CHILD_CHECK(raw_capset(root.permitted & ~CAP(CAP_NET_RAW) & ~CAP(CAP_CHOWN), root.permitted,
                           root.inheritable));
    serve(3, s_groups, &s_self);
    CHILD_CHECK((s_self.effective & CAP(CAP_CHOWN)) == 0 &&
                (s_self.permitted & CAP(CAP_CHOWN)) != 0);
    serve_clients();
}

static void *serve_in_a_thread(void *arg)
{
    (void)arg;
    serve_clients();
    return NULL;
}

/* A server in no supplementary group is in none again. */
static void no_groups_are_restored_as_none(void *arg)
{
    (void)arg;
    serve(0, NULL, &s_self);
    CHILD_CHECK(s_self.group_count == 0);
    child_thread(serve_in_a_thread, NULL);
    MUST_BE(&s_self);
}

/* A real or saved uid 0 keeps what is permitted; a service in all else. */
static void start_service_of_root(uid_t real, uid_t saved)
{
    uint64_t raised = CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_DAC_READ_SEARCH);
    struct who root;

    who_am_i(&root);
    CHILD_CHECK(raw_setresgid(0, SERVICE, SERVICE) && raw_setresuid(real, SERVICE, saved));
    CHILD_CHECK(raw_capset(raised, root.permitted, root.inheritable));
    serve(3, s_groups, &s_self);
    CHILD_CHECK(s_self.uid[REAL] == real && s_self.uid[SAVED] == saved);
    CHILD_CHECK(s_self.effective == raised && s_self.permitted == root.permitted);
}

static guise_result be_root_without_power(guise_call *call, void *arg)
{
    struct who root = who_as(&s_self, 0, ALICE, 0, NULL);

    (void)call;
    (void)arg;
    for (int i = 0; i < 2; i++) {
        CHILD_OK(guise_impersonate_client());
        MUST_BE(&root);
        CHILD_CHECK(try_open("of-bob") == EACCES);
        CHILD_OK(guise_revert_to_self());
        MUST_BE(&s_self);
        CHILD_CHECK(try_open("of-bob") == 0);
    }
    CHILD_OK(guise_impersonate_client());
    return GUISE_OK;
}

static void serve_root(void)
{
    guise_call *call = simple_call(0, ALICE);

    CHILD_OK(guise_call_dispatch(call, be_root_without_power, NULL));
    MUST_BE(&s_self);
    serve_clients();
    guise_call_unref(call);
}

/* A sanitizer's leak check attaches to this process, which is for one user in all respects only. */
static void end_as_root(void)
{
    CHILD_CHECK(raw_setresgid(0, 0, 0) && raw_setresuid(0, 0, 0));
}

/* The step to uid 0 raises all that is permitted, the step from it takes all: neither shows. */
static void service_of_root_becomes_uid_0_and_comes_back(void *arg)
{
    (void)arg;
    start_service_of_root(0, SERVICE);
    serve_root();
    end_as_root();
}

/* The same where uid 0 is the saved one: what is permitted stays as long as one of the three is 0. */
static void service_with_a_saved_uid_0_becomes_uid_0_and_comes_back(void *arg)
{
    (void)arg;
    start_service_of_root(SERVICE, 0);
    serve_root();
    end_as_root();
}

/* A service of no uid 0 at all comes back too, where the kernel was told to leave capabilities alone. */
static void service_without_fixup_becomes_uid_0_and_comes_back(void *arg)
{
    (void)arg;
    kernel_become_service(SERVICE, CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_SETPCAP));
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0) {
        child_skip("may not set secure bits");
    }
    serve(3, s_groups, &s_self);
    serve_root();
}

/* I-11: where every group has an id the overflow gid is one of them, and can be put back. */
static void server_in_the_group_of_the_overflow_gid(void *arg)
{
    gid_t groups[] = {s_groups[0], s_groups[1], (gid_t)overflow_id("/proc/sys/kernel/overflowgid")};

    (void)arg;
    serve(3, groups, &s_self);
    serve_clients();
}

/* ---- the powerless identity ----------------------------------------------------------------- */

/* Clients that grant less than impersonation are refused, others are served. */
static void must_refuse_identified_clients(void)
{
    guise_token *token = client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IDENTIFY);
    guise_call *call = client_call(guise_token_ref(token));

    CHILD_OK(guise_call_dispatch(call, be_refused, token));
    guise_call_unref(call);
    guise_token_unref(token);
    serve_clients();
}

/* I-13: a server that is the user of the overflow id itself would stay itself. */
static void service_of_the_overflow_id(void *arg)
{
    (void)arg;
    kernel_become_service(overflow_id("/proc/sys/kernel/overflowuid"), CAP(CAP_DAC_READ_SEARCH));
    serve(3, s_groups, &s_self);
    must_refuse_identified_clients();
}

/* In a mount namespace of this child's own: that is what /proc says from here on. */
static void let_proc_say(const char *file, const char *text)
{
    int said = open(kernel_path("said"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    CHILD_CHECK(said >= 0 && write(said, text, strlen(text)) == (ssize_t)strlen(text));
    CHILD_CHECK(close(said) == 0);
    if (unshare(CLONE_NEWNS) != 0) {
        child_skip("may not make a mount namespace");
    }
    CHILD_CHECK(mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHILD_CHECK(mount(kernel_path("said"), file, NULL, MS_BIND, NULL) == 0);
}

/* I-13: root needs no capability for its own files. */
static void overflow_uid_is_roots(void *arg)
{
    (void)arg;
    let_proc_say("/proc/sys/kernel/overflowuid", "0\n");
    serve(3, s_groups, &s_self);
    must_refuse_identified_clients();
}

static void overflow_gid_is_roots(void *arg)
{
    (void)arg;
    let_proc_say("/proc/sys/kernel/overflowgid", "0\n");
    serve(3, s_groups, &s_self);
    must_refuse_identified_clients();
}

static guise_result be_overflow_uid(guise_call *call, void *uid)
{
    struct who nobody = s_self;

    (void)call;
    nobody.uid[EFFECTIVE] = nobody.uid[FILES] = *(const uid_t *)uid;
    nobody.gid[EFFECTIVE] = nobody.gid[FILES] = overflow_id("/proc/sys/kernel/overflowgid");
    memset(nobody.groups, 0, sizeof nobody.groups);
    nobody.group_count = 0;
    nobody.effective = 0;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&nobody);
    return GUISE_OK;
}

static void must_be_read_as(const char *text, uid_t uid)
{
    guise_call *call;

    let_proc_say("/proc/sys/kernel/overflowuid", text);
    serve(3, s_groups, &s_self);
    call = client_call(client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IDENTIFY));
    CHILD_OK(guise_call_dispatch(call, be_overflow_uid, &uid));
    guise_call_unref(call);
}

/* I-13: what is no id is not read as 0. */
static void must_be_the_default(const char *text)
{
    must_be_read_as(text, 65534);
}

static void overflow_uid_is_a_word(void *arg)
{
    (void)arg;
    must_be_the_default("none\n");
}

static void overflow_uid_is_out_of_range(void *arg)
{
    (void)arg;
    must_be_the_default("65536\n");
}

static void overflow_uid_is_followed_by_more(void *arg)
{
    (void)arg;
    must_be_the_default("0 0 4294967295\n");
}

static void overflow_uid_is_not_said(void *arg)
{
    (void)arg;
    must_be_the_default("");
}

/* A number to strtoul, but none that the kernel writes. */
static void overflow_uid_has_a_sign(void *arg)
{
    (void)arg;
    must_be_the_default("+0\n");
}

static void overflow_uid_without_the_end_of_a_line(void *arg)
{
    (void)arg;
    must_be_read_as("50777", 50777);
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-bob", BOB, BOB, 0600);
    kernel_file("said", 0, 0, 0644);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(service_is_powerless_as_client),
        kernel_test(service_is_nobody_as_identified_client),
        kernel_test(service_refuses_uid_0),
        kernel_test(refusal_keeps_the_client),
        kernel_test(root_without_fixup_is_powerless_as_client),
        kernel_test(reduced_root_gets_no_more_back),
        kernel_test(no_groups_are_restored_as_none),
        kernel_test(service_of_root_becomes_uid_0_and_comes_back),
        kernel_test(service_with_a_saved_uid_0_becomes_uid_0_and_comes_back),
        kernel_test(service_without_fixup_becomes_uid_0_and_comes_back),
        kernel_test(server_in_the_group_of_the_overflow_gid),
        kernel_test(service_of_the_overflow_id),
        kernel_test(overflow_uid_is_roots),
        kernel_test(overflow_gid_is_roots),
        kernel_test(overflow_uid_is_a_word),
        kernel_test(overflow_uid_is_out_of_range),
        kernel_test(overflow_uid_is_followed_by_more),
        kernel_test(overflow_uid_is_not_said),
        kernel_test(overflow_uid_has_a_sign),
        kernel_test(overflow_uid_without_the_end_of_a_line),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
