/* SPDX-License-Identifier: MIT */
/*
 * Calls dispatched to a COM object: its call object, Signal, Finish_ and the reply. The stage is
 * that of the core's own tests, the server is calc.h's. Every reference is counted: scene_teardown
 * looks at the core's, play_end at the server's, com_teardown at the library's allocations.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include "support/child.h"

#include "calc.h"

/* ---- the play -------------------------------------------------------------------------------- */

struct play {
    struct scene *s;
    struct calc calc;
    struct divide_args args;
    atomic_int replies;
    HRESULT reply;             /* the last one */
    bool replied_right;        /* as self, in the call's context, when its result was known */
    ISynchronize *sync;        /* (counted) a server's worker has it */
    struct calc_call *pointer; /* plain: a worker that counts nothing has it */
    IServerSecurity *security;
    HRESULT answer; /* what Begin_ or the method is to return */
    int result;     /* for any use by the test */
};

static struct play *play_of(struct calc_call *call)
{
    return call->calc->context;
}

/* Only looks; the test checks on its own thread. */
static void reply(guise_call *call, guise_result result, void *arg)
{
    struct play *p = arg;

    (void)atomic_fetch_add(&p->replies, 1);
    p->reply = (HRESULT)result;
    p->replied_right = is_self() && guise_current_call() == call &&
                       is_completed_with(call, result) &&
                       guise_call_impersonate(call) == GUISE_E_CALL_COMPLETE;
}

static void play_begin(struct play *p, struct scene *s)
{
    *p = (struct play){.s = s, .args = {42, 6, -1}};
    calc_init(&p->calc, p);
    assert_ok(guise_call_on_complete(s->call, reply, p));
    test_watchdog(20);
}

/* The transport. The thread is after it what it was before. */
static void play_dispatch(struct play *p, HRESULT expected)
{
    HRESULT result = GuiseDispatchCall(p->s->call, (IUnknown *)&p->calc.iface, &divide, &p->args);

    scene_verify(p->s);
    assert_hr(result, expected);
    assert_true(is_self());
    assert_null(guise_current_call());
}

/* The call is over, with one reply that said this, and nothing of the server is left. */
static void play_end(struct play *p, HRESULT expected)
{
    scene_verify(p->s);
    assert_int_equal(atomic_load(&p->replies), 1);
    assert_hr(p->reply, expected);
    assert_true(p->replied_right);
    assert_true(is_completed_with(p->s->call, (guise_result)expected));
    assert_ok(guise_call_wait(p->s->call, 0));
    assert_int_equal(atomic_load(&p->calc.calls), 0);
    assert_int_equal(atomic_load(&p->calc.refs), 1);
    assert_int_equal(call_refs(p->s->call), 1);
}

static void assert_ran(struct play *p, int begun, int finished, int divided)
{
    assert_int_equal(atomic_load(&p->calc.begun), begun);
    assert_int_equal(atomic_load(&p->calc.finished), finished);
    assert_int_equal(atomic_load(&p->calc.divided), divided);
}

/* The whole of a test about what Begin_ may do: it ran once, and so did Finish_. */
static void play_begin_of(struct scene *s, HRESULT (*begin)(struct calc_call *call))
{
    struct play p;

    play_begin(&p, s);
    p.calc.begin = begin;
    play_dispatch(&p, S_OK);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(p.args.quotient, 7);
}

/* ---- a call, from beginning to end ----------------------------------------------------------- */

static HRESULT look_at_identity(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;
    ISynchronize *sync = calc_synchronize(call);
    void *async = POISON, *one = POISON, *other = POISON;

    CHECK(s, sync != NULL);
    CHECK_HR(s, ISynchronize_QueryInterface(sync, &IID_AsyncICalc, &async), S_OK);
    CHECK(s, async == &call->async);
    CHECK_HR(s, ISynchronize_QueryInterface(sync, &IID_IUnknown, &one), S_OK);
    CHECK_HR(s, IUnknown_QueryInterface((IUnknown *)async, &IID_IUnknown, &other), S_OK);
    CHECK(s, one == other && one == call->outer);
    (void)IUnknown_Release((IUnknown *)other);
    (void)IUnknown_Release((IUnknown *)one);
    (void)IUnknown_Release((IUnknown *)async);
    one = POISON;
    CHECK_HR(s, ISynchronize_QueryInterface(sync, &IID_ICalc, &one), E_NOINTERFACE);
    CHECK(s, one == NULL);
    CHECK_HR(s, ISynchronize_QueryInterface(sync, &IID_ISynchronize, NULL), E_POINTER);
    CHECK_HR(s, ISynchronize_Wait(sync, 0x20, 0), E_INVALIDARG);
    CHECK_HR(s, ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    CHECK(s, references_of(sync) == 3); /* the dispatcher's, its AsyncICalc, this one */
    CHECK_HR(s, ISynchronize_Signal(sync), S_OK);
    CHECK_HR(s, ISynchronize_Wait(sync, 0, 0), S_OK); /* Begin_ still runs */
    CHECK_HR(s, ISynchronize_Wait(sync, 0, INFINITE), S_OK);
    CHECK(s, references_of(sync) == 3);
    (void)ISynchronize_Release(sync);
    return S_OK;
}

/* A-17, Y-09: both objects are one, and the ISynchronize that the server finds is the call's. */
static void com_the_call_object_is_part_of_the_call(void **state)
{
    play_begin_of(*state, look_at_identity);
}

static HRESULT signal_and_look(struct calc_call *call)
{
    struct play *p = play_of(call);
    struct scene *s = p->s;

    CHECK(s, is_pending(s->call));
    CHECK(s, guise_current_call() == s->call);
    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK(s, atomic_load(&call->calc->finished) == 1); /* before Signal has returned */
    CHECK(s, atomic_load(&p->replies) == 1);
    CHECK(s, guise_current_call() == s->call); /* */
    CHECK(s, is_completed_with(s->call, S_OK));
    return S_FALSE;
}

/* Begin_, Signal, Finish_, the reply; and Begin_'s own result is the caller's. */
static void com_signal_in_begin_finishes_and_replies(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = signal_and_look;
    play_dispatch(&p, S_FALSE);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(p.args.quotient, 7);
}

/* what Finish_ returns is the call's result, failures and other successes too. */
static void com_the_result_is_that_of_finish(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.args.divisor = 0;
    play_dispatch(&p, S_OK);
    play_end(&p, E_INVALIDARG);
    assert_int_equal(p.args.quotient, 0);
}

static HRESULT finish_with_s_false(struct calc_call *call, LONG *quotient)
{
    (void)call;
    *quotient = 9;
    return S_FALSE;
}

static void com_other_successes_are_kept(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.finish = finish_with_s_false;
    play_dispatch(&p, S_OK);
    play_end(&p, S_FALSE);
    assert_int_equal(p.args.quotient, 9);
}

static HRESULT keep_sync(struct calc_call *call)
{
    struct play *p = play_of(call);

    p->sync = calc_synchronize(call);
    CHECK(p->s, p->sync != NULL);
    return S_OK;
}

static void signal_kept(struct wt *w)
{
    struct play *p = w->arg;

    WT_CHECK_RESULT(w, ISynchronize_Signal(p->sync), S_OK);
    (void)ISynchronize_Release(p->sync);
}

/* pending until some thread signals, later. */
static void com_a_worker_signals_after_begin(void **state)
{
    struct play p;
    struct wt w;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    assert_true(is_pending(p.s->call));
    assert_ran(&p, 1, 0, 0);
    assert_int_equal(references_of(p.sync), 2); /* the server's, and the call's */
    wt_start(&w, signal_kept, &p);
    wt_join(&w);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(p.args.quotient, 7);
}

/* ---- N-01 to N-07, through the server's own Signal ------------------------------------------- */

static HRESULT v02(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    CHECK_HR(s, impersonate_call(s->call), RPC_E_CALL_COMPLETE);
    CHECK(s, is_self());
    return S_OK;
}

/* N-01: Begin_ is still running. */
static void com_V_02_signal_then_impersonate(void **state)
{
    play_begin_of(*state, v02);
}

static HRESULT v03(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK(s, is_client(s->alice));
    return S_OK; /* V-07: play_dispatch looks that it has come off */
}

/* N-02: Finish_ and reply have run, as self, and the token is back. */
static void com_V_03_impersonate_then_signal(void **state)
{
    play_begin_of(*state, v03);
}

static HRESULT v04_v05(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, v03(call), S_OK);
    CHECK_HR(s, CoRevertToSelf(), S_OK); /* V-04, N-03, S-23: there is a context still */
    CHECK(s, is_self());
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE); /* V-05, N-04 */
    CHECK(s, is_self());
    return S_OK;
}

