/* SPDX-License-Identifier: MIT */
/*
 * Signal against impersonation: threads become a call's client and revert, in frames and outside,
 * while one thread signals that call and another waits for it. Every event takes a number from one
 * counter: an impersonation before it starts, Signal after it has returned, the waiter after it has
 * seen the signal. No impersonation that succeeded may have a higher number than either. A provider
 * of ours takes one more, when the token is on: that may not be higher either.
 *
 * The test is worth something only if attempts and Signal really meet. What is counted, and must
 * have happened: in one thread, a success that ended after Signal began followed by a refusal that
 * started before Signal returned; and, where a provider of ours can see it, refusals of attempts
 * that were the client already (applied, then undone).
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/kernel.h"
#include "support/wt.h"

enum {
    WORKERS = 4,
    ROUNDS = 10000 / GUISE_TEST_TIME_SCALE,
    CLIENT = 50001,
    BREATH = 32, /* attempts before others get a turn: there may be fewer processors than threads */
    ENOUGH = 10, /* really close rounds; without them the test fails */
    AFTERWARDS = 3 /* further attempts after the first refusal */
};

/* ---- the provider that counts ---------------------------------------------------------------- */

static _Atomic uint64_t s_clock;
static _Thread_local unsigned tl_entered;
static _Thread_local uint64_t tl_entered_at; /* last seen as the client; 0: never */
static const guise_provider *s_beneath;      /* NULL: nothing is asked of the kernel */
static bool s_gives_way;                     /* in this round; written between rounds */
static char s_dummy;

static guise_result counting_probe(const guise_provider *self)
{
    (void)self;
    return s_beneath == NULL ? GUISE_OK : s_beneath->probe(s_beneath);
}

static guise_result counting_prepare(const guise_provider *self, const guise_token *token,
                                     void **prepared)
{
    (void)self;
    *prepared = &s_dummy;
    return s_beneath == NULL ? GUISE_OK : s_beneath->prepare(s_beneath, token, prepared);
}

static void counting_discard(const guise_provider *self, void *prepared)
{
    (void)self;
    if (s_beneath != NULL) {
        s_beneath->discard(s_beneath, prepared);
    }
}

static uint64_t tick(void)
{
    return 1 + atomic_fetch_add_explicit(&s_clock, 1, memory_order_seq_cst);
}

/* In some rounds, now and then, others get a turn in the middle of an impersonation, before or
 * after the kernel's part: where the processors are few or busy it would hardly ever be met there.
 */
static guise_result counting_enter(const guise_provider *self, const void *prepared)
{
    guise_result result;

    (void)self;
    tl_entered++;
    if (s_gives_way && tl_entered % 8 == 0) {
        (void)sched_yield();
    }
    result = s_beneath == NULL ? GUISE_OK : s_beneath->enter(s_beneath, prepared);
    if (s_gives_way && tl_entered % 8 == 4) {
        (void)sched_yield();
    }
    tl_entered_at = tick();
    return result;
}

static void counting_leave(const guise_provider *self, const void *prepared)
{
    (void)self;
    if (s_beneath != NULL) {
        s_beneath->leave(s_beneath, prepared);
    }
}

static guise_result counting_verify(const guise_provider *self, const void *prepared)
{
    (void)self;
    return s_beneath == NULL ? GUISE_OK : s_beneath->verify(s_beneath, prepared);
}

static const guise_provider s_counting = {
    .size = sizeof s_counting,
    .name = "counting",
    .probe = counting_probe,
    .prepare = counting_prepare,
    .discard = counting_discard,
    .enter = counting_enter,
    .leave = counting_leave,
    .verify = counting_verify,
};

/* ---- one round ------------------------------------------------------------------------------- */

enum kind { FOREIGN, FRAME_FOR_EACH, ONE_FRAME, KINDS };

/* What one thread saw of a round; read by the referee after the barrier. */
struct sight {
    uint64_t last_start, last_end; /* of the last success; 0: there was none */
    uint64_t last_entered;         /* when its token was put on, if the provider tells */
    uint64_t refused_start;        /* of the first refusal */
    enum kind kind;                /* how it went about it */
    bool undone;                   /* the first refusal was of one that was the client already */
};

struct round {
    struct wt_barrier start, end;
    unsigned active;   /* workers that take part: also one alone, so that two processors suffice */
    atomic_uint ready; /* of those, under way */
    bool over;         /* no more rounds; written between rounds */
    guise_call *call;
    struct sight sights[WORKERS];
    uint64_t signal_begun, signal_returned, seen;
};

/* Over all rounds. */
struct tally {
    unsigned long successes, rounds, close, overlapped, undone, undone_kinds[KINDS];
};

static struct round s_round;
static struct tally s_tally;
static bool s_kernel;

