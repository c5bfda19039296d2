/* SPDX-License-Identifier: MIT */
/*
 * No wake-up is lost: src/sync/container.c, src/sync/container_wait.c, and signal_set_slow in
 * src/sync/signal.c. One signal in one container, which has that listener for as long as it is a
 * member. One step for each access to something shared; what is read with a lock held only may change
 * in the same step. The locks are taken to work (lock.pml).
 *
 * What must hold: no thread stays asleep while the signal is set; no search that begins after a set
 * returned misses it while it stays set; a set releases the waiters that were queued when it began, all
 * of them or one; takes and what is left to take never exceed the sets; a waiter that timed out was
 * handed nothing, and a waiter that is handed something still exists; the rules of HINTS and IS_WAITED.
 * Once a remove has returned, or a search can only have missed the set signal because of the remove, no
 * search takes it and no set that begins hands it to a waiter.
 *
 * AUTO       1: an auto signal; 0: a manual one
 * SETTERS    threads that set the signal
 * PULSERS    threads that set it and reset it
 * WAITERS    threads that wait for the container, once
 * TIMED      1: the time of those waits may be over at any moment
 * POLLERS    threads that ask the container once, without waiting
 * TAKERS     threads that take the signal itself once, if it is set
 * REMOVERS   threads that remove the signal; 0 or 1
 * READDED    1: the remover adds it again
 *
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=2 -DPOLLERS=1
 * case: -DAUTO=1 -DSETTERS=2 -DWAITERS=1 -DPOLLERS=1
 * case: -DAUTO=1 -DSETTERS=2 -DWAITERS=2 -DPOLLERS=0
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=2 -DPOLLERS=0 -DTIMED=1
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DPULSERS=1
 * case: -DAUTO=0 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DPULSERS=1
 * case: -DAUTO=0 -DSETTERS=0 -DWAITERS=2 -DPOLLERS=0 -DPULSERS=1 -DTIMED=1
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DTAKERS=1
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DREMOVERS=1
 * case: -DAUTO=0 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DREMOVERS=1
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=0 -DREMOVERS=1 -DREADDED=1
 * case: -DAUTO=0 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=0 -DREMOVERS=1 -DREADDED=1
 * case: -DAUTO=1 -DSETTERS=2 -DWAITERS=1 -DPOLLERS=0 -DREMOVERS=1
 *
 * bug: -DBUG=1  a waiter searches before it raises IS_WAITED
 * bug: -DBUG=2  a hint is lowered without the signal's lock
 * bug: -DBUG=3  a hint is lowered without a load of the word
 * bug: -DBUG=4  a setter loads IS_WAITED before it sets SET
 * bug: -DBUG=5  a setter does not raise the hint
 * bug: -DBUG=6 -DWAITERS=2  IS_WAITED is lowered while a waiter is in the queue
 * bug: -DBUG=7 -DTAKERS=1  an auto signal is taken by a load and a store
 * bug: -DBUG=8  a waiter queues without a last search
 * bug: -DBUG=9 -DWAITERS=2  a setter that found SET releases a waiter and does not take the signal
 * bug: -DBUG=10 -DTIMED=1  a waiter that timed out returns, queued or not
 * bug: -DBUG=11  a waiter is handed the signal and the bit is set too
 * bug: -DBUG=12 -DREMOVERS=1 -DSETTERS=2  a setter hands over a signal that is not a member any more
 * bug: -DBUG=13 -DREMOVERS=1  a remove returns while the signal still notifies the container
 * bug: -DBUG=14 -DREMOVERS=1  a wait searches without the lock
 * bug: -DBUG=15 -DREMOVERS=1 -DREADDED=1 -DPOLLERS=0  an add notifies before the signal is a member
 * bug: -DBUG=16 -DREMOVERS=1  a search does not test whether the signal is a member
 */
#ifndef AUTO
#define AUTO 1
#endif
#ifndef SETTERS
#define SETTERS 1
#endif
#ifndef PULSERS
#define PULSERS 0
#endif
#ifndef WAITERS
#define WAITERS 1
#endif
#ifndef TIMED
#define TIMED 0
#endif
#ifndef POLLERS
#define POLLERS 1
#endif
#ifndef TAKERS
#define TAKERS 0
#endif
#ifndef REMOVERS
#define REMOVERS 0
#endif
#ifndef READDED
#define READDED 0
#endif
#ifndef BUG
#define BUG 0
#endif

