/* SPDX-License-Identifier: MIT */
/*
 * What fails in libc, liburing and the kernel that no system call filter can bring about. The
 * linker gives the libraries functions of this program's in place of those (--wrap), which fail
 * when they are told to. One child for each test.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <liburing.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slow_fs.h"
#include "uring/ring.h"

/* ---- functions that fail --------------------------------------------------------------------- */

enum place {
    NOWHERE,
    SET_UP,
    REGISTER,
    ENTER,
    WAIT,
    EVENT,
    ATFORK,
    KEY,
    SPECIFIC,
    ATTRIBUTES,
    ALLOCATION,
    IDS,
    GROUPS,
    PIN
};

/* Written by the thread that tests; read by those that it starts after that. */
static enum place s_place;
static unsigned s_first, s_last; /* which of its calls fail, from 1 */
static unsigned s_seen;          /* calls since */
static int s_error;

/* What is written to just after the event was lowered, or before the kernel is waited for; -1: nothing. */
static int s_late_end = -1;

/* Ended when the end of a ring is left to a thread, or by that many sleeps; NULL: none. */
static const struct slow_fs *s_ending;
static atomic_uint s_sleeps;
static unsigned s_last_sleep;

/* pthread_key_create says that it was called, and waits. */
static atomic_bool s_hold_key, s_is_asking, s_go_on;

static void fail_some(enum place place, unsigned first, unsigned last, int error)
{
    s_place = place;
    s_first = first;
    s_last = last;
    s_seen = 0;
    s_error = error;
}

static void fail_one(enum place place, unsigned which, int error)
{
    fail_some(place, which, which, error);
}

static bool fails(enum place place)
{
    if (s_place != place) {
        return false;
    }
    s_seen++;
    return s_seen >= s_first && s_seen <= s_last;
}

static bool has_failed(void)
{
    return s_place != NOWHERE && s_seen >= s_first;
}

int __real_io_uring_queue_init_params(unsigned, struct io_uring *, struct io_uring_params *);
int __wrap_io_uring_queue_init_params(unsigned, struct io_uring *, struct io_uring_params *);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *params)
{
    int result = __real_io_uring_queue_init_params(entries, ring, params);

    if (fails(SET_UP)) {
        ring->features = 0; /* an older kernel */
    }
    return result;
}

int __real_io_uring_register(unsigned fd, unsigned opcode, const void *arg, unsigned count);
int __wrap_io_uring_register(unsigned fd, unsigned opcode, const void *arg, unsigned count);
int __wrap_io_uring_register(unsigned fd, unsigned opcode, const void *arg, unsigned count)
{
    return fails(REGISTER) ? s_error : __real_io_uring_register(fd, opcode, arg, count);
}

int __real_io_uring_enter(unsigned fd, unsigned count, unsigned min, unsigned flags, sigset_t *set);
int __wrap_io_uring_enter(unsigned fd, unsigned count, unsigned min, unsigned flags, sigset_t *set);
int __wrap_io_uring_enter(unsigned fd, unsigned count, unsigned min, unsigned flags, sigset_t *set)
{
    return fails(ENTER) ? s_error : __real_io_uring_enter(fd, count, min, flags, set);
}

int __real_io_uring_enter2(unsigned fd, unsigned count, unsigned min, unsigned flags, sigset_t *set,
                           size_t size);
int __wrap_io_uring_enter2(unsigned fd, unsigned count, unsigned min, unsigned flags, sigset_t *set,
                           size_t size);
int __wrap_io_uring_enter2(unsigned fd, unsigned count, unsigned min, unsigned flags, sigset_t *set,
                           size_t size)
{
    if (s_late_end >= 0) {
        CHILD_CHECK(write(s_late_end, "x", 1) == 1);
        s_late_end = -1;
    }
    return fails(WAIT) ? s_error : __real_io_uring_enter2(fd, count, min, flags, set, size);
}

