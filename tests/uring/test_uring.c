/* SPDX-License-Identifier: MIT */
/*
 * The identity that a request is made as, and the boundary. N-01, L-1, L-3. One child for each
 * test.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/wt.h"

/* ---- who ------------------------------------------------------------------------------------- */

static void a_client_opens_what_it_may(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);
    struct who self;

    (void)arg;
    who_am_i(&self);
    CHILD_CHECK(open_as(ring, alice, "of-alice", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, alice, "of-bob", O_RDONLY) == EACCES);
    CHILD_CHECK(open_as(ring, bob, "of-bob", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, bob, "of-alice", O_RDONLY) == EACCES);
    CHILD_CHECK(open_as(ring, alice, "missing", O_RDONLY) == ENOENT);
    MUST_BE(&self);
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* Root's power is root's only: neither its ids nor its capabilities are in what the ring keeps. */
static void a_client_has_no_power(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE), *root = simple_call(0, 0);

    (void)arg;
    CHILD_CHECK(open_as(ring, NULL, "of-root", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, NULL, "of-alice", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, alice, "of-root", O_RDONLY) == EACCES);
    CHILD_CHECK(open_as(ring, root, "of-root", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, root, "of-alice", O_RDONLY) == EACCES);
    guise_call_unref(alice);
    guise_call_unref(root);
    guise_uring_unref(ring);
}