/* ---- what is shared ---- */

bool set;             /* the signal's word: SET; HAS_LISTENERS is set as long as it is watched */
bool watched = true;  /* (signal_lock) the signal has the container's watcher */
bool member = true;   /* (container_lock) the container's bit in MEMBERS */
bool signal_lock;
bool hint;            /* the container's bit for the signal */
bool is_waited;
bool container_lock;
chan waiters = [WAITERS] of {byte}; /* (container_lock) */
bool queued[WAITERS];               /* (container_lock) */
bool opened[WAITERS];               /* the latches */

/* ---- what is here for the assertions only ---- */

bool returned;        /* SET, and a set has returned since it was last cleared */
byte generation;      /* times that SET was cleared: tells one set from the next */
byte sets, takes;     /* of an auto signal */
bool added = true;    /* an add has returned, and no remove has begun to change anything */
bool removed;         /* a remove has returned, and no add has begun */
bool in_place = true; /* the signal's place is in use, and has the watcher */
bool missed;          /* a search that has ended missed the signal because it was being removed */
byte removals;
bool gone[WAITERS];   /* a waiter is on the stack of the waiting thread, which has returned */

#define take_count() takes = takes + AUTO; assert(takes + (set && AUTO) <= sets)
#define clear() generation = generation + set; set = false; returned = false

inline lock(what)
{
    atomic { !what -> what = true }
}

/* Legal to leave the hint up for a clear signal; illegal to leave it down for a set one. */
inline unlock_signal()
{
    atomic {
        assert(!set || hint || !watched);
        signal_lock = false
    }
}

/* With a waiter in the queue IS_WAITED stays true. */
inline container_unlock()
{
#if BUG == 6
    is_waited = false;
#else
    if
    :: empty(waiters) -> is_waited = false
    :: nempty(waiters)
    fi;
#endif
    container_lock = false
}

/* ---- src/sync/signal.c: guise__signal_try, which is guise__signal_take without TENTATIVE ---- */

inline signal_take(taken)
{
#if BUG == 7
    taken = set;
    if
    :: taken -> atomic { clear(); take_count() }
    :: else
    fi
#elif AUTO
    atomic { /* the load, and the step that clears the bit; or the load alone */
        taken = set;
        if
        :: taken -> clear(); take_count()
        :: else
        fi
    }
#else
    taken = set
#endif
}

/* ---- src/sync/container_wait.c, the waiting thread ---- */

/* container_take_first_locked: the hints, then the signal. A search that found nothing is right if no
 * set had returned when it began, or if SET has been cleared since. */
inline container_take_first_locked(taken)
{
    found_hint = hint;
    stale = false;
    taken = false;
    if
#if BUG == 16
    :: found_hint ->
#else
    :: found_hint && member ->
#endif
        signal_take(taken);
        assert(!taken || !removed);
        stale = !taken
    :: else
    fi;
    found_hint = false
}

inline begin_look()
{
    atomic { was_returned = returned && added; before = generation; removals_before = removals }
}

inline end_look(taken)
{
    atomic {
        assert(taken || !was_returned || before != generation || removals_before != removals);
        missed = missed || (!taken && was_returned && before == generation);
        was_returned = false;
        before = 0;
        removals_before = 0
    }
}

/* container_take_first: most searches find no hint. */
inline container_take_first(taken)
{
    begin_look();
    taken = false;
    stale = false;
    if
    :: hint ->
#if BUG == 14
        container_take_first_locked(taken)
#else
        lock(container_lock);
        container_take_first_locked(taken);
        container_unlock()
#endif
    :: else
    fi;
    end_look(taken)
}

/* signal_lower_hints */
inline signal_lower_hints()
{
#if BUG != 2
    lock(signal_lock);
#endif
    if
#if BUG == 3
    :: true -> hint = false
#else
    :: !set && watched -> hint = false /* guise__signal_is_clear_locked */
    :: else
#endif
    fi;
#if BUG != 2
    unlock_signal()
#endif
}

/* container_take_any. container_note_stale lowers hints once in eight times; here, at any time. */
inline container_take_any(taken)
{
    container_take_first(taken);
    if
    :: stale -> signal_lower_hints()
    :: true
    fi;
    stale = false
}

