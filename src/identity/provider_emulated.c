/* SPDX-License-Identifier: MIT */
/* The slot is the truth. Nothing is prepared, so the core never has anything to enter or leave. */
#include <stddef.h>

#include <guise/provider.h>

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

static void emulated_discard(const guise_provider *self, void *prepared)
{
    (void)self;
    (void)prepared;
}

static guise_result emulated_enter(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
    return GUISE_OK;
}

static void emulated_leave(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
}

static guise_result emulated_verify(const guise_provider *self, const void *prepared)
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
        .discard = emulated_discard,
        .enter = emulated_enter,
        .leave = emulated_leave,
        .verify = emulated_verify,
    };

    return &emulated;
}
