/* SPDX-License-Identifier: MIT */
/*
 * The client's side, two threads at a time. A duel has two sides that begin together, round after round; each
 * round has a client of its own (support/client.h), whose end proves that everything was released. In every other
 * round the side that came first waits a little longer than the last time, so that the two come to meet; in the
 * others how long one of them waits is random, so that either may come first.
 *
 * The test is worth something only if they do. What is counted, and must have happened ENOUGH times: rounds in
 * which the two sides overlapped and, where a duel has two outcomes, each of them.
 *
 * Afterwards a crowd: threads that share requests and do anything to them, in any order; and one that is forked.
 */
#define _GNU_SOURCE
#include "support/client.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "support/child.h"
#include "support/random.h"

enum {
    ROUNDS = 3000 / GUISE_TEST_TIME_SCALE,
    POOL_ROUNDS = 1500 / GUISE_TEST_TIME_SCALE,
    ENOUGH = 5,
    MOST = 20, /* times as many rounds, or forks, where these were not enough */
    ALICE = 1001,
    BOB = 1002
};

/* ---- the arena ---- */

struct arena {
    struct client *c;
    guise_request *mine; /* given away by the test, to a side; NULL: none */
    guise_job *job;
    guise_call *held;
    guise_pool *pool;
    guise_signal *signal;
    guise_result left, right, left_call, right_call;
    struct sum left_out, right_out;
    void *extra;
};

struct duel {
    const char *name;
    int (*setup)(void **state); /* of the client */
    void (*prepare)(struct arena *a);
    void (*left)(struct arena *a);
    void (*right)(struct arena *a);
    int (*judge)(struct arena *a); /* the outcome; of two, 1 is that the left side was first */
    bool has_two_outcomes;
    int rounds;
};

static struct arena s_arena;
static const struct duel *s_duel;
static atomic_uint s_round, s_ready, s_go, s_ended;
static atomic_bool s_over;
static atomic_int s_delay; /* of the right side, or if negative of the left one */
static int s_balanced, s_step = 8;
static bool s_left_was_first;
static uint64_t s_random = 0x9E3779B97F4A7C15u;
static _Atomic uint64_t s_clock;

struct times {
    uint64_t begun, ended;
};
static struct times s_right_times;

static uint64_t tick(void)
{
    return 1 + atomic_fetch_add(&s_clock, 1);
}

static void spin(int turns)
{
    for (volatile int i = 0; i < turns; i++) {
    }
}

static void fight(struct times *times, void (*side)(struct arena *a), int delay)
{
    spin(delay);
    times->begun = tick();
    side(&s_arena);
    times->ended = tick();
}

/* ---- two processors, where the system lets a thread choose ---- */

#if defined(__linux__)

static cpu_set_t s_all;

static bool has_two_processors(void)
{
    return sched_getaffinity(0, sizeof s_all, &s_all) != 0 || CPU_COUNT(&s_all) > 1;
}

/* Keeps this thread on one of this process's processors: two threads on one processor do not meet. */
static void stay_on(int number)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &s_all) && number-- == 0) {
            CPU_SET(cpu, &one);
        }
    }
    (void)sched_setaffinity(0, sizeof one, &one);
}

static void go_anywhere(void)
{
    (void)sched_setaffinity(0, sizeof s_all, &s_all);
}

#else

static bool has_two_processors(void)
{
    return true;
}

static void stay_on(int number)
{
    (void)number;
}

static void go_anywhere(void)
{
}

#endif

/* Gives way only after a while, because the other side is to be met. */
static bool await(const atomic_uint *word, unsigned value)
{
    for (unsigned turns = 0; atomic_load(word) != value; turns++) {
        if (atomic_load(&s_over)) {
            return false;
        }
        if (turns > 20000) {
            (void)sched_yield();
        }
    }
    return true;
}

static void be_right(struct wt *w)
{
    (void)w;
    stay_on(1);
    for (unsigned round = 1; await(&s_round, round); round++) {
        atomic_store(&s_ready, round);
        if (!await(&s_go, round)) {
            return;
        }
        fight(&s_right_times, s_duel->right, atomic_load(&s_delay));
        atomic_store(&s_ended, round);
    }
}

/* Has the side wait longer that was first, and much longer if it was first again and again. */
static void balance(bool left_was_first)
{
    bool is_again = left_was_first == s_left_was_first;

    s_left_was_first = left_was_first;
    s_step = is_again && s_step < 16000 ? s_step + s_step / 2 : 8;
    s_balanced += left_was_first ? -s_step : s_step;
    if (s_balanced > 1000000 || s_balanced < -1000000) {
        s_balanced = 0;
    }
}