/* A change of uid alone would leave a service its capabilities. */
static void a_service_keeps_its_power_to_itself(void *arg)
{
    guise_uring *ring;
    guise_call *alice;

    (void)arg;
    kernel_become_service(50990, UINT64_C(1) << CAP_DAC_READ_SEARCH);
    ring = start_ring(4);
    alice = simple_call(ALICE, ALICE);
    CHILD_CHECK(open_as(ring, NULL, "of-root", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, alice, "of-root", O_RDONLY) == EACCES);
    CHILD_CHECK(open_as(ring, alice, "of-alice", O_RDONLY) == 0);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static void groups_are_the_clients(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *context = simple_context(CAROL);
    guise_call *alice = simple_call(ALICE, ALICE), *carol = call_of(context);

    (void)arg;
    CHILD_CHECK(open_as(ring, carol, "of-team", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, carol, "of-alice", O_RDONLY) == EACCES);
    CHILD_CHECK(open_as(ring, alice, "of-team", O_RDONLY) == EACCES);
    guise_call_unref(alice);
    guise_call_unref(carol);
    guise_context_unref(context);
    guise_uring_unref(ring);
}

static void what_is_made_is_the_clients(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    struct stat made;

    (void)arg;
    CHILD_CHECK(open_as(ring, alice, "open/made", O_CREAT | O_EXCL | O_WRONLY) == 0);
    CHILD_CHECK(stat(kernel_path("open/made"), &made) == 0);
    CHILD_CHECK(unlink(kernel_path("open/made")) == 0);
    CHILD_CHECK(made.st_uid == ALICE && made.st_gid == ALICE);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static void two_clients_in_one_submit(void *arg)
{
    enum { EACH = 8 };
    guise_uring *ring = start_ring(2 * EACH);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);
    char tags[2 * EACH];

    (void)arg;
    for (int i = 0; i < 2 * EACH; i++) {
        /* who: alice, bob, in turn; the files belong to alice, alice, bob, bob */
        CHILD_OK(ask_open(ring, i % 2 == 0 ? alice : bob, i / 2 % 2 == 0 ? "of-alice" : "of-bob",
                          O_RDONLY, &tags[i]));
    }
    submit(ring, 2 * EACH);
    for (int left = 2 * EACH; left > 0; left--) {
        guise_uring_done done = next_done(ring);
        long i = (char *)done.tag - tags;

        CHILD_OK(done.result);
        CHILD_CHECK((done.value >= 0) == (i % 2 == i / 2 % 2));
        CHILD_CHECK(done.value >= 0 ? close(done.value) == 0 : done.value == -EACCES);
    }
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* ---- the thread's own identity does not count ------------------------------------------------ */

struct mixed {
    guise_uring *ring;
    guise_call *alice;
};

/* Made while the thread is bob, and handed over as self (U-04): 0, or errno. */
static int open_asked_as_bob(guise_uring *ring, guise_call *call, const char *name)
{
    guise_uring_done done;
    struct who before;

    CHILD_OK(guise_impersonate_client());
    who_am_i(&before);
    CHILD_CHECK(before.uid[EFFECTIVE] == BOB);
    CHILD_OK(ask_open(ring, call, name, O_RDONLY, NULL));
    MUST_BE(&before);
    CHILD_CHECK(guise_is_impersonating() && try_open("of-root") == EACCES);
    CHILD_OK(guise_revert_to_self());
    submit(ring, 1);
    done = next_done(ring);
    CHILD_OK(done.result);
    CHILD_CHECK(done.value < 0 || close(done.value) == 0);
    return done.value < 0 ? -done.value : 0;
}

static guise_result ask_as_bob(guise_call *bob, void *arg)
{
    struct mixed *mixed = arg;

    /* alice is not known yet: the thread becomes alice, and then bob again */
    CHILD_CHECK(open_asked_as_bob(mixed->ring, mixed->alice, "of-alice") == 0);
    CHILD_CHECK(open_asked_as_bob(mixed->ring, mixed->alice, "of-bob") == EACCES);
    CHILD_CHECK(open_asked_as_bob(mixed->ring, bob, "of-bob") == 0);
    CHILD_CHECK(open_asked_as_bob(mixed->ring, NULL, "of-root") == 0);
    return GUISE_OK;
}

static void the_thread_may_be_anybody(void *arg)
{
    struct mixed mixed = {.ring = start_ring(4), .alice = simple_call(ALICE, ALICE)};
    guise_call *bob = simple_call(BOB, BOB);

    (void)arg;
    CHILD_OK(guise_call_dispatch(bob, ask_as_bob, &mixed));
    guise_call_unref(bob);
    guise_call_unref(mixed.alice);
    guise_uring_unref(mixed.ring);
}

/* With real ids too: what a ring keeps is the client all the same. */
static void real_ids_too(void *arg)
{
    struct mixed mixed = {.ring = NULL};
    guise_call *bob;

    (void)arg;
    CHILD_CHECK(raw_setgroups(0, NULL));
    CHILD_OK(guise_use_provider(guise_provider_linux_full()));
    CHILD_OK(guise_uring_create(4, &mixed.ring));
    mixed.alice = simple_call(ALICE, ALICE);
    bob = simple_call(BOB, BOB);
    CHILD_OK(guise_call_dispatch(bob, ask_as_bob, &mixed));
    CHILD_CHECK(open_as(mixed.ring, mixed.alice, "of-bob", O_RDONLY) == EACCES);
    guise_call_unref(bob);
    guise_call_unref(mixed.alice);
    guise_uring_unref(mixed.ring);
}

static guise_result create_as_client(guise_call *call, void *arg)
{
    guise_uring *ring = TEST_POISON(guise_uring);

    (void)call;
    (void)arg;
    CHILD_OK(guise_impersonate_client());
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(ring == NULL && ring_fd() == -1);
    return GUISE_OK;
}

/* Else the client would be what the ring takes for the server. */
static void a_client_makes_no_ring(void *arg)
{
    guise_call *alice;
    struct who self;

    (void)arg;
    serve(0, NULL, &self);
    alice = simple_call(ALICE, ALICE);
    CHILD_OK(guise_call_dispatch(alice, create_as_client, NULL));
    guise_call_unref(alice);
}

/* A pipe's read is tried, postponed, and tried again when there are bytes, by the submitting thread
 * or by a thread of the kernel, with any identity. */
static guise_result finish_as_bob(guise_call *bob, void *arg)
{
    guise_uring *ring = arg;
    char byte = 0;
    int ends[2], tag;
    guise_uring_done done;

    (void)bob;
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, &tag));
    submit(ring, 1);
    CHILD_OK(guise_impersonate_client());
    CHILD_CHECK(write(ends[1], "x", 1) == 1);
    done = next_done(ring);
    CHILD_OK(done.result);
    CHILD_CHECK(done.tag == &tag && done.value == 1 && byte == 'x');
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    return GUISE_OK;
}

