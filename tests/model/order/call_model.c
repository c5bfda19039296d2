/* SPDX-License-Identifier: MIT */
/*
 * src/call: the state word and what changes it. The word is the code's, with smaller numbers.
 * Every thread here owns a reference, and drops it at the end.
 */
#include "model.h"

/* The call, from here to CALL_END. */
enum { STATE, FN, BESIDE, COMPLETION, LATCH, CLIENT, CALL_END = CLIENT };
/* Its signal, which one of two threads makes; what is done for the call; the list of unframed.c. */
enum { SIGNAL_1 = CALL_END + 1, BODY_1, SIGNAL_2, BODY_2 };
enum {
    DONE_0 = BODY_2 + 1,
    DONE_1,
    ARGUMENT_1,
    REPLY,
    LIST_MUTEX,
    LISTED,
    COUNTED,
    SIGNAL_RETURNED
};
enum {
    IS_KEPT = SIGNAL_RETURNED + 1,
    KEPT,
    ARGUMENT_2,
    BESIDE_1,
    BESIDE_2
}; /* IS_KEPT: the function hands the call to another thread; KEPT: it has done so */

enum {
    DISPATCHED = 1,
    COMPLETED = 2,
    ANNOUNCED = 4,
    CLAIMED = 8,
    HAS_FUNCTION = 16,
    HAS_SIGNAL = 32,
    WAITERS = 64,
    FINISHING = 128,
    UNFRAMED = 256,
    CANCELED = 512,
    RESULT = 1024,
    RESULT_MASK = 3 * RESULT,
    REFERENCE = 4096
};
enum { SET = 1 };
enum { DISCONNECTED = 3 }; /* the result of a call that its last owner drops */

/* The registers that the check reads. */
enum { FREED, RUNS, REGISTERED, GRANTED, RAN, WINNER };

static uint64_t references(uint64_t state)
{
    return state / REFERENCE;
}

static uint64_t result_of(uint64_t state)
{
    return (state & RESULT_MASK) / RESULT;
}

static uint64_t load_state(void)
{
    return load(STATE, call_load);
}

static bool step(uint64_t *seen, uint64_t next)
{
    return compare_exchange(STATE, seen, next, call_step, call_step_failed);
}

/* ---- life ---- */

static void destroy(void)
{
    uint64_t beside;

    promise(load(COMPLETION, call_destroy_completion) == final_value(COMPLETION),
            "the signal is dropped with its call");
    beside = load(BESIDE, call_destroy_beside);
    promise(beside == final_value(BESIDE), "what is beside is freed with its call");
    if (beside != 0) {
        free_places((int)beside, (int)beside);
    }
    free_places(STATE, CALL_END);
    registers[FREED]++;
}

/* guise_call_ref */
static void ref(void)
{
    (void)fetch_add(STATE, REFERENCE, call_ref);
}

static void drop_reference(void)
{
    if (references(load_state()) == 1 ||
        references(fetch_sub(STATE, REFERENCE, call_drop_reference)) == 1) {
        destroy();
    }
}

/* ---- the call's signal: a manual one without listeners ---- */

/* guise_signal_create */
static void create_signal(int signal)
{
    write_plain(signal + 1, 1);
}

/* guise__signal_set of a signal without listeners */
static void set_signal(int signal)
{
    uint64_t seen = 0;

    promise(read_plain(signal + 1) == 1, "a signal that is found is whole");
    (void)compare_exchange(signal, &seen, SET, signal_set_fast, signal_set_fast_failed);
}

/* ---- completing ---- */

static void announce_to_waiters(uint64_t before)
{
    if ((before & WAITERS) != 0) {
        open_latch(LATCH);
    }
    if ((before & HAS_SIGNAL) != 0) {
        uint64_t signal = load(COMPLETION, call_announce_completion);

        promise(signal != 0, "HAS_SIGNAL says that there is a signal");
        if (signal != 0) {
            set_signal((int)signal);
        }
    }
}

