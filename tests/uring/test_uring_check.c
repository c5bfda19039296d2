/* SPDX-License-Identifier: MIT */
/*
 * The invariants of a ring that GUISE__CHECK evaluates (ring_check.c). Each predicate holds of a ring
 * in use, does not hold once the state is corrupted, and ends the process where the library finds the
 * corruption. Builds without GUISE_CHECKS have no predicates. One child for each test.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <stdio.h>

#include "support/child.h"
#include "uring/ring.h"

#if GUISE_TEST_CHECKS

#define CHECK_FAILED "guise: fatal: check failed: "

/* A ring with a client, and a request of the client's that was made and not submitted. */
struct stage {
    guise_uring *ring;
    guise_context *context;
    guise_call *call;
    struct guise__uring_request *request;
};

static guise_result open_root(guise_uring *ring, guise_call *call)
{
    const guise_uring_how how = {.size = sizeof how, .flags = O_PATH};

    return guise_uring_openat(ring, call, AT_FDCWD, "/", &how, NULL);
}

static struct stage stage_begin(void)
{
    struct stage stage = {.ring = start_ring(4)};

    stage.context = simple_context(ALICE);
    stage.call = call_of(stage.context);
    CHILD_OK(open_root(stage.ring, stage.call));
    stage.request = &stage.ring->requests[stage.ring->made.first];
    CHILD_CHECK(guise__uring_is_valid(stage.ring));
    return stage;
}

static void stage_end(const struct stage *stage)
{
    CHILD_CHECK(guise__uring_is_valid(stage->ring));
    guise_uring_unref(stage->ring);
    guise_call_unref(stage->call);
    guise_context_unref(stage->context);
}

/* With this value in this place the predicate does not hold; with what was there it does. */
#define MUST_NOT_HOLD(place, value, predicate)                                                     \
    do {                                                                                           \
        const __typeof__(place) corrupted_ = (value);                                              \
        __typeof__(place) before_ = (place);                                                       \
        CHILD_CHECK(predicate);                                                                    \
        (place) = corrupted_;                                                                      \
        CHILD_CHECK(!(predicate));                                                                 \
        (place) = before_;                                                                         \
        CHILD_CHECK(predicate);                                                                    \
    } while (0)

/* ---- the predicates -------------------------------------------------------------------------- */

static void a_ring_is_valid(void *arg)
{
    struct stage stage = stage_begin();
    guise_uring *ring = stage.ring;

    (void)arg;
    MUST_NOT_HOLD(ring->self, 0, guise__uring_is_valid(ring));
    MUST_NOT_HOLD(ring->event, -2, guise__uring_is_valid(ring));
    MUST_NOT_HOLD(ring->kernel.ring_fd, -1, guise__uring_is_valid(ring));
    MUST_NOT_HOLD(ring->kernel.ring_fd, -1, guise__uring_kernel_is_valid(&ring->kernel));
    MUST_NOT_HOLD(ring->kernel.sq.sqe_tail, *ring->kernel.sq.khead + 5,
                  guise__uring_kernel_is_valid(&ring->kernel));
    MUST_NOT_HOLD(ring->submitted, 1, guise__uring_is_valid(ring));
    MUST_NOT_HOLD(ring->submitted, 1, guise__uring_submitted_is_valid(ring));
    MUST_NOT_HOLD(ring->made.last, ring->request_count, guise__uring_is_valid(ring));
    MUST_NOT_HOLD(ring->made.first, ring->request_count,
                  guise__uring_queue_is_valid(ring, &ring->made));
    MUST_NOT_HOLD(stage.request->next, 0, guise__uring_queue_is_valid(ring, &ring->made));
    MUST_NOT_HOLD(ring->again.first, ring->request_count, guise__uring_is_valid(ring));
    stage_end(&stage);
}

/* A ring with many places is not counted at each step. */
static void a_large_ring_is_valid(void *arg)
{
    guise_uring *ring = start_ring(128);

    (void)arg;
    CHILD_CHECK(guise__uring_is_valid(ring));
    MUST_NOT_HOLD(ring->submitted, 129, guise__uring_is_valid(ring));
    guise_uring_unref(ring);
}

static void a_request_is_valid(void *arg)
{
    struct stage stage = stage_begin();
    guise_uring *ring = stage.ring;
    struct guise__uring_request *request = stage.request, *unused = &ring->requests[3];

    (void)arg;
    CHILD_CHECK(request != unused && unused->state == GUISE__URING_REQUEST_FREE);
    CHILD_CHECK(!guise__uring_request_is_valid(ring, ring->requests - 1));
    CHILD_CHECK(!guise__uring_request_is_valid(ring, ring->requests + ring->request_count));
    MUST_NOT_HOLD(unused->call, stage.call, guise__uring_request_is_valid(ring, unused));
    MUST_NOT_HOLD(unused->path, unused->short_path, guise__uring_request_is_valid(ring, unused));
    MUST_NOT_HOLD(request->state, (enum guise__uring_request_state)7,
                  guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->state, GUISE__URING_REQUEST_FREE,
                  guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->state, GUISE__URING_REQUEST_PARKED,
                  guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->path, NULL, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->has_worker, true, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->call, NULL, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->personality, NULL, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->personality->pins, 0, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->entry.personality, ring->self,
                  guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->path, NULL, guise__uring_submitted_is_valid(ring));
    stage_end(&stage);
}

