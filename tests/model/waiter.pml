/* SPDX-License-Identifier: MIT */
/*
 * The queue of a signal, in which waits for this signal and waits for any of several stand together:
 * src/sync/waiter.c, src/sync/signal.c and the waits for any of src/sync/wait_multiple.c. Two signals.
 * One step for each access to something shared. The locks are taken to work (lock.pml), a latch is one
 * step. HAS_LISTENERS is left out: every set takes the signal's lock, which is the case in which a
 * waiter is found.
 *
 * What must hold: no thread stays asleep while a signal that it waits for is set; takes and what is
 * left to take never exceed the sets; a set of an auto signal is handed to the first waiter of a wait
 * that has not ended, and to nothing else if there is one; a set of a manual signal releases every
 * such waiter; a wait takes one signal at most, and the one that it reports; a wait that timed out has
 * taken none; no waiter or claim is used after its wait has returned.
 *
 * AUTO       1: auto signals; 0: manual ones
 * SETTERS    threads that set the first signal, once
 * OTHERS     threads that set the second signal, once
 * ANYS       threads that wait for any of both
 * REVERSED   how many of those, the last, have the signals in the other order
 * ONES       threads that wait for the first signal
 * TAKERS     threads that take the first signal if it is set
 * TIMED      1: the time of the waits may be over at any moment
 *
 * case: -DAUTO=1 -DSETTERS=1 -DOTHERS=1 -DANYS=1 -DONES=1
 * case: -DAUTO=1 -DSETTERS=1 -DOTHERS=1 -DANYS=2 -DONES=0
 * case: -DAUTO=1 -DSETTERS=1 -DOTHERS=1 -DANYS=2 -DREVERSED=1 -DONES=0
 * case: -DAUTO=1 -DSETTERS=1 -DOTHERS=1 -DANYS=1 -DONES=1 -DTIMED=1
 * case: -DAUTO=1 -DSETTERS=2 -DOTHERS=0 -DANYS=1 -DONES=1 -DTIMED=1
 * case: -DAUTO=1 -DSETTERS=2 -DOTHERS=0 -DANYS=2 -DONES=1
 * case: -DAUTO=1 -DSETTERS=1 -DOTHERS=1 -DANYS=1 -DONES=0 -DTAKERS=1 -DTIMED=1
 * case: -DAUTO=0 -DSETTERS=1 -DOTHERS=1 -DANYS=1 -DONES=1 -DTIMED=1
 * case: -DAUTO=0 -DSETTERS=1 -DOTHERS=1 -DANYS=2 -DREVERSED=1 -DONES=0
 *
 * bug: -DBUG=1  a set does not test the claim, so two sets are spent on one wait
 * bug: -DBUG=2 -DANYS=2  a set ends at a waiter with a claim that is taken
 * bug: -DBUG=3  a join takes the signal, then the claim
 * bug: -DBUG=4 -DOTHERS=0  a join takes the claim, then the signal; if that is clear, it gives the claim back
 * bug: -DBUG=5 -DTIMED=1  a wait that timed out does not take the claim
 * bug: -DBUG=6 -DTIMED=1  a wait does not wait for its latch if its claim was taken at the last moment
 * bug: -DBUG=7  a wait returns without having left the queues
 * bug: -DBUG=8  a waiter queues without testing the signal under the lock
 * bug: -DBUG=9  a set hands the signal over and sets the bit too
 * bug: -DBUG=10  a set opens the latch of a waiter, then reads the next one
 */
#ifndef AUTO
#define AUTO 1
#endif
#ifndef SETTERS
#define SETTERS 1
#endif
#ifndef OTHERS
#define OTHERS 1
#endif
#ifndef ANYS
#define ANYS 1
#endif
#ifndef REVERSED
#define REVERSED 0
#endif
#ifndef ONES
#define ONES 1
#endif
#ifndef TAKERS
#define TAKERS 0
#endif
#ifndef TIMED
#define TIMED 0
#endif
#ifndef BUG
#define BUG 0
#endif

#define SIGNALS 2
#define WAITS (ANYS + ONES) /* the waits for any first */
#define NONE 255

/* ---- what is shared ---- */

bool set[SIGNALS];                       /* the signals' words: SET */
bool signal_lock[SIGNALS];
chan first_waiters = [WAITS] of {byte};  /* (the signal's lock) a waiter is named by its wait */
chan second_waiters = [WAITS] of {byte};
bool queued[WAITS * SIGNALS];                         /* (the signal's lock) wait * SIGNALS + signal */
bool claim_lock[WAITS];
bool claim_taken[WAITS];                 /* (claim_lock) */
byte winner[WAITS] = NONE;               /* (claim_lock) the signal of the waiter that took it */
bool opened[WAITS];                      /* the latches */

