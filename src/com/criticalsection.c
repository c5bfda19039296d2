/* SPDX-License-Identifier: MIT */
/*
 * CRITICAL_SECTION: a lock with its owner and a depth.
 *
 * word   SECTION_FREE; SECTION_HELD; or SECTION_AWAITED: held, and a thread may sleep until it changes.
 * owner  The owner's mark, an address that no other living thread has; 0: none. Only the owner writes
 *        it, so a thread reads its own mark there if and only if it is the owner.
 * depth  How often the owner has entered; only the owner accesses it.
 */
#include <stdbool.h>

#include <guise/com/guiseport.h>

#include "base/check.h"
#include "com/portlock.h"
#include "port/port.h"

enum { SECTION_FREE, SECTION_HELD, SECTION_AWAITED };

static _Thread_local char tl_mark;

_Static_assert(sizeof(atomic_uintptr_t) == sizeof(uintptr_t), "the owner's mark is one word");

static atomic_uintptr_t *owner_of(CRITICAL_SECTION *section)
{
    return (atomic_uintptr_t *)&section->owner;
}

/* Relaxed: see owner, above. */
static bool is_mine(CRITICAL_SECTION *section)
{
    return atomic_load_explicit(owner_of(section), memory_order_relaxed) == (uintptr_t)&tl_mark;
}

static void become_owner(CRITICAL_SECTION *section)
{
    atomic_store_explicit(owner_of(section), (uintptr_t)&tl_mark, memory_order_relaxed);
    section->depth = 1;
}

void WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section)
{
    atomic_init(guise__com_word(&section->word), SECTION_FREE);
    atomic_init(owner_of(section), 0);
    section->depth = 0;
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spin_count, DWORD flags)
{
    (void)spin_count;
    (void)flags;
    InitializeCriticalSection(section);
    return TRUE;
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spin_count)
{
    return InitializeCriticalSectionEx(section, spin_count, 0);
}

void WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section)
{
    (void)section; /* it has no other resources */
}

/* Acquire: pairs with the release of the previous owner in LeaveCriticalSection. */
static bool try_word(atomic_uint *word)
{
    unsigned seen = SECTION_FREE;

    return atomic_compare_exchange_strong_explicit(word, &seen, SECTION_HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* A thread that has slept sets SECTION_AWAITED, because others may still sleep. Acquire: as above. */
static void take_word(atomic_uint *word)
{
    for (int spins = 0; spins < GUISE__COM_SPINS_MAX; spins++) {
        if (try_word(word)) {
            return;
        }
        guise__relax();
    }
    while (atomic_exchange_explicit(word, SECTION_AWAITED, memory_order_acquire) != SECTION_FREE) {
        (void)guise__futex_wait(word, SECTION_AWAITED, NULL);
    }
}

void WINAPI EnterCriticalSection(LPCRITICAL_SECTION section)
{
    if (is_mine(section)) {
        GUISE__CHECK(section->depth > 0);
        section->depth++;
        return;
    }
    take_word(guise__com_word(&section->word));
    become_owner(section);
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
    if (is_mine(section)) {
        GUISE__CHECK(section->depth > 0);
        section->depth++;
        return TRUE;
    }
    if (!try_word(guise__com_word(&section->word))) {
        return FALSE;
    }
    become_owner(section);
    return TRUE;
}

void WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section)
{
    atomic_uint *word = guise__com_word(&section->word);

    if (!is_mine(section) || --section->depth != 0) {
        return;
    }
    atomic_store_explicit(owner_of(section), 0,
                          memory_order_relaxed); /* before there is a next owner */
    /* Release: pairs with the acquire of the next owner. */
    if (atomic_exchange_explicit(word, SECTION_FREE, memory_order_release) == SECTION_AWAITED) {
        guise__futex_wake_one(
            word); /* uses only its address, because the section may be freed by now */
    }
}
