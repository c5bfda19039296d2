/* SPDX-License-Identifier: MIT */
/*
 * Reference counts. Most objects count in an unsigned integer of their own. A context's shards
 * (context.c) and a call's state word (call_state.h) have counts of other shapes, and use the check for
 * overflow from here.
 */
#ifndef GUISE_SRC_BASE_REFCOUNT_H
#define GUISE_SRC_BASE_REFCOUNT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/fatal.h"

/* The largest count. Half of the range is left for threads that count up before the first of them has
 * ended the process. */
#define GUISE__COUNT_MAX (UINT_MAX / 2)

/* Ends the process if a count that was `before` had no room for one more, because a count that wraps
 * would free an object in use (L-7). */
static inline void guise__count_require_room(uint64_t before, uint64_t max)
{
    if (before >= max) {
        guise__fatal("a reference count overflowed");
    }
}

/* One reference more; returns the new count. Relaxed, because the caller holds a reference already, so
 * that nothing new becomes visible by this one. */
static inline unsigned guise__count_up(atomic_uint *refs)
{
    unsigned before = atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);

    GUISE__CHECK(before != 0); /* a reference was taken to an object that is being freed */
    guise__count_require_room(before, GUISE__COUNT_MAX);
    return before + 1;
}

/* One reference more to an object whose memory the caller keeps, but whose last reference may have gone.
 * False if it has. Relaxed, because nothing new becomes visible by it: the caller knows the object from when
 * it began to keep the memory. */
static inline bool guise__count_up_unless_gone(atomic_uint *refs)
{
    unsigned seen = atomic_load_explicit(refs, memory_order_relaxed);

    do {
        if (seen == 0) {
            return false;
        }
        guise__count_require_room(seen, GUISE__COUNT_MAX);
    } while (!atomic_compare_exchange_weak_explicit(refs, &seen, seen + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

/* One reference less; returns the new count. At 0 the caller frees the object. Release, so that
 * everything this owner did is done before the object is freed; acquire, so that the thread that frees
 * it sees what all others did. */
static inline unsigned guise__count_drop(atomic_uint *refs)
{
    unsigned before = atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel);

    GUISE__CHECK(before != 0);
    return before - 1;
}

/* One reference less; true if it was the last one. */
static inline bool guise__count_down(atomic_uint *refs)
{
    return guise__count_drop(refs) == 0;
}

#endif
