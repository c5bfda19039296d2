/* SPDX-License-Identifier: MIT */
/* Judges what was noted on the stage, and prints it for people. */
#ifndef FILE_SERVER_REPORT_H
#define FILE_SERVER_REPORT_H

#include "stage.h"

void report_opening(const struct stage *stage);

/* Returns how many surprises there were. All processes but this one have ended. */
unsigned report_outcome(const struct stage *stage);

#endif
