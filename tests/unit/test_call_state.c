/* SPDX-License-Identifier: MIT */
/*
 * The checks of a call's word themselves (call_state.h): which states there are, and which steps from
 * one to another. Builds with GUISE_CHECKS end the process where one of them says no.
 */
#include "support/test.h"

#include "call/call_state.h"

#define D GUISE__CALL_DISPATCHED
#define C GUISE__CALL_COMPLETED
#define A GUISE__CALL_ANNOUNCED
#define X GUISE__CALL_CANCELED
#define CL GUISE__CALL_CLAIMED
#define FN GUISE__CALL_HAS_FUNCTION
#define S GUISE__CALL_HAS_SIGNAL
#define W GUISE__CALL_WAITERS
#define FI GUISE__CALL_FINISHING
#define U GUISE__CALL_UNFRAMED
#define R GUISE__CALL_REFERENCE
#define RESULT ((uint64_t)(uint32_t)GUISE_E_ACCESS_DENIED << GUISE__CALL_RESULT_SHIFT)

static void test_states(void **state)
{
    static const struct {
        uint64_t word;
        bool valid;
    } cases[] = {
        {R, true},
        {2 * R | D | X | CL | FN | S | W | U, true},
        {0, false}, /* open, and without an owner */
        {D, false},
        {R | RESULT, false},
        {R | GUISE__CALL_REFERENCE >> 1, false}, /* the highest bit of a result */
        {R | A, false},
        {R | FI, false},
        {C, true},
        {R | C | RESULT, true},
        {R | C | A | RESULT | D | X | CL | FN | S | W | U, true},
        {R | C | FI, true},
        {R | C | FI | RESULT, false},
        {R | C | FI | A, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (guise__call_state_is_valid(cases[i].word) != cases[i].valid) {
            fail_msg("states[%zu]", i);
        }
    }
}

static void test_steps(void **state)
{
    static const struct {
        uint64_t from, to;
        bool valid;
    } cases[] = {
        {R, 2 * R | D, true},
        {R, R | C | RESULT, true},
        {R | D, R | D | C | FI, true},
        {R | C | FI, R | C | RESULT, true},
        {R | C, C | A, true},
        {R, R | CL, true},
        {R | CL, R | FN, true},
        {R | CL, R | CL | FN, true},
        {R | C, R | C | S | W | U, true},
        {R, 0, false}, /* no such state */
        {R | D, R, false},
        {R | C, R, false},
        {R | C | A, R | C, false},
        {R | X, R, false},
        {R | FN, R, false},
        {R | S, R, false},
        {R | W, R, false},
        {R | U, R, false},
        {R | C, R | C | D, false}, /* too late */
        {R | C, R | C | X, false},
        {R | C, R | C | CL, false},
        {R | C, R | C | FN, false},
        {R | C, R | C | FI, false},
        {R | C | FI, R | C | FI | S, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (guise__call_step_is_valid(cases[i].from, cases[i].to) != cases[i].valid) {
            fail_msg("steps[%zu]", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