static void must_be_uid(uid_t expected)
{
    unsigned real = 0, effective = 0, saved = 0;

    if (s_kernel) {
        CHILD_CHECK(syscall(NR_GETRESUID, &real, &effective, &saved) == 0);
        CHILD_CHECK(effective == expected);
    }
}

/* Success: true, and the thread is self again. */
static bool attempt(guise_call *call, struct sight *sight)
{
    unsigned entered = tl_entered;
    uint64_t start = tick();
    guise_result result = guise_call_impersonate(call);

    if (result == GUISE_OK) {
        sight->last_start = start;
        sight->last_end = tick();
        sight->last_entered = tl_entered_at;
        must_be_uid(CLIENT);
        CHILD_CHECK(guise_is_impersonating() && guise_thread_token() != NULL);
        CHILD_OK(guise_revert_to_self());
        return true;
    }
    CHILD_CHECK_RESULT(result, GUISE_E_CALL_COMPLETE);
    CHILD_CHECK(!guise_is_impersonating() && guise_thread_token() == NULL); /* N-04 */
    must_be_uid(0);
    if (sight->refused_start == 0) {
        sight->refused_start = start;
        sight->undone = tl_entered != entered;
    }
    return false;
}

static guise_result attempt_in_frame(guise_call *call, void *sight)
{
    return attempt(call, sight) ? GUISE_OK : GUISE_E_CALL_COMPLETE;
}

static bool attempt_as(enum kind kind, guise_call *call, struct sight *sight)
{
    if (kind == FRAME_FOR_EACH) {
        return guise_call_run(call, attempt_in_frame, sight) == GUISE_OK;
    }
    return attempt(call, sight);
}

/* Until it is refused, and then it stays refused (L-4). */
static void attempt_all(enum kind kind, guise_call *call, struct sight *sight)
{
    sight->kind = kind;
    (void)atomic_fetch_add_explicit(&s_round.ready, 1, memory_order_relaxed);
    for (unsigned i = 1; attempt_as(kind, call, sight); i++) {
        if (i % BREATH == 0 && s_round.active > 1) {
            (void)sched_yield();
        }
    }
    for (unsigned i = 0; i < AFTERWARDS; i++) {
        CHILD_CHECK(!attempt_as(kind, call, sight));
    }
}

static guise_result attempt_all_in_one_frame(guise_call *call, void *sight)
{
    attempt_all(ONE_FRAME, call, sight);
    return GUISE_OK;
}

/* ---- the threads ----------------------------------------------------------------------------- */

static void take_part(enum kind kind, struct sight *sight)
{
    if (kind == ONE_FRAME) {
        CHILD_OK(guise_call_run(s_round.call, attempt_all_in_one_frame, sight));
    } else {
        attempt_all(kind, s_round.call, sight);
    }
}

static void *worker(void *arg)
{
    unsigned index = (unsigned)(uintptr_t)arg;

    for (unsigned round = index;; round++) {
        enum kind kind = (enum kind)(round / WORKERS % KINDS);
        struct sight *sight = &s_round.sights[index];

        wt_barrier_wait(&s_round.start);
        if (s_round.over) {
            return NULL;
        }
        if (index < s_round.active) {
            take_part(kind, sight);
        }
        wt_barrier_wait(&s_round.end);
    }
}

static void *waiter(void *arg)
{
    (void)arg;
    for (;;) {
        wt_barrier_wait(&s_round.start);
        if (s_round.over) {
            return NULL;
        }
        CHILD_OK(guise_call_wait(s_round.call, GUISE_INFINITE));
        s_round.seen = tick();
        wt_barrier_wait(&s_round.end);
    }
}

/* At a moment that differs from round to round, once a thread has begun. */
static void signal_somewhen(unsigned delay)
{
    for (unsigned i = 1; atomic_load_explicit(&s_round.ready, memory_order_relaxed) == 0; i++) {
        if (i % 1000 == 0) {
            (void)sched_yield();
        }
    }
    for (unsigned i = 0; i < delay; i++) {
        atomic_signal_fence(memory_order_seq_cst);
    }
    s_round.signal_begun = tick();
    CHILD_OK(guise_call_signal(s_round.call));
    s_round.signal_returned = tick();
}

/* ---- the referee ----------------------------------------------------------------------------- */

/* L-1, L-2, L-3 */
static void judge_sight(const struct sight *sight)
{
    CHILD_CHECK(sight->last_start < s_round.signal_returned);
    CHILD_CHECK(sight->last_start < s_round.seen);
    /* Nor one that started before, but became the client only after. */
    CHILD_CHECK(sight->last_entered < s_round.signal_returned);
    CHILD_CHECK(sight->last_entered < s_round.seen);
}

