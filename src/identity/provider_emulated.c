/* SPDX-License-Identifier: MIT */
/*
 * The emulated provider: the slot is all there is, and the kernel is never asked. Because nothing is
 * prepared for a token, the core never calls enter or leave.
 */
#include <stddef.h>

#include <guise/provider.h>

#include "identity/provider.h"

static guise_result emulated_probe(const guise_provider *self)
{
    (void)self;
    return GUISE_OK;
}

static guise_result emulated_prepare(const guise_provider *self, const guise_token *token,
                                     void **prepared)
{
    (void)self;
    (void)token;
    *prepared = NULL;
    return GUISE_OK;
}

/* enter and verify */
static guise_result emulated_accept(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
    return GUISE_OK;
}

const guise_provider *guise_provider_emulated(void)
{
    static const guise_provider emulated = {
        .size = sizeof emulated,
        .name = "emulated",
        .probe = emulated_probe,
        .prepare = emulated_prepare,
        .discard = guise__provider_discard_nothing,
        .enter = emulated_accept,
        .leave = guise__provider_leave_nothing,
        .verify = emulated_accept,
    };

    return &emulated;
}