static int choose_delay(unsigned round)
{
    static const int ranges[] = {100, 1000, 4000, 16000};
    int range = ranges[round / 2 % 4];

    return round % 2 == 0 ? s_balanced : (int)random_below(&s_random, 2 * (unsigned)range) - range;
}

static bool have_met(const struct times *left)
{
    return left->begun < s_right_times.ended && s_right_times.begun < left->ended;
}

struct score {
    int met, outcomes[2];
};

static void do_round(const struct duel *duel, unsigned round, struct score *score)
{
    struct times left;
    void *state = NULL;
    int outcome;

    memset(&s_arena, 0, sizeof s_arena);
    assert_int_equal(duel->setup(&state), 0);
    s_arena.c = state;
    duel->prepare(&s_arena);
    test_watchdog(60);
    atomic_store(&s_delay, choose_delay(round));
    atomic_store(&s_round, round);
    (void)await(&s_ready, round);
    atomic_store(&s_go, round);
    fight(&left, duel->left, -atomic_load(&s_delay));
    (void)await(&s_ended, round);
    score->met += have_met(&left);
    outcome = duel->judge(&s_arena);
    score->outcomes[outcome]++;
    if (round % 2 == 0) {
        balance(duel->has_two_outcomes ? outcome == 1 : left.begun < s_right_times.begun);
    }
    assert_int_equal(client_teardown(&state), 0);
}

static bool is_enough(const struct duel *duel, const struct score *score)
{
    return score->met >= ENOUGH && (!duel->has_two_outcomes ||
                                    (score->outcomes[0] >= ENOUGH && score->outcomes[1] >= ENOUGH));
}

/* More rounds than planned where the machine is too busy for the two to meet. */
static void run_duel(const struct duel *duel)
{
    struct score score = {0};
    struct wt right;
    int round = 0;

    s_duel = duel;
    atomic_store(&s_round, 0);
    atomic_store(&s_ready, 0);
    atomic_store(&s_go, 0);
    atomic_store(&s_ended, 0);
    atomic_store(&s_over, false);
    s_balanced = 0;
    s_step = 8;
    wt_start(&right, be_right, NULL);
    stay_on(0);
    while (round < duel->rounds || (round < MOST * duel->rounds && !is_enough(duel, &score))) {
        do_round(duel, (unsigned)++round, &score);
    }
    atomic_store(&s_over, true);
    go_anywhere();
    wt_join(&right);
    print_message("%s: met in %d of %d rounds; %d and %d\n", duel->name, score.met, round,
                  score.outcomes[0], score.outcomes[1]);
    assert_true(is_enough(duel, &score));
}

/* ---- what the sides do ---- */

static void take_job(struct arena *a)
{
    a->job = a->c->jobs[0];
    a->c->job_count = 0;
}

static void begin_add(struct arena *a)
{
    assert_ok(client_begin_add(a->c, 1, 2, 0));
    take_job(a);
}

static void begin_hold(struct arena *a)
{
    assert_ok(client_begin_hold(a->c));
    client_run_next(a->c);
    a->held = a->c->held;
}

static void run_job(struct arena *a)
{
    guise_job_run(a->job);
}

static void drop_job(struct arena *a)
{
    guise_job_drop(a->job, -77);
}

static void cancel_left(struct arena *a)
{
    a->left = guise_request_cancel(a->c->request, 0);
}

static void cancel_right(struct arena *a)
{
    a->right = guise_request_cancel(a->c->request, 0);
}

static void disconnect(struct arena *a)
{
    guise_object_disconnect(a->c->object);
}

static void signal_held(struct arena *a)
{
    a->held = NULL;
    (void)guise_call_signal(a->c->held);
}

static void finish_left(struct arena *a)
{
    a->left = guise_request_finish(a->c->request, ADD, &a->left_out, sizeof a->left_out,
                                   GUISE_INFINITE, &a->left_call);
}

static void finish_right(struct arena *a)
{
    a->right = guise_request_finish(a->c->request, ADD, &a->right_out, sizeof a->right_out,
                                    GUISE_INFINITE, &a->right_call);
}

static void begin_left(struct arena *a)
{
    a->left = client_begin_add(a->c, 1, 2, 0);
}

static void begin_right(struct arena *a)
{
    a->right = client_begin_add(a->c, 1, 2, 0);
}

