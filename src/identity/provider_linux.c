/* SPDX-License-Identifier: MIT */
/*
 * The providers that have the kernel enforce, thread by thread. The two share the switch (linux_switch.c)
 * and the probe (linux_probe.c). "linux" changes effective ids only, so that a local client cannot send
 * signals to the thread. "linux_full" changes the real ids too, so that acts which go by the real id are
 * the client's as well.
 */
#define _GNU_SOURCE
#include <linux/securebits.h>
#include <stdbool.h>
#include <string.h>

#include <guise/provider.h>

#include "base/check.h"
#include "identity/linux_probe.h"
#include "identity/linux_switch.h"
#include "port/port.h"

/* If self's uid is not 0, becoming uid 0 and leaving it again takes the permitted capabilities away, unless
 * the process asked the kernel not to. Then there is no way back. */
static bool has_no_way_back(uid_t uid)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return uid == 0 && self->uid.real != 0 && self->uid.saved != 0 &&
           (self->securebits & SECBIT_NO_SETUID_FIXUP) == 0;
}

/* Is a token's list self's? It is never empty, because its gid is among its groups. */
static bool is_self_list(size_t count, const gid_t *sorted)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return count == self->group_count && memcmp(sorted, self->sorted, count * sizeof *sorted) == 0;
}

static guise_result linux_prepare(const guise_provider *provider, const guise_token *token,
                                  void **prepared)
{
    struct guise__linux_identity *identity;

    (void)provider;
    GUISE__CHECK(guise__linux_self_is_valid());
    *prepared = NULL;
    /* A client that did not grant impersonation gives no rights, so a forgotten check fails closed. One
     * without ids never grants it (I-14). */
    if (guise_token_level(token) < GUISE_LEVEL_IMPERSONATE || !guise_token_has_ids(token)) {
        *prepared = &guise__linux_powerless;
        return GUISE_OK;
    }
    identity = guise__alloc(sizeof *identity);
    if (identity == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    guise__linux_describe(identity, guise_token_uid(token), guise_token_gid(token));
    identity->groups = guise_token_groups(token, &identity->group_count);
    identity->same_groups = is_self_list(identity->group_count, identity->groups);
    /* Uid 0 comes without capabilities, because only the ids were authenticated. */
    identity->clear_caps = guise__linux_self.clears_caps || identity->uid.effective == 0;
    identity->impossible = has_no_way_back(identity->uid.effective);
    GUISE__CHECK(guise__linux_identity_is_valid(identity));
    *prepared = identity;
    return GUISE_OK;
}

static void linux_discard(const guise_provider *provider, void *prepared)
{
    (void)provider;
    if (prepared != &guise__linux_powerless) {
        guise__free(prepared);
    }
}

static guise_result linux_probe(const guise_provider *provider)
{
    return guise__linux_probe(provider == guise_provider_linux_full());
}

/* clang-format off */
#define LINUX_PROVIDER(its_name)                                                                   \
    {.size = sizeof(guise_provider), .name = its_name, .flags = GUISE_PROVIDER_ENFORCED,           \
     .probe = linux_probe, .prepare = linux_prepare, .discard = linux_discard,                     \
     .enter = guise__linux_enter, .leave = guise__linux_leave, .verify = guise__linux_verify}
/* clang-format on */

const guise_provider *guise_provider_linux(void)
{
    static const guise_provider provider = LINUX_PROVIDER("linux");

    return &provider;
}

const guise_provider *guise_provider_linux_full(void)
{
    static const guise_provider provider = LINUX_PROVIDER("linux_full");

    return &provider;
}
