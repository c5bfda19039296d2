/* SPDX-License-Identifier: MIT */
/*
 * COM's call context inside a method of an object (object.h): the call then has a part of the client's side and one of
 * guise-com's, and both end with it.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/client.h"

#include <combaseapi.h>
#include <guisecom.h>

static IServerSecurity *s_kept;

static void use_the_context(struct client *c, guise_call *call)
{
    IServerSecurity *security = NULL, *again = NULL;

    if (CoGetCallContext(&IID_IServerSecurity, (void **)&security) != S_OK ||
        GuiseGetServerSecurity(call, &again) != S_OK || again != security ||
        security->lpVtbl->ImpersonateClient(security) != S_OK ||
        !security->lpVtbl->IsImpersonating(security) ||
        security->lpVtbl->RevertToSelf(security) != S_OK) {
        abort();
    }
    (void)again->lpVtbl->Release(again);
    s_kept = security;
    c->extra = c;
}

/* A reference to the context is one to the call, so the call's blocks stay as long. */
static void a_method_has_a_call_context(void **state)
{
    struct client *c = *state;

    c->in_method = use_the_context;
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ptr_equal(c->extra, c);
    assert_ok(guise_call_signal(c->held));
    assert_finishes(c, HOLD, 0, 0);
    assert_int_equal(s_kept->lpVtbl->ImpersonateClient(s_kept), RPC_E_CALL_COMPLETE);
    guise_object_unref(c->object);
    guise_proxy_unref(c->proxy);
    guise_request_unref(c->request);
    c->object = NULL;
    c->proxy = NULL;
    c->request = NULL;
    assert_int_equal(c->released_self, 0);
    assert_int_equal(s_kept->lpVtbl->Release(s_kept), 0);
    assert_int_equal(c->released_self, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        client_test_queued(a_method_has_a_call_context),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("com_method", tests, NULL, NULL);
}
