/* SPDX-License-Identifier: MIT */
/*
 * The checker's own tests: the classical litmus tests, with the number of executions that C11
 * allows (as RC11, "Repairing Sequential Consistency in C/C++11", Lahav et al. 2017) counted by
 * hand, and whether one of them has the outcome that the test is about.
 */
#include "litmus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "checker.h"

enum { X, Y, Z };

/* The orders of the stores, the loads and the updates in the test that is running. */
static enum order s_store, s_load, s_update;
static bool s_seen;

#define STORE_ORDER ORDER(s_store)
#define LOAD_ORDER ORDER(s_load)
#define UPDATE_ORDER ORDER(s_update)
#define RLX ORDER(RELAXED)

static void see(bool outcome)
{
    s_seen = s_seen || outcome;
}

/* ---- SB: each stores, then reads the other's place. Outcome: neither sees the other ---- */

static void sb_0(void)
{
    store(X, 1, STORE_ORDER);
    registers[0] = load(Y, LOAD_ORDER);
}

static void sb_1(void)
{
    store(Y, 1, STORE_ORDER);
    registers[1] = load(X, LOAD_ORDER);
}

static void both_zero(void)
{
    see(registers[0] == 0 && registers[1] == 0);
}

/* The same with updates, each of which reads and writes. */
static void sb_update_0(void)
{
    (void)fetch_or(X, 1, UPDATE_ORDER);
    registers[0] = load(Y, LOAD_ORDER);
}

static void sb_update_1(void)
{
    (void)fetch_or(Y, 1, UPDATE_ORDER);
    registers[1] = load(X, LOAD_ORDER);
}

/* ---- MP: a message, then a flag. Outcome: the flag without the message ---- */

static void mp_0(void)
{
    store(X, 1, RLX);
    store(Y, 1, STORE_ORDER);
}

static void mp_1(void)
{
    registers[0] = load(Y, LOAD_ORDER);
    registers[1] = load(X, RLX);
}

static void flag_alone(void)
{
    see(registers[0] != 0 && registers[1] == 0);
}

/* MP with a message that is not atomic. */
static void mp_plain_0(void)
{
    write_plain(X, 1);
    store(Y, 1, STORE_ORDER);
}

static void mp_plain_1(void)
{
    registers[0] = load(Y, LOAD_ORDER);
    registers[1] = registers[0] != 0 ? read_plain(X) : 1;
}

/* MP in which another thread's update raises the flag once more: a release sequence. */
static void mp_update(void)
{
    (void)fetch_add(Y, 1, UPDATE_ORDER);
}

static void mp_1_second(void)
{
    registers[0] = load(Y, LOAD_ORDER) == 2;
    registers[1] = load(X, RLX);
}

/* MP in which the same thread writes the flag once more: no release sequence since C++20. */
static void mp_0_again(void)
{
    store(X, 1, RLX);
    store(Y, 1, STORE_ORDER);
    store(Y, 2, RLX);
}

/* ---- LB: each reads, then stores to the other's place. Outcome: both see the other ---- */

static void lb_0(void)
{
    registers[0] = load(X, LOAD_ORDER);
    store(Y, 1, STORE_ORDER);
}

static void lb_1(void)
{
    registers[1] = load(Y, LOAD_ORDER);
    store(X, 1, STORE_ORDER);
}

static void both_one(void)
{
    see(registers[0] == 1 && registers[1] == 1);
}

/* ---- IRIW: two writers, and two readers. Outcome: they disagree which came first ---- */

static void write_x(void)
{
    store(X, 1, STORE_ORDER);
}

static void write_y(void)
{
    store(Y, 1, STORE_ORDER);
}

static void read_x_y(void)
{
    registers[0] = load(X, LOAD_ORDER);
    registers[1] = load(Y, LOAD_ORDER);
}

static void read_y_x(void)
{
    registers[2] = load(Y, LOAD_ORDER);
    registers[3] = load(X, LOAD_ORDER);
}

static void disagree(void)
{
    see(registers[0] == 1 && registers[1] == 0 && registers[2] == 1 && registers[3] == 0);
}

