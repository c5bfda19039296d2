/* SPDX-License-Identifier: MIT */
/*
 * The table of handles from the inside: its source is part of this program, in place of the
 * library's, so that a place's generations can be used up without living through them, and the
 * table finds no memory. So is the source of the fork handlers and of the key for ends of threads, which
 * this program can stop in the middle of being made.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool s_no_memory, s_no_chunk;

static void *table_realloc(void *memory, size_t size)
{
    if (s_no_memory) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, size);
}

static void *table_calloc(size_t count, size_t size)
{
    if (s_no_chunk) {
        errno = ENOMEM;
        return NULL;
    }
    return calloc(count, size);
}

/* Called once, before or after the next registration or key, instead of another thread. */
static void (*s_in_between)(void);
static bool s_before;

static void meanwhile(bool before)
{
    void (*fn)(void) = s_in_between;

    if (fn != NULL && before == s_before) {
        s_in_between = NULL;
        fn();
    }
}

static int table_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    int result;

    meanwhile(true);
    result = pthread_atfork(prepare, parent, child);
    meanwhile(false);
    return result;
}

static int table_key_create(pthread_key_t *key, void (*at_end)(void *))
{
    meanwhile(true);
    return pthread_key_create(key, at_end);
}

#define realloc table_realloc
#define calloc table_calloc
#define pthread_atfork table_atfork
#define pthread_key_create table_key_create
#include "base/lifecycle.c"
#include "com/handle.c"
#undef realloc
#undef calloc
#undef pthread_atfork
#undef pthread_key_create

#include "com_test.h"

#include <sched.h>

#include "support/child.h"
#include "support/wt.h"

enum { SECONDS = 60, GROWTH = 3 * CHUNK, THREADS = 4, ROUNDS = 3000, ACCESS = 0x1234 };

/* ---- things ---------------------------------------------------------------------------------- */

struct thing {
    struct guise__com_handled handled; /* first */
    atomic_uint destroyed;
};

static void destroy(struct guise__com_handled *handled)
{
    (void)atomic_fetch_add(&((struct thing *)handled)->destroyed, 1);
}

static const struct guise__com_handle_kind one_kind = {destroy}, other_kind = {destroy};

static HANDLE open_thing(struct thing *thing)
{
    HANDLE handle;

    guise__com_handled_init(&thing->handled, &one_kind);
    atomic_init(&thing->destroyed, 0);
    handle = guise__com_handle_open(&thing->handled, ACCESS);
    assert_non_null(handle);
    return handle;
}

static void check_taken(HANDLE handle, struct thing *thing)
{
    DWORD access = 0;

    SetLastError(4711);
    assert_ptr_equal(guise__com_handle_take(handle, &one_kind, &access), &thing->handled);
    assert_int_equal(access, ACCESS);
    assert_ptr_equal(guise__com_handle_take(handle, &one_kind, NULL), &thing->handled);
    assert_int_equal(GetLastError(), 4711);
    assert_int_equal(atomic_load(&thing->handled.refs), 3);
    guise__com_handled_unref(&thing->handled);
    guise__com_handled_unref(&thing->handled);
    assert_int_equal(atomic_load(&thing->destroyed), 0);
}

static void check_refused(HANDLE handle, const struct guise__com_handle_kind *kind)
{
    DWORD access = 4711;

    SetLastError(0);
    assert_null(guise__com_handle_take(handle, kind, &access));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_int_equal(access, 4711);
}

static void check_none(HANDLE handle)
{
    check_refused(handle, &one_kind);
    SetLastError(0);
    assert_false(CloseHandle(handle));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(4711);
    assert_false(guise__com_handle_close(handle));
    assert_int_equal(GetLastError(), 4711);
}