int __real_eventfd(unsigned start, int flags);
int __wrap_eventfd(unsigned start, int flags);
int __wrap_eventfd(unsigned start, int flags)
{
    return fails(EVENT) ? -1 : __real_eventfd(start, flags);
}

int __real_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void));
int __wrap_pthread_atfork(void (*before)(void), void (*parent)(void), void (*child)(void))
{
    return fails(ATFORK) ? s_error : __real_pthread_atfork(before, parent, child);
}

int __real_pthread_key_create(pthread_key_t *key, void (*end)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*end)(void *));
int __wrap_pthread_key_create(pthread_key_t *key, void (*end)(void *))
{
    if (atomic_load(&s_hold_key)) {
        atomic_store(&s_is_asking, true);
        while (!atomic_load(&s_go_on)) {
            (void)sched_yield();
        }
    }
    return fails(KEY) ? s_error : __real_pthread_key_create(key, end);
}

int __real_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value);
int __wrap_pthread_setspecific(pthread_key_t key, const void *value)
{
    return fails(SPECIFIC) ? s_error : __real_pthread_setspecific(key, value);
}

int __real_pthread_attr_init(pthread_attr_t *attributes);
int __wrap_pthread_attr_init(pthread_attr_t *attributes);
int __wrap_pthread_attr_init(pthread_attr_t *attributes)
{
    if (s_ending != NULL) {
        slow_fs_end(s_ending);
        s_ending = NULL;
    }
    return fails(ATTRIBUTES) ? s_error : __real_pthread_attr_init(attributes);
}

bool __real_guise__module_pin(void);
bool __wrap_guise__module_pin(void);
bool __wrap_guise__module_pin(void)
{
    return !fails(PIN) && __real_guise__module_pin();
}

/* Nothing sleeps here, the turn goes to another thread; but once the file system has gone the kernel gets the
 * time that it needs on a busy machine. */
int __real_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    const struct timespec longer = {.tv_sec = 0, .tv_nsec = 10000000};
    unsigned sleeps = atomic_fetch_add(&s_sleeps, 1) + 1;

    CHILD_CHECK(time->tv_sec == 0 && time->tv_nsec == 100000 && left == NULL);
    if (sleeps == s_last_sleep) {
        slow_fs_end(s_ending);
    }
    return s_last_sleep != 0 && sleeps > s_last_sleep ? __real_nanosleep(&longer, NULL)
                                                      : sched_yield();
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails(ALLOCATION) ? NULL : __real_calloc(count, size);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails(ALLOCATION) ? NULL : __real_malloc(size);
}

int __real_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int __wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int __wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
    return fails(IDS) ? -1 : __real_getresuid(real, effective, saved);
}

int __real_getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int __wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int __wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
    return fails(IDS) ? -1 : __real_getresgid(real, effective, saved);
}

int __real_getgroups(int count, gid_t *groups);
int __wrap_getgroups(int count, gid_t *groups);
int __wrap_getgroups(int count, gid_t *groups)
{
    return fails(GROUPS) ? -1 : __real_getgroups(count, groups);
}

bool __real_guise__uring_kernel_lower(int event);
bool __wrap_guise__uring_kernel_lower(int event);
bool __wrap_guise__uring_kernel_lower(int event)
{
    bool lowered = __real_guise__uring_kernel_lower(event);

    if (s_late_end >= 0) {
        CHILD_CHECK(write(s_late_end, "x", 1) == 1);
        s_late_end = -1;
    }
    return lowered;
}

/* ---- making a ring --------------------------------------------------------------------------- */

static void must_fail(enum place place, unsigned which, int error, guise_result expected)
{
    guise_uring *ring = TEST_POISON(guise_uring);
    unsigned fds = count_fds();

    fail_one(place, which, error);
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), expected);
    CHILD_CHECK(has_failed() && ring == NULL && count_fds() == fds);
    fail_one(NOWHERE, 0, 0);
}

static void become_server(void)
{
    const gid_t groups[] = {TEAM};
    struct who self;

    serve(1, groups, &self);
}