/* ---- WRC: written, read and passed on, read. Outcome: passed on without what was read ---- */

static void wrc_1(void)
{
    registers[0] = load(X, LOAD_ORDER);
    store(Y, 1, STORE_ORDER);
}

static void wrc_2(void)
{
    registers[1] = load(Y, LOAD_ORDER);
    registers[2] = load(X, RLX);
}

static void passed_alone(void)
{
    see(registers[0] == 1 && registers[1] == 1 && registers[2] == 0);
}

/* ---- 2+2W: both write both, the other way round. Outcome: the first writes come last ---- */

static void two_writes_0(void)
{
    store(X, 1, STORE_ORDER);
    store(Y, 2, STORE_ORDER);
}

static void two_writes_1(void)
{
    store(Y, 1, STORE_ORDER);
    store(X, 2, STORE_ORDER);
}

static void first_last(void)
{
    see(final_value(X) == 1 && final_value(Y) == 1);
}

/* ---- where seq_cst is mixed with weaker orders, and RC11 says less than C11 did at first ---- */

#define ACQ ORDER(ACQUIRE)
#define SC ORDER(SEQ_CST)

static void acquire_x_read_y(void)
{
    registers[0] = load(X, ACQ);
    registers[1] = load(Y, SC);
}

static void acquire_y_read_x(void)
{
    registers[2] = load(Y, ACQ);
    registers[3] = load(X, SC);
}

/* Z6.U */
static void z6_0(void)
{
    store(X, 1, SC);
    store(Y, 1, ORDER(RELEASE));
}

static void z6_1(void)
{
    registers[0] = fetch_add(Y, 1, SC);
    registers[1] = load(Y, RLX);
}

static void z6_2(void)
{
    store(Y, 3, SC);
    registers[2] = load(X, SC);
}

static void z6_outcome(void)
{
    see(registers[0] == 1 && registers[1] == 3 && registers[2] == 0);
}

/* SB in which a third thread reads in the first one's place, once it has read Z. */
static void sb_passed_0(void)
{
    store(X, 1, SC);
    store(Z, 3, STORE_ORDER);
}

static void sb_passed_1(void)
{
    registers[0] = load(Z, ACQ);
    registers[1] = load(Y, SC);
}

static void sb_passed_2(void)
{
    store(Y, 1, SC);
    registers[2] = load(X, SC);
}

static void sb_passed_outcome(void)
{
    see(registers[0] == 3 && registers[1] == 0 && registers[2] == 0);
}

/* R: the second write to Y comes last, and its thread misses the write to X before the first. */
static void r_0(void)
{
    store(X, 1, SC);
    store(Y, 1, STORE_ORDER);
}

static void r_1(void)
{
    store(Y, 2, SC);
    registers[0] = load(X, SC);
}

static void r_outcome(void)
{
    see(registers[0] == 0 && final_value(Y) == 2);
}

/* S: what is written after a message was read comes after what was written before it was sent. */
static void s_0(void)
{
    store(X, 2, RLX);
    store(Y, 1, STORE_ORDER);
}

static void s_1(void)
{
    registers[0] = load(Y, LOAD_ORDER);
    store(X, 1, RLX);
}

static void s_outcome(void)
{
    see(registers[0] == 1 && final_value(X) == 2);
}

/* ---- coherence: a place has one order, the same for every thread ---- */

static void read_x_twice(void)
{
    registers[0] = load(X, LOAD_ORDER);
    registers[1] = load(X, LOAD_ORDER);
}

static void backwards(void)
{
    see(registers[0] == 1 && registers[1] == 0);
}

static void write_x_2(void)
{
    store(X, 2, STORE_ORDER);
}

static void read_x_twice_too(void)
{
    registers[2] = load(X, LOAD_ORDER);
    registers[3] = load(X, LOAD_ORDER);
}

static void two_orders(void)
{
    see(registers[0] == 1 && registers[1] == 2 && registers[2] == 2 && registers[3] == 1);
}

