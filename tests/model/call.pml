/* SPDX-License-Identifier: MIT */
/*
 * The state word of one call: src/call/call.c, and what impersonates in src/call/frame.c. One step for each
 * access to something shared.
 *
 * What must hold: an impersonation that begins after Signal returned, or after anybody was told, is
 * refused; one that is granted was on while the call was open; one that is refused is off again.
 * The call completes once. Its function runs once if on_complete said OK, else never, and before
 * anybody is told. Who waits, or has the signal, is told, and finds the result. A token that is on
 * in no frame when the call completes is counted once, before anybody is told. The call is freed
 * once, by the end, and not used after.
 *
 * Everybody here owns a reference, and drops it at the end.
 *
 * COMPLETERS  so many complete the call
 * FINISHERS   so many complete it with a Finish_
 * SERVERS     so many dispatch it, or run a continuation if somebody has, and impersonate there
 * STRANGERS   so many impersonate in no frame
 * REGISTRARS  so many register a completion function
 * DEMANDERS   so many ask for the signal, drop the call and wait for the signal
 * SLEEPERS    so many wait for the call; somebody has to complete it then
 *
 * case: -DCOMPLETERS=2 -DSERVERS=2
 * case: -DSERVERS=1 -DREGISTRARS=1 -DDEMANDERS=1
 * case: -DFINISHERS=1 -DSERVERS=1 -DSLEEPERS=1
 * case: -DFINISHERS=1 -DCOMPLETERS=1 -DREGISTRARS=1 -DDEMANDERS=1
 * case: -DCOMPLETERS=1 -DSTRANGERS=2
 * case: -DCOMPLETERS=1 -DSTRANGERS=1 -DREGISTRARS=1
 * case: -DFINISHERS=1 -DSTRANGERS=1 -DSLEEPERS=1
 * case: -DSTRANGERS=2 -DDEMANDERS=1
 * case: -DCOMPLETERS=1 -DREGISTRARS=2 -DSLEEPERS=1
 * case: -DCOMPLETERS=1 -DDEMANDERS=2 -DSLEEPERS=1
 *
 * bug: -DBUG=1 -DCOMPLETERS=1 -DSERVERS=1  looks first, and puts the token on then
 * bug: -DBUG=2 -DCOMPLETERS=1 -DSERVERS=1  does not look a second time
 * bug: -DBUG=3 -DCOMPLETERS=1 -DSERVERS=1  leaves the token on when it is refused
 * bug: -DBUG=4 -DCOMPLETERS=1 -DSERVERS=1  Signal returns before COMPLETED is set
 * bug: -DBUG=5 -DCOMPLETERS=2  COMPLETED by an or, whoever was first
 * bug: -DBUG=6 -DCOMPLETERS=1 -DREGISTRARS=1  completer looks for a function before its step
 * bug: -DBUG=7 -DCOMPLETERS=1 -DREGISTRARS=1  HAS_FUNCTION by an or, completed or not
 * bug: -DBUG=8 -DREGISTRARS=2  the function is written without CLAIMED
 * bug: -DBUG=9 -DFINISHERS=1 -DDEMANDERS=1  ANNOUNCED by a load and a store
 * bug: -DBUG=10 -DFINISHERS=1 -DDEMANDERS=1 -DSLEEPERS=1  tells those whom it saw before ANNOUNCED
 * bug: -DBUG=11 -DCOMPLETERS=1 -DDEMANDERS=1  who sets HAS_SIGNAL does not look for ANNOUNCED
 * bug: -DBUG=12 -DCOMPLETERS=1 -DSLEEPERS=1  who sets WAITERS does not look for ANNOUNCED
 * bug: -DBUG=13 -DDEMANDERS=2  the signal is written by a store
 * bug: -DBUG=14 -DDEMANDERS=1  the completer drops its reference, then tells
 * bug: -DBUG=15 -DREGISTRARS=1  the last owner frees an open call that has a function
 * bug: -DBUG=16 -DDEMANDERS=1 -DREGISTRARS=1  completes for the last owner in a step of its own
 * bug: -DBUG=17 -DCOMPLETERS=1 -DSTRANGERS=1  FOREIGN before the thread is listed
 * bug: -DBUG=18 -DCOMPLETERS=1 -DSTRANGERS=1  who sets FOREIGN does not look for COMPLETED
 * bug: -DBUG=19 -DFINISHERS=1 -DSLEEPERS=1  ANNOUNCED before Finish_ says the result
 * bug: -DBUG=20 -DCOMPLETERS=1 -DSTRANGERS=1 -DSLEEPERS=1  counts when everybody is told
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
#ifndef STRANGERS
#define STRANGERS 0
#endif
#ifndef REGISTRARS
#define REGISTRARS 0
#endif
#ifndef DEMANDERS
#define DEMANDERS 0
#endif
#ifndef SLEEPERS
#define SLEEPERS 0
#endif
#ifndef BUG
#define BUG 0
#endif
#define OWNERS                                                                                     \
    (COMPLETERS + FINISHERS + SERVERS + STRANGERS + REGISTRARS + DEMANDERS + SLEEPERS)

/* ---- the word: the flags, two bits of result, the references ---- */

