/* SPDX-License-Identifier: MIT */
/*
 * What the core asks of a provider, in which order, and what it makes of the answers. A process has
 * one provider, so every scenario is a forked child; its asserts are CHILD_CHECKs.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity/context.h"
#include "identity/token.h"
#include "support/child.h"
#include "support/fake_provider.h"
#include "support/wt.h"

enum { SECONDS = 20 };

/* A cmocka test, test_NAME, for a child function NAME. */
#define PASSING(name)                                                                              \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        test_watchdog(SECONDS);                                                                    \
        assert_child_passes(name, NULL);                                                           \
    }
#define DYING(name)                                                                                \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        test_watchdog(SECONDS);                                                                    \
        assert_child_dies(name, NULL,                                                              \
                          "ready. guise: fatal: could not put the previous client back");          \
    }

/* In a child that shall die at what comes next, and not before. */
static void say_ready(void)
{
    (void)fputs("ready. ", stderr);
}

/* ---- things ------------------------------------------------------------------------------------------- */

struct client {
    guise_token *token;
    guise_context *context;
    guise_call *call;
};

static unsigned refs_of(const guise_token *token)
{
    return atomic_load(&((guise_token *)(uintptr_t)token)->refs);
}

static guise_token_desc desc_of(const char *name)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = name,
                             .uid = 1000,
                             .gid = 1000,
                             .level = GUISE_LEVEL_IMPERSONATE};

    return desc;
}

static guise_token *make_token(const char *name)
{
    guise_token_desc desc = desc_of(name);
    guise_token *token = NULL;

    CHILD_CHECK_KEPT(guise_token_create(&desc, &token), GUISE_OK);
    return token;
}

static guise_blanket plain_blanket(void)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};

    return blanket;
}

static struct client make_client(const char *name)
{
    guise_blanket blanket = plain_blanket();
    struct client client = {.token = make_token(name)};

    CHILD_CHECK_KEPT(guise_context_create(&blanket, client.token, &client.context), GUISE_OK);
    CHILD_CHECK_KEPT(guise_call_create(client.context, &client.call), GUISE_OK);
    CHILD_CHECK(refs_of(client.token) == 2); /* its maker's, and the context's */
    return client;
}

/* No other reference to any part of it exists. */
static void drop_client(struct client *client)
{
    CHILD_CHECK(refs_of(client->token) == 2);
    guise_call_unref(client->call);
    CHILD_CHECK(atomic_load(&client->context->refs) == 1);
    guise_context_unref(client->context);
    CHILD_CHECK(refs_of(client->token) == 1);
    guise_token_unref(client->token);
}

static void choose_fake(void)
{
    CHILD_CHECK_KEPT(guise_use_provider(fake_provider()), GUISE_OK);
}

/* What the thread is for the program and for "the kernel" must be the same. */
static void check_thread(const guise_token *expected, bool impersonating)
{
    CHILD_CHECK(guise_thread_token() == expected);
    CHILD_CHECK(guise_is_impersonating() == impersonating);
    CHILD_CHECK(fake_worn_serial() == (expected == NULL ? 0 : guise_token_serial(expected)));
}

static void check_log(const char *expected)
{
    if (strcmp(fake_log(), expected) != 0) {
        (void)fprintf(stderr, "provider was asked for \"%s\", not for \"%s\"\n", fake_log(),
                      expected);
    }
    CHILD_CHECK(strcmp(fake_log(), expected) == 0);
    fake_log_clear();
}

static uint64_t born_as_client(void)
{
    guise_counters counters = {.size = sizeof counters};

    CHILD_CHECK_KEPT(guise_counters_get(&counters), GUISE_OK);
    return counters.born_as_client;
}

static void in_thread(void *(*fn)(void *), void *arg)
{
    pthread_t thread;

    CHILD_CHECK(pthread_create(&thread, NULL, fn, arg) == 0);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
}

static guise_result run_in_frame(struct client *client, guise_begin_fn *fn, void *arg)
{
    return guise_call_run(client->call, fn, arg);
}

/* ---- choosing ----------------------------------------------------------------------------------------- */

static void assert_unusable(const guise_provider *provider)
{
    CHILD_CHECK_KEPT(guise_use_provider(provider), GUISE_E_INVALID_ARGUMENT);
}

static void refuse_functions_missing(void)
{
    guise_provider provider = *fake_provider();

    provider.probe = NULL;
    assert_unusable(&provider);
    provider = *fake_provider();
    provider.prepare = NULL;
    assert_unusable(&provider);
    provider = *fake_provider();
    provider.discard = NULL;
    assert_unusable(&provider);
    provider = *fake_provider();
    provider.enter = NULL;
    assert_unusable(&provider);
    provider = *fake_provider();
    provider.leave = NULL;
    assert_unusable(&provider);
    provider = *fake_provider();
    provider.verify = NULL;
    assert_unusable(&provider);
}

static void refuse_sizes_and_flags(void)
{
    struct {
        guise_provider provider;
        unsigned char tail[8];
    } longer = {.provider = *fake_provider()};

    assert_unusable(NULL);
    longer.provider.size = 0;
    assert_unusable(&longer.provider);
    longer.provider.size = sizeof longer.provider - 1;
    assert_unusable(&longer.provider);
    longer.provider.size = sizeof longer;
    longer.tail[7] = 1;
    assert_unusable(&longer.provider);
    longer.provider = *fake_provider();
    longer.provider.name = NULL;
    assert_unusable(&longer.provider);
    longer.provider = *fake_provider();
    longer.provider.flags = GUISE_PROVIDER_ENFORCED << 1;
    assert_unusable(&longer.provider);
    longer.provider.flags = GUISE_PROVIDER_ENFORCED | 0x80000000u;
    assert_unusable(&longer.provider);
}

/* An impossible argument is no failed choice: no provider was probed, and any can still be chosen.
 * */
static void unusable_providers_are_refused(void *arg)
{
    (void)arg;
    refuse_functions_missing();
    refuse_sizes_and_flags();
    CHILD_CHECK(fake_counts().probed == 0);
    choose_fake();
    CHILD_CHECK(fake_counts().probed == 1);
}
PASSING(unusable_providers_are_refused)

enum { LARGEST = 4096 }; /* that a struct may say it is */

static union {
    guise_provider provider;
    unsigned char bytes[LARGEST + 1];
} s_longer;

static guise_result ok_probe(const guise_provider *self)
{
    return self == &s_longer.provider ? GUISE_OK : GUISE_E_UNEXPECTED;
}