/* Reads what it writes only later (CoRW1), or its own write and then an older one (CoWR). */
static void read_then_write_x(void)
{
    registers[0] = load(X, LOAD_ORDER);
    store(X, 1, STORE_ORDER);
}

static void sees_one(void)
{
    see(registers[0] == 1);
}

static void write_then_read_x(void)
{
    store(X, 1, STORE_ORDER);
    registers[0] = load(X, LOAD_ORDER);
}

static void sees_zero(void)
{
    see(registers[0] == 0);
}

/* ---- updates ---- */

static void add_x(void)
{
    (void)fetch_add(X, 1, UPDATE_ORDER);
}

static void loses_one(void)
{
    see(final_value(X) != 2);
}

static void take_0(void)
{
    uint64_t seen = 0;

    registers[0] = compare_exchange(X, &seen, 1, UPDATE_ORDER, RLX);
}

static void take_1(void)
{
    uint64_t seen = 0;

    registers[1] = compare_exchange(X, &seen, 2, UPDATE_ORDER, RLX);
}

/* ---- waiting, and the end of a life ---- */

static void write_flag(void)
{
    write_plain(X, 1);
    store(Y, 1, STORE_ORDER);
}

static void await_flag(void)
{
    (void)await(Y, 1, 1, LOAD_ORDER);
    registers[0] = read_plain(X);
}

static void await_both(void)
{
    (void)await(Y, 3, 3, LOAD_ORDER);
}

static void use_and_drop(void)
{
    (void)load(X, RLX);
    if (fetch_sub(Z, 1, UPDATE_ORDER) == 1) {
        free_places(X, Z);
    }
}

static void drop_and_use(void)
{
    if (fetch_sub(Z, 1, UPDATE_ORDER) == 1) {
        free_places(X, Z);
    }
    (void)load(X, RLX);
}

/* ---- the list ---- */

struct litmus {
    const char *name;
    void (*threads[THREADS_MAX])(void);
    void (*outcome)(void); /* notes whether this execution has the outcome */
    enum order stores, loads, updates;
    const char *broken; /* the promise that must break; the executions are not counted then */
    uint64_t executions;
    bool allowed; /* whether the outcome is possible */
};

