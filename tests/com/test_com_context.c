/* SPDX-License-Identifier: MIT */
/*
 * Call contexts and IServerSecurity, as a server written for COM sees them. The stage is that of
 * the core's own tests: T0 dispatches, W is another thread. What counts is the exact HRESULT, what
 * the slot holds, and every reference; scene_teardown counts the core's, com_teardown the
 * allocations.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include <guisecom.h>

#include "mock.h"

/* ---- helpers --------------------------------------------------------------------------------- */

static HRESULT ask(IServerSecurity *security, struct answer *answer)
{
    *answer = poisoned();
    return IServerSecurity_QueryBlanket(security, &answer->authn_service, &answer->authz_service,
                                        &answer->principal, &answer->authn_level, NULL,
                                        &answer->privileges, &answer->capabilities);
}

/* S-02, S-23, V-19: no Co function finds a context, and none changes anything. */
static bool has_no_context(void)
{
    const guise_token *token = guise_thread_token();
    bool impersonating = guise_is_impersonating();
    void *context = POISON;
    struct answer answer;

    return CoGetCallContext(&IID_IServerSecurity, &context) == RPC_E_CALL_COMPLETE &&
           context == NULL && CoImpersonateClient() == RPC_E_CALL_COMPLETE &&
           CoRevertToSelf() == RPC_E_CALL_COMPLETE && ask_current(&answer) == RPC_E_CALL_COMPLETE &&
           is_refused(&answer) && guise_thread_token() == token &&
           guise_is_impersonating() == impersonating;
}

/* ---- S-01 to S-06: getting it ---------------------------------------------------------------- */

static guise_result s01(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = POISON, *again = POISON;
    void *object = POISON;

    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, (void **)&security), S_OK);
    CHECK(s, call_refs(call) == 4); /* caller's, open's, frame's, this one */
    CHECK_HR(s, CoGetCallContext(&IID_ISynchronize, &object), E_NOINTERFACE);
    CHECK(s, object == NULL);
    object = POISON;
    CHECK_HR(s, CoGetCallContext(NULL, &object), E_INVALIDARG);
    CHECK(s, object == NULL);
    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, NULL), E_INVALIDARG);
    CHECK_OK(s, guise_call_signal(call));
    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, (void **)&again), S_OK); /* */
    CHECK(s, again == security);
    CHECK(s, IServerSecurity_Release(again) == 1);
    CHECK(s, IServerSecurity_Release(security) == 0);
    CHECK(s, call_refs(call) == 2); /* caller's, frame's */
    return GUISE_OK;
}

/* S-01, S-03: a call in a frame always has one; E_NOINTERFACE for what that lacks. */
static void com_the_context_is_that_of_the_current_call(void **state)
{
    scene_dispatch(*state, s01);
}

/* Both pointers are one object's, and the counts are those of COM. */
static void com_references_and_identity(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = POISON;
    void *unknown = POISON, *other = POISON;

    assert_hr(GuiseGetServerSecurity(s->call, &security), S_OK);
    assert_int_equal(call_refs(s->call), 3);
    assert_int_equal(references_of(security), 1);
    assert_hr(IServerSecurity_QueryInterface(security, &IID_IUnknown, &unknown), S_OK);
    assert_hr(IServerSecurity_QueryInterface(security, &IID_IServerSecurity, &other), S_OK);
    assert_int_equal(IUnknown_Release((IUnknown *)other), 2);
    assert_ptr_equal(other, security);
    other = POISON;
    assert_hr(IUnknown_QueryInterface((IUnknown *)unknown, &IID_IUnknown, &other), S_OK);
    assert_ptr_equal(other, unknown);
    assert_int_equal(IServerSecurity_AddRef(security), 4);
    assert_int_equal(call_refs(s->call), 6);
    assert_int_equal(IServerSecurity_Release(security), 3);
    assert_int_equal(IUnknown_Release((IUnknown *)unknown), 2);
    assert_int_equal(IUnknown_Release((IUnknown *)other), 1);
    assert_int_equal(IServerSecurity_Release(security), 0);
    assert_int_equal(call_refs(s->call), 2);
}

static void com_query_interface_checks_its_arguments(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = security_of_call(s->call);
    void *object = POISON;

    assert_non_null(security);
    assert_hr(IServerSecurity_QueryInterface(security, &IID_IClientSecurity, &object),
              E_NOINTERFACE);
    assert_null(object);
    object = POISON;
    assert_hr(IServerSecurity_QueryInterface(security, NULL, &object), E_INVALIDARG);
    assert_null(object);
    assert_hr(IServerSecurity_QueryInterface(security, &IID_IUnknown, NULL), E_POINTER);
    assert_int_equal(IServerSecurity_Release(security), 0);

    security = POISON;
    assert_hr(GuiseGetServerSecurity(NULL, &security), E_INVALIDARG);
    assert_null(security);
    assert_hr(GuiseGetServerSecurity(s->call, NULL), E_INVALIDARG);
    assert_int_equal(call_refs(s->call), 2);
}

