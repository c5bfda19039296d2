/* SPDX-License-Identifier: MIT */
/* Numbers of threads, for the other parts of the library. */
#ifndef GUISE_SRC_COM_THREADS_H
#define GUISE_SRC_COM_THREADS_H

#include <guise/com/windows.h>

/* Returns the number of the calling thread, as GetCurrentThreadId does. */
DWORD guise__com_thread_id(void);

/* The number given out last. Only a test writes it, because it cannot start 2^32 threads. */
extern DWORD guise__com_last_thread_id;

#endif
