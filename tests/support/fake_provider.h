/* SPDX-License-Identifier: MIT */
/*
 * A provider for tests, made with the public interface only: what a program could bring itself. It
 * keeps, for every thread, who the thread would be to the kernel, writes down what the core asked
 * for, and can refuse at every step.
 *
 * It is unforgiving: an enter when not self, a leave of somebody the thread is not, a leave(NULL)
 * that verify did not announce, or an identity that was discarded, ends the process with a line on
 * standard error that begins "fake provider: ". No test can forget to ask.
 *
 * All of it is about the calling thread, but for fake_counts; so it adds no order between threads
 * that could hide a race. Like every provider it is chosen once: assert_ok(guise_use_provider(
 * fake_provider())) first thing in main or in a group's setup.
 */
#ifndef GUISE_TEST_FAKE_PROVIDER_H
#define GUISE_TEST_FAKE_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <guise/provider.h>

GUISE_BEGIN_DECLS

const guise_provider *fake_provider(void);

/* Is this thread self, as far as "the kernel" knows? Who else: the token's serial; 0 for self. */
bool fake_is_self(void);
uint64_t fake_worn_serial(void);

/*
 * What happened on this thread since fake_log_clear, for one assert_string_equal. By the first
 * letter of a token's name:
 *   +A  entered    !A  refused to enter    -A  left    -0  leave(NULL): put right
 * "+A-A+B-B". Anything beyond 250 letters is dropped.
 */
const char *fake_log(void);
void fake_log_clear(void);

/*
 * Failing. On this thread, after `skip` more calls that go well, `times` calls of that step answer
 * result instead, and change nothing. FAKE_ALWAYS: for ever. Replaces an earlier plan for the step;
 * times 0 takes it back. A verify that answers GUISE_E_UNEXPECTED for self allows one leave(NULL).
 */
enum fake_step { FAKE_PROBE, FAKE_PREPARE, FAKE_ENTER, FAKE_VERIFY, FAKE_STEPS };
#define FAKE_ALWAYS 0xFFFFFFFFu
void fake_fail(enum fake_step step, unsigned skip, unsigned times, guise_result result);

/* Called once, on this thread, in the middle of the next enter (the thread is the client already,
 * the core does not know yet) or leave (the thread is self already). NULL takes it back. A refused
 * enter does not call it. */
void fake_in_enter(void (*fn)(void *arg), void *arg);
void fake_in_leave(void (*fn)(void *arg), void *arg);

/* From now on tokens made by this thread have nothing to enter: prepare stores NULL. */
void fake_prepare_nothing(bool nothing);

/* This thread was born while its creator was somebody's client: verify says GUISE_E_UNEXPECTED until
 * leave(NULL). Before the thread's first frame or impersonation. */
void fake_born_as_client(void);

/* In the whole process, since it began. */
struct fake_counts {
    uint64_t probed, prepared, discarded; /* prepared and discarded: identities, not NULLs */
    uint64_t entered, refused, left;      /* left: leave(NULL) not among them */
    uint64_t verified, put_right;         /* put_right: leave(NULL) */
};
struct fake_counts fake_counts(void);

GUISE_END_DECLS

#endif
