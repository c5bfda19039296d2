/* SPDX-License-Identifier: MIT */
/*
 * src/sync/signal.c and src/sync/container.c: one signal, with waiters of its own, a container, waits for all
 * and a descriptor.
 */
#include "model.h"

/* The places: of the signal, of the container, and those that the threads themselves use. */
enum { WORD, LOCK, QUEUE, WATCHED, HAS_EVENT, RAISED };
enum { HINTS = RAISED + 1, IS_WAITED, CONTAINER_LOCK, CONTAINER_QUEUE, COUNT, MEMBER, PROCESS };
enum { TENTATIVE_LOCK = PROCESS + 1, ITEM_0, ITEM_1, AUTO };
/* A waiter on the stack of each thread. */
enum { WAITERS = AUTO + 1, LATCH = 0, QUEUED, WHICH, WAITER_SIZE };

enum { SET = 1, HAS_LISTENERS = 2, TENTATIVE = 4, EVENT = 8 };
enum { HINT = 1 };
enum { NO_WAITER = 0, DIGIT = 16 }; /* a queue is a number with a digit for each thread in it */
/* A child's locks and hints are its parent's until a thread takes them over. */
enum { PARENT = 0, CHILD = 1 };

enum { TAKEN_BY, SAW_ITEM_0, SAW_ITEM_1 }; /* registers */

static bool is_auto(void)
{
    return initial_value(AUTO) != 0;
}

/* ---- queues, on which only the holder of their lock works; src/sync/waiter.c ---- */

static int member_of(unsigned thread, int member)
{
    return WAITERS + (int)thread * WAITER_SIZE + member;
}

static void queue_add(int queue, unsigned thread)
{
    uint64_t threads = read_plain(queue), factor = 1;

    while (threads / factor != 0) {
        factor *= DIGIT;
    }
    write_plain(queue, threads + factor * (thread + 1));
    write_plain(member_of(thread, QUEUED), 1);
}

static void queue_remove(int queue, unsigned thread)
{
    uint64_t threads = read_plain(queue), left = 0, factor = 1;

    for (; threads != 0; threads /= DIGIT) {
        if (threads % DIGIT != thread + 1) {
            left += factor * (threads % DIGIT);
            factor *= DIGIT;
        }
    }
    write_plain(queue, left);
    write_plain(member_of(thread, QUEUED), 0);
}

/* woken: the setter's own queue, a number too. */
static bool queue_move_first(int queue, uint64_t *woken)
{
    uint64_t first = read_plain(queue) % DIGIT;

    if (first == NO_WAITER) {
        return false;
    }
    queue_remove(queue, (unsigned)first - 1);
    write_plain(member_of((unsigned)first - 1, WHICH), 1);
    *woken = *woken * DIGIT + first;
    return true;
}

static void queue_release(uint64_t woken)
{
    for (; woken != 0; woken /= DIGIT) {
        open_latch(member_of((unsigned)(woken % DIGIT) - 1, LATCH));
    }
}

static void end_waiter(unsigned me)
{
    free_places(member_of(me, LATCH), member_of(me, WHICH));
}

/* ---- the word ---- */

static uint64_t word_load(void)
{
    return load(WORD, signal_load);
}

static void word_raise_set(void)
{
    (void)fetch_or(WORD, SET, signal_raise);
}

static void mark_listened(void)
{
    (void)fetch_or(WORD, HAS_LISTENERS, signal_mark_listened);
}

static bool set_fast(void)
{
    uint64_t seen = 0;

    while ((seen & HAS_LISTENERS) == 0) {
        if (compare_exchange(WORD, &seen, seen | SET, signal_set_fast, signal_set_fast_failed)) {
            return true;
        }
    }
    return false;
}

enum take { TAKEN, TAKEN_WITH_EVENT, CLEAR, TRY_TENTATIVE };

/* guise__signal_try */
static enum take try(void)
{
    uint64_t seen = load(WORD, signal_try_load);

