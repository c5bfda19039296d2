/* SPDX-License-Identifier: MIT */
/*
 * No wake-up is lost: src/sync/container.c, and set_in_company in src/sync/signal.c. One signal in one
 * container, so always in company. One step for each access to something shared; what a lock guards
 * and nobody reads without it may change in the same step. The locks are taken to work (lock.pml).
 *
 * What must hold: nobody stays asleep while the signal is set; no look that begins after a set
 * returned misses it while it stays set; a set releases who waited when it began, all of them or
 * one; takes and what is left to take never exceed the sets; whoever's time is over was handed
 * nothing, and whoever is handed something is still there; the rules of HINTS and IS_WAITED.
 *
 * AUTO       1: an auto signal; 0: a manual one
 * SETTERS    so many set it
 * PULSERS    so many set it and reset it
 * WAITERS    so many wait for the container, once
 * TIMED      1: their time may be over at any moment
 * POLLERS    so many look, once
 *
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=2 -DPOLLERS=1
 * case: -DAUTO=1 -DSETTERS=2 -DWAITERS=1 -DPOLLERS=1
 * case: -DAUTO=1 -DSETTERS=2 -DWAITERS=2 -DPOLLERS=0
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=2 -DPOLLERS=0 -DTIMED=1
 * case: -DAUTO=1 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DPULSERS=1
 * case: -DAUTO=0 -DSETTERS=1 -DWAITERS=1 -DPOLLERS=1 -DPULSERS=1
 * case: -DAUTO=0 -DSETTERS=0 -DWAITERS=2 -DPOLLERS=0 -DPULSERS=1 -DTIMED=1
 *
 * bug: -DBUG=1  a waiter looks before it raises IS_WAITED
 * bug: -DBUG=2  a hint is lowered without the signal's lock
 * bug: -DBUG=3  a hint is lowered without another look
 * bug: -DBUG=4  a setter looks at IS_WAITED before it sets the bit
 * bug: -DBUG=5  a setter does not raise the hint
 * bug: -DBUG=6 -DWAITERS=2  IS_WAITED is lowered while somebody is in the queue
 * bug: -DBUG=7  an auto signal is taken by a load and a store
 * bug: -DBUG=8  a waiter queues without a last look
 * bug: -DBUG=9 -DWAITERS=2  who found the bit set releases a waiter and does not take it
 * bug: -DBUG=10 -DTIMED=1  whose time is over goes, queued or not
 * bug: -DBUG=11  a waiter is handed the signal and the bit is set too
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
#ifndef BUG
#define BUG 0
#endif

#define NOBODY 255

/* ---- what is shared ---- */

bool set;             /* the signal's word: SET; CROWD is always set */
bool signal_lock;
bool hint;            /* the container's bit for the signal */
bool is_waited;
bool container_lock;
chan waiters = [WAITERS] of {byte}; /* (container_lock) */
bool queued[WAITERS];               /* (container_lock) */
bool opened[WAITERS];                 /* the latches */

/* ---- what is here for the assertions only ---- */

bool returned;        /* set, by a set that has returned, ever since */
byte generation;      /* counts being cleared: tells one being set from the next */
byte sets, takes;     /* of an auto signal */
bool gone[WAITERS];   /* a waiter is on the stack of who waits, who has returned */

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
        assert(!set || hint);
        signal_lock = false
    }
}

/* Somebody in the queue: then setters have to look there. */
inline unlock_container()
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

/* ---- src/sync/signal.c: guise__signal_try, which is guise__signal_take without HELD ---- */

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

/* ---- src/sync/container.c, who waits ---- */

/* take_first: the hints, then the signal. A look that found nothing was right to: either no set had
 * returned when it began, or the bit has been cleared since. */
inline take_first(taken)
{
    atomic { found_hint = hint; was_returned = returned; before = generation }
    stale = false;
    taken = false;
    if
    :: found_hint ->
        signal_take(taken);
        stale = !taken
    :: else
    fi;
    atomic {
        assert(taken || !was_returned || before != generation);
        found_hint = false;
        was_returned = false;
        before = 0
    }
}

/* lower_hint */
inline lower_hint()
{
#if BUG != 2
    lock(signal_lock);
#endif
    if
#if BUG == 3
    :: true -> hint = false
#else
    :: !set -> hint = false /* guise__signal_is_clear_locked */
    :: else
#endif
    fi;
#if BUG != 2
    unlock_signal()
#endif
}

/* take_any. note_stale: once in eight times it is worth a lock; which time, is not said here. */
inline take_any(taken)
{
    take_first(taken);
    if
    :: stale -> lower_hint()
    :: true
    fi;
    stale = false
}

