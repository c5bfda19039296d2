/* SPDX-License-Identifier: MIT */
#ifndef GUISE_MODEL_LITMUS_H
#define GUISE_MODEL_LITMUS_H

#include <stdbool.h>

/* Prints each litmus test whose result is wrong. Returns whether none is. */
bool run_all_litmus(void);

#endif
