/* SPDX-License-Identifier: MIT */
/*
 * What libc and the kernel may refuse: registering the fork handler and a thread's end, the process's
 * groups, a peer's credentials, memory for a long list of groups, /proc, the number of the processor;
 * and systems with other limits than this one's. This program is linked so that these come by here first (--wrap) and
 * can be made to fail; each failure answers as documented, clears its output, keeps errno and leaves
 * everything as it was, and the next attempt succeeds. Each test plays in a process of its own.
 */
#define _GNU_SOURCE
#include "support/child.h"
#include "support/connection.h"
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <objbase.h>

#include "base/latch.h"
#include "identity/context.h"
#include "identity/provider.h"
#include "identity/switch_record.h"
#include "port/module.h"
#include "thread/process_token.h"
#include "thread/thread_state.h"

enum { KEPT = 4242, NEVER = -1, SO_PEERGROUPS_ASKED = 59 }; /* the last as the library has it */

/* This many succeed first. */
static int s_atfork, s_key, s_setspecific, s_getgroups, s_getsockname, s_peercred, s_peergroups;
static int s_pin, s_alloc, s_cpu = NEVER;
static int s_open = NEVER, s_fopen = NEVER;  /* files are opened before main, to count coverage */
static const struct guise__limits *s_limits; /* NULL: this system's */
static size_t s_groups_max;                  /* 0: this system's */
static int s_refused;                        /* since the last expect_refusal */

/* The identity that the process is said to have, if s_is_told. */
enum { GROUPS_TOLD_MAX = 3 };
static struct told {
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_TOLD_MAX];
    int group_count;
} s_told;
static bool s_is_told;

/* True if this one is to fail. */
static bool is_refused(int *left)
{
    if (*left == NEVER) {
        return false;
    }
    if (*left > 0) {
        --*left;
        return false;
    }
    *left = NEVER; /* once */
    s_refused++;
    errno = EAGAIN;
    return true;
}

/* The linker knows these names; the real ones are libc's. */
int __real_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int __real_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *));
int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);
int __real_getgroups(int size, gid_t *list);
int __wrap_getgroups(int size, gid_t *list);
uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
gid_t __real_getegid(void);
gid_t __wrap_getegid(void);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int __real_getsockname(int fd, struct sockaddr *address, socklen_t *length);
int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length);
bool __real_guise__module_pin(void);
bool __wrap_guise__module_pin(void);
void *__real_guise__alloc_raw(size_t size);
void *__wrap_guise__alloc_raw(size_t size);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
int __real_sched_getcpu(void);
int __wrap_sched_getcpu(void);
const struct guise__limits *__real_guise__limits(void);
const struct guise__limits *__wrap_guise__limits(void);
size_t __real_guise__groups_max(void);
size_t __wrap_guise__groups_max(void);

int __wrap_pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return is_refused(&s_atfork) ? ENOMEM : __real_pthread_atfork(prepare, parent, child);
}

int __wrap_pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
    return is_refused(&s_key) ? EAGAIN : __real_pthread_key_create(key, destructor);
}

int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
    return is_refused(&s_setspecific) ? ENOMEM : __real_pthread_setspecific(key, value);
}

int __wrap_getgroups(int size, gid_t *list)
{
    if (s_is_told && size > 0) {
        memcpy(list, s_told.groups, (size_t)s_told.group_count * sizeof *list);
    }
    if (s_is_told) {
        return s_told.group_count;
    }
    return is_refused(&s_getgroups) ? -1 : __real_getgroups(size, list);
}

uid_t __wrap_geteuid(void)
{
    return s_is_told ? s_told.uid : __real_geteuid();
}

gid_t __wrap_getegid(void)
{
    return s_is_told ? s_told.gid : __real_getegid();
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    if ((name == SO_PEERCRED && is_refused(&s_peercred)) ||
        (name == SO_PEERGROUPS_ASKED && is_refused(&s_peergroups))) {
        return -1;
    }
    return __real_getsockopt(fd, level, name, value, length);
}

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    return is_refused(&s_getsockname) ? -1 : __real_getsockname(fd, address, length);
}