/* ---- a job: run, cancelled, disconnected, dropped; by exactly one ---- */

/* K-03, K-04: it answers in time, or never runs, or runs for no client. */
static int is_cancelled_or_run(struct arena *a)
{
    if (a->left == GUISE_E_CALL_COMPLETE) {
        assert_finishes(a->c, ADD, 0, 3);
        return 0;
    }
    assert_ok(a->left);
    assert_finishes(a->c, ADD, GUISE_E_CALL_CANCELED, 0);
    assert_int_equal(a->c->released_in, 1);
    assert_int_equal(a->c->released_out, a->c->begun);
    return 1;
}

/* E-01 */
static int is_disconnected_or_run(struct arena *a)
{
    if (a->c->begun == 1) {
        assert_finishes(a->c, ADD, 0, 3);
        return 0;
    }
    assert_finishes(a->c, ADD, GUISE_E_DISCONNECTED, 0);
    return 1;
}

static int is_cancelled_or_dropped(struct arena *a)
{
    assert_int_equal(a->c->begun, 0);
    if (a->left == GUISE_E_CALL_COMPLETE) {
        assert_finishes(a->c, ADD, -77, 0);
        return 0;
    }
    assert_ok(a->left);
    assert_finishes(a->c, ADD, GUISE_E_CALL_CANCELED, 0);
    return 1;
}

static int is_cancelled_once(struct arena *a)
{
    guise_job_run(a->job);
    assert_int_equal(a->c->begun, 0);
    assert_result(a->left == GUISE_OK ? a->right : a->left, GUISE_E_CALL_CANCELED);
    assert_ok(a->left == GUISE_OK ? a->left : a->right);
    assert_finishes(a->c, ADD, GUISE_E_CALL_CANCELED, 0);
    return a->left == GUISE_OK;
}