static void longer_provider_with_a_zero_tail_is_used(void *arg)
{
    (void)arg;
    s_longer.provider = *guise_provider_emulated();
    s_longer.provider.size = SIZE_MAX;
    assert_unusable(&s_longer.provider); /* a size that was never set */
    s_longer.provider.size = LARGEST + 1;
    assert_unusable(&s_longer.provider);
    s_longer.provider.size = LARGEST;
    s_longer.provider.flags = GUISE_PROVIDER_ENFORCED;
    s_longer.provider.probe = ok_probe;
    CHILD_CHECK_KEPT(guise_use_provider(&s_longer.provider), GUISE_OK);
    guise_token_unref(make_token("A"));
}
PASSING(longer_provider_with_a_zero_tail_is_used)

static struct wt_latch s_probing = WT_LATCH_INIT, s_probed = WT_LATCH_INIT;

static guise_result slow_probe(const guise_provider *self)
{
    (void)self;
    wt_latch_open(&s_probing);
    wt_latch_wait(&s_probed);
    return GUISE_OK;
}

static void *choose_slowly(void *arg)
{
    CHILD_CHECK_RESULT(guise_use_provider(arg), GUISE_OK);
    return NULL;
}

/* The thread that chooses does not exist in the child; the child's own choice does not wait for it.
 * */
static void child_of_a_process_that_chooses_does_not_wait(void *arg)
{
    guise_provider slow = *guise_provider_emulated();
    pthread_t thread;
    int status = -1;
    pid_t child;

    (void)arg;
    slow.probe = slow_probe;
    CHILD_CHECK(pthread_create(&thread, NULL, choose_slowly, &slow) == 0);
    wt_latch_wait(&s_probing);
    child = fork();
    if (child == 0) {
        (void)alarm(10); /* ends a child that waits */
        test_use_emulated();
        guise_token_unref(make_token("A"));
        test_exit_child(0);
    }
    CHILD_CHECK(waitpid(child, &status, 0) == child);
    CHILD_CHECK(status == 0);
    wt_latch_open(&s_probed);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
}
PASSING(child_of_a_process_that_chooses_does_not_wait)

static void second_choice_is_too_late(void *arg)
{
    (void)arg;
    CHILD_CHECK(guise_provider_in_use() == NULL);
    choose_fake();
    CHILD_CHECK(guise_provider_in_use() == fake_provider());
    CHILD_CHECK_KEPT(guise_use_provider(fake_provider()), GUISE_OK); /* the same again */
    CHILD_CHECK_KEPT(guise_use_provider(guise_provider_emulated()), GUISE_E_TOO_LATE);
    CHILD_CHECK_KEPT(guise_use_provider(guise_provider_linux()), GUISE_E_TOO_LATE);
    CHILD_CHECK_KEPT(guise_use_provider(NULL), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(guise_provider_in_use() == fake_provider());
    CHILD_CHECK(fake_counts().probed == 1);
    guise_token_unref(make_token("A"));
    CHILD_CHECK(fake_counts().prepared == 1);
}
PASSING(second_choice_is_too_late)

static void check_no_token(void)
{
    guise_token_desc desc = desc_of("A");
    guise_token *token = TEST_POISON(guise_token);

    CHILD_CHECK_KEPT(guise_token_create(&desc, &token), GUISE_E_NO_PROVIDER);
    CHILD_CHECK(token == NULL);
    CHILD_CHECK(guise_provider_in_use() == NULL);
}

/* I-01: a program that forgot to choose has no client to serve, on any way to a token. */
static void no_choice_allows_no_token(void *arg)
{
    (void)arg;
    check_no_token();
    CHILD_CHECK_KEPT(guise_thread_verify(), GUISE_E_NO_PROVIDER);
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_E_NO_PROVIDER);
}
PASSING(no_choice_allows_no_token)

static bool reason_is(const char *expected)
{
    return strcmp(guise_provider_reason(), expected) == 0;
}

