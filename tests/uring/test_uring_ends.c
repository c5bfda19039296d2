/* SPDX-License-Identifier: MIT */
/*
 * How long a ring knows a client, and what is left at the end of a context, a ring, a process. What
 * the kernel still has is asked of the kernel. N-01, W-20. One child for each test.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/wt.h"
#include "uring/ring.h"

static guise_result open_directory(guise_uring *ring, guise_call *call, void *tag)
{
    const guise_uring_how how = {.size = sizeof how, .flags = O_PATH};

    return guise_uring_openat(ring, call, AT_FDCWD, "/", &how, tag);
}

/* Makes the client known: a request that is done with. */
static void introduce(guise_uring *ring, guise_call *call)
{
    guise_uring_done done;

    CHILD_OK(open_directory(ring, call, NULL));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.result == GUISE_OK && done.value >= 0 && close(done.value) == 0);
}

/* ---- once for each context and ring ---------------------------------------------------------- */

static void a_context_is_introduced_once(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *alice = simple_context(ALICE), *again = simple_context(ALICE);
    guise_call *calls[4] = {call_of(alice), call_of(alice), call_of(again), call_of(again)};

    (void)arg;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++) {
            introduce(ring, calls[i]);
        }
    }
    CHILD_CHECK(count_and_forget(64) == 3); /* the server and two contexts */
    for (int i = 0; i < 4; i++) {
        guise_call_unref(calls[i]);
    }
    guise_context_unref(alice);
    guise_context_unref(again);
    guise_uring_unref(ring);
}

struct crowd {
    struct wt_barrier barrier;
    guise_uring *ring;
    guise_context *context;
};

static void *introduce_at_once(void *arg)
{
    struct crowd *crowd = arg;
    guise_call *call = call_of(crowd->context);

    wt_barrier_wait(&crowd->barrier);
    CHILD_OK(open_directory(crowd->ring, call, NULL));
    guise_call_unref(call);
    return NULL;
}

/* Several threads may be the first at once: what the slower ones made is gone again. */
static void a_context_is_introduced_by_many_at_once(void *arg)
{
    enum { MANY = 4, ROUNDS = 50 };
    struct crowd crowd = {.ring = start_ring(MANY * ROUNDS)};
    guise_context *contexts[ROUNDS];

    (void)arg;
    wt_barrier_init(&crowd.barrier, MANY);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t threads[MANY];

        crowd.context = contexts[round] = simple_context(ALICE);
        for (int i = 0; i < MANY; i++) {
            CHILD_CHECK(pthread_create(&threads[i], NULL, introduce_at_once, &crowd) == 0);
        }
        for (int i = 0; i < MANY; i++) {
            CHILD_CHECK(pthread_join(threads[i], NULL) == 0);
        }
    }
    CHILD_CHECK(count_and_forget(MANY * ROUNDS + 64) == 1 + ROUNDS);
    for (int round = 0; round < ROUNDS; round++) {
        guise_context_unref(contexts[round]);
    }
    guise_uring_unref(crowd.ring);
}

/* ---- a context's end ------------------------------------------------------------------------- */

static void a_context_ends(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *stays = simple_context(BOB), *goes = simple_context(ALICE);
    guise_call *call = call_of(goes), *other = call_of(stays);

    (void)arg;
    introduce(ring, call);
    introduce(ring, other);
    guise_call_unref(call);
    guise_context_unref(goes); /* the last reference */
    CHILD_CHECK(count_and_forget(64) == 2);
    guise_call_unref(other);
    guise_context_unref(stays);
    guise_uring_unref(ring);
}

/* A request keeps its call, and the call the context, until it is reported. */
static void a_request_keeps_its_context(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *call = simple_call(ALICE, ALICE);
    guise_uring_done done;

    (void)arg;
    CHILD_OK(ask_open(ring, call, "of-alice", O_RDONLY, NULL));
    guise_call_unref(call); /* only the request holds the call, which stays open */
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.result == GUISE_OK && done.value >= 0 && close(done.value) == 0);
    CHILD_CHECK(count_and_forget(64) == 1); /* and now it is gone, and its context */
    guise_uring_unref(ring);
}