/* A kept context is a husk; its last Release frees call and object (S-06). */
static void com_it_outlives_everything_else(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = security_of_call(s->call);

    assert_non_null(security);
    assert_ok(guise_call_signal(s->call));
    guise_call_unref(s->call);
    s->call = NULL;
    assert_int_equal(context_refs(s->alice), 2);
    assert_hr(IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    assert_int_equal(IServerSecurity_Release(security), 0);
    assert_int_equal(context_refs(s->alice), 1);
    assert_int_equal(atomic_load(&s_live), 0);
}

static void disconnected(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    *(guise_result *)arg = result;
}

/* the reference is one to the call, so it may be the last owner's. */
static void com_the_last_release_completes_an_open_call(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = security_of_call(s->call);
    guise_result result = GUISE_OK;

    assert_non_null(security);
    assert_ok(guise_call_on_complete(s->call, disconnected, &result));
    guise_call_unref(s->call);
    s->call = NULL;
    assert_int_equal(result, GUISE_OK);
    assert_int_equal(IServerSecurity_Release(security), 0);
    assert_hr(result, RPC_E_DISCONNECTED);
}

static void no_context_here(struct wt *w)
{
    WT_CHECK(w, has_no_context());
    WT_CHECK(w, is_self());
}

static guise_result v19_in_begin(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, current() != NULL);
    CHECK(s, elsewhere(s, no_context_here)); /* */
    return GUISE_OK;
}

/* S-02, S-23: before, after and beside a frame. */
static void com_V_19_no_call_on_this_thread(void **state)
{
    struct scene *s = *state;

    assert_true(has_no_context());
    scene_dispatch(s, v19_in_begin);
    assert_true(has_no_context());
    assert_true(is_self());
    assert_hr(CoGetCallContext(&IID_IServerSecurity, NULL), E_INVALIDARG);
}

/* ---- S-07 to S-25: impersonating ------------------------------------------------------------- */

static guise_result s08(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = security_of_call(call);

    CHECK(s, IServerSecurity_IsImpersonating(security) == FALSE);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK(s, IServerSecurity_IsImpersonating(security) == TRUE);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());
    CHECK(s, IServerSecurity_IsImpersonating(security) == FALSE);
    CHECK_HR(s, CoRevertToSelf(), S_OK); /* S-22 */
    CHECK_HR(s, IServerSecurity_RevertToSelf(security), S_OK);
    CHECK_HR(s, IServerSecurity_ImpersonateClient(security), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK(s, IServerSecurity_Release(security) == 0);
    CHECK(s, call_refs(call) == 3);
    return GUISE_OK; /* S-17: as the client; scene_dispatch looks that it comes off */
}

/* S-08, S-09, S-18 */
static void com_V_01_impersonate_and_revert(void **state)
{
    scene_dispatch(*state, s08);
}

/* After Signal, with any identity of the thread (N-01, N-02, N-04). */
static guise_result after_signal(struct scene *s, IServerSecurity *security)
{
    const guise_token *before = guise_thread_token();

    CHECK_HR(s, IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    CHECK(s, guise_thread_token() == before && is_worn());
    CHECK(s, IServerSecurity_IsImpersonating(security) == (before != NULL));
    return GUISE_OK;
}

static guise_result signal_boundary(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = security_of_call(call);

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, after_signal(s, security));
    CHECK_HR(s, CoRevertToSelf(), S_OK); /* N-03, S-23 */
    CHECK(s, is_self());
    CHECK_OK(s, after_signal(s, security));
    CHECK_HR(s, IServerSecurity_RevertToSelf(security), S_OK);
    CHECK(s, IServerSecurity_Release(security) == 0);
    return GUISE_OK;
}

/* V-02 to V-06 in one. */
static void com_V_06_the_signal_boundary(void **state)
{
    scene_dispatch(*state, signal_boundary);
}

static guise_result v07(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* N-02, S-17 */
static void com_V_07_return_takes_the_token_off(void **state)
{
    scene_dispatch(*state, v07);
}

static guise_result v12(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = security_of_call(call);

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, elsewhere(s, signal_call));
    CHECK_OK(s, after_signal(s, security));
    CHECK(s, is_client(s->alice));
    CHECK(s, IServerSecurity_Release(security) == 0);
    return GUISE_OK;
}

/* N-05: a worker signals. */
static void com_V_12_another_thread_signals(void **state)
{
    scene_dispatch(*state, v12);
}

static guise_result v13(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_only_set(s->own_token));
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_OK(s, guise_set_thread_token(s->bob_token));
    CHECK_HR(s, CoRevertToSelf(), S_OK); /* S-13 */
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* S-10, S-11 */
static void com_V_13_revert_restores_what_was_set(void **state)
{
    scene_dispatch(*state, v13);
}

static guise_result v14(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *bob = security_of_call(s->other);

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, IServerSecurity_ImpersonateClient(bob), S_OK);
    CHECK(s, is_client(s->bob));
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, IServerSecurity_ImpersonateClient(bob), S_OK);
    CHECK_HR(s, CoRevertToSelf(), S_OK); /* through another context than the last */
    CHECK(s, is_self());
    CHECK(s, IServerSecurity_IsImpersonating(bob) == FALSE);
    CHECK(s, IServerSecurity_Release(bob) == 0);
    return GUISE_OK;
}

