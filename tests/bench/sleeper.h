/* SPDX-License-Identifier: MIT */
/*
 * A second thread, which sleeps for as long as this process measures. A server has threads; a
 * process with one is cheaper than any server. glibc leaves the locked instructions out of
 * pthread_mutex_lock and unlock, and out of some of malloc, until a second thread exists.
 *
 * Every process that measures starts its own before its first meter: a fork takes one thread along.
 */
#ifndef GUISE_BENCH_SLEEPER_H
#define GUISE_BENCH_SLEEPER_H

void sleeper_start(void);
/* Wakes the thread and joins it. */
void sleeper_end(void);

#endif