static void *end_elsewhere(void *context)
{
    guise_context_unref(context);
    return NULL;
}

static void thousands_come_and_go(void *arg)
{
    enum { MANY = 1000 };
    static guise_context *contexts[MANY];
    guise_uring *ring = start_ring(4);

    (void)arg;
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            guise_call *call;

            contexts[i] = simple_context(i % 2 == 0 ? ALICE : BOB);
            call = call_of(contexts[i]);
            introduce(ring, call);
            guise_call_unref(call);
        }
        /* Each client keeps its identity, although numbers are used again. */
        for (unsigned i = 0; i < MANY; i += 37) {
            guise_call *call = call_of(contexts[i]);

            CHILD_CHECK(open_as(ring, call, "of-alice", O_RDONLY) == (i % 2 == 0 ? 0 : EACCES));
            CHILD_CHECK(open_as(ring, call, "of-bob", O_RDONLY) == (i % 2 == 0 ? EACCES : 0));
            guise_call_unref(call);
        }
        for (unsigned i = 0; i < MANY; i++) {
            if (i % 100 == 0) {
                child_thread(end_elsewhere, contexts[i]);
            } else {
                guise_context_unref(contexts[i]);
            }
        }
    }
    CHILD_CHECK(count_and_forget(UINT16_MAX + 1) == 1);
    guise_uring_unref(ring);
}

/* More than the kernel has numbers for: the client used longest ago makes room, and is known again
 * when it comes back. The counts are the kernel's. */
static void more_clients_than_the_kernel_has_numbers_for(void *arg)
{
    enum { CLIENTS = 100000, NUMBERS = UINT16_MAX, OFTEN = 500 };
    static guise_context *contexts[CLIENTS];
    guise_uring *ring = start_ring(4);
    guise_call *call;

    (void)arg;
    test_watchdog(110);
    for (int i = 0; i < CLIENTS; i++) {
        contexts[i] = simple_context(i % 2 == 0 ? ALICE : BOB);
        call = call_of(contexts[i]);
        introduce(ring, call);
        guise_call_unref(call);
    }
    for (int i = 0; i < CLIENTS; i += CLIENTS / OFTEN + 1) {
        call = call_of(contexts[i]);
        CHILD_CHECK(open_as(ring, call, "of-alice", O_RDONLY) == (i % 2 == 0 ? 0 : EACCES));
        CHILD_CHECK(open_as(ring, call, "of-bob", O_RDONLY) == (i % 2 == 0 ? EACCES : 0));
        guise_call_unref(call);
    }
    CHILD_CHECK(count_and_forget(UINT16_MAX + 1) == NUMBERS);
    for (int i = 0; i < CLIENTS; i++) {
        guise_context_unref(contexts[i]);
    }
    guise_uring_unref(ring);
}

enum { FEW = 3 };

/* The one used longest ago goes, and no other. */
static void the_client_used_longest_ago_makes_room(void *arg)
{
    guise_context *contexts[FEW + 1];
    guise_call *calls[FEW + 1];
    guise_uring *ring;

    (void)arg;
    guise__uring_personality_limit = FEW;
    ring = start_ring(8);
    for (int i = 0; i < FEW + 1; i++) {
        contexts[i] = simple_context(i == 0 ? ALICE : BOB);
        calls[i] = call_of(contexts[i]);
    }
    for (int i = 0; i < FEW; i++) {
        introduce(ring, calls[i]);
    }
    introduce(ring, calls[0]); /* used again: the second is the oldest now */
    introduce(ring, calls[FEW]);
    guise__uring_lock(ring);
    for (int i = 0; i < FEW + 1; i++) {
        CHILD_CHECK((guise__uring_personality_find(ring, calls[i]) != NULL) == (i != 1));
    }
    guise__uring_unlock(ring);
    CHILD_CHECK(open_as(ring, calls[1], "of-bob", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, calls[0], "of-alice", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, calls[0], "of-bob", O_RDONLY) == EACCES);
    CHILD_CHECK(count_and_forget(64) == 1 + FEW);
    for (int i = 0; i < FEW + 1; i++) {
        guise_call_unref(calls[i]);
        guise_context_unref(contexts[i]);
    }
    guise_uring_unref(ring);
}

