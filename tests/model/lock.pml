/* SPDX-License-Identifier: MIT */
/*
 * guise__lock: src/base/lock.h and src/base/lock.c. One step for each access to the word, and for each call
 * of the kernel. All threads are of one process, which may be a forked child: it finds the word as
 * the parent left it.
 *
 * What must hold: never two holders; if the lock was the parent's, exactly one take returns so; no thread
 * sleeps for ever; the word ends free.
 *
 * FOUND      the word that the first thread finds
 * THREADS    threads that take the lock
 * TIMES      how often each does
 * SPURIOUS   sleeps that end without reason
 *
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=OURS
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=PARENTS
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=PARENTS_HELD
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=PARENTS_AWAITED -DSPURIOUS=1
 * case: -DTHREADS=4 -DTIMES=1 -DFOUND=OURS -DSPURIOUS=1
 *
 * bug: -DBUG=1  a thread that has slept takes the lock without AWAITED while others still sleep
 * bug: -DBUG=2  a thread sleeps without having set AWAITED
 * bug: -DBUG=3  a release is a load and a store, so an AWAITED set between the two is lost
 * bug: -DBUG=4  a take is a load and a store
 * bug: -DBUG=5  a thread sleeps on the word as it is now, not as the thread read it
 * bug: -DBUG=6 -DFOUND=PARENTS_HELD  a lock that the parent held counts as held
 * bug: -DBUG=7 -DFOUND=PARENTS  a release stores the parent's free word
 */
#ifndef THREADS
#define THREADS 3
#define TIMES 2
#endif
#ifndef FOUND
#define FOUND OURS
#endif
#ifndef SPURIOUS
#define SPURIOUS 0
#endif
#ifndef BUG
#define BUG 0
#endif

#define HELD 1
#define AWAITED 2
#define PARENTS 0 /* the process, in the bits above: guise__lock_process */
#define PARENTS_HELD (PARENTS | HELD)
#define PARENTS_AWAITED (PARENTS | HELD | AWAITED)
#define OURS 4    /* guise__lock_free_word */
#define IS_OURS(word) (((word) & ~(HELD | AWAITED)) == OURS)
#if BUG == 6
#define IS_HELD(word) (((word) & HELD) != 0)
#else
#define IS_HELD(word) (IS_OURS(word) && ((word) & HELD) != 0)
#endif

byte word = FOUND;
bool asleep[THREADS]; /* in the kernel */

byte holders; /* this and the next are here for the assertions only */
byte renewals;

/* ---- src/port: the futex ---- */

/* guise__futex_wait: compares and falls asleep in one step. */
inline futex_wait(value)
{
    atomic {
        if
        :: word == (value) -> asleep[_pid] = true
        :: else
        fi
    }
    !asleep[_pid]
}

/* Wakes any one of the sleeping threads, if there is one. */
inline futex_wake_one()
{
    atomic {
        if
        :: asleep[0] -> asleep[0] = false
        :: asleep[1] -> asleep[1] = false
        :: asleep[2] -> asleep[2] = false
#if THREADS > 3
        :: asleep[3] -> asleep[3] = false
#endif
        :: else
        fi
    }
}

/* ---- src/base/lock.h, src/base/lock.c ---- */

/* atomic_compare_exchange_strong_explicit: sets done, or was to the value of the word. */
inline compare_exchange(was, desired)
{
    atomic {
        done = word == was;
        if
        :: done -> word = desired
        :: else -> was = word
        fi
    }
}

/* lock_sleep */
inline lock_sleep()
{
#if BUG == 2
    futex_wait(seen);
    done = false;
#else
    if
    :: (seen & AWAITED) != 0 -> done = true
    :: else ->
        known = seen;
        compare_exchange(known, seen | AWAITED)
    fi;
    if
#if BUG == 5
    :: done -> futex_wait(word)
#else
    :: done -> futex_wait(seen | AWAITED)
#endif
    :: else
    fi;
    known = 0;
    done = false
#endif
}

/* guise__lock_take_slow. It spins any number of times before it sleeps, or not at all. */
inline lock_take_slow()
{
    flags = HELD;
    do
    :: !IS_HELD(seen) ->
#if BUG == 4
        done = true;
        word = OURS | flags;
#else
        compare_exchange(seen, OURS | flags);
#endif
        if
        :: done -> break
        :: else
        fi
    :: IS_HELD(seen) ->
        if
        :: true /* guise__relax */
        :: true ->
            lock_sleep();
#if BUG != 1
            flags = HELD | AWAITED
#endif
        fi;
        seen = word
    od;
    renewals = renewals + (IS_OURS(seen) -> 0 : 1)
}

/* guise__lock_take */
inline lock_take()
{
    seen = OURS;
    compare_exchange(seen, OURS | HELD);
    if
    :: done
    :: else -> lock_take_slow()
    fi;
    d_step {
        seen = 0;
        flags = 0;
        done = false
    }
}

/* guise__lock_release */
inline lock_release()
{
#if BUG == 3
    seen = word;
    word = OURS;
#elif BUG == 7
    atomic { seen = word; word = FOUND }
#else
    atomic { seen = word; word = OURS } /* atomic_exchange_explicit */
#endif
    if
    :: (seen & AWAITED) != 0 -> futex_wake_one()
    :: else
    fi;
    seen = 0
}

/* ---- the threads ---- */

active [THREADS] proctype thread()
{
    byte seen, known, flags, times;
    bool done;

    do
    :: times == TIMES -> break
    :: else ->
        lock_take();
        holders++;
        assert(holders == 1);
        holders--;
        lock_release();
        times++
    od
}

/* A sleep may end without reason. The interrupter may also wake no thread, so that a thread that needs
 * the wake-up of a release cannot rely on this one. */
active proctype interrupter()
{
    byte left = SPURIOUS;

    do
    :: left == 0 -> break
    :: left > 0 -> left--
    :: left > 0 ->
        futex_wake_one();
        left--
    od
}

/* No thread can take a step any more. Spin itself reports a thread that still sleeps. */
active proctype monitor()
{
    timeout;
    assert(word == OURS);
    assert(renewals == (IS_OURS(FOUND) -> 0 : 1))
}