static void announce(void)
{
    uint64_t seen = load_state();

    while ((seen & (WAITERS | HAS_SIGNAL)) == 0) {
        if (step(&seen, (seen | ANNOUNCED) - REFERENCE)) {
            if (references(seen) == 1) {
                destroy();
            }
            return;
        }
    }
    seen = fetch_or(STATE, ANNOUNCED, call_announce);
    announce_to_waiters(seen);
    drop_reference();
}

/* find_reply; returns the number of the registration that the function came with. */
static uint64_t find_reply(uint64_t state)
{
    if ((state & CLAIMED) != 0) {
        return read_plain(FN);
    }
    return read_plain((int)load(BESIDE, call_find_reply));
}

/* The completion function, which reads the argument that was registered and writes the reply. */
static void run_function(uint64_t state)
{
    uint64_t number = find_reply(state);

    promise(number == 1 || number == 2, "the function that runs was registered");
    promise(read_plain(number == 2 ? ARGUMENT_2 : ARGUMENT_1) == 1,
            "the function sees what was done before it was registered");
    write_plain(REPLY, 1);
    registers[RUNS]++;
    registers[RAN] = number;
    if (initial_value(IS_KEPT) != 0) {
        ref();
        store(KEPT, 1, ORDER(RELEASE));
    }
}

/* guise__unframed_completed */
static void unframed_completed(void)
{
    take_mutex(LIST_MUTEX);
    if (read_plain(LISTED) != 0) {
        write_plain(LISTED, 0);
        write_plain(COUNTED, read_plain(COUNTED) + 1);
    }
    release_mutex(LIST_MUTEX);
}

static void count_unframed(uint64_t before)
{
    if ((before & UNFRAMED) != 0) {
        unframed_completed();
    }
}

static void finish(uint64_t before)
{
    count_unframed(before);
    if ((before & HAS_FUNCTION) != 0) {
        run_function(before);
    }
    announce();
}

static bool has_no_observers(uint64_t state)
{
    return (state & (HAS_FUNCTION | HAS_SIGNAL | WAITERS | UNFRAMED)) == 0;
}

/* guise__call_complete */
static void complete(uint64_t result)
{
    uint64_t seen = load_state();
    uint64_t next;

    do {
        if ((seen & COMPLETED) != 0) {
            return;
        }
        next = seen | COMPLETED | (result * RESULT);
        if (has_no_observers(seen)) {
            next = (next | ANNOUNCED) - REFERENCE;
        }
    } while (!step(&seen, next));
    if (!has_no_observers(seen)) {
        finish(seen);
    }
}

/* guise__call_signal_with; Finish_ writes DONE_1. */
static void signal_with(uint64_t result)
{
    uint64_t seen = load_state();

    do {
        if ((seen & COMPLETED) != 0) {
            return;
        }
    } while (!step(&seen, seen | COMPLETED | FINISHING));
    count_unframed(seen);
    write_plain(DONE_1, 1);
    seen = fetch_xor(STATE, FINISHING | (result * RESULT), call_end_finishing);
    if ((seen & HAS_FUNCTION) != 0) {
        run_function(seen);
    }
    announce();
}

static bool is_last(uint64_t state)
{
    return references(state) == 1 ||
           (references(state) == 2 && (state & COMPLETED) == 0 && has_no_observers(state));
}

/* guise_call_unref */
static void unref(void)
{
    uint64_t seen = load_state(), next;
    bool abandoned;

    do {
        if (is_last(seen)) {
            destroy();
            return;
        }
        abandoned = references(seen) == 2 && (seen & COMPLETED) == 0;
        next = seen - REFERENCE;
        if (abandoned) {
            next |= COMPLETED | (DISCONNECTED * RESULT);
        }
    } while (!step(&seen, next));
    if (abandoned) {
        finish(seen);
    }
}

/* ---- the reply, the signal, waiting ---- */