/* U-05: a number that a request has is not given to another client, else the request would be. */
static void a_client_with_a_request_stays(void *arg)
{
    guise_uring *ring;
    guise_call *calls[FEW], *late;

    (void)arg;
    guise__uring_personality_limit = FEW;
    ring = start_ring(8);
    late = simple_call(BOB, BOB);
    for (int i = 0; i < FEW; i++) {
        calls[i] = simple_call(ALICE, ALICE);
        CHILD_OK(ask_open(ring, calls[i], "of-bob", O_RDONLY, NULL));
    }
    CHILD_CHECK_RESULT(ask_open(ring, late, "of-bob", O_RDONLY, NULL), GUISE_E_OUT_OF_RESOURCES);
    submit(ring, FEW);
    CHILD_CHECK_RESULT(ask_open(ring, late, "of-bob", O_RDONLY, NULL), GUISE_E_OUT_OF_RESOURCES);
    for (int i = 0; i < FEW; i++) {
        CHILD_CHECK(next_done(ring).value == -EACCES);
    }
    CHILD_CHECK(open_as(ring, late, "of-bob", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, late, "of-alice", O_RDONLY) == EACCES);
    for (int i = 0; i < FEW; i++) {
        guise_call_unref(calls[i]);
    }
    guise_call_unref(late);
    guise_uring_unref(ring);
}

/* ---- a ring's end ---------------------------------------------------------------------------- */

static void the_ring_ends_first(void *arg)
{
    guise_uring *first = start_ring(4), *second = NULL;
    guise_context *context = simple_context(ALICE);
    guise_call *call = call_of(context);
    unsigned fds;

    (void)arg;
    introduce(first, call);
    CHILD_OK(guise_uring_create(4, &second));
    introduce(second, call);
    fds = count_fds();
    guise_uring_unref(first);
    CHILD_CHECK(count_fds() == fds - 1);
    CHILD_CHECK(open_as(second, call, "of-alice", O_RDONLY) == 0);
    guise_uring_unref(second);
    CHILD_CHECK(ring_fd() == -1);
    guise_call_unref(call);
    guise_context_unref(context); /* no ring is there to be told */
}

/* The descriptor may be somewhere else too: what the library made the ring keep goes by name. */
static void the_ring_forgets_before_it_closes(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE), *bob = simple_call(BOB, BOB);
    int copy;

    (void)arg;
    introduce(ring, alice);
    introduce(ring, bob);
    copy = dup(ring_fd());
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() == copy && count_and_forget(64) == 0);
    guise_call_unref(alice);
    guise_call_unref(bob);
}

static void a_reference_keeps_the_ring(void *arg)
{
    guise_uring *ring = start_ring(4);

    (void)arg;
    CHILD_CHECK(guise_uring_ref(ring) == ring && guise_uring_ref(NULL) == NULL);
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() >= 0);
    submit(ring, 0);
    guise_uring_unref(ring);
    CHILD_CHECK(ring_fd() == -1);
    guise_uring_unref(NULL);
}