/* Means something, but is not in the table. */
static void check_pseudo(HANDLE handle)
{
    check_refused(handle, &one_kind);
    SetLastError(4711);
    assert_true(CloseHandle(handle));
    assert_false(guise__com_handle_close(handle));
    assert_int_equal(GetLastError(), 4711);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_handle_is_its_object_until_closed(void **state)
{
    struct thing thing;
    HANDLE handle = open_thing(&thing);

    (void)state;
    check_taken(handle, &thing);
    check_refused(handle, &other_kind);
    assert_true(CloseHandle(handle));
    assert_int_equal(atomic_load(&thing.destroyed), 1);
    check_none(handle);
    assert_int_equal(atomic_load(&thing.destroyed), 1);
}

static void an_object_in_use_outlives_its_handle(void **state)
{
    struct thing thing;
    HANDLE handle = open_thing(&thing);

    (void)state;
    assert_ptr_equal(guise__com_handle_take(handle, &one_kind, NULL), &thing.handled);
    assert_true(CloseHandle(handle));
    assert_int_equal(atomic_load(&thing.destroyed), 0);
    check_none(handle);
    guise__com_handled_unref(&thing.handled);
    assert_int_equal(atomic_load(&thing.destroyed), 1);
}

static uintptr_t index_in(HANDLE handle)
{
    return ((uintptr_t)handle >> FREE_MARKS) & (((uintptr_t)1 << INDEX_BITS) - 1);
}

static void a_new_tenant_is_not_the_old_one(void **state)
{
    struct thing old, tenant;
    HANDLE before = open_thing(&old), now;

    (void)state;
    assert_true(CloseHandle(before));
    now = open_thing(&tenant);
    assert_int_equal(index_in(now), index_in(before));
    assert_ptr_not_equal(now, before);
    check_none(before);
    check_taken(now, &tenant);
    assert_true(CloseHandle(now));
}

/* The two lowest bits are the program's own, for marks of its own. */
static void the_lowest_bits_do_not_count(void **state)
{
    struct thing thing;
    uintptr_t number = (uintptr_t)open_thing(&thing);

    (void)state;
    assert_int_equal(number & 3, 0);
    for (uintptr_t mark = 0; mark < 4; mark++) {
        check_taken((HANDLE)(number | mark), &thing);
        check_refused((HANDLE)(number | mark), &other_kind);
    }
    assert_true(CloseHandle((HANDLE)(number | 3)));
    assert_int_equal(atomic_load(&thing.destroyed), 1);
    for (uintptr_t mark = 0; mark < 4; mark++) {
        check_none((HANDLE)(number | mark));
    }
}

/* A number that differs in any other bit is another one; so are those with a meaning elsewhere. */
static void forged_numbers_are_refused(void **state)
{
    struct thing thing;
    HANDLE handle = open_thing(&thing);

    (void)state;
    for (unsigned bit = FREE_MARKS; bit < POINTER_BITS; bit++) {
        check_none((HANDLE)((uintptr_t)handle ^ ((uintptr_t)1 << bit)));
    }
    for (intptr_t number = -16; number <= 0; number++) {
        if (guise__com_handle_is_pseudo((HANDLE)number)) {
            check_pseudo((HANDLE)number);
        } else {
            check_none((HANDLE)number);
        }
    }
    check_none((HANDLE)&thing);
    check_none((HANDLE)(UINTPTR_MAX >> 1));
    check_none((HANDLE)((((uintptr_t)1 << INDEX_BITS) - 1) << FREE_MARKS));
    check_taken(handle, &thing);
    assert_true(CloseHandle(handle));
}

static void the_table_grows(void **state)
{
    static struct thing s_things[GROWTH];
    static HANDLE s_handles[GROWTH];

    (void)state;
    for (unsigned i = 0; i < GROWTH; i++) {
        s_handles[i] = open_thing(&s_things[i]);
    }
    assert_true(s_chunk_count >= GROWTH / CHUNK);
    for (unsigned i = 0; i < GROWTH; i++) {
        check_taken(s_handles[i], &s_things[i]);
    }
    for (unsigned i = 0; i < GROWTH; i += 2) {
        assert_true(CloseHandle(s_handles[i]));
    }
    for (unsigned i = 0; i < GROWTH; i++) {
        assert_int_equal(atomic_load(&s_things[i].destroyed), 1 - i % 2);
        if (i % 2 == 0) {
            check_none(s_handles[i]);
        } else {
            check_taken(s_handles[i], &s_things[i]);
            assert_true(CloseHandle(s_handles[i]));
        }
    }
}

/* The last number of a place is valid; after it the place is never used again. */
/* no_memory: what cannot be had. */
static void check_no_growth(bool *no_memory)
{
    struct place *kept = s_free;
    size_t chunks = s_chunk_count;
    struct thing thing;

    guise__com_handled_init(&thing.handled, &one_kind);
    atomic_init(&thing.destroyed, 0);
    s_free = NULL;
    *no_memory = true;
    errno = 4711;
    SetLastError(0);
    assert_null(guise__com_handle_open(&thing.handled, ACCESS));
    *no_memory = false;
    assert_null(s_free);
    s_free = kept;
    assert_int_equal(s_chunk_count, chunks);
    assert_int_equal(errno, 4711);
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(atomic_load(&thing.destroyed), 1);
}

static void a_table_that_cannot_grow_refuses(void **state)
{
    (void)state;
    check_no_growth(&s_no_memory);
    check_no_growth(&s_no_chunk);
}

static void overflow(void *arg)
{
    struct thing thing;

    (void)arg;
    guise__com_handled_init(&thing.handled, &one_kind);
    atomic_store(&thing.handled.refs, UINT_MAX / 2 - 1);
    guise__com_handled_ref(&thing.handled);
    CHILD_CHECK(atomic_load(&thing.handled.refs) == UINT_MAX / 2);
    guise__com_handled_ref(&thing.handled);
}

static void too_many_references_end_the_process(void **state)
{
    (void)state;
    assert_child_dies(overflow, NULL, "guise: fatal: a reference count overflowed");
}

static void used_up_places_are_left_alone(void **state)
{
    struct thing last, next;
    struct place *place;
    HANDLE handle;

    (void)state;
    assert_true(CloseHandle(open_thing(&last)));
    place = s_free;
    place->generation = GENERATION_MAX;
    handle = open_thing(&last);
    assert_ptr_equal(place->object, &last.handled);
    assert_true((intptr_t)handle > 0); /* no pseudo-handle looks like one */
    check_taken(handle, &last);
    assert_true(CloseHandle(handle));
    check_none(handle);
    for (const struct place *each = s_free; each != NULL; each = each->next_free) {
        assert_ptr_not_equal(each, place);
    }
    handle = open_thing(&next);
    assert_null(place->object);
    assert_true(CloseHandle(handle));
}

/* Full: the object is dropped, and nothing else has happened. */
static void a_full_table_refuses(void **state)
{
    struct place *free_places = s_free;
    size_t chunks = s_chunk_count;
    struct thing thing;

    (void)state;
    guise__com_handled_init(&thing.handled, &one_kind);
    atomic_init(&thing.destroyed, 0);
    s_free = NULL;
    s_chunk_count = INDEX_MAX / CHUNK;
    SetLastError(0);
    assert_null(guise__com_handle_open(&thing.handled, ACCESS));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(atomic_load(&thing.destroyed), 1);
    s_chunk_count = chunks;
    s_free = free_places;
}

/* ---- threads --------------------------------------------------------------------------------- */

struct crowd {
    _Atomic(HANDLE) shown; /* the newest handle of the last thread */
    atomic_uint by_others, refused;
};

/* Opens, shows, and closes; takes what others show, which may be closed by then. */
static void come_and_go(struct wt *w)
{
    struct crowd *crowd = w->arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct thing *thing = calloc(1, sizeof *thing);
        struct guise__com_handled *found;
        HANDLE handle, other;

        WT_CHECK(w, thing != NULL);
        guise__com_handled_init(&thing->handled, &one_kind);
        guise__com_handled_ref(&thing->handled); /* so that it can be looked at in the end */
        handle = guise__com_handle_open(&thing->handled, ACCESS);
        WT_CHECK(w, handle != NULL);
        other = atomic_exchange(&crowd->shown, handle);
        found = guise__com_handle_take(other, &one_kind, NULL);
        if (found != NULL) {
            (void)atomic_fetch_add(&crowd->by_others, 1);
            WT_CHECK(w, atomic_load(&((struct thing *)found)->destroyed) == 0);
            guise__com_handled_unref(found);
        } else {
            (void)atomic_fetch_add(&crowd->refused, 1);
        }
        (void)sched_yield();
        WT_CHECK(w, CloseHandle(handle));
        WT_CHECK(w, !CloseHandle(handle));
        while (atomic_load(&thing->handled.refs) != 1) { /* a thread still has it */
            (void)sched_yield();
        }
        WT_CHECK(w, atomic_load(&thing->destroyed) == 0);
        free(thing);
    }
}