static const struct litmus tests[] = {
    {"SB relaxed", {sb_0, sb_1}, both_zero, RELAXED, RELAXED, 0, .executions = 4, .allowed = true},
    {"SB release, acquire",
     {sb_0, sb_1},
     both_zero,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 4,
     .allowed = true},
    {"SB seq_cst", {sb_0, sb_1}, both_zero, SEQ_CST, SEQ_CST, 0, .executions = 3, .allowed = false},
    {"SB seq_cst, loads acquire",
     {sb_0, sb_1},
     both_zero,
     SEQ_CST,
     ACQUIRE,
     0,
     .executions = 4,
     .allowed = true},
    {"SB seq_cst, stores release",
     {sb_0, sb_1},
     both_zero,
     RELEASE,
     SEQ_CST,
     0,
     .executions = 4,
     .allowed = true},
    {"SB updates acq_rel",
     {sb_update_0, sb_update_1},
     both_zero,
     0,
     SEQ_CST,
     ACQ_REL,
     .executions = 4,
     .allowed = true},
    {"SB updates seq_cst",
     {sb_update_0, sb_update_1},
     both_zero,
     0,
     SEQ_CST,
     SEQ_CST,
     .executions = 3,
     .allowed = false},
    {"MP relaxed", {mp_0, mp_1}, flag_alone, RELAXED, RELAXED, 0, .executions = 4, .allowed = true},
    {"MP release, relaxed",
     {mp_0, mp_1},
     flag_alone,
     RELEASE,
     RELAXED,
     0,
     .executions = 4,
     .allowed = true},
    {"MP relaxed, acquire",
     {mp_0, mp_1},
     flag_alone,
     RELAXED,
     ACQUIRE,
     0,
     .executions = 4,
     .allowed = true},
    {"MP release, acquire",
     {mp_0, mp_1},
     flag_alone,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 3,
     .allowed = false},
    {"MP plain, release, acquire",
     {mp_plain_0, mp_plain_1},
     flag_alone,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 2,
     .allowed = false},
    {"MP plain, release, relaxed",
     {mp_plain_0, mp_plain_1},
     flag_alone,
     RELEASE,
     RELAXED,
     0,
     .broken = "no data race"},
    {"MP plain, relaxed, acquire",
     {mp_plain_0, mp_plain_1},
     flag_alone,
     RELAXED,
     ACQUIRE,
     0,
     .broken = "no data race"},
    {"MP by an update, relaxed",
     {mp_0, mp_update, mp_1_second},
     flag_alone,
     RELEASE,
     ACQUIRE,
     RELAXED,
     .executions = 9,
     .allowed = false},
    {"MP by an update of nothing",
     {mp_0, mp_update, mp_1_second},
     flag_alone,
     RELAXED,
     ACQUIRE,
     RELAXED,
     .executions = 12,
     .allowed = true},
    {"MP written again, relaxed",
     {mp_0_again, mp_1_second},
     flag_alone,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 5,
     .allowed = true},
    {"LB relaxed", {lb_0, lb_1}, both_one, RELAXED, RELAXED, 0, .executions = 3, .allowed = false},
    {"LB seq_cst", {lb_0, lb_1}, both_one, SEQ_CST, SEQ_CST, 0, .executions = 3, .allowed = false},
    {"IRIW relaxed",
     {write_x, write_y, read_x_y, read_y_x},
     disagree,
     RELAXED,
     RELAXED,
     0,
     .executions = 16,
     .allowed = true},
    {"IRIW release, acquire",
     {write_x, write_y, read_x_y, read_y_x},
     disagree,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 16,
     .allowed = true},
    {"IRIW seq_cst",
     {write_x, write_y, read_x_y, read_y_x},
     disagree,
     SEQ_CST,
     SEQ_CST,
     0,
     .executions = 15,
     .allowed = false},
    {"WRC relaxed",
     {write_x, wrc_1, wrc_2},
     passed_alone,
     RELAXED,
     RELAXED,
     0,
     .executions = 8,
     .allowed = true},
    {"WRC release, acquire",
     {write_x, wrc_1, wrc_2},
     passed_alone,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 7,
     .allowed = false},
    {"2+2W relaxed",
     {two_writes_0, two_writes_1},
     first_last,
     RELAXED,
     0,
     0,
     .executions = 4,
     .allowed = true},
    {"2+2W release",
     {two_writes_0, two_writes_1},
     first_last,
     RELEASE,
     0,
     0,
     .executions = 4,
     .allowed = true},
    {"2+2W seq_cst",
     {two_writes_0, two_writes_1},
     first_last,
     SEQ_CST,
     0,
     0,
     .executions = 3,
     .allowed = false},
    {"IRIW of acquire, then seq_cst",
     {write_x, acquire_x_read_y, acquire_y_read_x, write_y},
     disagree,
     SEQ_CST,
     0,
     0,
     .executions = 16,
     .allowed = true},
    {"Z6.U", {z6_0, z6_1, z6_2}, z6_outcome, 0, 0, 0, .executions = 24, .allowed = true},
    {"SB passed on, release",
     {sb_passed_0, sb_passed_1, sb_passed_2},
     sb_passed_outcome,
     RELEASE,
     0,
     0,
     .executions = 7,
     .allowed = false},
    {"SB passed on, relaxed",
     {sb_passed_0, sb_passed_1, sb_passed_2},
     sb_passed_outcome,
     RELAXED,
     0,
     0,
     .executions = 8,
     .allowed = true},
    {"R seq_cst", {r_0, r_1}, r_outcome, SEQ_CST, 0, 0, .executions = 3, .allowed = false},
    {"R release", {r_0, r_1}, r_outcome, RELEASE, 0, 0, .executions = 4, .allowed = true},
    {"S release, acquire",
     {s_0, s_1},
     s_outcome,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 3,
     .allowed = false},
    {"S relaxed, acquire",
     {s_0, s_1},
     s_outcome,
     RELAXED,
     ACQUIRE,
     0,
     .executions = 4,
     .allowed = true},
    {"CoRR",
     {write_x, read_x_twice},
     backwards,
     RELAXED,
     RELAXED,
     0,
     .executions = 3,
     .allowed = false},
    {"CoRR of two writers",
     {write_x, write_x_2, read_x_twice, read_x_twice_too},
     two_orders,
     RELAXED,
     RELAXED,
     0,
     .executions = 72,
     .allowed = false},
    {"CoRW", {read_then_write_x}, sees_one, RELAXED, RELAXED, 0, .executions = 1, .allowed = false},
    {"CoWR",
     {write_then_read_x, write_x_2},
     sees_zero,
     RELAXED,
     RELAXED,
     0,
     .executions = 3,
     .allowed = false},
    {"atomicity of two adds",
     {add_x, add_x},
     loses_one,
     0,
     0,
     RELAXED,
     .executions = 2,
     .allowed = false},
    {"atomicity of three adds",
     {add_x, add_x, add_x},
     sees_one,
     0,
     0,
     RELAXED,
     .executions = 6,
     .allowed = false},
    {"atomicity of a compare-exchange",
     {take_0, take_1},
     both_one,
     0,
     0,
     RELAXED,
     .executions = 2,
     .allowed = false},
    {"waiting, release, acquire",
     {write_flag, await_flag},
     sees_zero,
     RELEASE,
     ACQUIRE,
     0,
     .executions = 1,
     .allowed = false},
    {"waiting, relaxed",
     {write_flag, await_flag},
     sees_zero,
     RELEASE,
     RELAXED,
     0,
     .broken = "no data race"},
    {"waiting in vain",
     {write_flag, await_both},
     sees_one,
     RELEASE,
     ACQUIRE,
     0,
     .broken = "no thread waits for ever"},
    {"freed by the last, acq_rel",
     {use_and_drop, use_and_drop},
     sees_one,
     0,
     0,
     ACQ_REL,
     .executions = 2,
     .allowed = false},
    {"freed by the last, acquire",
     {use_and_drop, use_and_drop},
     sees_one,
     0,
     0,
     ACQUIRE,
     .broken = "all use is over before it is freed"},
    {"freed by the last, release",
     {use_and_drop, use_and_drop},
     sees_one,
     0,
     0,
     RELEASE,
     .broken = "all use is over before it is freed"},
    {"used after the last",
     {drop_and_use},
     sees_one,
     0,
     0,
     ACQ_REL,
     .broken = "not used after it is freed"},
};