/* S-12 */
static void com_V_14_two_contexts_one_revert(void **state)
{
    scene_dispatch(*state, v14);
}

static guise_result v15_inner(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = security_of_call(call);

    CHECK(s, is_self());
    CHECK(s, IServerSecurity_IsImpersonating(security) == FALSE); /* the outer frame is */
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->bob));
    s->extra = security; /* kept: given back by the outer frame */
    return GUISE_OK;
}

static guise_result v15(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *inner;

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_OK(s, guise_call_dispatch(s->other, v15_inner, s));
    CHECK(s, is_client(s->alice));
    inner = s->extra;
    CHECK(s, IServerSecurity_IsImpersonating(inner) == TRUE); /* of the thread */
    CHECK(s, IServerSecurity_Release(inner) == 0);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* S-14, S-15, and S-16 needs no defence here. */
static void com_V_15_a_nested_frame_restores_the_outer_client(void **state)
{
    scene_dispatch(*state, v15);
}

static guise_result v18_begin(guise_call *call, void *arg)
{
    struct scene *s = arg;

    s->extra = security_of_call(call);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, IServerSecurity_IsImpersonating((IServerSecurity *)s->extra) == TRUE);
    return E_ABORT;
}

static void husk(struct wt *w)
{
    struct scene *s = w->arg;
    IServerSecurity *security = s->extra;
    struct answer answer;

    WT_CHECK_RESULT(w, IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    WT_CHECK(w, IServerSecurity_IsImpersonating(security) == FALSE);
    WT_CHECK_RESULT(w, ask(security, &answer), RPC_E_CALL_COMPLETE);
    WT_CHECK(w, is_refused(&answer));
    WT_CHECK_RESULT(w, IServerSecurity_RevertToSelf(security), S_OK);
    WT_CHECK(w, is_self());
}

/* A call that completes at its Begin_'s return, and a server that kept its context (N-07, S-06,
 * S-34). */
static void com_V_18_kept_beyond_a_synchronous_call(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security;

    scene_dispatch_call(s, s->call, v18_begin, E_ABORT);
    security = s->extra;
    assert_true(is_completed_with(s->call, E_ABORT));
    s->checks.arg = s;
    husk(&s->checks);
    scene_verify(s);
    scene_elsewhere(s, husk); /* S-05 */
    assert_int_equal(call_refs(s->call), 2);
    assert_int_equal(IServerSecurity_Release(security), 0);
}

static guise_result next_client(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *kept = s->extra;

    (void)call;
    CHECK_HR(s, IServerSecurity_ImpersonateClient(kept), RPC_E_CALL_COMPLETE);
    CHECK(s, is_self());
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->bob));
    CHECK_HR(s, IServerSecurity_ImpersonateClient(kept), RPC_E_CALL_COMPLETE);
    CHECK(s, is_client(s->bob));
    return GUISE_OK;
}

/* The object is bound to one call, whichever call the thread serves next. */
static void com_a_kept_context_never_reaches_the_next_client(void **state)
{
    struct scene *s = *state;
    IServerSecurity *kept = security_of_call(s->call), *next = security_of_call(s->other);

    assert_non_null(kept);
    assert_ptr_not_equal(kept, next);
    assert_ok(guise_call_signal(s->call));
    s->extra = kept;
    scene_dispatch_call(s, s->other, next_client, GUISE_OK);
    assert_int_equal(IServerSecurity_Release(kept), 0);
    assert_int_equal(IServerSecurity_Release(next), 0);
}

/* ---- other threads, with a held pointer ------------------------------------------------------ */

static void v09(struct wt *w)
{
    struct scene *s = w->arg;
    IServerSecurity *security = s->extra;

    WT_CHECK(w, IServerSecurity_IsImpersonating(security) == FALSE);
    WT_CHECK_RESULT(w, IServerSecurity_ImpersonateClient(security), S_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
    WT_CHECK(w, is_client(s->alice)); /* S-20 */
    WT_CHECK(w, IServerSecurity_IsImpersonating(security) == TRUE);
    WT_CHECK(w, has_no_context()); /* S-23: CoRevertToSelf changes nothing */
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, IServerSecurity_RevertToSelf(security), S_OK); /* S-21 */
    WT_CHECK(w, is_self());
    WT_CHECK(w, IServerSecurity_IsImpersonating(security) == FALSE);
    WT_CHECK_RESULT(w, IServerSecurity_ImpersonateClient(security), RPC_E_CALL_COMPLETE);
    WT_CHECK(w, is_self());
}

/* S-05, S-20, S-21; V-10 and V-11 too: a worker goes on after Begin_ has returned. */
static void com_V_09_a_worker_with_a_held_pointer(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = security_of_call(s->call);

    s->extra = security;
    scene_dispatch(s, do_nothing);
    scene_elsewhere(s, v09);
    assert_int_equal(references_of(security), 1);
    assert_int_equal(IServerSecurity_Release(security), 0);
}

static void v17_worker(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, IServerSecurity_ImpersonateClient((IServerSecurity *)s->extra), S_OK);
    WT_CHECK(w, is_client(s->alice));
    wt_latch_open(&s->ready);
    wt_latch_wait(&s->go);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK(w, IServerSecurity_IsImpersonating((IServerSecurity *)s->extra) == TRUE);
    WT_CHECK_RESULT(w, IServerSecurity_RevertToSelf((IServerSecurity *)s->extra), S_OK);
}