static void reason_of_the_last_choice(void *arg)
{
    (void)arg;
    CHILD_CHECK(reason_is("no provider was chosen"));
    fake_fail(FAKE_PROBE, 0, 1, GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK_KEPT(guise_use_provider(fake_provider()), GUISE_E_NOT_SUPPORTED);
    CHILD_CHECK(reason_is("GUISE_E_NOT_SUPPORTED"));
    CHILD_CHECK_KEPT(guise_use_provider(NULL), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(reason_is("GUISE_E_NOT_SUPPORTED"));
    choose_fake();
    CHILD_CHECK(reason_is(""));
    CHILD_CHECK_KEPT(guise_use_provider(guise_provider_emulated()), GUISE_E_TOO_LATE);
    CHILD_CHECK(reason_is("another provider is in use already"));
}
PASSING(reason_of_the_last_choice)

/* It fails closed: no token, until a choice succeeded. */
static void refused_choice_allows_no_token(void *arg)
{
    static const guise_result answers[][2] = {
        {GUISE_E_ACCESS_DENIED, GUISE_E_ACCESS_DENIED},
        {GUISE_E_NOT_SUPPORTED, GUISE_E_NOT_SUPPORTED},
        {GUISE_E_OUT_OF_MEMORY, GUISE_E_OUT_OF_MEMORY},
        {1, GUISE_E_UNEXPECTED}, /* only GUISE_OK is a yes */
    };

    (void)arg;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        fake_fail(FAKE_PROBE, 0, 1, answers[i][0]);
        CHILD_CHECK_KEPT(guise_use_provider(fake_provider()), answers[i][1]);
        check_no_token();
        check_no_token();
    }
    CHILD_CHECK_KEPT(guise_use_provider(NULL), GUISE_E_INVALID_ARGUMENT);
    check_no_token();
    choose_fake();
    guise_token_unref(make_token("A"));
    CHILD_CHECK(fake_counts().probed == 5 && fake_counts().prepared == 1);
}
PASSING(refused_choice_allows_no_token)

static void refused_choice_allows_another(void *arg)
{
    (void)arg;
    fake_fail(FAKE_PROBE, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_use_provider(fake_provider()), GUISE_E_ACCESS_DENIED);
    check_no_token();
    CHILD_CHECK_KEPT(guise_use_provider(guise_provider_emulated()), GUISE_OK);
    guise_token_unref(make_token("A"));
    CHILD_CHECK_KEPT(guise_use_provider(fake_provider()), GUISE_E_TOO_LATE);
    CHILD_CHECK(fake_counts().prepared == 0);
}
PASSING(refused_choice_allows_another)

static void *choose_in_thread(void *arg)
{
    guise_result *result = arg;

    *result = guise_use_provider(fake_provider());
    return NULL;
}

static void one_of_many_chooses(void *arg)
{
    enum { CHOOSERS = 4 };
    guise_result results[CHOOSERS];
    pthread_t threads[CHOOSERS];

    (void)arg;
    for (int i = 0; i < CHOOSERS; i++) {
        CHILD_CHECK(pthread_create(&threads[i], NULL, choose_in_thread, &results[i]) == 0);
    }
    for (int i = 0; i < CHOOSERS; i++) {
        CHILD_CHECK(pthread_join(threads[i], NULL) == 0);
        CHILD_CHECK_RESULT(results[i], GUISE_OK);
    }
    CHILD_CHECK(fake_counts().probed == 1);
}
PASSING(one_of_many_chooses)

static void *choose_linux_canceled(void *alive)
{
    (void)pthread_cancel(pthread_self());
    (void)!guise_use_provider(guise_provider_linux()); /* with any answer of the provider */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    *(bool *)alive = true;
    return NULL;
}

/* The choice reads files and holds a lock: a cancellation that is pending stays so. */
static void choice_is_no_cancellation_point(void *arg)
{
    bool alive = false;

    (void)arg;
    in_thread(choose_linux_canceled, &alive);
    CHILD_CHECK(alive);
    CHILD_CHECK_KEPT(guise_use_provider(NULL), GUISE_E_INVALID_ARGUMENT);
    (void)!guise_use_provider(guise_provider_emulated()); /* and the lock is free */
    guise_token_unref(make_token("B"));
}
PASSING(choice_is_no_cancellation_point)

static void providers_of_the_library(void *arg)
{
    const guise_provider *emulated = guise_provider_emulated(), *linux_one = guise_provider_linux();

    (void)arg;
    CHILD_CHECK(emulated->size == sizeof *emulated && strcmp(emulated->name, "emulated") == 0);
    CHILD_CHECK(emulated->flags == 0 && emulated == guise_provider_emulated());
    CHILD_CHECK(linux_one->size == sizeof *linux_one && strcmp(linux_one->name, "linux") == 0);
    CHILD_CHECK(linux_one->flags == GUISE_PROVIDER_ENFORCED && linux_one == guise_provider_linux());
}
PASSING(providers_of_the_library)

/* Without the right, or without such a kernel: refused, and no token either. */
static void linux_provider_needs_privilege(void *arg)
{
    guise_result result;

    (void)arg;
    CHILD_CHECK(geteuid() != 0 || setuid(12345) == 0);
    errno = KEPT_ERRNO;
    result = guise_use_provider(guise_provider_linux());
    CHILD_CHECK(errno == KEPT_ERRNO);
    CHILD_CHECK(result == GUISE_E_ACCESS_DENIED || result == GUISE_E_NOT_SUPPORTED);
    check_no_token();
}
PASSING(linux_provider_needs_privilege)

/* ---- prepare and discard -------------------------------------------------------------------------------- */

static void check_refused_token(guise_result answer, guise_result expected)
{
    guise_token_desc desc = desc_of("A");
    guise_token *token = TEST_POISON(guise_token);

    fake_fail(FAKE_PREPARE, 0, 1, answer);
    CHILD_CHECK_KEPT(guise_token_create(&desc, &token), expected);
    CHILD_CHECK(token == NULL);
}

static void check_refused_copies(const guise_token *token)
{
    guise_blanket blanket = plain_blanket();
    guise_context *context = TEST_POISON(guise_context);
    guise_token *copy = TEST_POISON(guise_token);

    fake_fail(FAKE_PREPARE, 0, 2, GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK_KEPT(guise_token_duplicate(token, GUISE_LEVEL_IDENTIFY, &copy),
                     GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(copy == NULL);
    blanket.level = GUISE_LEVEL_IDENTIFY;
    CHILD_CHECK_KEPT(guise_context_create(&blanket, token, &context), GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(context == NULL);
    CHILD_CHECK(refs_of(token) == 1);
}

static void prepares_refusal_is_the_tokens(void *arg)
{
    guise_token *token;

    (void)arg;
    choose_fake();
    check_refused_token(GUISE_E_OUT_OF_MEMORY, GUISE_E_OUT_OF_MEMORY);
    check_refused_token(GUISE_E_ACCESS_DENIED, GUISE_E_ACCESS_DENIED);
    check_refused_token(7, GUISE_E_UNEXPECTED); /* only GUISE_OK is a yes */
    CHILD_CHECK(fake_counts().prepared == 0);
    token = make_token("A");
    check_refused_copies(token);
    guise_token_unref(token);
    CHILD_CHECK(fake_counts().prepared == 1 && fake_counts().discarded == 1);
}
PASSING(prepares_refusal_is_the_tokens)

static void each_token_is_prepared_and_discarded_once(void *arg)
{
    guise_token *token, *copy, *same;

    (void)arg;
    choose_fake();
    token = make_token("A");
    CHILD_CHECK_KEPT(guise_token_duplicate(token, GUISE_LEVEL_IDENTIFY, &copy), GUISE_OK);
    CHILD_CHECK(fake_counts().prepared == 2);
    same = guise_token_ref(token);
    guise_token_unref(token);
    guise_token_unref(copy);
    CHILD_CHECK(fake_counts().discarded == 1);
    guise_token_unref(same);
    CHILD_CHECK(fake_counts().discarded == 2);
    CHILD_CHECK(fake_counts().entered == 0 && fake_counts().verified == 0);
}
PASSING(each_token_is_prepared_and_discarded_once)

/* ---- the order of enter and leave ------------------------------------------------------------------------- */

static guise_result impersonate_both(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    check_thread(clients[0].token, true);
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK); /* it is already */
    check_thread(clients[0].token, true);
    CHILD_CHECK_KEPT(guise_call_impersonate(clients[1].call), GUISE_OK);
    check_thread(clients[1].token, true);
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    check_thread(NULL, false);
    check_log("+A-A+B-B");
    return GUISE_OK;
}

/* S-12 */
static void last_impersonation_wins_and_one_revert_undoes_all(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], impersonate_both, clients), GUISE_OK);
    check_log("");
    check_thread(NULL, false);
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(last_impersonation_wins_and_one_revert_undoes_all)

static guise_result inner_impersonates(guise_call *call, void *arg)
{
    struct client *clients = arg;

    check_thread(NULL, false);
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    check_thread(clients[1].token, true);
    return GUISE_OK;
}

static guise_result inner_does_nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    check_thread(NULL, false);
    return GUISE_OK;
}

