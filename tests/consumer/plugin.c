/* SPDX-License-Identifier: MIT */
/* A plugin with a copy of the library in it: it serves a call, and COM's apartment is not left. */
#define COBJMACROS
#include <windows.h>

#include <guise/guise.h>

int plugin_serve(void);

static guise_result begin(guise_call *call, void *unused)
{
    guise_result result = guise_impersonate_client();

    (void)unused;
    return result == GUISE_OK ? guise_call_signal(call) : result;
}

static guise_result serve(guise_context *client)
{
    guise_call *call = NULL;
    guise_result result = guise_call_create(client, &call);

    if (result == GUISE_OK) {
        result = guise_call_dispatch(call, begin, NULL);
    }
    guise_call_unref(call);
    return result;
}

/* 0: served. The thread is left with what the libraries have to undo when it ends. */
int plugin_serve(void)
{
    guise_token_desc desc = {.size = sizeof(desc),
                             .name = "alice",
                             .uid = 1000,
                             .gid = 1000,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof(blanket), .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_token *token = NULL;
    guise_context *client = NULL;
    guise_result result = guise_use_provider(guise_provider_emulated());

    if (result == GUISE_OK) {
        result = guise_token_create(&desc, &token);
    }
    if (result == GUISE_OK) {
        result = guise_context_create(&blanket, token, &client);
    }
    if (result == GUISE_OK) {
        result = serve(client);
    }
    guise_context_unref(client);
    guise_token_unref(token);
    return result == GUISE_OK && SUCCEEDED(CoInitializeEx(NULL, COINIT_MULTITHREADED)) ? 0 : 1;
}
