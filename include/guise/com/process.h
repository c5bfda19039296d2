/* SPDX-License-Identifier: MIT */
/* The process's number under Microsoft's name. Threads are made by pthread_create: there is no
 * _beginthreadex (docs/com.md). */
#ifndef GUISE_COM_PROCESS_H
#define GUISE_COM_PROCESS_H

#include <unistd.h>

#ifndef _getpid
#define _getpid getpid
#endif

#endif
