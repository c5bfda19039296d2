/* SPDX-License-Identifier: MIT */
/* Where there is no kernel that could enforce: says so, and is never used. */
#include <stddef.h>

#include <guise/provider.h>

static guise_result missing_probe(const guise_provider *self)
{
    (void)self;
    return GUISE_E_NOT_SUPPORTED;
}

static guise_result missing_prepare(const guise_provider *self, const guise_token *token,
                                    void **prepared)
{
    (void)self;
    (void)token;
    *prepared = NULL;
    return GUISE_E_NOT_SUPPORTED;
}

static void missing_discard(const guise_provider *self, void *prepared)
{
    (void)self;
    (void)prepared;
}

static guise_result missing_enter(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
    return GUISE_E_ACCESS_DENIED;
}

static void missing_leave(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
}

static guise_result missing_verify(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
    return GUISE_E_ACCESS_DENIED;
}

const guise_provider *guise_provider_linux(void)
{
    static const guise_provider missing = {
        .size = sizeof missing,
        .name = "linux",
        .flags = GUISE_PROVIDER_ENFORCED,
        .probe = missing_probe,
        .prepare = missing_prepare,
        .discard = missing_discard,
        .enter = missing_enter,
        .leave = missing_leave,
        .verify = missing_verify,
    };

    return &missing;
}
