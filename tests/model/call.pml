/* SPDX-License-Identifier: MIT */
/*
 * The state word of one call: src/call/call_state.h, and what changes it in src/call. One step for each
 * access to something shared.
 *
 * What must hold. The completion is observed once Signal has returned, Finish_ or the completion
 * function runs, a waiter has been released or the call's signal has been set.
 *  - An impersonation that begins after the completion was observed is refused. The token of one that is
 *    granted was on while the call was open; the token of one that is refused is off again.
 *  - The call completes once. Its function runs once if on_complete returned OK, otherwise never, and
 *    before a waiter or the signal observes the completion.
 *  - A registration that is refused because of another one leaves the call with a function, even if a
 *    thread that has begun to register never goes on.
 *  - Every waiter is released, the call's signal is set, and each finds the result.
 *  - A token that is on in no frame when the call completes is counted once, before a waiter or the
 *    signal observes the completion.
 *  - The call is freed once, at the end, and not used after.
 *
 * Every thread of the model owns a reference, and drops it last.
 *
 * COMPLETERS        threads that complete the call
 * FINISHERS         threads that complete it with a Finish_
 * SERVERS           threads that dispatch it, or run a continuation if it has been dispatched, and
 *                   impersonate there
 * UNFRAMED_THREADS  threads that impersonate in no frame
 * REGISTRARS        threads that register a completion function
 * STALLED           1: another thread has begun to register one, and never goes on
 * SIGNAL_READERS    threads that ask for the signal, drop the call and wait for the signal
 * SLEEPERS          threads that wait for the call, which another thread has to complete
 *
 * case: -DCOMPLETERS=2 -DSERVERS=2
 * case: -DSERVERS=1 -DREGISTRARS=1 -DSIGNAL_READERS=1
 * case: -DFINISHERS=1 -DSERVERS=1 -DSLEEPERS=1
 * case: -DFINISHERS=1 -DCOMPLETERS=1 -DREGISTRARS=1 -DSIGNAL_READERS=1
 * case: -DCOMPLETERS=1 -DUNFRAMED_THREADS=2
 * case: -DCOMPLETERS=1 -DUNFRAMED_THREADS=1 -DREGISTRARS=1
 * case: -DFINISHERS=1 -DUNFRAMED_THREADS=1 -DSLEEPERS=1
 * case: -DUNFRAMED_THREADS=2 -DSIGNAL_READERS=1
 * case: -DCOMPLETERS=1 -DREGISTRARS=2 -DSLEEPERS=1
 * case: -DCOMPLETERS=1 -DSIGNAL_READERS=2 -DSLEEPERS=1
 * case: -DCOMPLETERS=1 -DREGISTRARS=3
 * case: -DCOMPLETERS=1 -DREGISTRARS=2 -DSTALLED=1
 * case: -DREGISTRARS=3 -DSTALLED=1
 *
 * bug: -DBUG=1 -DCOMPLETERS=1 -DSERVERS=1  the call is checked before the token is on, and not after
 * bug: -DBUG=2 -DCOMPLETERS=1 -DSERVERS=1  the call is not checked again once the token is on
 * bug: -DBUG=3 -DCOMPLETERS=1 -DSERVERS=1  the token stays on when the impersonation is refused
 * bug: -DBUG=4 -DCOMPLETERS=1 -DSERVERS=1  Signal returns before COMPLETED is set
 * bug: -DBUG=5 -DCOMPLETERS=2  COMPLETED is set by an or, by each completer
 * bug: -DBUG=6 -DCOMPLETERS=1 -DREGISTRARS=1  the completer reads HAS_FUNCTION before its step
 * bug: -DBUG=7 -DCOMPLETERS=1 -DREGISTRARS=1  HAS_FUNCTION is set by an or, completed or not
 * bug: -DBUG=8 -DREGISTRARS=2  the function is written without CLAIMED
 * bug: -DBUG=9 -DFINISHERS=1 -DSIGNAL_READERS=1  ANNOUNCED is set by a load and a store
 * bug: -DBUG=10 -DFINISHERS=1 -DSIGNAL_READERS=1 -DSLEEPERS=1  the completer notifies what it read before it set ANNOUNCED
 * bug: -DBUG=11 -DCOMPLETERS=1 -DSIGNAL_READERS=1  the thread that sets HAS_SIGNAL does not test ANNOUNCED
 * bug: -DBUG=12 -DCOMPLETERS=1 -DSLEEPERS=1  the thread that sets WAITERS does not test ANNOUNCED
 * bug: -DBUG=13 -DSIGNAL_READERS=2  the signal is written by a store
 * bug: -DBUG=14 -DSIGNAL_READERS=1  the completer drops its reference, then notifies
 * bug: -DBUG=15 -DREGISTRARS=1  the last owner frees an open call that has a function
 * bug: -DBUG=16 -DSIGNAL_READERS=1 -DREGISTRARS=1  the last owner drops its reference and completes in two steps
 * bug: -DBUG=17 -DCOMPLETERS=1 -DUNFRAMED_THREADS=1  UNFRAMED is set before the thread is listed
 * bug: -DBUG=18 -DCOMPLETERS=1 -DUNFRAMED_THREADS=1  the thread that sets UNFRAMED does not test COMPLETED
 * bug: -DBUG=19 -DFINISHERS=1 -DSLEEPERS=1  ANNOUNCED is set before Finish_ has stored the result
 * bug: -DBUG=20 -DCOMPLETERS=1 -DUNFRAMED_THREADS=1 -DSLEEPERS=1  unframed threads are counted after the waiters are released
 * bug: -DBUG=21 -DCOMPLETERS=1 -DREGISTRARS=2  a registration is refused because another has begun
 * bug: -DBUG=22 -DCOMPLETERS=1 -DREGISTRARS=2 -DSTALLED=1  one is refused because of beside, and does not decide for it
 * bug: -DBUG=23 -DREGISTRARS=2 -DSTALLED=1  beside is written by a store
 * bug: -DBUG=24 -DCOMPLETERS=1 -DREGISTRARS=2  HAS_FUNCTION is set for beside, and CLAIMED stays
 */
