/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

#include "floor.h"

static _Thread_local const void *tl_slot __attribute__((tls_model("initial-exec")));

unsigned floor_put_on(const void *token, const atomic_uint *state)
{
    tl_slot = token;
    return atomic_load_explicit(state, memory_order_acquire);
}

void floor_take_off(void)
{
    tl_slot = NULL;
}

static _Alignas(64) atomic_uint s_word;

/* Sets and clears a bit, as a signal does, in a signal's orders; an odd number rounds up. */
void floor_rmw(uint64_t times)
{
    for (uint64_t i = 0; i < times; i += 2) {
        (void)atomic_fetch_or_explicit(&s_word, 1, memory_order_release);
        (void)atomic_fetch_and_explicit(&s_word, ~1u, memory_order_acquire);
    }
}

void floor_acquire(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        (void)atomic_load_explicit(&s_word, memory_order_acquire);
    }
}

void floor_nothing(void)
{
}

static inline void four_rmw(atomic_uint *word)
{
    (void)atomic_fetch_add_explicit(word, 1, memory_order_acq_rel);
    (void)atomic_fetch_or_explicit(word, 2, memory_order_acq_rel);
    (void)atomic_fetch_and_explicit(word, ~2u, memory_order_acq_rel);
    (void)atomic_fetch_sub_explicit(word, 1, memory_order_acq_rel);
}

void floor_four_rmw(atomic_uint *word, uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        four_rmw(word);
    }
}

static inline void one_block(size_t size)
{
    atomic_uint *block = malloc(size);

    if (block == NULL) {
        abort();
    }
    atomic_init(block, 0);
    four_rmw(block);
    free(block);
}

void floor_block(uint64_t times, size_t size)
{
    for (uint64_t i = 0; i < times; i++) {
        one_block(size);
    }
}

void floor_block_uncancelled(uint64_t times, size_t size)
{
    for (uint64_t i = 0; i < times; i++) {
        int state;

        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        one_block(size);
        (void)pthread_setcancelstate(state, NULL);
    }
}
