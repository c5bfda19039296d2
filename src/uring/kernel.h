/* SPDX-License-Identifier: MIT */
/*
 * The kernel's half of a ring: liburing's mapping, and the few system calls. Nothing here knows
 * calls or clients. Its functions keep errno. They are not thread-safe, except kernel_wait and the
 * two functions for personalities: the caller of any other one holds the ring's lock, or has the
 * ring alone.
 *
 * No thread of the kernel takes entries by itself (SQPOLL), so an entry is taken by kernel_enter
 * and at no other time, and an entry that was not taken can be taken back.
 */
#ifndef GUISE_SRC_URING_KERNEL_H
#define GUISE_SRC_URING_KERNEL_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include <guise/result.h>

/* Opens a ring with room for this many entries. A ring that is closed, or could not be opened, has
 * ring_fd -1. */
guise_result guise__uring_kernel_open(struct io_uring *kernel, uint32_t entries);
void guise__uring_kernel_close(struct io_uring *kernel);

/* The ring is open, and its entries are no more than it has room for. The ring's lock is held, or no
 * other thread has the ring. */
bool guise__uring_kernel_is_valid(const struct io_uring *kernel);

/* Registers the calling thread's credentials. On GUISE_OK *personality is their number, which is
 * above 0; on failure it is unchanged. */
guise_result guise__uring_kernel_register(const struct io_uring *kernel, uint16_t *personality);
void guise__uring_kernel_unregister(const struct io_uring *kernel, uint16_t personality);

/* Adds an entry. There is room for as many as kernel_open was asked for. */
void guise__uring_kernel_add(struct io_uring *kernel, const struct io_uring_sqe *entry);

/* Has the kernel take the entries that were added since the last enter. Returns how many it took,
 * the first ones. The others are taken back: no later enter hands them over. */
unsigned guise__uring_kernel_enter(struct io_uring *kernel, unsigned added);

/* Takes the first answer from the queue: the name of its request (user_data), and the value.
 * Returns false if there is none. */
bool guise__uring_kernel_reap(struct io_uring *kernel, uint64_t *name, int32_t *answer);

/* Reads an answer and leaves it in the queue: the answer at *at, or the first one if that has been
 * taken. Sets *at to the position after it. */
bool guise__uring_kernel_peek(const struct io_uring *kernel, unsigned *at, uint64_t *name,
                              int32_t *answer);

/* Sleeps until there is an answer or the time has passed. A time of 0 does not sleep; NULL has no
 * limit. Returns false if the time has passed without an answer. */
bool guise__uring_kernel_wait(const struct io_uring *kernel, const struct __kernel_timespec *left);

/* Creates an eventfd that the kernel raises for every answer. Returns -1 on failure. */
int guise__uring_kernel_event(const struct io_uring *kernel);
void guise__uring_kernel_raise(int event);
bool guise__uring_kernel_lower(int event); /* returns whether it was raised */

/* Unlike close these two are no cancellation points, so locks may be held. */
void guise__uring_kernel_close_file(int file);
void guise__uring_kernel_make_blocking(int file); /* removes O_NONBLOCK */

#endif
