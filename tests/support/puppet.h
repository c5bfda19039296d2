/* SPDX-License-Identifier: MIT */
/*
 * A child (child.h) that does its test step by step, as the leader, the test, tells it by messages. Between
 * the steps the leader can examine the child from outside. The child's standard error is kept.
 */
#ifndef GUISE_TEST_PUPPET_H
#define GUISE_TEST_PUPPET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/child.h"

GUISE_BEGIN_DECLS

#define CHILD_OK(actual) CHILD_CHECK_RESULT(actual, GUISE_OK)

/* Runs fn on a new thread of a child, and joins it. */
void child_thread(void *(*fn)(void *), void *arg);

/* Ends a child that cannot do its test here; the test is skipped, with the reason. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void child_skip(const char *reason);

/* Ends a child that has passed; under LeakSanitizer the child fails here if it leaked. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void child_pass(void);

/* The puppet's ends of the pipes. */
struct puppet_end {
    int in, out;
};

typedef void puppet_fn(struct puppet_end *end, void *arg);

/* Called in the puppet. puppet_hear ends the puppet if its leader has ended. */
void puppet_hear(struct puppet_end *end, void *message, size_t size);
void puppet_say(struct puppet_end *end, const void *message, size_t size);

struct puppet {
    pid_t pid;
    int in, out, error;
    size_t length;
    char said[1u << 13]; /* its standard error; a string after puppet_finish */
};

/* Called on the test's own thread. puppet_ask returns false if the puppet is dead. puppet_finish closes the
 * pipes and returns the wait status. */
void puppet_start(struct puppet *puppet, puppet_fn *fn, void *arg);
void puppet_tell(struct puppet *puppet, const void *message, size_t size);
bool puppet_ask(struct puppet *puppet, void *message, size_t size);
int puppet_finish(struct puppet *puppet);

/* Returns whether it died as the library ends a process: by SIGABRT, after a line that contains reason. */
bool puppet_gave_up(const struct puppet *puppet, int status, const char *reason);

GUISE_END_DECLS

#endif
