/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef GUISE_TEST_COVERAGE
#include <gcov.h>
#endif

#ifdef GUISE_TEST_MCDC
/* clang writes its coverage counts at exit only, so the linker replaces the other ways to end by these. */
int __llvm_profile_write_file(void);
int __real_raise(int number);
int __wrap_raise(int number);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
_Noreturn void __real_abort(void);
_Noreturn void __wrap_abort(void);

int __wrap_raise(int number)
{
    (void)__llvm_profile_write_file();
    return __real_raise(number);
}

_Noreturn void __wrap__exit(int status)
{
    (void)__llvm_profile_write_file();
    __real__exit(status);
}

_Noreturn void __wrap_abort(void)
{
    (void)__llvm_profile_write_file();
    __real_abort();
}
#endif

void test_assert_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line)
{
    if (actual == expected) {
        return;
    }
    print_error("%s: %s (0x%08X), expected %s (0x%08X)\n", expression, guise_result_name(actual),
                (unsigned)actual, guise_result_name(expected), (unsigned)expected);
    _fail(file, line);
}

void test_require_root(const char *file, int line)
{
    if (geteuid() == 0) {
        return;
    }
    print_message("SKIPPED: needs root\n");
    _skip(file, line);
}

void test_skip_program(const char *reason)
{
    (void)printf("SKIPPED: %s\n", reason);
    exit(TEST_SKIPPED);
}

void test_use_emulated(void)
{
    if (guise_use_provider(guise_provider_emulated()) != GUISE_OK) {
        (void)printf("the emulated provider was refused: %s\n", guise_provider_reason());
        abort();
    }
}

static const char *s_watched;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

static void timed_out(int signal_number)
{
    (void)signal_number;
    say("TIMED OUT: ");
    say(s_watched);
    say("\n");
    abort();
}

void test_watchdog_start(const char *name, unsigned seconds)
{
    struct sigaction action = {.sa_handler = timed_out};

    (void)alarm(0);
    s_watched = name;
    if (sigaction(SIGALRM, &action, NULL) != 0) {
        abort();
    }
    (void)alarm(seconds * GUISE_TEST_TIME_SCALE);
}

void test_save_counts(void)
{
#if defined(GUISE_TEST_COVERAGE)
    __gcov_dump();
#elif defined(GUISE_TEST_MCDC)
    (void)__llvm_profile_write_file();
#endif
}

void test_exit_child(int status)
{
#ifdef GUISE_TEST_COVERAGE
    test_save_counts(); /* with clang the replaced _exit does so, see above */
#endif
    _exit(status);
}
