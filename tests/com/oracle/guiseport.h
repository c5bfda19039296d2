/* SPDX-License-Identifier: MIT */
/* In place of guise-com's: on Windows all of it comes with windows.h. */
#include <windows.h>