/* register_here */
static bool register_here(uint64_t number)
{
    uint64_t seen;

    write_plain(FN, number);
    seen = load_state();
    do {
        if ((seen & (COMPLETED | HAS_FUNCTION)) != 0) {
            return false;
        }
    } while (!step(&seen, seen | HAS_FUNCTION));
    return true;
}

static uint64_t put_beside(uint64_t mine)
{
    uint64_t seen = load(BESIDE, call_beside_load);

    do {
        if (seen != 0) {
            (void)read_plain((int)seen); /* its generation */
            return seen;
        }
    } while (!compare_exchange(BESIDE, &seen, mine, call_beside, call_beside_failed));
    return mine;
}

static uint64_t decide_for_beside(void)
{
    uint64_t seen = load_state();

    while ((seen & (COMPLETED | HAS_FUNCTION)) == 0) {
        uint64_t next = (seen & ~(uint64_t)CLAIMED) | HAS_FUNCTION;

        if (step(&seen, next)) {
            return next;
        }
    }
    return seen;
}

static bool register_beside(uint64_t number)
{
    uint64_t mine = number == 1 ? BESIDE_1 : BESIDE_2, state;
    bool is_mine;

    write_plain((int)mine, number);
    is_mine = put_beside(mine) == mine;
    if (!is_mine) {
        free_places((int)mine, (int)mine);
    }
    state = decide_for_beside();
    return is_mine && (state & (CLAIMED | HAS_FUNCTION)) == HAS_FUNCTION;
}

/* guise_call_on_complete */
static bool on_complete(uint64_t number)
{
    uint64_t seen = load_state();

    do {
        if ((seen & (COMPLETED | HAS_FUNCTION)) != 0) {
            return false;
        }
        if ((seen & CLAIMED) != 0) {
            return register_beside(number);
        }
    } while (!step(&seen, seen | CLAIMED));
    return register_here(number);
}

/* guise_call_result; 0: pending */
static uint64_t result(void)
{
    uint64_t seen = load_state();

    return (seen & (COMPLETED | FINISHING)) != COMPLETED ? 0 : result_of(seen);
}

/* demand_signal; mine: the one that this thread would make */
static uint64_t demand_signal(int mine)
{
    uint64_t signal = load(COMPLETION, call_demand_load);

    if (signal != 0) {
        return signal;
    }
    create_signal(mine);
    if (compare_exchange(COMPLETION, &signal, (uint64_t)mine, call_demand, call_demand_failed)) {
        return (uint64_t)mine;
    }
    free_places(mine, mine + 1);
    return signal;
}

/* guise_call_completion */
static uint64_t completion(int mine)
{
    uint64_t signal = demand_signal(mine);

    if ((fetch_or(STATE, HAS_SIGNAL, call_has_signal) & ANNOUNCED) != 0) {
        set_signal((int)signal);
    }
    return signal;
}

/* guise_call_wait, without end */
static void wait(void)
{
    if ((load_state() & ANNOUNCED) == 0 && (fetch_or(STATE, WAITERS, call_wait) & ANNOUNCED) == 0) {
        wait_latch(LATCH);
    }
}

/* ---- frames ---- */

static bool claim_dispatch(void)
{
    uint64_t seen = load_state();

    do {
        if ((seen & (COMPLETED | DISPATCHED)) != 0) {
            return false;
        }
    } while (!step(&seen, (seen | DISPATCHED) + REFERENCE));
    return true;
}

/* impersonate.c. Switching to the token, between the two loads, touches only the thread itself. */
static bool impersonate(void)
{
    return (load(STATE, call_check_relaxed) & COMPLETED) == 0 &&
           (load(STATE, call_check_acquire) & COMPLETED) == 0;
}

