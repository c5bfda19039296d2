/* SPDX-License-Identifier: MIT */
/*
 * The ring as the kernel has it: liburing's mapping, and the few system calls. Nothing here knows
 * calls or clients. Its functions keep errno, and are not thread-safe but for kernel_wait and the
 * two on personalities: who calls the others holds the ring's lock, or nobody else has the ring.
 *
 * There is no thread of the kernel's that takes entries by itself (SQPOLL), so an entry is taken by
 * kernel_enter and at no other time, and one that was not taken can be taken back.
 */
#ifndef GUISE_URING_KERNEL_H
#define GUISE_URING_KERNEL_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include <guise/result.h>

/* A closed one has ring_fd -1. */
guise_result guise__kernel_open(struct io_uring *kernel, uint32_t entries);
void guise__kernel_close(struct io_uring *kernel);

/* Takes the calling thread's credentials. The number, above 0; else a result. */
guise_result guise__kernel_register(const struct io_uring *kernel, uint16_t *personality);
void guise__kernel_unregister(const struct io_uring *kernel, uint16_t personality);

/* Adds an entry; there is room for as many as kernel_open was asked for. */
void guise__kernel_add(struct io_uring *kernel, const struct io_uring_sqe *entry);

/* Has the kernel take the entries added since; how many it took, the first ones. The others are
 * taken back: no later enter hands them over. */
unsigned guise__kernel_enter(struct io_uring *kernel, unsigned added);

/* One that is over: what it was named (user_data), and the answer. */
bool guise__kernel_reap(struct io_uring *kernel, uint64_t *name, int32_t *answer);

/* Sleeps until one is over, or the time: 0 asks nobody, NULL for ever. False: for the time only. */
bool guise__kernel_wait(const struct io_uring *kernel, const struct __kernel_timespec *left);

/* An eventfd that the kernel raises for every request that is over; -1: none to be had. */
int guise__kernel_event(const struct io_uring *kernel);
void guise__kernel_raise(int event);
bool guise__kernel_lower(int event); /* was it raised? */

/* Like the others, and unlike close: no cancellation point, so locks may be held. */
void guise__kernel_close_file(int file);

#endif
