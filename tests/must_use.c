/* SPDX-License-Identifier: MIT */
/* S-24: compiled by tests/must_use, whole and with one result ignored at a time; never linked. */
#include <guise/com/objbase.h>
#include <guise/guise.h>

int looks_at_every_result(guise_call *call, guise_begin_fn *fn, const guise_token *token);
void ignores_what_cannot_fail(guise_call *call, guise_signal *signal);
guise_result work(void *arg);

int looks_at_every_result(guise_call *call, guise_begin_fn *fn, const guise_token *token)
{
#ifdef IGNORE_IMPERSONATE
    guise_call_impersonate(call);
#endif
#ifdef IGNORE_CLIENT
    guise_impersonate_client();
#endif
#ifdef IGNORE_RUN_AS
    guise_run_as(token, work, call);
#endif
#ifdef IGNORE_SET_TOKEN
    guise_set_thread_token(token);
#endif
#ifdef IGNORE_DISPATCH
    guise_call_dispatch(call, fn, call);
#endif
#ifdef IGNORE_LOGGED_ON
    ImpersonateLoggedOnUser(NULL);
#endif
#ifdef IGNORE_SELF
    ImpersonateSelf(SecurityImpersonation);
#endif
#ifdef IGNORE_ANONYMOUS
    ImpersonateAnonymousToken(NULL);
#endif
#ifdef IGNORE_CO_IMPERSONATE
    CoImpersonateClient();
#endif
    return guise_call_dispatch(call, fn, call) == GUISE_OK &&
           guise_run_as(token, work, call) == GUISE_OK;
}

/* In every compilation: none of these may be warned about. */
void ignores_what_cannot_fail(guise_call *call, guise_signal *signal)
{
    guise_signal_set(signal);
    guise_signal_reset(signal);
    guise_call_signal(call);
    guise_call_complete(call, GUISE_E_DISCONNECTED);
    guise_revert_to_self();
}