/* apply_and_validate, in no frame */
static bool impersonate_unframed(void)
{
    if (!impersonate()) {
        return false;
    }
    take_mutex(LIST_MUTEX); /* guise__unframed_note */
    write_plain(LISTED, 1);
    release_mutex(LIST_MUTEX);
    if ((fetch_or(STATE, UNFRAMED, call_note_unframed) & COMPLETED) != 0) {
        unframed_completed();
    }
    return true;
}

/* ---- threads ---- */

static const char *const seen_before =
    "a thread that sees the result sees what was done before Signal";
static const char *const seen_reply =
    "a thread that is released sees what the completion function did";
static const char *const seen_finish = "a thread that is released sees what Finish_ did";
static const char *const seen_released =
    "a thread that is released finds the result, and what was done before";

static void server_0(void)
{
    write_plain(DONE_0, 1);
    complete(1);
    unref();
}

/* Of two threads that complete, each writes its own DONE first. Both find the same result, and see the
 * DONE of the thread that completed the call with it. */
static void check_result(void)
{
    uint64_t found = result();

    promise(found != 0, "when completing returns the call is completed");
    if (found != 0) {
        promise(read_plain(found == 1 ? DONE_0 : DONE_1) == 1, seen_before);
    }
}

static void completer_0(void)
{
    write_plain(DONE_0, 1);
    complete(1);
    check_result();
    unref();
}

static void completer_1(void)
{
    write_plain(DONE_1, 1);
    complete(2);
    check_result();
    unref();
}

static void asker_1(void)
{
    if (result() == 1) {
        promise(read_plain(DONE_0) == 1, seen_before);
    }
    unref();
}

static void waiter_1(void)
{
    wait();
    promise(read_plain(DONE_0) == 1, seen_released);
    promise(result() == 1, seen_released);
    unref();
}

static void read_signal_and_wait(int mine)
{
    uint64_t signal = completion(mine);

    unref();
    (void)await((int)signal, SET, SET, signal_load);
    promise(read_plain(DONE_0) == 1, seen_released);
}

static void signal_reader_1(void)
{
    read_signal_and_wait(SIGNAL_1);
}

/* Two threads that ask for the signal get the same one, and it is whole. They keep their references. */
static uint64_t read_signal(int mine)
{
    uint64_t signal = completion(mine);

    promise(read_plain((int)signal + 1) == 1, "a signal that is found is whole");
    return signal;
}

static void signal_reader_only_0(void)
{
    (void)read_signal(SIGNAL_1);
}

static void signal_reader_only_1(void)
{
    (void)read_signal(SIGNAL_2);
}

static void completer_only_2(void)
{
    write_plain(DONE_0, 1);
    complete(1);
}

static void released_signal_reader_0(void)
{
    (void)await((int)read_signal(SIGNAL_1), SET, SET, signal_load);
    promise(read_plain(DONE_0) == 1, seen_released);
}

static void released_signal_reader_1(void)
{
    (void)await((int)read_signal(SIGNAL_2), SET, SET, signal_load);
    promise(read_plain(DONE_0) == 1, seen_released);
}

static void waiter_only_1(void)
{
    wait();
    promise(read_plain(DONE_0) == 1, seen_released);
}

static void reply_waiter_only_0(void)
{
    wait();
    promise(read_plain(REPLY) == 1, seen_reply);
}

static void reply_signal_reader_only_1(void)
{
    (void)await((int)read_signal(SIGNAL_1), SET, SET, signal_load);
    promise(read_plain(REPLY) == 1, seen_reply);
}

/* The completion function has handed the call to this thread. */
static void keeper_1(void)
{
    (void)await(KEPT, 1, 1, ORDER(ACQUIRE));
    (void)read_plain(CLIENT);
    unref();
}

static void register_function(uint64_t number)
{
    write_plain(number == 2 ? ARGUMENT_2 : ARGUMENT_1, 1);
    if (on_complete(number)) {
        registers[REGISTERED]++;
        registers[WINNER] = number;
    }
}

static void registrar_1(void)
{
    register_function(1);
    unref();
}