static void a_request_ends_while_the_thread_is_a_client(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *bob = simple_call(BOB, BOB);

    (void)arg;
    CHILD_OK(guise_call_dispatch(bob, finish_as_bob, ring));
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* ---- until when ------------------------------------------------------------------------------ */

/* N-01: nothing is made for a completed call, and a ring does not get to know its client by it. */
static void nothing_is_made_after_signal(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *known = simple_call(ALICE, ALICE), *unknown = simple_call(BOB, BOB);
    char byte;

    (void)arg;
    CHILD_CHECK(open_as(ring, known, "of-alice", O_RDONLY) == 0);
    CHILD_OK(guise_call_signal(known));
    CHILD_OK(guise_call_signal(unknown));
    CHILD_CHECK_RESULT(ask_open(ring, known, "of-alice", O_RDONLY, NULL), GUISE_E_CALL_COMPLETE);
    CHILD_CHECK_RESULT(ask_open(ring, unknown, "of-bob", O_RDONLY, NULL), GUISE_E_CALL_COMPLETE);
    CHILD_CHECK_RESULT(guise_uring_read(ring, known, 0, &byte, 1, 0, NULL), GUISE_E_CALL_COMPLETE);
    CHILD_CHECK_RESULT(guise_uring_write(ring, known, 1, &byte, 1, 0, NULL), GUISE_E_CALL_COMPLETE);
    submit(ring, 0);
    CHILD_CHECK(count_and_forget(64) == 2); /* the server, and the clients known before */
    guise_call_unref(known);
    guise_call_unref(unknown);
    guise_uring_unref(ring);
}

/* The boundary: what counts is when it is submitted, not when it was made. */
static void made_before_signal_and_submitted_after(void *arg)
{
    guise_uring *ring = start_ring(8);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);
    char text[8] = "unread", tags[5];
    int file = open(kernel_path("of-alice"), O_RDONLY | O_CLOEXEC);

    (void)arg;
    CHILD_OK(ask_open(ring, alice, "open/late", O_CREAT | O_WRONLY, &tags[0]));
    CHILD_OK(ask_open(ring, bob, "of-bob", O_RDONLY, &tags[1]));
    CHILD_OK(guise_uring_read(ring, alice, file, text, sizeof text, 0, &tags[2]));
    CHILD_OK(ask_open(ring, NULL, "of-root", O_RDONLY, &tags[3]));
    CHILD_OK(guise_uring_write(ring, alice, 1, "late\n", 5, 0, &tags[4]));
    CHILD_OK(guise_call_signal(alice));
    submit(ring, 5);
    for (int left = 5; left > 0; left--) {
        guise_uring_done done = next_done(ring);

        if (done.tag == &tags[1] || done.tag == &tags[3]) {
            CHILD_OK(done.result);
            CHILD_CHECK(done.value >= 0 && close(done.value) == 0);
        } else {
            must_be_refused(&done);
        }
    }
    CHILD_CHECK(access(kernel_path("open/late"), F_OK) != 0 && strcmp(text, "unread") == 0);
    CHILD_CHECK(close(file) == 0);
    guise_call_unref(alice);
    guise_call_unref(bob);
    guise_uring_unref(ring);
}

/* A completed call says nothing about the next one of the same client, in the same submit. */
static void the_next_call_of_the_client(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *context = simple_context(ALICE);
    guise_call *first = call_of(context), *second = call_of(context);
    char tags[2];

    (void)arg;
    CHILD_OK(ask_open(ring, first, "of-alice", O_RDONLY, &tags[0]));
    CHILD_OK(ask_open(ring, second, "of-alice", O_RDONLY, &tags[1]));
    CHILD_OK(guise_call_complete(first, GUISE_E_DISCONNECTED));
    submit(ring, 2);
    for (int left = 2; left > 0; left--) {
        guise_uring_done done = next_done(ring);

        if (done.tag == &tags[0]) {
            must_be_refused(&done);
        } else {
            CHILD_CHECK(done.result == GUISE_OK && done.value >= 0 && close(done.value) == 0);
        }
    }
    guise_call_unref(first);
    guise_call_unref(second);
    guise_context_unref(context);
    guise_uring_unref(ring);
}