static void a_job_has_one_end(void **state)
{
    static const struct duel duels[] = {
        {"cancel, run", client_setup_queued, begin_add, cancel_left, run_job, is_cancelled_or_run,
         true, ROUNDS},
        {"disconnect, run", client_setup_queued, begin_add, disconnect, run_job,
         is_disconnected_or_run, true, ROUNDS},
        {"cancel, drop", client_setup_queued, begin_add, cancel_left, drop_job,
         is_cancelled_or_dropped, true, ROUNDS},
        {"cancel, cancel", client_setup_queued, begin_add, cancel_left, cancel_right,
         is_cancelled_once, true, ROUNDS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        run_duel(&duels[i]);
    }
}

/* ---- a request: one answer, told once, to one thread ---- */

/* K-12: the server's call is its own; CANCELED wins over an answer that comes after it. */
static int is_cancelled_or_answered(struct arena *a)
{
    bool is_given_up = a->left == GUISE_OK;

    assert_result(a->left, is_given_up ? GUISE_OK : GUISE_E_CALL_COMPLETE);
    assert_finishes(a->c, HOLD, is_given_up ? GUISE_E_CALL_CANCELED : GUISE_OK, 0);
    assert_int_equal(a->c->released_out, is_given_up);
    return is_given_up;
}

/* */
static int is_finished_once(struct arena *a)
{
    bool is_left = a->left == GUISE_OK;

    assert_ok(is_left ? a->left : a->right);
    assert_result(is_left ? a->right : a->left, GUISE_E_CALL_COMPLETE);
    assert_ok(is_left ? a->left_call : a->right_call);
    assert_int_equal(is_left ? a->left_out.value : a->right_out.value, 3);
    return is_left;
}

static void begin_and_answer(struct arena *a)
{
    begin_add(a);
    run_job(a);
}

/* */
static int is_finished_left(struct arena *a)
{
    assert_ok(a->left);
    assert_ok(a->left_call);
    assert_int_equal(a->left_out.value, 3);
    return 0;
}

/* */
static int is_begun_once(struct arena *a)
{
    bool is_left = a->left == GUISE_OK;

    assert_ok(is_left ? a->left : a->right);
    assert_result(is_left ? a->right : a->left, GUISE_E_CALL_PENDING);
    assert_int_equal(a->c->job_count, 1);
    client_run_next(a->c);
    assert_finishes(a->c, ADD, 0, 3);
    return is_left;
}

static void prepare_nothing(struct arena *a)
{
    (void)a;
}

/* The server still holds the call before the last one. */
static void hold_a_cancelled_one(struct arena *a)
{
    begin_hold(a);
    assert_ok(guise_request_completion(a->c->request, &a->signal));
    assert_ok(guise_request_cancel(a->c->request, 0));
    assert_finishes(a->c, HOLD, GUISE_E_CALL_CANCELED, 0);
}

/* the answer to the former call is none to this one, and its signal neither. */
static int is_not_answered(struct arena *a)
{
    assert_ok(a->left);
    assert_result(guise_signal_wait(a->signal, 0), GUISE_E_CALL_PENDING);
    assert_does_not_finish(a->c, ADD, GUISE_E_CALL_PENDING);
    client_run_next(a->c);
    assert_ok(guise_signal_wait(a->signal, 0));
    assert_finishes(a->c, ADD, 0, 3);
    return 0;
}

static void ask_for_the_signal(struct arena *a)
{
    a->left = guise_request_completion(a->c->request, &a->signal);
}

static int is_shown(struct arena *a)
{
    assert_ok(a->left);
    assert_ok(guise_signal_wait(a->signal, 0));
    assert_finishes(a->c, ADD, 0, 3);
    return 0;
}

static void a_request_has_one_answer(void **state)
{
    static const struct duel duels[] = {
        {"cancel, signal", client_setup_queued, begin_hold, cancel_left, signal_held,
         is_cancelled_or_answered, true, ROUNDS},
        {"finish, finish", client_setup_queued, begin_and_answer, finish_left, finish_right,
         is_finished_once, true, ROUNDS},
        {"finish, run", client_setup_queued, begin_add, finish_left, run_job, is_finished_left,
         false, ROUNDS},
        {"begin, begin", client_setup_queued, prepare_nothing, begin_left, begin_right,
         is_begun_once, true, ROUNDS},
        {"begin, signal of the former call", client_setup_queued, hold_a_cancelled_one, begin_left,
         signal_held, is_not_answered, false, ROUNDS},
        {"completion, run", client_setup_queued, begin_add, ask_for_the_signal, run_job, is_shown,
         false, ROUNDS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        run_duel(&duels[i]);
    }
}

/* ---- a Begin_ that is refused, or may be ---- */

static void spin_in_submit(struct client *c)
{
    (void)c;
    spin(3000);
}

static void refuse(struct arena *a)
{
    a->c->in_submit = spin_in_submit;
    a->c->submit_says = GUISE_E_OUT_OF_RESOURCES;
}

/* Either it was begun and cancelled, or neither. The cancel may come too late for the first as well as too early,
 * which the random rounds see to. */
static int is_refused_or_cancelled(struct arena *a)
{
    if (a->left != GUISE_OK) {
        assert_result(a->left, GUISE_E_OUT_OF_RESOURCES);
        assert_result(a->right, GUISE_E_CALL_COMPLETE);
        assert_does_not_finish(a->c, ADD, GUISE_E_CALL_COMPLETE);
        return 0;
    }
    assert_ok(a->right);
    assert_finishes(a->c, ADD, GUISE_E_CALL_CANCELED, 0);
    return 1;
}

static int is_refused_or_disconnected(struct arena *a)
{
    if (a->right == GUISE_OK) {
        assert_finishes(a->c, ADD, GUISE_E_DISCONNECTED, 0);
        return 0;
    }
    assert_result(a->right, GUISE_E_DISCONNECTED);
    assert_int_equal(a->c->job_count, 0);
    return 1;
}

static void a_begin_is_refused_or_not(void **state)
{
    static const struct duel duels[] = {
        {"begin that is refused, cancel", client_setup_queued, refuse, begin_left, cancel_right,
         is_refused_or_cancelled, true, ROUNDS},
        {"disconnect, begin", client_setup_queued, prepare_nothing, disconnect, begin_right,
         is_refused_or_disconnected, true, ROUNDS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        run_duel(&duels[i]);
    }
}

/* ---- the last references ---- */

static void abandon(struct arena *a)
{
    guise_request *request = a->c->request;

    a->c->request = NULL;
    guise_request_unref(request);
}

/* no Finish_ takes the results. */
static int is_released(struct arena *a)
{
    assert_int_equal(a->c->released_out, 1);
    return 0;
}

static int is_run_and_released(struct arena *a)
{
    assert_int_equal(a->c->begun, 1);
    assert_int_equal(a->c->released_in, 1);
    assert_int_equal(a->c->released_out, 1);
    return 0;
}

static void abandon_first(struct arena *a)
{
    begin_add(a);
    abandon(a);
}

static void drop_the_object(struct arena *a)
{
    guise_object *object = a->c->object;
    guise_proxy *proxy = a->c->proxy;

    a->c->object = NULL;
    a->c->proxy = NULL;
    guise_proxy_unref(proxy);
    guise_object_unref(object);
}

static int has_gone(struct arena *a)
{
    assert_int_equal(a->c->released_self, 1);
    assert_int_equal(a->c->executor_refs, 0);
    return 0;
}

static void everything_goes_once(void **state)
{
    static const struct duel duels[] = {
        {"abandon, signal", client_setup_queued, begin_hold, abandon, signal_held, is_released,
         false, ROUNDS},
        {"abandon, run", client_setup_queued, begin_add, abandon, run_job, is_run_and_released,
         false, ROUNDS},
        {"unref of an object, run of its last job", client_setup_queued, abandon_first,
         drop_the_object, run_job, has_gone, false, ROUNDS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        run_duel(&duels[i]);
    }
}

/* ---- blankets ---- */

static guise_token *s_tokens[2];

static void set_blanket(struct arena *a, bool is_bob)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    blanket.authn_level = is_bob ? GUISE_AUTHN_LEVEL_PKT : GUISE_AUTHN_LEVEL_CALL;
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    a->left = guise_request_set_blanket(a->c->request, &blanket, s_tokens[is_bob]);
}

static void check_blanket(struct client *c, guise_call *call)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    if (guise_call_query_blanket(call, &blanket) != GUISE_OK || c->seen == NULL ||
        (guise_token_uid(c->seen) == BOB) != (blanket.authn_level == GUISE_AUTHN_LEVEL_PKT)) {
        abort(); /* a mixture */
    }
}

static void be_alice(struct arena *a)
{
    set_blanket(a, false);
    a->c->in_method = check_blanket;
}

static void be_bob(struct arena *a)
{
    set_blanket(a, true);
}

/* C-10, C-11 */
static int is_one_of_two(struct arena *a)
{
    assert_ok(a->left);
    assert_ok(a->right);
    client_run_next(a->c);
    assert_finishes(a->c, ADD, 0, 3);
    return guise_token_uid(a->c->seen) == BOB;
}

static void a_call_has_one_blanket(void **state)
{
    static const struct duel duel = {"set_blanket, begin", client_setup_queued, be_alice, be_bob,
                                     begin_right,          is_one_of_two,       true,     ROUNDS};

    (void)state;
    run_duel(&duel);
}

/* ---- deadlines ---- */

static void begin_with_a_deadline(struct arena *a)
{
    assert_ok(guise_request_set_deadline(a->c->request, 1));
    begin_hold(a);
}

/* Near the deadline: how long a millisecond is, the rounds before have taught. */
static int s_turns = 20000;

static void answer_near_the_deadline(struct arena *a)
{
    spin(s_turns);
    signal_held(a);
}

static void wait_for_either(struct arena *a)
{
    a->left = guise_request_wait(a->c->request, GUISE_INFINITE);
}

/* K-14 */
static int is_answered_or_late(struct arena *a)
{
    bool is_late = guise_request_is_canceled(a->c->request);

    assert_ok(a->left);
    assert_finishes(a->c, HOLD, is_late ? GUISE_E_TIMEOUT : GUISE_OK, 0);
    assert_int_equal(a->c->released_out, is_late);
    s_turns = is_late ? s_turns - s_turns / 16 - 1 : s_turns + s_turns / 16 + 1;
    return is_late;
}

static void a_deadline_passes_or_not(void **state)
{
    static const struct duel duel = {"deadline, signal",
                                     client_setup_queued,
                                     begin_with_a_deadline,
                                     wait_for_either,
                                     answer_near_the_deadline,
                                     is_answered_or_late,
                                     true,
                                     ROUNDS / 4};

    (void)state;
    run_duel(&duel);
}

/* ---- pools ---- */

static guise_pool *s_pool;

static int setup_with_a_pool(void **state)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;

    desc.threads = 1;
    assert_ok(guise_pool_create(&desc, &s_pool));
    *state = client_create(guise_pool_executor(s_pool));
    return 0;
}

static void take_the_pool(struct arena *a)
{
    a->pool = s_pool;
}

static void close_pool(struct arena *a)
{
    a->left = guise_pool_close(a->pool, 0);
}

/* E-03: run, dropped or refused, and no thread is left. */
static int is_served_or_not(struct arena *a)
{
    bool is_run = a->c->begun == 1;

    assert_ok(a->left);
    if (a->right != GUISE_OK) {
        assert_result(a->right, GUISE_E_DISCONNECTED);
        assert_false(is_run);
        return 1;
    }
    assert_finishes(a->c, ADD, is_run ? GUISE_OK : GUISE_E_DISCONNECTED, is_run ? 3 : 0);
    return 0;
}

/* Before the pool is closed. */
static void begin_in_the_pool(struct arena *a)
{
    take_the_pool(a);
    assert_ok(client_begin_add(a->c, 1, 2, 0));
}

static int is_cancelled_or_served(struct arena *a)
{
    assert_ok(a->left);
    if (a->right == GUISE_OK) {
        assert_finishes(a->c, ADD, GUISE_E_CALL_CANCELED, 0);
    } else {
        assert_result(a->right, GUISE_E_CALL_COMPLETE);
        assert_finishes(a->c, ADD, a->c->begun == 1 ? GUISE_OK : GUISE_E_DISCONNECTED,
                        a->c->begun == 1 ? 3 : 0);
    }
    return 0;
}

static void a_pool_is_closed(void **state)
{
    static const struct duel duels[] = {
        {"close, begin", setup_with_a_pool, take_the_pool, close_pool, begin_right,
         is_served_or_not, true, POOL_ROUNDS},
        {"close, cancel", setup_with_a_pool, begin_in_the_pool, close_pool, cancel_right,
         is_cancelled_or_served, false, POOL_ROUNDS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        run_duel(&duels[i]);
    }
}

/* ---- a crowd ---- */

enum {
    CROWD = 3,
    SHARED = 2,
    TURNS = 20000 / GUISE_TEST_TIME_SCALE,
    LEAVES = 31,
    FORKS = 60 / GUISE_TEST_TIME_SCALE + 20
};

struct crowd {
    guise_proxy *proxy;
    guise_request *shared[SHARED];
    atomic_uint seed, begun, ran, released_in, released_out, finished, cancelled, refused, left;
    atomic_bool released_self, goes_on;
};

static struct crowd s_crowd;

static guise_result serve(guise_call *call, void *self, const void *in, void *out)
{
    struct crowd *crowd = self;
    unsigned number = atomic_fetch_add(&crowd->ran, 1);

    (void)in;
    (void)!guise_impersonate_client();
    if (number % LEAVES == 0) {
        (void)atomic_fetch_add(&crowd->left, 1);
        pthread_exit(NULL);
    }
    *(unsigned *)out = number;
    return number % 5 == 0 ? -5 : guise_call_signal(call);
}

static void release_in(void *in)
{
    (void)in;
    (void)atomic_fetch_add(&s_crowd.released_in, 1);
}

static void release_out(void *out)
{
    (void)out;
    (void)atomic_fetch_add(&s_crowd.released_out, 1);
}

static void release_crowd(void *self)
{
    atomic_store(&((struct crowd *)self)->released_self, true);
}

static void begin_one(struct crowd *crowd, struct wt *w, guise_request *request)
{
    unsigned in = 1;
    guise_result result = guise_request_begin(request, 0, &in, sizeof in);

    if (result == GUISE_OK) {
        (void)atomic_fetch_add(&crowd->begun, 1);
    } else if (result == GUISE_E_OUT_OF_RESOURCES) {
        (void)atomic_fetch_add(&crowd->refused, 1);
    } else {
        WT_CHECK_RESULT(w, result, GUISE_E_CALL_PENDING);
    }
}

static void finish_one(struct crowd *crowd, struct wt *w, guise_request *request, uint32_t timeout)
{
    unsigned out = 0;
    guise_result result = 77;
    guise_result answer = guise_request_finish(request, 0, &out, sizeof out, timeout, &result);

    if (answer == GUISE_OK) {
        (void)atomic_fetch_add(&crowd->finished, 1);
        if (result == GUISE_E_CALL_CANCELED) {
            (void)atomic_fetch_add(&crowd->cancelled, 1);
        }
        WT_CHECK(w, result == GUISE_OK || result == -5 || result == GUISE_E_CALL_CANCELED ||
                        result == GUISE_E_TIMEOUT || result == GUISE_E_SERVER_FAULT);
        WT_CHECK(w, result == GUISE_OK || out == 0);
    } else {
        WT_CHECK(w, answer == GUISE_E_CALL_COMPLETE ||
                        (answer == GUISE_E_CALL_PENDING && timeout != GUISE_INFINITE));
        WT_CHECK(w, result == 77);
    }
}

static void set_something(guise_request *request, unsigned what)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_signal *signal;

    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = what % 2 == 0 ? GUISE_CAP_DYNAMIC_CLOAKING : 0;
    (void)!guise_request_set_blanket(request, &blanket, NULL);
    (void)!guise_request_set_deadline(request, what % 3 == 0 ? 1 : GUISE_INFINITE);
    (void)!guise_request_completion(request, &signal);
}

/* A request of the thread's own, which it abandons. */
static void begin_and_abandon(struct crowd *crowd, struct wt *w)
{
    guise_request *request;

    WT_CHECK_RESULT(w, guise_request_create(crowd->proxy, &request), GUISE_OK);
    begin_one(crowd, w, request);
    guise_request_unref(request);
}

static void do_anything(struct crowd *crowd, struct wt *w, uint64_t *random)
{
    guise_request *request = crowd->shared[random_below(random, SHARED)];

    switch (random_below(random, 10)) {
    case 0:
    case 1:
    case 2:
        begin_one(crowd, w, request);
        break;
    case 3:
    case 4:
        finish_one(crowd, w, request, 0);
        break;
    case 5:
        finish_one(crowd, w, request, GUISE_INFINITE);
        break;
    case 6:
        (void)!guise_request_cancel(request, random_below(random, 2));
        break;
    case 7:
        (void)guise_request_is_canceled(request);
        (void)!guise_request_wait(request, random_below(random, 2));
        break;
    case 8:
        set_something(request, random_below(random, 6));
        break;
    default:
        begin_and_abandon(crowd, w);
        break;
    }
}

/* Has everything happened that a crowd is for? */
static bool has_had_enough(struct crowd *crowd)
{
    return crowd->refused >= ENOUGH && crowd->cancelled >= ENOUGH && crowd->left >= ENOUGH;
}

static bool goes_on(struct crowd *crowd, int turn)
{
    return turn < TURNS || atomic_load(&crowd->goes_on) ||
           (turn < MOST * TURNS && !has_had_enough(crowd));
}

static void be_in_the_crowd(struct wt *w)
{
    struct crowd *crowd = w->arg;
    uint64_t random = 0x9E3779B97F4A7C15u + atomic_fetch_add(&crowd->seed, 1);

    for (int i = 0; goes_on(crowd, i) && w->failed == NULL; i++) {
        do_anything(crowd, w, &random);
    }
}

static guise_object *make_crowds_object(struct crowd *crowd, guise_pool *pool)
{
    static const guise_method method = {serve, sizeof(unsigned), sizeof(unsigned),
                                        NULL,  release_in,       release_out};
    guise_object_desc desc = GUISE_OBJECT_DESC_INIT;
    guise_object *object;

    desc.methods = &method;
    desc.method_count = 1;
    desc.self = crowd;
    desc.release = release_crowd;
    desc.executor = guise_pool_executor(pool);
    assert_ok(guise_object_create(&desc, &object));
    return object;
}

struct world {
    struct wt workers[CROWD];
    guise_pool *pool;
    guise_object *object;
};

static void start_crowd(struct world *world)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;
    struct crowd *crowd = &s_crowd;

    memset(crowd, 0, sizeof *crowd);
    desc.threads = 2;
    desc.limit = 3;
    assert_ok(guise_pool_create(&desc, &world->pool));
    world->object = make_crowds_object(crowd, world->pool);
    assert_ok(guise_proxy_create(world->object, &crowd->proxy));
    for (int i = 0; i < SHARED; i++) {
        assert_ok(guise_request_create(crowd->proxy, &crowd->shared[i]));
    }
    wt_start_all(world->workers, CROWD, be_in_the_crowd, crowd);
}

