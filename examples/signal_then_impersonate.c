/* SPDX-License-Identifier: MIT */
/*
 * The rule, as a story:
 *
 *   A server may impersonate the client of a call until its Signal on that call completes, and
 *   never after, even if Begin_ is still running. A token put on the thread before that stays
 *   until the server reverts or until Begin_ returns, whichever comes first.
 *
 * begin() is the server's code. Each line of it states the result that it must have and the identity
 * of the thread afterwards. With CAP_SETUID and CAP_SETGID the kernel must confirm that identity.
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
    step("impersonate the client", guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE),
         GUISE_OK, ALICE);
    step("Signal: the call is complete", guise_call_signal(call), GUISE_OK, ALICE); /* still! */
    step("revert to self", guise_revert_to_self(), GUISE_OK, SERVER);
    step("impersonate again: too late", guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE),
         GUISE_E_CALL_COMPLETE, SERVER);
    return GUISE_OK;
}

/* The rest sets the scene: it chooses a provider, makes a client and its call, and prints each step. */

static const uid_t alice_uid = 50001; /* any unused number; it is never looked up */
static uid_t s_server_uid;
static bool s_enforced;
static int s_surprises;

/* Whether this thread has that identity: for Guise and, where the kernel enforces, for the kernel. */
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

/* Ends the program if the step failed, because all later steps depend on it. */
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
    printf("The kernel cannot be asked to enforce this: %s.\n"
           "So only Guise knows the client (provider: emulated), and the uid stays the server's.\n"
           "%s\n",
           guise_provider_reason(),
           result == GUISE_E_ACCESS_DENIED
               ? "With CAP_SETUID and CAP_SETGID, which root has, the uid changes too.\n"
               : "");
    must("choosing the emulated provider", guise_use_provider(guise_provider_emulated()));
}

/* A request from alice has arrived. A real server learns the identity of a client from its transport. */
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
    guise_call *call;
    guise_result result;

    choose_provider();
    printf("  %-30s %-22s %s\n", "step", "result", "and the thread is now");

    call = request_from_alice();
    result = guise_call_dispatch(call, begin, NULL);
    step("Begin_ has returned", result, GUISE_OK, SERVER);
    guise_call_unref(call);

    printf("\n%s\n", s_surprises == 0 ? "As the rule says." : "NOT as the rule says.");
    return s_surprises == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
