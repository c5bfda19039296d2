/* SPDX-License-Identifier: MIT */
/*
 * Clients whose files make the server wait: FIFOs without another end, files with a lease, a file
 * system whose server does not answer. None of them holds up another client (U-01), a thread that
 * ends or a ring that ends (U-06); and guise_uring_cancel ends the requests of a call (U-02).
 * One child for each test.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slow_fs.h"

enum { MANY = 64, ENTRIES = 2 * MANY, EACH = 4 /* workers of a user: docs/adr/0016 */ };

#define WAITS (O_WRONLY | GUISE_URING_WAIT)

/* The holder of leases, a process of the client's. */
struct holder {
    pid_t pid;
    int ready;
};

static const char *numbered(const char *what, int i)
{
    static char name[32];

    (void)snprintf(name, sizeof name, "open/%s%d", what, i);
    return name;
}

static void make_fifos(void)
{
    for (int i = 0; i < MANY; i++) {
        CHILD_CHECK(mkfifo(kernel_path(numbered("fifo", i)), 0600) == 0);
        CHILD_CHECK(chown(kernel_path(numbered("fifo", i)), ALICE, ALICE) == 0);
    }
}

static void remove_numbered(const char *what)
{
    for (int i = 0; i < MANY; i++) {
        CHILD_CHECK(unlink(kernel_path(numbered(what, i))) == 0);
    }
}

static void ask_many(guise_uring *ring, guise_call *call, const char *what, uint64_t flags)
{
    for (int i = 0; i < MANY; i++) {
        CHILD_OK(ask_open(ring, call, numbered(what, i), flags, call));
    }
    submit(ring, MANY);
}

/* Makes a file for the call's client: done before any of the others is. */
static void must_not_be_held_up(guise_uring *ring, guise_call *call)
{
    guise_uring_done done;
    int tag;

    CHILD_OK(ask_open(ring, call, "open/made", O_CREAT | O_EXCL | O_WRONLY, &tag));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.tag == &tag);
    CHILD_OK(done.result);
    CHILD_CHECK(done.value >= 0 && close(done.value) == 0);
    CHILD_CHECK(unlink(kernel_path("open/made")) == 0);
}

/* So many requests of that call, and nothing else, are reported, with negative values. */
static void must_all_be_canceled(guise_uring *ring, const guise_call *call, unsigned count)
{
    guise_uring_done done = {.size = sizeof done};

    for (; count > 0; count--) {
        done = next_done(ring);
        CHILD_CHECK(done.tag == call && done.value < 0);
        CHILD_OK(done.result);
    }
    CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, &done), GUISE_E_NO_SYNC);
}

/* ---- FIFOs ----------------------------------------------------------------------------------- */

