/* SPDX-License-Identifier: MIT */
/* For pthread_cleanup_push: references that are dropped in whichever way the code before ends. NULL is fine. */
#ifndef GUISE_SRC_CLIENT_RELEASE_H
#define GUISE_SRC_CLIENT_RELEASE_H

#include <guise/object.h>

#include "client/client_blanket.h"

static inline void guise__release_call(void *call)
{
    guise_call_unref(call);
}

static inline void guise__release_object(void *object)
{
    guise_object_unref(object);
}

static inline void guise__release_blanket(void *blanket)
{
    guise__blanket_unref(blanket);
}

#endif
