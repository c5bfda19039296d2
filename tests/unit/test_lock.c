/* SPDX-License-Identifier: MIT */
/* The lock that survives fork: its word, its sleepers, and what a child makes of it. */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/lifecycle.h"
#include "base/lock.h"
#include "support/child.h"
#include "support/wt.h"

enum { SECONDS = 20, WORKERS = 3, ROUNDS = 300 };

static unsigned word_of(struct guise__lock *lock)
{
    return atomic_load(&lock->word);
}

static unsigned free_word(void)
{
    return guise__fork_generation() << GUISE__LOCK_SHIFT;
}

static void test_taken_and_let_go(void **state)
{
    struct guise__lock lock;

    (void)state;
    guise__lock_init(&lock);
    assert_int_equal(word_of(&lock), free_word());
    for (int i = 0; i < 2; i++) {
        assert_false(guise__lock_take(&lock));
        assert_int_equal(word_of(&lock), free_word() | GUISE__LOCK_HELD);
        guise__lock_release(&lock);
        assert_int_equal(word_of(&lock), free_word());
    }
    guise__lock_destroy(&lock);
}

/* ---- sleepers -------------------------------------------------------------------------------- */

struct crowd {
    struct guise__lock lock;
    unsigned taken;    /* (lock) a plain number: two at once would lose one, or be a race */
    atomic_uint about; /* so many are about to take it */
};

static void take_once(struct wt *w)
{
    struct crowd *crowd = w->arg;

    (void)atomic_fetch_add(&crowd->about, 1);
    WT_CHECK(w, !guise__lock_take(&crowd->lock));
    crowd->taken++;
    guise__lock_release(&crowd->lock);
}

/* All of them want it, and one at least has said that it sleeps. */
static void until_awaited(struct crowd *crowd)
{
    while (atomic_load(&crowd->about) != WORKERS ||
           (word_of(&crowd->lock) & GUISE__LOCK_AWAITED) == 0) {
        (void)sched_yield();
    }
}

/* One is woken; it wakes the next. */
static void test_every_sleeper_gets_it(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct crowd crowd = {.lock = GUISE__LOCK_INIT};
        struct wt workers[WORKERS];

        guise__lock_init(&crowd.lock);
        assert_false(guise__lock_take(&crowd.lock));
        wt_start_all(workers, WORKERS, take_once, &crowd);
        until_awaited(&crowd);
        assert_int_equal(crowd.taken, 0);
        guise__lock_release(&crowd.lock);
        wt_join_all(workers, WORKERS);
        assert_int_equal(crowd.taken, WORKERS);
        assert_int_equal(word_of(&crowd.lock), free_word());
        guise__lock_destroy(&crowd.lock);
    }
}

struct tally {
    struct guise__lock lock;
    unsigned count;           /* (lock) */
    atomic_uint met_somebody; /* so often the lock was held when it was wanted */
};

enum { TIMES = 20000 };

static void count_up(struct wt *w)
{
    struct tally *tally = w->arg;

    for (unsigned i = 0; i < TIMES; i++) {
        (void)atomic_fetch_add(&tally->met_somebody,
                               (word_of(&tally->lock) & GUISE__LOCK_HELD) != 0);
        WT_CHECK(w, !guise__lock_take(&tally->lock));
        tally->count++;
        if (i % 64 == 0) {
            (void)sched_yield(); /* holds the lock; even on one processor another thread wants it */
        }
        guise__lock_release(&tally->lock);
    }
}

static void test_one_at_a_time(void **state)
{
    struct tally tally = {.count = 0};
    struct wt workers[WORKERS];

    (void)state;
    test_watchdog(SECONDS);
    guise__lock_init(&tally.lock);
    wt_start_all(workers, WORKERS, count_up, &tally);
    wt_join_all(workers, WORKERS);
    print_message("taken %u times, held by another %u times\n", tally.count,
                  atomic_load(&tally.met_somebody));
    assert_int_equal(tally.count, WORKERS * TIMES);
    assert_int_equal(word_of(&tally.lock), free_word());
    assert_true(atomic_load(&tally.met_somebody) > 20);
    guise__lock_destroy(&tally.lock);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void take_in_child(void *arg)
{
    struct guise__lock *lock = arg;

    CHILD_CHECK(guise__lock_take(lock)); /* it was the parent's */
    CHILD_CHECK(word_of(lock) == (free_word() | GUISE__LOCK_HELD));
    guise__lock_release(lock);
    CHILD_CHECK(!guise__lock_take(lock)); /* and is so only once */
    guise__lock_release(lock);
    CHILD_CHECK(word_of(lock) == free_word());
}

/* The thread that held it or slept on it does not exist in the child (W-29). */
static void test_child_finds_it_as_its_parent_left_it(void **state)
{
    static const unsigned s_left[] = {0, GUISE__LOCK_HELD, GUISE__LOCK_HELD | GUISE__LOCK_AWAITED};

    (void)state;
    test_watchdog(SECONDS);
    assert_ok(guise__fork_prepare());
    for (size_t i = 0; i < sizeof s_left / sizeof s_left[0]; i++) {
        struct guise__lock lock;

        atomic_init(&lock.word, free_word() | s_left[i]);
        assert_child_passes(take_in_child, &lock);
        assert_int_equal(word_of(&lock), free_word() | s_left[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken_and_let_go),
        cmocka_unit_test(test_every_sleeper_gets_it),
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_child_finds_it_as_its_parent_left_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
