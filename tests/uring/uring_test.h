/* SPDX-License-Identifier: MIT */
/* What the tests of guise-uring share. For children (child.h), as root, with an io_uring. */
#ifndef GUISE_URING_TEST_H
#define GUISE_URING_TEST_H

#include "support/test.h"

#include <fcntl.h>

#include <guise/uring.h>

#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002, CAROL = 50003, TEAM = 50100 };

/* Skips the whole program, from main, without root or an io_uring. */
void require_uring(void);

/* This process becomes a server in no group, with a ring. */
guise_uring *start_ring(uint32_t entries);

guise_context *client_context(uid_t uid, guise_level level, uint32_t authn_level);
guise_context *simple_context(uid_t uid);
guise_call *call_of(guise_context *context);

/* Makes a request to open a file of kernel_file. */
guise_result ask_open(guise_uring *ring, guise_call *call, const char *name, uint64_t flags,
                      void *tag);

/* Submits exactly so many; waits for one, which must come. */
void submit(guise_uring *ring, uint32_t count);
guise_uring_done next_done(guise_uring *ring);

/* The whole way: 0, or errno; the file is closed again. The call must be open. */
int open_as(guise_uring *ring, guise_call *call, const char *name, uint64_t flags);
/* Made while the call is open, and handed over: refused. */
void must_be_refused(const guise_uring_done *done);

/* The descriptor of the process's only ring, past the library; -1: there is none. */
int ring_fd(void);
/* How many identities below this number the kernel has for that ring. It forgets them. */
unsigned count_and_forget(unsigned limit);

unsigned count_fds(void);

#endif