static void a_request_of_the_server_is_valid(void *arg)
{
    struct stage stage = stage_begin();
    guise_uring *ring = stage.ring;
    struct guise__uring_request *request;

    (void)arg;
    CHILD_OK(open_root(ring, NULL));
    request = &ring->requests[ring->made.last];
    CHILD_CHECK(request->personality == NULL);
    MUST_NOT_HOLD(request->call, stage.call, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->canceled, true, guise__uring_request_is_valid(ring, request));
    MUST_NOT_HOLD(request->entry.personality, 0, guise__uring_request_is_valid(ring, request));
    stage_end(&stage);
}

static void the_clients_are_valid(void *arg)
{
    struct stage stage = stage_begin();
    struct guise__uring_personalities *clients = &stage.ring->personalities;
    struct guise__uring_personality *alice = stage.request->personality;
    struct guise__uring_user *user = alice->user;

    (void)arg;
    MUST_NOT_HOLD(alice->number, 0, guise__uring_personality_is_valid(clients, alice));
    MUST_NOT_HOLD(alice->pins, 2, guise__uring_personality_is_valid(clients, alice));
    MUST_NOT_HOLD(clients->newest, NULL, guise__uring_personality_is_valid(clients, alice));
    MUST_NOT_HOLD(clients->oldest, NULL, guise__uring_personality_is_valid(clients, alice));
    MUST_NOT_HOLD(clients->newest, NULL, guise__uring_personalities_is_valid(clients));
    MUST_NOT_HOLD(clients->oldest, NULL, guise__uring_personalities_is_valid(clients));
    MUST_NOT_HOLD(clients->users.count, 0, guise__uring_personalities_is_valid(clients));
    MUST_NOT_HOLD(clients->users.count, 2, guise__uring_personalities_is_valid(clients));
    MUST_NOT_HOLD(clients->contexts.count, 0, guise__uring_is_valid(stage.ring));
    MUST_NOT_HOLD(user->personalities, 0, guise__uring_user_is_valid(user));
    MUST_NOT_HOLD(user->workers, 2, guise__uring_user_is_valid(user));
    MUST_NOT_HOLD(user->parked.first, 0, guise__uring_user_is_valid(user));
    user->requests = GUISE__URING_WORKERS_EACH + 1;
    MUST_NOT_HOLD(user->workers, GUISE__URING_WORKERS_EACH + 1, guise__uring_user_is_valid(user));
    user->requests = 1;
    MUST_NOT_HOLD(clients->contexts.chain_count, 3,
                  guise__uring_table_is_valid(&clients->contexts));
    MUST_NOT_HOLD(clients->contexts.chain_count, 1,
                  guise__uring_table_is_valid(&clients->contexts));
    MUST_NOT_HOLD(clients->contexts.chains, NULL, guise__uring_table_is_valid(&clients->contexts));
    stage_end(&stage);
}

static void what_a_thread_may_do_is_valid(void *arg)
{
    struct stage stage = stage_begin();
    struct guise__uring_standing *standing = &stage.ring->standing;
    struct guise__uring_verdict verdict = {.clients = true, .server = true};

    (void)arg;
    MUST_NOT_HOLD(standing->groups, NULL, guise__uring_standing_is_valid(standing));
    MUST_NOT_HOLD(standing->permitted, 0, guise__uring_standing_is_valid(standing));
    MUST_NOT_HOLD(verdict.clients, false, guise__uring_verdict_is_valid(&verdict));
    stage_end(&stage);
}

static void list_lock_must_be_held(guise_uring *ring, void *arg)
{
    CHILD_CHECK(ring == arg && guise__uring_list_lock_is_held());
}

static void locks_are_held(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    CHILD_CHECK(!guise__uring_lock_is_held(stage.ring));
    guise__uring_lock(stage.ring);
    CHILD_CHECK(guise__uring_lock_is_held(stage.ring));
    guise__uring_unlock(stage.ring);
    CHILD_CHECK(!guise__uring_lock_is_held(stage.ring));
    CHILD_CHECK(!guise__uring_list_lock_is_held());
    guise__uring_rings_visit(list_lock_must_be_held, stage.ring);
    CHILD_CHECK(!guise__uring_list_lock_is_held());
    CHILD_CHECK(!guise__uring_is_unshared(stage.ring));
    stage_end(&stage);
}

