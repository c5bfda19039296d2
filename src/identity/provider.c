/* SPDX-License-Identifier: MIT */
/*
 * Choosing the provider, once.
 *
 * Until a program has chosen the provider that enforces identities there is no token, so a server that
 * forgets to choose serves no client with its own rights (I-01). A choice that fails leaves it like that.
 *
 * Locking discipline: s_lock guards the choice, probe included, so two choices never overlap.
 * s_provider is stored last, with release, and never again; a thread that loads it non-NULL may read
 * s_limits without the lock. s_reason points to constants only and is read without the lock.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/lock.h"
#include "base/struct_size.h"
#include "identity/provider.h"
#include "identity/token.h"

static struct guise__lock s_lock = GUISE__LOCK_INIT;
static _Atomic(const guise_provider *) s_provider;
static struct guise__limits s_limits;
static _Atomic(const char *)
    s_reason; /* why the last choice failed; NULL: none was made, or its probe runs */

const guise_provider *guise__provider(void)
{
    /* Acquire: pairs with the stores of s_provider, for s_limits and the provider's own state. */
    return atomic_load_explicit(&s_provider, memory_order_acquire);
}

bool guise__is_linux_provider(void)
{
    const guise_provider *provider = guise__provider();

    return provider == guise_provider_linux() || provider == guise_provider_linux_full();
}

void guise__provider_discard_nothing(const guise_provider *self, void *prepared)
{
    (void)self;
    (void)prepared;
}

void guise__provider_leave_nothing(const guise_provider *self, const void *prepared)
{
    (void)self;
    (void)prepared;
}

const struct guise__limits *guise__limits(void)
{
    return &s_limits;
}

/* Written by the probe, before the release store of s_provider. */
static size_t s_groups_needed;

void guise__groups_need(size_t count)
{
    s_groups_needed = count;
}

size_t guise__groups_max(void)
{
    size_t limit = guise__token_group_limit();

    return limit > s_groups_needed ? limit : s_groups_needed;
}

void guise__provider_explain(const char *reason)
{
    /* Relaxed: a pointer to a constant, which needs nothing else to be seen. */
    atomic_store_explicit(&s_reason, reason, memory_order_relaxed);
}

static void settle_locked(const guise_provider *provider)
{
    GUISE__CHECK(guise__lock_is_held(&s_lock));
    GUISE__CHECK(guise__provider() == NULL); /* there is one choice in a process */
    /* Here and not later, because a thread that is a client opens no path. */
    guise__limits_read(&s_limits);
    guise__provider_explain("");
    /* Release: pairs with the acquire in guise__provider. */
    atomic_store_explicit(&s_provider, provider, memory_order_release);
}

/* Only GUISE_OK is success, because a provider of the program's own may return anything. */
static guise_result probe_locked(const guise_provider *provider)
{
    guise_result result;

    GUISE__CHECK(guise__lock_is_held(&s_lock));
    guise__provider_explain(NULL);
    result = provider->probe(provider);
    if (result == GUISE_OK) {
        settle_locked(provider);
    } else if (atomic_load_explicit(&s_reason, memory_order_relaxed) == NULL) {
        guise__provider_explain(guise_result_name(result));
    }
    return result > 0 ? GUISE_E_UNEXPECTED : result;
}

static guise_result refuse_late(const char *reason)
{
    guise__provider_explain(reason);
    return GUISE_E_TOO_LATE;
}

/* Marks this copy before it looks for marks, so that of two copies that choose at the same time at most one
 * goes on. */
static bool claim_copy(void)
{
    guise__mark_copy();
    if (!guise__other_copy_is_marked()) {
        return true;
    }
    guise__unmark_copy();
    return false;
}

/* Two copies of the library that both enforce would each refuse the other's clients as threads that other
 * code has changed. So the second copy to choose is refused, also while the first one probes (I-09). */
static guise_result choose_locked(const guise_provider *provider)
{
    bool enforces = (provider->flags & GUISE_PROVIDER_ENFORCED) != 0;
    const guise_provider *chosen = guise__provider();
    guise_result result;

    GUISE__CHECK(guise__lock_is_held(&s_lock));
    if (chosen == provider) {
        return GUISE_OK;
    }
    if (chosen != NULL) {
        return refuse_late("another provider is in use already");
    }
    if (enforces && !claim_copy()) {
        return refuse_late("another copy of the library in this process enforces already");
    }
    result = probe_locked(provider);
    if (result != GUISE_OK && enforces) {
        guise__unmark_copy();
    }
    return result;
}

/* Disables cancellation too, because choosing opens files and joins a thread, and a cancellation there
 * would leave the lock held. A child that is forked meanwhile makes a choice of its own; if the fork
 * handler cannot be registered, that child may wait for a lock that its parent held, and that is
 * accepted. */
static void choice_lock(int *cancel)
{
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, cancel);
    (void)guise__fork_prepare();
    (void)guise__lock_take(&s_lock);
}

static void choice_unlock(int cancel)
{
    guise__lock_release(&s_lock);
    (void)pthread_setcancelstate(cancel, NULL);
}

static bool is_usable(const guise_provider *provider)
{
    return guise__struct_size_in(provider, sizeof *provider) && provider->name != NULL &&
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
    choice_lock(&cancel);
    result = choose_locked(provider);
    choice_unlock(cancel);
    return result;
}

const guise_provider *guise_provider_in_use(void)
{
    return guise__provider();
}

const char *guise_provider_reason(void)
{
    const char *reason = atomic_load_explicit(&s_reason, memory_order_relaxed);

    return reason == NULL ? "no provider was chosen" : reason;
}
