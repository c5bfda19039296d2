/* SPDX-License-Identifier: MIT */
/* The words of the locks of guiseport.h, as the atomics on which the core's futex sleeps. */
#ifndef GUISE_SRC_COM_PORTLOCK_H
#define GUISE_SRC_COM_PORTLOCK_H

#include <stdatomic.h>
#include <stdint.h>

_Static_assert(sizeof(atomic_uint) == sizeof(uint32_t), "a word is what the core sleeps on");

/* The public header declares plain numbers, because it is valid C++ too. */
static inline atomic_uint *guise__com_word(uint32_t *word)
{
    return (atomic_uint *)word;
}

/* How often a thread spins before it sleeps; most locks are released sooner. */
enum { GUISE__COM_SPINS_MAX = 40 };

#endif