/* ---- the library finds the corruption -------------------------------------------------------- */

static void make_with_no_server(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.ring->self = 0;
    (void)open_root(stage.ring, NULL);
}

static void wait_with_a_wrong_count(void *arg)
{
    struct stage stage = stage_begin();
    guise_uring_done done = {.size = sizeof done};

    (void)arg;
    stage.ring->submitted = 1;
    CHILD_OK(guise_uring_wait(stage.ring, 0, &done));
}

static void make_behind_no_request(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.ring->made.last = stage.ring->request_count;
    (void)open_root(stage.ring, NULL);
}

static void submit_without_a_call(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.request->call = NULL;
    CHILD_OK(guise_uring_submit(stage.ring, NULL));
}

static void make_for_a_user_with_too_many_workers(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.request->personality->user->workers = GUISE__URING_WORKERS_EACH + 1;
    (void)open_root(stage.ring, stage.call);
}

/* The request is over, so the end of the call and of the context forgets the client. */
static void forget_a_client_without_a_number(void *arg)
{
    struct stage stage = stage_begin();
    struct guise__uring_personality *personality = stage.request->personality;

    (void)arg;
    submit(stage.ring, 1);
    CHILD_CHECK(next_done(stage.ring).value >= 0);
    personality->number = 0;
    guise_call_unref(stage.call);
    guise_context_unref(stage.context);
}

static void find_among_no_clients(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.ring->personalities.contexts.count = 0;
    (void)open_root(stage.ring, stage.call);
}

static void find_in_three_chains(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.ring->personalities.contexts.chain_count = 3;
    (void)open_root(stage.ring, stage.call);
}

static void submit_to_a_closed_ring(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    stage.ring->kernel.ring_fd = -1;
    CHILD_OK(guise_uring_submit(stage.ring, NULL));
}

static void submit_without_a_standing(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    CHILD_OK(open_root(stage.ring, NULL));
    stage.ring->standing.groups = NULL;
    CHILD_OK(guise_uring_submit(stage.ring, NULL));
}

static void judge_a_server_that_may_not_serve_clients(void *arg)
{
    struct stage stage = stage_begin();
    struct guise__uring_verdict verdict = {.clients = false, .server = true};

    (void)arg;
    (void)guise__uring_standing_judge_server(&stage.ring->standing, &verdict);
}

static void submit_without_the_lock(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    (void)guise__uring_submit_again(stage.ring);
}

static void end_the_requests_of_a_ring_in_use(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    guise__uring_requests_end(stage.ring);
}

static void reference_a_ring_without_references(void *arg)
{
    struct stage stage = stage_begin();

    (void)arg;
    atomic_store(&stage.ring->refs, 0);
    (void)guise_uring_ref(stage.ring);
}

static void test_a_corruption_ends_the_process(void **state)
{
    static const struct {
        child_fn *corrupt;
        const char *said;
    } rows[] = {
        {make_with_no_server, "guise__uring_is_valid(ring)"},
        {wait_with_a_wrong_count, "guise__uring_is_valid(ring)"},
        {make_behind_no_request, "guise__uring_queue_is_valid(ring, queue)"},
        {submit_without_a_call, "guise__uring_request_is_valid(ring, request)"},
        {make_for_a_user_with_too_many_workers, "guise__uring_user_is_valid(user)"},
        {forget_a_client_without_a_number,
         "guise__uring_personality_is_valid(personalities, personality)"},
        {find_among_no_clients, "guise__uring_personalities_is_valid(personalities)"},
        {find_in_three_chains, "guise__uring_table_is_valid(table)"},
        {submit_to_a_closed_ring, "guise__uring_kernel_is_valid(kernel)"},
        {submit_without_a_standing, "guise__uring_standing_is_valid(made_with)"},
        {judge_a_server_that_may_not_serve_clients, "guise__uring_verdict_is_valid(verdict)"},
        {submit_without_the_lock, "guise__uring_lock_is_held(ring)"},
        {end_the_requests_of_a_ring_in_use, "guise__uring_is_unshared(ring)"},
        {reference_a_ring_without_references, "before != 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[160];

        (void)snprintf(line, sizeof line, CHECK_FAILED "%s; ending the process\n", rows[i].said);
        assert_child_dies(rows[i].corrupt, NULL, line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(a_ring_is_valid),       kernel_test(a_large_ring_is_valid),
        kernel_test(a_request_is_valid),    kernel_test(a_request_of_the_server_is_valid),
        kernel_test(the_clients_are_valid), kernel_test(what_a_thread_may_do_is_valid),
        kernel_test(locks_are_held),        cmocka_unit_test(test_a_corruption_ends_the_process),
    };

    require_uring();
    return cmocka_run_group_tests(tests, kernel_dir_make, kernel_dir_remove);
}

#else

int main(void)
{
    test_skip_program("the library is built without GUISE_CHECKS");
}

#endif