#ifndef COMPLETERS
#define COMPLETERS 0
#endif
#ifndef FINISHERS
#define FINISHERS 0
#endif
#ifndef SERVERS
#define SERVERS 0
#endif
#ifndef UNFRAMED_THREADS
#define UNFRAMED_THREADS 0
#endif
#ifndef REGISTRARS
#define REGISTRARS 0
#endif
#ifndef STALLED
#define STALLED 0
#endif
#ifndef SIGNAL_READERS
#define SIGNAL_READERS 0
#endif
#ifndef SLEEPERS
#define SLEEPERS 0
#endif
#ifndef BUG
#define BUG 0
#endif
#define OWNERS                                                                                     \
    (COMPLETERS + FINISHERS + SERVERS + UNFRAMED_THREADS + REGISTRARS + SIGNAL_READERS + SLEEPERS)

/* ---- the word: the flags, two bits of result, the references ---- */

#define DISPATCHED 1
#define COMPLETED 2
#define ANNOUNCED 4
#define CLAIMED 8
#define HAS_FUNCTION 16
#define HAS_SIGNAL 32
#define WAITERS 64
#define FINISHING 128
#define UNFRAMED 256
#define RESULT 512
#define SUCCESS (1 * RESULT) /* not 0, so that one that is missing is seen */
#define DISCONNECTED (2 * RESULT)
#define FAULT (3 * RESULT)
#define REFERENCE 2048

#define REFERENCES(word) ((word) / REFERENCE)
#define HAS(word, flags) (((word) & (flags)) != 0)
#define HAS_NO_OBSERVERS(word) (!HAS(word, HAS_FUNCTION | HAS_SIGNAL | WAITERS | UNFRAMED))

/* ---- what is shared ---- */

int state = (OWNERS + 1) * REFERENCE + STALLED * CLAIMED;
byte here;           /* fn, arg and generation: 1 + the thread that wrote them; 0: not written */
byte beside;         /* 1 + the thread that stored it; 0: NULL */
byte completion;     /* the signal: 1 + the thread that made it; 0: none */
bool is_set[OWNERS]; /* the signals, each at the thread that made it */
bool latch;          /* open */
bool listed[OWNERS]; /* unframed.c's list; each step on it is under its lock */

/* ---- what is here for the assertions only ---- */