    while ((seen & SET) != 0) {
        if (!is_auto()) {
            return TAKEN;
        }
        if (compare_exchange(WORD, &seen, seen & ~(uint64_t)SET, signal_try, signal_try_failed)) {
            return (seen & EVENT) == 0 ? TAKEN : TAKEN_WITH_EVENT;
        }
    }
    return (seen & TENTATIVE) == 0 ? CLEAR : TRY_TENTATIVE;
}

static bool take(void)
{
    enum take taken = try();

    return taken == TAKEN || taken == TAKEN_WITH_EVENT;
}

static void word_swap_tentative(void)
{
    (void)fetch_xor(WORD, SET | TENTATIVE, signal_swap);
}

/* ---- listeners ---- */

static void sync_event(void)
{
    uint64_t wanted;

    if (read_plain(HAS_EVENT) == 0) {
        return;
    }
    wanted = (word_load() & (SET | TENTATIVE)) != 0;
    if (wanted != read_plain(RAISED)) {
        write_plain(RAISED, wanted);
    }
}

static void update_listened(void)
{
    if (read_plain(WATCHED) == 0 && read_plain(QUEUE) == 0 && read_plain(HAS_EVENT) == 0 &&
        (word_load() & TENTATIVE) == 0) {
        (void)fetch_and(WORD, ~(uint64_t)HAS_LISTENERS, signal_update_listened);
    }
}

static void unlock_signal(void)
{
    sync_event();
    update_listened();
    release_lock(LOCK);
}

/* ---- the container as the signal knows it ---- */

static void unlock_container(void)
{
    if (read_plain(CONTAINER_QUEUE) == 0 && load(IS_WAITED, container_unlock_load) != 0) {
        store(IS_WAITED, 0, container_unlock);
    }
    release_lock(CONTAINER_LOCK);
}

static bool member_hand_over(uint64_t *woken)
{
    bool handed;

    take_lock(CONTAINER_LOCK);
    handed = queue_move_first(CONTAINER_QUEUE, woken);
    unlock_container();
    return handed;
}

static void member_raise_hint(void)
{
    if ((load(HINTS, container_raise_load) & HINT) == 0) {
        (void)fetch_or(HINTS, HINT, container_raise);
    }
}

/* member_release_waiters */
static void release_container(uint64_t *woken, bool all)
{
    take_lock(CONTAINER_LOCK);
    while (read_plain(CONTAINER_QUEUE) != 0 && (all || take())) {
        (void)queue_move_first(CONTAINER_QUEUE, woken);
    }
    unlock_container();
}

static void member_notify(uint64_t *woken, bool all)
{
    member_raise_hint();
    if (load(IS_WAITED, container_notify_load) != 0) {
        release_container(woken, all);
    }
}

static void watchers_notify(uint64_t *woken, bool all)
{
    if (read_plain(WATCHED) != 0) {
        member_notify(woken, all);
    }
}

static bool hand_over(uint64_t *woken)
{
    return queue_move_first(QUEUE, woken) ||
           (read_plain(WATCHED) != 0 && load(IS_WAITED, signal_hand_over_load) != 0 &&
            member_hand_over(woken));
}

static void release_all(uint64_t *woken, bool all)
{
    while (queue_move_first(QUEUE, woken)) {
    }
    watchers_notify(woken, all);
}

/* ---- set ---- */

static void set_locked(uint64_t *woken)
{
    if (!is_auto()) {
        word_raise_set();
        release_all(woken, true);
    } else if (!hand_over(woken)) {
        word_raise_set();
        watchers_notify(woken, false);
    }
}

/* signal_set_with_alls, where no wait for all is in the list */
static void set_with_alls(void)
{
    uint64_t woken = 0;

    take_lock(TENTATIVE_LOCK);
    take_lock(LOCK);
    set_locked(&woken);
    unlock_signal();
    release_lock(TENTATIVE_LOCK);
    queue_release(woken);
}

static void set_slow(void)
{
    uint64_t woken = 0;
    bool with_others;

    take_lock(LOCK);
    with_others = (word_load() & TENTATIVE) != 0;
    if (!with_others) {
        set_locked(&woken);
    }
    unlock_signal();
    if (with_others) {
        set_with_alls();
        return;
    }
    queue_release(woken);
}

