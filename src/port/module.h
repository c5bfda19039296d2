/* SPDX-License-Identifier: MIT */
/* Keeping this library mapped, because libc has addresses of its functions. */
#ifndef GUISE_SRC_PORT_MODULE_H
#define GUISE_SRC_PORT_MODULE_H

#include <stdbool.h>

#include "port/compiler.h"

/*
 * Keeps the shared object that this library is in mapped until the process ends. Called before libc
 * is given the address of a function in it. Asks the loader only in a plugin that the static
 * library was linked into, and takes the loader's lock there. False: the object could not be
 * pinned, so nothing may be registered. Keeps errno. Exported to guise-com and guise-uring, which
 * lie in the same object where they are static.
 */
GUISE_SIBLING bool guise__module_pin(void);

#endif
