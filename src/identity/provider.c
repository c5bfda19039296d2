/* SPDX-License-Identifier: MIT */
/*
 * Choosing the provider, once.
 *
 * Locking discipline: s_lock guards everything static here while the choice is open, probe
 * included: who makes a token meanwhile waits for the outcome instead of running emulated by
 * accident. s_provider is stored last, with release, and never again; whoever loads it non-NULL
 * may read the rest without the lock.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "base/lifecycle.h"
#include "base/lock.h"
#include "identity/provider.h"
#include "base/struct_size.h"
#include "uring_hooks.h"

static struct guise__lock s_lock = GUISE__LOCK_INIT;
static _Atomic(const guise_provider *) s_provider;
static struct guise__limits s_limits;
static bool s_refused; /* a provider was asked for and could not keep its promises */

const guise_provider *guise__provider(void)
{
    /* Acquire: pairs with the stores of s_provider, for s_limits and the provider's own state. */
    return atomic_load_explicit(&s_provider, memory_order_acquire);
}

bool guise__is_linux_provider(void)
{
    return guise__provider() == guise_provider_linux();
}

const struct guise__limits *guise__limits(void)
{
    return &s_limits;
}

/* Before the first token, whoever chooses: later a thread might be somebody's client, and may open
 * no path then. */
static void settle_locked(const guise_provider *provider)
{
    guise__limits_read(&s_limits);
    /* Release: pairs with the acquire in guise__provider. */
    atomic_store_explicit(&s_provider, provider, memory_order_release);
}

static guise_result choose_locked(const guise_provider *provider)
{
    guise_result result;

    if (guise__provider() != NULL) {
        return GUISE_E_TOO_LATE;
    }
    result = provider->probe(provider);
    s_refused = result != GUISE_OK;
    if (!s_refused) {
        settle_locked(provider);
    }
    /* A provider of the program's own may answer anything: only GUISE_OK is a yes. */
    return result > 0 ? GUISE_E_UNEXPECTED : result;
}

/* Nobody chose: emulated, which has nothing to probe. */
static guise_result default_locked(void)
{
    if (guise__provider() != NULL) {
        return GUISE_OK;
    }
    if (s_refused) {
        return GUISE_E_ACCESS_DENIED;
    }
    settle_locked(guise_provider_emulated());
    return GUISE_OK;
}

/* Choosing opens files and joins a thread: a cancellation there would leave the lock behind. A child
 * forked meanwhile makes a choice of its own; without memory for the fork handler it might wait for
 * its parent's, which is no reason not to choose here. */
static void lock(int *cancel)
{
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, cancel);
    (void)guise__fork_prepare();
    (void)guise__lock_take(&s_lock);
}

static void unlock(int cancel)
{
    guise__lock_release(&s_lock);
    (void)pthread_setcancelstate(cancel, NULL);
}

guise_result guise__provider_settle(void)
{
    guise_result result;
    int cancel;

    if (guise__provider() != NULL) {
        return GUISE_OK;
    }
    lock(&cancel);
    result = default_locked();
    unlock(cancel);
    return result;
}

static bool is_usable(const guise_provider *provider)
{
    return guise__sized_in(provider, sizeof *provider) && provider->name != NULL &&
           (provider->flags & ~GUISE_PROVIDER_ENFORCED) == 0 && provider->probe != NULL &&
           provider->prepare != NULL && provider->discard != NULL && provider->enter != NULL &&
           provider->leave != NULL && provider->verify != NULL;
}

guise_result guise_use_provider(const guise_provider *provider)
{
    guise_result result;
    int cancel;

    if (provider == NULL || !is_usable(provider)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    lock(&cancel);
    result = choose_locked(provider);
    unlock(cancel);
    return result;
}
