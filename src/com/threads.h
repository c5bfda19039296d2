/* SPDX-License-Identifier: MIT */
/* The process's threads, from the inside. */
#ifndef GUISE_SRC_COM_THREADS_H
#define GUISE_SRC_COM_THREADS_H

#include <guise/com/windows.h>

/* K-11: this thread has initialized COM anew, so its calls cannot be cancelled. */
void guise__com_disable_cancellation(void);

/* The number given out last. Not to be touched but by a test that cannot start 2^32 threads. */
extern DWORD guise__com_last_thread_id;

#endif