/* The first ring of a process, before the library has been told of forks and ends of threads. */
static void a_first_ring_that_cannot_be_made(void *arg)
{
    guise_uring *ring = NULL;

    (void)arg;
    become_server();
    must_fail(PIN, 1, 0, GUISE_E_OUT_OF_MEMORY);
    must_fail(KEY, 1, EAGAIN, GUISE_E_OUT_OF_MEMORY);
    CHILD_OK(guise_uring_create(4, &ring));
    CHILD_CHECK(open_as(ring, NULL, "of-root", O_RDONLY) == 0);
    guise_uring_unref(ring);
}

/* After any of them a ring can be had all the same, and works. */
static void a_ring_that_cannot_be_made(void *arg)
{
    guise_uring *ring = NULL;

    (void)arg;
    become_server();
    must_fail(SET_UP, 1, 0, GUISE_E_NOT_SUPPORTED);
    must_fail(REGISTER, 1, -EINVAL, GUISE_E_NOT_SUPPORTED); /* limits of workers: Linux 5.15 */
    must_fail(REGISTER, 2, -EINVAL, GUISE_E_NOT_SUPPORTED); /* restrictions */
    must_fail(REGISTER, 3, -ENOMEM, GUISE_E_OUT_OF_MEMORY); /* enabling */
    must_fail(REGISTER, 4, -ENOMEM, GUISE_E_OUT_OF_MEMORY); /* the server's identity */
    must_fail(REGISTER, 4, UINT16_MAX + 1, GUISE_E_ACCESS_DENIED);
    must_fail(IDS, 1, 0, GUISE_E_ACCESS_DENIED);
    must_fail(IDS, 2, 0, GUISE_E_ACCESS_DENIED);
    must_fail(GROUPS, 1, 0, GUISE_E_ACCESS_DENIED);
    must_fail(GROUPS, 2, 0, GUISE_E_ACCESS_DENIED);
    for (unsigned which = 1; which <= 4; which++) { /* the ring, its groups, its two tables */
        must_fail(ALLOCATION, which, 0, GUISE_E_OUT_OF_MEMORY);
    }
    CHILD_OK(guise_uring_create(4, &ring));
    CHILD_CHECK(open_as(ring, NULL, "of-root", O_RDONLY) == 0);
    guise_uring_unref(ring);
}

static void no_descriptors_in_the_system(void *arg)
{
    guise_uring *ring = TEST_POISON(guise_uring);
    struct who self;

    (void)arg;
    serve(0, NULL, &self);
    filter_call(ENFILE, SYS_io_uring_setup);
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(ring == NULL);
}

static void a_reference_too_many(void *arg)
{
    guise_uring *ring = arg;

    atomic_store(&ring->refs, UINT_MAX / 2);
    (void)guise_uring_ref(ring);
}

static void references_do_not_overflow(void *arg)
{
    guise_uring *ring = start_ring(4);
    int status;
    pid_t child = fork();

    (void)arg;
    if (child == 0) {
        a_reference_too_many(ring);
        child_pass();
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child);
    CHILD_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    guise_uring_unref(ring);
}

/* ---- making a request ------------------------------------------------------------------------ */

