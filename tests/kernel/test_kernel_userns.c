/* SPDX-License-Identifier: MIT */
/*
 * Servers in user namespaces: one that maps every id, one that leaves most unmapped, one whose map of
 * gids turns their order round, one with a single id, one that denies setgroups. An id without a name
 * in the namespace reads as the overflow id and is never taken for a user.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

enum {
    ALICE = 50001,
    OUTSIDE = 100000,      /* uid 0 of most namespaces here, outside */
    OUTSIDE_ALICE = 150001, /* ALICE, outside */
    UNMAPPED = 70000,
    OVERFLOW = 65534
};

static const struct userns s_full = {"0 0 4294967295", "0 0 4294967295", false};
static const struct userns s_few = {"0 100000 1000\n50000 150000 1000",
                                    "0 100000 1000\n50000 150000 1000", false};
/* 100 stands for a higher gid outside than 1000 does, as with podman's keep-id. */
static const struct userns s_turned = {"0 200000 1000\n1000 60000 1\n50000 250000 1000",
                                       "0 200000 1000\n1000 60000 1\n50000 250000 1000", false};
static const struct userns s_single = {"0 100000 1", "0 100000 1", false};
static const struct userns s_no_setgroups = {"0 100000 1000\n50000 150000 1000",
                                             "0 100000 1000\n50000 150000 1000", true};

static const gid_t s_groups[] = {901, 902};
static struct who s_self;

static void start(const struct userns *userns, size_t count, const gid_t *groups)
{
    kernel_become_userns_root(userns, count, groups);
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    who_am_i(&s_self);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static guise_result create(uid_t uid, gid_t gid, gid_t group)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token = TEST_POISON(guise_token);
    guise_result result;

    desc.uid = uid;
    desc.gid = gid;
    desc.groups = &group;
    desc.group_count = 1;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    result = guise_token_create(&desc, &token);
    CHILD_CHECK((token != NULL) == (result == GUISE_OK));
    guise_token_unref(token);
    return result;
}

static void overflow_ids_must_give(guise_result expected)
{
    CHILD_OK(create(ALICE, ALICE, ALICE));
    CHILD_CHECK_RESULT(create(OVERFLOW, ALICE, ALICE), expected);
    CHILD_CHECK_RESULT(create(ALICE, OVERFLOW, ALICE), expected);
    CHILD_CHECK_RESULT(create(ALICE, ALICE, OVERFLOW), expected);
}

/* ---- serving --------------------------------------------------------------------------------- */

static guise_result be_exactly(guise_call *call, void *arg)
{
    const struct who *client = arg;

    MUST_BE(&s_self);
    CHILD_OK(guise_impersonate_client());
    MUST_BE(client);
    CHILD_OK(guise_call_impersonate(call));
    CHILD_OK(guise_thread_verify());
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    CHILD_OK(guise_impersonate_client());
    return GUISE_OK;
}

static void serve_exactly(guise_token *token, struct who client)
{
    guise_call *call = client_call(token);

    CHILD_OK(guise_call_dispatch(call, be_exactly, &client));
    MUST_BE(&s_self);
    guise_call_unref(call);
}

static void serve_user(uid_t uid, gid_t gid)
{
    serve_exactly(client_token(uid, gid, 0, NULL, GUISE_LEVEL_IMPERSONATE),
                  who_as(&s_self, uid, gid, 0, NULL));
}

/* Not the client, not half of it, and a thread that can serve the next. */
static void must_be_refused(guise_token *token)
{
    guise_call *call = client_call(token);

    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
    MUST_BE(&s_self);
    CHILD_OK(guise_thread_verify());
    guise_call_unref(call);
}

/* ---- where every id is mapped ---------------------------------------------------------------- */

/* I-11: 65534 is a user like others, also in a namespace that is not the first. */
static void all_ids_mapped(void *arg)
{
    gid_t groups[] = {901, OVERFLOW};

    (void)arg;
    start(&s_full, 2, groups);
    overflow_ids_must_give(GUISE_OK);
    serve_user(ALICE, ALICE);
    serve_user(OVERFLOW, OVERFLOW);
    serve_exactly(client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IDENTIFY), who_nobody(&s_self));
}

/* ---- where most are not ---------------------------------------------------------------------- */

/* Clients with an id in the namespace can be served. A client below IMPERSONATE is refused, because
 * there is no powerless identity that it could become (I-11). */
static void few_ids_mapped(void *arg)
{
    (void)arg;
    start(&s_few, 2, s_groups);
    overflow_ids_must_give(GUISE_E_INVALID_ARGUMENT);
    serve_user(ALICE, ALICE);
    must_be_refused(client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IDENTIFY));
    must_be_refused(client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_ANONYMOUS));
    /* Ids without a name are refused one by one, and undone. */
    must_be_refused(client_token(2000, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE));
    must_be_refused(client_token(ALICE, 2000, 0, NULL, GUISE_LEVEL_IMPERSONATE));
    serve_user(ALICE, ALICE);
}

static guise_result be_powerless_root(guise_call *call, void *arg)
{
    struct who root = who_as(&s_self, 0, 0, 0, NULL);

    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&root);
    return GUISE_OK;
}

