/* SPDX-License-Identifier: MIT */
/*
 * Two patterns that the library has in several places. Publishing once: a thread writes an object and
 * then stores the flag or the pointer by which other threads find it; of two threads that publish, a
 * compare-exchange chooses the first. And reference counts: the last owner frees.
 */
#include "model.h"

enum { FLAG, BODY_1, BODY_2 };
enum { COUNT, USED_0, USED_1, COUNTED_END = USED_1 };

static void publish(int site)
{
    write_plain(BODY_1, 1);
    store(FLAG, 1, site);
}

static void find_published(int site)
{
    if (load(FLAG, site) != 0) {
        promise(read_plain(BODY_1) == 1, "what is published is whole");
    }
}

#define PUBLISHED(name, store_site, load_site)                                                     \
    static void publish_##name(void)                                                               \
    {                                                                                              \
        publish(store_site);                                                                       \
    }                                                                                              \
    static void find_published_##name(void)                                                        \
    {                                                                                              \
        find_published(load_site);                                                                 \
    }

PUBLISHED(provider, provider_settle, provider_load)
PUBLISHED(fork, fork_prepare, fork_is_prepared)
PUBLISHED(fork_locks, fork_locks_hold, fork_locks_find)
PUBLISHED(inner, call_object_adopt, call_object_inner)
PUBLISHED(begun, call_object_begins, call_object_complete)
PUBLISHED(member, com_container_add, com_container_object_of)

/* Finds the published object, or publishes the thread's own, body. */
static void find_or_make(int body, int load_site, int success, int failure, bool loads_again)
{
    uint64_t found = load(FLAG, load_site);

    if (found == 0) {
        write_plain(body, 1);
        if (compare_exchange(FLAG, &found, (uint64_t)body, success, failure)) {
            found = (uint64_t)body;
        } else {
            free_places(body, body);
            found = loads_again ? load(FLAG, load_site) : found;
        }
    }
    promise(found != 0 && read_plain((int)found) == 1, "what is found is whole");
}

static void share_1(void)
{
    find_or_make(BODY_1, event_shared, event_decide, event_decide_failed, true);
}

static void share_2(void)
{
    find_or_make(BODY_2, event_shared, event_decide, event_decide_failed, true);
}

static void secure_1(void)
{
    find_or_make(BODY_1, security_load, security_make, security_make_failed, false);
}

static void secure_2(void)
{
    find_or_make(BODY_2, security_load, security_make, security_make_failed, false);
}

static void make_key_1(void)
{
    find_or_make(BODY_1, end_key_load, end_key_make, end_key_make_failed, false);
}

static void make_key_2(void)
{
    find_or_make(BODY_2, end_key_load, end_key_make, end_key_make_failed, false);
}

/* One owner (counts_up) takes a second reference and drops both; the other drops its only one. */
static void use_and_drop(int used, int up, int down, bool counts_up)
{
    if (counts_up) {
        (void)fetch_add(COUNT, 1, up);
    }
    write_plain(used, 1);
    for (int left = counts_up ? 2 : 1; left > 0; left--) {
        if (fetch_sub(COUNT, 1, down) == 1) {
            free_places(COUNT, COUNTED_END);
            registers[0]++;
        }
    }
}

static void check_freed(void)
{
    promise(registers[0] == 1, "freed once, by the end");
}

static void use_core_0(void)
{
    use_and_drop(USED_0, count_up, count_down_refs, true);
}

static void use_core_1(void)
{
    use_and_drop(USED_1, count_up, count_down_refs, false);
}

#define TWO_OWNERS .initial = {[COUNT] = 2}, .check = check_freed

const struct scenario once_scenarios[] = {
    {.name = "published: the provider", .threads = {publish_provider, find_published_provider}},
    {.name = "published: the fork handler", .threads = {publish_fork, find_published_fork}},
    {.name = "published: the locks that a fork takes",
     .threads = {publish_fork_locks, find_published_fork_locks}},
    {.name = "published: the server's object", .threads = {publish_inner, find_published_inner}},
    {.name = "published: that Begin_ has begun", .threads = {publish_begun, find_published_begun}},
    {.name = "published: a container's object", .threads = {publish_member, find_published_member}},
    {.name = "published by two: an event's signal", .threads = {share_1, share_2}},
    {.name = "published by two: the key for ends of threads", .threads = {make_key_1, make_key_2}},
    {.name = "published by two: a call's security", .threads = {secure_1, secure_2}},
    {.name = "counted: every object but calls", .threads = {use_core_0, use_core_1}, TWO_OWNERS},
    {.name = NULL}};
