/* SPDX-License-Identifier: MIT */
/* Reference counts of tokens, contexts, signals and containers. (A call has its own, in call.c.) */
#ifndef GUISE_REFCOUNT_H
#define GUISE_REFCOUNT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/fatal.h"

/* Relaxed: whoever refs already has a reference, so nothing new becomes visible by it. */
static inline void guise__count_up(atomic_uint *refs)
{
    /* Half of the range is left for threads that get here before the first of them has died. */
    if (atomic_fetch_add_explicit(refs, 1, memory_order_relaxed) >= UINT_MAX / 2) {
        guise__die("a reference count overflowed");
    }
}

/* True for the last one. Release: what this owner did is done before anybody frees; acquire: the
 * one who frees sees what all the others did. */
static inline bool guise__count_down(atomic_uint *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

#endif