/* A namespace of one id: uid 0 without capabilities is all that a thread can become. */
static void single_id_mapped(void *arg)
{
    guise_call *call;

    (void)arg;
    start(&s_single, 0, NULL);
    CHILD_CHECK_RESULT(create(OVERFLOW, 0, 0), GUISE_E_INVALID_ARGUMENT);
    must_be_refused(client_token(ALICE, 0, 0, NULL, GUISE_LEVEL_IMPERSONATE));
    must_be_refused(client_token(0, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE));
    call = simple_call(0, 0);
    CHILD_OK(guise_call_dispatch(call, be_powerless_root, NULL));
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* ---- the order of groups --------------------------------------------------------------------- */

/* The kernel's list, in the kernel's order. */
static struct who in_kernels_order(struct who who, size_t count, const gid_t *groups)
{
    memset(who.groups, 0, sizeof who.groups);
    memcpy(who.groups, groups, count * sizeof *groups);
    return who;
}

/* Lists of groups are compared as sets, independent of the kernel's order (I-06): a client's,
 * self's own, and a client's that equals self's. */
static void order_of_groups_turned_round(void *arg)
{
    const gid_t turned[] = {1000, 901, 902}, reversed[] = {1000, 100, 901};
    struct who client;

    (void)arg;
    start(&s_turned, 3, turned);
    CHILD_CHECK(s_self.group_count == 3 && s_self.groups[0] == 1000);
    client = who_as(&s_self, ALICE, 1000, 2, (const gid_t[]){100, 901});
    serve_exactly(client_token(ALICE, 1000, 2, (const gid_t[]){901, 100}, GUISE_LEVEL_IMPERSONATE),
                  in_kernels_order(client, 3, reversed));
    client = who_as(&s_self, ALICE, 902, 2, (const gid_t[]){1000, 901});
    serve_exactly(client_token(ALICE, 902, 2, (const gid_t[]){1000, 901}, GUISE_LEVEL_IMPERSONATE),
                  in_kernels_order(client, 3, turned));
    serve_user(ALICE, ALICE);
}

/* ---- no provider there ----------------------------------------------------------------------- */

static void must_be_no_provider(const char *reason)
{
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux()), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(strcmp(guise_provider_reason(), reason) == 0);
    CHILD_CHECK(guise_provider_in_use() == NULL);
    CHILD_CHECK_RESULT(create(ALICE, ALICE, ALICE), GUISE_E_NO_PROVIDER);
}

static void setgroups_denied(void *arg)
{
    (void)arg;
    kernel_become_userns_root(&s_no_setgroups, 0, NULL);
    must_be_no_provider("setgroups is refused (denied in this user namespace, or by a filter)");
}

static const char s_unnamed[] = "an id or group of this process has no name in its user namespace";

/* The ids of the server, outside. The kernel gives every right in a namespace to the process that
 * makes it, with any ids. */
struct own_ids {
    const char *name;
    unsigned uid[3], gid[3], group;
};

static const struct own_ids s_own_ids[] = {
    {"real uid", {UNMAPPED, OUTSIDE, OUTSIDE}, {OUTSIDE, OUTSIDE, OUTSIDE}, OUTSIDE},
    {"effective and saved uid", {OUTSIDE, UNMAPPED, UNMAPPED}, {OUTSIDE, OUTSIDE, OUTSIDE}, OUTSIDE},
    {"saved uid", {OUTSIDE, OUTSIDE, UNMAPPED}, {OUTSIDE, OUTSIDE, OUTSIDE}, OUTSIDE},
    {"real gid", {OUTSIDE, OUTSIDE, OUTSIDE}, {UNMAPPED, OUTSIDE, OUTSIDE}, OUTSIDE},
    {"effective and saved gid", {OUTSIDE, OUTSIDE, OUTSIDE}, {OUTSIDE, UNMAPPED, UNMAPPED}, OUTSIDE},
    {"saved gid", {OUTSIDE, OUTSIDE, OUTSIDE}, {OUTSIDE, OUTSIDE, UNMAPPED}, OUTSIDE},
    {"a group", {OUTSIDE, OUTSIDE, OUTSIDE}, {OUTSIDE, OUTSIDE, OUTSIDE}, UNMAPPED},
};

static void use_own_ids(const struct own_ids *own, bool all_named)
{
    const unsigned *uid = own->uid, *gid = own->gid;
    gid_t groups[] = {OUTSIDE + 1, own->group};
    struct who root;

    who_am_i(&root);
    CHILD_CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && raw_setgroups(2, groups));
    CHILD_CHECK(raw_setresgid(gid[0], gid[1], gid[2]) && raw_setresuid(uid[0], uid[1], uid[2]));
    /* To write the maps; those inside the namespace are its own. */
    CHILD_CHECK(raw_capset(root.permitted, root.permitted, 0));
    kernel_enter_userns(&s_few);
    if (all_named) {
        CHILD_OK(guise_use_provider(guise_provider_linux()));
        return;
    }
    must_be_no_provider(s_unnamed);
    /* The same process with names is a server: the id, and only that, was refused. */
    groups[1] = 902;
    groups[0] = 901;
    CHILD_CHECK(raw_setgroups(2, groups) && raw_setresgid(0, 0, 0) && raw_setresuid(0, 0, 0));
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    who_am_i(&s_self);
    serve_user(ALICE, ALICE);
}

