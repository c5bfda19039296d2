/* SPDX-License-Identifier: MIT */
/* src/base/lock.h and src/base/lock.c, in a process that has not forked: a child begins with one thread. */
#include "model.h"

enum { WORD, SLEEPERS, COUNT };
enum { HELD = 1, AWAITED = 2 };

/* lock_sleep */
static void lock_sleep(uint64_t seen, unsigned me)
{
    uint64_t awaited = seen | AWAITED;

    if (seen == awaited ||
        compare_exchange(WORD, &seen, awaited, lock_announce, lock_announce_failed)) {
        sleep_on_futex(SLEEPERS, WORD, awaited, me);
    }
}

/* guise__lock_take_slow */
static void take_slow(uint64_t seen, unsigned me, int spins)
{
    uint64_t flags = HELD;

    for (;;) {
        if ((seen & HELD) == 0) {
            if (compare_exchange(WORD, &seen, flags, lock_take_slow, lock_take_slow_failed)) {
                return;
            }
            continue;
        }
        if (spins > 0) {
            spins--;
        } else {
            lock_sleep(seen, me);
            flags = HELD | AWAITED;
        }
        seen = load(WORD, lock_reread);
    }
}

/* guise__lock_take */
static void take(unsigned me, int spins)
{
    uint64_t seen = 0;

    if (!compare_exchange(WORD, &seen, HELD, lock_take, lock_take_failed)) {
        take_slow(seen, me, spins);
    }
}

/* guise__lock_release */
static void release(void)
{
    if ((exchange(WORD, 0, lock_release) & AWAITED) != 0) {
        wake_one(SLEEPERS);
    }
}

/* Counts under the lock: two threads that added at once would lose a count. */
static void count_once(unsigned me, int spins)
{
    take(me, spins);
    write_plain(COUNT, read_plain(COUNT) + 1);
    release();
}

/* Begins as the lock holder. */
static void holder_0(void)
{
    write_plain(COUNT, read_plain(COUNT) + 1);
    release();
}

static void sleeper_0(void)
{
    count_once(0, 0);
}

static void sleeper_1(void)
{
    count_once(1, 0);
}

static void sleeper_2(void)
{
    count_once(2, 0);
}

static void spinner_1(void)
{
    count_once(1, 1);
}

static void twice_0(void)
{
    count_once(0, 0);
    count_once(0, 0);
}

static void check_two(void)
{
    promise(final_value(COUNT) == 2, "one holder at a time");
}

static void check_three(void)
{
    promise(final_value(COUNT) == 3, "one holder at a time");
}

const struct scenario lock_scenarios[] = {
    {.name = "lock, two threads", .threads = {sleeper_0, sleeper_1}, .check = check_two},
    {.name = "lock, one spins first", .threads = {sleeper_0, spinner_1}, .check = check_two},
    {.name = "lock, one takes it twice", .threads = {twice_0, sleeper_1}, .check = check_three},
    {.name = "lock, held while two want it",
     .threads = {holder_0, sleeper_1, sleeper_2},
     .initial = {[WORD] = HELD},
     .check = check_three},
    {.name = NULL}};
