/* SPDX-License-Identifier: MIT */
/*
 * A child (child.h) that is led through its test step by step, and looked at from outside in
 * between. What it writes to standard error is kept.
 */
#ifndef GUISE_TEST_PUPPET_H
#define GUISE_TEST_PUPPET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/child.h"

GUISE_BEGIN_DECLS

#define CHILD_OK(actual) CHILD_CHECK_RESULT(actual, GUISE_OK)

/* A thread of a child, from beginning to end. */
void child_thread(void *(*fn)(void *), void *arg);

/* The end of a child that cannot do its test here: the test is skipped, with the reason. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void child_skip(const char *reason);

/* The end of a child that did what it should; under LeakSanitizer, unless it leaked. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void child_pass(void);

/* The puppet's ends of the strings. */
struct puppet_end {
    int in, out;
};

typedef void puppet_fn(struct puppet_end *end, void *arg);

/* In the puppet. It ends when nobody leads it any more. */
void puppet_hear(struct puppet_end *end, void *message, size_t size);
void puppet_say(struct puppet_end *end, const void *message, size_t size);

struct puppet {
    pid_t pid;
    int in, out, error;
    size_t length;
    char said[1u << 13]; /* on standard error; a string once it is finished */
};

/* On the test's own thread. ask: false if the puppet is dead. finish: lets go of the strings and
 * returns the wait status. */
void puppet_start(struct puppet *puppet, puppet_fn *fn, void *arg);
void puppet_tell(struct puppet *puppet, const void *message, size_t size);
bool puppet_ask(struct puppet *puppet, void *message, size_t size);
int puppet_finish(struct puppet *puppet);

/* Did it die as the library dies: by SIGABRT, with a line of its own that has reason in it? */
bool puppet_gave_up(const struct puppet *puppet, int status, const char *reason);

GUISE_END_DECLS

#endif
