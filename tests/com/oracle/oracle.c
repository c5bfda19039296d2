/* SPDX-License-Identifier: MIT */
/*
 * Runs one test and records. One line on standard output for each difference:
 *     difference TEST | ASSERTION | what is expected | what was seen
 * each kind once for each place in the source, and in the end, also after a crash:
 *     end ASSERTIONS
 */
#include "support/test.h"

#include <objbase.h>

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../codes.h"

enum { VALUE_MAX = 64, SEEN_MAX = 256 };

static const char *s_test = "(no test)";
static const char *s_last = "its beginning"; /* the assertion that was reached last */
static unsigned long s_assertions;
static DWORD s_thread;      /* the test's own */
static char s_printed[512]; /* by print_error, for the failure that follows */

/* ---- records --------------------------------------------------------------------------------- */

/* In a loop the same assertion fails the same way many times: that is one difference. */
static bool is_new(int line, const char *expected, const char *seen)
{
    static struct {
        int line;
        char expected[VALUE_MAX], seen[VALUE_MAX];
    } records[SEEN_MAX];
    static unsigned count;

    for (unsigned i = 0; i < count; i++) {
        if (records[i].line == line && strcmp(records[i].expected, expected) == 0 &&
            strcmp(records[i].seen, seen) == 0) {
            return false;
        }
    }
    if (count < SEEN_MAX) {
        records[count].line = line;
        (void)snprintf(records[count].expected, VALUE_MAX, "%s", expected);
        (void)snprintf(records[count].seen, VALUE_MAX, "%s", seen);
        count++;
    }
    return true;
}

/* What the test printed just before says more than the assertion does. */
static void record(int line, const char *text, const char *expected, const char *seen)
{
    text = s_printed[0] != '\0' ? s_printed : text;
    if (is_new(line, expected, seen)) {
        (void)printf("difference %s | %s | %s | %s\n", s_test, text, expected, seen);
        (void)fflush(stdout);
    }
    s_printed[0] = '\0';
}

static void end(void)
{
    (void)printf("end %lu\n", s_assertions);
    (void)fflush(stdout);
    _exit(0);
}

static void count(const char *text)
{
    s_assertions++;
    s_last = text;
}

/* ---- values ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    HRESULT value;
} s_names[] = {
#define NAME_ROW(name, value) {#name, (HRESULT)(value)},
    COM_HRESULTS(NAME_ROW)
#undef NAME_ROW
};

static const char *result_text(char *buffer, guise_result result)
{
    for (size_t i = 0; i < sizeof s_names / sizeof *s_names; i++) {
        if (s_names[i].value == result) {
            return s_names[i].name;
        }
    }
    (void)snprintf(buffer, VALUE_MAX, "0x%08X", (unsigned)result);
    return buffer;
}

/* Small ones as people write them; what was negative as 32 bits. */
static const char *integer_text(char *buffer, uintmax_t value)
{
    if ((intmax_t)value < 0 && (intmax_t)value >= INT32_MIN) {
        value = (uint32_t)value;
    }
    (void)snprintf(buffer, VALUE_MAX, value < 10000 ? "%llu" : "0x%llX", (unsigned long long)value);
    return buffer;
}

/* Addresses differ from run to run. */
static const char *pointer_text(const void *value, const void *expected)
{
    return value == NULL ? "NULL" : value == expected ? "that pointer" : "another pointer";
}

/* ---- assertions ------------------------------------------------------------------------------ */

void oracle_truth(bool actual, bool expected, const char *text, int line)
{
    count(text);
    if (actual != expected) {
        record(line, text, expected ? "true" : "false", actual ? "true" : "false");
    }
}

void oracle_integer(uintmax_t actual, uintmax_t expected, const char *text, int line)
{
    char expected_text[VALUE_MAX], actual_text[VALUE_MAX];

    count(text);
    if (actual != expected) {
        record(line, text, integer_text(expected_text, expected),
               integer_text(actual_text, actual));
    }
}

void oracle_other(uintmax_t actual, uintmax_t unexpected, const char *text, int line)
{
    count(text);
    if (actual == unexpected) {
        record(line, text, "another value", "the same");
    }
}

