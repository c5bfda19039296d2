/* SPDX-License-Identifier: MIT */
/*
 * Guise: servers that act on behalf of their clients. This header brings in everything; each layer
 * has one of its own: token.h and thread.h are enough to become a client and self again.
 *
 * The words:
 *   token     an identity, and how far a server may make use of it. Immutable, counted.
 *   context   a client: its token, and how its requests are protected (the blanket).
 *   call      one request, seen from the server. Begin_ is the server's function that serves it;
 *             Signal completes it.
 *   frame     one run of a call's code on one thread: Begin_, or a continuation.
 *   slot      the place in each thread that holds the token the thread carries.
 *   self      the process's identity when the provider was chosen; a thread has it with an empty slot.
 *   object    what a server lets its clients call: methods. A client has a proxy for it, and a request for
 *             each call that it makes.
 *   provider  makes the slot's token real for the operating system.
 *
 * Ids in parentheses, such as (N-01), are rules: docs/rules.md in the source, installed with the
 * documentation. No function changes errno.
 */
#ifndef GUISE_GUISE_H
#define GUISE_GUISE_H

#include <guise/call.h>
#include <guise/context.h>
#include <guise/object.h>
#include <guise/peer.h>
#include <guise/provider.h>
#include <guise/proxy.h>
#include <guise/queue.h>
#include <guise/result.h>
#include <guise/signal.h>
#include <guise/thread.h>
#include <guise/token.h>

GUISE_BEGIN_DECLS

#define GUISE_VERSION_MAJOR 0
#define GUISE_VERSION_MINOR 1
#define GUISE_VERSION_PATCH 0

/* The version of the library in use, "0.1.0". A constant. Safety: any thread, any time. */
GUISE_API const char *guise_version(void);

GUISE_END_DECLS

#endif