/* Every call that was begun ran or was withdrawn, and everything is released. */
static void end_crowd(struct world *world)
{
    struct crowd *crowd = &s_crowd;

    wt_join_all(world->workers, CROWD);
    assert_ok(guise_pool_close(world->pool, 0));
    for (int i = 0; i < SHARED; i++) {
        guise_request_unref(crowd->shared[i]);
    }
    guise_proxy_unref(crowd->proxy);
    guise_object_unref(world->object);
    print_message("%u begun, %u refused, %u ran, %u finished, %u cancelled, %u left\n",
                  crowd->begun, crowd->refused, crowd->ran, crowd->finished, crowd->cancelled,
                  crowd->left);
    assert_true(crowd->released_self);
    assert_int_equal(crowd->released_in, crowd->begun + crowd->refused);
    assert_true(crowd->ran <= crowd->begun && crowd->finished <= crowd->begun);
    assert_true(has_had_enough(crowd));
}

static void threads_share_requests(void **state)
{
    struct world world;

    (void)state;
    test_watchdog(300);
    start_crowd(&world);
    end_crowd(&world);
    test_watchdog(0);
}

/* A child waits for none of the parent's threads, wherever they were. */
static void use_a_request_in_a_child(guise_request *request)
{
    unsigned in = 1, out = 0;
    guise_result result = 77;
    guise_result answer = guise_request_wait(request, GUISE_INFINITE);

    CHILD_CHECK(answer == GUISE_OK || answer == GUISE_E_CALL_COMPLETE);
    (void)guise_request_is_canceled(request);
    (void)!guise_request_cancel(request, GUISE_INFINITE);
    answer = guise_request_finish(request, 0, &out, sizeof out, GUISE_INFINITE, &result);
    CHILD_CHECK(answer == GUISE_OK || answer == GUISE_E_CALL_COMPLETE);
    answer = guise_request_begin(request, 0, &in, sizeof in);
    CHILD_CHECK(answer == GUISE_E_CALL_PENDING || answer == GUISE_E_DISCONNECTED);
    s_crowd.finished += result == GUISE_E_DISCONNECTED; /* in the child's copy */
}