/* waiter_queue_unless_ready */
inline waiter_queue_unless_ready(taken)
{
    begin_look();
    lock(container_lock);
#if BUG == 1
    container_take_first_locked(taken);
    is_waited = true;
#elif BUG == 8
    is_waited = true;
    taken = false;
#else
    is_waited = true;
    container_take_first_locked(taken);
#endif
    end_look(taken);
    stale = false;
    if
    :: taken
    :: else -> atomic { waiters!me; queued[me] = true }
    fi;
    container_unlock()
}

/* waiter_withdraw */
inline waiter_withdraw(was_queued)
{
    lock(container_lock);
    was_queued = queued[me];
    if
    :: was_queued -> atomic { waiters??eval(me); queued[me] = false }
    :: else
    fi;
    container_unlock()
}

/* ---- src/sync/container.c and src/sync/signal.c, the setter ---- */

/* guise__waiters_move_first: to the setter's own queue. */
inline move_first()
{
    atomic {
        assert(!removed && !was_missed);
        waiters?first;
        queued[first] = false;
        woken[first] = true;
        first = 0
    }
}

/* member_hand_over */
inline member_hand_over(handed)
{
    assert(in_place);
    lock(container_lock);
    if
#if BUG == 12
    :: nempty(waiters) ->
#else
    :: nempty(waiters) && member ->
#endif
        move_first();
        atomic { take_count() }
        handed = true
    :: else
    fi;
    container_unlock()
}

/* watchers_hand_over_locked */
inline watchers_hand_over(handed)
{
    handed = false;
    if
    :: is_waited && watched -> member_hand_over(handed)
    :: else
    fi
}

/* member_release_waiters, with release_all for a manual signal */
inline member_release_waiters()
{
    lock(container_lock);
    do
    :: empty(waiters) || !member -> break
    :: nempty(waiters) && member ->
#if BUG == 9
        atomic { take_count() }
        move_first()
#elif AUTO
        signal_take(taken);
        if
        :: taken -> move_first()
        :: else -> break
        fi
#else
        move_first()
#endif
    od;
    container_unlock()
}

/* word_raise_set */
inline word_raise_set()
{
    atomic {
        set = true;
        was_raised = true;
        raised = generation
    }
}

/* member_notify, and member_raise_hint in it */
inline member_notify()
{
    assert(in_place);
#if BUG != 5
    if
    :: !hint -> hint = true
    :: else
    fi;
#endif
#if BUG == 4
    if
    :: saw_waited -> member_release_waiters()
#else
    if
    :: is_waited -> member_release_waiters()
#endif
    :: else
    fi
}

/* watchers_notify_locked */
inline watchers_notify()
{
    if
    :: watched -> member_notify()
    :: else
    fi
}

/* signal_set_locked: signal_set_auto_locked, or for a manual signal signal_release_locked */
inline signal_set_locked()
{
#if BUG == 4
    saw_waited = is_waited;
#endif
#if AUTO
    atomic { sets++ }
    watchers_hand_over(handed);
    if
#if BUG == 11
    :: true ->
#else
    :: handed
    :: else ->
#endif
        word_raise_set();
        watchers_notify()
    fi
#else
    word_raise_set();
    watchers_notify()
#endif
}

/* guise__waiters_release: opens the latches of the waiters that it released, which still exist. */
inline waiters_release()
{
    for (each : 0 .. WAITERS - 1) {
        if
        :: woken[each] ->
            assert(!gone[each]);
            opened[each] = true
        :: else
        fi
    }
    each = 0
}

/* Of the waiters that were queued when the set began all are released by now, or one if there was
 * any. */
inline assert_released()
{
    d_step {
        known = 0;
        left = 0;
        for (each : 0 .. WAITERS - 1) {
            known = known + waited[each];
            left = left + (waited[each] && queued[each]);
            waited[each] = false;
            woken[each] = false
        }
        assert(AUTO || left == 0 || !was_added || removals_before != removals);
        assert(!AUTO || known == 0 || left < known || !was_added || removals_before != removals);
        returned = returned || (was_raised && set && raised == generation);
        each = 0;
        known = 0;
        left = 0;
        raised = 0;
        was_raised = false;
        handed = false;
        taken = false;
        was_added = false;
        was_missed = false;
        removals_before = 0
    }
}