/* Without memory nothing is made; without memory for a larger table the old one does. */
static void a_request_without_memory(void *arg)
{
    enum { MORE = 40 };
    guise_uring *ring = start_ring(4);
    guise_context *contexts[MORE];
    guise_uring_how how = {.size = sizeof how};
    char path[200];

    (void)arg;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    fail_one(ALLOCATION, 1, 0);
    CHILD_CHECK_RESULT(guise_uring_openat(ring, NULL, AT_FDCWD, path, &how, NULL),
                       GUISE_E_OUT_OF_MEMORY);
    for (unsigned which = 1; which <= 2; which++) {
        guise_call *call = simple_call(ALICE, ALICE);

        fail_one(ALLOCATION, which, 0);
        CHILD_CHECK_RESULT(ask_open(ring, call, "of-alice", O_RDONLY, NULL), GUISE_E_OUT_OF_MEMORY);
        fail_one(NOWHERE, 0, 0);
        guise_call_unref(call);
    }
    for (int i = 0; i < MORE; i++) {
        guise_call *call;

        contexts[i] = simple_context(ALICE + (uid_t)i);
        call = call_of(contexts[i]);
        fail_some(ALLOCATION, 3, 4, 0); /* after the personality and the user: the tables */
        CHILD_OK(ask_open(ring, call, "of-alice", O_RDONLY, NULL));
        fail_one(NOWHERE, 0, 0);
        submit(ring, 1);
        CHILD_CHECK((next_done(ring).value >= 0) == (i == 0));
        guise_call_unref(call);
    }
    CHILD_CHECK(ring->personalities.contexts.chain_count == 16 &&
                ring->personalities.users.count == MORE);
    for (int i = 0; i < MORE; i++) {
        guise_context_unref(contexts[i]);
    }
    CHILD_CHECK(ring->personalities.users.count == 0);
    guise_uring_unref(ring);
}

/* ---- handing over and waiting ---------------------------------------------------------------- */

/* A name that the kernel has not looked up yet takes a second attempt. If it has no memory for that
 * one it is made by wait, without another request's end to wake it. */
static void a_second_attempt_without_memory(void *arg)
{
    static const uint32_t timeouts[] = {GUISE_INFINITE, 60000};

    (void)arg;
    for (int i = 0; i < 2; i++) {
        guise_uring *ring = i == 0 ? start_ring(4) : NULL;
        uint32_t count = 77;
        guise_uring_done done = {.size = sizeof done};

        if (ring == NULL) {
            CHILD_OK(guise_uring_create(4, &ring));
        }
        CHILD_OK(ask_open(ring, NULL, i == 0 ? "unknown-1" : "unknown-2", O_RDONLY, &done));
        fail_some(ENTER, 2, 6, -ENOMEM);
        CHILD_CHECK_RESULT(guise_uring_submit(ring, &count), GUISE_E_OUT_OF_RESOURCES);
        CHILD_CHECK(count == 1);
        CHILD_OK(guise_uring_wait(ring, timeouts[i], &done));
        CHILD_CHECK(s_seen == 7 && done.value == -ENOENT);
        fail_one(NOWHERE, 0, 0);
        guise_uring_unref(ring);
    }
}

