/* SPDX-License-Identifier: MIT */
/*
 * The identity that a COM server's code has for the kernel, from CreateCall to the last Release.
 */
#define _GNU_SOURCE
#include "com/calc.h"

#include <errno.h>
#include <unistd.h>

#include "support/kernel.h"
#include "support/wt.h"

enum { ALICE = 50001 };

static struct who s_self, s_alice;
static ISynchronize *s_sync;
static bool s_replied;

static void start(void)
{
    serve(0, NULL, &s_self);
    s_alice = who_as(&s_self, ALICE, ALICE, 0, NULL);
}

static void must_be_self(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    (void)arg;
    CHILD_OK(result);
    MUST_BE(&s_self);
    s_replied = true;
}

static void create_as_self(struct calc *calc, IUnknown *outer)
{
    (void)calc;
    (void)outer;
    MUST_BE(&s_self);
    CHILD_OK(CoImpersonateClient()); /* and does not revert */
}

static HRESULT finish_as_self(struct calc_call *call, LONG *quotient)
{
    (void)call;
    MUST_BE(&s_self);
    CHILD_CHECK_RESULT(CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    MUST_BE(&s_self);
    CHILD_CHECK(try_open("of-root") == 0);
    *quotient = 1;
    return S_OK;
}

static void die_as_self(struct calc_call *call)
{
    (void)call;
    MUST_BE(&s_self);
}

static void dispatch_alice(struct calc *calc)
{
    guise_call *call = simple_call(ALICE, ALICE);
    struct divide_args args = {42, 6, -1};

    calc->creating = create_as_self;
    calc->finish = finish_as_self;
    CHILD_OK(guise_call_on_complete(call, must_be_self, NULL));
    CHILD_CHECK_RESULT(GuiseDispatchCall(call, (IUnknown *)&calc->iface, &divide, &args), S_OK);
    MUST_BE(&s_self);
    guise_call_unref(call);
}

static HRESULT signal_as_alice(struct calc_call *call)
{
    MUST_BE(&s_self);
    CHILD_OK(CoImpersonateClient());
    MUST_BE(&s_alice);
    CHILD_CHECK(try_open("of-root") == EACCES);
    CHILD_OK(calc_signal(call));
    MUST_BE(&s_alice); /* N-02 */
    CHILD_CHECK_RESULT(CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    MUST_BE(&s_alice); /* N-04 */
    return S_OK;       /* and does not revert */
}

/* N-01, N-02, S-14: the server is itself in all it does but what it does as alice. */
static void signal_in_begin(void *arg)
{
    struct calc calc;

    (void)arg;
    start();
    calc_init(&calc, NULL);
    calc.begin = signal_as_alice;
    calc.dying = die_as_self;
    dispatch_alice(&calc);
    CHILD_CHECK(s_replied && atomic_load(&calc.finished) == 1 && atomic_load(&calc.calls) == 0);
}

static HRESULT keep_sync_as_alice(struct calc_call *call)
{
    s_sync = calc_synchronize(call);
    CHILD_OK(CoImpersonateClient());
    return S_OK;
}

static void *signal_later(void *arg)
{
    MUST_BE(&s_self);
    CHILD_OK(guise_call_impersonate(arg));
    MUST_BE(&s_alice);
    CHILD_OK(ISynchronize_Signal(s_sync));
    MUST_BE(&s_alice); /* S-20 */
    CHILD_CHECK_RESULT(guise_call_impersonate(arg), GUISE_E_CALL_COMPLETE);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    (void)ISynchronize_Release(s_sync);
    return NULL;
}

/* The same from a worker, which is alice too when it signals. */
static void signal_from_a_worker(void *arg)
{
    guise_call *call;
    struct divide_args args = {42, 6, -1};
    struct calc calc;

    (void)arg;
    start();
    calc_init(&calc, NULL);
    calc.begin = keep_sync_as_alice;
    calc.finish = finish_as_self;
    call = simple_call(ALICE, ALICE);
    CHILD_OK(guise_call_on_complete(call, must_be_self, NULL));
    CHILD_CHECK_RESULT(GuiseDispatchCall(call, (IUnknown *)&calc.iface, &divide, &args), S_OK);
    MUST_BE(&s_self);
    child_thread(signal_later, call);
    CHILD_CHECK(s_replied && args.quotient == 1 && atomic_load(&calc.calls) == 0);
    guise_call_unref(call);
}

static HRESULT be_alice(struct calc *calc, LONG *quotient)
{
    (void)calc;
    *quotient = 7;
    CHILD_OK(CoImpersonateClient());
    MUST_BE(&s_alice);
    return S_OK;
}

/* N-07, S-17 */
static void synchronous_method(void *arg)
{
    struct calc calc;

    (void)arg;
    start();
    calc_init(&calc, NULL);
    calc.mistake = CALC_NO_FACTORY;
    calc.divide = be_alice;
    dispatch_alice(&calc);
    CHILD_CHECK(s_replied);
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(signal_in_begin),
        kernel_test(signal_from_a_worker),
        kernel_test(synchronous_method),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