static guise_result v17(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    wt_latch_wait(&s->ready);
    CHECK(s, is_self());
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* S-19: two threads share one IServerSecurity. */
static void com_V_17_one_reverts_the_other_stays(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = security_of_call(s->call);
    struct wt w;

    s->extra = security;
    wt_start(&w, v17_worker, s);
    scene_dispatch(s, v17);
    wt_latch_open(&s->go);
    wt_join(&w);
    assert_int_equal(IServerSecurity_Release(security), 0);
}

enum { RACERS = 4 };

struct race {
    struct wt_barrier start;
    guise_call *call;
    _Atomic(void *) seen;
};

static void racer(struct wt *w)
{
    struct race *race = w->arg;
    IServerSecurity *security;
    void *nobody = NULL;

    wt_barrier_wait(&race->start);
    security = security_of_call(race->call);
    WT_CHECK(w, security != NULL);
    if (!atomic_compare_exchange_strong(&race->seen, &nobody, security)) {
        WT_CHECK(w, nobody == security);
    }
    WT_CHECK_RESULT(w, IServerSecurity_ImpersonateClient(security), S_OK);
    WT_CHECK_RESULT(w, IServerSecurity_RevertToSelf(security), S_OK);
    (void)IServerSecurity_Release(security);
}

/* The first thread makes it; all have the same. */
static void com_many_threads_ask_for_it_at_once(void **state)
{
    struct scene *s = *state;
    struct race race = {.call = s->call};
    struct wt workers[RACERS];

    wt_barrier_init(&race.start, RACERS);
    atomic_init(&race.seen, NULL);
    wt_start_all(workers, RACERS, racer, &race);
    wt_join_all(workers, RACERS);
    assert_int_equal(call_refs(s->call), 2);
    assert_int_equal(atomic_load(&s_live), 1);
}

/* ---- S-07, S-25 and levels ------------------------------------------------------------------- */

/* A call of a client with this token's name, this blanket level and this authentication level. */
static guise_call *call_at(const guise_token *token, guise_level level, uint32_t authn_level)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERNEL,
                             .authn_level = authn_level,
                             .level = level,
                             .capabilities = EOAC_MUTUAL_AUTH | EOAC_STATIC_CLOAKING,
                             .server_principal = "server"};
    guise_context *context = TEST_POISON(guise_context);
    guise_call *call;

    assert_ok(guise_context_create(&blanket, token, &context));
    call = make_call(context);
    guise_context_unref(context);
    return call;
}

static guise_result v20(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_HR(s, CoImpersonateClient(), RPC_E_UNSECURE_CALL);
    CHECK(s, is_self());
    CHECK_HR(s, impersonate_call(call), RPC_E_UNSECURE_CALL);
    CHECK(s, is_self());
    CHECK_OK(s, guise_call_signal(call));
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    return GUISE_OK;
}

/* S-07, X-05 */
static void com_V_20_authentication_none(void **state)
{
    struct scene *s = *state;
    guise_call *call = make_call(s->nobody);

    scene_dispatch_call(s, call, v20, GUISE_OK);
    guise_call_unref(call);
}

static guise_result v21(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct answer answer;

    (void)call;
    CHECK_HR(s, ask_current(&answer), S_OK);
    CHECK(s, answer.authn_service == RPC_C_AUTHN_NONE);
    CHECK(s, answer.authz_service == RPC_C_AUTHZ_NONE);
    CHECK(s, answer.authn_level == RPC_C_AUTHN_LEVEL_NONE);
    CHECK(s, answer.principal == NULL && answer.privileges == NULL);
    return GUISE_OK;
}

/* S-33, X-06 */
static void com_V_21_the_blanket_of_nobody(void **state)
{
    struct scene *s = *state;
    guise_call *call = make_call(s->nobody);

    scene_dispatch_call(s, call, v21, GUISE_OK);
    guise_call_unref(call);
}

/* Impersonation at a low level succeeds; the token says how low. */
static guise_result at_level(struct scene *s, guise_level level, const OLECHAR *name)
{
    struct answer answer;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, guise_is_impersonating() && is_worn());
    CHECK(s, guise_token_level(guise_thread_token()) == level);
    CHECK_HR(s, ask_current(&answer), S_OK);
    CoTaskMemFree(answer.principal);
    if (name == NULL) {
        CHECK(s, answer.privileges == NULL);
    } else {
        CHECK(s, answer.privileges != NULL && is_text(answer.privileges, name));
    }
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());
    return GUISE_OK;
}

static guise_result v23(guise_call *call, void *arg)
{
    (void)call;
    return at_level(arg, GUISE_LEVEL_ANONYMOUS, NULL);
}

/* An anonymous client is not named either. */
static void com_V_23_level_anonymous(void **state)
{
    struct scene *s = *state;
    guise_call *call = call_at(s->alice_token, GUISE_LEVEL_ANONYMOUS, GUISE_AUTHN_LEVEL_CONNECT);

    scene_dispatch_call(s, call, v23, GUISE_OK);
    guise_call_unref(call);
}