/* The next submit has nothing new to hand over, and makes the second attempt. */
static void a_second_attempt_by_submit(void *arg)
{
    guise_uring *ring = start_ring(4);
    uint32_t count = 77;

    (void)arg;
    CHILD_OK(ask_open(ring, NULL, "unknown-3", O_RDONLY, NULL));
    fail_one(ENTER, 2, -ENOMEM);
    CHILD_CHECK_RESULT(guise_uring_submit(ring, &count), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(count == 1 && ring->again.first != GUISE__URING_NONE);
    submit(ring, 0); /* counted before */
    CHILD_CHECK(s_seen == 3 && ring->again.first == GUISE__URING_NONE);
    fail_one(NOWHERE, 0, 0);
    CHILD_CHECK(next_done(ring).value == -ENOENT);
    guise_uring_unref(ring);
}

/* Where the kernel has no memory for what stands in place of a canceled request, wait tries again. */
static void a_cancellation_without_memory(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    guise_uring_done done;
    int tag;

    (void)arg;
    CHILD_OK(ask_open(ring, alice, "of-alice", O_RDONLY, &tag));
    fail_one(ENTER, 1, -ENOMEM);
    CHILD_OK(guise_uring_cancel(ring, alice));
    CHILD_CHECK(s_seen == 1 && ring->again.first != GUISE__URING_NONE && ring->submitted == 1);
    done = next_done(ring);
    CHILD_OK(done.result);
    CHILD_CHECK(s_seen == 2 && done.tag == &tag && done.value == -ECANCELED);
    fail_one(NOWHERE, 0, 0);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* What the program asks to be done from the caches only is tried once, and -EAGAIN is its answer. */
static void an_open_from_the_caches_only(void *arg)
{
    guise_uring_how how = {.size = sizeof how, .resolve = RESOLVE_CACHED};
    guise_uring *ring = start_ring(4);
    guise_uring_done done;

    (void)arg;
    CHILD_OK(guise_uring_openat(ring, NULL, AT_FDCWD, kernel_path("unknown-4"), &how, NULL));
    fail_one(ENTER, 2, -ENOMEM); /* there is no second one */
    submit(ring, 1);
    CHILD_CHECK(s_seen == 1);
    fail_one(NOWHERE, 0, 0);
    done = next_done(ring);
    CHILD_OK(done.result);
    CHILD_CHECK(done.value == -EAGAIN);
    CHILD_OK(guise_uring_openat(ring, NULL, AT_FDCWD, kernel_path("of-root"), &how, NULL));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.value >= 0 && close(done.value) == 0);
    guise_uring_unref(ring);
}

/* The kernel is busy, or was interrupted: the wait goes on. */
static void a_wait_that_is_interrupted(void *arg)
{
    static const int errors[] = {-EINTR, -EAGAIN, -EBUSY};
    guise_uring *ring = start_ring(4);
    char byte;
    int ends[2];

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    for (int i = 0; i < 3; i++) {
        guise_uring_done done = {.size = sizeof done};

        CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, NULL));
        submit(ring, 1);
        fail_some(WAIT, 1, 3, errors[i]);
        CHILD_CHECK_RESULT(guise_uring_wait(ring, 20, &done), GUISE_E_CALL_PENDING);
        CHILD_CHECK(s_seen >= 4);
        CHILD_CHECK(write(ends[1], "x", 1) == 1);
        CHILD_CHECK(next_done(ring).value == 1);
    }
    guise_uring_unref(ring);
}

/* The kernel may still write to the program's buffers, and does not say when it will not. */
static void a_wait_that_is_forbidden(void *arg)
{
    guise_uring *ring = start_ring(4);
    char byte;
    int ends[2], status;
    pid_t child = fork();

    (void)arg;
    if (child == 0) {
        guise_uring_done done = {.size = sizeof done};

        CHILD_OK(guise_uring_create(4, &ring));
        CHILD_CHECK(pipe(ends) == 0);
        CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, NULL));
        submit(ring, 1);
        fail_one(WAIT, 1, -EPERM);
        CHILD_OK(guise_uring_wait(ring, GUISE_INFINITE, &done)); /* does not return */
        child_pass();
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child);
    CHILD_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    guise_uring_unref(ring);
}

static bool is_readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) == 1;
}

/* An answer that comes just after the event was lowered is reported, and the event is up again. */
static void an_answer_that_comes_just_then(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_uring_done done = {.size = sizeof done};
    char byte;
    int ends[2], fd = -1;

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(guise_uring_fd(ring, &fd)); /* raised */
    CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, NULL));
    submit(ring, 1);
    s_late_end = ends[1];
    CHILD_OK(guise_uring_wait(ring, 0, &done));
    CHILD_CHECK(done.value == 1 && is_readable(fd));
    CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, &done), GUISE_E_NO_SYNC);
    CHILD_CHECK(!is_readable(fd) && close(ends[0]) == 0 && close(ends[1]) == 0);
    guise_uring_unref(ring);
}