static guise_result outer_with_inner_frames(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    CHILD_CHECK_KEPT(run_in_frame(&clients[1], inner_impersonates, clients), GUISE_OK);
    check_thread(clients[0].token, true);
    check_log("+A-A+B-B+A");
    CHILD_CHECK_KEPT(run_in_frame(&clients[1], inner_does_nothing, clients), GUISE_OK);
    check_thread(clients[0].token, true);
    check_log("-A+A");
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    CHILD_CHECK_KEPT(run_in_frame(&clients[1], inner_impersonates, clients), GUISE_OK);
    check_thread(NULL, false);
    check_log("-A+B-B");
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    return GUISE_OK;
}

/* S-14, S-15, S-17, L-6: every frame starts as self, and ends with what was before. */
static void frames_start_as_self_and_put_back(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], outer_with_inner_frames, clients), GUISE_OK);
    check_log("+A-A");
    check_thread(NULL, false);
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(frames_start_as_self_and_put_back)

static guise_result set_then_impersonate(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_set_thread_token(clients[1].token), GUISE_OK);
    check_thread(clients[1].token, false);
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    check_thread(clients[0].token, true);
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    check_thread(clients[1].token, false);
    check_log("+B-B+A-A+B");
    CHILD_CHECK_KEPT(guise_set_thread_token(clients[1].token), GUISE_OK);
    CHILD_CHECK(refs_of(clients[1].token) == 3);
    check_log("");
    CHILD_CHECK_KEPT(guise_set_thread_token(NULL), GUISE_OK);
    check_thread(NULL, false);
    check_log("-B");
    CHILD_CHECK_KEPT(guise_set_thread_token(clients[1].token), GUISE_OK);
    return GUISE_OK;
}

/* S-10, S-11, S-13, X-28: the program's own token comes back at the revert, and goes with the frame. */
static void own_token_is_saved_and_comes_back(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], set_then_impersonate, clients), GUISE_OK);
    check_log("+B-B");
    check_thread(NULL, false);
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(own_token_is_saved_and_comes_back)

static guise_result see_token(void *arg)
{
    check_thread(arg, false);
    return 42;
}

static guise_result run_as_other(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    CHILD_CHECK_KEPT(guise_run_as(clients[1].token, see_token, clients[1].token), 42);
    check_thread(clients[0].token, true);
    check_log("+A-A+B-B+A");
    return GUISE_OK;
}

static void run_as_puts_back(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], run_as_other, clients), GUISE_OK);
    check_log("-A");
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(run_as_puts_back)

static void reply_as_self(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    CHILD_CHECK(result == GUISE_OK);
    check_thread(NULL, false);
    CHILD_CHECK_KEPT(guise_set_thread_token(arg), GUISE_OK); /* and what it leaves is taken off */
}

static guise_result signal_as_client(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    CHILD_CHECK_KEPT(guise_call_signal(call), GUISE_OK);
    check_thread(clients[0].token, true);
    check_log("+A-A+B-B+A");
    return GUISE_OK;
}

/* The completion function is the server's act, and Signal changes no thread's token (N-02). */
static void reply_runs_as_self(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(guise_call_on_complete(clients[0].call, reply_as_self, clients[1].token),
                     GUISE_OK);
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], signal_as_client, clients), GUISE_OK);
    check_log("-A");
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(reply_runs_as_self)

/* Outside any frame only the thread itself removes the token (S-20, S-21). */
static void foreign_impersonation_holds_a_reference(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    CHILD_CHECK_KEPT(guise_call_impersonate(client.call), GUISE_OK);
    CHILD_CHECK(refs_of(client.token) == 3);
    CHILD_CHECK_KEPT(guise_call_signal(client.call), GUISE_OK);
    check_thread(client.token, true);
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    check_thread(NULL, false);
    check_log("+A-A");
    drop_client(&client);
}
PASSING(foreign_impersonation_holds_a_reference)

static void *end_as_client(void *arg)
{
    struct client *client = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(client->call), GUISE_OK);
    return NULL;
}

static void thread_that_ends_as_client_is_put_right(void *arg)
{
    guise_counters counters = {.size = sizeof counters};
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    in_thread(end_as_client, &client);
    CHILD_CHECK(fake_counts().entered == 1 && fake_counts().left == 1);
    CHILD_CHECK_KEPT(guise_counters_get(&counters), GUISE_OK);
    CHILD_CHECK(counters.exited_as_client == 1);
    drop_client(&client);
}
PASSING(thread_that_ends_as_client_is_put_right)

static guise_result use_nothing(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    CHILD_CHECK(guise_thread_token() == clients[0].token && guise_is_impersonating());
    CHILD_CHECK_KEPT(guise_call_impersonate(clients[1].call), GUISE_OK);
    CHILD_CHECK(guise_thread_token() == clients[1].token);
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    CHILD_CHECK_KEPT(guise_set_thread_token(clients[1].token), GUISE_OK);
    CHILD_CHECK_KEPT(run_in_frame(&clients[1], inner_does_nothing, NULL), GUISE_OK);
    return GUISE_OK;
}

/* Storing NULL means that there is nothing to do: the slot is the truth. */
static void tokens_without_body_are_never_entered(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    fake_prepare_nothing(true);
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK(clients[0].token->prepared == NULL);
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], use_nothing, clients), GUISE_OK);
    check_thread(NULL, false);
    check_log("");
    CHILD_CHECK(fake_counts().entered == 0 && fake_counts().left == 0);
    drop_client(&clients[0]);
    drop_client(&clients[1]);
    CHILD_CHECK(fake_counts().discarded == 0);
}
PASSING(tokens_without_body_are_never_entered)

static guise_result mix_bodies(guise_call *call, void *arg)
{
    struct client *clients = arg;

    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    CHILD_CHECK_KEPT(guise_call_impersonate(clients[1].call), GUISE_OK);
    CHILD_CHECK(guise_thread_token() == clients[1].token && fake_is_self());
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK);
    check_thread(clients[0].token, true);
    check_log("+A-A+A");
    return GUISE_OK;
}

static void one_with_and_one_without_body(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    fake_prepare_nothing(true);
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], mix_bodies, clients), GUISE_OK);
    check_log("-A");
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(one_with_and_one_without_body)

/* ---- enter refuses ------------------------------------------------------------------------------------------ */

static const guise_result s_refusals[] = {GUISE_E_ACCESS_DENIED, GUISE_E_OUT_OF_MEMORY,
                                          GUISE_E_CALL_COMPLETE, 1};
enum { REFUSALS = sizeof s_refusals / sizeof s_refusals[0] };