static void set(void)
{
    if (!set_fast()) {
        set_slow();
    }
}

/* ---- wait ---- */

/* guise__signal_sync_event */
static void sync_event_of_auto(void)
{
    if (!is_auto() || (word_load() & EVENT) == 0) {
        return;
    }
    take_lock(LOCK);
    sync_event();
    release_lock(LOCK);
}

/* guise__signal_take_resolved */
static bool take_resolved(void)
{
    enum take took = try();

    if (took == TRY_TENTATIVE) {
        take_lock(TENTATIVE_LOCK);
        take_lock(LOCK);
        took = try();
        release_lock(LOCK);
        release_lock(TENTATIVE_LOCK);
    }
    return took == TAKEN || took == TAKEN_WITH_EVENT;
}

static bool queue_unless_set(unsigned me)
{
    bool took;

    take_lock(LOCK);
    mark_listened();
    took = take();
    if (!took) {
        queue_add(QUEUE, me);
    }
    update_listened();
    release_lock(LOCK);
    return !took;
}

static bool withdraw(unsigned me)
{
    bool queued;

    take_lock(LOCK);
    queued = read_plain(member_of(me, QUEUED)) != 0;
    if (queued) {
        queue_remove(QUEUE, me);
    }
    update_listened();
    release_lock(LOCK);
    return queued;
}

enum timeout { INFINITE, TIMED, NO_WAIT };

static bool take_at_timeout(void)
{
    if (!take_resolved()) {
        return false;
    }
    sync_event_of_auto();
    return true;
}

static bool wait_in_queue(unsigned me, enum timeout timeout)
{
    if (!queue_unless_set(me)) {
        sync_event_of_auto();
        return true;
    }
    if (timeout == TIMED && withdraw(me)) {
        end_waiter(me);
        return take_at_timeout();
    }
    wait_latch(member_of(me, LATCH));
    end_waiter(me);
    return true;
}

static bool wait_slow(unsigned me, enum timeout timeout)
{
    if (take()) {
        sync_event_of_auto();
        return true;
    }
    return timeout == NO_WAIT ? take_at_timeout() : wait_in_queue(me, timeout);
}

/* guise_signal_wait */
static bool wait(unsigned me, enum timeout timeout)
{
    uint64_t seen = word_load();

    if ((seen & SET) != 0 && !is_auto()) {
        return true;
    }
    return (seen == SET &&
            compare_exchange(WORD, &seen, 0, signal_wait_fast, signal_wait_fast_failed)) ||
           wait_slow(me, timeout);
}

/* ---- reset ---- */

static void reset_resolved(void)
{
    take_lock(TENTATIVE_LOCK);
    take_lock(LOCK);
    (void)fetch_and(WORD, ~(uint64_t)SET, signal_reset_resolved);
    sync_event();
    release_lock(LOCK);
    release_lock(TENTATIVE_LOCK);
}

/* signal_reset_slow */
static void reset_slow(void)
{
    uint64_t before = fetch_and(WORD, ~(uint64_t)SET, signal_reset_slow);

    if ((before & TENTATIVE) != 0) {
        reset_resolved();
    } else if ((before & HAS_LISTENERS) != 0) {
        take_lock(LOCK);
        sync_event();
        release_lock(LOCK);
    }
}

static void reset(void)
{
    uint64_t seen = SET;

    if (!compare_exchange(WORD, &seen, 0, signal_reset, signal_reset_failed)) {
        reset_slow();
    }
}

/* ---- waits for all, of which this signal is the first ---- */

static bool take_tentatively_locked(void)
{
    uint64_t seen = word_load();

    while ((seen & SET) != 0) {
        if (compare_exchange(WORD, &seen, seen ^ (SET | TENTATIVE), signal_take_tentatively,
                             signal_take_tentatively_failed)) {
            return true;
        }
    }
    return false;
}

static bool take_tentatively(void)
{
    bool taken;

    take_lock(LOCK);
    mark_listened();
    taken = take_tentatively_locked();
    unlock_signal();
    return taken;
}

