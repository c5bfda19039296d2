/* SPDX-License-Identifier: MIT */
/* Invariants of calls: the states and the steps that the table in call_state.h allows. */
#include "call/call_state.h"

#include <stdio.h>

static bool has_flags(uint64_t state, uint64_t flags)
{
    return (state & flags) == flags;
}

static uint64_t result_bits(uint64_t state)
{
    return state & ((GUISE__CALL_REFERENCE - 1) & ~((UINT64_C(1) << GUISE__CALL_RESULT_SHIFT) - 1));
}

bool guise__call_state_is_valid(uint64_t state)
{
    bool completed = has_flags(state, GUISE__CALL_COMPLETED);
    bool finishing = has_flags(state, GUISE__CALL_FINISHING);

    return GUISE__IMPLIES(!completed, guise__call_references(state) != 0) &&
           GUISE__IMPLIES(!completed, result_bits(state) == 0) &&
           GUISE__IMPLIES(!completed, !finishing) &&
           GUISE__IMPLIES(!completed, !has_flags(state, GUISE__CALL_ANNOUNCED)) &&
           GUISE__IMPLIES(finishing, result_bits(state) == 0) &&
           GUISE__IMPLIES(finishing, !has_flags(state, GUISE__CALL_ANNOUNCED));
}

/* The flags that are final once they are set. */
#define FINAL                                                                                      \
    (GUISE__CALL_DISPATCHED | GUISE__CALL_COMPLETED | GUISE__CALL_ANNOUNCED |                      \
     GUISE__CALL_CANCELED | GUISE__CALL_HAS_FUNCTION | GUISE__CALL_HAS_SIGNAL |                    \
     GUISE__CALL_WAITERS | GUISE__CALL_UNFRAMED)
/* The flags that are set only while the call is open. */
#define ONLY_WHILE_OPEN                                                                            \
    (GUISE__CALL_DISPATCHED | GUISE__CALL_CANCELED | GUISE__CALL_CLAIMED | GUISE__CALL_HAS_FUNCTION)

bool guise__call_step_is_valid(uint64_t from, uint64_t to)
{
    uint64_t set = to & ~from;

    return guise__call_state_is_valid(to) && (from & ~to & FINAL) == 0 &&
           GUISE__IMPLIES(has_flags(from, GUISE__CALL_COMPLETED),
                          (set & (ONLY_WHILE_OPEN | GUISE__CALL_FINISHING)) == 0) &&
           GUISE__IMPLIES(has_flags(set, GUISE__CALL_FINISHING),
                          has_flags(set, GUISE__CALL_COMPLETED));
}

#if defined(GUISE_CHECKS)
/* Not the shard, which shares its memory with what a registration may be writing. */
bool guise__call_is_valid(const guise_call *call)
{
    return guise__call_state_is_valid(guise__call_load(call)) && call->client != NULL;
}

void guise__call_state_print(const guise_call *call)
{
    static const char *const names[] = {"dispatched", "completed", "announced", "canceled",
                                        "claimed",    "function",  "signal",    "waiters",
                                        "finishing",  "unframed"};
    uint64_t state = guise__call_load(call);

    (void)fprintf(stderr, "call %p: %llu references, result 0x%08X:", (const void *)call,
                  (unsigned long long)guise__call_references(state),
                  (unsigned)guise__call_result_of(state));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (has_flags(state, UINT64_C(1) << i)) {
            (void)fprintf(stderr, " %s", names[i]);
        }
    }
    (void)fputs("\n", stderr);
}
#endif