static struct verdict run_litmus(const struct litmus *test)
{
    struct scenario scenario = {.name = test->name, .check = test->outcome};

    memcpy(scenario.threads, test->threads, sizeof scenario.threads);
    scenario.initial[Z] =
        test->threads[1] == NULL ? 1 : 2; /* the references that the threads of this test drop */
    s_store = test->stores;
    s_load = test->loads;
    s_update = test->updates;
    s_seen = false;
    return run_scenario(&scenario);
}

static bool is_as_it_should_be(const struct litmus *test, const struct verdict *verdict)
{
    if (test->broken != NULL || verdict->broken != NULL) {
        return test->broken != NULL && verdict->broken != NULL &&
               strcmp(test->broken, verdict->broken) == 0;
    }
    return verdict->executions == test->executions && s_seen == test->allowed;
}

static bool check_litmus(const struct litmus *test)
{
    struct verdict verdict = run_litmus(test);

    if (is_as_it_should_be(test, &verdict)) {
        return true;
    }
    printf("litmus: %s: %" PRIu64 " executions, outcome %s, broken: %s\n", test->name,
           verdict.executions, s_seen ? "allowed" : "forbidden",
           verdict.broken == NULL ? "nothing" : verdict.broken);
    return false;
}

bool run_all_litmus(void)
{
    unsigned wrong = 0, count = sizeof tests / sizeof *tests;

    for (unsigned i = 0; i < count; i++) {
        wrong += !check_litmus(&tests[i]);
    }
    printf("litmus: %u of %u as they should be\n", count - wrong, count);
    return wrong == 0;
}