static void threads_come_and_go(void **state)
{
    struct crowd crowd;
    struct wt w[THREADS];

    (void)state;
    test_watchdog(SECONDS);
    atomic_init(&crowd.shown, NULL);
    atomic_init(&crowd.by_others, 0);
    atomic_init(&crowd.refused, 0);
    wt_start_all(w, THREADS, come_and_go, &crowd);
    wt_join_all(w, THREADS);
    assert_true(atomic_load(&crowd.by_others) > 0); /* else nothing was tried */
    assert_true(atomic_load(&crowd.refused) > 0);
}

/* Many threads close one handle: one of them does. */
struct race {
    HANDLE handle;
    struct wt_barrier barrier;
    atomic_uint closed;
};

static void close_it(struct wt *w)
{
    struct race *race = w->arg;

    wt_barrier_wait(&race->barrier);
    (void)atomic_fetch_add(&race->closed, CloseHandle(race->handle) ? 1u : 0u);
}

static void one_close_succeeds(void **state)
{
    struct wt w[THREADS];
    struct thing thing;
    struct race race;

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned round = 0; round < 100; round++) {
        race.handle = open_thing(&thing);
        atomic_init(&race.closed, 0);
        wt_barrier_init(&race.barrier, THREADS);
        wt_start_all(w, THREADS, close_it, &race);
        wt_join_all(w, THREADS);
        assert_int_equal(atomic_load(&race.closed), 1);
        assert_int_equal(atomic_load(&thing.destroyed), 1);
    }
}