/* L-3: what the kernel has been given goes on. */
static void submitted_before_signal_goes_on(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    guise_uring_done done;
    char byte = 0;
    int ends[2];

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(guise_uring_read(ring, alice, ends[0], &byte, 1, GUISE_URING_CURRENT, NULL));
    submit(ring, 1);
    CHILD_OK(guise_call_signal(alice));
    CHILD_CHECK(write(ends[1], "x", 1) == 1);
    done = next_done(ring);
    CHILD_OK(done.result);
    CHILD_CHECK(done.value == 1 && byte == 'x');
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* ---- what the kernel did not take ------------------------------------------------------------ */

struct refused_enter {
    guise_uring *ring;
    int error;
};

static void *submit_in_vain(void *arg)
{
    const struct refused_enter *refused = arg;
    uint32_t count = 77;

    filter_call(refused->error, SYS_io_uring_enter);
    CHILD_CHECK_RESULT(guise_uring_submit(refused->ring, &count), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(count == 0);
    return NULL;
}

/* The entries that a submit before Signal could not hand over are in no queue: the submit after it
 * looks at their calls anew. */
static void what_was_not_taken_is_looked_at_again(void *arg)
{
    const int errors[] = {EAGAIN, EBUSY, ENOMEM, 0};
    guise_uring *ring = start_ring(4);

    (void)arg;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct refused_enter refused = {ring, errors[i]};
        guise_call *alice = simple_call(ALICE, ALICE);
        guise_uring_done done;
        char tags[2];

        CHILD_OK(ask_open(ring, alice, "open/late", O_CREAT | O_WRONLY, &tags[0]));
        CHILD_OK(ask_open(ring, NULL, "missing", O_RDONLY, &tags[1]));
        child_thread(submit_in_vain, &refused);
        CHILD_OK(guise_call_signal(alice));
        submit(ring, 2);
        for (int left = 2; left > 0; left--) {
            done = next_done(ring);
            if (done.tag == &tags[0]) {
                must_be_refused(&done);
            } else {
                CHILD_CHECK(done.result == GUISE_OK && done.value == -ENOENT);
            }
        }
        CHILD_CHECK(access(kernel_path("open/late"), F_OK) != 0);
        guise_call_unref(alice);
    }
    guise_uring_unref(ring);
}

/* The kernel stops taking at an entry it does not understand: the rest is handed over all the
 * same. */
static void a_bad_request_holds_nobody_up(void *arg)
{
    guise_uring_how bad = {.size = sizeof bad, .flags = UINT64_MAX};
    guise_uring *ring = start_ring(8);
    guise_call *alice = simple_call(ALICE, ALICE);
    char tags[6];
    unsigned opened = 0;

    (void)arg;
    for (int i = 0; i < 6; i++) {
        CHILD_OK(i % 2 == 0
                     ? guise_uring_openat(ring, alice, AT_FDCWD, "/", &bad, &tags[i])
                     : ask_open(ring, alice, i < 4 ? "of-alice" : "of-bob", O_RDONLY, &tags[i]));
    }
    submit(ring, 6);
    for (int left = 6; left > 0; left--) {
        guise_uring_done done = next_done(ring);
        long i = (char *)done.tag - tags;

        CHILD_OK(done.result);
        CHILD_CHECK(i % 2 != 0 || done.value == -EINVAL);
        CHILD_CHECK(i != 5 || done.value == -EACCES);
        if (done.value >= 0) {
            opened++;
            CHILD_CHECK(close(done.value) == 0);
        }
    }
    CHILD_CHECK(opened == 2);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* ---- clients that are refused ---------------------------------------------------------------- */

static guise_context *context_without_ids(void)
{
    guise_identity who = {.size = sizeof who, .mechanism = "krb5", .key = "a", .key_size = 1};
    guise_context *context = NULL;
    guise_token *token = NULL;

    CHILD_OK(guise_token_create_without_ids(&who, "a", GUISE_LEVEL_IDENTIFY, &token));
    CHILD_OK(guise_context_from_token(token, GUISE_AUTHN_SERVICE_KERBEROS, GUISE_AUTHN_LEVEL_PKT,
                                      &context));
    guise_token_unref(token);
    return context;
}

static void clients_that_are_refused(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *anonymous = client_context(ALICE, GUISE_LEVEL_ANONYMOUS, GUISE_AUTHN_LEVEL_PKT);
    guise_context *identify = client_context(ALICE, GUISE_LEVEL_IDENTIFY, GUISE_AUTHN_LEVEL_PKT);
    guise_context *unsecure = client_context(ALICE, GUISE_LEVEL_DELEGATE, GUISE_AUTHN_LEVEL_NONE);
    guise_context *foreign = context_without_ids();
    guise_call *calls[] = {call_of(anonymous), call_of(identify), call_of(unsecure),
                           call_of(foreign)};
    struct who self;

    (void)arg;
    who_am_i(&self);
    CHILD_CHECK_RESULT(ask_open(ring, calls[0], "of-all", O_RDONLY, NULL), GUISE_E_BAD_LEVEL);
    CHILD_CHECK_RESULT(ask_open(ring, calls[1], "of-all", O_RDONLY, NULL), GUISE_E_BAD_LEVEL);
    CHILD_CHECK_RESULT(ask_open(ring, calls[2], "of-all", O_RDONLY, NULL), GUISE_E_UNSECURE_CALL);
    /* a client without ids has no uid to be known by (I-14) */
    CHILD_CHECK_RESULT(ask_open(ring, calls[3], "of-all", O_RDONLY, NULL), GUISE_E_BAD_LEVEL);
    MUST_BE(&self);
    submit(ring, 0);
    CHILD_CHECK(count_and_forget(64) == 1); /* the server */
    for (int i = 0; i < 4; i++) {
        guise_call_unref(calls[i]);
    }
    guise_context_unref(foreign);
    guise_context_unref(anonymous);
    guise_context_unref(identify);
    guise_context_unref(unsecure);
    guise_uring_unref(ring);
}

static void a_server_that_does_not_ask_the_kernel(void *arg)
{
    guise_uring *ring = TEST_POISON(guise_uring);

    (void)arg;
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), GUISE_E_NOT_SUPPORTED); /* none was chosen */
    CHILD_CHECK(ring == NULL);
    CHILD_OK(guise_use_provider(guise_provider_emulated()));
    ring = TEST_POISON(guise_uring);
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK(ring == NULL && ring_fd() == -1);
}

