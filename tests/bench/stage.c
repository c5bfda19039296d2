/* SPDX-License-Identifier: MIT */
#include "stage.h"

guise_context *stage_client(uid_t uid, gid_t gid, const gid_t *groups, size_t count)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "client",
                             .uid = uid,
                             .gid = gid,
                             .groups = groups,
                             .group_count = count,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERNEL,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_context *context;
    guise_token *token;

    if (guise_provider_in_use() == NULL) {
        bench_must(guise_use_provider(guise_provider_emulated()) == GUISE_OK);
    }
    bench_must(guise_token_create(&desc, &token) == GUISE_OK);
    bench_must(guise_context_create(&blanket, token, &context) == GUISE_OK);
    guise_token_unref(token);
    return context;
}

guise_call *stage_call(guise_context *client)
{
    guise_call *call;

    bench_must(guise_call_create(client, &call) == GUISE_OK);
    return call;
}

guise_signal *stage_signal(guise_signal_kind kind)
{
    guise_signal *signal;

    bench_must(guise_signal_create(kind, &signal) == GUISE_OK);
    return signal;
}

void stage_frame(guise_context *client, guise_begin_fn *fn, void *arg)
{
    guise_call *call = stage_call(client);

    bench_must(guise_call_run(call, fn, arg) == GUISE_OK);
    guise_call_unref(call);
}

static guise_result begin(guise_call *call, void *arg)
{
    (void)arg;
    return guise_impersonate_client() | guise_revert_to_self() | guise_call_signal(call);
}

static void complete(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    (void)result;
    (void)arg;
}

guise_result stage_whole_call(guise_context *client)
{
    guise_call *call = NULL;
    guise_result result = guise_call_create(client, &call);

    result |= guise_call_dispatch(call, begin, NULL);
    guise_call_unref(call);
    return result;
}

guise_result stage_whole_call_replied(guise_context *client)
{
    guise_call *call = NULL;
    guise_result result = guise_call_create(client, &call);

    result |= guise_call_on_complete(call, complete, NULL);
    result |= guise_call_dispatch(call, begin, NULL);
    guise_call_unref(call);
    return result;
}
