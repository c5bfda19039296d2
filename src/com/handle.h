/* SPDX-License-Identifier: MIT */
/*
 * Handles: numbers that stand for objects, in one table of the process. A number has the index of a place
 * in the table and a generation, which counts the uses of the place. A number that was never given out, or
 * that was closed, is therefore refused, also if its place has a new object. No number is turned into an
 * address.
 */
#ifndef GUISE_SRC_COM_HANDLE_H
#define GUISE_SRC_COM_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/com/windows.h>

struct guise__com_handled;

/* A kind of objects. There is one constant for each kind; kinds are compared by address. */
struct guise__com_handle_kind {
    void (*destroy)(
        struct guise__com_handled *object); /* called on the thread that drops the last reference */
};

/* The first member of every object that has handles. Each open handle owns one reference. */
struct guise__com_handled {
    const struct guise__com_handle_kind *kind;
    atomic_uint refs;
};

/* Holds for an object with at least one reference. */
static inline bool guise__com_handled_is_valid(const struct guise__com_handled *object)
{
    return object->kind != NULL && object->kind->destroy != NULL &&
           atomic_load_explicit(&object->refs, memory_order_relaxed) != 0;
}

/* Begins with one reference, the caller's. */
void guise__com_handled_init(struct guise__com_handled *object,
                             const struct guise__com_handle_kind *kind);
void guise__com_handled_ref(struct guise__com_handled *object);
void guise__com_handled_unref(struct guise__com_handled *object);

/*
 * Opens a handle with these access rights. Takes over the caller's reference to the object, also on
 * failure: then returns NULL with last error ERROR_NOT_ENOUGH_MEMORY.
 */
HANDLE guise__com_handle_open(struct guise__com_handled *object, DWORD access);

/* Closes a handle. If it is not open, returns FALSE and leaves the last error unchanged. */
BOOL guise__com_handle_close(HANDLE handle);

/*
 * Finds the object of an open handle of this kind. The caller owns the reference, so that CloseHandle on
 * another thread does not free the object. Stores the rights that the handle was opened with in *access,
 * unless access is NULL. For any other number returns NULL with last error ERROR_INVALID_HANDLE; so also
 * for a pseudo-handle, whose meaning depends on the function that takes it.
 */
struct guise__com_handled *
guise__com_handle_take(HANDLE handle, const struct guise__com_handle_kind *kind, DWORD *access);

/* Returns whether the number is a pseudo-handle: of the process, of the thread, or of one of their three
 * tokens. It is in no table, so closing it has no effect. */
static inline bool guise__com_handle_is_pseudo(HANDLE handle)
{
    LONG_PTR number = (LONG_PTR)handle;

    return number == -1 || number == -2 || (number <= -4 && number >= -6);
}

#endif