/* queue_unless_ready */
inline queue_unless_ready(taken)
{
    lock(container_lock);
#if BUG == 1
    take_first(taken);
    is_waited = true;
#elif BUG == 8
    is_waited = true;
    taken = false;
#else
    is_waited = true;
    take_first(taken);
#endif
    stale = false;
    if
    :: taken
    :: else -> atomic { waiters!me; queued[me] = true }
    fi;
    unlock_container()
}

/* give_up */
inline give_up(was_queued)
{
    lock(container_lock);
    was_queued = queued[me];
    if
    :: was_queued -> atomic { waiters??eval(me); queued[me] = false }
    :: else
    fi;
    unlock_container()
}

/* ---- src/sync/container.c and src/sync/signal.c, who sets ---- */

/* guise__queue_move_first: to the setter's own queue. */
inline move_first()
{
    atomic {
        waiters?first;
        queued[first] = false;
        woken[first] = true;
        first = 0
    }
}

/* hand */
inline hand(handed)
{
    lock(container_lock);
    if
    :: nempty(waiters) ->
        move_first();
        atomic { take_count() }
        handed = true
    :: empty(waiters)
    fi;
    unlock_container()
}

/* hand_to_watcher_locked */
inline hand_to_watcher(handed)
{
    handed = false;
    if
    :: is_waited -> hand(handed)
    :: else
    fi
}

/* release, with everybody for a manual signal */
inline release()
{
    lock(container_lock);
    do
    :: empty(waiters) -> break
    :: nempty(waiters) ->
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
    unlock_container()
}

/* raise_bit */
inline raise_bit()
{
    atomic {
        set = true;
        was_raised = true;
        raised = generation
    }
}

/* tell, and raise_hint in it */
inline tell()
{
#if BUG != 5
    if
    :: !hint -> hint = true
    :: else
    fi;
#endif
#if BUG == 4
    if
    :: saw_waited -> release()
#else
    if
    :: is_waited -> release()
#endif
    :: else
    fi
}

/* set_locked: set_auto_locked, or for a manual signal release_locked */
inline set_locked()
{
#if BUG == 4
    saw_waited = is_waited;
#endif
#if AUTO
    atomic { sets++ }
    hand_to_watcher(handed);
    if
#if BUG == 11
    :: true ->
#else
    :: handed
    :: else ->
#endif
        raise_bit();
        tell()
    fi
#else
    raise_bit();
    tell()
#endif
}

/* guise__queue_release: opens the latches of whom it released, who still wait for that. */
inline queue_release()
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

/* Who waited when the set began: all are released by now, or one of them if there was any. */
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
        assert(AUTO || left == 0);
        assert(!AUTO || known == 0 || left < known);
        returned = returned || (was_raised && set && raised == generation);
        each = 0;
        known = 0;
        left = 0;
        raised = 0;
        was_raised = false;
        handed = false;
        taken = false
    }
}

/* set_in_company */
inline signal_set()
{
    d_step {
        for (each : 0 .. WAITERS - 1) {
            waited[each] = queued[each]
        }
        each = 0
    }
    lock(signal_lock);
    set_locked();
    unlock_signal();
    queue_release();
    assert_released()
}

#define SETTER_VARIABLES                                                                           \
    bool waited[WAITERS], woken[WAITERS], handed, taken, was_raised, saw_waited;                   \
    byte first, each, raised, known, left
#define LOOK_VARIABLES                                                                             \
    bool found_hint, was_returned, stale, taken;                                                   \
    byte before

/* ---- who uses it ---- */

proctype setter()
{
    SETTER_VARIABLES;

    signal_set()
}

/* guise_signal_reset: with HELD and a descriptor out of the way, one step. */
proctype pulser()
{
    SETTER_VARIABLES;

    signal_set();
    atomic { clear() }
}

proctype poller()
{
    LOOK_VARIABLES;

    take_any(taken)
}

/* guise_container_wait_any */
proctype waiter(byte me)
{
    LOOK_VARIABLES;
    bool was_queued;

    take_any(taken);
    if
    :: taken -> goto done
    :: else
    fi;
    queue_unless_ready(taken);
    if
    :: taken -> goto done
    :: else
    fi;
end_asleep:
    if
    :: opened[me] -> goto done
#if TIMED
    :: true ->
        give_up(was_queued);
        if
        :: was_queued -> take_any(taken)
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

/* Nothing goes on any more. */
proctype monitor()
{
    byte each;

    timeout;
    for (each : 0 .. WAITERS - 1) {
        assert(gone[each] || (queued[each] && !set))
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
        if /* a hint may be up from before */
        :: hint = true
        :: hint = false
        fi;
        START(SETTERS, setter());
        START(PULSERS, pulser());
        START(WAITERS, waiter(n));
        START(POLLERS, poller());
        run monitor()
    }
}
