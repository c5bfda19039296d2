/* SPDX-License-Identifier: MIT */
/*
 * Guise: servers that act on behalf of their clients. This header brings in everything; each layer
 * has one of its own: token.h and thread.h are enough to become a client and be yourself again.
 */
#ifndef GUISE_GUISE_H
#define GUISE_GUISE_H

#include <guise/call.h>
#include <guise/context.h>
#include <guise/peer.h>
#include <guise/provider.h>
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
