/* SPDX-License-Identifier: MIT */
/*
 * The table of handles. A handle is (generation, index + 1), shifted so that the two lowest bits are clear
 * as in Windows' handles; where a handle is used they are ignored. The highest bit is clear too, so that
 * no handle equals a pseudo-handle. A place that was closed gets the next generation, and a place without
 * generations left is not used again. So no number ever stands for two objects.
 *
 * Locking discipline: the lock GUISE__COM_HANDLES (locks.h) guards everything here. No code outside the
 * library runs under it. A forked child finds the table consistent, because fork takes the lock.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/handle.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/refcount.h"
#include "com/locks.h"
#include "com/predicate.h"

enum { CHUNK = 256, FREE_MARKS = 2 };

#define POINTER_BITS ((unsigned)(sizeof(uintptr_t) * CHAR_BIT))
#define INDEX_BITS (POINTER_BITS >= 64 ? 24u : 14u)
#define GENERATION_BITS (POINTER_BITS - FREE_MARKS - INDEX_BITS - 1)
#define INDEX_MAX (((uintptr_t)1 << INDEX_BITS) - 2)
#define GENERATION_MAX (((uintptr_t)1 << GENERATION_BITS) - 1)

struct place {
    struct guise__com_handled *object; /* owned; NULL: free */
    uintptr_t generation; /* of the object that is here or, if there is none, of the next one */
    struct place *next_free;
    uintptr_t index;
    DWORD access;
};

static struct place **s_chunks; /* never shrinks; chunks never move */
static size_t s_chunk_count;
static struct place *s_free;

GUISE__COM_PREDICATE place_is_valid(const struct place *place)
{
    return place->generation <= GENERATION_MAX && place->index < INDEX_MAX &&
           (place->object == NULL || guise__com_handled_is_valid(place->object));
}

static void lock_handles(void)
{
    guise__com_lock(GUISE__COM_HANDLES);
}

static void unlock_handles(void)
{
    guise__com_unlock(GUISE__COM_HANDLES);
}

/* ---- objects --------------------------------------------------------------------------------- */

void guise__com_handled_init(struct guise__com_handled *object,
                             const struct guise__com_handle_kind *kind)
{
    GUISE__CHECK(kind != NULL && kind->destroy != NULL);
    object->kind = kind;
    atomic_init(&object->refs, 1);
}

void guise__com_handled_ref(struct guise__com_handled *object)
{
    GUISE__CHECK(guise__com_handled_is_valid(object));
    (void)guise__count_up(&object->refs);
}

void guise__com_handled_unref(struct guise__com_handled *object)
{
    GUISE__CHECK(guise__com_handled_is_valid(object));
    if (guise__count_down(&object->refs)) {
        object->kind->destroy(object);
    }
}

/* ---- numbers --------------------------------------------------------------------------------- */

static HANDLE number_of(const struct place *place)
{
    uintptr_t number = (place->generation << INDEX_BITS | (place->index + 1)) << FREE_MARKS;

    GUISE__CHECK(place_is_valid(place));
    GUISE__CHECK(!guise__com_handle_is_pseudo((HANDLE)number));
    return (HANDLE)number; /* NOLINT: a number, never followed */
}

/* Finds the place of an open handle, or NULL. Ignores the two lowest bits, which a program may use. */
static struct place *place_find_locked(HANDLE handle)
{
    uintptr_t number = (uintptr_t)handle >> FREE_MARKS << FREE_MARKS;
    uintptr_t index = (number >> FREE_MARKS) & (((uintptr_t)1 << INDEX_BITS) - 1);
    struct place *place;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_HANDLES));
    if (index == 0 || (index - 1) / CHUNK >= s_chunk_count) {
        return NULL;
    }
    place = &s_chunks[(index - 1) / CHUNK][(index - 1) % CHUNK];
    GUISE__CHECK(place_is_valid(place));
    GUISE__CHECK(place->index == index - 1);
    return place->object != NULL && (uintptr_t)number_of(place) == number ? place : NULL;
}

/* ---- room ------------------------------------------------------------------------------------ */

static bool table_grow_locked(void)
{
    struct place **chunks;
    struct place *chunk;

    GUISE__CHECK(s_free == NULL);
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_HANDLES));
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

static HANDLE table_insert_locked(struct guise__com_handled *object, DWORD access)
{
    struct place *place;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_HANDLES));
    if (s_free == NULL && !table_grow_locked()) {
        return NULL;
    }
    place = s_free;
    GUISE__CHECK(place->object == NULL);
    GUISE__CHECK(place_is_valid(place));
    s_free = place->next_free;
    place->object = object;
    place->access = access;
    return number_of(place);
}

HANDLE guise__com_handle_open(struct guise__com_handled *object, DWORD access)
{
    HANDLE handle = NULL;
    int saved_errno = errno; /* libc changes it when it has no memory for the table */

    GUISE__CHECK(guise__com_handled_is_valid(object));
    if (guise__com_locks_prepare()) {
        lock_handles();
        handle = table_insert_locked(object, access);
        unlock_handles();
    }
    errno = saved_errno;
    if (handle == NULL) {
        guise__com_handled_unref(object);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    return handle;
}

/* ---- use ------------------------------------------------------------------------------------- */

/* Returns the object with a new reference if it is of that kind; otherwise NULL. */
static struct guise__com_handled *
table_take_locked(HANDLE handle, const struct guise__com_handle_kind *kind, DWORD *access)
{
    struct place *place = place_find_locked(handle);

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_HANDLES));
    if (place == NULL || place->object->kind != kind) {
        return NULL;
    }
    guise__com_handled_ref(place->object);
    if (access != NULL) {
        *access = place->access;
    }
    return place->object;
}

struct guise__com_handled *
guise__com_handle_take(HANDLE handle, const struct guise__com_handle_kind *kind, DWORD *access)
{
    struct guise__com_handled *object = NULL;

    GUISE__CHECK(kind != NULL);
    if (guise__com_locks_prepare()) {
        lock_handles();
        object = table_take_locked(handle, kind, access);
        unlock_handles();
    }
    if (object == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
    }
    return object;
}

/* Closes the handle. Returns the reference that it owned, or NULL if it is not open. */
static struct guise__com_handled *table_close_locked(HANDLE handle)
{
    struct place *place = place_find_locked(handle);
    struct guise__com_handled *object;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_HANDLES));
    if (place == NULL) {
        return NULL;
    }
    object = place->object;
    GUISE__CHECK(place != s_free);
    place->object = NULL;
    if (place->generation < GENERATION_MAX) {
        place->generation++;
        place->next_free = s_free;
        s_free = place;
    }
    return object;
}

BOOL guise__com_handle_close(HANDLE handle)
{
    struct guise__com_handled *object = NULL;

    if (guise__com_locks_prepare()) {
        lock_handles();
        object = table_close_locked(handle);
        unlock_handles();
    }
    if (object == NULL) {
        return FALSE;
    }
    guise__com_handled_unref(object);
    return TRUE;
}

BOOL WINAPI CloseHandle(HANDLE handle)
{
    if (!guise__com_handle_is_pseudo(handle) && !guise__com_handle_close(handle)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    return TRUE;
}