static guise_result v24(guise_call *call, void *arg)
{
    (void)call;
    return at_level(arg, GUISE_LEVEL_IDENTIFY, u"alice");
}

/* S-35: the name is to be had at identify level. */
static void com_V_24_level_identify(void **state)
{
    struct scene *s = *state;
    guise_call *call = call_at(s->alice_token, GUISE_LEVEL_IDENTIFY, GUISE_AUTHN_LEVEL_CONNECT);

    scene_dispatch_call(s, call, v24, GUISE_OK);
    guise_call_unref(call);
}

static guise_result lower_level(guise_call *call, void *arg)
{
    (void)call;
    return at_level(arg, GUISE_LEVEL_IMPERSONATE, u"alice");
}

/* S-25: the blanket says delegate, the token impersonate. */
static void com_the_level_is_the_lower_of_two(void **state)
{
    struct scene *s = *state;
    guise_call *call = call_at(s->alice_token, GUISE_LEVEL_DELEGATE, GUISE_AUTHN_LEVEL_CONNECT);

    scene_dispatch_call(s, call, lower_level, GUISE_OK);
    guise_call_unref(call);
}

/* ---- S-30 to S-36: the blanket --------------------------------------------------------------- */

static guise_result v22(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = security_of_call(call);
    struct answer answer = poisoned();
    DWORD level = UNTOUCHED;

    CHECK_HR(s,
             IServerSecurity_QueryBlanket(security, &answer.authn_service, &answer.authz_service,
                                          &answer.principal, &answer.authn_level, &level,
                                          &answer.privileges, &answer.capabilities),
             E_INVALIDARG);
    CHECK(s, is_refused(&answer) && level == UNTOUCHED);
    CHECK_HR(s, CoQueryClientBlanket(NULL, NULL, NULL, NULL, &level, NULL, NULL), E_INVALIDARG);
    CHECK(s, level == UNTOUCHED);
    CHECK_OK(s, guise_call_signal(call));
    CHECK_HR(s, CoQueryClientBlanket(NULL, NULL, NULL, NULL, &level, NULL, NULL), E_INVALIDARG);
    CHECK(s, IServerSecurity_Release(security) == 0);
    return GUISE_OK;
}

/* S-31 */
static void com_V_22_the_impersonation_level_is_not_told(void **state)
{
    scene_dispatch(*state, v22);
}

static guise_result s32(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_HR(s, CoQueryClientBlanket(NULL, NULL, NULL, NULL, NULL, NULL, NULL), S_OK);
    CHECK(s, call_refs(call) == 3);
    CHECK_OK(s, guise_call_signal(call));
    CHECK_HR(s, CoQueryClientBlanket(NULL, NULL, NULL, NULL, NULL, NULL, NULL),
             RPC_E_CALL_COMPLETE);
    return GUISE_OK;
}

/* S-32 */
static void com_all_null_asks_whether_the_call_is_open(void **state)
{
    scene_dispatch(*state, s32);
}

static guise_result s36(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct answer answer, again;

    CHECK_HR(s, ask_current(&answer), S_OK);
    CHECK(s, answer.authn_service == RPC_C_AUTHN_KERNEL);
    CHECK(s, answer.authz_service == RPC_C_AUTHZ_NONE);
    CHECK(s, answer.authn_level == RPC_C_AUTHN_LEVEL_PKT);
    CHECK(s, answer.capabilities == (EOAC_MUTUAL_AUTH | EOAC_STATIC_CLOAKING));
    CHECK(s, is_text(answer.principal, u"server"));
    CHECK(s, is_text(answer.privileges, u"alice"));
    CHECK_HR(s, ask_current(&again), S_OK);
    CHECK(s, again.principal != answer.principal); /* the caller's own */
    CHECK(s, again.privileges == answer.privileges);
    CoTaskMemFree(again.principal);
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_text(answer.principal, u"server"));
    s->extra = answer.principal;
    return GUISE_OK;
}

/* S-30, S-35, S-36, X-10: one lives until the caller frees it, the other as long as the call. */
static void com_the_blanket(void **state)
{
    struct scene *s = *state;
    guise_call *call = call_at(s->alice_token, GUISE_LEVEL_DEFAULT, GUISE_AUTHN_LEVEL_PKT);

    scene_dispatch_call(s, call, s36, GUISE_OK);
    guise_call_unref(call);
    assert_true(is_text(s->extra, u"server"));
    CoTaskMemFree(s->extra);
}

static guise_result take_name(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_HR(s, CoQueryClientBlanket(NULL, NULL, NULL, NULL, NULL, &s->extra, NULL), S_OK);
    return GUISE_OK;
}

static void reads_the_name(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, is_text(s->extra, u"alice"));
}

/* also after the frame, on another thread, while the call is open. */
static void com_the_name_lives_as_long_as_the_call(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, take_name);
    scene_elsewhere(s, reads_the_name);
}

