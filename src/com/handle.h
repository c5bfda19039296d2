/* SPDX-License-Identifier: MIT */
/*
 * Handles: numbers that stand for objects, in one table of the process. A number says which place
 * of the table and which use of that place, so one that was never given out, was closed, or whose
 * place has a new tenant is refused in any thread, and is never turned into an address.
 */
#ifndef GUISE_SRC_COM_HANDLE_H
#define GUISE_SRC_COM_HANDLE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/com/windows.h>

struct guise__handled;

/* What a handle stands for; one constant of these for each kind, compared by address. */
struct guise__handle_kind {
    void (*destroy)(struct guise__handled *object); /* whichever thread drops the last reference */
};

/* First in every object a handle can stand for. Each open handle owns one reference. */
struct guise__handled {
    const struct guise__handle_kind *kind;
    atomic_uint refs;
};

/* One reference, the caller's. */
void guise__handled_init(struct guise__handled *object, const struct guise__handle_kind *kind);
void guise__handled_ref(struct guise__handled *object);
void guise__handled_unref(struct guise__handled *object);

/*
 * A new handle with these access rights. It takes over the caller's reference to the object, also
 * when it fails: NULL, and the thread's last error is ERROR_NOT_ENOUGH_MEMORY.
 */
HANDLE guise__handle_open(struct guise__handled *object, DWORD access);

/* CloseHandle for the library's own handles: FALSE, with the last error as it was, if it is none. */
BOOL guise__handle_close(HANDLE handle);

/*
 * The object behind an open handle of this kind, with a reference of the caller's own, so that a
 * CloseHandle elsewhere takes nothing away; *access, unless access is NULL, is what the handle was
 * opened with. NULL, and last error ERROR_INVALID_HANDLE, for everything else; pseudo-handles are
 * the business of whoever knows what they stand for, and are refused here too.
 */
struct guise__handled *guise__handle_take(HANDLE handle, const struct guise__handle_kind *kind,
                                          DWORD *access);

/* A number with a fixed meaning: the process, the thread, or one of their three tokens. Nothing is
 * open, so nothing is closed. */
static inline bool guise__handle_is_pseudo(HANDLE handle)
{
    LONG_PTR number = (LONG_PTR)handle;

    return number == -1 || number == -2 || (number <= -4 && number >= -6);
}

#endif