static void no_descriptor_to_wait_for(void *arg)
{
    guise_uring *ring = start_ring(4);
    unsigned fds = count_fds();
    int fd = 77;

    (void)arg;
    fail_one(EVENT, 1, 0);
    CHILD_CHECK_RESULT(guise_uring_fd(ring, &fd), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(fd == -1 && count_fds() == fds);
    fd = 77;
    fail_one(REGISTER, 1, -ENOMEM);
    CHILD_CHECK_RESULT(guise_uring_fd(ring, &fd), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(fd == -1 && count_fds() == fds);
    fail_one(NOWHERE, 0, 0);
    CHILD_OK(guise_uring_fd(ring, &fd));
    guise_uring_unref(ring);
}

/* More answers than the kernel's queue has room for: none is lost. */
static void answers_that_do_not_fit(void *arg)
{
    enum { TIMES = 200 };
    guise_uring *ring = start_ring(1);
    char byte;
    int ends[2], tag;

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, &tag));
    submit(ring, 1);
    guise__uring_lock(ring);
    ring->requests[0].attempt =
        GUISE__URING_ATTEMPT_IN_WORKER; /* by this name the kernel knows none */
    for (int i = 0; i < TIMES; i++) {
        guise__uring_cancel_submitted(ring, &ring->requests[0]);
    }
    ring->requests[0].attempt = GUISE__URING_ATTEMPT_AT_ONCE;
    guise__uring_unlock(ring);
    CHILD_CHECK(write(ends[1], "x", 1) == 1);
    fail_one(ENTER, 1, 0); /* the kernel is asked for those it kept, and has not moved them yet */
    CHILD_CHECK(next_done(ring).tag == &tag);
    CHILD_CHECK(has_failed());
    fail_one(NOWHERE, 0, 0);
    guise_uring_unref(ring);
}

/* ---- threads and rings that end -------------------------------------------------------------- */

struct leaver {
    guise_uring *ring;
    guise_call *call;
};

static void *wait_for_a_fifo(void *arg)
{
    struct leaver *leaver = arg;

    CHILD_OK(ask_open(leaver->ring, leaver->call, "fifo", O_WRONLY | GUISE_URING_WAIT, NULL));
    submit(leaver->ring, 1);
    CHILD_OK(guise_uring_cancel(leaver->ring, leaver->call)); /* because nothing else will */
    CHILD_CHECK(next_done(leaver->ring).value < 0);
    return NULL;
}

static void a_thread_that_cannot_be_noted(void *arg)
{
    struct leaver leaver = {.ring = start_ring(4), .call = simple_call(ALICE, ALICE)};

    (void)arg;
    test_watchdog(60);
    CHILD_CHECK(mkfifo(kernel_path("fifo"), 0600) == 0);
    CHILD_CHECK(chown(kernel_path("fifo"), ALICE, ALICE) == 0);
    CHILD_CHECK(open_as(leaver.ring, leaver.call, "of-alice", O_RDONLY) == 0);
    fail_some(SPECIFIC, 1, UINT_MAX, ENOMEM);
    child_thread(wait_for_a_fifo, &leaver);
    CHILD_CHECK(has_failed());
    fail_one(NOWHERE, 0, 0);
    CHILD_CHECK(unlink(kernel_path("fifo")) == 0);
    guise_call_unref(leaver.call);
    guise_uring_unref(leaver.ring);
}

/* A transfer is waited for, because its buffer is in use, if the kernel had no memory to cancel it.
 * */
static void a_transfer_that_cannot_be_canceled(void *arg)
{
    guise_uring *ring = start_ring(4);
    char byte = 0;
    int ends[2];

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, NULL));
    submit(ring, 1);
    fail_one(ENTER, 1, -ENOMEM);
    s_late_end = ends[1];
    guise_uring_unref(ring);
    CHILD_CHECK(has_failed() && s_late_end == -1 && byte == 'x' && ring_fd() == -1);
    fail_one(NOWHERE, 0, 0);
}

/* In place of a refused open the kernel got nothing to do, and answered 0: no file of that number. */
static void a_refused_open_has_no_file(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    CHILD_CHECK(fcntl(0, F_GETFD) >= 0 || open("/dev/null", O_RDONLY | O_CLOEXEC) == 0);
    CHILD_OK(ask_open(ring, alice, "of-alice", O_RDONLY, NULL));
    guise_call_signal(alice);
    submit(ring, 1);
    guise_call_unref(alice);
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() == -1 && fcntl(0, F_GETFD) >= 0);
}