/* The client's name as QueryBlanket gives it. */
static bool is_named(const char *name, const OLECHAR *expected)
{
    guise_token *token = make_token(name, 1004);
    guise_call *call = call_at(token, GUISE_LEVEL_DEFAULT, GUISE_AUTHN_LEVEL_CONNECT);
    IServerSecurity *security = security_of_call(call);
    struct answer answer;
    bool same;

    guise_token_unref(token);
    guise_call_unref(call);
    assert_hr(ask(security, &answer), S_OK);
    CoTaskMemFree(answer.principal);
    same = answer.privileges == NULL ? expected == NULL
                                     : expected != NULL && is_text(answer.privileges, expected);
    assert_int_equal(IServerSecurity_Release(security), 0);
    return same;
}

/* Bytes that are no UTF-8 stay different from each other and from everything else. */
static void com_names_in_utf16(void **state)
{
    static const OLECHAR odd[] = {'a', 0xDCFF, 'b', 0xDCC3, 0};
    static const OLECHAR surrogate[] = {0xDCED, 0xDCA0, 0xDC80, 0};
    static const OLECHAR overlong[] = {0xDCC0, 0xDCAF, 0xDCE0, 0xDC80, 0xDC80, 0};
    static const OLECHAR beyond[] = {0xDCF4, 0xDC90, 0xDC80, 0xDC80, 0xDCF5, 0};

    (void)state;
    assert_true(is_named("DOMAIN\\bob", u"DOMAIN\\bob"));
    assert_true(is_named("", NULL));
    assert_true(is_named("j\xC3\xBCrgen", u"j\u00FCrgen"));
    assert_true(is_named("\xE2\x82\xAC", u"\u20AC"));
    assert_true(is_named("\xF0\x9D\x84\x9E!", u"\U0001D11E!"));
    assert_true(is_named("\xEF\xBF\xBF\xF4\x8F\xBF\xBF", u"\uFFFF\U0010FFFF"));
    assert_true(is_named("a\xFF"
                         "b\xC3",
                         odd));
    assert_true(is_named("\xED\xA0\x80", surrogate));
    assert_true(is_named("\xC0\xAF\xE0\x80\x80", overlong));
    assert_true(is_named("\xF4\x90\x80\x80\xF5", beyond));
}

static guise_result no_memory(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *security = POISON;
    IUnknown *old = POISON;
    struct answer answer;

    CHECK_HR(s, GuiseGetServerSecurity(call, &security), E_OUTOFMEMORY);
    CHECK(s, security == NULL);
    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, (void **)&security), E_OUTOFMEMORY);
    CHECK(s, security == NULL);
    CHECK_HR(s, CoSwitchCallContext(NULL, &old), E_OUTOFMEMORY); /* S-04 */
    CHECK(s, old == NULL);
    CHECK_HR(s, CoImpersonateClient(),
             S_OK); /* the call's own context need not be made for these */
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());
    CHECK_HR(s, ask_current(&answer), E_OUTOFMEMORY);
    CHECK(s, is_refused(&answer));
    CHECK(s, call_refs(call) == 3);

    atomic_store(&s_refuse, false);
    CHECK_HR(s, CoImpersonateClient(), S_OK); /* nothing had been switched */
    atomic_store(&s_refuse, true);
    CHECK_HR(s, ask_current(&answer), E_OUTOFMEMORY); /* S-30: for the principal */
    CHECK(s, is_refused(&answer));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    return GUISE_OK;
}

static void com_out_of_memory(void **state)
{
    struct scene *s = *state;
    guise_result result;

    atomic_store(&s_refuse, true);
    result = guise_call_dispatch(s->call, no_memory, s);
    atomic_store(&s_refuse, false);
    scene_verify(s);
    assert_ok(result);
}

/* ---- S-04: switched contexts ----------------------------------------------------------------- */

/* With mock as the context: every function is its, and its references come out even. */
static guise_result with_mock(struct scene *s, struct mock *mock)
{
    const struct mock before = *mock;
    struct answer answer;
    void *object = POISON;
    DWORD level = UNTOUCHED;

    CHECK_HR(s, CoImpersonateClient(), mock->answer);
    CHECK(s, mock->impersonated == before.impersonated + 1);
    CHECK(s, is_self());
    CHECK_HR(s, CoRevertToSelf(), mock->answer);
    CHECK(s, mock->reverted == before.reverted + 1);
    CHECK_HR(s, ask_current(&answer), mock->answer);
    CHECK(s, answer.authn_service == RPC_C_AUTHN_WINNT && is_text(answer.privileges, u"mallory"));
    CHECK_HR(s,
             CoQueryClientBlanket(&answer.authn_service, NULL, NULL, &answer.authn_level, &level,
                                  &answer.privileges, NULL),
             mock->answer);
    CHECK(s, level == RPC_C_IMP_LEVEL_DELEGATE && mock->queried == before.queried + 2);
    CHECK_HR(s, CoGetCallContext(&IID_ISynchronize, &object), E_NOINTERFACE);
    CHECK(s, object == NULL && mock->refs == before.refs);
    CHECK_HR(s, CoGetCallContext(&IID_IServerSecurity, &object), S_OK);
    CHECK(s, object == mock && IUnknown_Release((IUnknown *)object) == before.refs);
    return GUISE_OK;
}