static void lack_a_name(void *arg)
{
    use_own_ids(arg, false);
}

static void have_all_names(void *arg)
{
    const struct own_ids all = {
        "none", {OUTSIDE, OUTSIDE, OUTSIDE}, {OUTSIDE, OUTSIDE, OUTSIDE}, OUTSIDE};

    (void)arg;
    use_own_ids(&all, true);
}

/* I-11: an id of the server's own that has no name there could not be put back. */
static void own_ids_without_a_name_are_refused(void **state)
{
    (void)state;
    assert_child_passes(have_all_names, NULL);
    for (size_t i = 0; i < sizeof s_own_ids / sizeof s_own_ids[0]; i++) {
        print_message("%s\n", s_own_ids[i].name);
        assert_child_passes(lack_a_name, (void *)(uintptr_t)&s_own_ids[i]);
    }
}

/* ---- peers ----------------------------------------------------------------------------------- */

struct outsider {
    const char *name;
    unsigned uid, gid, group; /* outside */
    guise_result expected;
};

static const struct outsider s_outsiders[] = {
    {"a client", OUTSIDE_ALICE, OUTSIDE_ALICE, OUTSIDE + 5, GUISE_OK},
    {"uid", UNMAPPED, OUTSIDE_ALICE, OUTSIDE + 5, GUISE_E_ACCESS_DENIED},
    {"gid", OUTSIDE_ALICE, UNMAPPED, OUTSIDE + 5, GUISE_E_ACCESS_DENIED},
    {"group", OUTSIDE_ALICE, OUTSIDE_ALICE, UNMAPPED, GUISE_E_ACCESS_DENIED},
};

static int listen_somewhere(struct sockaddr_un *address, socklen_t *length)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    *length = sizeof address->sun_family; /* the kernel finds an abstract name */
    CHILD_CHECK(listener >= 0 && bind(listener, (struct sockaddr *)address, *length) == 0);
    *length = sizeof *address;
    CHILD_CHECK(getsockname(listener, (struct sockaddr *)address, length) == 0);
    CHILD_CHECK(listen(listener, 1) == 0);
    return listener;
}

/* A process that stays outside; it ends when the server hangs up. */
static pid_t start_outsider(const struct outsider *who, const struct sockaddr_un *address,
                            socklen_t length)
{
    gid_t group = who->group;
    pid_t pid = fork();
    char byte;
    int fd;

    CHILD_CHECK(pid >= 0);
    if (pid != 0) {
        return pid;
    }
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (!raw_setgroups(1, &group) || !raw_setresgid(who->gid, who->gid, who->gid) ||
        !raw_setresuid(who->uid, who->uid, who->uid) ||
        connect(fd, (const struct sockaddr *)address, length) != 0) {
        _exit(1);
    }
    _exit(read(fd, &byte, 1) == 0 ? 0 : 1);
}

static void judge_peer(int fd, const struct outsider *who)
{
    guise_context *context = TEST_POISON(guise_context);
    guise_result result = guise_context_from_peer(fd, GUISE_LEVEL_IMPERSONATE, &context);

    CHILD_CHECK_RESULT(result, who->expected);
    if (result != GUISE_OK) {
        CHILD_CHECK(context == NULL);
        return;
    }
    CHILD_CHECK(guise_token_uid(guise_context_token(context)) == ALICE);
    CHILD_CHECK(guise_token_gid(guise_context_token(context)) == ALICE);
    guise_context_unref(context);
}

static void accept_outsider(void *arg)
{
    struct sockaddr_un address;
    socklen_t length;
    int status = -1;
    int listener = listen_somewhere(&address, &length), accepted;
    pid_t pid = start_outsider(arg, &address, length);

    start(&s_few, 2, s_groups);
    accepted = accept(listener, NULL, NULL);
    CHILD_CHECK(accepted >= 0);
    judge_peer(accepted, arg);
    CHILD_CHECK(close(accepted) == 0 && close(listener) == 0);
    CHILD_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* A peer without an id in the namespace is not the user of the number that the kernel shows for it
 * (I-11). */
static void unmapped_peers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_outsiders / sizeof s_outsiders[0]; i++) {
        print_message("%s\n", s_outsiders[i].name);
        assert_child_passes(accept_outsider, (void *)(uintptr_t)&s_outsiders[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(all_ids_mapped),
        kernel_test(few_ids_mapped),
        kernel_test(order_of_groups_turned_round),
        kernel_test(single_id_mapped),
        kernel_test(setgroups_denied),
        cmocka_unit_test(own_ids_without_a_name_are_refused),
        cmocka_unit_test(unmapped_peers_are_refused),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
#ifdef __SANITIZE_THREAD__
    test_skip_program("the thread sanitizer has a thread of its own, so no user namespace is entered");
#endif
    return cmocka_run_group_tests(tests, NULL, NULL);
}