static void commit_locked(void)
{
    (void)fetch_and(WORD, ~(uint64_t)TENTATIVE, signal_commit);
}

static void restore_locked(uint64_t *woken)
{
    if (!is_auto()) {
        word_swap_tentative();
        release_all(woken, false);
    } else if (hand_over(woken)) {
        commit_locked();
    } else {
        word_swap_tentative();
        watchers_notify(woken, false);
    }
}

static void resolve(bool commit, uint64_t *woken)
{
    take_lock(LOCK);
    if (commit && is_auto()) {
        commit_locked();
    } else {
        restore_locked(woken);
    }
    unlock_signal();
}

/* all_attempt; others: whether the wait's other signals are set */
static bool attempt(bool others)
{
    uint64_t woken = 0;
    bool taken = false;

    take_lock(TENTATIVE_LOCK);
    if ((load(WORD, signal_may_be_set) & (SET | TENTATIVE)) != 0) {
        taken = take_tentatively();
        if (taken) {
            resolve(others, &woken);
        }
    }
    release_lock(TENTATIVE_LOCK);
    queue_release(woken);
    return taken && others;
}

/* ---- the descriptor, and the watcher ---- */

/* guise_signal_fd */
static void open_event(void)
{
    take_lock(LOCK);
    write_plain(HAS_EVENT, 1);
    mark_listened();
    (void)fetch_or(WORD, EVENT, signal_has_event);
    sync_event();
    release_lock(LOCK);
}

/* guise__signal_watch */
static void watch(void)
{
    uint64_t woken = 0;

    take_lock(LOCK);
    write_plain(WATCHED, 1);
    mark_listened();
    if ((word_load() & (SET | TENTATIVE)) != 0) {
        member_notify(&woken, false);
        sync_event();
    }
    release_lock(LOCK);
    queue_release(woken);
}

/* ---- the container's own ---- */

/* COUNT stands for PLACES and MEMBERS, because no signal is removed in this model. A search holds no lock
 * here, so that no promise rests on it; the source holds the container's, because of removals. */

/* guise_container_add */
static void add_member(void)
{
    uint64_t index;

    take_lock(CONTAINER_LOCK);
    index = load(COUNT, container_reserve_load);
    write_plain(MEMBER, 1);
    store(COUNT, index + 1, container_reserve);
    release_lock(CONTAINER_LOCK);
    watch();
}

/* container_take_first */
static enum take take_first(void)
{
    if ((load(HINTS, container_take_load) & HINT) == 0) {
        return CLEAR;
    }
    promise(read_plain(MEMBER) == 1, "a hint is for a member that is there");
    return try();
}

/* signal_lower_hints */
static void lower_hint(void)
{
    take_lock(LOCK);
    if ((word_load() & (SET | TENTATIVE)) == 0) {
        (void)fetch_and(HINTS, ~(uint64_t)HINT, container_lower);
    }
    unlock_signal();
}

/* waiter_queue_unless_ready */
static bool queue_unless_ready(unsigned me)
{
    enum take took;

    take_lock(CONTAINER_LOCK);
    store(IS_WAITED, 1, container_queue);
    took = take_first();
    if (took != TAKEN) {
        queue_add(CONTAINER_QUEUE, me);
    }
    unlock_container();
    return took == TAKEN;
}

/* container_take_any */
static bool take_any(void)
{
    enum take took = take_first();

    return took == TAKEN || (took == TRY_TENTATIVE && take_resolved());
}

/* guise__container_forget_parent_locked */
static void forget_parent(void)
{
    write_plain(CONTAINER_QUEUE, 0);
    (void)fetch_or(HINTS, (UINT64_C(1) << load(COUNT, container_forget_count)) - 1,
                   container_forget_hints);
    store(PROCESS, CHILD, container_forget);
}

/* The container's lock, which may still say that it is the parent's. */
enum { PARENTS = 4 };