static void start_slow_fs(struct slow_fs *fs)
{
    if (!slow_fs_begin(fs, kernel_path("slow"))) {
        child_skip("no file system can be served here (/dev/fuse, mount)");
    }
}

/* Where no thread can be had to leave it to, the end of the ring waits for the file system, which
 * ends here only when such a thread is about to be made. */
static void a_ring_that_cannot_be_left(bool no_attributes)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    struct slow_fs fs;

    test_watchdog(60);
    start_slow_fs(&fs);
    CHILD_OK(ask_open(ring, alice, "slow/1", O_RDONLY, NULL));
    submit(ring, 1);
    slow_fs_await(&fs, 1);
    s_ending = &fs;
    if (no_attributes) {
        fail_one(ATTRIBUTES, 1, ENOMEM);
    } else {
        filter_call(EAGAIN, SYS_clone);
        filter_call(EAGAIN, SYS_clone3);
    }
    guise_uring_unref(ring);
    CHILD_CHECK(s_ending == NULL && ring_fd() == -1);
    guise_call_unref(alice);
    if (!no_attributes) {
        test_exit_child(0); /* looking for leaks takes a thread */
    }
}

struct hander {
    guise_uring *ring;
    guise_call *call;
    const char *name;
    const struct slow_fs *fs; /* that the file is in; NULL: in none */
};

static void *hand_over_and_end(void *arg)
{
    const struct hander *hander = arg;

    CHILD_OK(ask_open(hander->ring, hander->call, hander->name, O_WRONLY | GUISE_URING_WAIT, NULL));
    submit(hander->ring, 1);
    if (hander->fs != NULL) {
        slow_fs_await(hander->fs, 1); /* the kernel has begun */
    }
    return NULL;
}

/* A thread that ends looks for the kernel's answers again and again until they are there, but not
 * for ever: then the kernel waits itself, and this thread sees it after so many looks. */
static void a_thread_that_ends_slowly(unsigned last_sleep)
{
    struct slow_fs fs;
    struct hander slow = {start_ring(4), simple_call(ALICE, ALICE), "slow/1", &fs};
    pthread_t thread;

    test_watchdog(60);
    start_slow_fs(&fs);
    s_ending = &fs;
    s_last_sleep = last_sleep;
    CHILD_CHECK(pthread_create(&thread, NULL, hand_over_and_end, &slow) == 0);
    if (last_sleep == 0) {
        while (atomic_load(&s_sleeps) < 500) {
            (void)sched_yield();
        }
        for (int i = 0; i < 2000 && atomic_load(&s_sleeps) == 500; i++) {
            (void)sched_yield(); /* a thread that looks once more has the time to do so */
        }
        slow_fs_end(&fs);
    }
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
    CHILD_CHECK(last_sleep == 0 ? s_sleeps == 500 : s_sleeps >= last_sleep && s_sleeps < 500);
    CHILD_CHECK(next_done(slow.ring).value < 0);
    guise_call_unref(slow.call);
    guise_uring_unref(slow.ring);
}

static void a_thread_that_ends_in_time(void *arg)
{
    (void)arg;
    a_thread_that_ends_slowly(3);
}

static void a_thread_that_does_not_end_in_time(void *arg)
{
    (void)arg;
    a_thread_that_ends_slowly(0);
}

