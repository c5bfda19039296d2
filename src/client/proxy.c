/* SPDX-License-Identifier: MIT */
/* Proxies. */
#include "client/proxy.h"

#include <pthread.h>

#include "base/check.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "client/object.h"
#include "client/release.h"
#include "port/port.h"

static struct guise__blanket_place place_of(guise_proxy *proxy)
{
    return (struct guise__blanket_place){&proxy->lock, &proxy->blanket, proxy->object};
}

struct guise__client_blanket *guise__proxy_blanket(guise_proxy *proxy)
{
    struct guise__blanket_place place = place_of(proxy);

    return guise__blanket_take(&place);
}

guise_result guise_proxy_create(guise_object *object, guise_proxy **out)
{
    guise_proxy *proxy;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (object == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    proxy = guise__alloc(sizeof *proxy);
    if (proxy == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (guise__blanket_fresh(object, &proxy->blanket) != GUISE_OK) {
        guise__free(proxy);
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&proxy->refs, 1);
    guise__lock_init(&proxy->lock);
    proxy->object = guise_object_ref(object);
    *out = proxy;
    return GUISE_OK;
}

/* A copy starts as a fresh proxy (C-09). */
guise_result guise_proxy_copy(const guise_proxy *proxy, guise_proxy **out)
{
    return guise_proxy_create(proxy == NULL ? NULL : proxy->object, out);
}

guise_proxy *guise_proxy_ref(guise_proxy *proxy)
{
    if (proxy != NULL) {
        (void)guise__count_up(&proxy->refs);
    }
    return proxy;
}

/* The functions of the program come last: those of the blanket's token, and then, in whichever way they end,
 * those of the object. */
void guise_proxy_unref(guise_proxy *proxy)
{
    struct guise__client_blanket *blanket;
    guise_object *object;

    if (proxy == NULL || !guise__count_down(&proxy->refs)) {
        return;
    }
    object = proxy->object;
    blanket = proxy->blanket;
    guise__lock_destroy(&proxy->lock);
    guise__free(proxy);
    pthread_cleanup_push(guise__release_object, object);
    guise__blanket_unref(blanket);
    pthread_cleanup_pop(1);
}

guise_result guise_proxy_query_blanket(const guise_proxy *proxy, guise_blanket *out)
{
    struct guise__blanket_place place;

    if (out == NULL || !guise__struct_size_out(out, sizeof *out) || proxy == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    place = place_of((guise_proxy *)proxy);
    return guise__blanket_query(&place, out);
}

guise_result guise_proxy_set_blanket(guise_proxy *proxy, const guise_blanket *blanket,
                                     const guise_token *as)
{
    struct guise__blanket_place place;

    if (proxy == NULL || blanket == NULL || !guise__struct_size_in(blanket, sizeof *blanket)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    place = place_of(proxy);
    return guise__blanket_set(&place, blanket, as);
}