bool freed;
bool observed;        /* the completion is, in the sense above */
byte completions, runs;
byte registered;      /* times that on_complete returned OK */
byte ran;             /* 1 + the thread that had registered the function that ran */
byte winner;          /* 1 + the thread whose registration returned OK */
bool taken;           /* GUISE_E_UNEXPECTED was answered */
bool exposed[OWNERS]; /* granted, in no frame, and not reverted yet */
byte counted[OWNERS]; /* at completion */

/* ---- steps ---- */

/* guise__call_load; also stands for a read of another member, which must not follow the free. */
inline load_state()
{
    atomic {
        assert(!freed);
        seen = state
    }
}

/* guise__call_step: a compare and exchange from seen. A weak one may also fail without reason, which
 * only repeats the loop around it. */
inline step(next_word)
{
    assert(!freed);
    done = state == seen;
    if
    :: done -> state = next_word
    :: else -> seen = state
    fi
}

inline fetch_or(flags)
{
    atomic {
        assert(!freed);
        seen = state;
        state = seen | (flags)
    }
}

#define completed() completions++; assert(completions == 1)

/* What each observer of the completion may rely on, except Finish_. */
inline assert_observed()
{
    d_step {
        assert(HAS(state, COMPLETED) && !HAS(state, FINISHING));
        assert((state & (3 * RESULT)) != 0);
        assert(runs == HAS(state, HAS_FUNCTION));
        observed = true
    }
}

/* In the step to ANNOUNCED: each token that is still on in no frame has been counted. */
inline assert_counted()
{
    for (each : 0 .. OWNERS - 1) {
        assert(!exposed[each] || counted[each] == 1)
    }
    each = 0
}

/* ---- life ---- */

inline destroy()
{
    atomic {
        assert(!freed);
        freed = true
    }
}

inline drop_reference()
{
    load_state();
    if
    :: REFERENCES(seen) == 1 -> destroy()
    :: else ->
        atomic {
            assert(!freed);
            seen = state;
            state = state - REFERENCE
        }
        if
        :: REFERENCES(seen) == 1 -> destroy()
        :: else
        fi
    fi
}

/* ---- completing ---- */

/* announce_to_waiters; seen is the word before ANNOUNCED was set. */
inline announce_to_waiters()
{
    if
    :: HAS(seen, WAITERS) ->
        atomic {
            assert(!freed);
            assert_observed();
            latch = true
        }
    :: else
    fi;
    if
    :: HAS(seen, HAS_SIGNAL) ->
        atomic {
            assert(!freed && completion != 0);
            assert_observed();
            is_set[completion - 1] = true
        }
    :: else
    fi
}

/* call_announce, which drops the completer's reference. */
inline announce()
{
    load_state();
    do
    :: !HAS(seen, WAITERS | HAS_SIGNAL) ->
        atomic {
            step((seen | ANNOUNCED) - REFERENCE);
            if
            :: done -> assert_counted()
            :: else
            fi
        }
        if
        :: done ->
            if
            :: REFERENCES(seen) == 1 -> destroy()
            :: else
            fi;
            break
        :: else
        fi
    :: HAS(seen, WAITERS | HAS_SIGNAL) ->
#if BUG == 9
        load_state();
        atomic { assert(!freed); state = seen | ANNOUNCED }
        announce_to_waiters();
        drop_reference();
#elif BUG == 10
        atomic { assert(!freed); state = state | ANNOUNCED }
        announce_to_waiters();
        drop_reference();
#elif BUG == 14
        fetch_or(ANNOUNCED);
        next = seen;
        drop_reference();
        seen = next;
        announce_to_waiters();
#else
        atomic {
            fetch_or(ANNOUNCED);
            assert_counted()
        }
        announce_to_waiters();
        drop_reference();
#endif
        break
    od
}

/* guise__unframed_completed, which holds the lock of the list. */
inline unframed_completed()
{
    d_step {
        for (each : 0 .. OWNERS - 1) {
            if
            :: listed[each] ->
                listed[each] = false;
                counted[each]++
            :: else
            fi
        }
        each = 0
    }
}

/* count_unframed; before is the word that the step to COMPLETED replaced. */
inline count_unframed()
{
    if
    :: HAS(before, UNFRAMED) -> unframed_completed()
    :: else
    fi
}