static void refuse_impersonation(guise_call *call, const guise_token *before, bool impersonating,
                                 const char *log)
{
    for (int i = 0; i < REFUSALS; i++) {
        fake_fail(FAKE_ENTER, 0, 1, s_refusals[i]);
        CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
        check_thread(before, impersonating);
        check_log(log);
    }
}

static guise_result refuse_in_every_state(guise_call *call, void *arg)
{
    struct client *clients = arg;

    refuse_impersonation(call, NULL, false, "!A");
    CHILD_CHECK_KEPT(guise_set_thread_token(clients[1].token), GUISE_OK);
    fake_log_clear();
    refuse_impersonation(call, clients[1].token, false, "-B!A+B");
    CHILD_CHECK_KEPT(guise_set_thread_token(NULL), GUISE_OK);
    CHILD_CHECK_KEPT(guise_call_impersonate(clients[1].call), GUISE_OK);
    fake_log_clear();
    refuse_impersonation(call, clients[1].token, true, "-B!A+B");
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    check_thread(NULL, false);
    check_log("-B");
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_OK); /* and it works the next time */
    check_thread(clients[0].token, true);
    return GUISE_OK;
}

/* If enter returns anything but GUISE_OK, nothing has changed (N-04, S-24). */
static void refused_enter_changes_nothing(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&clients[0], refuse_in_every_state, clients), GUISE_OK);
    check_thread(NULL, false);
    drop_client(&clients[0]);
    drop_client(&clients[1]);
}
PASSING(refused_enter_changes_nothing)

/* S-20: what was never on is not counted. */
static void refused_enter_in_no_frame(void *arg)
{
    guise_counters counters = {.size = sizeof counters};
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    refuse_impersonation(client.call, NULL, false, "!A");
    CHILD_CHECK_KEPT(guise_call_signal(client.call), GUISE_OK);
    CHILD_CHECK_KEPT(guise_counters_get(&counters), GUISE_OK);
    CHILD_CHECK(counters.foreign_at_completion == 0);
    drop_client(&client);
}
PASSING(refused_enter_in_no_frame)

static guise_result never_run(void *arg)
{
    (void)arg;
    child_failed("a function ran that must not", __FILE__, __LINE__);
}

static void refused_enter_of_own_tokens(void *arg)
{
    guise_token *first, *second;

    (void)arg;
    choose_fake();
    first = make_token("A");
    second = make_token("B");
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_set_thread_token(first), GUISE_E_ACCESS_DENIED);
    check_thread(NULL, false);
    CHILD_CHECK_KEPT(guise_set_thread_token(first), GUISE_OK);
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_set_thread_token(second), GUISE_E_ACCESS_DENIED);
    check_thread(first, false);
    check_log("!A+A-A!B+A");
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_run_as(second, never_run, NULL), GUISE_E_ACCESS_DENIED);
    check_thread(first, false);
    check_log("-A!B+A");
    CHILD_CHECK(refs_of(first) == 2 && refs_of(second) == 1);
    CHILD_CHECK_KEPT(guise_set_thread_token(NULL), GUISE_OK);
    guise_token_unref(first);
    guise_token_unref(second);
}
PASSING(refused_enter_of_own_tokens)

/* ---- what was before cannot come back: the process ends (L-7) ------------------------------------------------- */

/* L-7 */
static void refused_impersonation_cannot_restore(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    CHILD_CHECK_RESULT(guise_set_thread_token(make_token("X")), GUISE_OK);
    fake_fail(FAKE_ENTER, 0, 2, GUISE_E_ACCESS_DENIED);
    say_ready();
    (void)!guise_call_impersonate(client.call);
}
DYING(refused_impersonation_cannot_restore)

static void signal_call(void *arg)
{
    CHILD_CHECK_RESULT(guise_call_signal(arg), GUISE_OK);
}

/* L-7 */
static void late_impersonation_cannot_restore(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    CHILD_CHECK_RESULT(guise_set_thread_token(make_token("X")), GUISE_OK);
    fake_fail(FAKE_ENTER, 1, 1, GUISE_E_ACCESS_DENIED);
    fake_in_enter(signal_call, client.call);
    say_ready();
    (void)!guise_call_impersonate(client.call);
}
DYING(late_impersonation_cannot_restore)

/* L-7 */
static void revert_cannot_restore(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    CHILD_CHECK_RESULT(guise_set_thread_token(make_token("X")), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_impersonate(client.call), GUISE_OK);
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    say_ready();
    (void)!guise_revert_to_self();
}
DYING(revert_cannot_restore)

static guise_result fail_to_return(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    say_ready();
    return GUISE_OK;
}

/* L-7 */
static void frame_end_cannot_restore(void *arg)
{
    struct client clients[2];

    (void)arg;
    choose_fake();
    clients[0] = make_client("A");
    clients[1] = make_client("B");
    CHILD_CHECK_RESULT(guise_call_impersonate(clients[0].call), GUISE_OK);
    (void)!run_in_frame(&clients[1], fail_to_return, NULL);
}
DYING(frame_end_cannot_restore)

static guise_result fail_to_return_from_run_as(void *arg)
{
    return fail_to_return(NULL, arg);
}

/* L-7 */
static void run_as_cannot_restore(void *arg)
{
    guise_token *token;

    (void)arg;
    choose_fake();
    token = make_token("A");
    CHILD_CHECK_RESULT(guise_set_thread_token(make_token("X")), GUISE_OK);
    (void)!guise_run_as(token, fail_to_return_from_run_as, NULL);
}
DYING(run_as_cannot_restore)

static void fail_to_return_from_reply(guise_call *call, guise_result result, void *arg)
{
    (void)result;
    (void)fail_to_return(call, arg);
}

/* L-7 */
static void completion_cannot_restore(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    CHILD_CHECK_RESULT(guise_call_on_complete(client.call, fail_to_return_from_reply, NULL),
                       GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_impersonate(client.call), GUISE_OK);
    (void)!guise_call_signal(client.call);
}
DYING(completion_cannot_restore)

/* Writing the last line is a cancellation point; no thread may leave the library by it (L-7). */
static void canceled_thread_cannot_restore(void *arg)
{
    struct client client;

    choose_fake();
    client = make_client("A");
    CHILD_CHECK_RESULT(guise_set_thread_token(make_token("X")), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_impersonate(client.call), GUISE_OK);
    (void)fail_to_return(NULL, arg);
    CHILD_CHECK(pthread_cancel(pthread_self()) == 0);
    (void)!guise_revert_to_self();
}
DYING(canceled_thread_cannot_restore)