/* Outside any frame; this is how a unit test replaces a client (S-04, S-09). */
static void com_a_mock_in_no_frame(void **state)
{
    struct scene *s = *state;
    struct mock mock = make_mock(S_OK), failing = make_mock(E_FAIL);

    assert_null(switch_to(&mock));
    assert_int_equal(mock.refs, 1);
    assert_ok(with_mock(s, &mock));
    assert_ptr_equal(switch_to(&failing), &mock);
    assert_ok(with_mock(s, &failing)); /* its answer is the answer */
    assert_ptr_equal(switch_to(NULL), &failing);
    assert_null(switch_to(NULL));
    scene_verify(s);
    assert_int_equal(mock.refs, 1);
    assert_int_equal(failing.refs, 1);
    assert_true(has_no_context());
    assert_hr(CoSwitchCallContext((IUnknown *)&mock, NULL), E_INVALIDARG);
    assert_true(has_no_context());
}

static void other_threads_context(struct wt *w)
{
    WT_CHECK(w, has_no_context());
    WT_CHECK(w, switch_to(NULL) == NULL);
}

static guise_result switching(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct mock mock = make_mock(E_ACCESSDENIED);
    IServerSecurity *own = security_of_call(call);

    CHECK(s, switch_to(&mock) == own); /* the call's: lent, so not to be released */
    CHECK(s, references_of(own) == 1);
    CHECK_OK(s, with_mock(s, &mock));
    CHECK_HR(s, impersonate_call(call), S_OK); /* the call itself keeps its identity */
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, IServerSecurity_RevertToSelf(own), S_OK);
    CHECK(s, elsewhere(s, other_threads_context));
    CHECK(s, switch_to(NULL) == &mock);
    CHECK(s, has_no_context()); /* none, although there is a call */
    CHECK(s, switch_to(own) == NULL);
    CHECK(s, current() == own);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK(s, references_of(own) == 1 && mock.refs == 1);
    CHECK(s, IServerSecurity_Release(own) == 0);
    return GUISE_OK;
}

/* S-04: what was there comes back by switching to it. */
static void com_switching_in_a_frame(void **state)
{
    scene_dispatch(*state, switching);
}

static struct mock s_left; /* left switched to */

static guise_result leaves_it_switched(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IServerSecurity *own = security_of_call(call);

    CHECK(s, current() == own); /* the outer's is not seen in here */
    CHECK(s, switch_to(&s_left) == own);
    CHECK(s, current() == &s_left);
    CHECK(s, IServerSecurity_Release(own) == 0);
    return GUISE_OK;
}

static guise_result nested_switches(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct mock outer = make_mock(S_OK);

    (void)call;
    CHECK_OK(s, guise_call_run(s->other, leaves_it_switched, s));
    CHECK(s, current() != &s_left);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, switch_to(&outer) != NULL);
    CHECK_OK(s, guise_call_dispatch(s->other, leaves_it_switched, s));
    CHECK(s, current() == &outer);
    CHECK_OK(s, with_mock(s, &outer));
    return GUISE_OK; /* left switched, too: outer is gone after this */
}

/* S-04: a context left switched goes with its frame, and the outer one's comes back. */
static void com_a_frame_puts_the_outer_context_back(void **state)
{
    struct scene *s = *state;
    struct mock around = make_mock(S_OK);

    s_left = make_mock(E_FAIL);
    scene_dispatch(s, leaves_it_switched);
    assert_true(has_no_context());
    assert_null(switch_to(&around));
    scene_run(s, s->call, nested_switches);
    assert_ptr_equal(current(), &around);
    assert_ptr_equal(switch_to(NULL), &around);
    assert_int_equal(s_left.impersonated, 0);
    assert_int_equal(s_left.refs, 1);
    assert_int_equal(around.refs, 1);
}

static guise_result fails_switched(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, leaves_it_switched(call, s));
    return E_FAIL;
}

static guise_result signals_switched(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, leaves_it_switched(call, s));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, current() == (IUnknown *)&s_left); /* the reply is over */
    return GUISE_OK;
}

static void looks_at_its_context(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    (void)call;
    (void)result;
    s->count =
        current() != NULL && current() != &s_left && CoImpersonateClient() == RPC_E_CALL_COMPLETE;
    (void)switch_to(&s_left);
}

/* The completion function has a frame of the call of its own: no mock is seen in it, and what it
 * leaves is removed. */
static void com_the_completion_function_has_the_calls_context(void **state)
{
    struct scene *s = *state;

    s_left = make_mock(S_OK);
    assert_ok(guise_call_on_complete(s->call, looks_at_its_context, s));
    scene_dispatch_call(s, s->call, fails_switched, E_FAIL);
    assert_int_equal(s->count, 1);
    assert_true(has_no_context());
    assert_int_equal(s_left.impersonated, 0);
}

/* The same in the middle of Begin_, which has its own again afterwards. */
static void com_the_completion_function_interrupts_a_switched_frame(void **state)
{
    struct scene *s = *state;

    s_left = make_mock(S_OK);
    assert_ok(guise_call_on_complete(s->call, looks_at_its_context, s));
    scene_dispatch(s, signals_switched);
    assert_int_equal(s->count, 1);
    assert_true(has_no_context());
    assert_int_equal(s_left.impersonated, 0);
}