/* ---- what is here for the assertions only ---- */

byte sets[SIGNALS], takes[SIGNALS];
byte spent[WAITS]; /* signals taken for this wait */
byte spent_by_takers;
bool ended[WAITS]; /* its claim is taken; of a wait for one, it is out of the queue */
bool gone[WAITS];  /* it is on the stack of the waiting thread, which has returned */

#define WAITER(wait, signal) ((wait) * SIGNALS + (signal))
#define HAS_CLAIM(wait) ((wait) < ANYS)
/* Two sets with no take between them count as one. */
#define raise_set(signal) sets[signal] = sets[signal] - set[signal]; set[signal] = true
#define count_take(signal)                                                                         \
    takes[signal] = takes[signal] + AUTO;                                                          \
    assert(!AUTO || takes[signal] + set[signal] <= sets[signal])

inline lock(what)
{
    atomic { !what -> what = true }
}

/* ---- src/sync/signal.c ---- */

/* guise__signal_take */
inline signal_take(signal, taken)
{
    atomic {
        taken = set[signal];
        if
        :: taken && AUTO -> set[signal] = false; count_take(signal)
        :: else
        fi
    }
}

/* guise__claim_take */
inline claim_take(wait, by, taken)
{
    assert(!gone[wait]);
    lock(claim_lock[wait]);
    atomic {
        taken = !claim_taken[wait];
        if
        :: taken -> claim_taken[wait] = true; winner[wait] = by; ended[wait] = true
        :: else
        fi
    }
    claim_lock[wait] = false
}

/* waiter_take_locked */
inline waiter_take(me, signal, taken)
{
    if
    :: !HAS_CLAIM(me) -> signal_take(signal, taken)
    :: else ->
#if BUG == 3
        signal_take(signal, taken);
        if
        :: taken -> claim_take(me, signal, taken)
        :: else
        fi
#elif BUG == 4
        claim_take(me, signal, taken);
        if
        :: taken ->
            signal_take(signal, taken);
            if
            :: !taken -> atomic { claim_taken[me] = false; ended[me] = false }
            :: else
            fi
        :: else
        fi
#else
        lock(claim_lock[me]);
        taken = false;
        if
        :: !claim_taken[me] -> signal_take(signal, taken)
        :: else
        fi;
        if
        :: taken -> atomic { claim_taken[me] = true; winner[me] = signal; ended[me] = true }
        :: else
        fi;
        claim_lock[me] = false
#endif
    fi;
    spent[me] = spent[me] + taken
}

/* guise__signal_queue_unless_set */
inline queue_unless_set(me, signal, taken)
{
    lock(signal_lock[signal]);
#if BUG == 8
    taken = false;
#else
    waiter_take(me, signal, taken);
#endif
    if
    :: taken
    :: else ->
        atomic {
            if
            :: signal == 0 -> first_waiters!me
            :: else -> second_waiters!me
            fi;
            queued[WAITER(me, signal)] = true
        }
    fi;
    signal_lock[signal] = false
}

/* guise__signal_withdraw */
inline withdraw(me, signal, was_queued)
{
    lock(signal_lock[signal]);
    atomic {
        was_queued = queued[WAITER(me, signal)];
        if
        :: was_queued && signal == 0 -> first_waiters??eval(me)
        :: was_queued && signal != 0 -> second_waiters??eval(me)
        :: else
        fi;
        queued[WAITER(me, signal)] = false
    }
    signal_lock[signal] = false
}

/* guise__waiters_move_first: the first waiter of an open wait goes to the setter's own queue. */
inline move_first(signal, moved)
{
    moved = false;
    do
    :: moved -> break
    :: !moved && signal == 0 && empty(first_waiters) -> break
    :: !moved && signal != 0 && empty(second_waiters) -> break
    :: else ->
        atomic {
            if
            :: signal == 0 -> first_waiters?waiter
            :: else -> second_waiters?waiter
            fi;
            assert(!gone[waiter]);
            queued[WAITER(waiter, signal)] = false
        }
        if
#if BUG != 1
        :: HAS_CLAIM(waiter) -> claim_take(waiter, signal, moved)
#endif
        :: else -> atomic { moved = true; ended[waiter] = true; winner[waiter] = signal }
        fi;
        if
        :: moved -> atomic { spent[waiter]++; assert(spent[waiter] == 1); woken!waiter }
        :: else
#if BUG == 2
            -> break
#endif
        fi
    od;
    waiter = 0
}

