/* SPDX-License-Identifier: MIT */
/*
 * Containers: the first of up to 63 signals.
 *
 * A container belongs to its signals for good, so waiting enlists nothing and costs the same for
 * one as for 63.
 *
 * HINTS has a bit for every member whose signal may be set. Only the holder of that signal's lock
 * may change it, so who holds it may go by what it sees. Raised by whoever has set the signal.
 * Legal to leave it up for a clear signal: a wait that takes an auto signal does; illegal to leave
 * it down for a set one once its setter has let go of the lock, so it is lowered only while the
 * signal is seen clear under its lock. (A forked child raises all of them.)
 *
 * IS_WAITED spares setters the lock. True before a waiter takes its last look and from then on
 * while it is in the queue; legal to be true though nobody waits. Only the holder of the lock may
 * change it.
 *
 * No wake-up is lost: a waiter stores IS_WAITED, then looks at every hinted signal, then queues. A
 * setter stores the bit of the signal, then looks at IS_WAITED. These four are sequentially
 * consistent, so one of the two sees the other: the waiter finds the signal, or the setter takes
 * the lock, which it gets when the waiter is in the queue, and releases it. (The waiter sees the
 * hint too: it is raised before that look, and one found up was raised before this set.) A wait
 * for all that puts a signal back is such a setter: it changes the bit first, or hands the signal
 * over.
 *
 * Locking discipline: `lock` guards members (growth) and waiters. It is taken with a signal's lock
 * held, so nothing in here takes a signal's lock while holding it.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/refcount.h"
#include "sync/signal.h"

enum { MEMBERS_MAX = 63 }; /* Y-13 */

struct member {
    struct guise__watcher watcher; /* first: the signal knows the member by it */
    guise_container *container;    /* set once, as are the next two */
    guise_signal *signal;          /* owned */
    unsigned index;
};

struct guise_container {
    atomic_uint refs;
    atomic_uint count;      /* grows under the lock */
    _Atomic uint64_t hints; /* each bit changes under its signal's lock */
    atomic_bool is_waited;  /* changes under the lock */
    atomic_uint vain;       /* waits that have met stale hints since some were lowered; roughly */
    struct guise__lock lock;
    atomic_uint process; /* whose hints these are, counted in forks; changes under the lock */
    struct guise__queue waiters; /* (lock) longest-waiting first */
    struct member members[MEMBERS_MAX];
};