/* Of each kind one: only made, with the kernel, over but not reported. */
static void the_ring_ends_with_requests(void *arg)
{
    unsigned before = count_fds();
    guise_uring *ring = start_ring(8);
    guise_call *call = simple_call(ALICE, ALICE);
    char buffer[1] = "";
    int ends[2], answer;

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    CHILD_OK(ask_open(ring, call, "of-alice", O_RDONLY, NULL)); /* opened, never reported */
    CHILD_OK(guise_uring_read(ring, call, ends[0], buffer, 1, GUISE_URING_CURRENT, NULL));
    submit(ring, 2);
    CHILD_OK(ask_open(ring, call, "of-alice", O_RDONLY, NULL)); /* never submitted */
    guise_call_ref(call);
    guise_uring_unref(ring);
    CHILD_CHECK(write(ends[1], "x", 1) == 1 && buffer[0] == '\0');
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    CHILD_CHECK(count_fds() == before);
    /* Its requests' references are gone: these two are the last, and complete it. */
    guise_call_unref(call);
    CHILD_CHECK_RESULT(guise_call_result(call, &answer), GUISE_E_CALL_PENDING);
    guise_call_unref(call);
}

static void note_result(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    *(guise_result *)arg = result;
}

/* A completion function that a ring's end has run may use the library: no lock is held. */
static void the_ring_ends_a_call(void *arg)
{
    guise_uring *ring = start_ring(8);
    guise_call *call = simple_call(ALICE, ALICE);
    guise_result result = GUISE_OK;

    (void)arg;
    CHILD_OK(guise_call_on_complete(call, note_result, &result));
    CHILD_OK(ask_open(ring, call, "of-alice", O_RDONLY, NULL));
    guise_call_unref(call);
    CHILD_OK(result);
    guise_uring_unref(ring);
    CHILD_CHECK_RESULT(result, GUISE_E_DISCONNECTED);
}

struct race {
    struct wt_barrier barrier;
    guise_uring *ring;
    guise_context *context;
};

static void *end_the_context(void *arg)
{
    struct race *race = arg;

    wt_barrier_wait(&race->barrier);
    guise_context_unref(race->context);
    return NULL;
}

static void *end_the_ring(void *arg)
{
    struct race *race = arg;

    wt_barrier_wait(&race->barrier);
    guise_uring_unref(race->ring);
    return NULL;
}

