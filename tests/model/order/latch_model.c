/* SPDX-License-Identifier: MIT */
/* src/base/latch.c. A thread spins once here, or not at all: how often it does changes no order. */
#include "model.h"

enum { WORD, SLEEPERS, DATA };
enum { SHUT, SLEPT_ON, OPEN };

/* is_open */
static bool is_open(void)
{
    return load(WORD, latch_load) == OPEN;
}

/* guise__latch_wait and latch_sleep, without a deadline */
static void wait_latched(unsigned me, bool spins)
{
    uint64_t seen = SHUT;

    if (!spins || !is_open()) {
        (void)compare_exchange(WORD, &seen, SLEPT_ON, latch_announce, latch_announce_failed);
        while (!is_open()) {
            sleep_on_futex(SLEEPERS, WORD, SLEPT_ON, me);
        }
    }
    promise(load(WORD, latch_opener) == OPEN, "an open latch does not change");
}

/* guise__latch_open */
static void open(void)
{
    if (exchange(WORD, OPEN, latch_open) == SLEPT_ON) {
        wake_all(SLEEPERS);
    }
}

static void opener(void)
{
    write_plain(DATA, 1);
    open();
}

static void sleeper_1(void)
{
    wait_latched(1, false);
    promise(read_plain(DATA) == 1, "what was written before the latch opened is visible after");
}

static void spinner_2(void)
{
    wait_latched(2, true);
    promise(read_plain(DATA) == 1, "what was written before the latch opened is visible after");
}

/* The latch lies on the stack of a thread that waits alone. */
static void owner_1(void)
{
    wait_latched(1, true);
    promise(read_plain(DATA) == 1, "what was written before the latch opened is visible after");
    free_places(WORD, WORD);
}

const struct scenario latch_scenarios[] = {
    {.name = "latch, one waits, and frees it", .threads = {opener, owner_1}},
    {.name = "latch, two wait", .threads = {opener, sleeper_1, spinner_2}},
    {.name = NULL}};
