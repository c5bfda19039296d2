/* SPDX-License-Identifier: MIT */
/* Clients, calls and frames for meters. A failure here ends the measurement. */
#ifndef GUISE_BENCH_STAGE_H
#define GUISE_BENCH_STAGE_H

#include <guise/guise.h>

#include "bench.h"

/* A client with these groups beside its primary one. */
guise_context *stage_client(uid_t uid, gid_t gid, const gid_t *groups, size_t count);
guise_call *stage_call(guise_context *client);
guise_signal *stage_signal(guise_signal_kind kind);

/* Runs fn(call, arg) in a frame of a call of this client. */
void stage_frame(guise_context *client, guise_begin_fn *fn, void *arg);

/* One whole call as a server has it: created, dispatched (impersonate, revert, signal), released.
 * The second with a completion function. Returns GUISE_OK or'ed with any other result. */
guise_result stage_whole_call(guise_context *client);
guise_result stage_whole_call_replied(guise_context *client);

#endif