/* find_reply, run_function */
inline run_function()
{
    atomic {
        assert(!freed && !HAS(state, ANNOUNCED));
        ran = (HAS(before, CLAIMED) -> here : beside);
        assert(ran != 0);
        runs++;
        assert_observed();
        assert_counted()
    }
}

/* What remains once Finish_ has returned, or where there is none. */
inline run_function_and_announce()
{
    if
    :: HAS(before, HAS_FUNCTION) -> run_function()
    :: else
    fi;
#if BUG == 20
    announce();
    count_unframed()
#else
    announce()
#endif
}

/* finish */
inline finish()
{
#if BUG != 20
    count_unframed();
#endif
    run_function_and_announce()
}

/* guise__call_complete */
inline complete(outcome)
{
#if BUG == 4
    observed = true;
#endif
    load_state();
#if BUG == 6
    had_function = seen & HAS_FUNCTION;
#endif
    do
    :: HAS(seen, COMPLETED) -> break
    :: !HAS(seen, COMPLETED) ->
        next = seen | COMPLETED | outcome;
        if
        :: HAS_NO_OBSERVERS(seen) -> next = (next | ANNOUNCED) - REFERENCE
        :: else
        fi;
        before = seen;
        atomic {
#if BUG == 5
            assert(!freed);
            done = true;
            state = (state | COMPLETED | outcome | (next & ANNOUNCED)) -
                (HAS_NO_OBSERVERS(before) -> REFERENCE : 0);
#else
            step(next);
#endif
            if
            :: done ->
                completed();
                if
                :: HAS_NO_OBSERVERS(before) -> assert_counted()
                :: else
                fi
            :: else
            fi
        }
        if
        :: done && !HAS_NO_OBSERVERS(before) ->
#if BUG == 6
            before = (before & ~HAS_FUNCTION) | had_function;
#endif
            finish();
            break
        :: done && HAS_NO_OBSERVERS(before) -> break
        :: else
        fi
    od;
    observed = true;
    forget()
}

/* guise__call_signal_with, and end_finishing */
inline signal_with(outcome)
{
    load_state();
    do
    :: HAS(seen, COMPLETED) -> break
    :: !HAS(seen, COMPLETED) ->
        before = seen;
        atomic {
            step(seen | COMPLETED | FINISHING);
            if
            :: done -> completed()
            :: else
            fi
        }
        if
        :: done ->
#if BUG == 19
            fetch_or(ANNOUNCED);
            announce_to_waiters();
#endif
            count_unframed();
            observed = true; /* Finish_ runs */
            atomic {
                assert(!freed);
                before = state;
                state = state ^ (FINISHING | outcome)
            }
            run_function_and_announce();
            break
        :: else
        fi
    od;
    observed = true;
    forget()
}

/* guise_call_unref */
inline unref()
{
    load_state();
    do
    :: REFERENCES(seen) == 1 ->
        destroy();
        break
#if BUG == 15
    :: REFERENCES(seen) == 2 && !HAS(seen, COMPLETED) ->
#else
    :: REFERENCES(seen) == 2 && !HAS(seen, COMPLETED) && HAS_NO_OBSERVERS(seen) ->
#endif
        destroy();
        break
    :: else ->
        abandoned = REFERENCES(seen) == 2 && !HAS(seen, COMPLETED);
#if BUG == 16
        atomic { assert(!freed); state = state - REFERENCE }
        if
        :: abandoned ->
            atomic {
                before = state;
                state = before | COMPLETED | DISCONNECTED;
                completed()
            }
        :: else
        fi;
        done = true;
#else
        next = seen - REFERENCE + (abandoned -> COMPLETED | DISCONNECTED : 0);
        before = seen;
        atomic {
            step(next);
            if
            :: done && abandoned -> completed()
            :: else
            fi
        }
#endif
        if
        :: done && abandoned ->
            finish();
            break
        :: done && !abandoned -> break
        :: else
        fi
    od;
    abandoned = false;
    forget()
}

/* Resets variables that are not used any more, so that Spin has fewer states to tell apart. */
inline forget()
{
    d_step {
        seen = 0;
        next = 0;
        before = 0;
        done = false
    }
}

#define VARIABLES                                                                                  \
    int seen, next, before;                                                                        \
    bool done, abandoned;                                                                          \
    byte each
