/* SPDX-License-Identifier: MIT */
/* Memory that a program frees with LocalFree or FreeSid. */
#ifndef GUISE_SRC_COM_LOCAL_H
#define GUISE_SRC_COM_LOCAL_H

#include <guise/com/winbase.h>

/* Allocates. Without memory returns NULL with last error ERROR_NOT_ENOUGH_MEMORY. */
void *guise__com_local_alloc(SIZE_T size);

#endif
