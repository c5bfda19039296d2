/* SPDX-License-Identifier: MIT */
/*
 * What a forked child has to know: that it is one. The handler is registered before the first thing
 * is made that a child must tell from its parent's.
 */
#ifndef GUISE_FORK_H
#define GUISE_FORK_H

#include <stdatomic.h>

#include <guise/result.h>

/* Once in a process, before the first call or signal. GUISE_E_OUT_OF_MEMORY: nothing was done. */
guise_result guise__fork_prepare(void);

/* Runs in every child, on its one thread, before fork returns there; set once. */
void guise__fork_set_hook(void (*in_child)(void));

/* How often this process has been forked since its first ancestor that used the library. Exported
 * to guise-com (com_hooks.h). */
GUISE_API unsigned guise__fork_generation(void);

/* The same, for the library itself. */
extern atomic_uint guise__forks;

static inline unsigned guise__fork_count(void)
{
    /* Relaxed: written only while the process has one thread. */
    return atomic_load_explicit(&guise__forks, memory_order_relaxed);
}

#endif