guise_result guise_container_create(guise_container **out)
{
    guise_container *container;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (guise__fork_prepare() != GUISE_OK) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    container = guise__alloc(sizeof *container);
    if (container == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    guise__lock_init(&container->lock);
    atomic_init(&container->refs, 1);
    atomic_init(&container->process, guise__fork_count());
    *out = container;
    return GUISE_OK;
}

guise_container *guise_container_ref(guise_container *container)
{
    if (container != NULL) {
        guise__count_up(&container->refs);
    }
    return container;
}

void guise_container_unref(guise_container *container)
{
    if (container == NULL || !guise__count_down(&container->refs)) {
        return;
    }
    /* Relaxed: the last reference sees everything by the count's own order. */
    for (unsigned i = 0; i < atomic_load_explicit(&container->count, memory_order_relaxed); i++) {
        struct member *member = &container->members[i];

        /* A setter that is telling us holds the signal's lock: this waits for it to be done. */
        guise__signal_unwatch(member->signal, &member->watcher);
        guise_signal_unref(member->signal);
    }
    guise__lock_destroy(&container->lock);
    guise__free(container);
}

/* In a forked child nobody waits yet. A setter that was about to raise a hint is not here any more:
 * all of them are worth a look. */
static void forget_parent_locked(guise_container *container)
{
    unsigned count = atomic_load_explicit(&container->count, memory_order_relaxed);

    container->waiters = (struct guise__queue){NULL, NULL};
    /* Release: as raise_hint. */
    (void)atomic_fetch_or_explicit(&container->hints, (UINT64_C(1) << count) - 1,
                                   memory_order_release);
    /* Release: who sees it sees the hints, before the lock is given back. */
    atomic_store_explicit(&container->process, guise__fork_count(), memory_order_release);
}

static void lock_container(guise_container *container)
{
    if (guise__lock_take(&container->lock)) {
        forget_parent_locked(container);
    }
}

static void unlock_container(guise_container *container)
{
    /* Relaxed, both: nobody has to see that it is false. */
    if (container->waiters.first == NULL &&
        atomic_load_explicit(&container->is_waited, memory_order_relaxed)) {
        atomic_store_explicit(&container->is_waited, false, memory_order_relaxed);
    }
    guise__lock_release(&container->lock);
}

static const struct member *member_of(const struct guise__watcher *watcher)
{
    return (const struct member *)watcher;
}

static bool hand(struct guise__watcher *watcher, struct guise__queue *woken)
{
    const struct member *member = member_of(watcher);
    guise_container *container = member->container;
    bool handed;

    lock_container(container);
    handed = guise__queue_move_first(&container->waiters, woken, member->signal);
    unlock_container(container);
    return handed;
}

/* The signal's lock is held. */
static void raise_hint(guise_container *container, uint64_t bit)
{
    /* Relaxed: whoever lowered this bit before held the lock. */
    if ((atomic_load_explicit(&container->hints, memory_order_relaxed) & bit) == 0) {
        /* Release: pairs with the acquire in take_first, for members[] and the signal's bit. In the
         * one order of the look at is_waited, because it stands for the signal's bit. */
        (void)atomic_fetch_or_explicit(&container->hints, bit, memory_order_seq_cst);
    }
}

/* Moves those who wait: all of them, or as many as can still take the signal. */
static GUISE_APART void release(const struct member *member, struct guise__queue *woken,
                                bool everybody)
{
    guise_container *container = member->container;

    lock_container(container);
    while (container->waiters.first != NULL && (everybody || guise__signal_take(member->signal))) {
        (void)guise__queue_move_first(&container->waiters, woken, member->signal);
    }
    unlock_container(container);
}

static void tell(struct guise__watcher *watcher, struct guise__queue *woken, bool everybody)
{
    const struct member *member = member_of(watcher);
    guise_container *container = member->container;

    raise_hint(container, UINT64_C(1) << member->index);
    /* Sequentially consistent, after the signal's bit: see above. */
    if (atomic_load_explicit(&container->is_waited, memory_order_seq_cst)) {
        release(member, woken, everybody);
    }
}

/* The next free place, or NULL when full. */
static struct member *reserve(guise_container *container, guise_signal *signal)
{
    struct member *member = NULL;
    unsigned index;

    lock_container(container);
    index = atomic_load_explicit(&container->count, memory_order_relaxed);
    if (index < MEMBERS_MAX) {
        member = &container->members[index];
        member->watcher.hand = hand;
        member->watcher.tell = tell;
        member->watcher.is_waited = &container->is_waited;
        member->container = container;
        member->signal = guise_signal_ref(signal);
        member->index = index;
        /* Release: what is counted is complete, also in a child that a fork leaves it to. */
        atomic_store_explicit(&container->count, index + 1, memory_order_release);
    }
    guise__lock_release(&container->lock);
    return member;
}

guise_result guise_container_add(guise_container *container, guise_signal *signal)
{
    struct member *member;

    if (container == NULL || signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    member = reserve(container, signal);
    if (member == NULL) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    guise__signal_watch(signal, &member->watcher);
    return GUISE_OK;
}

/* Of bits that are not all 0. */
static unsigned lowest(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned index = 0;

    while ((bits & 1) == 0) {
        bits >>= 1;
        index++;
    }
    return index;
#endif
}

struct look {
    uint64_t stale;     /* hints that led to a clear signal */
    uint64_t undecided; /* a wait for all holds it: and takes it, or puts it back and tells */
    bool has_event;     /* the one that was taken: its descriptor has to follow */
};

/* Takes the first set signal among the hinted ones; NULL if there is none. */
static guise_signal *take_first(guise_container *container, struct look *found)
{
    /* Acquire: pairs with the release in raise_hint. And after is_waited: see above. */
    uint64_t hints = atomic_load_explicit(&container->hints, memory_order_seq_cst);

    *found = (struct look){0, 0, false};
    for (; hints != 0; hints &= hints - 1) {
        struct member *member = &container->members[lowest(hints)];

        switch (guise__signal_try(member->signal)) {
        case GUISE__TAKEN_EVENT:
            found->has_event = true;
            return member->signal;
        case GUISE__TAKEN:
            return member->signal;
        case GUISE__CLEAR:
            found->stale |= UINT64_C(1) << member->index;
            break;
        case GUISE__UNDECIDED:
            found->undecided |= UINT64_C(1) << member->index;
            break;
        }
    }
    return NULL;
}

static void lower_hint(guise_container *container, unsigned index)
{
    guise_signal *signal = container->members[index].signal;

    guise__signal_lock(signal);
    if (guise__signal_is_clear_locked(signal)) {
        /* Relaxed: who raises it again holds the lock after this. */
        (void)atomic_fetch_and_explicit(&container->hints, ~(UINT64_C(1) << index),
                                        memory_order_relaxed);
    }
    guise__signal_unlock(signal);
}

/* To lower a hint costs a lock, and a stale one costs each wait that meets it a look: it is worth
 * the lock when it has cost about as much. */
enum { WORTH_A_LOCK = 8 };

/* No lock is held. */
static GUISE_APART void note_stale(guise_container *container, uint64_t stale)
{
    /* Relaxed, all: two that count at once may count one. */
    unsigned vain = atomic_load_explicit(&container->vain, memory_order_relaxed) + 1;

    if (vain < WORTH_A_LOCK) {
        atomic_store_explicit(&container->vain, vain, memory_order_relaxed);
        return;
    }
    atomic_store_explicit(&container->vain, 0, memory_order_relaxed);
    for (; stale != 0; stale &= stale - 1) {
        lower_hint(container, lowest(stale));
    }
}

/* Among those found undecided, with no lock held. In a forked child there may be nobody left to
 * decide, but whoever asks. */
static GUISE_SLOW guise_signal *take_decided(guise_container *container, uint64_t undecided)
{
    for (; undecided != 0; undecided &= undecided - 1) {
        guise_signal *signal = container->members[lowest(undecided)].signal;

        if (guise__signal_take_decided(signal)) {
            return signal;
        }
    }
    return NULL;
}

/* Looks once more under the lock, then queues; returns a signal if one was set after all. */
static guise_signal *queue_unless_ready(guise_container *container, struct guise__waiter *waiter)
{
    guise_signal *ready;
    struct look found;

    lock_container(container);
    /* Sequentially consistent, before the look: see above. */
    atomic_store_explicit(&container->is_waited, true, memory_order_seq_cst);
    ready = take_first(container, &found);
    if (ready == NULL) {
        guise__queue_add(&container->waiters, waiter);
    }
    unlock_container(container);
    return ready;
}

static bool give_up(guise_container *container, struct guise__waiter *waiter)
{
    bool queued;

    lock_container(container);
    queued = waiter->queued;
    if (queued) {
        guise__queue_remove(&container->waiters, waiter);
    }
    unlock_container(container);
    return queued;
}

/* Takes the first set signal, and never takes one for clear that is undecided. */
static guise_signal *take_any(guise_container *container)
{
    struct look found;
    guise_signal *ready = take_first(container, &found);

    if (ready == NULL && found.undecided != 0) {
        ready = take_decided(container, found.undecided);
        found.has_event = ready != NULL;
    }
    if (found.has_event) {
        guise__signal_taken(ready);
    }
    if (found.stale != 0) {
        note_stale(container, found.stale);
    }
    return ready;
}

/* The signal that released this wait; NULL when the time is over. */
static GUISE_SLOW guise_signal *wait_in_queue(guise_container *container, uint32_t timeout_ms)
{
    struct guise__waiter waiter = {0};
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);
    guise_signal *ready = queue_unless_ready(container, &waiter);

    if (ready != NULL) {
        guise__signal_taken(ready);
        return ready;
    }
    if (!guise__latch_wait(&waiter.latch, deadline)) {
        if (give_up(container, &waiter)) {
            return take_any(container); /* one may have been undecided all the time */
        }
        /* Released at the last moment; the setter holds on to the waiter until this opens. */
        (void)guise__latch_wait(&waiter.latch, NULL);
    }
    return waiter.which;
}

guise_result guise_container_wait_any(guise_container *container, uint32_t timeout_ms,
                                      guise_signal **which)
{
    if (which == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *which = NULL;
    if (container == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    /* Relaxed: it only grows. */
    if (atomic_load_explicit(&container->count, memory_order_relaxed) == 0) {
        return GUISE_E_NO_SYNC;
    }
    /* Acquire: pairs with the release in forget_parent_locked. The lock's word would say too soon
     * that it is this process's: when it is taken over. */
    if (atomic_load_explicit(&container->process, memory_order_acquire) != guise__fork_count()) {
        lock_container(container); /* for the hints, which are read without it */
        guise__lock_release(&container->lock);
    }
    *which = take_any(container);
    if (*which == NULL && timeout_ms != 0) {
        *which = wait_in_queue(container, timeout_ms);
    }
    return *which == NULL ? GUISE_E_TIMEOUT : GUISE_OK; /* Y-14, Y-15 */
}
