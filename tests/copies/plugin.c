/* SPDX-License-Identifier: MIT */
/* A plugin with a copy of the library of its own inside, linked from the static one. */
#include "copies/plugin.h"

guise_result plugin_choose(const char *which)
{
    return guise_use_provider(which[0] == 'e' ? guise_provider_emulated() : guise_provider_linux());
}

const char *plugin_reason(void)
{
    return guise_provider_reason();
}

static guise_result do_nothing(void *arg)
{
    (void)arg;
    return GUISE_OK;
}

guise_result plugin_run_as(unsigned id)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token;
    guise_result result;

    desc.uid = id;
    desc.gid = id;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    result = guise_token_create(&desc, &token);
    if (result == GUISE_OK) {
        result = guise_run_as(token, do_nothing, NULL);
    }
    guise_token_unref(token);
    return result;
}