/* signal_set_locked: signal_set_auto_locked, or for a manual signal signal_release_locked */
inline set_locked(signal)
{
#if AUTO
    atomic { sets[signal]++ }
    move_first(signal, moved);
    if
    :: moved -> atomic { count_take(signal) }
    :: else
    fi;
    if
#if BUG == 9
    :: true -> atomic { raise_set(signal) }
#else
    :: moved
    :: else -> atomic { assert_none_waits(signal); raise_set(signal) }
#endif
    fi
#else
    set[signal] = true;
    moved = true;
    do
    :: moved -> move_first(signal, moved)
    :: else -> break
    od;
    atomic { assert_none_waits(signal) }
#endif
}

/* No wait that has not ended is in this queue when a set sets the bit. */
inline assert_none_waits(signal)
{
    for (waiter : 0 .. WAITS - 1) {
        assert(ended[waiter] || !queued[WAITER(waiter, signal)])
    }
    waiter = 0
}

/* guise__waiters_release */
inline release()
{
    do
    :: empty(woken) -> break
    :: nempty(woken) ->
#if BUG == 10
        woken?<waiter>;
        opened[waiter] = true;
        assert(!gone[waiter]);
        woken?waiter
#else
        woken?waiter;
        assert(!gone[waiter]);
        opened[waiter] = true
#endif
    od;
    waiter = 0
}

/* signal_set_slow */
proctype setter(byte signal)
{
    chan woken = [WAITS] of {byte};
    byte waiter;
    bool moved;

    lock(signal_lock[signal]);
    set_locked(signal);
    signal_lock[signal] = false;
    release()
}

/* guise_signal_wait with a time of 0 */
proctype taker()
{
    bool taken;

    signal_take(0, taken);
    spent_by_takers = spent_by_takers + taken
}

/* ---- the waiting threads ---- */

/* signal_take_at_timeout, or any_take with resolved */
inline take_at_timeout(me, signal, taken)
{
    if
    :: !taken -> signal_take(signal, taken); spent[me] = spent[me] + taken
    :: else
    fi
}

/* guise_signal_wait: signal_wait_in_queue */
proctype one(byte me)
{
    bool taken, was_queued;

    queue_unless_set(me, 0, taken);
    if
    :: taken -> goto done
    :: else
    fi;
end_asleep:
    if
    :: opened[me]
#if TIMED
    :: true ->
        withdraw(me, 0, was_queued);
        if
        :: was_queued -> take_at_timeout(me, 0, taken)
        :: else -> opened[me] /* handed over at the last moment */
        fi
#endif
    fi;
done:
    assert(spent[me] <= 1);
    gone[me] = true
}

/* src/sync/wait_multiple.c: any_wait_in_queues */
proctype any(byte me; byte begin)
{
    bool taken, was_queued, is_over;

    /* any_join_until_set */
    queue_unless_set(me, begin, taken);
    if
    :: !taken -> queue_unless_set(me, 1 - begin, taken)
    :: else
    fi;
    if
    :: taken -> goto leave
    :: else
    fi;
end_asleep:
    /* any_sleep */
    if
    :: opened[me]
#if TIMED
    :: true ->
#if BUG == 5
        is_over = true;
#else
        claim_take(me, NONE, is_over);
#endif
        if
        :: is_over
#if BUG == 6
        :: else
#else
        :: else -> opened[me] /* at the last moment */
#endif
        fi
#endif
    fi;
leave:
#if BUG != 7
    /* any_leave */
    withdraw(me, 0, was_queued);
    withdraw(me, 1, was_queued);
#endif
    /* any_take */
    if
    :: is_over ->
        take_at_timeout(me, begin, taken);
        take_at_timeout(me, 1 - begin, taken)
    :: else -> assert(winner[me] != NONE && spent[me] == 1)
    fi;
    assert(spent[me] <= 1);
    gone[me] = true
}

/* No thread can take a step any more. */
proctype monitor()
{
    byte each, spent_by_all;

    timeout;
    spent_by_all = spent_by_takers;
    for (each : 0 .. WAITS - 1) {
        assert(gone[each] || (!ended[each] && queued[WAITER(each, 0)] && !set[0]));
        assert(gone[each] || !HAS_CLAIM(each) || (queued[WAITER(each, 1)] && !set[1]));
        spent_by_all = spent_by_all + spent[each]
    }
    assert(!signal_lock[0] && !signal_lock[1]);
    assert(!AUTO || takes[0] + set[0] == sets[0]);
    assert(!AUTO || takes[1] + set[1] == sets[1]);
    assert(!AUTO || takes[0] + takes[1] == spent_by_all)
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
        START(SETTERS, setter(0));
        START(OTHERS, setter(1));
        START(ANYS, any(n, n >= ANYS - REVERSED));
        START(ONES, one(ANYS + n));
        START(TAKERS, taker());
        run monitor()
    }
}