bool __wrap_guise__module_pin(void)
{
    return !is_refused(&s_pin) && __real_guise__module_pin();
}

void *__wrap_guise__alloc_raw(size_t size)
{
    int kept = errno; /* as the real one does */
    bool refused = is_refused(&s_alloc);

    errno = kept;
    return refused ? NULL : __real_guise__alloc_raw(size);
}

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list rest;

    if ((flags & O_CREAT) != 0) {
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    return is_refused(&s_open) ? -1 : __real_open(path, flags, mode);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    return is_refused(&s_fopen) ? NULL : __real_fopen(path, mode);
}

/* s_cpu: what the kernel says instead, if it is not NEVER. */
int __wrap_sched_getcpu(void)
{
    return s_cpu != NEVER ? s_cpu : __real_sched_getcpu();
}

const struct guise__limits *__wrap_guise__limits(void)
{
    return s_limits != NULL ? s_limits : __real_guise__limits();
}

size_t __wrap_guise__groups_max(void)
{
    return s_groups_max != 0 ? s_groups_max : __real_guise__groups_max();
}

static void start(void)
{
    s_pin = s_alloc = s_open = s_fopen = s_cpu = NEVER;
    s_limits = NULL;
    s_groups_max = 0;
    s_is_told = false;
    s_atfork = s_key = s_setspecific = s_getgroups = NEVER;
    s_getsockname = s_peercred = s_peergroups = NEVER;
    errno = KEPT;
}

/* One was refused since, and errno has not noticed. */
static void check_refused(void)
{
    CHILD_CHECK(s_refused == 1);
    CHILD_CHECK(errno == KEPT);
    s_refused = 0;
}

static guise_token *make_token(void)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1001, .gid = 1001, .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = NULL;

    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_OK);
    return token;
}

static guise_context *make_context(const guise_token *token)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_context *context = NULL;

    CHILD_CHECK_RESULT(guise_context_create(&blanket, token, &context), GUISE_OK);
    return context;
}

static guise_result begin(guise_call *call, void *ran)
{
    *(bool *)ran = true;
    return guise_call_impersonate(call);
}

/* ---- the fork handler ------------------------------------------------------------------------ */

static void signal_without_a_fork_handler(void *arg)
{
    guise_signal *signal = TEST_POISON(guise_signal);

    (void)arg;
    start();
    s_atfork = 0;
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(signal == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_OK);
    guise_signal_unref(signal);
}