/* guise__container_lock, in a child */
static void lock_in_child(void)
{
    uint64_t seen = 0;

    if (compare_exchange(CONTAINER_LOCK, &seen, 1, lock_take, lock_take_failed)) {
        return;
    }
    if (seen == PARENTS &&
        compare_exchange(CONTAINER_LOCK, &seen, 1, lock_take_slow, lock_take_slow_failed)) {
        forget_parent();
        return;
    }
    take_lock(CONTAINER_LOCK);
}

/* container_wait_in_queue */
static void wait_in_container(unsigned me)
{
    if (!queue_unless_ready(me)) {
        wait_latch(member_of(me, LATCH));
        promise(read_plain(member_of(me, WHICH)) == 1, "a wait knows what released it");
    }
    end_waiter(me);
}

/* guise_container_wait_any */
static bool wait_any(unsigned me, bool in_child, bool for_ever)
{
    if (load(COUNT, container_wait_count) == 0) {
        return false;
    }
    if (in_child && load(PROCESS, container_wait_process) != CHILD) {
        lock_in_child();
        release_lock(CONTAINER_LOCK);
    }
    if (take_any()) {
        return true;
    }
    if (for_ever) {
        wait_in_container(me);
    }
    return for_ever;
}

/* ---- threads ---- */

static const char *const seen_after = "what the setter wrote is visible after the wait";

static void set_item(int item)
{
    write_plain(item, 1);
    set();
}

static void setter_0(void)
{
    set_item(ITEM_0);
}

static void wait_for_item(unsigned me, enum timeout timeout)
{
    if (wait(me, timeout)) {
        promise(read_plain(ITEM_0) == 1, seen_after);
        registers[TAKEN_BY]++;
    }
}

static void waiter_1(void)
{
    wait_for_item(1, INFINITE);
}

static void timed_waiter_1(void)
{
    wait_for_item(1, TIMED);
}

/* Takes the signal if it is set, and notes which items it sees. */
static void take_for_items(unsigned me)
{
    if (wait(me, NO_WAIT)) {
        registers[TAKEN_BY]++;
        registers[SAW_ITEM_0] |= load(ITEM_0, ORDER(RELAXED));
        registers[SAW_ITEM_1] |= load(ITEM_1, ORDER(RELAXED));
    }
}

/* The same by the container, which has a hint. */
static void container_taker_3(void)
{
    if (take_first() == TAKEN) {
        registers[TAKEN_BY]++;
        registers[SAW_ITEM_0] |= load(ITEM_0, ORDER(RELAXED));
        registers[SAW_ITEM_1] |= load(ITEM_1, ORDER(RELAXED));
    }
}

static void taker_2(void)
{
    take_for_items(2);
}

static void taker_3(void)
{
    take_for_items(3);
}

static void taker_without_wait_1(void)
{
    wait_for_item(1, NO_WAIT);
}

static void taker_without_wait_2(void)
{
    wait_for_item(2, NO_WAIT);
}

/* A queue of work that has no lock: the worker resets the signal, looks for work, and waits if it
 * finds none. */
static void producer_0(void)
{
    store(ITEM_0, 1, ORDER(RELAXED));
    set();
}

static void producer_1(void)
{
    store(ITEM_1, 1, ORDER(RELAXED));
    set();
}

static void worker_2(void)
{
    reset();
    if (load(ITEM_0, ORDER(RELAXED)) == 0) {
        (void)wait(2, INFINITE);
    }
}

/* The same, without the wait: notes whether the item was seen. */
static void brief_worker_2(void)
{
    reset();
    registers[SAW_ITEM_0] = load(ITEM_0, ORDER(RELAXED));
}

static void worker_for_two_2(void)
{
    reset();
    if (load(ITEM_0, ORDER(RELAXED)) == 0 || load(ITEM_1, ORDER(RELAXED)) == 0) {
        (void)wait(2, INFINITE);
    }
}

static void resetter_1(void)
{
    reset();
}

static void holder_1(void)
{
    if (attempt(true)) {
        promise(read_plain(ITEM_0) == 1, seen_after);
        registers[TAKEN_BY]++;
    }
}

static void restorer_1(void)
{
    (void)attempt(false);
}

static void restorer_0(void)
{
    (void)attempt(false);
}

static void opener_1(void)
{
    open_event();
}

