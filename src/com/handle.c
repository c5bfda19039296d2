/* SPDX-License-Identifier: MIT */
/*
 * The table of handles. A handle is (generation, index + 1), shifted so that the two lowest bits
 * are clear as they are in Windows' handles; the highest bit is clear too, so no pseudo-handle
 * looks like one. A place that was closed gets the next generation; one whose generations are used
 * up is never used again. So no number ever means two things.
 *
 * Locking discipline: s_lock guards everything here. No code of anybody else's runs under it.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/handle.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 256, FREE_MARKS = 2 };

#define POINTER_BITS ((unsigned)(sizeof(uintptr_t) * CHAR_BIT))
#define INDEX_BITS (POINTER_BITS >= 64 ? 24u : 14u)
#define GENERATION_BITS (POINTER_BITS - FREE_MARKS - INDEX_BITS - 1)
#define INDEX_MAX (((uintptr_t)1 << INDEX_BITS) - 2)
#define GENERATION_MAX (((uintptr_t)1 << GENERATION_BITS) - 1)

struct place {
    struct guise__handled *object; /* owned; NULL: free */
    uintptr_t generation;          /* of the next, or present, tenant */
    struct place *next_free;
    uintptr_t index;
    DWORD access;
};

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static struct place **s_chunks; /* never shrinks; chunks never move */
static size_t s_chunk_count;
static struct place *s_free;

/* ---- fork: a child's table is whole, because nobody else was at it --------------------------- */

static pthread_once_t s_once = PTHREAD_ONCE_INIT;
static bool s_ready; /* (once) */

static void lock_table(void)
{
    (void)pthread_mutex_lock(&s_lock); /* a valid mutex of this thread's not: cannot fail */
}

static void unlock_table(void)
{
    (void)pthread_mutex_unlock(&s_lock);
}

static void prepare_fork(void)
{
    int kept = errno; /* libc's, when it has no memory for the handlers */

    s_ready = pthread_atfork(lock_table, unlock_table, unlock_table) == 0;
    errno = kept;
}

/* Before the lock is taken at all, also for a number that nobody gave out: a child that is forked
 * meanwhile would never get it. False: there can be no handles. */
static bool is_ready(void)
{
    return pthread_once(&s_once, prepare_fork) == 0 && s_ready;
}

/* ---- objects --------------------------------------------------------------------------------- */

void guise__handled_init(struct guise__handled *object, const struct guise__handle_kind *kind)
{
    object->kind = kind;
    atomic_init(&object->refs, 1);
}

void guise__handled_ref(struct guise__handled *object)
{
    /* Relaxed: whoever counts up has a reference. */
    if (atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed) >= UINT_MAX / 2) {
        (void)fputs("guise-com: a reference count overflowed\n", stderr);
        abort();
    }
}

void guise__handled_unref(struct guise__handled *object)
{
    /* As in object.c. */
    if (atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel) == 1) {
        object->kind->destroy(object);
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

static HANDLE number_of(const struct place *place)
{
    uintptr_t number = (place->generation << INDEX_BITS | (place->index + 1)) << FREE_MARKS;

    return (HANDLE)number; /* NOLINT: a number, never followed */
}

/* The open place a handle names, or NULL. */
static struct place *find_locked(HANDLE handle)
{
    uintptr_t number = (uintptr_t)handle;
    uintptr_t index = (number >> FREE_MARKS) & (((uintptr_t)1 << INDEX_BITS) - 1);
    struct place *place;

    if (index == 0 || (index - 1) / CHUNK >= s_chunk_count) {
        return NULL;
    }
    place = &s_chunks[(index - 1) / CHUNK][(index - 1) % CHUNK];
    return place->object != NULL && number_of(place) == handle ? place : NULL;
}

/* ---- room ------------------------------------------------------------------------------------ */

static bool grow_locked(void)
{
    struct place **chunks;
    struct place *chunk;

    if (s_chunk_count * CHUNK + CHUNK > INDEX_MAX) {
        return false;
    }
    chunks = realloc(s_chunks, (s_chunk_count + 1) * sizeof *chunks);
    if (chunks == NULL) {
        return false;
    }
    s_chunks = chunks;
    chunk = calloc(CHUNK, sizeof *chunk);
    if (chunk == NULL) {
        return false;
    }
    for (size_t i = CHUNK; i-- > 0;) {
        chunk[i].index = s_chunk_count * CHUNK + i;
        chunk[i].next_free = s_free;
        s_free = &chunk[i];
    }
    s_chunks[s_chunk_count++] = chunk;
    return true;
}

static HANDLE place_locked(struct guise__handled *object, DWORD access)
{
    struct place *place;

    if (s_free == NULL && !grow_locked()) {
        return NULL;
    }
    place = s_free;
    s_free = place->next_free;
    place->object = object;
    place->access = access;
    return number_of(place);
}

HANDLE guise__handle_open(struct guise__handled *object, DWORD access)
{
    HANDLE handle = NULL;
    int kept = errno; /* libc's, when it has no memory for the table */

    if (is_ready()) {
        lock_table();
        handle = place_locked(object, access);
        unlock_table();
    }
    errno = kept;
    if (handle == NULL) {
        guise__handled_unref(object);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    return handle;
}

/* ---- use ------------------------------------------------------------------------------------- */

/* The object, with a reference more, if it is of that kind. */
static struct guise__handled *take_locked(HANDLE handle, const struct guise__handle_kind *kind,
                                          DWORD *access)
{
    struct place *place = find_locked(handle);

    if (place == NULL || place->object->kind != kind) {
        return NULL;
    }
    guise__handled_ref(place->object);
    if (access != NULL) {
        *access = place->access;
    }
    return place->object;
}

struct guise__handled *guise__handle_take(HANDLE handle, const struct guise__handle_kind *kind,
                                          DWORD *access)
{
    struct guise__handled *object = NULL;

    if (is_ready()) {
        lock_table();
        object = take_locked(handle, kind, access);
        unlock_table();
    }
    if (object == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
    }
    return object;
}

/* The reference that the handle owned; NULL: it is not open. */
static struct guise__handled *close_locked(HANDLE handle)
{
    struct place *place = find_locked(handle);
    struct guise__handled *object;

    if (place == NULL) {
        return NULL;
    }
    object = place->object;
    place->object = NULL;
    if (place->generation < GENERATION_MAX) {
        place->generation++;
        place->next_free = s_free;
        s_free = place;
    }
    return object;
}

BOOL guise__handle_close(HANDLE handle)
{
    struct guise__handled *object = NULL;

    if (is_ready()) {
        lock_table();
        object = close_locked(handle);
        unlock_table();
    }
    if (object == NULL) {
        return FALSE;
    }
    guise__handled_unref(object);
    return TRUE;
}

BOOL WINAPI CloseHandle(HANDLE handle)
{
    if (!guise__handle_is_pseudo(handle) && !guise__handle_close(handle)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    return TRUE;
}
