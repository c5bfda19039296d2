/* SPDX-License-Identifier: MIT */
/*
 * The rule, as a story:
 *
 *   A server may impersonate the client of a call until its Signal on that call completes, and
 *   never after, even if Begin_ is still running. A token put on the thread before that stays
 *   until the server reverts or until Begin_ returns, whichever comes first.
 *
 * begin() is the server's code; each line of it says what must come of it: the result, and who
 * the thread is afterwards. As root the kernel is asked who that is, too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <guise/guise.h>

#define ALICE "alice"
#define SERVER "the server"

static void step(const char *what, guise_result result, guise_result expected, const char *who);

static guise_result begin(guise_call *call, void *arg)
{
    (void)arg;
    step("Begin_ runs", GUISE_OK, GUISE_OK, SERVER);
    step("impersonate the client", guise_impersonate_client(), GUISE_OK, ALICE);
    step("Signal: the call is complete", guise_call_signal(call), GUISE_OK, ALICE); /* still! */
    step("revert to self", guise_revert_to_self(), GUISE_OK, SERVER);
    step("impersonate again: too late", guise_impersonate_client(), GUISE_E_CALL_COMPLETE, SERVER);
    return GUISE_OK;
}

/* The rest is the stage: choose a provider, make a client and its call, and keep the transcript. */

static const uid_t alice_uid = 50001; /* any unused number; nobody looks it up */
static uid_t s_server_uid;
static bool s_enforced;
static int s_surprises;

/* Who this thread is: for Guise, and for the kernel if the kernel was told. */
static bool thread_is(const char *who)
{
    const guise_token *token = guise_thread_token();
    uid_t uid = strcmp(who, ALICE) == 0 && s_enforced ? alice_uid : s_server_uid;

    return strcmp(token != NULL ? guise_token_name(token) : SERVER, who) == 0 && geteuid() == uid;
}

static void step(const char *what, guise_result result, guise_result expected, const char *who)
{
    const guise_token *token = guise_thread_token();
    bool fine = result == expected && thread_is(who);

    printf("  %-30s %-22s %-10s  uid %u%s\n", what, guise_result_name(result),
           token != NULL ? guise_token_name(token) : SERVER, (unsigned)geteuid(),
           fine ? "" : "  <- SURPRISE");
    s_surprises += !fine;
}

/* Everything after this depends on it: no provider, no client or no call means no story. */
static void must(const char *what, guise_result result)
{
    if (result < 0) {
        fprintf(stderr, "signal_then_impersonate: %s: %s\n", what, guise_result_name(result));
        exit(EXIT_FAILURE);
    }
}

static void choose_provider(void)
{
    guise_result result = guise_use_provider(guise_provider_linux());

    s_server_uid = geteuid();
    s_enforced = result == GUISE_OK;
    if (s_enforced) {
        printf("The kernel enforces who the thread is (provider: linux).\n\n");
        return;
    }
    printf("The kernel cannot be asked to enforce this (%s), so Guise keeps the books alone\n"
           "(provider: emulated): the uid stays the server's. Run it as root to see the other.\n\n",
           guise_result_name(result));
    must("choosing the emulated provider", guise_use_provider(guise_provider_emulated()));
}

/* A request of alice's has arrived. A real server learns who she is from its transport. */
static guise_call *request_from_alice(void)
{
    guise_token_desc alice = {.size = sizeof alice,
                              .name = ALICE,
                              .uid = alice_uid,
                              .gid = alice_uid,
                              .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_token *token;
    guise_context *client;
    guise_call *call;

    must("making the token", guise_token_create(&alice, &token));
    must("making the context", guise_context_create(&blanket, token, &client));
    must("making the call", guise_call_create(client, &call));
    guise_context_unref(client); /* the call keeps what it needs */
    guise_token_unref(token);
    return call;
}

int main(void)
{
    choose_provider();
    printf("  %-30s %-22s %s\n", "step", "result", "and the thread is now");

    guise_call *call = request_from_alice();
    guise_result result = guise_call_dispatch(call, begin, NULL);
    step("Begin_ has returned", result, GUISE_OK, SERVER);
    guise_call_unref(call);

    printf("\n%s\n", s_surprises == 0 ? "As the rule says." : "NOT as the rule says.");
    return s_surprises == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