static void container_wait_for_item(unsigned me, bool for_ever)
{
    if (wait_any(me, false, for_ever)) {
        promise(read_plain(ITEM_0) == 1, seen_after);
        registers[TAKEN_BY]++;
    }
}

static void container_waiter_1(void)
{
    container_wait_for_item(1, true);
}

static void container_waiter_2(void)
{
    container_wait_for_item(2, true);
}

/* Its search without waiting is over, and found nothing. */
static void container_late_waiter_2(void)
{
    wait_in_container(2);
    promise(read_plain(ITEM_0) == 1, seen_after);
}

static void container_taker_without_wait_1(void)
{
    container_wait_for_item(1, false);
}

static void lowerer_2(void)
{
    lower_hint();
}

static void adder_0(void)
{
    add_member();
}

/* Two threads of a forked child; a thread of the parent was about to raise the hint. */
static void child_0(void)
{
    promise(wait_any(0, true, false), "a child finds what its parent had set");
}

static void child_1(void)
{
    promise(wait_any(1, true, false), "a child finds what its parent had set");
}

/* ---- at the end ---- */

static void check_taken_once(void)
{
    promise(registers[TAKEN_BY] == 1, "a set auto signal is taken once");
    promise((final_value(WORD) & SET) == 0, "it is clear then");
}

static void check_taken_or_set(void)
{
    promise(registers[TAKEN_BY] + (final_value(WORD) & SET) == 1,
            "a set auto signal is taken, or still set");
}

static void check_items(void)
{
    promise(registers[TAKEN_BY] <= 2, "two sets are taken twice at most");
    promise(registers[TAKEN_BY] < 2 || (registers[SAW_ITEM_0] != 0 && registers[SAW_ITEM_1] != 0),
            "of two that take two sets, one or the other sees what each setter wrote");
}

static void check_seen_or_set(void)
{
    promise(registers[SAW_ITEM_0] != 0 || (final_value(WORD) & SET) != 0,
            "what the setter wrote is seen after the reset, or the signal is set");
}

static void check_event(void)
{
    promise(final_value(RAISED) == (final_value(WORD) & SET), "the descriptor follows the signal");
}

static void check_clear(void)
{
    promise((final_value(WORD) & (SET | TENTATIVE)) == 0, "what was reset is clear");
}

static void check_set(void)
{
    promise((final_value(WORD) & (SET | TENTATIVE)) == SET, "what was restored is set");
}

#define IN_CONTAINER [WATCHED] = 1, [COUNT] = 1, [MEMBER] = 1
#define ONE_WAITS .may_be_stuck = 6

