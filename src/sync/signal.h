/* SPDX-License-Identifier: MIT */
/*
 * A signal from the inside, and what containers and waits for many need of it.
 *
 * Locking discipline: a signal's lock may be held while a container's, or that of a wait for any,
 * is taken, never the other way round. s_all_lock (waitmany.c) is taken before a signal's. Nobody
 * holds two signals' locks. Nobody is woken, and nothing is freed, while any of these is held.
 */
#ifndef GUISE_SIGNAL_INTERNAL_H
#define GUISE_SIGNAL_INTERNAL_H

#include <guise/signal.h>

#include "base/lock.h"
#include "port/port.h"
#include "sync/waiter.h"

/*
 * The word, bit by bit.
 *
 * SET      The signal is set. Anybody may set it while CROWD is clear, in one step; while CROWD is
 *          set only the holder of the lock may. Anybody may clear it at any time (reset, or an auto
 *          signal's wait). It is never set on an auto signal while a thread waits in its queue.
 * CROWD    Somebody has to be told of a set: a thread in the queue, a container, a wait for many, a
 *          descriptor. Only the holder of the lock may change it. Legal to leave it set when nobody
 *          is there any more (a set then looks and finds nobody); illegal to clear it while
 *          somebody is.
 * HELD     Stands in for SET while a wait for all finds out whether all its signals are set. Only
 *          the holder of s_all_lock and the lock may change it, with CROWD set, and lets go of
 *          s_all_lock only when it is clear again. Never set together with SET. While it is set
 *          nobody may say that the signal is clear, or set it, or have reset it: who would, does so
 *          again under s_all_lock. To queue for it is fine: who does is told when it is put back.
 *          (A forked child may find it left over from its parent; the first who takes the lock
 *          there turns it back into SET.)
 * EVENT    There is a descriptor, which has to follow SET. Only the holder of the lock may set it;
 *          never cleared.
 */
#define GUISE__SET 1u
#define GUISE__CROWD 2u
#define GUISE__HELD 4u
#define GUISE__EVENT 8u

/* Somebody who wants to know of every set, part of a container. Both functions are called with the
 * signal's lock held, and move the waiters that a set releases to woken. */
struct guise__watcher {
    /* An auto signal is being set: hands it to the longest-waiting thread; false: nobody waits. */
    bool (*hand)(struct guise__watcher *watcher, struct guise__queue *woken);
    /* The bit has been set. everybody: all who wait are released, whatever became of the bit since;
     * else as many as can still take the signal. */
    void (*tell)(struct guise__watcher *watcher, struct guise__queue *woken, bool everybody);
    const atomic_bool *is_waited; /* false: hand finds nobody */
    struct guise__watcher *next;  /* (the signal's lock) */
};

/* One signal's part in a wait for many, on the stack of the thread that waits. */
struct guise__place {
    struct guise__place *next;     /* (the signal's lock) */
    struct guise__place *previous; /* (the signal's lock) of the first: the last */
    struct guise__many *wait;      /* set once, as is index */
    unsigned index;
    uint32_t ticket; /* (the signal's lock) as a waiter's */
};

struct guise__places {
    struct guise__place *first;
};

struct guise_signal {
    atomic_uint word;
    atomic_uint refs;
    guise_signal_kind kind;      /* set once */
    uint32_t next_ticket;        /* (lock) numbers waiters and anys in the order they came; wraps */
    struct guise__lock lock;     /* guards what follows */
    struct guise__queue waiters; /* longest-waiting first */
    struct guise__watcher *watchers;
    struct guise__places anys; /* waits for any of several, longest-waiting first */
    struct guise__places alls; /* waits for all of several; changes under s_all_lock too */
    bool has_event;
    bool raised; /* the event is readable; true whenever SET is, once the setter has let go */
    struct guise__event event;
    unsigned event_generation; /* the process it belongs to: a forked child shares the file */
};

/* Takes what a wait takes, without waiting: from a set auto signal its being set. */
enum guise__take {
    GUISE__TAKEN,
    GUISE__TAKEN_EVENT, /* guise__signal_taken must follow, once no lock is held */
    GUISE__CLEAR,
    GUISE__UNDECIDED /* HELD */
};
enum guise__take guise__signal_try(guise_signal *signal);
/* The descriptor follows. To ask for it where there is none is harmless. */
void guise__signal_taken(guise_signal *signal);
/* The same where UNDECIDED counts as clear, and (no lock held) where the decision is awaited. */
bool guise__signal_take(guise_signal *signal);
bool guise__signal_take_decided(guise_signal *signal);

/* guise_signal_set for those who know what they have. */
void guise__signal_set(guise_signal *signal);

/* Begins to tell, at once if the signal is set; and stops: no call to tell is running after that. */
void guise__signal_watch(guise_signal *signal, struct guise__watcher *watcher);
void guise__signal_unwatch(guise_signal *signal, struct guise__watcher *watcher);

/* ---- for waits for many ---------------------------------------------------------------------- */

/* waitmany.c: s_all_lock. No signal is HELD by anybody else between these. */
void guise__decided_lock(void);
void guise__decided_unlock(void);

void guise__signal_lock(guise_signal *signal);
/* Brings the descriptor and CROWD up to date first. */
void guise__signal_unlock(guise_signal *signal);
/* Neither set nor HELD; and so it stays until the lock is let go. */
bool guise__signal_is_clear_locked(const guise_signal *signal);
/* From here on every set comes by the lock, as long as somebody is there when it is let go. */
void guise__signal_gather_locked(guise_signal *signal);
/* A set, without company's waits for all. */
void guise__signal_set_locked(guise_signal *signal, struct guise__queue *woken);
/* SET becomes HELD; false: it was clear. */
bool guise__signal_hold_locked(guise_signal *signal);
/* HELD becomes SET again, as in a set: moves whom that releases to woken. Or nothing: it was
 * taken. */
void guise__signal_put_back_locked(guise_signal *signal, struct guise__queue *woken);
void guise__signal_hold_taken_locked(guise_signal *signal);

/* waitmany.c: the signal is being set, and is locked. hand: to the longest-waiting wait for any
 * that came before that ticket, if not NULL; false: there is none. release: all of them. */
bool guise__anys_hand_locked(guise_signal *signal, const uint32_t *before,
                             struct guise__queue *woken);
void guise__anys_release_locked(guise_signal *signal, struct guise__queue *woken);
/* A set of a signal that waits for all wait for; with no lock held. */
void guise__signal_set_for_alls(guise_signal *signal);

#endif
