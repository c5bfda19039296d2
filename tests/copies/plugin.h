/* SPDX-License-Identifier: MIT */
#ifndef GUISE_TEST_PLUGIN_H
#define GUISE_TEST_PLUGIN_H

#include <guise/guise.h>

GUISE_API guise_result plugin_choose(const char *which); /* "linux" or "emulated" */
GUISE_API const char *plugin_reason(void);
GUISE_API guise_result plugin_run_as(unsigned id);

#endif
