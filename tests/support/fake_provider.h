/* SPDX-License-Identifier: MIT */
/*
 * A provider for tests, made with the public interface only, as a program could make one. For each
 * thread it keeps the identity that the thread would have for the kernel, records what the core asked
 * for, and can refuse at every step.
 *
 * The provider is strict: an enter when not self, a leave of a client that the thread is not, a
 * leave(NULL) that verify did not announce, or the use of a discarded identity ends the process with a
 * line on standard error that begins "fake provider: ". So no test can forget to check these.
 *
 * All state but that of fake_counts belongs to the calling thread, so that the provider adds no order
 * between threads that could hide a race. Like every provider it is chosen once: assert_ok(guise_use_provider(
 * fake_provider())) first thing in main or in a group's setup.
 */
#ifndef GUISE_TEST_FAKE_PROVIDER_H
#define GUISE_TEST_FAKE_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <guise/provider.h>

GUISE_BEGIN_DECLS

const guise_provider *fake_provider(void);

/* Return whether this thread is self for the fake system, and the serial of the token that it carries; 0
 * for self. */
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
 * Plans failures. On this thread, after `skip` more calls that succeed, `times` calls of that step return
 * result instead, and change nothing. FAKE_ALWAYS: all later ones do. Replaces an earlier plan for the
 * step; times 0 cancels it. A verify that answers GUISE_E_UNEXPECTED for self allows one leave(NULL).
 */
enum fake_step { FAKE_PROBE, FAKE_PREPARE, FAKE_ENTER, FAKE_VERIFY, FAKE_STEPS };
#define FAKE_ALWAYS 0xFFFFFFFFu
void fake_fail(enum fake_step step, unsigned skip, unsigned times, guise_result result);

/* Have fn called once, on this thread, in the middle of the next enter (the thread is the client already,
 * and the core has not recorded it), leave (the thread is self already) or verify (after its result is
 * known). NULL cancels that. A refused enter does not call fn. */
void fake_in_enter(void (*fn)(void *arg), void *arg);
void fake_in_leave(void (*fn)(void *arg), void *arg);
void fake_in_verify(void (*fn)(void *arg), void *arg);

/* From now on prepare stores NULL for tokens that this thread makes. */
void fake_prepare_nothing(bool nothing);

/* Marks this thread as one that was created while its creator was a client: verify returns
 * GUISE_E_UNEXPECTED until leave(NULL). Before the thread's first frame or impersonation. */
void fake_born_as_client(void);

/* Counts of the whole process since it began. */
struct fake_counts {
    uint64_t probed, prepared, discarded; /* prepared and discarded do not count NULL */
    uint64_t entered, refused, left;      /* left does not count leave(NULL) */
    uint64_t verified, put_right;         /* put_right counts leave(NULL) */
};
struct fake_counts fake_counts(void);

GUISE_END_DECLS

#endif
