/* SPDX-License-Identifier: MIT */
/*
 * The compiler reads this before each source of the server (-include), which then calls the
 * counting functions of tally.h. The headers come first, so that only calls are renamed.
 */
#ifndef FILE_SERVER_COUNTED_H
#define FILE_SERVER_COUNTED_H

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/socket.h>

#include <guise/guise.h>

#include "tally.h"

#define accept4 tally_accept4
#define calloc tally_calloc
#define free tally_free
#define guise_context_from_peer tally_context_from_peer
#define guise_context_unref tally_context_unref
#define guise_call_create tally_call_create
#define guise_call_unref tally_call_unref

#endif