static void registrar_2(void)
{
    register_function(2);
    unref();
}

/* The next two keep their references. */
static void registrar_only_1(void)
{
    register_function(1);
}

static void registrar_only_2(void)
{
    register_function(2);
}

static void dropper_0(void)
{
    (void)read_plain(CLIENT);
    unref();
}

static void waiter_for_reply_1(void)
{
    wait();
    promise(read_plain(REPLY) == 1, seen_reply);
    unref();
}

static void finisher_0(void)
{
    signal_with(2);
    unref();
}

static void asker_for_finish_1(void)
{
    if (result() == 2) {
        promise(read_plain(DONE_1) == 1, "a thread that sees the result sees what Finish_ did");
    }
    unref();
}

static void waiter_for_finish_1(void)
{
    wait();
    promise(read_plain(DONE_1) == 1, seen_finish);
    promise(result() == 2, seen_released);
    unref();
}

static void signal_reader_of_finish_1(void)
{
    uint64_t signal = completion(SIGNAL_1);

    unref();
    (void)await((int)signal, SET, SET, signal_load);
    promise(read_plain(DONE_1) == 1, seen_finish);
}

/* Each owner uses the call before it drops its reference. */
static void user_1(void)
{
    ref();
    (void)read_plain(CLIENT);
    unref();
    unref();
}

static void unframed_1(void)
{
    registers[GRANTED] = impersonate_unframed();
    unref();
}

/* Tells another thread that Signal has returned. */
static void server_that_reports_0(void)
{
    complete(1);
    store(SIGNAL_RETURNED, 1, ORDER(RELEASE));
    unref();
}

static void dispatcher_1(void)
{
    bool knows = load(SIGNAL_RETURNED, ORDER(ACQUIRE)) != 0;

    if (claim_dispatch()) {
        promise(!knows, "no dispatch after Signal has returned");
        knows = load(SIGNAL_RETURNED, ORDER(ACQUIRE)) != 0;
        promise(!impersonate() || !knows, "no impersonation after Signal has returned (L-2)");
        unref();
    }
    unref();
}

/* Sees the call's own signal set, and impersonates then, which is refused (L-3). */
static void signal_reader_impersonates_1(void)
{
    uint64_t signal = completion(SIGNAL_1);

    (void)await((int)signal, SET, SET, signal_load);
    promise(!impersonate(), "no impersonation after Signal was seen (L-3)");
    unref();
}

/* guise_call_cancel, which has no influence on completing. */
static void canceler_1(void)
{
    uint64_t seen = load_state();

    while ((seen & (COMPLETED | CANCELED)) == 0 && !step(&seen, seen | CANCELED)) {
    }
    unref();
}

static void check_runs(void)
{
    promise(registers[RUNS] == registers[REGISTERED],
            "the function runs once if it was registered, else never");
    promise(registers[RUNS] == 0 || registers[RAN] == registers[WINNER],
            "the function that runs is the one whose registration succeeded");
    promise(registers[GRANTED] == final_value(COUNTED), "what leaks is counted once (S-20)");
}

static void check_end(void)
{
    promise(registers[FREED] == 1, "freed once, by the end");
    check_runs();
}

static void check_one_registered(void)
{
    promise(registers[REGISTERED] == 1, "of two registrations of an open call one succeeds");
}

#define OWNED_BY(count) .initial = {[STATE] = ((count) + 1) * REFERENCE}, .check = check_end
#define OWNED_WITH_FUNCTION(count)                                                                 \
    .initial = {                                                                                   \
        [STATE] = ((count) + 1) * REFERENCE + CLAIMED + HAS_FUNCTION, [FN] = 1, [ARGUMENT_1] = 1}