/* signal_set_slow */
inline signal_set()
{
    d_step {
        for (each : 0 .. WAITERS - 1) {
            waited[each] = queued[each]
        }
        each = 0;
        was_added = added;
        was_missed = missed;
        removals_before = removals
    }
    lock(signal_lock);
    signal_set_locked();
    unlock_signal();
    waiters_release();
    assert_released()
}

#define SETTER_VARIABLES                                                                           \
    bool waited[WAITERS], woken[WAITERS], handed, taken, was_raised, saw_waited;                   \
    bool was_added, was_missed;                                                                    \
    byte first, each, raised, known, left, removals_before
#define LOOK_VARIABLES                                                                             \
    bool found_hint, was_returned, stale, taken;                                                   \
    byte before, removals_before

/* ---- the threads ---- */

proctype setter()
{
    SETTER_VARIABLES;

    signal_set()
}

/* guise_signal_wait with a time of 0 */
proctype taker()
{
    bool taken;

    signal_take(taken)
}

/* guise_signal_reset: with TENTATIVE and a descriptor out of the way, one step. */
proctype pulser()
{
    SETTER_VARIABLES;

    signal_set();
    atomic { clear() }
}

proctype poller()
{
    LOOK_VARIABLES;

    container_take_any(taken)
}

/* guise_container_wait_any */
proctype waiter(byte me)
{
    LOOK_VARIABLES;
    bool was_queued;

    container_take_any(taken);
    if
    :: taken -> goto done
    :: else
    fi;
    waiter_queue_unless_ready(taken);
    if
    :: taken -> goto done
    :: else
    fi;
end_asleep:
    if
    :: opened[me] -> goto done
#if TIMED
    :: true ->
        waiter_withdraw(was_queued);
        if
        :: was_queued -> container_take_any(taken)
#if BUG == 10
        :: else
#else
        :: else -> opened[me] /* released at the last moment */
#endif
        fi
#endif
    fi;
done:
    gone[me] = true
}

/* guise_container_remove: member_hide, guise__signal_unwatch with member_end in it; and the place is
 * free. */
inline container_remove()
{
    lock(container_lock);
    atomic { member = false; added = false; removals++ }
    container_unlock();
#if BUG != 13
    lock(signal_lock);
    watched = false;
    hint = false;
    unlock_signal();
#endif
    atomic { in_place = false; removed = true }
}

/* guise__signal_watch, with member_begin in it; it notifies if the signal was set before. */
inline container_add()
{
    atomic { in_place = true; removed = false; missed = false }
    lock(signal_lock);
    watched = true;
#if BUG == 15
    if
    :: set -> member_notify()
    :: else
    fi;
#endif
    lock(container_lock);
    member = true;
    container_unlock();
#if BUG != 15
    if
    :: set -> member_notify()
    :: else
    fi;
#endif
    unlock_signal();
    waiters_release();
    atomic { forget_released(); added = true }
}

/* Forgets the waiters that were released. */
inline forget_released()
{
    for (each : 0 .. WAITERS - 1) {
        woken[each] = false
    }
    each = 0;
    taken = false
}

proctype remover()
{
    SETTER_VARIABLES;

    container_remove();
#if READDED
    container_add()
#endif
}

/* No thread can take a step any more. */
proctype monitor()
{
    byte each;

    timeout;
    for (each : 0 .. WAITERS - 1) {
        assert(gone[each] || (queued[each] && (!set || !member)))
    }
    assert(!signal_lock && !container_lock);
    assert(is_waited || empty(waiters))
}

#define START(count, process)                                                                      \
    n = 0;                                                                                         \
    do                                                                                             \
    :: n == count -> break                                                                         \
    :: n < count ->                                                                                \
        run process;                                                                               \
        n++                                                                                        \
    od

init {
    byte n;

    atomic {
        if /* a hint may be up from an earlier set */
        :: hint = true
        :: hint = false
        fi;
        START(SETTERS, setter());
        START(PULSERS, pulser());
        START(WAITERS, waiter(n));
        START(POLLERS, poller());
        START(TAKERS, taker());
        START(REMOVERS, remover());
        run monitor()
    }
}