#if BUG == 6
int had_function;
#endif

/* ---- threads that complete ---- */

#if COMPLETERS > 0
active [COMPLETERS] proctype completer()
{
    VARIABLES;

    complete(SUCCESS);
    unref()
}
#endif

#if FINISHERS > 0
active [FINISHERS] proctype finisher()
{
    VARIABLES;

    signal_with(SUCCESS);
    unref()
}
#endif

/* ---- impersonating: src/call/impersonate.c ---- */

#define IMPERSONATION                                                                              \
    bool late, on, was_open, granted

/* impersonate.c: apply, then validate. The relaxed load may read an old value, so the model lets it miss
 * COMPLETED: it only refuses early. */
inline impersonate()
{
    granted = false;
    late = observed;
    load_state(); /* guise__call_is_completed_relaxed */
    if
    :: HAS(seen, COMPLETED)
    :: true ->
#if BUG == 1
        load_state();
#endif
        atomic {
            on = true;
            was_open = !HAS(state, COMPLETED)
        }
#if BUG != 1 && BUG != 2
        load_state(); /* guise__call_is_completed_acquire */
#elif BUG == 2
        seen = 0;
#endif
        if
        :: HAS(seen, COMPLETED) ->
#if BUG != 3
            on = false;
#endif
            skip
        :: else -> granted = true
        fi
    fi;
    atomic {
        assert(!granted || !late);
        assert(!granted || was_open);
        assert(granted == on);
        late = false;
        was_open = false;
        seen = 0
    }
}

/* guise_call_dispatch, or guise_call_run if that is refused; both take the frame's reference. */
inline enter_frame()
{
    dispatching = false;
    load_state();
    do
    :: HAS(seen, COMPLETED | DISPATCHED) ->
        atomic { assert(!freed); state = state + REFERENCE } /* guise_call_ref */
        break
    :: else ->
        atomic { step((seen | DISPATCHED) + REFERENCE) }
        if
        :: done ->
            dispatching = true;
            break
        :: else
        fi
    od;
    forget()
}

/* end_frame */
inline end_frame()
{
    on = false;
    if
    :: dispatching -> complete(FAULT) /* Begin_ failed */
    :: true
    fi;
    unref()
}

#if SERVERS > 0
/* The server drops its own reference in the frame. */
active [SERVERS] proctype server()
{
    VARIABLES;
    IMPERSONATION;
    bool dispatching;

    enter_frame();
    unref();
    impersonate();
    end_frame()
}
#endif

#if UNFRAMED_THREADS > 0
/* apply_and_validate, in no frame */
active [UNFRAMED_THREADS] proctype unframed_thread()
{
    VARIABLES;
    IMPERSONATION;

    impersonate();
    if
    :: granted ->
#if BUG == 17
        fetch_or(UNFRAMED);
        listed[_pid] = true;
#else
        listed[_pid] = true;  /* guise__unframed_note */
        fetch_or(UNFRAMED);  /* guise__call_note_unframed */
#endif
        if
#if BUG != 18
        :: HAS(seen, COMPLETED) -> unframed_completed()
#endif
        :: else
        fi;
        seen = 0;
        exposed[_pid] = true;
        if
        :: atomic { true -> listed[_pid] = false; exposed[_pid] = false } /* guise__unframed_end */
        :: true
        fi
    :: else
    fi;
    unref()
}
#endif

/* ---- the reply ---- */

/* on_complete returns OK. */
#define register() registered++; assert(winner == 0); winner = _pid + 1

/* The result of a registration that is refused: too late, or GUISE_E_UNEXPECTED. */
inline refuse()
{
    atomic {
        if
        :: HAS(seen, COMPLETED)
        :: else -> taken = true
        fi
    }
}

/* register_here: only the thread that set CLAIMED. */
inline register_here()
{
    atomic {
        assert(!freed && here == 0);
        here = _pid + 1
    }
#if BUG == 7
    atomic {
        fetch_or(HAS_FUNCTION);
        register()
    }
#else
    load_state();
    do
    :: HAS(seen, COMPLETED | HAS_FUNCTION) ->
        refuse();
        break
    :: else ->
        atomic {
            step(seen | HAS_FUNCTION);
            if
            :: done -> register()
            :: else
            fi
        }
        if
        :: done -> break
        :: else
        fi
    od
#endif
}

