/* SPDX-License-Identifier: MIT */
/* A program of somebody else's, in C: be the client until Signal, and not after. */
#include <guise/guise.h>

#include <stdio.h>
#include <string.h>

static guise_result begin(guise_call *call, void *arg)
{
    int *good = arg;

    *good = guise_impersonate_client() == GUISE_OK && guise_is_impersonating() &&
            strcmp(guise_token_name(guise_thread_token()), "alice") == 0 &&
            guise_call_signal(call) == GUISE_OK && guise_revert_to_self() == GUISE_OK &&
            guise_impersonate_client() == GUISE_E_CALL_COMPLETE;
    return GUISE_OK;
}

static int serve(guise_context *client)
{
    guise_call *call = NULL;
    int good = 0;

    if (guise_call_create(client, &call) != GUISE_OK) {
        return 0;
    }
    if (guise_call_dispatch(call, begin, &good) != GUISE_OK) {
        good = 0;
    }
    guise_call_unref(call);
    return good && guise_thread_token() == NULL;
}

int main(void)
{
    guise_token_desc desc = {.size = sizeof(desc), .name = "alice", .uid = 1000, .gid = 1000,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof(blanket), .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_token *token = NULL;
    guise_context *client = NULL;
    int good = 0;

    if (guise_use_provider(guise_provider_emulated()) == GUISE_OK &&
        guise_token_create(&desc, &token) == GUISE_OK &&
        guise_context_create(&blanket, token, &client) == GUISE_OK) {
        good = serve(client);
    }
    guise_context_unref(client);
    guise_token_unref(token);
    (void)printf("guise %s from C: %s\n", guise_version(), good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
