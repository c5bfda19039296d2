/* SPDX-License-Identifier: MIT */
/* What is compared with what, and the goals. Goals are a contract; everything else is measured. */
#include "suites.h"

const struct bench_suite *const bench_suites[] = {&suite_core, &suite_com, &suite_signal, NULL};

const struct bench_row bench_rows[] = {
    {.id = "COM",
     .what = "CoImpersonateClient + CoRevertToSelf / core",
     .ours = "com-impersonate-revert",
     .against = "impersonate-revert"},
    {.id = "COM",
     .what = "CoGetCallContext + Release / guise_current_call",
     .ours = "com-get-call-context",
     .against = "current-call"},
    {.id = "COM",
     .what = "ISynchronize Signal when set / core",
     .ours = "com-signal-set",
     .against = "set-when-set"},
    {.id = "COM",
     .what = "ISynchronize Reset when clear / core",
     .ours = "com-reset-clear",
     .against = "reset-when-clear"},
    {.id = "COM",
     .what = "ISynchronize Wait when set / core",
     .ours = "com-wait-set",
     .against = "wait-when-set"},
    {.id = "COM",
     .what = "Signal + Reset, ManualResetEvent / core",
     .ours = "com-signal-reset",
     .against = "set-reset"},
    {.id = "COM",
     .what = "Signal + Wait, StdEvent / core",
     .ours = "com-signal-wait-auto",
     .against = "set-wait-auto"},
};

const size_t bench_row_count = BENCH_COUNT(bench_rows);