/* ---- fork ------------------------------------------------------------------------------------ */

struct inherited {
    struct thing *thing;
    HANDLE handle;
};

static void child_uses_handles(void *arg)
{
    const struct inherited *inherited = arg;
    struct thing own;
    HANDLE handle;

    CHILD_CHECK(guise__com_handle_take(inherited->handle, &one_kind, NULL) ==
                &inherited->thing->handled);
    guise__com_handled_unref(&inherited->thing->handled);
    CHILD_CHECK(CloseHandle(inherited->handle));
    CHILD_CHECK(atomic_load(&inherited->thing->destroyed) == 1);
    guise__com_handled_init(&own.handled, &one_kind);
    atomic_init(&own.destroyed, 0);
    handle = guise__com_handle_open(&own.handled, ACCESS);
    CHILD_CHECK(handle != NULL && handle != inherited->handle);
    CHILD_CHECK(CloseHandle(handle));
}

static void open_and_close(struct wt *w)
{
    atomic_bool *over = w->arg;

    while (!atomic_load(over)) {
        struct thing thing;
        HANDLE handle;

        guise__com_handled_init(&thing.handled, &one_kind);
        atomic_init(&thing.destroyed, 0);
        handle = guise__com_handle_open(&thing.handled, ACCESS);
        WT_CHECK(w, handle != NULL && CloseHandle(handle));
    }
}

/* Another thread is in the table all the time, but never in the middle of it in the child (W-28). */
static void a_child_has_the_whole_table(void **state)
{
    struct thing thing;
    struct inherited inherited = {&thing, open_thing(&thing)};
    atomic_bool over;
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    atomic_init(&over, false);
    wt_start(&w, open_and_close, &over);
    for (unsigned i = 0; i < 20; i++) {
        assert_child_passes(child_uses_handles, &inherited);
    }
    atomic_store(&over, true);
    wt_join(&w);
    check_taken(inherited.handle, &thing);
    assert_true(CloseHandle(inherited.handle));
}

static void close_what_is_not(struct wt *w)
{
    const atomic_bool *over = w->arg;

    while (!atomic_load(over)) {
        WT_CHECK(w, !CloseHandle((HANDLE)(uintptr_t)0x1234)); /* NOLINT: a number */
        WT_CHECK(w, guise__com_handle_take(NULL, &one_kind, NULL) == NULL);
    }
}

static void child_opens_its_first(void *arg)
{
    struct thing own;
    HANDLE handle;

    (void)arg;
    guise__com_handled_init(&own.handled, &one_kind);
    atomic_init(&own.destroyed, 0);
    handle = guise__com_handle_open(&own.handled, ACCESS);
    CHILD_CHECK(handle != NULL && CloseHandle(handle));
}

/* Of a process that has never had a handle, but is asked for some all the time (W-28). Comes first. */
static void a_child_finds_the_lock_free(void **state)
{
    atomic_bool over;
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    atomic_init(&over, false);
    wt_start_all(w, 2, close_what_is_not, &over);
    for (unsigned i = 0; i < 50; i++) {
        assert_child_passes(child_opens_its_first, NULL);
    }
    atomic_store(&over, true);
    wt_join_all(w, 2);
}

static void child_of_a_child(void)
{
    assert_child_passes(child_opens_its_first, NULL);
}

/* This one's parent was registering the handlers: it does so itself, and is forked. */
static void child_of_a_registering_parent(void *arg)
{
    child_opens_its_first(arg);
    child_of_a_child();
    child_opens_its_first(arg);
}

static void fork_meanwhile(void)
{
    assert_child_passes(child_of_a_registering_parent, NULL);
}