static guise_result exits_switched(guise_call *call, void *arg)
{
    (void)leaves_it_switched(call, arg);
    pthread_exit(NULL);
}

static struct mock s_around; /* the stack unwinds before the last look */

static void ends_in_a_frame(struct wt *w)
{
    struct scene *s = w->arg;

    (void)switch_to(&s_around);
    (void)!guise_call_dispatch(s->call, exits_switched, s);
}

static void frame_gone(void *arg)
{
    struct wt *w = arg;
    struct scene *s = w->arg;

    s->count = current() == &s_around && switch_to(NULL) == &s_around;
}

static void exit_worker(struct wt *w)
{
    pthread_cleanup_push(frame_gone, w);
    ends_in_a_frame(w);
    pthread_cleanup_pop(0);
}

/* by pthread_exit too. */
static void com_a_frame_that_is_unwound_puts_it_back(void **state)
{
    struct scene *s = *state;

    s_left = make_mock(S_OK);
    s_around = make_mock(S_OK);
    scene_elsewhere_ends(s, exit_worker);
    assert_int_equal(s->count, 1);
    assert_int_equal(s_around.refs, 1);
}

static guise_result in_run_as(void *arg)
{
    struct scene *s = arg;
    struct mock inside = make_mock(S_OK);

    CHECK(s, current() == &s_left);
    CHECK(s, switch_to(&inside) == &s_left);
    return GUISE_OK;
}

static guise_result runs_as(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, switch_to(&s_left) != NULL);
    CHECK_OK(s, guise_run_as(s->own_token, in_run_as, s));
    CHECK(s, current() == &s_left);
    return GUISE_OK;
}

/* guise_run_as is the same call's code: it keeps the context, and puts it back. */
static void com_run_as_keeps_the_context(void **state)
{
    s_left = make_mock(S_OK);
    scene_dispatch(*state, runs_as);
}

static void installs_it(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, has_no_context());
    WT_CHECK(w, switch_to(s->extra) == NULL);
    WT_CHECK_RESULT(w, CoImpersonateClient(), S_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
    WT_CHECK_RESULT(w, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    WT_CHECK_RESULT(w, CoRevertToSelf(), S_OK); /* S-23: there is a context */
    WT_CHECK(w, is_self());
    WT_CHECK(w, switch_to(NULL) == s->extra);
    WT_CHECK(w, has_no_context());
}

/* a worker has a context if it installs the one it holds. */
static void com_a_worker_installs_a_held_context(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = security_of_call(s->call);

    s->extra = security;
    scene_elsewhere(s, installs_it);
    assert_int_equal(IServerSecurity_Release(security), 0);
}

/* ---- main ------------------------------------------------------------------------------------ */

static int run(void)
{
    const struct CMUnitTest tests[] = {
        com_scene_test(com_the_context_is_that_of_the_current_call),
        com_scene_test(com_references_and_identity),
        com_scene_test(com_query_interface_checks_its_arguments),
        com_scene_test(com_it_outlives_everything_else),
        com_scene_test(com_the_last_release_completes_an_open_call),
        com_scene_test(com_V_19_no_call_on_this_thread),
        com_scene_test(com_V_01_impersonate_and_revert),
        com_scene_test(com_V_06_the_signal_boundary),
        com_scene_test(com_V_07_return_takes_the_token_off),
        com_scene_test(com_V_12_another_thread_signals),
        com_scene_test(com_V_13_revert_restores_what_was_set),
        com_scene_test(com_V_14_two_contexts_one_revert),
        com_scene_test(com_V_15_a_nested_frame_restores_the_outer_client),
        com_scene_test(com_V_18_kept_beyond_a_synchronous_call),
        com_scene_test(com_a_kept_context_never_reaches_the_next_client),
        com_scene_test(com_V_09_a_worker_with_a_held_pointer),
        com_scene_test(com_V_17_one_reverts_the_other_stays),
        com_scene_test(com_many_threads_ask_for_it_at_once),
        com_scene_test(com_V_20_authentication_none),
        com_scene_test(com_V_21_the_blanket_of_nobody),
        com_scene_test(com_V_23_level_anonymous),
        com_scene_test(com_V_24_level_identify),
        com_scene_test(com_the_level_is_the_lower_of_two),
        com_scene_test(com_V_22_the_impersonation_level_is_not_told),
        com_scene_test(com_all_null_asks_whether_the_call_is_open),
        com_scene_test(com_the_blanket),
        com_scene_test(com_the_name_lives_as_long_as_the_call),
        com_scene_test(com_names_in_utf16),
        com_scene_test(com_out_of_memory),
        com_scene_test(com_a_mock_in_no_frame),
        com_scene_test(com_switching_in_a_frame),
        com_scene_test(com_a_frame_puts_the_outer_context_back),
        com_scene_test(com_the_completion_function_has_the_calls_context),
        com_scene_test(com_the_completion_function_interrupts_a_switched_frame),
        com_scene_test(com_a_frame_that_is_unwound_puts_it_back),
        com_scene_test(com_run_as_keeps_the_context),
        com_scene_test(com_a_worker_installs_a_held_context),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