/* ---- the call completes while enter runs (N-01, L-1) ------------------------------------------------------------ */

static void *signal_in_thread(void *call)
{
    CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
    return NULL;
}

static void signal_elsewhere(void *call)
{
    in_thread(signal_in_thread, call);
}

typedef void in_the_middle(void *call);

static void be_late(struct client *client, in_the_middle *fn)
{
    fake_in_enter(fn, client->call);
    CHILD_CHECK_KEPT(guise_call_impersonate(client->call), GUISE_E_CALL_COMPLETE);
}

static void late_in_no_frame(in_the_middle *fn)
{
    guise_counters counters = {.size = sizeof counters};
    struct client client = make_client("A");

    be_late(&client, fn);
    check_thread(NULL, false);
    check_log("+A-A");
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    check_log("");
    CHILD_CHECK_KEPT(guise_call_impersonate(client.call), GUISE_E_CALL_COMPLETE);
    check_log(""); /* refused at the first look: never entered */
    CHILD_CHECK_KEPT(guise_counters_get(&counters), GUISE_OK);
    CHILD_CHECK(counters.foreign_at_completion == 0 && counters.exited_as_client == 0);
    drop_client(&client);
}

/* N-01, L-1, L-3: success is decided by the look after enter, however slow that was. */
static void completed_during_enter_in_no_frame(void *arg)
{
    (void)arg;
    choose_fake();
    late_in_no_frame(signal_call);
    late_in_no_frame(signal_elsewhere);
}
PASSING(completed_during_enter_in_no_frame)

struct late {
    struct client clients[3];
    in_the_middle *fn;
};

static guise_result late_with_empty_slot(guise_call *call, void *arg)
{
    struct late *late = arg;

    (void)call;
    be_late(&late->clients[0], late->fn);
    check_thread(NULL, false);
    check_log("+A-A");
    return GUISE_OK;
}

/* N-04 */
static guise_result late_with_own_token(guise_call *call, void *arg)
{
    struct late *late = arg;
    const guise_token *own = late->clients[1].token;

    (void)call;
    CHILD_CHECK_KEPT(guise_set_thread_token(own), GUISE_OK);
    be_late(&late->clients[0], late->fn);
    check_thread(own, false);
    check_log("+X-X+A-A+X");
    CHILD_CHECK(refs_of(own) == 3);
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK); /* there is nothing to undo */
    check_thread(own, false);
    return GUISE_OK;
}

static guise_result late_as_another_client(guise_call *call, void *arg)
{
    struct late *late = arg;

    (void)call;
    CHILD_CHECK_KEPT(guise_set_thread_token(late->clients[1].token), GUISE_OK);
    CHILD_CHECK_KEPT(guise_call_impersonate(late->clients[2].call), GUISE_OK);
    fake_log_clear();
    be_late(&late->clients[0], late->fn);
    check_thread(late->clients[2].token, true);
    check_log("-B+A-A+B");
    CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    check_thread(late->clients[1].token, false);
    check_log("-B+X");
    return GUISE_OK;
}

static void be_late_in_frame(guise_begin_fn *begin, in_the_middle *fn, int frame_of)
{
    struct late late = {.fn = fn};

    late.clients[0] = make_client("A");
    late.clients[1] = make_client("X");
    late.clients[2] = make_client("B");
    CHILD_CHECK_KEPT(run_in_frame(&late.clients[frame_of], begin, &late), GUISE_OK);
    check_thread(NULL, false);
    fake_log_clear();
    for (int i = 0; i < 3; i++) {
        drop_client(&late.clients[i]); /* with exact counts */
    }
}

/* Through the frame's own call, which lends its token, and through a held one. */
static void be_late_in_frames(guise_begin_fn *begin)
{
    choose_fake();
    be_late_in_frame(begin, signal_call, 0);
    be_late_in_frame(begin, signal_call, 2);
    be_late_in_frame(begin, signal_elsewhere, 0);
    be_late_in_frame(begin, signal_elsewhere, 2);
}

/* N-01, L-1 */
static void completed_during_enter_in_a_frame(void *arg)
{
    (void)arg;
    be_late_in_frames(late_with_empty_slot);
}
PASSING(completed_during_enter_in_a_frame)

/* N-01, N-04, L-1 */
static void completed_during_enter_over_an_own_token(void *arg)
{
    (void)arg;
    be_late_in_frames(late_with_own_token);
}
PASSING(completed_during_enter_over_an_own_token)

/* N-01, N-04, L-1 */
static void completed_during_enter_as_another_client(void *arg)
{
    (void)arg;
    be_late_in_frames(late_as_another_client);
}
PASSING(completed_during_enter_as_another_client)

/* L-1: completed before enter began, after the first look. */
static void completed_during_leave(void *arg)
{
    struct client client;
    guise_token *own;

    (void)arg;
    choose_fake();
    client = make_client("A");
    own = make_token("X");
    CHILD_CHECK_KEPT(guise_set_thread_token(own), GUISE_OK);
    fake_in_leave(signal_call, client.call);
    CHILD_CHECK_KEPT(guise_call_impersonate(client.call), GUISE_E_CALL_COMPLETE);
    check_thread(own, false);
    check_log("+X-X+A-A+X");
    CHILD_CHECK_KEPT(guise_set_thread_token(NULL), GUISE_OK);
    guise_token_unref(own);
    drop_client(&client);
}
PASSING(completed_during_leave)

/* completed comes before the provider's refusal. */
static void completed_outranks_refused(void *arg)
{
    struct client client;
    guise_token *own;

    (void)arg;
    choose_fake();
    client = make_client("A");
    own = make_token("X");
    CHILD_CHECK_KEPT(guise_set_thread_token(own), GUISE_OK);
    fake_in_leave(signal_call, client.call);
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_call_impersonate(client.call), GUISE_E_CALL_COMPLETE);
    check_thread(own, false);
    check_log("+X-X!A+X");
    CHILD_CHECK_KEPT(guise_set_thread_token(NULL), GUISE_OK);
    guise_token_unref(own);
    drop_client(&client);
}
PASSING(completed_outranks_refused)

