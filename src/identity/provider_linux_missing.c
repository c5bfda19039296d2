/* SPDX-License-Identifier: MIT */
/*
 * The kernel's providers on systems without identities of single threads. Their probe says
 * so, which keeps them from being chosen. The other functions refuse too, for a program that calls them
 * from a provider of its own.
 */
#include <stddef.h>

#include <guise/provider.h>

#include "identity/provider.h"

static guise_result missing_probe(const guise_provider *self)
{
    (void)self;
    guise__provider_explain("this system has no identities of single threads");
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

/* enter and verify */
static guise_result missing_refuse(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
    return GUISE_E_ACCESS_DENIED;
}

/* clang-format off */
#define MISSING_PROVIDER(its_name)                                                                 \
    {.size = sizeof(guise_provider), .name = its_name, .flags = GUISE_PROVIDER_ENFORCED,           \
     .probe = missing_probe, .prepare = missing_prepare,                                           \
     .discard = guise__provider_discard_nothing, .enter = missing_refuse,                          \
     .leave = guise__provider_leave_nothing, .verify = missing_refuse}
/* clang-format on */

const guise_provider *guise_provider_linux(void)
{
    static const guise_provider missing = MISSING_PROVIDER("linux");

    return &missing;
}

const guise_provider *guise_provider_linux_full(void)
{
    static const guise_provider missing = MISSING_PROVIDER("linux_full");

    return &missing;
}
