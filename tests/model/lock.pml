/* SPDX-License-Identifier: MIT */
/*
 * guise__lock: src/base/lock.h and src/base/lock.c. One step for each access to the word, and for each call
 * of the kernel. All threads are of one process, which may be a forked child: it finds the word as
 * the parent left it.
 *
 * What must hold: never two holders; exactly one is told that the lock was the parent's, if it was;
 * nobody sleeps for ever; the word ends free.
 *
 * FOUND      the word that the first of them finds
 * THREADS    so many, each takes the lock
 * TIMES      so often
 * SPURIOUS   so many sleeps end without reason
 *
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=OURS
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=PARENTS
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=PARENTS_HELD
 * case: -DTHREADS=3 -DTIMES=2 -DFOUND=PARENTS_AWAITED -DSPURIOUS=1
 * case: -DTHREADS=4 -DTIMES=1 -DFOUND=OURS -DSPURIOUS=1
 *
 * bug: -DBUG=1  who has slept takes the lock without AWAITED: others sleep still
 * bug: -DBUG=2  sleeps without having said so in the word
 * bug: -DBUG=3  releases by a load and a store: an AWAITED that comes between is lost
 * bug: -DBUG=4  takes it by a load and a store
 * bug: -DBUG=5  sleeps on the word as it is now, not as it was seen
 * bug: -DBUG=6 -DFOUND=PARENTS_HELD  what the parent holds counts as held
 * bug: -DBUG=7 -DFOUND=PARENTS  a release leaves the word the parent's
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

byte holders; /* what follows is here for the assertions only */
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

/* Any one of those who sleep, if there is one. */
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

/* atomic_compare_exchange_strong_explicit: done, or was is what the word was. */
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

/* sleep_on */
inline sleep_on()
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

/* guise__lock_take_otherwise. The looks before sleeping: as many as you like, or none. */
inline take_otherwise()
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
            sleep_on();
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
    :: else -> take_otherwise()
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

/* ---- who uses it ---- */

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

/* A sleep may end at any time. That one may also end nobody's, so that who needs a wake-up is not
 * saved by one that always comes. */
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

/* Nothing goes on any more. Who sleeps now, or holds the lock, is found by Spin itself. */
active proctype monitor()
{
    timeout;
    assert(word == OURS);
    assert(renewals == (IS_OURS(FOUND) -> 0 : 1))
}