static void count_reply(guise_call *call, guise_result result, void *arg)
{
    int *replies = arg;

    CHILD_CHECK(result == GUISE_OK && fake_is_self());
    CHILD_CHECK_KEPT(guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    (*replies)++;
}

/* the reply of the call that completed meanwhile is not lost, and not this thread's. */
static void completed_during_enter_with_a_reply(void *arg)
{
    struct client client;
    int replies = 0;

    (void)arg;
    choose_fake();
    client = make_client("A");
    CHILD_CHECK_KEPT(guise_call_on_complete(client.call, count_reply, &replies), GUISE_OK);
    be_late(&client, signal_elsewhere);
    CHILD_CHECK(replies == 1);
    check_thread(NULL, false);
    CHILD_CHECK_KEPT(guise_call_wait(client.call, 0), GUISE_OK);
    drop_client(&client);
}
PASSING(completed_during_enter_with_a_reply)

/* ---- threads created by a client's thread ---------------------------------------------------------------------- */

/* The five ways to begin; each answers what the library said, and says in *ran whether it ran. */
struct start {
    struct client *client;
    bool ran;
};

static guise_result note_frame(guise_call *call, void *arg)
{
    struct start *start = arg;

    (void)call;
    start->ran = true;
    return GUISE_OK;
}

static guise_result note_run_as(void *arg)
{
    return note_frame(NULL, arg);
}

static guise_result by_dispatch(struct start *start)
{
    return guise_call_dispatch(start->client->call, note_frame, start);
}

static guise_result by_run(struct start *start)
{
    return guise_call_run(start->client->call, note_frame, start);
}

static guise_result by_run_as(struct start *start)
{
    return guise_run_as(start->client->token, note_run_as, start);
}

static guise_result by_impersonation(struct start *start)
{
    guise_result result = guise_call_impersonate(start->client->call);

    start->ran = guise_is_impersonating();
    (void)!guise_revert_to_self();
    return result;
}

static guise_result by_own_token(struct start *start)
{
    guise_result result = guise_set_thread_token(start->client->token);

    start->ran = guise_thread_token() != NULL;
    (void)!guise_set_thread_token(NULL);
    return result;
}

typedef guise_result start_fn(struct start *start);
static start_fn *const s_starts[] = {by_dispatch, by_run, by_run_as, by_impersonation,
                                     by_own_token};
enum { STARTS = sizeof s_starts / sizeof s_starts[0] };

/* One thread that begins in one way, with one answer of verify's. */
struct stranger {
    start_fn *start;
    struct client *client;
    guise_result answer, expected;
};

static void check_start(const struct stranger *stranger, guise_result expected)
{
    struct start start = {.client = stranger->client};

    CHILD_CHECK_KEPT(stranger->start(&start), expected);
    CHILD_CHECK(start.ran == (expected == GUISE_OK));
    check_thread(NULL, false);
}

static void *be_refused(void *arg)
{
    const struct stranger *stranger = arg;

    fake_fail(FAKE_VERIFY, 0, 2, stranger->answer);
    check_start(stranger, stranger->expected);
    check_start(stranger, stranger->expected); /* it is asked again */
    check_log("");
    CHILD_CHECK(refs_of(stranger->client->token) == 2);
    check_start(stranger, GUISE_OK); /* and may be right the next time */
    return NULL;
}

/* counted: refusals that are counted in born_as_client, of each thread's two. */
static void refuse_strangers(guise_result answer, guise_result expected, unsigned counted)
{
    uint64_t before = born_as_client();

    for (int i = 0; i < STARTS; i++) {
        struct client client = make_client("A");
        struct stranger stranger = {s_starts[i], &client, answer, expected};

        in_thread(be_refused, &stranger);
        drop_client(&client);
    }
    CHILD_CHECK(born_as_client() == before + counted * STARTS && fake_counts().put_right == 0);
}

/* I-03: a thread that is not self, whether it could be made so or not: nothing runs, nothing is changed,
 * and each refusal is counted. */
static void thread_that_is_not_self_is_refused(void *arg)
{
    (void)arg;
    choose_fake();
    refuse_strangers(GUISE_E_ACCESS_DENIED, GUISE_E_ACCESS_DENIED, 2);
    refuse_strangers(GUISE_E_UNEXPECTED, GUISE_E_ACCESS_DENIED, 2);
    refuse_strangers(GUISE_E_NOT_SUPPORTED, GUISE_E_ACCESS_DENIED, 2);
    refuse_strangers(1, GUISE_E_ACCESS_DENIED, 2); /* only GUISE_OK is a yes */
}
PASSING(thread_that_is_not_self_is_refused)

static void verify_without_memory(void *arg)
{
    (void)arg;
    choose_fake();
    refuse_strangers(GUISE_E_OUT_OF_MEMORY, GUISE_E_OUT_OF_MEMORY, 0);
}
PASSING(verify_without_memory)

static void *become_self_by_order(void *arg)
{
    const struct stranger *stranger = arg;

    struct start start = {.client = stranger->client};

    fake_born_as_client();
    CHILD_CHECK_KEPT(stranger->start(&start), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(!start.ran && !fake_is_self());
    CHILD_CHECK_KEPT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    check_log("");
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_OK);
    check_log("-0");
    CHILD_CHECK_KEPT(guise_thread_verify(), GUISE_OK);
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_OK); /* it is self: nothing to do */
    check_log("");
    check_start(stranger, GUISE_OK);
    return NULL;
}

/* A thread was created while its creator was a client. It is restored where the program says that
 * the thread is the server's, and at no other first step (I-03, W-21). */
static void thread_born_as_client_is_put_right_by_order(void *arg)
{
    (void)arg;
    choose_fake();
    for (unsigned i = 0; i < STARTS; i++) {
        struct client client = make_client("A");
        struct stranger stranger = {.start = s_starts[i], .client = &client};

        in_thread(become_self_by_order, &stranger);
        CHILD_CHECK(born_as_client() == i + 1 && fake_counts().put_right == i + 1);
        drop_client(&client);
    }
}
PASSING(thread_born_as_client_is_put_right_by_order)

static guise_result become_self_in_a_frame(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_E_UNEXPECTED);
    return GUISE_OK;
}

static void *become_self_where_it_must_not(void *arg)
{
    struct client *client = arg;

    fake_fail(FAKE_VERIFY, 0, 1, GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_E_OUT_OF_MEMORY);
    fake_fail(FAKE_VERIFY, 0, 1, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_E_ACCESS_DENIED);
    fake_fail(FAKE_VERIFY, 0, 1, 1); /* only GUISE_OK is a yes */
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_call_run(client->call, become_self_in_a_frame, NULL), GUISE_OK);
    CHILD_CHECK_KEPT(guise_set_thread_token(client->token), GUISE_OK);
    CHILD_CHECK_KEPT(guise_thread_become_self(), GUISE_E_UNEXPECTED);
    CHILD_CHECK_KEPT(guise_thread_verify(), GUISE_OK);
    fake_fail(FAKE_VERIFY, 0, 1, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    CHILD_CHECK_KEPT(guise_set_thread_token(NULL), GUISE_OK);
    check_log("+A-A");
    return NULL;
}