/* ---- reading and writing --------------------------------------------------------------------- */

static void files_are_read_and_written(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    guise_call *who[] = {NULL, alice};
    int file = open(kernel_path("of-alice"), O_RDWR | O_CLOEXEC);
    guise_uring_done done;
    char text[8];
    int tag;

    (void)arg;
    for (int i = 0; i < 2; i++) {
        CHILD_OK(guise_uring_write(ring, who[i], file, "hello", 5, (uint64_t)i * 5, &tag));
        submit(ring, 1);
        done = next_done(ring);
        CHILD_CHECK(done.result == GUISE_OK && done.value == 5 && done.tag == &tag);
        memset(text, 0, sizeof text);
        CHILD_OK(guise_uring_read(ring, who[i], file, text, 4, (uint64_t)i * 5 + 1, &tag));
        submit(ring, 1);
        done = next_done(ring);
        CHILD_CHECK(done.result == GUISE_OK && done.value == 4 && strcmp(text, "ello") == 0);
    }
    CHILD_OK(guise_uring_close(ring, file, &tag));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.result == GUISE_OK && done.value == 0 && done.tag == &tag);
    CHILD_CHECK(fcntl(file, F_GETFD) == -1);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* Paths and how are the request's own; long paths too. RESOLVE_ flags reach the kernel. */
static void what_describes_a_request_is_copied(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_uring_how how = {.size = sizeof how, .flags = O_RDONLY, .resolve = RESOLVE_BENEATH};
    int directory = open(kernel_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    guise_call *alice = simple_call(ALICE, ALICE);
    guise_uring_done done;
    char path[1000];
    int tags[2];

    (void)arg;
    memset(path, '/', sizeof path);
    for (size_t i = 0; i + 2 < sizeof path; i += 2) {
        path[i] = '.';
    }
    (void)strcpy(path + 900, "of-alice");
    CHILD_OK(guise_uring_openat(ring, alice, directory, path, &how, &tags[0]));
    (void)strcpy(path, "../..");
    CHILD_OK(guise_uring_openat(ring, alice, directory, path, &how, &tags[1]));
    memset(path, 0, sizeof path);
    memset(&how, 0xFF, sizeof how);
    submit(ring, 2);
    for (int left = 2; left > 0; left--) {
        done = next_done(ring);
        CHILD_OK(done.result);
        CHILD_CHECK(done.tag == &tags[0] ? done.value >= 0 && close(done.value) == 0
                                         : done.value == -EXDEV);
    }
    CHILD_CHECK(close(directory) == 0);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0 || mkdir(kernel_path("open"), 0777) != 0 ||
        chmod(kernel_path("open"), 0777) != 0) {
        return -1;
    }
    kernel_file("of-alice", ALICE, ALICE, 0600);
    kernel_file("of-bob", BOB, BOB, 0600);
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-team", 0, TEAM, 0640);
    kernel_file("of-all", 0, 0, 0644);
    return 0;
}

static int remove_files(void **state)
{
    return rmdir(kernel_path("open")) != 0 ? -1 : kernel_dir_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(a_client_opens_what_it_may),
        kernel_test(a_client_has_no_power),
        kernel_test(a_service_keeps_its_power_to_itself),
        kernel_test(groups_are_the_clients),
        kernel_test(what_is_made_is_the_clients),
        kernel_test(two_clients_in_one_submit),
        kernel_test(the_thread_may_be_anybody),
        kernel_test(real_ids_too),
        kernel_test(a_client_makes_no_ring),
        kernel_test(a_request_ends_while_the_thread_is_a_client),
        kernel_test(nothing_is_made_after_signal),
        kernel_test(made_before_signal_and_submitted_after),
        kernel_test(the_next_call_of_the_client),
        kernel_test(submitted_before_signal_goes_on),
        kernel_test(what_was_not_taken_is_looked_at_again),
        kernel_test(a_bad_request_holds_nobody_up),
        kernel_test(clients_that_are_refused),
        kernel_test(a_server_that_does_not_ask_the_kernel),
        kernel_test(files_are_read_and_written),
        kernel_test(what_describes_a_request_is_copied),
    };

    require_uring();
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