static void judge_round(void)
{
    bool close = false, undone = false, overlapped = false;

    for (unsigned i = 0; i < s_round.active; i++) {
        const struct sight *sight = &s_round.sights[i];

        judge_sight(sight);
        s_tally.successes += sight->last_start != 0;
        overlapped |= sight->last_end > s_round.signal_begun;
        undone |= sight->undone;
        s_tally.undone_kinds[sight->kind] += sight->undone;
        close |= sight->last_end > s_round.signal_begun &&
                 sight->refused_start < s_round.signal_returned;
    }
    s_tally.rounds++;
    /* Closest of all: on already when the call completed, and off again without ever being granted. */
    s_tally.close += close || undone;
    s_tally.undone += undone;
    s_tally.overlapped += overlapped;
}

/* Makes Signal long, so that others are refused before it has returned. */
static void give_way(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    (void)result;
    (void)arg;
    (void)sched_yield();
}

static void play_round(guise_context *context, unsigned round)
{
    CHILD_OK(guise_call_create(context, &s_round.call));
    if (round % 5 < 3) {
        CHILD_OK(guise_call_on_complete(s_round.call, give_way, NULL));
    }
    s_gives_way = round % 7 < 2;
    memset(s_round.sights, 0, sizeof s_round.sights);
    s_round.active = 1 + round % WORKERS;
    atomic_store_explicit(&s_round.ready, 0, memory_order_relaxed);
    wt_barrier_wait(&s_round.start);
    signal_somewhen((round * 37u) % 1000u);
    wt_barrier_wait(&s_round.end);
    judge_round();
    guise_call_unref(s_round.call);
}

static guise_context *make_context(void)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_PKT};
    guise_token *token = client_token(CLIENT, CLIENT, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    guise_context *context = NULL;

    CHILD_OK(guise_context_create(&blanket, token, &context));
    guise_token_unref(token);
    return context;
}

static void play(unsigned rounds)
{
    guise_context *context = make_context();
    pthread_t threads[WORKERS + 1];

    wt_barrier_init(&s_round.start, WORKERS + 2);
    wt_barrier_init(&s_round.end, WORKERS + 2);
    for (uintptr_t i = 0; i < WORKERS; i++) {
        CHILD_CHECK(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
    }
    CHILD_CHECK(pthread_create(&threads[WORKERS], NULL, waiter, NULL) == 0);
    /* Longer where the processors are busy with others and the two hardly meet. */
    for (unsigned round = 0; round < rounds || (s_tally.close < ENOUGH && round < 5 * rounds);
         round++) {
        play_round(context, round);
    }
    s_round.over = true;
    wt_barrier_wait(&s_round.start);
    for (unsigned i = 0; i <= WORKERS; i++) {
        CHILD_CHECK(pthread_join(threads[i], NULL) == 0);
    }
    guise_context_unref(context);
    (void)printf("%lu rounds; in %lu a success overlapped Signal, %lu were really close, in %lu an "
                 "attempt was undone; %lu threads "
                 "succeeded at least once in a round\n",
                 s_tally.rounds, s_tally.overlapped, s_tally.close, s_tally.undone,
                 s_tally.successes);
    (void)fflush(stdout);
}

/* ---- the cast -------------------------------------------------------------------------------- */

static void race_emulated(void *arg)
{
    (void)arg;
    test_watchdog(240);
    test_use_emulated();
    play(ROUNDS);
    CHILD_CHECK(s_tally.close >= ENOUGH);
    child_pass();
}

static void must_have_been_undone(void)
{
    CHILD_CHECK(s_tally.close >= ENOUGH);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        CHILD_CHECK(s_tally.undone_kinds[kind] >= ENOUGH);
    }
}

static void race_counting(void *arg)
{
    (void)arg;
    test_watchdog(240);
    CHILD_OK(guise_use_provider(&s_counting));
    play(ROUNDS);
    must_have_been_undone();
    child_pass();
}

static void race_kernel(void *arg)
{
    guise_result result;

    (void)arg;
    test_watchdog(240);
    s_beneath = guise_provider_linux();
    s_kernel = true;
    result = guise_use_provider(&s_counting);
    if (result == GUISE_E_NOT_SUPPORTED) {
        child_skip("built without the linux provider");
    }
    CHILD_OK(result);
    play(ROUNDS / 2);
    must_have_been_undone();
    child_pass();
}

/* L-1, L-2, L-3, L-4, N-01, N-05 */
static void race_v_46_slot(void **state)
{
    (void)state;
    assert_child_passes(race_emulated, NULL);
}

/* L-1: apply, then validate; an attempt that was the client already is undone. */
static void race_v_46_undone(void **state)
{
    (void)state;
    assert_child_passes(race_counting, NULL);
}

/* L-1, L-2, L-3, L-4, N-01, N-05, as the kernel sees it. */
static void race_v_46_kernel(void **state)
{
    (void)state;
    require_root();
    assert_child_passes(race_kernel, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(race_v_46_slot),
        cmocka_unit_test(race_v_46_undone),
        cmocka_unit_test(race_v_46_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
