/* SPDX-License-Identifier: MIT */
/*
 * Lists of groups around and above the length that is read on the stack: the server's, a client's, one
 * that is both. A list that differs in its last group only is another list (I-06). The room for long
 * lists is a thread's own, and there may be no memory for it. This program brings its own
 * guise__alloc_raw, which can fail.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <linux/capability.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/port.h"
#include "support/kernel.h"
#include "identity/switch_record.h"
#include "thread/thread_state.h"

enum { ALICE = 50001, SELF_BASE = 60000, CLIENT_BASE = 70001, LIMIT = 4096 };

/* ---- the allocator --------------------------------------------------------------------------- */

static atomic_uint s_live;
static atomic_bool s_fails;

void *guise__alloc_raw(size_t size)
{
    void *memory = atomic_load(&s_fails) ? NULL : malloc(size);

    if (memory != NULL) {
        (void)atomic_fetch_add(&s_live, 1);
    }
    return memory;
}

void guise__free(void *memory)
{
    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
    }
    free(memory);
}

/* ---- lists ----------------------------------------------------------------------------------- */

struct list {
    size_t count;
    gid_t groups[LIMIT];
};

/* Descending, so that it is not sorted already. */
static struct list list_of(gid_t base, size_t count)
{
    struct list list = {.count = count};

    for (size_t i = 0; i < count; i++) {
        list.groups[i] = base + (gid_t)(2 * (count - i));
    }
    return list;
}

static int compare(const void *left, const void *right)
{
    gid_t a = *(const gid_t *)left, b = *(const gid_t *)right;

    return (a > b) - (a < b);
}

static void must_be_in(uid_t uid, const struct list *list)
{
    static struct list now, sorted;
    unsigned ids[3];
    long count = syscall(NR_GETGROUPS, LIMIT, now.groups);

    sorted = *list;
    qsort(sorted.groups, sorted.count, sizeof(gid_t), compare);
    CHILD_CHECK(count == (long)list->count);
    qsort(now.groups, list->count, sizeof(gid_t), compare);
    CHILD_CHECK(memcmp(now.groups, sorted.groups, list->count * sizeof(gid_t)) == 0);
    CHILD_CHECK(syscall(NR_GETRESUID, &ids[0], &ids[1], &ids[2]) == 0 && ids[1] == uid);
}

/* ---- serving --------------------------------------------------------------------------------- */

static struct list s_self, s_client;

static void start(size_t self_count, size_t client_count, bool same)
{
    s_self = list_of(SELF_BASE, self_count);
    s_client = same ? s_self : list_of(CLIENT_BASE, client_count);
    CHILD_OK(guise_token_set_group_limit(LIMIT));
    CHILD_CHECK(raw_setgroups(s_self.count, s_self.groups));
    CHILD_OK(guise_use_provider(guise_provider_linux()));
}

/* Its gid is one of the list. */
static guise_call *client_in_list(void)
{
    return client_call(client_token(ALICE, s_client.groups[0], s_client.count, s_client.groups,
                                    GUISE_LEVEL_IMPERSONATE));
}

static void serve_once(guise_call *call)
{
    CHILD_OK(guise_call_impersonate(call));
    must_be_in(ALICE, &s_client);
    CHILD_OK(guise_call_impersonate(call));
    CHILD_OK(guise_thread_verify());
    CHILD_OK(guise_revert_to_self());
    must_be_in(0, &s_self);
    CHILD_OK(guise_thread_verify());
}

static void *serve_in_a_thread(void *call)
{
    serve_once(call);
    serve_once(call);
    return NULL;
}

struct lengths {
    size_t self, client;
    bool same;
};

static void serve_lists(void *arg)
{
    const struct lengths *lengths = arg;
    guise_call *call;
    unsigned live;

    start(lengths->self, lengths->client, lengths->same);
    call = client_in_list();
    serve_once(call);
    live = atomic_load(&s_live);
    child_thread(serve_in_a_thread, call);
    CHILD_CHECK(atomic_load(&s_live) == live); /* the thread's room went with it */
    guise_call_unref(call);
}

static const struct lengths s_lengths[] = {
    {3, 1024, false},    {3, 1025, false},    {1024, 3, false},   {1025, 3, false},
    {1500, 1300, false}, {1300, 1500, false}, {1024, 0, true},    {1025, 0, true},
    {4096, 4096, false}, {0, 4096, false},
};

static void lists_of_all_lengths_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_lengths / sizeof s_lengths[0]; i++) {
        print_message("%zu and %zu\n", s_lengths[i].self, s_lengths[i].client);
        assert_child_passes(serve_lists, (void *)(uintptr_t)&s_lengths[i]);
    }
}