static void fifos_are_answered_at_once(void *arg)
{
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    ask_many(ring, alice, "fifo", O_WRONLY | O_CREAT);
    for (int i = 0; i < MANY; i++) {
        guise_uring_done done = next_done(ring);

        CHILD_CHECK(done.result == GUISE_OK && done.value == -ENXIO);
    }
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static void fifos_that_are_waited_for(void *arg)
{
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    ask_many(ring, alice, "fifo", WAITS);
    must_not_be_held_up(ring, bob);
    must_not_be_held_up(ring, NULL);
    CHILD_OK(guise_uring_cancel(ring, alice));
    must_all_be_canceled(ring, alice, MANY);
    /* Its workers are free again. */
    must_not_be_held_up(ring, alice);
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* The limit is for a user, not for a connection. */
static void one_user_by_many_connections(void *arg)
{
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice[MANY], *bob = simple_call(BOB, BOB);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    for (int i = 0; i < MANY; i++) {
        alice[i] = simple_call(ALICE, ALICE);
        CHILD_OK(ask_open(ring, alice[i], numbered("fifo", i), WAITS, NULL));
    }
    submit(ring, MANY);
    must_not_be_held_up(ring, bob);
    for (int i = 0; i < EACH; i++) {
        int reader = open(kernel_path(numbered("fifo", i)), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        guise_uring_done done = next_done(ring);

        CHILD_CHECK(reader >= 0 && done.value >= 0 && close(done.value) == 0);
        CHILD_CHECK(close(reader) == 0);
    }
    remove_numbered("fifo");
    for (int i = 0; i < MANY; i++) {
        guise_call_unref(alice[i]);
    }
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* U-01: of a shared ring's places too, some are left. */
static void one_user_does_not_fill_the_ring(void *arg)
{
    enum { PLACES = 16 };
    guise_uring *ring = start_ring(PLACES);
    guise_call *alice = simple_call(ALICE, ALICE), *again = simple_call(ALICE, ALICE);
    guise_call *bob = simple_call(BOB, BOB);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    for (int i = 0; i < PLACES / 2; i++) {
        CHILD_OK(ask_open(ring, alice, numbered("fifo", i), WAITS, alice));
        submit(ring, 1);
    }
    CHILD_CHECK_RESULT(ask_open(ring, again, "of-alice", O_RDONLY, NULL), GUISE_E_OUT_OF_RESOURCES);
    for (int i = 0; i < PLACES / 2; i++) {
        CHILD_OK(ask_open(ring, bob, "of-bob", O_RDONLY, bob));
    }
    submit(ring, PLACES / 2);
    for (int i = 0; i < PLACES / 2; i++) {
        guise_uring_done done = next_done(ring);

        CHILD_CHECK(done.tag == bob && done.value >= 0 && close(done.value) == 0);
    }
    CHILD_OK(guise_uring_cancel(ring, alice));
    must_all_be_canceled(ring, alice, PLACES / 2);
    CHILD_CHECK(open_as(ring, again, "of-alice", O_RDONLY) == 0);
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_call_unref(again);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* N-01: a parked request is handed over when another one ends; its call is looked at then. */
static void a_parked_request_is_judged_when_its_turn_comes(void *arg)
{
    enum { PARKED = 2 };
    guise_uring *ring = start_ring(8);
    guise_call *alice = simple_call(ALICE, ALICE);
    unsigned opened = 0, refused = 0;

    (void)arg;
    test_watchdog(20);
    make_fifos();
    for (int i = 0; i < EACH + PARKED; i++) {
        CHILD_OK(ask_open(ring, alice, numbered("fifo", 0), WAITS, NULL));
    }
    submit(ring, EACH + PARKED);
    CHILD_OK(guise_call_signal(alice));
    CHILD_CHECK(open(kernel_path(numbered("fifo", 0)), O_RDONLY | O_NONBLOCK | O_CLOEXEC) >= 0);
    for (int i = 0; i < EACH + PARKED; i++) {
        guise_uring_done done = next_done(ring);

        if (done.result == GUISE_OK) {
            CHILD_CHECK(done.value >= 0 && close(done.value) == 0);
            opened++;
        } else {
            must_be_refused(&done);
            refused++;
        }
    }
    CHILD_CHECK(opened == EACH && refused == PARKED);
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* Parked requests are done one after another, while the thread does nothing but wait. */
static void parked_requests_are_done(void *arg)
{
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    test_watchdog(20);
    ask_many(ring, alice, "new", O_CREAT | O_EXCL | O_WRONLY);
    for (int i = 0; i < MANY; i++) {
        guise_uring_done done = next_done(ring);

        CHILD_OK(done.result);
        CHILD_CHECK(done.value >= 0 && (fcntl(done.value, F_GETFL) & O_NONBLOCK) == 0);
        CHILD_CHECK(close(done.value) == 0);
    }
    remove_numbered("new");
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static bool opens_nonblocking(guise_uring *ring, guise_call *call, const char *name, uint64_t flags)
{
    guise_uring_done done;
    int now;

    CHILD_OK(ask_open(ring, call, name, flags, NULL));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.value >= 0);
    now = fcntl(done.value, F_GETFL);
    CHILD_CHECK(close(done.value) == 0);
    return (now & O_NONBLOCK) != 0;
}

/* What was asked for is what the descriptor is. */
static void the_descriptor_blocks_as_asked(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    for (int i = 0; i < 2; i++) {
        uint64_t more = i == 0 ? 0 : O_CREAT;

        CHILD_CHECK(!opens_nonblocking(ring, alice, "open/fifo0", O_RDWR | more));
        CHILD_CHECK(opens_nonblocking(ring, alice, "open/fifo0", O_RDWR | O_NONBLOCK | more));
        CHILD_CHECK(
            !opens_nonblocking(ring, alice, "open/fifo0", O_RDWR | GUISE_URING_WAIT | more));
    }
    CHILD_CHECK(!opens_nonblocking(ring, alice, "open", O_PATH));
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* ---- leases ---------------------------------------------------------------------------------- */

static void hold_leases(int ready)
{
    CHILD_CHECK(setgroups(0, NULL) == 0 && setresgid(ALICE, ALICE, ALICE) == 0);
    CHILD_CHECK(setresuid(ALICE, ALICE, ALICE) == 0 && signal(SIGIO, SIG_IGN) != SIG_ERR);
    for (int i = 0; i < MANY; i++) {
        int file = open(kernel_path(numbered("leased", i)), O_RDWR);

        CHILD_CHECK(file >= 0 && fcntl(file, F_SETLEASE, F_WRLCK) == 0);
    }
    CHILD_CHECK(write(ready, "", 1) == 1);
    for (;;) {
        (void)pause();
    }
}

static struct holder lease_files(void)
{
    struct holder holder;
    int ends[2];
    char byte;

    for (int i = 0; i < MANY; i++) {
        int file = open(kernel_path(numbered("leased", i)), O_CREAT | O_RDWR | O_EXCL, 0600);

        CHILD_CHECK(file >= 0 && fchown(file, ALICE, ALICE) == 0 && close(file) == 0);
    }
    CHILD_CHECK(pipe(ends) == 0);
    holder.pid = fork();
    if (holder.pid == 0) {
        hold_leases(ends[1]);
    }
    CHILD_CHECK(read(ends[0], &byte, 1) == 1);
    return holder;
}

static void end_holder(const struct holder *holder)
{
    CHILD_CHECK(kill(holder->pid, SIGKILL) == 0);
    CHILD_CHECK(waitpid(holder->pid, NULL, 0) == holder->pid);
    remove_numbered("leased");
}

static void leases_are_answered_at_once(void *arg)
{
    struct holder holder = lease_files();
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    test_watchdog(20);
    ask_many(ring, alice, "leased", O_RDONLY);
    for (int i = 0; i < MANY; i++) {
        guise_uring_done done = next_done(ring);

        CHILD_CHECK(done.result == GUISE_OK && done.value == -EAGAIN);
    }
    guise_call_unref(alice);
    guise_uring_unref(ring);
    end_holder(&holder);
}

static void leases_that_are_waited_for(void *arg)
{
    struct holder holder = lease_files();
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);

    (void)arg;
    test_watchdog(20);
    ask_many(ring, alice, "leased", O_RDONLY | GUISE_URING_WAIT);
    must_not_be_held_up(ring, bob);
    CHILD_OK(guise_uring_cancel(ring, alice));
    must_all_be_canceled(ring, alice, MANY);
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
    end_holder(&holder);
}

/* ---- a file system that does not answer ------------------------------------------------------ */

static void start_slow_fs(struct slow_fs *fs)
{
    if (!slow_fs_begin(fs, kernel_path("slow"))) {
        child_skip("no file system can be served here (/dev/fuse, mount)");
    }
}

static const char *slow_name(int i)
{
    static char name[32];

    (void)snprintf(name, sizeof name, "slow/%d", i);
    return name;
}

static void ask_slowly(guise_uring *ring, guise_call *call)
{
    for (int i = 0; i < MANY; i++) {
        CHILD_OK(ask_open(ring, call, slow_name(i), O_RDONLY, call));
    }
    submit(ring, MANY);
}

/* The kernel cannot interrupt these: only the limit helps. */
static void a_file_system_that_does_not_answer(void *arg)
{
    struct slow_fs fs;
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);

    (void)arg;
    test_watchdog(20);
    start_slow_fs(&fs);
    ask_slowly(ring, alice);
    slow_fs_await(&fs, EACH);
    must_not_be_held_up(ring, bob);
    /* What is parked is canceled at once; the rest when the kernel is done with it. */
    CHILD_OK(guise_uring_cancel(ring, alice));
    for (int i = EACH; i < MANY; i++) {
        CHILD_CHECK(next_done(ring).value == -ECANCELED);
    }
    must_not_be_held_up(ring, bob);
    slow_fs_end(&fs);
    must_all_be_canceled(ring, alice, EACH);
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

static void await_no_ring(void)
{
    while (ring_fd() != -1) {
        (void)sched_yield();
    }
}

/* The ring is gone for the program; the kernel's half goes when the server does. */
static void the_ring_ends_before_the_answer(void *arg)
{
    struct slow_fs fs;
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);
    unsigned fds;

    (void)arg;
    test_watchdog(20);
    start_slow_fs(&fs);
    fds = count_fds();
    ask_slowly(ring, alice);
    slow_fs_await(&fs, EACH);
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() != -1 && count_and_forget(64) == 1); /* not even there is alice known */
    guise_call_unref(alice);
    slow_fs_end(&fs);
    await_no_ring();
    CHILD_CHECK(count_fds() == fds - 2); /* the ring, and the file system's pipe */
}

/* W-20: a child has nothing of a ring that the parent is ending. */
static void a_child_of_a_ring_that_is_ending(void *arg)
{
    struct slow_fs fs;
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);
    int status;
    pid_t child;

    (void)arg;
    test_watchdog(20);
    start_slow_fs(&fs);
    ask_slowly(ring, alice);
    slow_fs_await(&fs, EACH);
    guise_uring_unref(ring);
    child = fork();
    if (child == 0) {
        CHILD_CHECK(ring_fd() == -1);
        child_pass();
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child && status == 0);
    slow_fs_end(&fs);
    await_no_ring();
    guise_call_unref(alice);
}

static void *ask_for_one_and_end(void *arg)
{
    void **both = arg;

    CHILD_OK(ask_open(both[0], both[1], numbered("fifo", 0), WAITS, both[1]));
    submit(both[0], 1);
    return NULL;
}

/* It looks through the rings for requests of its own: one that is ending is none of them. */
static void a_thread_ends_while_a_ring_is_ending(void *arg)
{
    guise_uring *ending = start_ring(4), *ring = NULL;
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);
    struct slow_fs fs;

    (void)arg;
    test_watchdog(20);
    make_fifos();
    start_slow_fs(&fs);
    CHILD_OK(guise_uring_create(4, &ring));
    CHILD_OK(ask_open(ending, bob, "slow/0", O_RDONLY, NULL));
    submit(ending, 1);
    slow_fs_await(&fs, 1);
    guise_uring_unref(ending); /* a thread of the library's has it now */
    child_thread(ask_for_one_and_end, (void *[]){ring, alice});
    must_all_be_canceled(ring, alice, 1);
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() != -1);
    slow_fs_end(&fs);
    await_no_ring();
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_call_unref(bob);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void *ask_and_end(void *arg)
{
    void **both = arg;

    ask_many(both[0], both[1], "fifo", WAITS);
    return NULL;
}

/* Often, because what can go wrong takes requests that are just beginning. */
static void a_thread_ends(void *arg)
{
    enum { ROUNDS = 20 };
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    for (int round = 0; round < ROUNDS; round++) {
        child_thread(ask_and_end, (void *[]){ring, alice}); /* joins it */
        CHILD_OK(guise_uring_cancel(ring, alice));          /* what was parked */
        must_all_be_canceled(ring, alice, MANY);
    }
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* The buffer is the program's again: what comes later does not get there. */
static void a_ring_ends(void *arg)
{
    guise_uring *ring = start_ring(ENTRIES);
    guise_call *alice = simple_call(ALICE, ALICE);
    char buffer[8] = "nothing";
    int ends[2];

    (void)arg;
    test_watchdog(20);
    make_fifos();
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(
        guise_uring_read(ring, alice, ends[0], buffer, sizeof buffer, GUISE_URING_CURRENT, NULL));
    submit(ring, 1);
    for (int i = 0; i < MANY; i++) {
        CHILD_OK(ask_open(ring, alice, numbered("fifo", i), WAITS, NULL));
    }
    submit(ring, MANY);
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() == -1);
    CHILD_CHECK(write(ends[1], "late", 4) == 4 && strcmp(buffer, "nothing") == 0);
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    remove_numbered("fifo");
    guise_call_unref(alice);
}

/* ---- canceling ------------------------------------------------------------------------------- */

/* Of each kind one: not submitted, with the kernel, over but not reported. */
static void a_call_is_canceled(void *arg)
{
    guise_uring *ring = start_ring(8);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);
    unsigned fds = count_fds();
    guise_uring_done done;
    char byte[2];
    int ends[2];

    (void)arg;
    test_watchdog(20);
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(ask_open(ring, alice, "of-alice", O_RDONLY, alice));
    CHILD_OK(guise_uring_read(ring, alice, ends[0], &byte[0], 1, GUISE_URING_CURRENT, alice));
    CHILD_OK(guise_uring_read(ring, bob, ends[0], &byte[1], 1, GUISE_URING_CURRENT, bob));
    submit(ring, 3);
    CHILD_OK(ask_open(ring, alice, "of-alice", O_RDONLY, alice));
    CHILD_OK(ask_open(ring, bob, "of-bob", O_RDONLY, bob));
    CHILD_OK(guise_uring_cancel(ring, alice));
    CHILD_OK(guise_uring_cancel(ring, alice)); /* there is none any more */
    for (int i = 0; i < 3; i++) {
        done = next_done(ring);
        CHILD_CHECK(done.tag == alice && done.result == GUISE_OK && done.value == -ECANCELED);
    }
    CHILD_CHECK(count_fds() == fds + 2); /* the pipe, and not the file that was open already */
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.tag == bob && done.value >= 0 && close(done.value) == 0);
    CHILD_CHECK(write(ends[1], "b", 1) == 1);
    done = next_done(ring);
    CHILD_CHECK(done.tag == bob && done.value == 1 && byte[1] == 'b');
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* A call that has completed can be canceled still: that is when a server wants to. */
static void a_completed_call_is_canceled(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    test_watchdog(20);
    make_fifos();
    CHILD_OK(ask_open(ring, alice, "open/fifo0", WAITS, alice));
    submit(ring, 1);
    CHILD_OK(ask_open(ring, alice, "of-alice", O_RDONLY, alice));
    CHILD_OK(guise_call_signal(alice));
    CHILD_OK(guise_uring_cancel(ring, alice));
    must_all_be_canceled(ring, alice, 2);
    remove_numbered("fifo");
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static void cancel_arguments(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    CHILD_CHECK_RESULT(guise_uring_cancel(NULL, alice), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_cancel(ring, NULL), GUISE_E_INVALID_ARGUMENT);
    errno = 4711;
    CHILD_OK(guise_uring_cancel(ring, alice));
    CHILD_CHECK(errno == 4711);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* ---- the identity of a write ----------------------------------------------------------------- */

static unsigned mode_after_write(guise_uring *ring, guise_call *opener, guise_call *writer)
{
    struct stat tool;
    guise_uring_done done;

    CHILD_CHECK(chmod(kernel_path("tool"), 04775) == 0);
    CHILD_OK(ask_open(ring, opener, "tool", O_WRONLY, NULL));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.value >= 0);
    CHILD_OK(guise_uring_write(ring, writer, done.value, "new", 3, 0, NULL));
    submit(ring, 1);
    CHILD_CHECK(next_done(ring).value == 3);
    CHILD_CHECK(fstat(done.value, &tool) == 0 && close(done.value) == 0);
    return tool.st_mode & 07777;
}

/* The client may write a set-user-ID file. The kernel clears the bit when a thread without
 * CAP_FSETID writes, so bytes that a client sent are written with its call. */
static void a_write_is_the_clients(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *context = simple_context(CAROL); /* a member of TEAM, which may write the file */
    guise_call *carol = call_of(context);

    (void)arg;
    CHILD_CHECK(mode_after_write(ring, carol, carol) == 0775);
    CHILD_CHECK(mode_after_write(ring, carol, NULL) == 04775); /* as the header says */
    guise_call_unref(carol);
    guise_context_unref(context);
    guise_uring_unref(ring);
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0 || mkdir(kernel_path("open"), 0777) != 0 ||
        chmod(kernel_path("open"), 0777) != 0 || mkdir(kernel_path("slow"), 0777) != 0) {
        return -1;
    }
    kernel_file("of-alice", ALICE, ALICE, 0600);
    kernel_file("of-bob", BOB, BOB, 0600);
    kernel_file("tool", 0, TEAM, 0775);
    return 0;
}

static int remove_files(void **state)
{
    return rmdir(kernel_path("open")) != 0 || rmdir(kernel_path("slow")) != 0
               ? -1
               : kernel_dir_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(fifos_are_answered_at_once),
        kernel_test(fifos_that_are_waited_for),
        kernel_test(one_user_by_many_connections),
        kernel_test(one_user_does_not_fill_the_ring),
        kernel_test(a_parked_request_is_judged_when_its_turn_comes),
        kernel_test(parked_requests_are_done),
        kernel_test(the_descriptor_blocks_as_asked),
        kernel_test(leases_are_answered_at_once),
        kernel_test(leases_that_are_waited_for),
        kernel_test(a_file_system_that_does_not_answer),
        kernel_test(the_ring_ends_before_the_answer),
        kernel_test(a_child_of_a_ring_that_is_ending),
        kernel_test(a_thread_ends_while_a_ring_is_ending),
        kernel_test(a_thread_ends),
        kernel_test(a_ring_ends),
        kernel_test(a_call_is_canceled),
        kernel_test(a_completed_call_is_canceled),
        kernel_test(cancel_arguments),
        kernel_test(a_write_is_the_clients),
    };

    require_uring();
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
