/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/fake_provider.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_SIZE = 256, LIVE = 0x11FE, GONE = 0xDEAD };

/* A prepared identity. */
struct body {
    unsigned state; /* LIVE or GONE */
    char letter;
    uint64_t serial;
};

struct plan {
    unsigned skip, times;
    guise_result result;
};

struct hook {
    void (*fn)(void *arg);
    void *arg;
};

struct thread {
    const struct body *worn; /* NULL: self */
    bool restorable;         /* verify announced leave(NULL), which is allowed now */
    bool prepare_nothing;
    struct plan plans[FAKE_STEPS];
    struct hook in_enter, in_leave, in_verify;
    char log[LOG_SIZE];
    size_t logged;
};

static _Thread_local struct thread tl_thread;

/* Statistics: relaxed, so that they order nothing. */
static _Atomic uint64_t s_probed, s_prepared, s_discarded, s_entered, s_refused, s_left, s_verified,
    s_put_right;

static void count(_Atomic uint64_t *counter)
{
    (void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint64_t value(_Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

static void require(bool condition, const char *otherwise)
{
    if (condition) {
        return;
    }
    say("fake provider: ");
    say(otherwise);
    say("\n");
    abort();
}

static void note(char what, char who)
{
    struct thread *thread = &tl_thread;

    if (thread->logged + 2 < sizeof thread->log) {
        thread->log[thread->logged++] = what;
        thread->log[thread->logged++] = who;
    }
}

/* Returns GUISE_OK, or the result of the plan for the step. */
static guise_result planned(enum fake_step step)
{
    struct plan *plan = &tl_thread.plans[step];

    if (plan->times == 0) {
        return GUISE_OK;
    }
    if (plan->skip != 0) {
        plan->skip--;
        return GUISE_OK;
    }
    if (plan->times != FAKE_ALWAYS) {
        plan->times--;
    }
    return plan->result;
}

static void call_once(struct hook *hook)
{
    struct hook once = *hook;

    memset(hook, 0, sizeof *hook);
    if (once.fn != NULL) {
        once.fn(once.arg);
    }
}

/* ---- the six functions of a provider --------------------------------------------------------- */

static guise_result fake_probe(const guise_provider *self)
{
    require(self == fake_provider(), "probe of another provider");
    count(&s_probed);
    return planned(FAKE_PROBE);
}

static guise_result fake_prepare(const guise_provider *self, const guise_token *token,
                                 void **prepared)
{
    guise_result result = planned(FAKE_PREPARE);
    int kept = errno;
    struct body *body;

    require(self == fake_provider(), "prepare of another provider");
    *prepared = NULL;
    if (result != GUISE_OK || tl_thread.prepare_nothing) {
        return result;
    }
    body = malloc(sizeof *body);
    errno = kept;
    if (body == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    body->state = LIVE;
    body->letter = guise_token_name(token)[0];
    body->serial = guise_token_serial(token);
    count(&s_prepared);
    *prepared = body;
    return GUISE_OK;
}

static void fake_discard(const guise_provider *self, void *prepared)
{
    struct body *body = prepared;
    int kept = errno;

    require(self == fake_provider(), "discard of another provider");
    if (body == NULL) {
        return;
    }
    require(body->state == LIVE, "discard of what is gone already");
    require(body != tl_thread.worn, "discard of what this thread is");
    body->state = GONE;
    count(&s_discarded);
    free(body);
    errno = kept;
}

static guise_result fake_enter(const guise_provider *self, const void *prepared)
{
    const struct body *body = prepared;
    guise_result result = planned(FAKE_ENTER);

    require(self == fake_provider(), "enter of another provider");
    require(body != NULL && body->state == LIVE, "enter of nobody");
    require(tl_thread.worn == NULL, "enter when not self");
    if (result != GUISE_OK) {
        note('!', body->letter);
        count(&s_refused);
        return result;
    }
    tl_thread.worn = body;
    note('+', body->letter);
    count(&s_entered);
    call_once(&tl_thread.in_enter);
    return GUISE_OK;
}

static void put_right(struct thread *thread)
{
    require(thread->restorable, "leave(NULL) that verify did not announce");
    thread->restorable = false;
    thread->worn = NULL;
    note('-', '0');
    count(&s_put_right);
}

static void fake_leave(const guise_provider *self, const void *prepared)
{
    const struct body *body = prepared;

    require(self == fake_provider(), "leave of another provider");
    if (body == NULL) {
        put_right(&tl_thread);
        return;
    }
    require(tl_thread.worn != NULL, "leave without enter");
    require(tl_thread.worn == body && body->state == LIVE, "leave of somebody else");
    tl_thread.worn = NULL;
    note('-', body->letter);
    count(&s_left);
    call_once(&tl_thread.in_leave);
}

static guise_result fake_verify(const guise_provider *self, const void *prepared)
{
    struct thread *thread = &tl_thread;
    guise_result result = planned(FAKE_VERIFY);

    require(self == fake_provider(), "verify of another provider");
    count(&s_verified);
    if (result == GUISE_OK && thread->worn != prepared) {
        result = GUISE_E_UNEXPECTED;
    }
    thread->restorable = result == GUISE_E_UNEXPECTED && prepared == NULL;
    call_once(&thread->in_verify);
    return result;
}

const guise_provider *fake_provider(void)
{
    static const guise_provider fake = {
        .size = sizeof fake,
        .name = "fake",
        .probe = fake_probe,
        .prepare = fake_prepare,
        .discard = fake_discard,
        .enter = fake_enter,
        .leave = fake_leave,
        .verify = fake_verify,
    };

    return &fake;
}

/* ---- the functions for tests ------------------------------------------------------------------ */

bool fake_is_self(void)
{
    return tl_thread.worn == NULL;
}

uint64_t fake_worn_serial(void)
{
    return tl_thread.worn == NULL ? 0 : tl_thread.worn->serial;
}

const char *fake_log(void)
{
    tl_thread.log[tl_thread.logged] = '\0';
    return tl_thread.log;
}

void fake_log_clear(void)
{
    tl_thread.logged = 0;
}

void fake_fail(enum fake_step step, unsigned skip, unsigned times, guise_result result)
{
    struct plan plan = {skip, times, result};

    tl_thread.plans[step] = plan;
}

void fake_in_enter(void (*fn)(void *arg), void *arg)
{
    struct hook hook = {fn, arg};

    tl_thread.in_enter = hook;
}

void fake_in_leave(void (*fn)(void *arg), void *arg)
{
    struct hook hook = {fn, arg};

    tl_thread.in_leave = hook;
}

void fake_in_verify(void (*fn)(void *arg), void *arg)
{
    struct hook hook = {fn, arg};

    tl_thread.in_verify = hook;
}

void fake_prepare_nothing(bool nothing)
{
    tl_thread.prepare_nothing = nothing;
}

void fake_born_as_client(void)
{
    static const struct body creators_client = {LIVE, '?', UINT64_MAX};

    tl_thread.worn = &creators_client;
}

struct fake_counts fake_counts(void)
{
    struct fake_counts counts = {
        .probed = value(&s_probed),
        .prepared = value(&s_prepared),
        .discarded = value(&s_discarded),
        .entered = value(&s_entered),
        .refused = value(&s_refused),
        .left = value(&s_left),
        .verified = value(&s_verified),
        .put_right = value(&s_put_right),
    };

    return counts;
}