#define DISPATCHED 1
#define COMPLETED 2
#define ANNOUNCED 4
#define CLAIMED 8
#define HAS_FUNCTION 16
#define HAS_SIGNAL 32
#define WAITERS 64
#define FINISHING 128
#define FOREIGN 256
#define RESULT 512
#define SUCCESS (1 * RESULT) /* not 0, so that one that is missing is seen */
#define DISCONNECTED (2 * RESULT)
#define FAULT (3 * RESULT)
#define REFERENCE 2048

#define REFERENCES(word) ((word) / REFERENCE)
#define HAS(word, flags) (((word) & (flags)) != 0)
#define IS_UNHEARD(word) (!HAS(word, HAS_FUNCTION | HAS_SIGNAL | WAITERS | FOREIGN))

/* ---- what is shared ---- */

int state = (OWNERS + 1) * REFERENCE;
bool function;       /* fn, arg and generation are written */
byte completion;     /* the signal: 1 + who made it; 0: none */
bool is_set[OWNERS]; /* set; by who made it */
bool latch;          /* open */
bool listed[OWNERS]; /* foreign.c's list; each step on it is under its lock */

/* ---- what is here for the assertions only ---- */

bool freed;
bool told;            /* Signal has returned, or somebody was told */
byte completions, runs;
byte registered;      /* on_complete said OK */
bool exposed[OWNERS]; /* granted, in no frame, and not reverted yet */
byte counted[OWNERS]; /* at completion */

/* ---- steps ---- */

/* look, or an access to another member. */
inline look()
{
    atomic {
        assert(!freed);
        seen = state
    }
}

/* step: a compare and exchange from seen. That a weak one may fail for nothing changes nothing. */
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

/* What everybody who is told may count on. */
inline assert_told()
{
    d_step {
        assert(HAS(state, COMPLETED) && !HAS(state, FINISHING));
        assert((state & (3 * RESULT)) != 0);
        assert(runs == HAS(state, HAS_FUNCTION));
        told = true
    }
}

/* With the step to ANNOUNCED. */
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
    look();
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

/* announce_to_waiters; what it finds in the word is in seen. */
inline announce_to_waiters()
{
    if
    :: HAS(seen, WAITERS) ->
        atomic {
            assert(!freed);
            assert_told();
            latch = true
        }
    :: else
    fi;
    if
    :: HAS(seen, HAS_SIGNAL) ->
        atomic {
            assert(!freed && completion != 0);
            assert_told();
            is_set[completion - 1] = true
        }
    :: else
    fi
}

