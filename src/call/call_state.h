/* SPDX-License-Identifier: MIT */
/* A call from the inside, for the frames that serve it. What the state word means is in call.c. */
#ifndef GUISE_CALL_INTERNAL_H
#define GUISE_CALL_INTERNAL_H

#include <stdatomic.h>

#include <guise/call.h>

#include "com_hooks.h"
#include "identity/context.h"

struct guise_call {
    _Atomic uint64_t state;
    guise_context *client;                        /* set once, held (context_internal.h) */
    guise_complete_fn *fn;                        /* (CLAIMED, then HAS_FUNCTION) */
    void *arg;                                    /* (the same) */
    _Atomic(guise_signal *) completion;           /* (HAS_SIGNAL) owned; set once */
    _Atomic(struct guise__call_part *) part;      /* com_hooks.h: guise-com's; owned; set once */
    atomic_uint latch;                            /* open once announced, if anybody waits */
    unsigned generation : 32 - GUISE__SHARE_BITS; /* (as fn) which process registered it */
    unsigned share : GUISE__SHARE_BITS;           /* set once; of the client's counts */
};

/* The flags that matter here. */
#define GUISE__CALL_COMPLETED UINT64_C(0x02)
#define GUISE__CALL_FOREIGN UINT64_C(0x200)

/* Above this are the references. */
enum { GUISE__CALL_REFERENCE_SHIFT = 42 };

/* Is the call completed? The first look only refuses early; the second decides. Their orders have
 * their reasons in call.c. */
static inline bool guise__call_first_look(const guise_call *call)
{
    return (atomic_load_explicit(&call->state, memory_order_relaxed) & GUISE__CALL_COMPLETED) != 0;
}

static inline bool guise__call_second_look(const guise_call *call)
{
    return (atomic_load_explicit(&call->state, memory_order_acquire) & GUISE__CALL_COMPLETED) != 0;
}

/* After this thread was noted as foreign. Has the call completed since? Decides nothing but who
 * counts: whoever completes it after this step. */
static inline bool guise__call_note_foreign(guise_call *call)
{
    return (atomic_fetch_or_explicit(&call->state, GUISE__CALL_FOREIGN, memory_order_acq_rel) &
            GUISE__CALL_COMPLETED) != 0;
}

/* Takes the one right to run Begin_, and a reference for its frame, in one step. */
guise_result guise__call_claim_dispatch(guise_call *call);

/* guise_call_complete for those who know what they have. */
void guise__call_complete(guise_call *call, guise_result result);

#endif
