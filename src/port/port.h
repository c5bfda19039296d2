/* SPDX-License-Identifier: MIT */
/*
 * The functions that differ between systems; CMake chooses a file for each. The rest of the library calls
 * these and no system interface below them. All of them keep errno, so that no public function changes it.
 */
#ifndef GUISE_SRC_PORT_PORT_H
#define GUISE_SRC_PORT_PORT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include <guise/result.h>

#include "port/compiler.h"

/* alloc.c: memory or NULL. Tests put failing ones in their place. */
void *guise__alloc_raw(size_t size);
void guise__free(void *memory);

/* Zeroed memory or NULL. Inline, because the caller's compiler often knows the size. */
static inline void *guise__alloc(size_t size)
{
    void *memory = guise__alloc_raw(size);

    return memory == NULL ? NULL : memset(memory, 0, size);
}

/* clock.c: the monotonic time timeout_ms from now, in *storage; NULL, no deadline, for GUISE_INFINITE.
 * Exported to guise-com (guise.map). */
GUISE_SIBLING const struct timespec *guise__deadline(uint32_t timeout_ms, struct timespec *storage);

/* clock.c: the milliseconds until the deadline; 0 once it has passed, GUISE_INFINITE for NULL. */
uint32_t guise__deadline_left(const struct timespec *deadline);

/*
 * futex_*.c: sleeps while *word is expected, until woken or the deadline (NULL: none) is over.
 * Returns false only for the deadline; may return true for no reason. Not a cancellation point.
 * Exported to guise-com (guise.map), because its locks sleep here too.
 */
GUISE_SIBLING bool guise__futex_wait(atomic_uint *word, unsigned expected,
                                     const struct timespec *deadline);
/* Wakes all threads that sleep on word. Uses the address only, because the memory may be gone by now. */
GUISE_SIBLING void guise__futex_wake(atomic_uint *word);
/* Wakes at least one of them. */
GUISE_SIBLING void guise__futex_wake_one(atomic_uint *word);
/* In a forked child: forgets the sleeping threads, which the child does not have. */
void guise__futex_forked(void);

/* cpu_*.c: the number of the processor that this thread runs on at the moment, or GUISE__CPU_UNKNOWN. */
#define GUISE__CPU_UNKNOWN UINT_MAX
unsigned guise__cpu(void);
/* How many processors this process may use; at least 1. */
unsigned guise__cpu_count(void);

/* Tells the processor that it is in a loop of loads. */
static inline void guise__relax(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && (defined(__aarch64__) || defined(__arm__))
    __asm__ volatile("yield" ::: "memory");
#endif
}

/* event_*.c: a descriptor that is readable while raised. */
struct guise__event {
    int read_fd;
    int write_fd;
    uint64_t identity[2]; /* compared by guise__event_is_there */
};
bool guise__event_open(struct guise__event *event);
/* False if the number stands for no file of this library's, because the program has closed it. If true, the
 * number may stand for a later file of this library's (event_fd.h). The functions below may be called only
 * while this is true. */
bool guise__event_is_there(const struct guise__event *event);
void guise__event_raise(const struct guise__event *event);
void guise__event_lower(const struct guise__event *event);
void guise__event_close(const struct guise__event *event);

/* copies_*.c: marks this copy of the library as one that makes threads clients for the kernel; removes the
 * mark; tells whether another copy in this process is marked. Of two copies that mark themselves and then
 * ask, at least one finds the other. */
void guise__mark_copy(void);
void guise__unmark_copy(void);
bool guise__other_copy_is_marked(void);

/* ids_*.c: the ids that stand for users without an id here, and how many groups the system accepts. */
struct guise__limits {
    uid_t overflow_uid;
    gid_t overflow_gid;
    bool has_unmapped_uids; /* the overflow id may stand for users that have no id here; if */
    bool has_unmapped_gids; /* every user has an id, it is a user like others */
    size_t max_groups;
};
void guise__limits_read(struct guise__limits *out);

#endif