static void container_without_a_fork_handler(void *arg)
{
    guise_container *container = TEST_POISON(guise_container);

    (void)arg;
    start();
    s_atfork = 0;
    CHILD_CHECK_RESULT(guise_container_create(&container), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(container == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_container_create(&container), GUISE_OK);
    guise_container_unref(container);
}

/* The choice of a provider goes without one, and tries again later. */
static void call_without_a_fork_handler(void *arg)
{
    guise_call *call = TEST_POISON(guise_call);
    guise_token *token;
    guise_context *client;

    (void)arg;
    start();
    s_atfork = 0;
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    check_refused();
    token = make_token();
    client = make_context(token);
    s_atfork = 0;
    CHILD_CHECK_RESULT(guise_call_create(client, &call), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(call == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_call_create(client, &call), GUISE_OK);
    guise_call_unref(call);
    guise_context_unref(client);
    guise_token_unref(token);
}

static void test_no_fork_handler(void **state)
{
    (void)state;
    assert_child_passes(signal_without_a_fork_handler, NULL);
    assert_child_passes(container_without_a_fork_handler, NULL);
    assert_child_passes(call_without_a_fork_handler, NULL);
}

/* ---- a thread's end -------------------------------------------------------------------------- */

static void call_without_a_key(void *arg)
{
    guise_call *call = TEST_POISON(guise_call);
    guise_token *token;
    guise_context *client;
    bool ran = false;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    token = make_token();
    client = make_context(token);
    s_key = 0;
    CHILD_CHECK_RESULT(guise_call_create(client, &call), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(call == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_call_create(client, &call), GUISE_OK);
    s_setspecific = 0;
    CHILD_CHECK_RESULT(guise_call_dispatch(call, begin, &ran), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(!ran && guise_thread_token() == NULL && !tl_guise_thread.attached);
    check_refused();
    CHILD_CHECK_RESULT(guise_call_dispatch(call, begin, &ran), GUISE_OK);
    CHILD_CHECK(ran);
    guise_call_unref(call);
    guise_context_unref(client);
    guise_token_unref(token);
}

static void set_token_without_a_key(void *arg)
{
    guise_token *token;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    token = make_token();
    s_key = 0;
    CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(guise_thread_token() == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_OK);
    CHILD_CHECK_RESULT(guise_set_thread_token(NULL), GUISE_OK);
    guise_token_unref(token);
}

static void test_no_key(void **state)
{
    (void)state;
    assert_child_passes(call_without_a_key, NULL);
    assert_child_passes(set_token_without_a_key, NULL);
}

/* ---- the process's groups -------------------------------------------------------------------- */

/* skip: how many questions are answered before one is refused. */
static void self_without_groups(void *skip)
{
    guise_token *token = TEST_POISON(guise_token), *own;

    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    own = make_token();
    CHILD_CHECK_RESULT(guise_set_thread_token(own), GUISE_OK);
    s_getgroups = *(const int *)skip;
    CHILD_CHECK_RESULT(guise__process_token(&token), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(token == NULL);
    CHILD_CHECK(guise_thread_token() == own);
    check_refused();
    CHILD_CHECK_RESULT(guise__process_token(&token), GUISE_OK);
    CHILD_CHECK(guise_thread_token() == own);
    CHILD_CHECK(errno == KEPT);
    guise_token_unref(token);
    CHILD_CHECK_RESULT(guise_set_thread_token(NULL), GUISE_OK);
    guise_token_unref(own);
}

static void test_no_groups(void **state)
{
    int skip = 0;

    (void)state;
    assert_child_passes(self_without_groups, &skip);
    if (getgroups(0, NULL) > 0) { /* else the list itself is not asked for */
        skip = 1;
        assert_child_passes(self_without_groups, &skip);
    }
}

/* ---- the identity of the process ------------------------------------------------------------- */

static size_t count_groups(const struct told *told)
{
    size_t count = (size_t)told->group_count + 1; /* the gid counts */

    for (int i = 0; i < told->group_count; i++) {
        count -= told->groups[i] == told->gid;
    }
    return count;
}

/* The number of the process's tokens while it is that, each token having what was told. */
static uint64_t id_as(const struct told *told)
{
    guise_token *token = TEST_POISON(guise_token);
    uint64_t id;
    size_t count;

    s_told = *told;
    s_is_told = true;
    CHILD_CHECK_RESULT(guise__process_token(&token), GUISE_OK);
    CHILD_CHECK(guise_token_uid(token) == told->uid && guise_token_gid(token) == told->gid);
    (void)guise_token_groups(token, &count);
    CHILD_CHECK(count == count_groups(told));
    id = guise__token_id(token);
    CHILD_CHECK(id != 0 && guise__token_origin(token) == id);
    guise_token_unref(token);
    return id;
}

/* The process has one number as long as it has one identity, and no number is used again (W-16). */
static void ids_of_all_that_it_is(void *arg)
{
    static const struct told all[] = {
        {1001, 2001, {1, 2}, 2},    {1002, 2001, {1, 2}, 2}, {1002, 2002, {1, 2}, 2},
        {1002, 2002, {1, 3}, 2},    {1002, 2002, {4, 3}, 2}, {1002, 2002, {4, 3, 2}, 3},
        {1001, 2001, {4, 3, 2}, 3}, {1001, 2001, {1, 2}, 2}, {1001, 2001, {0}, 0},
        {1001, 3, {4, 3}, 2},       {1001, 4, {4, 3}, 2}, /* in the same groups altogether */
    };
    enum { ALL = sizeof all / sizeof all[0] };
    uint64_t ids[ALL];

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    for (size_t i = 0; i < ALL; i++) {
        ids[i] = id_as(&all[i]);
        CHILD_CHECK(id_as(&all[i]) == ids[i]);
        for (size_t k = 0; k < i; k++) {
            CHILD_CHECK(ids[k] != ids[i]);
        }
    }
    CHILD_CHECK(errno == KEPT);
}

static void test_who_the_process_is(void **state)
{
    (void)state;
    assert_child_passes(ids_of_all_that_it_is, NULL);
}

/* ---- a peer ---------------------------------------------------------------------------------- */

/* refused: what is, once: s_getsockname or s_peercred. */
static void peer_without(void *refused)
{
    struct connection connection;
    guise_context *context = TEST_POISON(guise_context);

    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    CHILD_CHECK(connection_open(&connection, SOCK_STREAM));
    errno = KEPT;
    *(int *)refused = 0;
    CHILD_CHECK_RESULT(guise_context_from_peer(connection.accepted, GUISE_LEVEL_IDENTIFY, &context),
                       GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(context == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_context_from_peer(connection.accepted, GUISE_LEVEL_IDENTIFY, &context),
                       GUISE_OK);
    guise_context_unref(context);
    connection_close(&connection);
}

static void test_no_peer(void **state)
{
    (void)state;
    assert_child_passes(peer_without, &s_peercred);
    assert_child_passes(peer_without, &s_getsockname);
}

/* An older kernel tells the identity, and not the capabilities. */
static void peer_without_groups(void *arg)
{
    struct connection connection;
    guise_context *context = NULL;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    CHILD_CHECK(connection_open(&connection, SOCK_STREAM));
    errno = KEPT;
    s_peergroups = 0;
    CHILD_CHECK_RESULT(
        guise_context_from_peer(connection.accepted, GUISE_LEVEL_IMPERSONATE, &context), GUISE_OK);
    check_refused();
    CHILD_CHECK(guise_token_level(guise_context_token(context)) == GUISE_LEVEL_IDENTIFY);
    guise_context_unref(context);
    connection_close(&connection);
}

/* The portable leaves do not ask Linux, so it cannot refuse them. */
static void require_linux_leaves(void)
{
    if (GUISE_TEST_PORTABLE) {
        print_message("SKIPPED: built with the portable leaves\n");
        skip();
    }
}

static void test_no_peer_groups(void **state)
{
    (void)state;
    require_linux_leaves();
    assert_child_passes(peer_without_groups, NULL);
}

/* ---- other limits ---------------------------------------------------------------------------- */

enum { LOST_ID = 50123, USER_ID = 50124, MOST_GROUPS = 2 };

static guise_result make_token_of(uid_t uid, gid_t gid, const gid_t *groups, size_t count)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .uid = uid,
                             .gid = gid,
                             .groups = groups,
                             .group_count = count,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = TEST_POISON(guise_token);
    guise_result result = guise_token_create(&desc, &token);

    CHILD_CHECK((token != NULL) == (result == GUISE_OK));
    guise_token_unref(token);
    return result;
}

/* I-11: the overflow id is no user's only where some users have no id. */
static void tokens_of_the_overflow_id(void *arg)
{
    struct guise__limits limits = {LOST_ID, LOST_ID, true, true, MOST_GROUPS};
    const gid_t lost = LOST_ID, groups[MOST_GROUPS] = {1, 2};

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    s_limits = &limits;
    CHILD_CHECK_RESULT(make_token_of(USER_ID, USER_ID, NULL, 0), GUISE_OK);
    CHILD_CHECK_RESULT(make_token_of(LOST_ID, USER_ID, NULL, 0), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(make_token_of(USER_ID, LOST_ID, NULL, 0), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(make_token_of(USER_ID, USER_ID, &lost, 1), GUISE_E_INVALID_ARGUMENT);
    limits.has_unmapped_uids = false;
    CHILD_CHECK_RESULT(make_token_of(LOST_ID, USER_ID, NULL, 0), GUISE_OK);
    CHILD_CHECK_RESULT(make_token_of(USER_ID, LOST_ID, NULL, 0), GUISE_E_INVALID_ARGUMENT);
    limits.has_unmapped_gids = false;
    CHILD_CHECK_RESULT(make_token_of(USER_ID, LOST_ID, &lost, 1), GUISE_OK);
    /* The system's limit is below the program's; the primary group counts. */
    CHILD_CHECK_RESULT(make_token_of(USER_ID, 1, groups, MOST_GROUPS), GUISE_OK);
    CHILD_CHECK_RESULT(make_token_of(USER_ID, 3, groups, MOST_GROUPS), GUISE_E_INVALID_ARGUMENT);
}

/* This process, where its user is one without a name: its peers learn nothing, nor does it itself. */
static void nobody_in_particular(void *arg)
{
    const struct guise__limits limits = {geteuid(), getegid(), true, true, 65536};
    guise_token *token = TEST_POISON(guise_token);
    guise_context *context = TEST_POISON(guise_context);
    struct connection connection;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise__process_token(&token), GUISE_E_NO_PROVIDER);
    CHILD_CHECK(token == NULL);
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    CHILD_CHECK(connection_open(&connection, SOCK_STREAM));
    s_limits = &limits;
    token = TEST_POISON(guise_token);
    CHILD_CHECK_RESULT(guise__process_token(&token), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(token == NULL);
    CHILD_CHECK_RESULT(guise_context_from_peer(connection.accepted, GUISE_LEVEL_IDENTIFY, &context),
                       GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(context == NULL);
    connection_close(&connection);
}

static void limits_without_proc(void *arg)
{
    struct guise__limits limits;

    (void)arg;
    start();
    s_open = 0;
    guise__limits_read(&limits);
    CHILD_CHECK(limits.overflow_uid == 65534);
    check_refused();
    s_open = 1;
    guise__limits_read(&limits);
    CHILD_CHECK(limits.overflow_gid == 65534);
    check_refused();
    s_fopen = 0;
    guise__limits_read(&limits);
    CHILD_CHECK(limits.has_unmapped_uids);
    check_refused();
    s_fopen = 1;
    guise__limits_read(&limits);
    CHILD_CHECK(limits.has_unmapped_gids);
    check_refused();
}

static void test_other_limits(void **state)
{
    (void)state;
    require_linux_leaves();
    assert_child_passes(tokens_of_the_overflow_id, NULL);
    assert_child_passes(nobody_in_particular, NULL);
    assert_child_passes(limits_without_proc, NULL);
}

/* ---- room for a long list of groups ---------------------------------------------------------- */

static void long_lists_without_memory(void *arg)
{
    guise_token *token;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    token = make_token();
    s_groups_max = GUISE__GROUPS_ON_STACK + 1;
    s_alloc = 0;
    CHILD_CHECK_RESULT(guise_thread_become_self(), GUISE_E_OUT_OF_MEMORY);
    check_refused();
    s_alloc = 0; /* to ask whether the thread is self */
    CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_E_OUT_OF_MEMORY);
    check_refused();
    s_alloc = 1; /* to keep for its life */
    CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_E_OUT_OF_MEMORY);
    check_refused();
    CHILD_CHECK(guise_thread_token() == NULL && !tl_guise_thread.attached);
    CHILD_CHECK(tl_guise_switch.group_room == NULL);
    CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_OK);
    CHILD_CHECK(tl_guise_switch.group_room != NULL);
    s_alloc = 0; /* which is there already */
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_OK);
    CHILD_CHECK(s_alloc == 0);
    CHILD_CHECK_RESULT(guise_set_thread_token(NULL), GUISE_OK);
    guise_token_unref(token);
}

/* A context counts in one place if its counts cannot be spread, and later in many. */
static void shares_without_memory(void *arg)
{
    guise_token *token;
    guise_context *client;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    token = make_token();
    client = make_context(token);
    s_alloc = 0;
    guise__context_make_shards(client);
    check_refused();
    CHILD_CHECK(atomic_load(&client->shards) == NULL);
    CHILD_CHECK(guise__context_acquire(client, guise__thread_here()) == 0 &&
                atomic_load(&client->refs) == 2);
    guise__context_release(client, 0);
    CHILD_CHECK(atomic_load(&client->refs) == 1);
    guise__context_make_shards(client);
    CHILD_CHECK(atomic_load(&client->shards) != NULL);
    guise_context_unref(client);
    guise_token_unref(token);
}

static void test_no_shares(void **state)
{
    (void)state;
    assert_child_passes(shares_without_memory, NULL);
}

static void test_no_group_room(void **state)
{
    (void)state;
    assert_child_passes(long_lists_without_memory, NULL);
}

/* ---- the number of the processor ------------------------------------------------------------- */

static void processors_without_a_number(void *arg)
{
    atomic_uint latch;

    (void)arg;
    start();
    s_cpu = -2;
    CHILD_CHECK(guise__cpu() == GUISE__CPU_UNKNOWN);
    CHILD_CHECK(errno == KEPT);
    s_cpu = 5;
    CHILD_CHECK(guise__cpu() == 5);
    atomic_init(&latch, 0);
    guise__latch_open(&latch);
    CHILD_CHECK(atomic_load(&latch) == ((5 + 1) << 2 | 2));
    s_cpu = INT_MAX; /* more than there is room for beside the state */
    atomic_init(&latch, 0);
    guise__latch_open(&latch);
    CHILD_CHECK(atomic_load(&latch) == 2);
}

static void test_no_processor(void **state)
{
    (void)state;
    require_linux_leaves();
    assert_child_passes(processors_without_a_number, NULL);
}

/* ---- a completion function on a thread without an end function --------------------------------- */

enum { DEPTH = GUISE__PLACES + 1 };

struct nested {
    guise_context *client;
    unsigned depth;
};

static void complete_one_more(guise_call *call, guise_result result, void *arg)
{
    struct nested *nested = arg;
    guise_call *next = NULL;

    (void)call;
    CHILD_CHECK(result == GUISE_OK);
    if (++nested->depth == DEPTH) {
        return;
    }
    CHILD_CHECK_RESULT(guise_call_create(nested->client, &next), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_on_complete(next, complete_one_more, nested), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_signal(next), GUISE_OK);
    guise_call_unref(next);
}

/* No blocks for its places, because nothing would free them: the last function runs on the stack. */
static void functions_on_a_thread_that_is_not_watched(void *arg)
{
    struct nested nested = {NULL, 0};
    guise_token *token;

    (void)arg;
    start();
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    token = make_token();
    nested.client = make_context(token);
    {
        guise_call *call = NULL;

        CHILD_CHECK_RESULT(guise_call_create(nested.client, &call), GUISE_OK);
        CHILD_CHECK_RESULT(guise_call_on_complete(call, complete_one_more, &nested), GUISE_OK);
        s_setspecific = 0;
        CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
        check_refused();
        guise_call_unref(call);
    }
    CHILD_CHECK(nested.depth == DEPTH);
    CHILD_CHECK(!tl_guise_thread.watched && tl_guise_thread.scope == NULL);
    CHILD_CHECK(tl_guise_thread.next == &tl_guise_thread.places[0]);
    CHILD_CHECK(tl_guise_thread.places[GUISE__PLACES - 1].inner == NULL);
    guise_context_unref(nested.client);
    guise_token_unref(token);
}

static void test_thread_is_not_watched(void **state)
{
    (void)state;
    assert_child_passes(functions_on_a_thread_that_is_not_watched, NULL);
}

/* ---- guise-com ------------------------------------------------------------------------------- */

static void signal_that_cannot_be_pinned(void *arg)
{
    guise_signal *signal = TEST_POISON(guise_signal);

    (void)arg;
    start();
    s_pin = 0;
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(signal == NULL);
    check_refused();
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_OK);
    guise_signal_unref(signal);
}

/* refused: what is, once: the pin, the key or the thread's value. */
static void com_is_not_initialized_without(void *refused)
{
    start();
    *(int *)refused = 0;
    CHILD_CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == E_OUTOFMEMORY);
    check_refused();
    CHILD_CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    CHILD_CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_FALSE);
    CoUninitialize();
    CoUninitialize();
    CHILD_CHECK(errno == KEPT);
}

/* The stack of cancel objects, without a fork handler: nothing is on it, and nothing is put on it. */
static void no_cancel_objects_without(void *refused)
{
    void *object = TEST_POISON(void);
    IUnknown *untouched = TEST_POISON(IUnknown);

    start();
    *(int *)refused = 0;
    CHILD_CHECK(CoSetCancelObject(NULL) == E_NOINTERFACE);
    check_refused();
    *(int *)refused = 0;
    CHILD_CHECK(CoGetCancelObject(0, &IID_IUnknown, &object) == E_NOINTERFACE);
    CHILD_CHECK(object == NULL);
    check_refused();
    *(int *)refused = 0;
    CHILD_CHECK(CoSetCancelObject(untouched) == E_OUTOFMEMORY);
    check_refused();
}

/* A thread has a number, but is not listed, if its end function cannot be registered. */
static void threads_are_not_listed_without(void *refused)
{
    IUnknown *untouched = TEST_POISON(IUnknown);
    DWORD id;

    start();
    *(int *)refused = 0;
    CHILD_CHECK(CoSetCancelObject(untouched) == E_OUTOFMEMORY);
    check_refused();
    *(int *)refused = 0;
    id = GetCurrentThreadId(); /* which it has */
    CHILD_CHECK(id != 0 && *(int *)refused == 0);
    CHILD_CHECK(CoSetCancelObject(untouched) == E_OUTOFMEMORY);
    check_refused();
    CHILD_CHECK(GetCurrentThreadId() == id);
}

static void test_com(void **state)
{
    (void)state;
    assert_child_passes(signal_that_cannot_be_pinned, NULL);
    assert_child_passes(com_is_not_initialized_without, &s_pin);
    assert_child_passes(com_is_not_initialized_without, &s_key);
    assert_child_passes(com_is_not_initialized_without, &s_setspecific);
    assert_child_passes(no_cancel_objects_without, &s_pin);
    assert_child_passes(no_cancel_objects_without, &s_atfork);
    assert_child_passes(threads_are_not_listed_without, &s_key);
    assert_child_passes(threads_are_not_listed_without, &s_setspecific);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_fork_handler),
        cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_no_groups),
        cmocka_unit_test(test_who_the_process_is),
        cmocka_unit_test(test_no_peer),
        cmocka_unit_test(test_no_peer_groups),
        cmocka_unit_test(test_other_limits),
        cmocka_unit_test(test_no_shares),
        cmocka_unit_test(test_no_group_room),
        cmocka_unit_test(test_no_processor),
        cmocka_unit_test(test_thread_is_not_watched),
        cmocka_unit_test(test_com),
    };

    start();
    return cmocka_run_group_tests_name("refused by libc", tests, NULL, NULL);
}