const struct scenario call_scenarios[] = {
    {.name = "call, completed and asked", .threads = {server_0, asker_1}, OWNED_BY(2)},
    {.name = "call, completed by two", .threads = {completer_0, completer_1}, OWNED_BY(2)},
    {.name = "call, waited for", .threads = {server_0, waiter_1}, OWNED_BY(2)},
    {.name = "call, its signal", .threads = {server_0, signal_reader_1}, OWNED_BY(2)},
    {.name = "call, its signal read by two",
     .threads = {signal_reader_only_0, signal_reader_only_1},
     .initial = {[STATE] = 3 * REFERENCE}},
    {.name = "call, its signal set for two",
     .threads = {released_signal_reader_0, released_signal_reader_1, completer_only_2},
     .initial = {[STATE] = 4 * REFERENCE}},
    {.name = "call, waited for, and its signal",
     .threads = {released_signal_reader_0, waiter_only_1, completer_only_2},
     .initial = {[STATE] = 4 * REFERENCE}},
    {.name = "call, its reply waited for by two",
     .threads = {reply_waiter_only_0, reply_waiter_only_0, completer_only_2},
     OWNED_WITH_FUNCTION(3)},
    {.name = "call, its reply waited for, and its signal",
     .threads = {reply_waiter_only_0, reply_signal_reader_only_1, completer_only_2},
     OWNED_WITH_FUNCTION(3)},
    {.name = "call, kept by its function",
     .threads = {dropper_0, keeper_1},
     .initial = {[STATE] = 2 * REFERENCE + CLAIMED + HAS_FUNCTION + HAS_SIGNAL,
                 [FN] = 1,
                 [ARGUMENT_1] = 1,
                 [COMPLETION] = SIGNAL_1,
                 [BODY_1] = 1,
                 [IS_KEPT] = 1}},
    {.name = "call, its function", .threads = {server_0, registrar_1}, OWNED_BY(2)},
    {.name = "call, dropped with a function", .threads = {dropper_0, registrar_1}, OWNED_BY(2)},
    {.name = "call, two functions", .threads = {dropper_0, registrar_1, registrar_2}, OWNED_BY(3)},
    {.name = "call, one of two functions",
     .threads = {registrar_only_1, registrar_only_2},
     .initial = {[STATE] = 3 * REFERENCE},
     .check = check_one_registered},
    {.name = "call, a claim whose thread is stopped",
     .threads = {registrar_1, registrar_2},
     .initial = {[STATE] = 3 * REFERENCE + CLAIMED},
     .check = check_end},
    {.name = "call, the same, completed",
     .threads = {registrar_only_1, registrar_only_2, completer_only_2},
     .initial = {[STATE] = 4 * REFERENCE + CLAIMED},
     .check = check_runs},
    {.name = "call, its reply waited for",
     .threads = {server_0, waiter_for_reply_1},
     OWNED_WITH_FUNCTION(2)},
    {.name = "call, finished and asked", .threads = {finisher_0, asker_for_finish_1}, OWNED_BY(2)},
    {.name = "call, finished and waited for",
     .threads = {finisher_0, waiter_for_finish_1},
     OWNED_BY(2)},
    {.name = "call, finished, its signal",
     .threads = {finisher_0, signal_reader_of_finish_1},
     OWNED_BY(2)},
    {.name = "call, finished, its function", .threads = {finisher_0, registrar_1}, OWNED_BY(2)},
    {.name = "call, used and dropped", .threads = {user_1, user_1}, OWNED_BY(2)},
    {.name = "call, dropped by three", .threads = {dropper_0, dropper_0, dropper_0}, OWNED_BY(3)},
    {.name = "call, impersonated in no frame", .threads = {server_0, unframed_1}, OWNED_BY(2)},
    {.name = "call, dispatched", .threads = {server_that_reports_0, dispatcher_1}, OWNED_BY(2)},
    {.name = "call, impersonated after its signal",
     .threads = {server_0, signal_reader_impersonates_1},
     OWNED_BY(2)},
    {.name = "call, canceled", .threads = {server_0, canceler_1}, OWNED_BY(2)},
    {.name = NULL}};