static void com_V_04_V_05_revert_after_signal(void **state)
{
    play_begin_of(*state, v04_v05);
}

static HRESULT v06(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, v03(call), S_OK);
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    CHECK(s, is_client(s->alice)); /* N-04 */
    return S_OK;
}

static void com_V_06_V_07_again_after_signal_and_return(void **state)
{
    play_begin_of(*state, v06);
}

static HRESULT v08(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    return keep_sync(call);
}

/* S-17, N-06: off at Begin_'s return; and the call is as open as before. */
static void com_V_08_impersonate_and_return(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = v08;
    play_dispatch(&p, S_OK);
    assert_true(is_pending(p.s->call));
    assert_hr(impersonate_call(p.s->call), S_OK); /* D-5 */
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    assert_true(is_client(p.s->alice)); /* S-20 */
    assert_hr(impersonate_call(p.s->call), RPC_E_CALL_COMPLETE);
    assert_ok(guise_revert_to_self());
    assert_int_equal(ISynchronize_Release(p.sync), 0);
    play_end(&p, S_OK);
}

static void signal_kept_and_impersonate(struct wt *w)
{
    struct scene *s = w->arg;
    struct play *p = s->extra;

    WT_CHECK_RESULT(w, ISynchronize_Signal(p->sync), S_OK);
    WT_CHECK_RESULT(w, impersonate_call(s->call), RPC_E_CALL_COMPLETE); /* N-05 */
    WT_CHECK(w, is_self());
}

static HRESULT v12(struct calc_call *call)
{
    struct play *p = play_of(call);
    struct scene *s = p->s;

    s->extra = p;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, keep_sync(call), S_OK);
    CHECK(s, elsewhere(s, signal_kept_and_impersonate));
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    CHECK(s, is_client(s->alice));
    (void)ISynchronize_Release(p->sync);
    return S_OK;
}

/* N-05, N-04 */
static void com_V_12_a_worker_signals_while_begin_is_the_client(void **state)
{
    play_begin_of(*state, v12);
}

static HRESULT v14(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, impersonate_call(s->other), S_OK);
    CHECK(s, is_client(s->bob));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_only_set(s->own_token));
    return calc_signal(call);
}

/* S-12 */
static void com_V_14_two_clients_one_revert(void **state)
{
    play_begin_of(*state, v14);
}

static HRESULT keep_security(struct calc *calc, LONG *quotient)
{
    struct play *p = calc->context;
    struct scene *s = p->s;

    *quotient = 7;
    p->security = security_of_call(s->call);
    CHECK(s, p->security != NULL);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, IServerSecurity_IsImpersonating(p->security) == TRUE);
    CHECK(s, is_client(s->alice));
    CHECK(s, is_pending(s->call)); /* N-07: not before it has returned */
    return p->answer;
}

