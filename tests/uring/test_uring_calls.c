/* SPDX-License-Identifier: MIT */
/*
 * Which system calls guise_uring_submit and guise_uring_wait make, exactly: the thread is asked once
 * for each submit, for any number of requests (U-03, U-04; docs/adr/0016). What is counted
 * runs in a process of its own, and the kernel lists its calls (bench/trace.h).
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/trace.h"

enum { TOGETHER = 8 };

/* Made before anything is counted. */
struct stage {
    guise_uring *ring;
    guise_call *alice;
    int file;
    char bytes[TOGETHER];
};

static void set(struct stage *stage)
{
    guise_context *context;

    stage->ring = start_ring(TOGETHER);
    context = simple_context(ALICE);
    stage->alice = call_of(context);
    guise_context_unref(context);
    stage->file = open(kernel_path("of-all"), O_RDWR | O_CLOEXEC);
    CHILD_CHECK(stage->file >= 0);
    /* From here on the ring knows alice, and the thread has the places that it needs. */
    CHILD_CHECK(open_as(stage->ring, stage->alice, "of-all", O_RDONLY) == 0);
    CHILD_CHECK(open_as(stage->ring, NULL, "of-all", O_RDONLY) == 0);
}

static void ask(struct stage *stage, guise_call *call, int count)
{
    for (int i = 0; i < count; i++) {
        CHILD_OK(guise_uring_read(stage->ring, call, stage->file, &stage->bytes[i], 1, 0, NULL));
    }
}

static void submit_counted(const struct stage *stage, uint32_t count)
{
    trace_mark();
    submit(stage->ring, count);
    trace_mark();
}

static void must_be_done(const struct stage *stage, int count, guise_result result)
{
    for (int i = 0; i < count; i++) {
        guise_uring_done done = next_done(stage->ring);

        CHILD_CHECK_RESULT(done.result, result);
        CHILD_CHECK(done.value == (result == GUISE_OK ? 1 : -EACCES));
    }
}

/* ---- what is counted ------------------------------------------------------------------------- */

static void nothing_at_all(void)
{
    struct stage stage;

    set(&stage);
    submit_counted(&stage, 0);
}

static void one_of_a_client(void)
{
    struct stage stage;

    set(&stage);
    ask(&stage, stage.alice, 1);
    submit_counted(&stage, 1);
    must_be_done(&stage, 1, GUISE_OK);
}

static void many_of_a_client(void)
{
    struct stage stage;

    set(&stage);
    ask(&stage, stage.alice, TOGETHER);
    submit_counted(&stage, TOGETHER);
    must_be_done(&stage, TOGETHER, GUISE_OK);
}

static void one_of_the_server(void)
{
    struct stage stage;

    set(&stage);
    ask(&stage, NULL, 1);
    submit_counted(&stage, 1);
    must_be_done(&stage, 1, GUISE_OK);
}

static void many_of_both(void)
{
    struct stage stage;

    set(&stage);
    ask(&stage, stage.alice, 2);
    ask(&stage, NULL, TOGETHER - 2);
    submit_counted(&stage, TOGETHER);
    must_be_done(&stage, TOGETHER, GUISE_OK);
}

/* The thread is asked first, its requests' calls are looked at then. */
static void one_that_is_too_late(void)
{
    struct stage stage;
    guise_uring_done done;

    set(&stage);
    ask(&stage, stage.alice, 1);
    guise_call_signal(stage.alice);
    submit_counted(&stage, 1);
    done = next_done(stage.ring);
    must_be_refused(&done);
}

/* A thread that lacks what it takes for clients is asked no further for the server. */
static void one_without_a_capability(void)
{
    struct stage stage;
    struct who self;

    set(&stage);
    who_am_i(&self);
    ask(&stage, NULL, 1);
    CHILD_CHECK(raw_capset(0, self.permitted, self.inheritable));
    submit_counted(&stage, 1);
    must_be_done(&stage, 1, GUISE_E_ACCESS_DENIED);
}

static guise_result hand_over(void *arg)
{
    const struct stage *stage = arg;

    submit_counted(stage, 2);
    return GUISE_OK;
}

static void two_as_a_client(void)
{
    guise_token *bob;
    struct stage stage;

    set(&stage);
    bob = client_token(BOB, BOB, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    ask(&stage, stage.alice, 1);
    ask(&stage, NULL, 1);
    CHILD_OK(guise_run_as(bob, hand_over, &stage));
    must_be_done(&stage, 2, GUISE_E_ACCESS_DENIED);
}

/* The answers are there: reporting them asks the kernel nothing. */
static void waits(void)
{
    struct stage stage;

    set(&stage);
    ask(&stage, stage.alice, 2);
    ask(&stage, NULL, 2);
    submit(stage.ring, 4);
    trace_mark();
    must_be_done(&stage, 4, GUISE_OK);
    trace_mark();
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void must_make(void (*fn)(void), const long *expected, size_t count)
{
    long made[TOGETHER] = {0};
    size_t total = trace_run(fn, made, TOGETHER);

    if (total == TRACE_FAILED) {
        fail_msg("the calls could not be listed");
    }
    assert_int_equal(total, count);
    assert_memory_equal(made, expected, count * sizeof *expected);
}

#define MUST_MAKE(fn, ...)                                                                         \
    must_make((fn), (const long[]){__VA_ARGS__},                                                   \
              sizeof((const long[]){__VA_ARGS__}) / sizeof(long))

static void test_nothing_to_do_takes_no_call(void **state)
{
    (void)state;
    must_make(nothing_at_all, NULL, 0);
    must_make(waits, NULL, 0);
}

static void test_clients_take_one_question(void **state)
{
    (void)state;
    MUST_MAKE(one_of_a_client, SYS_capget, SYS_io_uring_enter);
    MUST_MAKE(many_of_a_client, SYS_capget, SYS_io_uring_enter);
    MUST_MAKE(one_that_is_too_late, SYS_capget, SYS_io_uring_enter);
}

static void test_the_server_takes_three_more(void **state)
{
    (void)state;
    MUST_MAKE(one_of_the_server, SYS_capget, SYS_getresuid, SYS_getresgid, SYS_getgroups,
              SYS_io_uring_enter);
    MUST_MAKE(many_of_both, SYS_capget, SYS_getresuid, SYS_getresgid, SYS_getgroups,
              SYS_io_uring_enter);
    MUST_MAKE(one_without_a_capability, SYS_capget, SYS_io_uring_enter);
}

static void test_a_token_in_the_slot_takes_no_question(void **state)
{
    (void)state;
    MUST_MAKE(two_as_a_client, SYS_io_uring_enter);
}

static int make_files(void **state)
{
    int file;

    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-all", 0, 0, 0666);
    file = open(kernel_path("of-all"), O_WRONLY | O_CLOEXEC);
    return file >= 0 && write(file, "all", 3) == 3 && close(file) == 0 ? 0 : -1;
}

static int remove_files(void **state)
{
    return kernel_dir_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do_takes_no_call),
        cmocka_unit_test(test_clients_take_one_question),
        cmocka_unit_test(test_the_server_takes_three_more),
        cmocka_unit_test(test_a_token_in_the_slot_takes_no_question),
    };

    require_uring();
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
