/* SPDX-License-Identifier: MIT */
/*
 * src/identity/context.c: the references to a context, its shards (counts of the calls that refer to it,
 * two of them here), and its end. A call takes its reference with guise__context_acquire and drops it
 * with guise__context_release.
 */
#include "model.h"

enum { REFS, SHARDS, AT_END, USED_0, USED_1, USED_2, CONTEXT_END = USED_2 };
enum { SHARD_0 = CONTEXT_END + 1, SHARD_1, SHARDS_BODY, SHARDS_END = SHARDS_BODY };
enum { COUNT = 2, CLOSED = 1, ONE_CALL = 2 };
enum { FREED = REGISTERS_MAX - 1 };

/* context_destroy */
static void destroy(void)
{
    uint64_t shards = load(SHARDS, context_destroy_shards);

    promise(load(AT_END, context_destroy_at_end) == final_value(AT_END),
            "the function that was registered is called");
    promise(shards == final_value(SHARDS), "shards are freed with their context");
    if (shards != 0) {
        free_places(SHARD_0, SHARDS_END);
    }
    free_places(REFS, CONTEXT_END);
    registers[FREED]++;
}

/* guise__count_down */
static bool count_down(void)
{
    return fetch_sub(REFS, 1, count_down_refs) == 1;
}

static void shards_close(void)
{
    (void)fetch_add(REFS, COUNT, context_close_refs);
    for (int i = 0; i < COUNT; i++) {
        if (fetch_or(SHARD_0 + i, CLOSED, context_close_shard) == 0) {
            (void)count_down();
        }
    }
}

/* context_drop_last */
static void drop_last(void)
{
    if (load(SHARDS, context_last_shards) == 0) {
        destroy();
        return;
    }
    (void)read_plain(SHARDS_BODY);
    if ((load(SHARD_0, context_is_closed) & CLOSED) == 0) {
        shards_close();
    }
    if (count_down()) {
        destroy();
    }
}

/* context_drop, which is guise_context_unref */
static void drop(void)
{
    uint64_t seen = load(REFS, context_drop_load);

    while (seen != 1) {
        if (compare_exchange(REFS, &seen, seen - 1, context_drop, context_drop_failed)) {
            return;
        }
    }
    drop_last();
}

/* guise__context_make_shards */
static void make_shards(void)
{
    uint64_t none = 0;

    write_plain(SHARDS_BODY, 1);
    promise(compare_exchange(SHARDS, &none, 1, context_make_shards, context_make_shards_failed),
            "no other thread makes them here");
}

static bool shard_acquire(int shard)
{
    uint64_t seen = load(shard, context_acquire_shard_load);

    do {
        if ((seen & CLOSED) != 0) {
            return false;
        }
    } while (!compare_exchange(shard, &seen, seen + ONE_CALL, context_acquire_shard,
                               context_acquire_shard_failed));
    return true;
}

/* guise__context_acquire, on that processor */
static uint64_t acquire(unsigned processor)
{
    if (load(SHARDS, context_acquire_shards) != 0) {
        (void)read_plain(SHARDS_BODY);
        if (shard_acquire(SHARD_0 + (int)processor)) {
            return processor + 1;
        }
    }
    (void)fetch_add(REFS, 1, context_acquire_refs);
    return 0;
}

/* guise__context_release */
static void release(uint64_t shard)
{
    if (shard == 0) {
        drop();
        return;
    }
    promise(load(SHARDS, context_release_shards) != 0,
            "a call that is counted in a shard finds the shards");
    if (fetch_sub(SHARD_0 + (int)shard - 1, ONE_CALL, context_release) == (ONE_CALL | CLOSED) &&
        count_down()) {
        destroy();
    }
}

/* ---- threads ---- */

static void owner_0(void)
{
    write_plain(USED_0, 1);
    drop();
}

/* A call on each of two processors. Each caller has a reference of its own to the context, which the
 * caller drops before the call ends. */
static void caller_1(void)
{
    uint64_t shard = acquire(1);

    drop();
    write_plain(USED_1, 1);
    release(shard);
}

static void caller_2(void)
{
    uint64_t shard = acquire(0);

    drop();
    write_plain(USED_2, 1);
    release(shard);
}

/* Calls that were made before the scenario begins, each counted in a shard of its own. */
static void call_1(void)
{
    write_plain(USED_1, 1);
    release(2);
}

static void call_2(void)
{
    write_plain(USED_2, 1);
    release(1);
}

/* Counted in the same shard as call_1. */
static void neighbour_2(void)
{
    write_plain(USED_2, 1);
    release(2);
}

/* Makes another call from a call, without a reference of its own to the context. */
static void calling_call_1(void)
{
    uint64_t shard = acquire(0);

    write_plain(USED_1, 1);
    release(2);
    release(shard);
}

static void maker_0(void)
{
    make_shards();
    write_plain(USED_0, 1);
    drop();
}

/* guise__context_at_end */
static void registrar_0(void)
{
    store(AT_END, 1, context_at_end);
    drop();
}

static void check_freed(void)
{
    promise(registers[FREED] == 1, "freed once");
}

const struct scenario shards_scenarios[] = {
    {.name = "context, three references",
     .threads = {owner_0, caller_1},
     .initial = {[REFS] = 2},
     .check = check_freed},
    {.name = "context, its function",
     .threads = {registrar_0, caller_1},
     .initial = {[REFS] = 2},
     .check = check_freed},
    {.name = "shards, two calls in them",
     .threads = {owner_0, call_1, call_2},
     .initial = {[REFS] = 1, [SHARDS] = 1, [SHARD_0] = ONE_CALL, [SHARD_1] = ONE_CALL},
     .check = check_freed},
    {.name = "shards, two calls in one",
     .threads = {owner_0, call_1, neighbour_2},
     .initial = {[REFS] = 1, [SHARDS] = 1, [SHARD_1] = 2 * ONE_CALL},
     .check = check_freed},
    {.name = "shards, calls are made",
     .threads = {owner_0, caller_1},
     .initial = {[REFS] = 2, [SHARDS] = 1},
     .check = check_freed},
    {.name = "shards, two calls are made",
     .threads = {owner_0, caller_1, caller_2},
     .initial = {[REFS] = 3, [SHARDS] = 1},
     .check = check_freed},
    {.name = "shards, a call makes a call",
     .threads = {owner_0, calling_call_1},
     .initial = {[REFS] = 1, [SHARDS] = 1, [SHARD_1] = ONE_CALL},
     .check = check_freed},
    {.name = "shards are made",
     .threads = {maker_0, caller_1},
     .initial = {[REFS] = 2},
     .check = check_freed},
    {.name = NULL}};
