/* SPDX-License-Identifier: MIT */
#include "scale.h"

int scale_run(const struct options *options)
{
    (void)options;
    return 2;
}
