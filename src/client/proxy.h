/* SPDX-License-Identifier: MIT */
/* Proxies from the inside. Locking discipline: a proxy's lock guards its blanket, and is a leaf. */
#ifndef GUISE_SRC_CLIENT_PROXY_H
#define GUISE_SRC_CLIENT_PROXY_H

#include <guise/proxy.h>

#include "client/client_blanket.h"

struct guise_proxy {
    atomic_uint refs;
    struct guise__lock lock;
    struct guise__client_blanket *blanket; /* (lock) owned */
    guise_object *object;                  /* owned */
};

/* Its blanket at this moment; a reference. */
struct guise__client_blanket *guise__proxy_blanket(guise_proxy *proxy);

#endif
