/* SPDX-License-Identifier: MIT */
/*
 * src/call/queue.c: completers that put their notes in while threads take, and while the last reference
 * goes. Notes are 1 and 2. The queue's signal is not here; sync_model.c has its steps.
 */
#include "model.h"

enum { REFS, INBOX, OUTBOX, LOCK, QUEUE_END = LOCK, BODY_1, BODY_2, NEXT_1, NEXT_2 };
enum { TAKEN_1, TAKEN_2, DELIVERED_1, DELIVERED_2, FREED }; /* registers */

/* guise__count_up_unless_gone */
static bool count_up_unless_gone(void)
{
    uint64_t seen = load(REFS, count_unless_gone_load);

    do {
        if (seen == 0) {
            return false;
        }
    } while (!compare_exchange(REFS, &seen, seen + 1, count_unless_gone, count_unless_gone_failed));
    return true;
}

static void push(int note)
{
    uint64_t newest = load(INBOX, queue_push_load);

    do {
        write_plain(NEXT_1 + note - 1, newest);
    } while (!compare_exchange(INBOX, &newest, (uint64_t)note, queue_push, queue_push_failed));
}

static uint64_t reversed(uint64_t note)
{
    uint64_t done = 0;

    while (note != 0) {
        int next_of = NEXT_1 + (int)note - 1;
        uint64_t next = read_plain(next_of);

        write_plain(next_of, done);
        done = note;
        note = next;
    }
    return done;
}

/* oldest_locked */
static uint64_t oldest(void)
{
    uint64_t note = load(OUTBOX, ORDER(RELAXED));

    if (note == 0) {
        note = reversed(exchange(INBOX, 0, queue_take_inbox));
        store(OUTBOX, note, ORDER(RELAXED));
    }
    return note;
}

/* take_now, of one call. False: there is none. */
static bool take_one(void)
{
    uint64_t note;

    take_lock(LOCK);
    note = oldest();
    if (note != 0) {
        promise(read_plain(BODY_1 + (int)note - 1) == 1, "what is taken is whole");
        store(OUTBOX, read_plain(NEXT_1 + (int)note - 1), ORDER(RELAXED));
        registers[TAKEN_1 + (int)note - 1]++;
    }
    release_lock(LOCK);
    return note != 0;
}

/* guise_queue_unref */
static void drop(void)
{
    if (fetch_sub(REFS, 1, count_down_refs) == 1) {
        while (take_one()) {
        }
        free_places(INBOX, QUEUE_END); /* as if freed, but for the count, which the notes keep */
        registers[FREED]++;
    }
}

/* guise__note_deliver */
static void deliver(int note)
{
    write_plain(BODY_1 + note - 1, 1); /* what the completer did before */
    if (count_up_unless_gone()) {
        registers[DELIVERED_1 + note - 1]++;
        push(note);
        drop();
    }
}

static void deliver_1(void)
{
    deliver(1);
}

static void deliver_2(void)
{
    deliver(2);
}

static void take_and_drop(void)
{
    (void)take_one();
    drop();
}

static void check_each(void)
{
    promise(registers[FREED] == 1, "freed once, by the end");
    promise(registers[TAKEN_1] == registers[DELIVERED_1], "taken as often as delivered");
    promise(registers[TAKEN_2] == registers[DELIVERED_2], "taken as often as delivered");
}

const struct scenario queue_scenarios[] = {{.name = "queue: a completer and the last owner",
                                            .threads = {deliver_1, take_and_drop},
                                            .initial = {[REFS] = 1},
                                            .check = check_each},
                                           {.name = "queue: two completers and the last owner",
                                            .threads = {deliver_1, deliver_2, drop},
                                            .initial = {[REFS] = 1},
                                            .check = check_each},
                                           {.name = "queue: a completer and two takers",
                                            .threads = {deliver_1, take_and_drop, take_and_drop},
                                            .initial = {[REFS] = 2},
                                            .check = check_each},
                                           {.name = NULL}};