const struct scenario sync_scenarios[] = {
    {.name = "signal, manual", .threads = {setter_0, waiter_1}},
    {.name = "signal, manual, set already",
     .threads = {setter_0, waiter_1},
     .initial = {[WORD] = HAS_LISTENERS}},
    {.name = "signal, manual, tested by two",
     .threads = {setter_0, taker_without_wait_1, taker_without_wait_2}},
    {.name = "signal, auto",
     .threads = {setter_0, waiter_1},
     .initial = {[AUTO] = 1},
     .check = check_taken_once},
    {.name = "signal, auto, tested by two",
     .threads = {setter_0, taker_without_wait_1, taker_without_wait_2},
     .initial = {[AUTO] = 1},
     .check = check_taken_or_set},
    {.name = "signal, auto, set twice, taken twice",
     .threads = {producer_0, producer_1, taker_2, taker_3},
     .initial = {[AUTO] = 1},
     .check = check_items},
    {.name = "signal, auto, the same with listeners",
     .threads = {producer_0, producer_1, taker_2, taker_3},
     .initial = {[AUTO] = 1, [WORD] = EVENT},
     .check = check_items},
    {.name = "signal, auto, a short wait",
     .threads = {setter_0, timed_waiter_1},
     .initial = {[AUTO] = 1},
     .check = check_taken_or_set},
    {.name = "signal, auto, waited for by two",
     .threads = {setter_0, waiter_1, taker_without_wait_2},
     .initial = {[AUTO] = 1},
     .check = check_taken_once,
     ONE_WAITS},
    {.name = "signal, reset before looking", .threads = {producer_0, NULL, worker_2}},
    {.name = "signal, reset before looking for two",
     .threads = {producer_0, producer_1, worker_for_two_2}},
    {.name = "signal, reset with listeners",
     .threads = {producer_0, NULL, worker_2},
     .initial = {[WORD] = HAS_LISTENERS}},
    {.name = "signal, tentative and taken",
     .threads = {setter_0, holder_1},
     .initial = {[AUTO] = 1},
     .check = check_taken_or_set},
    {.name = "signal, tentative and restored",
     .threads = {setter_0, restorer_1},
     .initial = {[AUTO] = 1},
     .check = check_set},
    {.name = "signal, tentative, restored, reset",
     .threads = {restorer_0, resetter_1},
     .initial = {[WORD] = SET},
     .check = check_clear},
    {.name = "signal, tentative, restored, tested",
     .threads = {restorer_0, taker_without_wait_1},
     .initial = {[WORD] = SET, [AUTO] = 1, [ITEM_0] = 1},
     .check = check_taken_once},
    {.name = "signal, set, tentative, restored, reset",
     .threads = {producer_0, restorer_1, brief_worker_2},
     .check = check_seen_or_set,
     .initial = {[WORD] = SET}},
    {.name = "signal, its descriptor and a set",
     .threads = {setter_0, opener_1},
     .check = check_event},
    {.name = "signal, its descriptor and a wait",
     .threads = {taker_without_wait_2, opener_1},
     .initial = {[WORD] = SET, [AUTO] = 1, [ITEM_0] = 1},
     .check = check_event},
    {.name = "signal, its descriptor and a reset",
     .threads = {resetter_1, opener_1},
     .initial = {[WORD] = SET},
     .check = check_event},
    {.name = "container, manual",
     .threads = {setter_0, container_waiter_1},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER}},
    {.name = "container, manual, hinted",
     .threads = {setter_0, container_waiter_1},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [HINTS] = HINT}},
    {.name = "container, auto",
     .threads = {setter_0, container_waiter_1},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [AUTO] = 1},
     .check = check_taken_once},
    {.name = "container, auto, hinted",
     .threads = {setter_0, container_waiter_1},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [AUTO] = 1, [HINTS] = HINT},
     .check = check_taken_once},
    {.name = "container, auto, set twice, taken twice",
     .threads = {producer_0, producer_1, taker_2, container_taker_3},
     .initial = {IN_CONTAINER, [AUTO] = 1, [HINTS] = HINT},
     .check = check_items},
    {.name = "container, searched while its hint is lowered",
     .threads = {setter_0, container_taker_without_wait_1, lowerer_2},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [HINTS] = HINT}},
    {.name = "container, a member is added",
     .threads = {adder_0, container_waiter_1},
     .initial = {[WORD] = SET, [ITEM_0] = 1, [COUNT] = 1}},
    {.name = "container, restored, hinted",
     .threads = {restorer_0, container_waiter_1},
     .initial = {[WORD] = HAS_LISTENERS | SET, IN_CONTAINER, [HINTS] = HINT, [ITEM_0] = 1}},
    {.name = "container, set, restored, hinted",
     .threads = {setter_0, restorer_1, container_late_waiter_2},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [HINTS] = HINT}},
    {.name = "container, auto, set, restored, hinted",
     .threads = {setter_0, restorer_1, container_late_waiter_2},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [HINTS] = HINT, [AUTO] = 1}},
    {.name = "container, auto, waited for by two",
     .threads = {setter_0, container_waiter_1, container_waiter_2},
     .initial = {[WORD] = HAS_LISTENERS, IN_CONTAINER, [AUTO] = 1},
     .check = check_taken_once,
     ONE_WAITS},
    {.name = "container, in a child",
     .threads = {child_0, child_1},
     .initial = {[WORD] = HAS_LISTENERS | SET, IN_CONTAINER, [CONTAINER_LOCK] = PARENTS}},
    {.name = NULL}};