void oracle_range(uintmax_t actual, uintmax_t minimum, uintmax_t maximum, const char *text,
                  int line)
{
    char seen[VALUE_MAX];

    count(text);
    if (actual < minimum || actual > maximum) {
        record(line, text, "in its range", integer_text(seen, actual));
    }
}

void oracle_pointer(const void *actual, const void *expected, const char *text, int line)
{
    count(text);
    if (actual != expected) {
        record(line, text, pointer_text(expected, expected), pointer_text(actual, expected));
    }
}

void oracle_exists(const void *actual, const char *text, int line)
{
    count(text);
    if (actual == NULL) {
        record(line, text, "not NULL", "NULL: the test ends");
        end();
    }
}

void oracle_string(const char *actual, const char *expected, const char *text, int line)
{
    count(text);
    if (strcmp(actual, expected) != 0) {
        record(line, text, expected, actual);
    }
}

void oracle_memory(const void *actual, const void *expected, size_t size, const char *text,
                   int line)
{
    count(text);
    if (memcmp(actual, expected, size) != 0) {
        record(line, text, "those bytes", "others");
    }
}

void test_assert_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line)
{
    char expected_text[VALUE_MAX], actual_text[VALUE_MAX];

    (void)file;
    count(expression);
    if (actual != expected) {
        record(line, expression, result_text(expected_text, expected),
               result_text(actual_text, actual));
    }
}

void oracle_print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(s_printed, sizeof s_printed, format, arguments);
    va_end(arguments);
    s_printed[strcspn(s_printed, "\n")] = '\0';
}

void oracle_fail(const char *file, int line)
{
    (void)file;
    count("fail()");
    record(line, "fail()", "passes", "fails");
}

void oracle_skip(const char *file, int line)
{
    (void)file;
    record(line, "skip()", "runs", "is skipped");
    end();
}

/* ---- running --------------------------------------------------------------------------------- */

/* What Wine raises where a function is exported and not there. */
#define STUB_EXCEPTION 0x80000100u

static const char *exception_text(char *buffer, unsigned code)
{
    if (code == EXCEPTION_ACCESS_VIOLATION) {
        return "access violation: the test ends";
    }
    if (code == STUB_EXCEPTION) {
        return "not implemented: the test ends";
    }
    (void)snprintf(buffer, VALUE_MAX, "exception 0x%08X: the test ends", code);
    return buffer;
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *exception)
{
    char text[512], code[VALUE_MAX];

    (void)snprintf(text, sizeof text, "what comes after %s", s_last);
    if (GetCurrentThreadId() != s_thread) { /* and nobody knows how far the test's own is */
        (void)snprintf(text, sizeof text, "another thread");
    }
    record(0, text, "goes on",
           exception_text(code, (unsigned)exception->ExceptionRecord->ExceptionCode));
    end();
    return EXCEPTION_EXECUTE_HANDLER;
}

static void step(const char *name, CMFixtureFunction *function, void **state)
{
    if (function != NULL && function(state) != 0) {
        record(0, name, "passes", "fails");
        end();
    }
}

static void run(const struct CMUnitTest *test, CMFixtureFunction *setup,
                CMFixtureFunction *teardown)
{
    void *group_state = NULL, *state;

    s_test = test->name;
    s_thread = GetCurrentThreadId();
    (void)SetUnhandledExceptionFilter(crashed);
    step("setup of the group", setup, &group_state);
    state = group_state;
    step("setup", test->setup_func, &state);
    test->test_func(&state);
    step("teardown", test->teardown_func, &state);
    step("teardown of the group", teardown, &group_state);
    end();
}

static int list(const struct CMUnitTest *tests, size_t how_many)
{
    for (size_t i = 0; i < how_many; i++) {
        (void)puts(tests[i].name);
    }
    return 0;
}

int oracle_run(const struct CMUnitTest *tests, size_t how_many, CMFixtureFunction *setup,
               CMFixtureFunction *teardown)
{
    const char *name = __argc == 2 ? __argv[1] : "--list";

    (void)_setmode(_fileno(stdout), _O_BINARY);
    if (strcmp(name, "--list") == 0) {
        return list(tests, how_many);
    }
    for (size_t i = 0; i < how_many; i++) {
        if (strcmp(tests[i].name, name) == 0) {
            run(&tests[i], setup, teardown);
        }
    }
    (void)fprintf(stderr, "no test %s\n", name);
    return 1;
}
