/* SPDX-License-Identifier: MIT */
/*
 * An object: its methods, its executor, and the jobs that no thread has begun.
 *
 * Locking discipline: an object's lock guards the list of those jobs, their state, and is_disconnected. It is a
 * leaf, and may be taken under a request's lock (request.h).
 */
#ifndef GUISE_SRC_CLIENT_OBJECT_H
#define GUISE_SRC_CLIENT_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/object.h>

#include "base/lock.h"

struct guise_object {
    atomic_uint refs; /* owners, proxies, requests and calls */
    struct guise__lock lock;
    struct guise_job *first, *last; /* (lock) waiting, in the order of their Begin_ */
    bool is_disconnected;           /* (lock) */
    void *self;
    void (*release)(void *self);
    guise_executor executor; /* submit is NULL: in Begin_ itself */
    uint32_t authn_level;
    uint32_t authn_service;
    const char *principal; /* follows the methods; NULL: none */
    uint32_t method_count;
    guise_method methods[];
};

/* Takes the object's lock. In a forked child the jobs of the parent are forgotten. */
void guise__object_lock(guise_object *object);

/* Is it disconnected at this moment? */
bool guise__object_is_disconnected(guise_object *object);

#endif