static void thread_does_not_become_self_where_it_must_not(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    in_thread(become_self_where_it_must_not, &client);
    CHILD_CHECK(fake_counts().put_right == 0 && born_as_client() == 0);
    drop_client(&client);
}
PASSING(thread_does_not_become_self_where_it_must_not)

static void *count_verifies(void *arg)
{
    struct client *client = arg;
    uint64_t before = fake_counts().verified;

    for (int i = 0; i < 5; i++) {
        CHILD_CHECK_KEPT(guise_call_run(client->call, inner_does_nothing, NULL), GUISE_OK);
        CHILD_CHECK_KEPT(guise_call_impersonate(client->call), GUISE_OK);
        CHILD_CHECK_KEPT(guise_revert_to_self(), GUISE_OK);
    }
    CHILD_CHECK(fake_counts().verified == before + 1);
    return NULL;
}

static void thread_is_asked_once(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    in_thread(count_verifies, &client);
    in_thread(count_verifies, &client);
    drop_client(&client);
}
PASSING(thread_is_asked_once)

static void note_reply(guise_call *call, guise_result result, void *arg)
{
    bool *replied = arg;

    CHILD_CHECK(guise_current_call() == call && result == GUISE_OK);
    *replied = true;
}

static void *signal_as_stranger(void *arg)
{
    struct client *client = arg;
    bool replied = false;

    fake_fail(FAKE_VERIFY, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_KEPT(guise_call_on_complete(client->call, note_reply, &replied), GUISE_OK);
    CHILD_CHECK_KEPT(guise_call_signal(client->call), GUISE_OK);
    CHILD_CHECK(replied);
    check_log("");
    return NULL;
}

/* L-5: completing cannot fail, on no thread. */
static void confined_thread_completes_all_the_same(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    in_thread(signal_as_stranger, &client);
    drop_client(&client);
}
PASSING(confined_thread_completes_all_the_same)

/* On a thread that the system takes for a client, and that has nothing of ours. */
static void note_reply_as_born(guise_call *call, guise_result result, void *arg)
{
    CHILD_CHECK(!fake_is_self() && guise_thread_token() == NULL);
    note_reply(call, result, arg);
}

static void *signal_when_just_born(void *arg)
{
    struct client *client = arg;
    bool replied = false;

    CHILD_CHECK_KEPT(guise_call_on_complete(client->call, note_reply_as_born, &replied), GUISE_OK);
    fake_born_as_client();
    CHILD_CHECK_KEPT(guise_call_signal(client->call), GUISE_OK);
    CHILD_CHECK(replied && !fake_is_self());
    check_log("");
    return NULL;
}

/* I-04, A-18: completing a call touches no identity where the library's record says nothing. */
static void thread_born_as_client_replies_as_it_is(void *arg)
{
    struct client client;

    (void)arg;
    choose_fake();
    client = make_client("A");
    in_thread(signal_when_just_born, &client);
    CHILD_CHECK(born_as_client() == 0 && fake_counts().verified == 0);
    drop_client(&client);
}
PASSING(thread_born_as_client_replies_as_it_is)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unusable_providers_are_refused),
        cmocka_unit_test(test_longer_provider_with_a_zero_tail_is_used),
        cmocka_unit_test(test_child_of_a_process_that_chooses_does_not_wait),
        cmocka_unit_test(test_second_choice_is_too_late),
        cmocka_unit_test(test_no_choice_allows_no_token),
        cmocka_unit_test(test_reason_of_the_last_choice),
        cmocka_unit_test(test_refused_choice_allows_no_token),
        cmocka_unit_test(test_refused_choice_allows_another),
        cmocka_unit_test(test_one_of_many_chooses),
        cmocka_unit_test(test_choice_is_no_cancellation_point),
        cmocka_unit_test(test_providers_of_the_library),
        cmocka_unit_test(test_linux_provider_needs_privilege),
        cmocka_unit_test(test_prepares_refusal_is_the_tokens),
        cmocka_unit_test(test_each_token_is_prepared_and_discarded_once),
        cmocka_unit_test(test_last_impersonation_wins_and_one_revert_undoes_all),
        cmocka_unit_test(test_frames_start_as_self_and_put_back),
        cmocka_unit_test(test_own_token_is_saved_and_comes_back),
        cmocka_unit_test(test_run_as_puts_back),
        cmocka_unit_test(test_reply_runs_as_self),
        cmocka_unit_test(test_foreign_impersonation_holds_a_reference),
        cmocka_unit_test(test_thread_that_ends_as_client_is_put_right),
        cmocka_unit_test(test_tokens_without_body_are_never_entered),
        cmocka_unit_test(test_one_with_and_one_without_body),
        cmocka_unit_test(test_refused_enter_changes_nothing),
        cmocka_unit_test(test_refused_enter_in_no_frame),
        cmocka_unit_test(test_refused_enter_of_own_tokens),
        cmocka_unit_test(test_refused_impersonation_cannot_restore),
        cmocka_unit_test(test_late_impersonation_cannot_restore),
        cmocka_unit_test(test_revert_cannot_restore),
        cmocka_unit_test(test_frame_end_cannot_restore),
        cmocka_unit_test(test_run_as_cannot_restore),
        cmocka_unit_test(test_completion_cannot_restore),
        cmocka_unit_test(test_canceled_thread_cannot_restore),
        cmocka_unit_test(test_completed_during_enter_in_no_frame),
        cmocka_unit_test(test_completed_during_enter_in_a_frame),
        cmocka_unit_test(test_completed_during_enter_over_an_own_token),
        cmocka_unit_test(test_completed_during_enter_as_another_client),
        cmocka_unit_test(test_completed_during_leave),
        cmocka_unit_test(test_completed_outranks_refused),
        cmocka_unit_test(test_completed_during_enter_with_a_reply),
        cmocka_unit_test(test_thread_that_is_not_self_is_refused),
        cmocka_unit_test(test_verify_without_memory),
        cmocka_unit_test(test_thread_born_as_client_is_put_right_by_order),
        cmocka_unit_test(test_thread_does_not_become_self_where_it_must_not),
        cmocka_unit_test(test_thread_is_asked_once),
        cmocka_unit_test(test_confined_thread_completes_all_the_same),
        cmocka_unit_test(test_thread_born_as_client_replies_as_it_is),
    };

    return cmocka_run_group_tests_name("provider", tests, NULL, NULL);
}