/* It cancels its own requests, and none that another thread handed over. */
static void a_thread_ends_among_others(void *arg)
{
    struct hander own = {start_ring(4), simple_call(ALICE, ALICE), "fifo", NULL};
    struct hander other = {own.ring, simple_call(BOB, BOB), "fifo-of-bob", NULL};
    guise_uring_done done = {.size = sizeof done};

    (void)arg;
    test_watchdog(60);
    CHILD_CHECK(mkfifo(kernel_path("fifo"), 0600) == 0);
    CHILD_CHECK(chown(kernel_path("fifo"), ALICE, ALICE) == 0);
    CHILD_CHECK(mkfifo(kernel_path("fifo-of-bob"), 0600) == 0);
    CHILD_CHECK(chown(kernel_path("fifo-of-bob"), BOB, BOB) == 0);
    (void)hand_over_and_end(&own); /* by this thread, which goes on */
    child_thread(hand_over_and_end, &other);
    CHILD_CHECK(next_done(own.ring).value < 0);
    CHILD_CHECK_RESULT(guise_uring_wait(own.ring, 0, &done), GUISE_E_CALL_PENDING);
    CHILD_OK(guise_uring_cancel(own.ring, own.call));
    CHILD_CHECK(next_done(own.ring).value < 0);
    CHILD_CHECK(unlink(kernel_path("fifo")) == 0 && unlink(kernel_path("fifo-of-bob")) == 0);
    guise_call_unref(own.call);
    guise_call_unref(other.call);
    guise_uring_unref(own.ring);
}

static void no_attributes_to_end_a_ring(void *arg)
{
    (void)arg;
    a_ring_that_cannot_be_left(true);
}

static void no_thread_to_end_a_ring(void *arg)
{
    (void)arg;
    a_ring_that_cannot_be_left(false);
}

/* ---- a fork while the first ring is made ----------------------------------------------------- */

/* In the parent another thread is just asking to be told of forks: it is not in the child, which
 * asks itself. Held there by the first of the two functions it calls. */
static void *make_the_first(void *arg)
{
    guise_uring *ring = NULL;

    (void)arg;
    CHILD_OK(guise_uring_create(4, &ring));
    guise_uring_unref(ring);
    return NULL;
}

static void a_fork_in_between(void *arg)
{
    guise_uring *ring = NULL;
    pthread_t thread;
    pid_t child;
    int status;

    (void)arg;
    test_watchdog(60);
    become_server();
    atomic_store(&s_hold_key, true);
    CHILD_CHECK(pthread_create(&thread, NULL, make_the_first, NULL) == 0);
    while (!atomic_load(&s_is_asking)) {
        (void)sched_yield();
    }
    atomic_store(&s_hold_key, false);
    child = fork();
    if (child == 0) {
        test_watchdog(20);
        CHILD_OK(guise_uring_create(4, &ring));
        CHILD_CHECK(open_as(ring, NULL, "of-root", O_RDONLY) == 0);
        guise_uring_unref(ring);
        test_exit_child(0); /* the other thread's ring leaks here */
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child && status == 0);
    atomic_store(&s_go_on, true);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0 || mkdir(kernel_path("slow"), 0777) != 0) {
        return -1;
    }
    kernel_file("of-alice", ALICE, ALICE, 0600);
    kernel_file("of-root", 0, 0, 0600);
    return 0;
}

static int remove_files(void **state)
{
    return rmdir(kernel_path("slow")) != 0 ? -1 : kernel_dir_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(a_first_ring_that_cannot_be_made),
        kernel_test(a_ring_that_cannot_be_made),
        kernel_test(no_descriptors_in_the_system),
        kernel_test(references_do_not_overflow),
        kernel_test(a_request_without_memory),
        kernel_test(a_second_attempt_without_memory),
        kernel_test(a_wait_that_is_interrupted),
        kernel_test(a_wait_that_is_forbidden),
        kernel_test(an_answer_that_comes_just_then),
        kernel_test(no_descriptor_to_wait_for),
        kernel_test(answers_that_do_not_fit),
        kernel_test(a_thread_that_cannot_be_noted),
        kernel_test(no_attributes_to_end_a_ring),
        kernel_test(no_thread_to_end_a_ring),
        kernel_test(a_fork_in_between),
        kernel_test(a_second_attempt_by_submit),
        kernel_test(a_cancellation_without_memory),
        kernel_test(an_open_from_the_caches_only),
        kernel_test(a_transfer_that_cannot_be_canceled),
        kernel_test(a_refused_open_has_no_file),
        kernel_test(a_thread_that_ends_in_time),
        kernel_test(a_thread_ends_among_others),
        kernel_test(a_thread_that_does_not_end_in_time),
    };

    require_uring();
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