/* announce, which drops the completer's reference. */
inline announce()
{
    look();
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
        look();
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

/* guise__foreign_completed: under its lock. */
inline foreign_completed()
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

/* count_foreign; before is what the step to COMPLETED found. */
inline count_foreign()
{
    if
    :: HAS(before, FOREIGN) -> foreign_completed()
    :: else
    fi
}

/* run_function */
inline run_function()
{
    atomic {
        assert(!freed && function && !HAS(state, ANNOUNCED));
        runs++;
        assert_told();
        assert_counted()
    }
}

/* What is left to finish once Finish_ is over, or where there is none. */
inline run_function_and_announce()
{
    if
    :: HAS(before, HAS_FUNCTION) -> run_function()
    :: else
    fi;
#if BUG == 20
    announce();
    count_foreign()
#else
    announce()
#endif
}

/* finish */
inline finish()
{
#if BUG != 20
    count_foreign();
#endif
    run_function_and_announce()
}

/* guise__call_complete */
inline complete(outcome)
{
#if BUG == 4
    told = true;
#endif
    look();
#if BUG == 6
    had_function = seen & HAS_FUNCTION;
#endif
    do
    :: HAS(seen, COMPLETED) -> break
    :: !HAS(seen, COMPLETED) ->
        next = seen | COMPLETED | outcome;
        if
        :: IS_UNHEARD(seen) -> next = (next | ANNOUNCED) - REFERENCE
        :: else
        fi;
        before = seen;
        atomic {
#if BUG == 5
            assert(!freed);
            done = true;
            state = (state | COMPLETED | outcome | (next & ANNOUNCED)) -
                (IS_UNHEARD(before) -> REFERENCE : 0);
#else
            step(next);
#endif
            if
            :: done ->
                completed();
                if
                :: IS_UNHEARD(before) -> assert_counted()
                :: else
                fi
            :: else
            fi
        }
        if
        :: done && !IS_UNHEARD(before) ->
#if BUG == 6
            before = (before & ~HAS_FUNCTION) | had_function;
#endif
            finish();
            break
        :: done && IS_UNHEARD(before) -> break
        :: else
        fi
    od;
    told = true;
    forget()
}

/* guise__call_signal_with, and end_finishing */
inline signal_with(outcome)
{
    look();
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
            count_foreign();
            told = true; /* Finish_ runs */
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
    told = true;
    forget()
}

/* guise_call_unref */
inline unref()
{
    look();
    do
    :: REFERENCES(seen) == 1 ->
        destroy();
        break
#if BUG == 15
    :: REFERENCES(seen) == 2 && !HAS(seen, COMPLETED) ->
#else
    :: REFERENCES(seen) == 2 && !HAS(seen, COMPLETED) && IS_UNHEARD(seen) ->
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

/* What is over: fewer states. */
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

/* ---- who completes ---- */

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

/* ---- who impersonates: src/call/frame.c ---- */

#define IMPERSONATION                                                                              \
    bool late, on, was_open, granted

/* impersonate: apply, then validate. What the first look finds may be old, so it is free not to
 * refuse: it decides nothing. */
inline impersonate()
{
    granted = false;
    late = told;
    look(); /* guise__call_first_look */
    if
    :: HAS(seen, COMPLETED)
    :: true ->
#if BUG == 1
        look();
#endif
        atomic {
            on = true;
            was_open = !HAS(state, COMPLETED)
        }
#if BUG != 1 && BUG != 2
        look(); /* guise__call_second_look */
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
    look();
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

#if STRANGERS > 0
/* apply_and_validate, in no frame */
active [STRANGERS] proctype stranger()
{
    VARIABLES;
    IMPERSONATION;

    impersonate();
    if
    :: granted ->
#if BUG == 17
        fetch_or(FOREIGN);
        listed[_pid] = true;
#else
        listed[_pid] = true;  /* guise__foreign_note */
        fetch_or(FOREIGN);  /* guise__call_note_foreign */
#endif
        if
#if BUG != 18
        :: HAS(seen, COMPLETED) -> foreign_completed()
#endif
        :: else
        fi;
        seen = 0;
        exposed[_pid] = true;
        if
        :: atomic { true -> listed[_pid] = false; exposed[_pid] = false } /* guise__foreign_end */
        :: true
        fi
    :: else
    fi;
    unref()
}
#endif

/* ---- the reply ---- */

#if REGISTRARS > 0
/* guise_call_on_complete: claim, then publish. */
active [REGISTRARS] proctype registrar()
{
    VARIABLES;

    look();
    do
#if BUG == 8
    :: HAS(seen, COMPLETED) -> goto refused
#else
    :: HAS(seen, COMPLETED | CLAIMED) -> goto refused
#endif
    :: else ->
        atomic { step(seen | CLAIMED) }
        if
        :: done -> break
        :: else
        fi
    od;
    atomic {
        assert(!freed && !function);
        function = true
    }
#if BUG == 7
    fetch_or(HAS_FUNCTION);
    registered++;
#else
    look();
    do
    :: HAS(seen, COMPLETED) -> break
    :: else ->
        atomic {
            step(seen | HAS_FUNCTION);
            if
            :: done -> registered++
            :: else
            fi
        }
        if
        :: done -> break
        :: else
        fi
    od;
#endif
refused:
    forget();
    unref()
}
#endif

#if DEMANDERS > 0
/* demand_signal, guise_call_completion; then the call goes, but not the signal. */
active [DEMANDERS] proctype demander()
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
            assert_told();
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

    look();
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
    look();
    assert((seen & (COMPLETED | FINISHING)) == COMPLETED);
    assert_told();
    forget();
    unref()
}
#endif

/* ---- the end ---- */

/* Nothing goes on any more. Who waited is not here any more either, or Spin says so. */
active proctype monitor()
{
    byte each;

    timeout;
    assert(freed);
    assert(runs == registered);
    assert(completions <= 1);
    for (each : 0 .. OWNERS - 1) {
        assert(counted[each] <= 1 && (!exposed[each] || counted[each] == 1))
    }
}