/* put_beside. Forks, which may leave a pointer of the parent's there, are not in the model. */
inline put_beside()
{
#if BUG == 23
    atomic { assert(!freed); mine = beside == 0 }
    if
    :: mine -> beside = _pid + 1
    :: else
    fi
#else
    atomic {
        assert(!freed);
        mine = beside == 0;
        if
        :: mine -> beside = _pid + 1
        :: else
        fi
    }
#endif
}

/* decide_for_beside, and the result of register_beside. The step that decides is the moment at which
 * the registration of the thread that stored beside succeeds. */
inline decide_for_beside()
{
    load_state();
    do
    :: HAS(seen, COMPLETED | HAS_FUNCTION) -> break
    :: else ->
#if BUG == 24
        next = seen | HAS_FUNCTION;
#else
        next = (seen & ~CLAIMED) | HAS_FUNCTION;
#endif
        atomic { step(next) }
        if
        :: done ->
            seen = next;
            break
        :: else
        fi
    od;
    if
    :: atomic { mine && (seen & (CLAIMED | HAS_FUNCTION)) == HAS_FUNCTION -> register() }
    :: else -> refuse()
    fi
}

inline register_beside()
{
    put_beside();
#if BUG == 22
    if
    :: mine -> decide_for_beside()
    :: else -> taken = true
    fi
#else
    decide_for_beside()
#endif
}

#if REGISTRARS > 0
/* guise_call_on_complete */
active [REGISTRARS] proctype registrar()
{
    VARIABLES;
    bool mine;

    load_state();
    do
    :: HAS(seen, COMPLETED | HAS_FUNCTION) ->
        refuse();
        break
#if BUG == 21
    :: !HAS(seen, COMPLETED | HAS_FUNCTION) && HAS(seen, CLAIMED) ->
        taken = true;
        break
#elif BUG != 8
    :: !HAS(seen, COMPLETED | HAS_FUNCTION) && HAS(seen, CLAIMED) ->
        register_beside();
        break
#endif
    :: else ->
        atomic { step(seen | CLAIMED) }
        if
        :: done ->
            register_here();
            break
        :: else
        fi
    od;
    forget();
    unref()
}
#endif

#if SIGNAL_READERS > 0
/* demand_signal, guise_call_completion; then drops the call and goes on using the signal. */
active [SIGNAL_READERS] proctype signal_reader()
{
    VARIABLES;
    byte mine;

    atomic { assert(!freed); mine = completion }
    if
    :: mine == 0 ->
#if BUG == 13
        completion = _pid + 1;
        mine = _pid + 1
#else
        atomic {
            assert(!freed);
            if
            :: completion == 0 ->
                completion = _pid + 1;
                mine = _pid + 1
            :: else -> mine = completion
            fi
        }
#endif
    :: else
    fi;
    fetch_or(HAS_SIGNAL);
    if
#if BUG != 11
    :: HAS(seen, ANNOUNCED) ->
        atomic {
            assert_observed();
            is_set[mine - 1] = true
        }
#endif
    :: else
    fi;
    forget();
    unref();
    is_set[mine - 1] /* guise_signal_wait */
}
#endif

#if SLEEPERS > 0
/* guise_call_wait, guise_call_result */
active [SLEEPERS] proctype sleeper()
{
    VARIABLES;

    load_state();
    if
    :: !HAS(seen, ANNOUNCED) ->
        fetch_or(WAITERS);
        if
#if BUG != 12
        :: HAS(seen, ANNOUNCED)
#endif
        :: else -> latch
        fi
    :: else
    fi;
    load_state();
    assert((seen & (COMPLETED | FINISHING)) == COMPLETED);
    assert_observed();
    forget();
    unref()
}
#endif

/* ---- the end ---- */

/* No thread can take a step any more. Spin itself reports a thread that has not ended. */
active proctype monitor()
{
    byte each;

    timeout;
    assert(freed);
    assert(runs == registered && ran == winner);
    assert(!taken || registered == 1);
    assert(completions <= 1);
    for (each : 0 .. OWNERS - 1) {
        assert(counted[each] <= 1 && (!exposed[each] || counted[each] == 1))
    }
}