static void use_the_crowd_in_a_child(void *arg)
{
    struct world *world = arg;

    (void)alarm(20); /* a child that hangs is killed */
    s_crowd.finished = 0;
    for (int i = 0; i < SHARED; i++) {
        use_a_request_in_a_child(s_crowd.shared[i]);
        guise_request_unref(s_crowd.shared[i]);
    }
    guise_object_disconnect(world->object);
    CHILD_CHECK_RESULT(guise_pool_close(world->pool, GUISE_INFINITE), GUISE_OK);
    (void)!write(*(const int *)s_arena.extra, s_crowd.finished != 0 ? "y" : "n", 1);
}

/* E-05: forked at any moment of what the other threads do. Not below a sanitizer, whose own locks may be held
 * at that moment. */
static void a_crowd_is_forked(void **state)
{
    struct world world;
    char said = 'n';
    int ends[2], met = 0, forks = 0;

    (void)state;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    print_message("SKIPPED: a sanitizer leaves locks of its own held in a child\n");
    skip();
#endif
    test_watchdog(300);
    assert_int_equal(pipe(ends), 0);
    s_arena.extra = &ends[1];
    start_crowd(&world);
    atomic_store(&s_crowd.goes_on, true);
    while (forks < FORKS || (forks < MOST * FORKS && met < ENOUGH)) {
        assert_child_passes(use_the_crowd_in_a_child, &world);
        assert_int_equal(read(ends[0], &said, 1), 1);
        met += said == 'y';
        forks++;
    }
    atomic_store(&s_crowd.goes_on, false);
    end_crowd(&world);
    (void)close(ends[0]);
    (void)close(ends[1]);
    print_message("forked %d times, %d in the middle of a call\n", forks, met);
    assert_true(met >= ENOUGH);
    test_watchdog(0);
}

static int make_tokens(void **state)
{
    for (uid_t i = 0; i < 2; i++) {
        guise_token_desc desc = GUISE_TOKEN_DESC_INIT;

        desc.uid = ALICE + i;
        desc.gid = ALICE + i;
        desc.level = GUISE_LEVEL_IMPERSONATE;
        assert_ok(guise_token_create(&desc, &s_tokens[i]));
    }
    (void)state;
    return 0;
}

static int drop_tokens(void **state)
{
    (void)state;
    guise_token_unref(s_tokens[0]);
    guise_token_unref(s_tokens[1]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_has_one_end),         cmocka_unit_test(a_request_has_one_answer),
        cmocka_unit_test(a_begin_is_refused_or_not), cmocka_unit_test(everything_goes_once),
        cmocka_unit_test(a_call_has_one_blanket),    cmocka_unit_test(a_deadline_passes_or_not),
        cmocka_unit_test(a_pool_is_closed),          cmocka_unit_test(threads_share_requests),
        cmocka_unit_test(a_crowd_is_forked),
    };

    if (!has_two_processors()) {
        test_skip_program("needs two processors");
    }
    test_use_emulated();
    return cmocka_run_group_tests_name("client_race", tests, make_tokens, drop_tokens);
}