/* The server's list may be longer than a token's may be. */
static void server_in_more_groups_than_the_limit(void *arg)
{
    guise_call *call;

    (void)arg;
    s_self = list_of(SELF_BASE, 1500);
    s_client = list_of(CLIENT_BASE, 20);
    CHILD_OK(guise_token_set_group_limit(30));
    CHILD_CHECK(raw_setgroups(s_self.count, s_self.groups));
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    call = client_in_list();
    serve_once(call);
    guise_call_unref(call);
}

/* ---- a list that changed in one place -------------------------------------------------------- */

struct place {
    struct lengths lengths;
    size_t changed; /* in the order of s_self or s_client */
};

static const struct place s_places[] = {
    {{1500, 1300, false}, 0},    {{1500, 1300, false}, 1}, {{1500, 1300, false}, 1023},
    {{1500, 1300, false}, 1024}, {{1500, 1300, false}, 1299}, {{1500, 0, true}, 0},
    {{1500, 0, true}, 1499},     {{1024, 1024, false}, 0}, {{1024, 1024, false}, 1023},
};

static void self_changes(void *arg)
{
    const struct place *place = arg;
    size_t changed = place->lengths.self - 1 - place->changed;
    struct list before;
    guise_call *call;

    start(place->lengths.self, place->lengths.client, place->lengths.same);
    call = client_in_list();
    serve_once(call);
    before = s_self;
    s_self.groups[changed]++;
    CHILD_CHECK(raw_setgroups(s_self.count, s_self.groups));
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    must_be_in(0, &s_self);
    s_self = before;
    CHILD_OK(guise_thread_become_self());
    must_be_in(0, &s_self);
    serve_once(call);
    guise_call_unref(call);
}

/* What another thread's libc call could do. */
static void client_changes(void *arg)
{
    const struct place *place = arg;

    start(place->lengths.self, place->lengths.client, place->lengths.same);
    CHILD_OK(guise_call_impersonate(client_in_list()));
    s_client.groups[s_client.count - 1 - place->changed]++;
    CHILD_CHECK(raw_setresuid((uid_t)-1, 0, (uid_t)-1) &&
                raw_setgroups(s_client.count, s_client.groups) &&
                raw_setresuid((uid_t)-1, ALICE, (uid_t)-1));
    must_be_in(ALICE, &s_client);
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    (void)fputs("changed. ", stderr);
    (void)!guise_revert_to_self();
}

/* I-06, L-7 */
static void one_group_makes_another_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_places / sizeof s_places[0]; i++) {
        void *place = (void *)(uintptr_t)&s_places[i];

        assert_child_passes(self_changes, place);
        assert_child_dies(client_changes, place,
                          "changed. guise: fatal: a thread's identity was changed");
    }
}

/* ---- no memory for the room ------------------------------------------------------------------ */

/* The provider's own question, which makes no room: what cannot be read is not confirmed. */
static void must_not_be_confirmed_without_room(void)
{
    const guise_provider *provider = guise_provider_linux();

    CHILD_CHECK(tl_guise_switch.group_room == NULL);
    CHILD_CHECK_RESULT(provider->verify(provider, NULL), GUISE_E_UNEXPECTED);
    must_be_in(0, &s_self);
}

static void *be_without_room(void *call)
{
    unsigned live;

    must_not_be_confirmed_without_room();
    atomic_store(&s_fails, true);
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    CHILD_CHECK_RESULT(guise_thread_become_self(), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(guise_thread_token() == NULL && !tl_guise_thread.attached);
    must_be_in(0, &s_self);
    atomic_store(&s_fails, false);
    live = atomic_load(&s_live);
    CHILD_OK(guise_thread_verify());
    CHILD_OK(guise_thread_become_self());
    CHILD_CHECK(atomic_load(&s_live) == live && tl_guise_switch.group_room == NULL);
    serve_once(call);
    CHILD_CHECK(tl_guise_switch.group_room != NULL);
    CHILD_OK(guise_provider_linux()->verify(guise_provider_linux(), NULL));
    atomic_store(&s_fails, true); /* becoming a client needs none any more */
    serve_once(call);
    CHILD_OK(guise_thread_become_self());
    atomic_store(&s_fails, false);
    return NULL;
}

static void no_memory_for_the_room(void *arg)
{
    guise_counters counters = {.size = sizeof counters};
    guise_call *call;

    (void)arg;
    start(1500, 1300, false);
    call = client_in_list();
    child_thread(be_without_room, call);
    CHILD_OK(guise_counters_get(&counters));
    CHILD_CHECK(counters.born_as_client == 0); /* it was only not found out */
    guise_call_unref(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_all_lengths_are_exact),
        kernel_test(server_in_more_groups_than_the_limit),
        cmocka_unit_test(one_group_makes_another_list),
        kernel_test(no_memory_for_the_room),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