static void assert_husk(IServerSecurity *security)
{
    DWORD level = 77;

    assert_hr(IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    assert_false(IServerSecurity_IsImpersonating(security));
    assert_hr(IServerSecurity_QueryBlanket(security, NULL, NULL, NULL, &level, NULL, NULL, NULL),
              RPC_E_CALL_COMPLETE);
    assert_int_equal(level, 77);
    assert_true(is_self());
    assert_int_equal(IServerSecurity_Release(security), 0);
}

/* N-07, S-17: token off, then completed, with the method's own result. */
static void play_synchronous(struct scene *s, HRESULT answer)
{
    struct play p;

    play_begin(&p, s);
    p.calc.mistake = CALC_NO_FACTORY;
    p.calc.divide = keep_security;
    p.answer = answer;
    play_dispatch(&p, answer);
    assert_husk(p.security);
    play_end(&p, answer);
    assert_ran(&p, 0, 0, 1);
    assert_int_equal(p.args.quotient, 7);
}

static void com_V_18_after_a_synchronous_method(void **state)
{
    play_synchronous(*state, S_OK);
}

static void com_a_synchronous_method_has_other_results(void **state)
{
    struct scene *s = *state;

    play_synchronous(s, S_FALSE);
    guise_call_unref(s->call);
    s->call = make_call(s->alice);
    play_synchronous(s, E_ACCESSDENIED);
}

static HRESULT v33(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;
    ISynchronize *sync = calc_synchronize(call);

    CHECK_HR(s, ISynchronize_Signal(sync), S_OK);
    CHECK_HR(s, ISynchronize_Reset(sync), S_OK);
    CHECK_HR(s, ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    CHECK(s, is_completed_with(s->call, S_OK));
    CHECK_HR(s, ISynchronize_Signal(sync), S_OK);
    CHECK_HR(s, ISynchronize_Wait(sync, 0, 0), S_OK);
    (void)ISynchronize_Release(sync);
    return S_OK;
}

/* L-4 */
static void com_V_33_reset_reopens_nothing(void **state)
{
    play_begin_of(*state, v33);
}

static HRESULT v34(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK_HR(s, calc_signal(call), S_OK);
    return S_OK;
}

/* play_begin_of counts one Finish_ and one reply. */
static void com_V_34_signal_again(void **state)
{
    play_begin_of(*state, v34);
}

static HRESULT v48(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    return E_OUTOFMEMORY;
}

/* A-22, L-6: completed with that result, without Finish_. */
static void com_V_48_begin_fails_as_the_client(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = v48;
    play_dispatch(&p, E_OUTOFMEMORY);
    play_end(&p, E_OUTOFMEMORY);
    assert_ran(&p, 1, 0, 0);
    assert_int_equal(p.args.quotient, -1);
}

static HRESULT v49(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK_HR(s, CoImpersonateClient(), (HRESULT)0x80010117);
    CHECK_HR(s, impersonate_call(s->call), (HRESULT)0x80010117);
    return S_OK;
}

/* the client waits for the result at once, as for a synchronous call; the server does not
 * know, and has a call object for it. */
static void com_V_49_a_synchronous_call_to_a_call_object(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = v49;
    play_dispatch(&p, S_OK);
    assert_ok(guise_call_wait(p.s->call, GUISE_INFINITE));
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0); /* and not Divide */
    assert_int_equal(p.args.quotient, 7);
}

/* ---- the completing thread, and the result --------------------------------------------------- */

static HRESULT test_cancel(struct calc_call *call)
{
    void *cancel = POISON;
    HRESULT result;

    if (IUnknown_QueryInterface(call->outer, &IID_ICancelMethodCalls, &cancel) != S_OK) {
        return E_FAIL;
    }
    result = ICancelMethodCalls_TestCancel((ICancelMethodCalls *)cancel);
    (void)ICancelMethodCalls_Release((ICancelMethodCalls *)cancel);
    return result;
}

/* ---- the call object lives until the call has completed -------------------------------- */

static HRESULT keep_pointer(struct calc_call *call)
{
    play_of(call)->pointer = call;
    return S_OK;
}

/* Begin_ has returned, the server has no reference, and everything is there still. */
static void play_dispatch_to_pointer(struct play *p, struct scene *s)
{
    play_begin(p, s);
    p->calc.begin = keep_pointer;
    play_dispatch(p, S_OK);
    assert_true(is_pending(s->call));                      /* */
    assert_int_equal(references_of(p->pointer->outer), 1); /* the call's */
    assert_int_equal(atomic_load(&p->calc.calls), 1);
    assert_int_equal(atomic_load(&p->calc.refs), 3); /* the test's, its call object's, the call's */
}

static void signal_by_pointer(struct wt *w)
{
    struct play *p = w->arg;

    WT_CHECK_RESULT(w, calc_signal(p->pointer), S_OK);
}

static void play_worker(struct play *p, wt_fn *worker)
{
    struct wt w;

    wt_start(&w, worker, p);
    wt_join(&w);
}

static void com_a_worker_needs_no_reference(void **state)
{
    struct play p;

    play_dispatch_to_pointer(&p, *state);
    play_worker(&p, signal_by_pointer);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(p.args.quotient, 7);
}

static void signal_by_pointer_twice(struct wt *w)
{
    struct play *p = w->arg;
    ISynchronize *sync = calc_synchronize(p->pointer);

    WT_CHECK_RESULT(w, ISynchronize_Signal(sync), S_OK);
    WT_CHECK(w, atomic_load(&p->replies) == 1);
    WT_CHECK(w, atomic_load(&p->calc.calls) == 1); /* the call has let go, this has not */
    WT_CHECK_RESULT(w, ISynchronize_Signal(sync), S_OK);
    WT_CHECK_RESULT(w, ISynchronize_Wait(sync, 0, 0), S_OK);
    WT_CHECK(w, ISynchronize_Release(sync) == 0);
}

/* */
static void com_a_worker_without_a_reference_signals_twice(void **state)
{
    struct play p;

    play_dispatch_to_pointer(&p, *state);
    play_worker(&p, signal_by_pointer_twice);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

/* K-12: cancellation is a request, and takes nothing away. */
static void com_a_worker_without_a_reference_is_canceled(void **state)
{
    struct play p;

    play_dispatch_to_pointer(&p, *state);
    assert_ok(guise_call_cancel(p.s->call));
    assert_hr(test_cancel(p.pointer), RPC_E_CALL_CANCELED);
    assert_true(is_pending(p.s->call));
    play_worker(&p, signal_by_pointer);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

/* the transport lets go of the call and of the server; the call goes on, with both. */
static void com_a_worker_is_the_last_to_know(void **state)
{
    struct play p;

    play_dispatch_to_pointer(&p, *state);
    guise_call_unref(p.s->call);
    p.s->call = NULL;
    assert_int_equal(calc_release(&p.calc.iface), 2);
    assert_int_equal(atomic_load(&p.replies), 0);
    assert_int_equal(atomic_load(&p.calc.calls), 1);
    play_worker(&p, signal_by_pointer);
    assert_int_equal(atomic_load(&p.replies), 1);
    assert_hr(p.reply, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(atomic_load(&p.calc.calls), 0);
    assert_int_equal(atomic_load(&p.calc.refs), 0);
    assert_int_equal(context_refs(p.s->alice), 1);
}

static void drop_kept(struct wt *w)
{
    struct play *p = w->arg;

    WT_CHECK(w, ISynchronize_Release(p->sync) == 1);
}

/* what the server does with its references says nothing of its call. */
static void com_a_worker_that_drops_its_reference_leaves_it_open(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    play_worker(&p, drop_kept);
    assert_true(is_pending(p.s->call));
    assert_int_equal(atomic_load(&p.calc.calls), 1);
    assert_ok(guise_call_complete(p.s->call, (guise_result)RPC_E_DISCONNECTED));
    play_end(&p, RPC_E_DISCONNECTED);
    assert_ran(&p, 1, 0, 0);
}

static void signal_while_dying(struct calc_call *call)
{
    struct play *p = play_of(call);

    p->result = calc_signal(call) == S_OK && is_self() && guise_current_call() == p->s->call &&
                atomic_load(&p->replies) == 1 &&
                guise_call_wait(p->s->call, 0) == GUISE_E_CALL_PENDING;
}

static void complete_as_client(struct wt *w)
{
    struct play *p = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(p->s->other), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_complete(p->s->call, (guise_result)RPC_E_CLIENT_DIED), GUISE_OK);
    WT_CHECK(w, is_client(p->s->bob));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
}

/* Completed by the transport: the call object goes with it, as self, after the reply and before a
 * waiter is told. Its own Signal is too late. */
static void com_a_call_that_is_given_up_lets_go(void **state)
{
    struct play p;

    play_dispatch_to_pointer(&p, *state);
    p.calc.dying = signal_while_dying;
    play_worker(&p, complete_as_client);
    assert_true(p.result);
    play_end(&p, RPC_E_CLIENT_DIED);
    assert_ran(&p, 1, 0, 0);
}

static void signal_after_the_end(struct wt *w)
{
    struct play *p = w->arg;

    WT_CHECK(w, atomic_load(&p->calc.calls) == 1); /* the worker's reference holds it */
    for (int i = 0; i < 2; i++) {
        WT_CHECK_RESULT(w, ISynchronize_Signal(p->sync), S_OK);
    }
    WT_CHECK(w, ISynchronize_Release(p->sync) == 0);
    WT_CHECK(w, atomic_load(&p->calc.calls) == 0);
}

/* A call that the transport gives up ends without the worker; the worker's own reference stays
 * valid. */
static void com_a_worker_with_a_reference_outlives_the_call(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    assert_ok(guise_call_complete(p.s->call, (guise_result)RPC_E_CLIENT_DIED));
    assert_int_equal(atomic_load(&p.replies), 1);
    play_worker(&p, signal_after_the_end);
    play_end(&p, RPC_E_CLIENT_DIED);
    assert_ran(&p, 1, 0, 0);
}

/* A transport that does not know its servers asks, and drops what it has: a plain pointer stays good. */
static void com_a_call_that_is_let_go_keeps_its_object(void **state)
{
    struct play p;

    play_dispatch_to_pointer(&p, *state);
    assert_ok(guise_call_cancel(p.s->call));
    guise_call_unref(p.s->call);
    p.s->call = NULL;
    assert_int_equal(calc_release(&p.calc.iface), 2);
    assert_int_equal(atomic_load(&p.calc.calls), 1);
    assert_hr(test_cancel(p.pointer), RPC_E_CALL_CANCELED);
    play_worker(&p, signal_by_pointer_twice);
    assert_int_equal(atomic_load(&p.replies), 1);
    assert_hr(p.reply, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(atomic_load(&p.calc.calls), 0);
    assert_int_equal(atomic_load(&p.calc.refs), 0);
    assert_int_equal(context_refs(p.s->alice), 1);
}

static void dying_alone(struct calc_call *call)
{
    struct play *p = play_of(call);

    p->result = is_self() && guise_current_call() == p->s->call;
}

static void play_silently(struct scene *s, guise_result (*complete)(guise_call *call))
{
    struct play p = {.s = s, .args = {42, 6, -1}};

    calc_init(&p.calc, &p);
    p.calc.begin = keep_pointer;
    p.calc.dying = dying_alone;
    play_dispatch(&p, S_OK);
    assert_int_equal(atomic_load(&p.calc.calls), 1);
    assert_ok(complete(s->call));
    assert_true(p.result);
    assert_int_equal(atomic_load(&p.calc.calls), 0);
    assert_int_equal(atomic_load(&p.calc.refs), 1);
    assert_int_equal(call_refs(s->call), 1);
    assert_ok(guise_call_wait(s->call, 0));
}

static guise_result fail_call(guise_call *call)
{
    return guise_call_complete(call, (guise_result)E_ABORT);
}

/* The same with no function that replies: by result, and by the core's own Signal. */
static void com_a_call_without_a_reply_lets_go(void **state)
{
    struct scene *s = *state;

    play_silently(s, fail_call);
    assert_true(is_completed_with(s->call, (guise_result)E_ABORT));
    guise_call_unref(s->call);
    s->call = make_call(s->alice);
    play_silently(s, guise_call_signal);
    assert_true(is_completed_with(s->call, GUISE_OK));
}

static HRESULT fail_and_keep(struct calc_call *call)
{
    return FAILED(keep_sync(call)) ? E_UNEXPECTED : E_ACCESSDENIED;
}

/* what comes after is an event and no more. */
static void com_signal_after_a_failed_begin(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = fail_and_keep;
    play_dispatch(&p, E_ACCESSDENIED);
    assert_true(is_completed_with(p.s->call, (guise_result)E_ACCESSDENIED));
    assert_hr(ISynchronize_Wait(p.sync, 0, 0), RPC_S_CALLPENDING);
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    assert_hr(ISynchronize_Wait(p.sync, 0, 0), S_OK);
    assert_int_equal(ISynchronize_Release(p.sync), 0);
    play_end(&p, E_ACCESSDENIED);
    assert_ran(&p, 1, 0, 0);
}

static HRESULT signal_and_fail(struct calc_call *call)
{
    return FAILED(calc_signal(call)) ? E_UNEXPECTED : E_ACCESSDENIED;
}

/* only if it has not signaled; the caller is told of the failure all the same. */
static void com_begin_signals_and_fails(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = signal_and_fail;
    play_dispatch(&p, E_ACCESSDENIED);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

/* the transport has given up; the server neither knows nor cares. */
static void com_signal_of_a_call_that_was_given_up(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    assert_ok(guise_call_complete(p.s->call, (guise_result)RPC_E_CLIENT_DIED));
    assert_hr(ISynchronize_Wait(p.sync, 0, 0), RPC_S_CALLPENDING);
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    assert_hr(ISynchronize_Wait(p.sync, 0, 0), S_OK);
    assert_int_equal(ISynchronize_Release(p.sync), 0);
    play_end(&p, RPC_E_CLIENT_DIED);
    assert_ran(&p, 1, 0, 0);
}

/* the transport drops the call, the server goes on with it. */
static void com_an_abandoned_call_goes_on(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    guise_call_unref(p.s->call);
    p.s->call = NULL;
    assert_int_equal(atomic_load(&p.replies), 0);
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    assert_hr(p.reply, S_OK);
    assert_int_equal(ISynchronize_Release(p.sync), 0);
    assert_int_equal(atomic_load(&p.replies), 1);
    assert_int_equal(atomic_load(&p.calc.refs), 1);
    assert_int_equal(context_refs(p.s->alice), 1);
}

static HRESULT finish_uncanceled(struct calc_call *call, LONG *quotient)
{
    struct scene *s = play_of(call)->s;

    *quotient = 7;
    CHECK_HR(s, test_cancel(call), RPC_E_CALL_COMPLETE); /* K-06: completed, but for its result */
    CHECK_HR(s, CoTestCancel(), RPC_E_CALL_COMPLETE);
    return S_OK;
}

static HRESULT test_and_signal(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, test_cancel(call), RPC_S_CALLPENDING);
    call->calc->finish = finish_uncanceled;
    return calc_signal(call);
}

/* The call object has the call's ICancelMethodCalls, even if the server's own has one (K-01). */
static void com_the_call_object_tells_of_cancellation(void **state)
{
    play_begin_of(*state, test_and_signal);
}

static HRESULT cancel_and_signal(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_OK(s, guise_call_cancel(s->call));
    CHECK_HR(s, test_cancel(call), RPC_E_CALL_CANCELED);
    CHECK_HR(s, CoImpersonateClient(), S_OK); /* K-12 */
    CHECK_HR(s, calc_signal(call), S_OK);
    CHECK_HR(s, test_cancel(call), RPC_E_CALL_CANCELED);
    return S_OK;
}

/* K-05, K-12: the server goes on, and its result is the call's. */
static void com_a_canceled_call_object_goes_on(void **state)
{
    play_begin_of(*state, cancel_and_signal);
}

/* ---- what Finish_ may do --------------------------------------------------------------------- */

static HRESULT curious_finish(struct calc_call *call, LONG *quotient)
{
    struct play *p = play_of(call);
    struct scene *s = p->s;
    ISynchronize *sync = calc_synchronize(call);
    IServerSecurity *security = POISON;
    guise_result result = GUISE_OK;

    CHECK(s, is_self());
    CHECK(s, atomic_load(&p->replies) == 0);
    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, (void **)&security), S_OK);
    CHECK_HR(s, IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    (void)IServerSecurity_Release(security);
    CHECK_RESULT(s, guise_call_result(s->call, &result), GUISE_E_CALL_PENDING);
    CHECK_HR(s, ISynchronize_Wait(sync, 0, INFINITE), S_OK); /* the event comes first */
    CHECK_HR(s, ISynchronize_Signal(sync), S_OK);            /* comes back at once */
    CHECK_HR(s, ISynchronize_Reset(sync), S_OK);
    (void)ISynchronize_Release(sync);
    *quotient = 7;
    return S_OK;
}

static HRESULT signal_as_client(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;
    ISynchronize *sync = calc_synchronize(call);

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, ISynchronize_Signal(sync), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING); /* Finish_ reset it */
    (void)ISynchronize_Release(sync);
    return S_OK;
}

/* N-01, N-02, X-07: in Finish_, which runs inside a Begin_ that is the client. */
static void com_finish_is_the_servers_act(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = signal_as_client;
    p.calc.finish = curious_finish;
    play_dispatch(&p, S_OK);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

static HRESULT finish_and_drop(struct calc_call *call, LONG *quotient)
{
    struct play *p = play_of(call);

    *quotient = 7;
    (void)ISynchronize_Release(p->sync); /* the server's last: the call and Signal have theirs */
    return S_FALSE;
}

/* The object exists until Signal has returned, even if Finish_ releases it. */
static void com_finish_drops_the_last_reference(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    p.calc.finish = finish_and_drop;
    play_dispatch(&p, S_OK);
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    play_end(&p, S_FALSE);
    assert_ran(&p, 1, 1, 0);
}

/* It had the interface for Begin_, and has not any more. */
static void com_no_interface_to_finish_with(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.mistake = CALC_NO_ASYNC_LATER;
    play_dispatch(&p, S_OK);
    play_end(&p, E_OUTOFMEMORY);
    assert_ran(&p, 1, 0, 0);
}

/* ---- code that does not come back ------------------------------------------------------ */

static void dispatch_here(struct wt *w)
{
    struct scene *s = w->arg;
    struct play *p = s->extra;

    (void)GuiseDispatchCall(s->call, (IUnknown *)&p->calc.iface, &divide, &p->args);
}

static void play_ending(struct play *p, HRESULT expected)
{
    p->s->extra = p;
    scene_elsewhere_ends(p->s, dispatch_here);
    play_end(p, expected);
}

static HRESULT exit_as_client(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    pthread_exit(NULL);
}

static void com_begin_exits(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = exit_as_client;
    play_ending(&p, RPC_E_SERVERFAULT);
    assert_ran(&p, 1, 0, 0);
}

static HRESULT signal_and_exit(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;

    CHECK_HR(s, calc_signal(call), S_OK);
    pthread_exit(NULL);
}

static void com_begin_signals_and_exits(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = signal_and_exit;
    play_ending(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

static HRESULT finish_and_exit(struct calc_call *call, LONG *quotient)
{
    (void)call;
    (void)quotient;
    pthread_exit(NULL);
}

static HRESULT signal_kept_only(struct calc_call *call)
{
    struct play *p = play_of(call);

    CHECK_HR(p->s, keep_sync(call), S_OK);
    (void)ISynchronize_Release(p->sync); /* lent by the dispatcher from here on */
    CHECK_HR(p->s, ISynchronize_Signal(p->sync), S_OK);
    return S_OK;
}

static void com_finish_exits(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = signal_kept_only;
    p.calc.finish = finish_and_exit;
    play_ending(&p, RPC_E_SERVERFAULT);
    assert_ran(&p, 1, 1, 0);
}

static void exit_in_create(struct calc *calc, IUnknown *outer)
{
    (void)calc;
    (void)outer;
    pthread_exit(NULL);
}

static void com_create_call_exits(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.creating = exit_in_create;
    play_ending(&p, RPC_E_SERVERFAULT);
    assert_ran(&p, 0, 0, 0);
}

static HRESULT exit_in_method(struct calc *calc, LONG *quotient)
{
    struct play *p = calc->context;

    (void)quotient;
    CHECK_HR(p->s, CoImpersonateClient(), S_OK);
    pthread_exit(NULL);
}

static void com_a_method_exits(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.mistake = CALC_NO_FACTORY;
    p.calc.divide = exit_in_method;
    play_ending(&p, RPC_E_SERVERFAULT);
    assert_ran(&p, 0, 0, 1);
}

/* ---- servers without, and servers that err --------------------------------------------- */

static void play_synchronously(struct scene *s, enum calc_mistake mistake)
{
    struct play p;

    play_begin(&p, s);
    p.calc.mistake = mistake;
    play_dispatch(&p, S_OK);
    play_end(&p, S_OK);
    assert_ran(&p, 0, 0, 1);
    assert_int_equal(p.args.quotient, 7);
}

/* */
static void com_no_factory(void **state)
{
    play_synchronously(*state, CALC_NO_FACTORY);
}

/* a factory, for other interfaces. */
static void com_no_call_object(void **state)
{
    play_synchronously(*state, CALC_NO_CALL_OBJECT);
}

/* an interface that has no asynchronous twin; the server is not even asked. */
static void com_no_asynchronous_interface(void **state)
{
    GUISE_METHOD method = {.iid = &IID_ICalc, .call = divide_call};
    struct play p;

    play_begin(&p, *state);
    assert_hr(GuiseDispatchCall(p.s->call, (IUnknown *)&p.calc.iface, &method, &p.args), S_OK);
    play_end(&p, S_OK);
    assert_ran(&p, 0, 0, 1);
    assert_int_equal(atomic_load(&p.calc.asked), 0);
}

/* Neither Begin_ nor the method runs, and the call has the failure. */
static void play_failing(struct scene *s, enum calc_mistake mistake, HRESULT expected)
{
    struct play p;

    play_begin(&p, s);
    p.calc.mistake = mistake;
    play_dispatch(&p, expected);
    if (p.calc.lost != NULL) {
        assert_int_equal(IUnknown_Release(&p.calc.lost->own), 0);
    }
    play_end(&p, expected);
    assert_ran(&p, 0, 0, 0);
}

static void com_a_factory_that_cannot_be_had(void **state)
{
    play_failing(*state, CALC_BROKEN_FACTORY, E_FAIL);
}

/* nothing it leaves in the out parameter is touched. */
static void com_create_call_fails(void **state)
{
    play_failing(*state, CALC_FAILS, E_OUTOFMEMORY);
}

static void com_create_call_makes_nothing(void **state)
{
    play_failing(*state, CALC_MAKES_NOTHING, E_UNEXPECTED);
}

static void com_create_call_gives_the_outer_object(void **state)
{
    play_failing(*state, CALC_GIVES_OUTER, E_UNEXPECTED);
}

static void com_create_call_gives_a_delegating_interface(void **state)
{
    play_failing(*state, CALC_GIVES_DELEGATING, E_UNEXPECTED);
}

static void com_a_call_object_without_the_interface(void **state)
{
    play_failing(*state, CALC_NO_ASYNC, E_OUTOFMEMORY);
}

/* It runs, but has no way to signal: only the transport can complete that call. */
static void com_a_call_object_that_stands_alone(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.mistake = CALC_STANDS_ALONE;
    p.calc.begin = keep_pointer;
    play_dispatch(&p, S_OK);
    assert_true(is_pending(p.s->call));
    assert_int_equal(atomic_load(&p.calc.calls), 1);
    assert_ok(guise_call_complete(p.s->call, (guise_result)RPC_E_DISCONNECTED));
    play_end(&p, RPC_E_DISCONNECTED);
}

static const IID s_unknown_iid = {
    0x5A1C00FF, 0x7B2E, 0x4F16, {0x90, 0x11, 0x63, 0x0D, 0x5E, 0xC2, 0x8A, 0x01}};

static void com_an_interface_the_server_lacks(void **state)
{
    GUISE_METHOD method = {.iid = &s_unknown_iid, .call = divide_call};
    struct play p;

    play_begin(&p, *state);
    assert_hr(GuiseDispatchCall(p.s->call, (IUnknown *)&p.calc.iface, &method, &p.args),
              E_NOINTERFACE);
    play_end(&p, E_NOINTERFACE);
    assert_ran(&p, 0, 0, 0);
}

static void com_an_interface_that_is_nothing(void **state)
{
    GUISE_METHOD method = {.iid = &IID_ICalc, .call = divide_call};
    struct play p;

    play_begin(&p, *state);
    p.calc.mistake = CALC_EMPTY;
    assert_hr(GuiseDispatchCall(p.s->call, (IUnknown *)&p.calc.iface, &method, &p.args),
              E_NOINTERFACE);
    play_end(&p, E_NOINTERFACE);
    assert_ran(&p, 0, 0, 0);
}

static void com_no_memory_for_the_object(void **state)
{
    struct play p;

    play_begin(&p, *state);
    atomic_store(&s_refuse, true);
    play_dispatch(&p, E_OUTOFMEMORY);
    atomic_store(&s_refuse, false);
    play_end(&p, E_OUTOFMEMORY);
    assert_ran(&p, 0, 0, 0);
}

/* ---- before Begin_ --------------------------------------------------------------------------- */

static void signal_in_create(struct calc *calc, IUnknown *outer)
{
    struct play *p = calc->context;
    void *sync = POISON, *async = POISON;

    if (IUnknown_QueryInterface(outer, &IID_ISynchronize, &sync) == S_OK) {
        p->result = ISynchronize_Signal((ISynchronize *)sync) == S_OK &&
                    ISynchronize_Wait((ISynchronize *)sync, 0, 0) == S_OK &&
                    is_pending(p->s->call) &&
                    IUnknown_QueryInterface(outer, &IID_AsyncICalc, &async) == E_NOINTERFACE &&
                    async == NULL;
        (void)ISynchronize_Release((ISynchronize *)sync);
    }
}

static HRESULT wait_and_signal(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;
    ISynchronize *sync = calc_synchronize(call);

    CHECK_HR(s, ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING); /* */
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    (void)ISynchronize_Release(sync);
    return calc_signal(call);
}

/* an event, and not yet a call's. */
static void com_signal_before_begin(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.creating = signal_in_create;
    p.calc.begin = wait_and_signal;
    play_dispatch(&p, S_OK);
    assert_true(p.result);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

static void impersonate_in_create(struct calc *calc, IUnknown *outer)
{
    struct play *p = calc->context;
    IUnknown *old = POISON;

    p->result = is_self() && CoImpersonateClient() == S_OK && is_client(p->s->alice) &&
                CoSwitchCallContext(outer, &old) == S_OK;
}

static HRESULT begin_as_self(struct calc_call *call)
{
    struct scene *s = play_of(call)->s;
    IServerSecurity *security = POISON;

    CHECK(s, is_self());
    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, (void **)&security), S_OK);
    (void)IServerSecurity_Release(security);
    return calc_signal(call);
}

static void die_as_self(struct calc_call *call)
{
    struct play *p = play_of(call);

    p->result += is_self() && guise_current_call() == p->s->call;
}

/* S-14, S-04, S-17: CreateCall may be the client; Begin_ starts as self, with the call's own
 * context, and the last Release is as self, too. */
static void com_create_call_leaves_nothing_to_begin(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.creating = impersonate_in_create;
    p.calc.begin = begin_as_self;
    p.calc.dying = die_as_self;
    play_dispatch(&p, S_OK);
    assert_int_equal(p.result, 2);
    play_end(&p, S_OK);
}

static void create_as_self(struct calc *calc, IUnknown *outer)
{
    struct play *p = calc->context;

    (void)outer;
    p->result += is_self() && guise_current_call() == p->s->call;
}

static guise_result dispatch_as_bob(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct play *p = s->extra;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_HR(s, GuiseDispatchCall(s->call, (IUnknown *)&p->calc.iface, &divide, &p->args), S_OK);
    CHECK(s, is_client(s->bob)); /* S-15 */
    CHECK(s, guise_current_call() == call);
    return GUISE_OK;
}

/* S-14: no part of alice's server runs as bob: CreateCall, Begin_, Finish_, the last Release. */
static void com_dispatched_by_another_client(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.s->extra = &p;
    p.calc.creating = create_as_self;
    p.calc.begin = v03;
    p.calc.dying = die_as_self;
    scene_dispatch_call(p.s, p.s->other, dispatch_as_bob, GUISE_OK);
    assert_int_equal(p.result, 2);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

/* ---- arguments, and calls that are not to be had --------------------------------------------- */

static HRESULT never_called(IUnknown *object, void *args)
{
    (void)object;
    (void)args;
    abort();
}

static void com_dispatch_checks_its_arguments(void **state)
{
    GUISE_METHOD bad[] = {{NULL, NULL, never_called, NULL, NULL},
                          {&IID_ICalc, NULL, NULL, never_called, never_called},
                          {&IID_ICalc, &IID_AsyncICalc, never_called, NULL, never_called},
                          {&IID_ICalc, &IID_AsyncICalc, never_called, never_called, NULL}};
    struct scene *s = *state;
    struct calc calc;
    IUnknown *server = (IUnknown *)&calc.iface;

    calc_init(&calc, NULL);
    assert_hr(GuiseDispatchCall(NULL, server, &divide, NULL), E_INVALIDARG);
    assert_hr(GuiseDispatchCall(s->call, NULL, &divide, NULL), E_INVALIDARG);
    assert_hr(GuiseDispatchCall(s->call, server, NULL, NULL), E_INVALIDARG);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_hr(GuiseDispatchCall(s->call, server, &bad[i], NULL), E_INVALIDARG);
    }
    assert_true(is_pending(s->call));
    assert_int_equal(atomic_load(&calc.asked), 0);
    assert_int_equal(call_refs(s->call), 2);
}

static HRESULT dispatch_again(struct calc_call *call)
{
    struct play *p = play_of(call);
    struct scene *s = p->s;

    CHECK_HR(s, GuiseDispatchCall(s->call, (IUnknown *)&p->calc.iface, &divide, &p->args),
             RPC_S_CALLPENDING);
    CHECK(s, is_pending(s->call));
    return keep_sync(call);
}

/* once; and the one that is refused completes nothing and makes nothing. */
static void com_dispatch_twice(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = dispatch_again;
    play_dispatch(&p, S_OK);
    play_dispatch(&p, RPC_S_CALLPENDING);
    assert_true(is_pending(p.s->call));
    assert_int_equal(atomic_load(&p.calc.asked), 1);
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    play_dispatch(&p, RPC_E_CALL_COMPLETE);
    assert_int_equal(ISynchronize_Release(p.sync), 0);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
    assert_int_equal(atomic_load(&p.calc.asked), 1);
}

/* ---- C-01, C-03: the clients that the process admits ----------------------------------------- */

static HRESULT secure(DWORD authn_level)
{
    return CoInitializeSecurity(NULL, -1, NULL, NULL, authn_level, RPC_C_IMP_LEVEL_IDENTIFY, NULL,
                                EOAC_NONE, NULL);
}

/* A call at this level, in a child: lets it in, or refuses it. */
static void knock(const struct scene *s, DWORD level, bool welcome)
{
    HRESULT expected = welcome ? S_OK : RPC_E_ACCESS_DENIED;
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = level};
    guise_context *context = NULL;
    guise_call *call = NULL;
    struct divide_args args = {42, 6, -1};
    struct calc calc;

    calc_init(&calc, NULL);
    CHILD_CHECK_RESULT(guise_context_create(&blanket, s->alice_token, &context), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_create(context, &call), GUISE_OK);
    CHILD_CHECK_RESULT(GuiseDispatchCall(call, (IUnknown *)&calc.iface, &divide, &args), expected);
    CHILD_CHECK(is_completed_with(call, (guise_result)expected));
    CHILD_CHECK(atomic_load(&calc.asked) == welcome);
    CHILD_CHECK(atomic_load(&calc.begun) == welcome);
    guise_call_unref(call);
    guise_context_unref(context);
}

static void knock_at_all_levels(const struct scene *s, DWORD least)
{
    for (DWORD level = RPC_C_AUTHN_LEVEL_NONE; level <= RPC_C_AUTHN_LEVEL_PKT_PRIVACY; level++) {
        knock(s, level, level >= least);
    }
}

struct security_case {
    const struct scene *s;
    DWORD level;
};

static void secure_and_knock(void *arg)
{
    struct security_case *c = arg;

    CHILD_CHECK_RESULT(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    CHILD_CHECK_RESULT(secure(c->level), S_OK);
    knock_at_all_levels(c->s, c->level == RPC_C_AUTHN_LEVEL_DEFAULT ? RPC_C_AUTHN_LEVEL_CONNECT
                                                                    : c->level);
    CHILD_CHECK_RESULT(secure(c->level), RPC_E_TOO_LATE);
}

/* C-03: and DEFAULT is CONNECT. */
static void com_calls_below_the_process_level_are_refused(void **state)
{
    struct security_case c = {.s = *state};

    for (c.level = 0; c.level <= RPC_C_AUTHN_LEVEL_PKT_PRIVACY; c.level++) {
        assert_child_passes(secure_and_knock, &c);
    }
}

static void knock_first(void *arg)
{
    struct security_case *c = arg;

    knock(c->s, RPC_C_AUTHN_LEVEL_NONE, false); /* a refused one decides, too */
    CHILD_CHECK_RESULT(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE), RPC_E_TOO_LATE);
    knock_at_all_levels(c->s, RPC_C_AUTHN_LEVEL_CONNECT);
}

/* C-01, C-03: without CoInitialize, and then it is too late to say something else. */
static void com_the_first_call_decides(void **state)
{
    struct security_case c = {.s = *state};

    assert_child_passes(knock_first, &c);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void signal_in_child(void *arg)
{
    struct play *p = arg;

    CHILD_CHECK_RESULT(ISynchronize_Signal(p->sync), S_OK);
    CHILD_CHECK_RESULT(ISynchronize_Wait(p->sync, 0, 0), S_OK);
    CHILD_CHECK(atomic_load(&p->calc.finished) == 0);
    CHILD_CHECK(atomic_load(&p->replies) == 0);
    CHILD_CHECK(is_completed_with(p->s->call, (guise_result)RPC_E_DISCONNECTED));
}

/* W-20: the child has a copy of the call, and no client to answer. */
static void com_signal_in_a_forked_child(void **state)
{
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    assert_child_passes(signal_in_child, &p);
    assert_true(is_pending(p.s->call));
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    assert_int_equal(ISynchronize_Release(p.sync), 0);
    play_end(&p, S_OK);
    assert_ran(&p, 1, 1, 0);
}

/* ---- containers ------------------------------------------------------------------------------ */

static ISynchronizeContainer *make_container(void)
{
    void *container = POISON;

    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_hr(CoCreateInstance(&CLSID_SynchronizeContainer, NULL, CLSCTX_INPROC_SERVER,
                               &IID_ISynchronizeContainer, &container),
              S_OK);
    CoUninitialize();
    return container;
}

/* Y-14: a server can wait for the Signal of many of its calls. */
static void com_the_call_object_joins_a_container(void **state)
{
    ISynchronizeContainer *container = make_container();
    ISynchronize *which = POISON;
    struct play p;

    play_begin(&p, *state);
    p.calc.begin = keep_sync;
    play_dispatch(&p, S_OK);
    assert_hr(ISynchronizeContainer_AddSynchronize(container, p.sync), S_OK);
    assert_hr(ISynchronizeContainer_WaitMultiple(container, 0, 0, &which), RPC_E_TIMEOUT);
    assert_hr(ISynchronize_Signal(p.sync), S_OK);
    assert_hr(ISynchronizeContainer_WaitMultiple(container, 0, 0, &which), S_OK);
    assert_ptr_equal(which, p.sync);
    assert_int_equal(ISynchronize_Release(which), 2);
    assert_int_equal(ISynchronize_Release(p.sync), 1);
    assert_int_equal(ISynchronizeContainer_Release(container), 0);
    play_end(&p, S_OK);
}

/* ---- races ----------------------------------------------------------------------------------- */

enum { SIGNALERS = 3, ROUNDS = 200 };

struct race {
    struct play *p;
    struct wt_barrier barrier;
    ISynchronize *sync;
    guise_call *call;
    atomic_bool signaled; /* a Signal has returned, or a thread has seen the event */
    atomic_int overlaps;  /* impersonations that started after that, and succeeded */
};

static void impersonate_in_race(struct race *race)
{
    bool late = atomic_load(&race->signaled);
    HRESULT result = impersonate_call(race->call);

    if (SUCCEEDED(result) && late) {
        (void)atomic_fetch_add(&race->overlaps, 1);
    }
    (void)!guise_revert_to_self();
}

static void signal_in_race(struct wt *w)
{
    struct race *race = w->arg;

    for (int i = 0; i < ROUNDS; i++) {
        wt_barrier_wait(&race->barrier);
        impersonate_in_race(race);
        WT_CHECK_RESULT(w, ISynchronize_Signal(race->sync), S_OK);
        atomic_store(&race->signaled, true);
        impersonate_in_race(race);
        (void)ISynchronize_Release(race->sync);
        wt_barrier_wait(&race->barrier);
    }
}

static void watch_in_race(struct wt *w)
{
    struct race *race = w->arg;

    for (int i = 0; i < ROUNDS; i++) {
        wt_barrier_wait(&race->barrier);
        while (ISynchronize_Wait(race->sync, 0, 0) != S_OK) {
            impersonate_in_race(race);
        }
        atomic_store(&race->signaled, true); /* L-2 */
        impersonate_in_race(race);
        (void)ISynchronize_Release(race->sync);
        wt_barrier_wait(&race->barrier);
    }
}

/* One call of many: all threads have a reference to its object, and drop it. */
static void race_once(struct race *race)
{
    struct play *p = race->p;

    play_begin(p, p->s);
    p->calc.begin = keep_sync;
    play_dispatch(p, S_OK);
    race->sync = p->sync;
    race->call = p->s->call;
    atomic_store(&race->signaled, false);
    for (int i = 0; i < SIGNALERS; i++) {
        (void)ISynchronize_AddRef(p->sync); /* one for each signaler; mine is the watcher's */
    }
    wt_barrier_wait(&race->barrier);
    wt_barrier_wait(&race->barrier);
    play_end(p, S_OK);
    assert_ran(p, 1, 1, 0);
    guise_call_unref(p->s->call);
    p->s->call = make_call(p->s->alice);
}

/* L-1 to L-3: one Finish_, one reply, and no late impersonation, on any thread. */
static void com_many_threads_signal(void **state)
{
    struct play p = {.s = *state};
    struct race race = {.p = &p};
    struct wt w[SIGNALERS + 1];

    test_watchdog(60);
    wt_barrier_init(&race.barrier, SIGNALERS + 2);
    wt_start_all(w, SIGNALERS, signal_in_race, &race);
    wt_start(&w[SIGNALERS], watch_in_race, &race);
    for (int i = 0; i < ROUNDS; i++) {
        race_once(&race);
    }
    wt_join_all(w, SIGNALERS + 1);
    assert_int_equal(atomic_load(&race.overlaps), 0);
}

struct giving_up {
    struct play *p;
    struct wt_barrier barrier;
    int early, late; /* rounds in which the call was completed before Begin_ was done with; after */
};

enum { GIVE_UP_ROUNDS_MAX = 100000 };

static void give_up_in_race(struct wt *w)
{
    struct giving_up *race = w->arg;

    for (;;) {
        wt_barrier_wait(&race->barrier);
        if (race->p->s->call == NULL) {
            return;
        }
        WT_CHECK_RESULT(w, guise_call_complete(race->p->s->call, (guise_result)RPC_E_CLIENT_DIED),
                        GUISE_OK);
        wt_barrier_wait(&race->barrier);
    }
}

static HRESULT let_them_race(struct calc_call *call)
{
    struct giving_up *race = play_of(call)->s->extra;

    wt_barrier_wait(&race->barrier);
    return S_OK;
}

static void give_up_once(struct giving_up *race)
{
    struct play *p = race->p;

    play_begin(p, p->s);
    p->calc.begin = let_them_race;
    play_dispatch(p, S_OK);
    if (is_pending(p->s->call)) {
        race->late++;
    } else {
        race->early++;
    }
    wt_barrier_wait(&race->barrier);
    play_end(p, RPC_E_CLIENT_DIED);
    guise_call_unref(p->s->call);
    p->s->call = make_call(p->s->alice);
}

/* The transport gives up as Begin_ returns: the call object goes once, whichever comes first. Goes on
 * until both have. */
static void com_giving_up_races_with_begin(void **state)
{
    struct scene *s = *state;
    struct play p = {.s = s};
    struct giving_up race = {.p = &p};
    struct wt w;

    s->extra = &race;
    wt_barrier_init(&race.barrier, 2);
    wt_start(&w, give_up_in_race, &race);
    for (int i = 0; i < GIVE_UP_ROUNDS_MAX; i++) {
        give_up_once(&race);
        if (i >= ROUNDS && race.early > 0 && race.late > 0) {
            break;
        }
    }
    guise_call_unref(s->call);
    s->call = NULL;
    wt_barrier_wait(&race.barrier);
    wt_join(&w);
    assert_true(race.early > 0);
    assert_true(race.late > 0);
}

struct dropping {
    struct wt_barrier barrier;
    ISynchronize *sync;
};

static void drop_in_race(struct wt *w)
{
    struct dropping *dropping = w->arg;

    for (int i = 0; i < ROUNDS; i++) {
        wt_barrier_wait(&dropping->barrier);
        (void)ISynchronize_Release(dropping->sync);
        wt_barrier_wait(&dropping->barrier);
    }
}

/* one thread signals, one lets go: the one reply is Finish_'s, for there was a Signal. */
static void com_signal_races_with_release(void **state)
{
    struct dropping dropping;
    struct play p = {.s = *state};
    struct wt w;

    wt_barrier_init(&dropping.barrier, 2);
    wt_start(&w, drop_in_race, &dropping);
    for (int i = 0; i < ROUNDS; i++) {
        play_begin(&p, p.s);
        p.calc.begin = keep_sync;
        play_dispatch(&p, S_OK);
        dropping.sync = p.sync;
        (void)ISynchronize_AddRef(p.sync);
        wt_barrier_wait(&dropping.barrier);
        assert_hr(ISynchronize_Signal(p.sync), S_OK);
        (void)ISynchronize_Release(p.sync);
        wt_barrier_wait(&dropping.barrier);
        play_end(&p, S_OK);
        guise_call_unref(p.s->call);
        p.s->call = make_call(p.s->alice);
    }
    wt_join(&w);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        /* First: every other one decides for the process and its children. */
        com_scene_test(com_calls_below_the_process_level_are_refused),
        com_scene_test(com_the_first_call_decides),
        com_scene_test(com_the_call_object_is_part_of_the_call),
        com_scene_test(com_signal_in_begin_finishes_and_replies),
        com_scene_test(com_the_result_is_that_of_finish),
        com_scene_test(com_other_successes_are_kept),
        com_scene_test(com_a_worker_signals_after_begin),
        com_scene_test(com_V_02_signal_then_impersonate),
        com_scene_test(com_V_03_impersonate_then_signal),
        com_scene_test(com_V_04_V_05_revert_after_signal),
        com_scene_test(com_V_06_V_07_again_after_signal_and_return),
        com_scene_test(com_V_08_impersonate_and_return),
        com_scene_test(com_V_12_a_worker_signals_while_begin_is_the_client),
        com_scene_test(com_V_14_two_clients_one_revert),
        com_scene_test(com_V_18_after_a_synchronous_method),
        com_scene_test(com_a_synchronous_method_has_other_results),
        com_scene_test(com_V_33_reset_reopens_nothing),
        com_scene_test(com_V_34_signal_again),
        com_scene_test(com_V_48_begin_fails_as_the_client),
        com_scene_test(com_V_49_a_synchronous_call_to_a_call_object),
        com_scene_test(com_a_worker_needs_no_reference),
        com_scene_test(com_a_worker_without_a_reference_signals_twice),
        com_scene_test(com_a_worker_without_a_reference_is_canceled),
        com_scene_test(com_a_worker_is_the_last_to_know),
        com_scene_test(com_a_worker_that_drops_its_reference_leaves_it_open),
        com_scene_test(com_a_call_that_is_given_up_lets_go),
        com_scene_test(com_a_worker_with_a_reference_outlives_the_call),
        com_scene_test(com_a_call_that_is_let_go_keeps_its_object),
        com_scene_test(com_a_call_without_a_reply_lets_go),
        com_scene_test(com_signal_after_a_failed_begin),
        com_scene_test(com_begin_signals_and_fails),
        com_scene_test(com_signal_of_a_call_that_was_given_up),
        com_scene_test(com_an_abandoned_call_goes_on),
        com_scene_test(com_the_call_object_tells_of_cancellation),
        com_scene_test(com_a_canceled_call_object_goes_on),
        com_scene_test(com_finish_is_the_servers_act),
        com_scene_test(com_finish_drops_the_last_reference),
        com_scene_test(com_no_interface_to_finish_with),
        com_scene_test(com_begin_exits),
        com_scene_test(com_begin_signals_and_exits),
        com_scene_test(com_finish_exits),
        com_scene_test(com_create_call_exits),
        com_scene_test(com_a_method_exits),
        com_scene_test(com_no_factory),
        com_scene_test(com_no_call_object),
        com_scene_test(com_no_asynchronous_interface),
        com_scene_test(com_a_factory_that_cannot_be_had),
        com_scene_test(com_create_call_fails),
        com_scene_test(com_create_call_makes_nothing),
        com_scene_test(com_create_call_gives_the_outer_object),
        com_scene_test(com_create_call_gives_a_delegating_interface),
        com_scene_test(com_a_call_object_without_the_interface),
        com_scene_test(com_a_call_object_that_stands_alone),
        com_scene_test(com_an_interface_the_server_lacks),
        com_scene_test(com_an_interface_that_is_nothing),
        com_scene_test(com_no_memory_for_the_object),
        com_scene_test(com_signal_before_begin),
        com_scene_test(com_create_call_leaves_nothing_to_begin),
        com_scene_test(com_dispatched_by_another_client),
        com_scene_test(com_dispatch_checks_its_arguments),
        com_scene_test(com_dispatch_twice),
        com_scene_test(com_signal_in_a_forked_child),
        com_scene_test(com_the_call_object_joins_a_container),
        com_scene_test(com_many_threads_signal),
        com_scene_test(com_giving_up_races_with_begin),
        com_scene_test(com_signal_races_with_release),
    };

    return cmocka_run_group_tests_name("dispatching", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