static void context_and_ring_end_at_once(void *arg)
{
    struct race race = {.ring = start_ring(4)};

    (void)arg;
    wt_barrier_init(&race.barrier, 2);
    for (int round = 0; round < 200; round++) {
        pthread_t one, other;
        guise_call *call;

        race.context = simple_context(ALICE);
        call = call_of(race.context);
        introduce(race.ring, call);
        guise_call_unref(call);
        CHILD_CHECK(pthread_create(&one, NULL, end_the_context, &race) == 0);
        CHILD_CHECK(pthread_create(&other, NULL, end_the_ring, &race) == 0);
        CHILD_CHECK(pthread_join(one, NULL) == 0 && pthread_join(other, NULL) == 0);
        CHILD_OK(guise_uring_create(4, &race.ring));
    }
    guise_uring_unref(race.ring);
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void must_find(guise_uring *ring, uint32_t timeout_ms, guise_result expected)
{
    guise_uring_done done, zero = {.size = sizeof zero};

    memset(&done, 0xA5, sizeof done);
    done.size = sizeof done;
    CHILD_CHECK_RESULT(guise_uring_wait(ring, timeout_ms, &done), expected);
    CHILD_CHECK(done.tag == zero.tag && done.result == 0 && done.value == 0);
}

static void *wait_as_well(void *arg)
{
    guise_uring_done done = {.size = sizeof done};
    guise_result result;

    do { /* until the other one sleeps */
        result = guise_uring_wait(arg, 0, &done);
    } while (result == GUISE_E_CALL_PENDING);
    CHILD_CHECK_RESULT(result, GUISE_E_UNEXPECTED);
    return NULL;
}

struct sleeper {
    guise_uring *ring;
    int end;
};

static void *wake(void *arg)
{
    struct sleeper *sleeper = arg;

    (void)wait_as_well(sleeper->ring);
    CHILD_CHECK(write(sleeper->end, "x", 1) == 1);
    return NULL;
}

static void waiting(void *arg)
{
    guise_uring *ring = start_ring(4);
    struct sleeper sleeper = {.ring = ring};
    guise_uring_done done = {.size = sizeof done};
    pthread_t thread;
    char byte;
    int ends[2];

    (void)arg;
    CHILD_CHECK(pipe(ends) == 0);
    must_find(ring, GUISE_INFINITE, GUISE_E_NO_SYNC);
    CHILD_OK(guise_uring_read(ring, NULL, ends[0], &byte, 1, GUISE_URING_CURRENT, NULL));
    must_find(ring, GUISE_INFINITE, GUISE_E_NO_SYNC); /* it is not submitted */
    submit(ring, 1);
    must_find(ring, 0, GUISE_E_CALL_PENDING);
    must_find(ring, 1, GUISE_E_CALL_PENDING);
    sleeper.end = ends[1];
    CHILD_CHECK(pthread_create(&thread, NULL, wake, &sleeper) == 0);
    do { /* the other thread may be looking just now, and is refused, or refuses */
        guise_result result = guise_uring_wait(ring, GUISE_INFINITE, &done);

        CHILD_CHECK(result == GUISE_OK || result == GUISE_E_UNEXPECTED);
    } while (done.value != 1);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
    must_find(ring, 0, GUISE_E_NO_SYNC);
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    guise_uring_unref(ring);
}

static bool is_readable(int fd)
{
    struct pollfd asked = {.fd = fd, .events = POLLIN};

    return poll(&asked, 1, 0) == 1;
}

static void a_descriptor_to_wait_for(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    guise_uring_done done;
    int fd = 77, same = 77;

    (void)arg;
    CHILD_OK(guise_uring_fd(ring, &fd));
    CHILD_OK(guise_uring_fd(ring, &same));
    CHILD_CHECK(fd >= 0 && fd == same && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    must_find(ring, 0, GUISE_E_NO_SYNC);
    CHILD_CHECK(!is_readable(fd));
    for (int i = 0; i < 3; i++) {
        CHILD_OK(ask_open(ring, alice, "missing", O_RDONLY, NULL));
    }
    CHILD_OK(guise_call_signal(alice)); /* refusals are announced like answers */
    CHILD_CHECK(!is_readable(fd));
    submit(ring, 3);
    for (int left = 3; left > 0; left--) {
        CHILD_CHECK(is_readable(fd));
        done = next_done(ring);
        must_be_refused(&done);
    }
    must_find(ring, 0, GUISE_E_NO_SYNC);
    CHILD_CHECK(!is_readable(fd));
    guise_call_unref(alice);
    guise_uring_unref(ring);
    CHILD_CHECK(fcntl(fd, F_GETFD) == -1);
}

/* Asked for when something is there already. */
static void a_late_descriptor_is_readable(void *arg)
{
    guise_uring *ring = start_ring(4);
    int fd = -1;

    (void)arg;
    CHILD_OK(ask_open(ring, NULL, "missing", O_RDONLY, NULL));
    submit(ring, 1);
    CHILD_OK(guise_uring_fd(ring, &fd));
    CHILD_CHECK(is_readable(fd));
    CHILD_CHECK(next_done(ring).value == -ENOENT);
    guise_uring_unref(ring);
}

/* ---- limits and arguments -------------------------------------------------------------------- */

static void a_ring_is_full(void *arg)
{
    guise_uring *ring = start_ring(3); /* rounded up to 4 */
    guise_call *alice = simple_call(ALICE, ALICE);

    (void)arg;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++) {
            CHILD_OK(ask_open(ring, alice, "missing", O_RDONLY, NULL));
        }
        CHILD_CHECK_RESULT(ask_open(ring, alice, "missing", O_RDONLY, NULL),
                           GUISE_E_OUT_OF_RESOURCES);
        submit(ring, 4);
        CHILD_CHECK_RESULT(guise_uring_close(ring, -1, NULL), GUISE_E_OUT_OF_RESOURCES);
        for (int i = 0; i < 4; i++) {
            CHILD_CHECK(next_done(ring).value == -ENOENT);
        }
    }
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static void ring_arguments(void *arg)
{
    struct who self;
    guise_uring *ring = TEST_POISON(guise_uring);

    (void)arg;
    serve(0, NULL, &self);
    CHILD_CHECK_RESULT(guise_uring_create(4, NULL), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_create(0, &ring), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(ring == NULL);
    ring = TEST_POISON(guise_uring);
    CHILD_CHECK_RESULT(guise_uring_create(32769, &ring), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(ring == NULL);
    CHILD_OK(guise_uring_create(32768, &ring));
    guise_uring_unref(ring);
}

static void request_arguments(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_uring_how how = {.size = sizeof how};
    struct {
        guise_uring_how how;
        char tail[8];
    } longer = {{.size = sizeof longer}, {0}};
    char byte;

    (void)arg;
    CHILD_CHECK_RESULT(guise_uring_openat(NULL, NULL, 0, "/", &how, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_openat(ring, NULL, 0, NULL, &how, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_openat(ring, NULL, 0, "/", NULL, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    how.size--;
    CHILD_CHECK_RESULT(guise_uring_openat(ring, NULL, 0, "/", &how, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    longer.tail[7] = 1;
    CHILD_CHECK_RESULT(guise_uring_openat(ring, NULL, 0, "/", &longer.how, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_read(NULL, NULL, 0, &byte, 1, 0, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_read(ring, NULL, 0, NULL, 1, 0, NULL), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_write(NULL, NULL, 0, &byte, 1, 0, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_write(ring, NULL, 0, &byte, (size_t)INT32_MAX + 1, 0, NULL),
                       GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_close(NULL, 0, NULL), GUISE_E_INVALID_ARGUMENT);
    submit(ring, 0);
    longer.tail[7] = 0;
    longer.how.flags = O_PATH;
    CHILD_OK(guise_uring_openat(ring, NULL, 0, "/", &longer.how, NULL));
    submit(ring, 1);
    CHILD_CHECK(close(next_done(ring).value) == 0);
    guise_uring_unref(ring);
}

static void other_arguments(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_uring_done done = {.size = sizeof done - 1};
    uint32_t count = 77;
    int fd = 77;

    (void)arg;
    CHILD_CHECK_RESULT(guise_uring_submit(NULL, &count), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(count == 0);
    CHILD_OK(guise_uring_submit(ring, NULL));
    CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, NULL), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, &done), GUISE_E_INVALID_ARGUMENT);
    done.size = sizeof done;
    CHILD_CHECK_RESULT(guise_uring_wait(NULL, 0, &done), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_fd(ring, NULL), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_uring_fd(NULL, &fd), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(fd == -1);
    guise_uring_unref(ring);
}

/* ---- what the system will not do ------------------------------------------------------------- */

static void must_not_be_had(int error, int number, guise_result expected)
{
    guise_uring *ring = TEST_POISON(guise_uring);
    struct who self;

    serve(0, NULL, &self);
    filter_call(error, number);
    CHILD_CHECK_RESULT(guise_uring_create(4, &ring), expected);
    CHILD_CHECK(ring == NULL && ring_fd() == -1);
}

static void a_kernel_without(void *arg)
{
    (void)arg;
    must_not_be_had(ENOSYS, SYS_io_uring_setup, GUISE_E_NOT_SUPPORTED);
}

static void a_kernel_that_forbids_it(void *arg)
{
    (void)arg;
    must_not_be_had(EPERM, SYS_io_uring_setup, GUISE_E_NOT_SUPPORTED);
}

static void a_kernel_without_memory(void *arg)
{
    (void)arg;
    must_not_be_had(ENOMEM, SYS_io_uring_setup, GUISE_E_OUT_OF_MEMORY);
}

static void a_process_without_descriptors(void *arg)
{
    (void)arg;
    must_not_be_had(EMFILE, SYS_io_uring_setup, GUISE_E_OUT_OF_RESOURCES);
}

/* The filter answers "done" and registers nothing: in an entry 0 stands for the submitting thread.
 * */
static void a_filter_that_swallows_registrations(void *arg)
{
    (void)arg;
    must_not_be_had(0, SYS_io_uring_register, GUISE_E_ACCESS_DENIED);
}

static void must_not_get_known(int error, guise_result expected)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    struct who self;

    who_am_i(&self);
    filter_call(error, SYS_io_uring_register);
    CHILD_CHECK_RESULT(ask_open(ring, alice, "of-alice", O_RDONLY, NULL), expected);
    MUST_BE(&self);
    submit(ring, 0);
    CHILD_CHECK(open_as(ring, NULL, "of-root", O_RDONLY) == 0);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

static void a_swallowed_client(void *arg)
{
    (void)arg;
    must_not_get_known(0, GUISE_E_ACCESS_DENIED);
}

static void a_client_too_many(void *arg)
{
    (void)arg;
    must_not_get_known(EBUSY, GUISE_E_OUT_OF_RESOURCES);
}

static void a_client_without_memory(void *arg)
{
    (void)arg;
    must_not_get_known(ENOMEM, GUISE_E_OUT_OF_MEMORY);
}

/* The provider cannot make the thread the client: nothing is registered. */
static void a_client_nobody_can_be(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_call *alice = simple_call(ALICE, ALICE);
    struct who self;

    (void)arg;
    introduce(ring, NULL); /* before the filter: the thread is looked at */
    who_am_i(&self);
    filter_call(0, NR_SETGROUPS); /* swallowed */
    filter_call(EPERM, NR_SETRESUID);
    CHILD_CHECK_RESULT(ask_open(ring, alice, "of-alice", O_RDONLY, NULL), GUISE_E_ACCESS_DENIED);
    MUST_BE(&self);
    CHILD_CHECK(count_and_forget(64) == 1);
    guise_call_unref(alice);
    guise_uring_unref(ring);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void in_child(guise_uring *ring, guise_call *call, guise_context *context)
{
    guise_uring_done done = {.size = sizeof done};
    uint32_t count = 77;
    int fd = 77;

    CHILD_CHECK(ring_fd() == -1);
    CHILD_CHECK_RESULT(ask_open(ring, call, "of-alice", O_RDONLY, NULL), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK_RESULT(guise_uring_close(ring, 0, NULL), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK_RESULT(guise_uring_cancel(ring, call), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK_RESULT(guise_uring_submit(ring, &count), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, &done), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK_RESULT(guise_uring_fd(ring, &fd), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK(count == 0 && fd == -1);
    guise_uring_unref(ring);
    CHILD_OK(guise_uring_create(4, &ring)); /* one of its own */
    CHILD_CHECK(open_as(ring, call, "of-alice", O_RDONLY) == 0);
    CHILD_CHECK(open_as(ring, call, "of-bob", O_RDONLY) == EACCES);
    guise_call_unref(call);
    guise_context_unref(context);
    CHILD_CHECK(count_and_forget(64) == 1);
    guise_uring_unref(ring);
}

static void a_child_does_not_have_the_ring(void *arg)
{
    guise_uring *ring = start_ring(4);
    guise_context *context = simple_context(ALICE);
    guise_call *call = call_of(context);
    int fd, status = -1;
    pid_t child;

    (void)arg;
    introduce(ring, call);
    CHILD_OK(guise_uring_fd(ring, &fd));
    CHILD_OK(ask_open(ring, call, "of-alice", O_RDONLY, NULL));
    CHILD_OK(ask_open(ring, NULL, "missing", O_RDONLY, NULL));
    child = fork();
    if (child == 0) {
        CHILD_CHECK(fcntl(fd, F_GETFD) == -1);
        /* The copy of the request has a reference to the copy of the call; it goes with the
         * ring's. */
        in_child(ring, call, context);
        child_pass();
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHILD_CHECK(WEXITSTATUS(status) == 0);
    submit(ring, 2);
    for (int left = 2; left > 0; left--) {
        guise_uring_done done = next_done(ring);

        CHILD_CHECK(done.value >= 0 ? close(done.value) == 0 : done.value == -ENOENT);
    }
    CHILD_CHECK(count_and_forget(64) == 2);
    guise_call_unref(call);
    guise_context_unref(context);
    guise_uring_unref(ring);
}

/* ---- and errno ------------------------------------------------------------------------------- */

#define KEEPS_ERRNO(expression)                                                                    \
    do {                                                                                           \
        errno = 4711;                                                                              \
        expression;                                                                                \
        CHILD_CHECK(errno == 4711);                                                                \
    } while (0)

static void errno_is_kept(void *arg)
{
    guise_uring *ring = NULL;
    guise_call *alice;
    guise_uring_done done = {.size = sizeof done};
    struct who self;
    int fd;

    (void)arg;
    serve(0, NULL, &self);
    alice = simple_call(ALICE, ALICE);
    KEEPS_ERRNO(CHILD_OK(guise_uring_create(4, &ring)));
    KEEPS_ERRNO(CHILD_OK(ask_open(ring, alice, "missing", O_RDONLY, NULL)));
    KEEPS_ERRNO(CHILD_OK(guise_uring_submit(ring, NULL)));
    KEEPS_ERRNO(CHILD_OK(guise_uring_wait(ring, GUISE_INFINITE, &done)));
    KEEPS_ERRNO(CHILD_OK(guise_uring_fd(ring, &fd)));
    KEEPS_ERRNO(CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, &done), GUISE_E_NO_SYNC));
    KEEPS_ERRNO(CHILD_CHECK_RESULT(guise_uring_wait(ring, 0, &done), GUISE_E_NO_SYNC));
    KEEPS_ERRNO(guise_call_unref(alice));
    KEEPS_ERRNO(guise_uring_unref(ring));
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-alice", ALICE, ALICE, 0600);
    kernel_file("of-bob", BOB, BOB, 0600);
    kernel_file("of-root", 0, 0, 0600);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(a_context_is_introduced_once),
        kernel_test(a_context_is_introduced_by_many_at_once),
        kernel_test(a_context_ends),
        kernel_test(a_request_keeps_its_context),
        kernel_test(thousands_come_and_go),
        kernel_test(more_clients_than_the_kernel_has_numbers_for),
        kernel_test(the_client_used_longest_ago_makes_room),
        kernel_test(a_client_with_a_request_stays),
        kernel_test(the_ring_ends_first),
        kernel_test(the_ring_forgets_before_it_closes),
        kernel_test(a_reference_keeps_the_ring),
        kernel_test(the_ring_ends_with_requests),
        kernel_test(the_ring_ends_a_call),
        kernel_test(context_and_ring_end_at_once),
        kernel_test(waiting),
        kernel_test(a_descriptor_to_wait_for),
        kernel_test(a_late_descriptor_is_readable),
        kernel_test(a_ring_is_full),
        kernel_test(ring_arguments),
        kernel_test(request_arguments),
        kernel_test(other_arguments),
        kernel_test(a_kernel_without),
        kernel_test(a_kernel_that_forbids_it),
        kernel_test(a_kernel_without_memory),
        kernel_test(a_process_without_descriptors),
        kernel_test(a_filter_that_swallows_registrations),
        kernel_test(a_swallowed_client),
        kernel_test(a_client_too_many),
        kernel_test(a_client_without_memory),
        kernel_test(a_client_nobody_can_be),
        kernel_test(a_child_does_not_have_the_ring),
        kernel_test(errno_is_kept),
    };

    require_uring();
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