static void prepare_and_fork(void *before)
{
    s_before = *(const bool *)before;
    s_in_between = fork_meanwhile;
    child_opens_its_first(NULL);
    CHILD_CHECK(s_in_between == NULL);
    child_of_a_child();
    child_opens_its_first(NULL);
}

/* Before guise-com has prepared anything: so this one comes first. */
static void a_fork_while_the_handlers_are_registered(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (int before = 0; before < 2; before++) {
        assert_child_passes(prepare_and_fork, &(bool){before != 0});
    }
}

static uintptr_t s_found;

static void find_the_same_key(void)
{
    s_found = key_number();
}

/* Of two threads that make it, one is too late, and finds the other's. */
static void a_key_is_made_once(void **state)
{
    uintptr_t before = atomic_exchange(&s_key, 0), made;

    (void)state;
    s_before = true;
    s_in_between = find_the_same_key;
    made = key_number();
    assert_null(s_in_between);
    assert_int_equal(made, s_found);
    assert_int_not_equal(s_found, 0);
    assert_int_equal(atomic_load(&s_key), s_found);
    assert_int_equal(key_number(), s_found);
    assert_int_equal(pthread_setspecific((pthread_key_t)(s_found - 1), NULL), 0);
    assert_int_equal(pthread_key_delete((pthread_key_t)(s_found - 1)), 0);
    atomic_store(&s_key, before);
}

/* ---- ends of threads ------------------------------------------------------------------------- */

struct ends {
    char order[8]; /* a letter for each that was run */
    unsigned count;
};
static struct ends s_ends;
static pthread_key_t s_late_key;

static void end_noted(void *letter)
{
    s_ends.order[s_ends.count++] = *(const char *)letter;
}

/* The destructor of a key that was made after the library's, so it runs after the library was told. */
static void ask_late(void *arg)
{
    (void)arg;
    if (!guise__thread_at_end(GUISE__END_RING_REQUESTS, end_noted, "l")) {
        end_noted("?");
    }
}

static void ask_for_ends(struct wt *w)
{
    WT_CHECK(w, guise__thread_at_end(GUISE__END_CANCEL_OBJECTS, end_noted, "c"));
    WT_CHECK(w, guise__thread_at_end(GUISE__END_APARTMENT, end_noted, "?"));
    WT_CHECK(w, guise__thread_at_end(GUISE__END_RING_REQUESTS, end_noted, "r"));
    WT_CHECK(w, guise__thread_at_end(GUISE__END_APARTMENT, end_noted, "a"));
    WT_CHECK(w, pthread_setspecific(s_late_key, w) == 0);
}

static void take_back(struct wt *w)
{
    WT_CHECK(w, guise__thread_at_end(GUISE__END_APARTMENT, end_noted, "?"));
    WT_CHECK(w, guise__thread_at_end(GUISE__END_APARTMENT, NULL, NULL));
}

/* In the order of the floors, each once, the last word counts; and also what is asked for at the end. */
static void ends_come_in_order(void **state)
{
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    assert_true(guise__thread_end_prepare());
    assert_int_equal(pthread_key_create(&s_late_key, ask_late), 0);
    memset(&s_ends, 0, sizeof s_ends);
    wt_start(&w, ask_for_ends, NULL);
    wt_join(&w);
    assert_string_equal(s_ends.order, "racl");
    wt_start(&w, take_back, NULL);
    wt_join(&w);
    assert_string_equal(s_ends.order, "racl");
    assert_int_equal(pthread_key_delete(s_late_key), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fork_while_the_handlers_are_registered),
        cmocka_unit_test(a_key_is_made_once),
        cmocka_unit_test(ends_come_in_order),
        cmocka_unit_test(a_child_finds_the_lock_free),
        cmocka_unit_test(a_handle_is_its_object_until_closed),
        cmocka_unit_test(an_object_in_use_outlives_its_handle),
        cmocka_unit_test(a_new_tenant_is_not_the_old_one),
        cmocka_unit_test(the_lowest_bits_do_not_count),
        cmocka_unit_test(forged_numbers_are_refused),
        cmocka_unit_test(the_table_grows),
        cmocka_unit_test(a_table_that_cannot_grow_refuses),
        cmocka_unit_test(too_many_references_end_the_process),
        cmocka_unit_test(used_up_places_are_left_alone),
        cmocka_unit_test(a_full_table_refuses),
        cmocka_unit_test(threads_come_and_go),
        cmocka_unit_test(one_close_succeeds),
        cmocka_unit_test(a_child_has_the_whole_table),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
