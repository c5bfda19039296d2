/* SPDX-License-Identifier: MIT */
/* What a program frees with LocalFree or FreeSid. */
#ifndef GUISE_SRC_COM_LOCAL_H
#define GUISE_SRC_COM_LOCAL_H

#include <guise/com/winbase.h>

/* NULL, and the thread's last error is ERROR_NOT_ENOUGH_MEMORY, when there is none. */
void *guise__local_alloc(SIZE_T size);

#endif
