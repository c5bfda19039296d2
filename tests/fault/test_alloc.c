/* SPDX-License-Identifier: MIT */
/*
 * Out of memory, at every place. This program brings its own guise__alloc_raw, so the library's never
 * gets linked: it counts the blocks that live, and fails the N-th, once or from then on. Every
 * function that allocates is called with N = 1, 2, ... until it succeeds; each failure must answer
 * as documented, clear its out parameter, leave everything as it was and leak nothing.
 */
#define _DEFAULT_SOURCE
#include "support/kept.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call/call_state.h"
#include "identity/context.h"
#include "identity/peercred.h"
#include "identity/token.h"
#include "port/port.h"
#include "support/child.h"
#include "support/connection.h"
#include "support/groups.h"
#include "sync/signal.h"
#include "thread/attach.h"
#include "thread/process_token.h"
#include "thread/thread_state.h"

enum { SECONDS = 20 };

/* ---- the allocator ------------------------------------------------------------------------------------ */

static atomic_uint s_live;     /* blocks */
static atomic_uint s_requests; /* since it was armed */
static atomic_uint s_fail_at;  /* the request that fails; 0: none */
static atomic_bool s_fail_on;  /* and all that follow */
static atomic_bool s_hit;      /* one has failed */

static bool shall_fail(void)
{
    unsigned request = 1 + atomic_fetch_add(&s_requests, 1), at = atomic_load(&s_fail_at);

    return at != 0 && (request == at || (request > at && atomic_load(&s_fail_on)));
}

void *guise__alloc_raw(size_t size)
{
    int kept = errno;
    void *memory = NULL;

    if (shall_fail()) {
        atomic_store(&s_hit, true);
    } else {
        memory = calloc(1, size);
    }
    if (memory != NULL) {
        (void)atomic_fetch_add(&s_live, 1);
    }
    errno = kept;
    return memory;
}

void guise__free(void *memory)
{
    int kept = errno;

    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
    }
    free(memory);
    errno = kept;
}

static void arm(unsigned at, bool on)
{
    atomic_store(&s_requests, 0);
    atomic_store(&s_hit, false);
    atomic_store(&s_fail_on, on);
    atomic_store(&s_fail_at, at);
}

/* Did one fail? */
static bool disarm(void)
{
    atomic_store(&s_fail_at, 0);
    return atomic_load(&s_hit);
}

/* What lives but for the block that this thread keeps for its next call. */
static unsigned live(void)
{
    return atomic_load(&s_live) - (tl_guise_thread.spare != NULL);
}

/* ---- the world that must not change ----------------------------------------------------------------------- */

struct world {
    guise_token *token;
    guise_context *context;
    guise_call *call;
    struct connection connection;
    bool knows_groups;
};

static struct world s_world;

static void build_world(void)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "client",
                             .uid = 1000,
                             .gid = 1000,
                             .level = GUISE_LEVEL_DELEGATE};
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT,
                             .server_principal = "host/server"};
    struct guise__peer peer;

    CHILD_CHECK_RESULT(guise_token_create(&desc, &s_world.token), GUISE_OK);
    CHILD_CHECK_RESULT(guise_context_create(&blanket, s_world.token, &s_world.context), GUISE_OK);
    CHILD_CHECK(connection_open(&s_world.connection, SOCK_STREAM));
    CHILD_CHECK_RESULT(guise__peer_ask(s_world.connection.accepted, &peer), GUISE_OK);
    s_world.knows_groups = peer.knows_groups;
    guise__free(peer.groups);
}

static void destroy_world(void)
{
    connection_close(&s_world.connection);
    guise_context_unref(s_world.context);
    guise_token_unref(s_world.token);
}

struct snapshot {
    unsigned live, token_refs, context_refs;
    uint64_t call_state;
    const guise_token *slot;
};

static struct snapshot look(void)
{
    struct snapshot now = {
        .live = live(),
        .token_refs = atomic_load(&s_world.token->refs),
        .context_refs = atomic_load(&s_world.context->refs),
        .call_state = s_world.call == NULL ? 0 : atomic_load(&s_world.call->state),
        .slot = guise_thread_token(),
    };

    return now;
}

static void check_unchanged(const struct snapshot *before)
{
    struct snapshot now = look();

    CHILD_CHECK(now.live == before->live);
    CHILD_CHECK(now.token_refs == before->token_refs);
    CHILD_CHECK(now.context_refs == before->context_refs);
    CHILD_CHECK(now.call_state == before->call_state);
    CHILD_CHECK(now.slot == before->slot);
    CHILD_CHECK(!guise_is_impersonating());
}

/* ---- what allocates --------------------------------------------------------------------------------------- */

static guise_result create_token(void **out)
{
    const gid_t groups[] = {3, 1, 2};
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "client",
                             .uid = 1000,
                             .gid = 1000,
                             .groups = groups,
                             .group_count = 3,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = *out;
    guise_result result = guise_token_create(&desc, &token);

    *out = token;
    return result;
}

static guise_result create_powerless_token(void **out)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1000, .gid = 1000, .level = GUISE_LEVEL_IDENTIFY};
    guise_token *token = *out;
    guise_result result = guise_token_create(&desc, &token);

    *out = token;
    return result;
}

static const guise_identity s_identity = {sizeof s_identity, "krb5", "alice", 5};

static guise_result create_token_without_ids(void **out)
{
    guise_token *token = *out;
    guise_result result =
        guise_token_create_without_ids(&s_identity, "alice", GUISE_LEVEL_IDENTIFY, &token);

    *out = token;
    return result;
}

static int s_destroyed; /* the data that was destroyed; none is, by a failure */

static void count_destroyed(void *data)
{
    (void)data;
    s_destroyed++;
}

static guise_result create_credential(void **out)
{
    guise_credential *credential = *out;
    guise_result result =
        guise_credential_create(&s_identity, &s_destroyed, count_destroyed, &credential);

    *out = credential;
    CHILD_CHECK(s_destroyed == 0);
    return result;
}

static void unref_credential(void *credential)
{
    guise_credential_unref(credential);
    CHILD_CHECK(s_destroyed == 1);
    s_destroyed = 0;
}

/* On failure the credential is the caller's still. */
static guise_result create_token_with_credential(void **out)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1000, .gid = 1000, .level = GUISE_LEVEL_DELEGATE};
    guise_credential *credential = NULL;
    guise_token *token = *out;
    guise_result result =
        guise_credential_create(&s_identity, &s_destroyed, count_destroyed, &credential);

    if (result != GUISE_OK) {
        *out = NULL;
        return result;
    }
    result = guise_token_create_with_credential(&desc, credential, &token);
    CHILD_CHECK(s_destroyed == 0);
    guise_credential_unref(credential);
    CHILD_CHECK(s_destroyed == (result == GUISE_OK ? 0 : 1));
    s_destroyed = 0;
    *out = token;
    return result;
}

static void unref_token_with_credential(void *token)
{
    guise_token_unref(token);
    CHILD_CHECK(s_destroyed == 1);
    s_destroyed = 0;
}

static guise_result duplicate_token(void **out)
{
    guise_token *token = *out;
    guise_result result = guise_token_duplicate(s_world.token, GUISE_LEVEL_IMPERSONATE, &token);

    *out = token;
    return result;
}

static guise_result self_token(void **out)
{
    guise_token *token = *out;
    guise_result result = guise__process_token(&token);

    *out = token;
    return result;
}

static void unref_token(void *token)
{
    guise_token_unref(token);
}

static guise_result create_context_at(guise_level level, void **out)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT,
                             .level = level,
                             .server_principal = "host/server"};
    guise_context *context = *out;
    guise_result result = guise_context_create(&blanket, s_world.token, &context);

    *out = context;
    return result;
}

static guise_result create_context_with(void **out)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_context_desc desc = {
        .size = sizeof desc, .identity = &s_identity, .destroy = count_destroyed};
    guise_context *context = *out;
    guise_result result = guise_context_create_with(&blanket, s_world.token, &desc, &context);

    *out = context;
    CHILD_CHECK(s_destroyed == 0);
    return result;
}

static void unref_context_with(void *context)
{
    guise_context_unref(context);
    CHILD_CHECK(s_destroyed == 1);
    s_destroyed = 0;
}

static guise_result create_context(void **out)
{
    return create_context_at(GUISE_LEVEL_DEFAULT, out);
}

static guise_result create_lowered_context(void **out)
{
    return create_context_at(GUISE_LEVEL_IMPERSONATE, out);
}

static void unref_context(void *context)
{
    guise_context_unref(context);
}

static guise_result context_from_peer(void **out)
{
    guise_context *context = *out;
    guise_result result =
        guise_context_from_peer(s_world.connection.accepted, GUISE_LEVEL_IMPERSONATE, &context);

    *out = context;
    return result;
}

static guise_result create_call(void **out)
{
    guise_call *call = *out;
    guise_result result = guise_call_create(s_world.context, &call);

    *out = call;
    return result;
}

static void unref_call(void *call)
{
    guise_call_unref(call);
}

static void open_call(void)
{
    CHILD_CHECK_RESULT(guise_call_create(s_world.context, &s_world.call), GUISE_OK);
}

static guise_result call_completion(void **out)
{
    guise_signal *signal = *out;
    guise_result result = guise_call_completion(s_world.call, &signal);

    CHILD_CHECK(result == GUISE_OK || atomic_load(&s_world.call->completion) == NULL);
    *out = signal;
    return result;
}

/* The signal is borrowed: it goes with the call. */
static void close_call(void *signal)
{
    (void)signal;
    guise_call_unref(s_world.call);
    s_world.call = NULL;
}

/* This thread's next call is of new memory. */
static void drop_spare(void)
{
    guise__free(tl_guise_thread.spare);
    tl_guise_thread.spare = NULL;
}

enum { AGAIN = GUISE__KEEPS_MEMORY ? 0 : 1 };

/* Its next call is of the last one's, where that is kept. */
static void keep_spare(void)
{
    CHILD_CHECK_RESULT(guise__thread_attach(&tl_guise_thread), GUISE_OK);
    drop_spare();
    open_call();
    close_call(NULL);
    CHILD_CHECK((tl_guise_thread.spare == NULL) == AGAIN);
}

static guise_result create_signal(void **out)
{
    guise_signal *signal = *out;
    guise_result result = guise_signal_create(GUISE_SIGNAL_AUTO, &signal);

    *out = signal;
    return result;
}

static void unref_signal(void *signal)
{
    guise_signal_unref(signal);
}

static guise_result create_container(void **out)
{
    guise_container *container = *out;
    guise_result result = guise_container_create(&container);

    *out = container;
    return result;
}

static void unref_container(void *container)
{
    guise_container_unref(container);
}

static guise_result create_queue(void **out)
{
    guise_queue *queue = *out;
    guise_result result = guise_queue_create(&queue);

    *out = queue;
    return result;
}

static void unref_queue(void *queue)
{
    guise_queue_unref(queue);
}

static guise_queue *s_queue;

static void open_call_and_queue(void)
{
    open_call();
    CHILD_CHECK_RESULT(guise_queue_create(&s_queue), GUISE_OK);
}

static guise_result notify(void **out)
{
    guise_result result = guise_call_notify(s_world.call, s_queue, &s_queue);

    CHILD_CHECK(guise_call_tag(s_world.call) == (result == GUISE_OK ? &s_queue : NULL));
    *out = guise_call_tag(s_world.call);
    return result;
}

static void close_call_and_queue(void *tag)
{
    close_call(tag);
    guise_queue_unref(s_queue);
}

struct operation {
    const char *name;
    void (*prepare)(void); /* or NULL */
    guise_result (*run)(void **out);
    void (*undo)(void *out);
    unsigned emulated, linux_one; /* how many allocations it is known to make */
};

static const struct operation s_operations[] = {
    {"guise_token_create", NULL, create_token, unref_token, 1, 2},
    {"guise_token_create (identify)", NULL, create_powerless_token, unref_token, 1, 1},
    {"guise_token_create_without_ids", NULL, create_token_without_ids, unref_token, 1, 1},
    {"guise_credential_create", NULL, create_credential, unref_credential, 1, 1},
    {"guise_token_create_with_credential", NULL, create_token_with_credential,
     unref_token_with_credential, 2, 3},
    {"guise_context_create_with", NULL, create_context_with, unref_context_with, 1, 1},
    {"guise_token_duplicate", NULL, duplicate_token, unref_token, 1, 2},
    {"guise__process_token", NULL, self_token, unref_token, 2, 3},
    {"guise_context_create", NULL, create_context, unref_context, 1, 1},
    {"guise_context_create (lowered)", NULL, create_lowered_context, unref_context, 2, 3},
    {"guise_call_create", drop_spare, create_call, unref_call, 1, 1},
    {"guise_call_create (again)", keep_spare, create_call, unref_call, AGAIN, AGAIN},
    {"guise_call_completion", open_call, call_completion, close_call, 1, 1},
    {"guise_queue_create", NULL, create_queue, unref_queue, 2, 2},
    {"guise_call_notify", open_call_and_queue, notify, close_call_and_queue, 1, 1},
    {"guise_signal_create", NULL, create_signal, unref_signal, 1, 1},
    {"guise_container_create", NULL, create_container, unref_container, 1, 1},
};

/* Where the groups are told: the list, the token, the context; the linux provider's. */
static const struct operation s_peer_with_groups = {
    "guise_context_from_peer", NULL, context_from_peer, unref_context, 3, 4};
static const struct operation s_peer_without = {
    "guise_context_from_peer", NULL, context_from_peer, unref_context, 2, 2};

/* False when no request failed: then it succeeded, and was undone. */
static bool fail_once(const struct operation *operation, unsigned at, bool on)
{
    void *out = TEST_POISON(void);
    struct snapshot before = look();
    guise_result result;
    bool hit;

    arm(at, on);
    errno = KEPT_ERRNO;
    result = operation->run(&out);
    hit = disarm();
    CHILD_CHECK(errno == KEPT_ERRNO);
    if (hit) {
        CHILD_CHECK_RESULT(result, GUISE_E_OUT_OF_MEMORY);
        CHILD_CHECK(out == NULL);
        check_unchanged(&before);
        return true;
    }
    CHILD_CHECK_RESULT(result, GUISE_OK);
    CHILD_CHECK(out != NULL && out != TEST_POISON(void));
    operation->undo(out);
    return false;
}

static void fail_everywhere(const struct operation *operation, unsigned expected)
{
    for (int on = 0; on < 2; on++) {
        unsigned before = live(), failures = 0;

        if (operation->prepare != NULL) {
            operation->prepare();
        }
        while (fail_once(operation, failures + 1, on == 1)) {
            failures++;
        }
        if (failures != expected) {
            (void)fprintf(stderr, "%s: %u allocations, expected %u\n", operation->name, failures,
                          expected);
        }
        CHILD_CHECK(failures == expected);
        CHILD_CHECK(live() == before);
    }
}

static void fail_all(bool enforced)
{
    const struct operation *peer;

    build_world();
    for (size_t i = 0; i < sizeof s_operations / sizeof s_operations[0]; i++) {
        fail_everywhere(&s_operations[i],
                        enforced ? s_operations[i].linux_one : s_operations[i].emulated);
    }
    peer = s_world.knows_groups ? &s_peer_with_groups : &s_peer_without;
    fail_everywhere(peer, enforced ? peer->linux_one : peer->emulated);
    destroy_world();
}

static void all_with_emulated(void *arg)
{
    (void)arg;
    fail_all(false);
    CHILD_CHECK(live() == 0);
}

static void test_every_function_with_the_emulated_provider(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_passes(all_with_emulated, NULL);
}

static void refusal_needs_no_memory(void *arg)
{
    (void)arg;
    build_world();
    open_call_and_queue();
    CHILD_CHECK_RESULT(guise_call_notify(s_world.call, s_queue, NULL), GUISE_OK);
    arm(1, true);
    CHILD_CHECK_RESULT(guise_call_notify(s_world.call, s_queue, NULL), GUISE_E_UNEXPECTED);
    CHILD_CHECK_RESULT(guise_call_signal(s_world.call), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_notify(s_world.call, s_queue, NULL), GUISE_E_CALL_COMPLETE);
    CHILD_CHECK(!disarm());
    close_call_and_queue(NULL);
    destroy_world();
    CHILD_CHECK(live() == 0);
}

/* the call's state is looked at first, so that a want of memory hides no other result. */
static void test_refusal_needs_no_memory(void **state)
{
    (void)state;
    assert_child_passes(refusal_needs_no_memory, NULL);
}

/* More groups than a first look has room for: the list is asked for twice. */
static void peer_with_many_groups(void *arg)
{
    enum { MANY = 200 };
    gid_t groups[MANY];
    unsigned expected;

    (void)arg;
    for (unsigned i = 0; i < MANY; i++) {
        groups[i] = 5000 + i;
    }
    CHILD_CHECK(set_groups(MANY, groups));
    build_world();
    expected = s_world.knows_groups ? 4 : 2;
    fail_everywhere(s_world.knows_groups ? &s_peer_with_groups : &s_peer_without, expected);
    destroy_world();
    CHILD_CHECK(atomic_load(&s_live) == 0);
}

static void test_peer_with_many_groups(void **state)
{
    (void)state;
    require_root();
    test_watchdog(SECONDS);
    assert_child_passes(peer_with_many_groups, NULL);
}

/* ---- with the linux provider, as root ------------------------------------------------------------------------ */

static void skip_without_linux(guise_result result)
{
    if (result == GUISE_E_NOT_SUPPORTED) {
        (void)fputs("SKIPPED: built without the linux provider\n", stderr);
        test_exit_child(TEST_SKIPPED);
    }
}

static void all_with_linux(void *arg)
{
    guise_result result = guise_use_provider(guise_provider_linux());
    unsigned own;

    (void)arg;
    skip_without_linux(result);
    CHILD_CHECK_RESULT(result, GUISE_OK);
    own = atomic_load(&s_live); /* what the provider keeps for the process's life */
    fail_all(true);
    CHILD_CHECK(live() == own);
}

static void test_every_function_with_the_linux_provider(void **state)
{
    (void)state;
    require_root();
    test_watchdog(SECONDS);
    assert_child_passes(all_with_linux, NULL);
}

static void choose_without_memory(void *arg)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1, .gid = 1, .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = TEST_POISON(guise_token);
    guise_result result;

    (void)arg;
    arm(1, true);
    result = guise_use_provider(guise_provider_linux());
    skip_without_linux(result);
    CHILD_CHECK_RESULT(result, GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(disarm() && atomic_load(&s_live) == 0);
    CHILD_CHECK_KEPT(guise_token_create(&desc, &token), GUISE_E_NO_PROVIDER);
    CHILD_CHECK(token == NULL && atomic_load(&s_live) == 0);
    arm(2, true);
    CHILD_CHECK_KEPT(guise_use_provider(guise_provider_linux()), GUISE_OK);
    CHILD_CHECK(!disarm() && atomic_load(&s_live) == 1);
    CHILD_CHECK_KEPT(guise_token_create(&desc, &token), GUISE_OK);
    guise_token_unref(token);
    CHILD_CHECK(atomic_load(&s_live) == 1);
}

/* It fails closed: no token until a choice succeeded. */
static void test_provider_without_memory(void **state)
{
    (void)state;
    require_root();
    test_watchdog(SECONDS);
    assert_child_passes(choose_without_memory, NULL);
}

/* ---- a thread's first frame ------------------------------------------------------------------------------------- */

static bool s_ran;

static guise_result note_frame(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    s_ran = true;
    return GUISE_OK;
}

static guise_result note_run_as(void *arg)
{
    return note_frame(NULL, arg);
}

static guise_result start_dispatch(void)
{
    return guise_call_dispatch(s_world.call, note_frame, NULL);
}

static guise_result start_run(void)
{
    return guise_call_run(s_world.call, note_frame, NULL);
}

static guise_result start_run_as(void)
{
    return guise_run_as(s_world.token, note_run_as, NULL);
}

static guise_result start_impersonation(void)
{
    guise_result result = guise_call_impersonate(s_world.call);

    s_ran = guise_is_impersonating();
    (void)!guise_revert_to_self();
    return result;
}

static guise_result start_own_token(void)
{
    guise_result result = guise_set_thread_token(s_world.token);

    s_ran = guise_thread_token() != NULL;
    (void)!guise_set_thread_token(NULL);
    return result;
}

typedef guise_result start_fn(void);

static start_fn *const s_starts[] = {start_dispatch, start_run, start_run_as, start_impersonation,
                                     start_own_token};
enum { STARTS = sizeof s_starts / sizeof s_starts[0] };

/* In a new thread: once without memory, then with. take takes it, give gives it back. */
struct first_frame {
    start_fn *start;
    void (*take)(void);
    void (*give)(void);
};

static void *begin_all_the_same(void *arg)
{
    const struct first_frame *first = arg;

    arm(1, false);
    CHILD_CHECK_KEPT(first->start(), GUISE_OK);
    CHILD_CHECK(!disarm());
    return NULL;
}

/* As many groups as the provider has room for on its stack: looking at them takes no memory. */
static void verify_without_memory(void *arg)
{
    enum { MANY = 1024 };
    gid_t groups[MANY];
    guise_result result;

    (void)arg;
    for (unsigned i = 0; i < MANY; i++) {
        groups[i] = 5000 + i;
    }
    CHILD_CHECK(set_groups(MANY, groups));
    result = guise_use_provider(guise_provider_linux());
    skip_without_linux(result);
    CHILD_CHECK_RESULT(result, GUISE_OK);
    build_world();
    for (int i = 0; i < STARTS; i++) {
        struct first_frame first = {s_starts[i], NULL, NULL};
        pthread_t thread;

        open_call();
        CHILD_CHECK(pthread_create(&thread, NULL, begin_all_the_same, &first) == 0);
        CHILD_CHECK(pthread_join(thread, NULL) == 0);
        close_call(NULL);
    }
    destroy_world();
    CHILD_CHECK(atomic_load(&s_live) == 1);
}

static void test_first_frame_needs_no_memory_to_look(void **state)
{
    (void)state;
    require_root();
    test_watchdog(SECONDS);
    assert_child_passes(verify_without_memory, NULL);
}

/* ---- the system's limits ----------------------------------------------------------------------------------------- */

/* Takes all keys; returns one of them. */
static pthread_key_t take_all_keys(void)
{
    pthread_key_t key, last = 0;

    while (pthread_key_create(&key, NULL) == 0) {
        last = key;
    }
    return last;
}

static void no_key_left(void *arg)
{
    guise_call *call = TEST_POISON(guise_call);
    pthread_key_t key = take_all_keys();
    struct snapshot before;

    (void)arg;
    build_world(); /* tokens and contexts need none */
    before = look();
    s_ran = false;
    CHILD_CHECK_KEPT(guise_call_create(s_world.context, &call), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(call == NULL);
    CHILD_CHECK_KEPT(guise_set_thread_token(s_world.token), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK_KEPT(guise_run_as(s_world.token, note_run_as, NULL), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(!s_ran);
    check_unchanged(&before);
    CHILD_CHECK(pthread_key_delete(key) == 0);
    CHILD_CHECK_KEPT(guise_run_as(s_world.token, note_run_as, NULL), GUISE_OK);
    CHILD_CHECK(s_ran);
    CHILD_CHECK_KEPT(guise_call_create(s_world.context, &call), GUISE_OK);
    guise_call_unref(call);
    destroy_world();
    CHILD_CHECK(live() == 0);
}

static void test_no_thread_local_key(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_passes(no_key_left, NULL);
}

static struct rlimit s_files;

static void no_descriptor_left(void *arg)
{
    guise_signal *signal;
    struct rlimit none;
    int fd = 77;

    (void)arg;
    build_world();
    open_call();
    CHILD_CHECK_RESULT(guise_call_completion(s_world.call, &signal), GUISE_OK);
    CHILD_CHECK(getrlimit(RLIMIT_NOFILE, &s_files) == 0);
    none = (struct rlimit){0, s_files.rlim_max};
    CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    CHILD_CHECK_KEPT(guise_signal_fd(signal, &fd), GUISE_E_OUT_OF_RESOURCES);
    CHILD_CHECK(fd == -1 && !signal->has_event);
    CHILD_CHECK_KEPT(guise_call_signal(s_world.call), GUISE_OK); /* L-5 */
    CHILD_CHECK_KEPT(guise_signal_wait(signal, 0), GUISE_OK);
    CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &s_files) == 0);
    CHILD_CHECK_KEPT(guise_signal_fd(signal, &fd), GUISE_OK);
    CHILD_CHECK(fd >= 0 && signal->raised);
    close_call(NULL);
    destroy_world();
    CHILD_CHECK(atomic_load(&s_live) == 0);
}

static void test_no_descriptor(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_passes(no_descriptor_left, NULL);
}

/* ---- the C library's own memory: what a thread's end is remembered in ------------------------------------------- */

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&       \
    !HAS_FEATURE(address_sanitizer) && !HAS_FEATURE(thread_sanitizer)

static void *begin_without_memory(void *arg)
{
    const struct first_frame *first = arg;
    struct snapshot before = look();
    guise_result result;
    int kept;

    s_ran = false;
    first->take();
    errno = KEPT_ERRNO;
    result = first->start();
    kept = errno;
    first->give();
    CHILD_CHECK_RESULT(result, GUISE_E_OUT_OF_MEMORY);
    CHILD_CHECK(!s_ran);
    CHILD_CHECK(kept == KEPT_ERRNO);
    check_unchanged(&before);
    CHILD_CHECK_KEPT(first->start(), GUISE_OK);
    CHILD_CHECK(s_ran);
    return NULL;
}

static void begin_in_every_way(void (*take)(void), void (*give)(void))
{
    for (int i = 0; i < STARTS; i++) {
        struct first_frame first = {s_starts[i], take, give};
        pthread_t thread;

        open_call();
        CHILD_CHECK(pthread_create(&thread, NULL, begin_without_memory, &first) == 0);
        CHILD_CHECK(pthread_join(thread, NULL) == 0);
        close_call(NULL);
    }
}

struct chunk {
    struct chunk *next;
};

static struct chunk *s_chunks;

/* All there is, in ever smaller pieces. */
static void take_all_memory(void)
{
    for (size_t size = (size_t)1 << 24; size >= sizeof(struct chunk); size -= size / 8 + 8) {
        struct chunk *chunk = malloc(size);

        while (chunk != NULL) {
            chunk->next = s_chunks;
            s_chunks = chunk;
            chunk = malloc(size);
        }
    }
}

static void give_all_memory_back(void)
{
    while (s_chunks != NULL) {
        struct chunk *next = s_chunks->next;

        free(s_chunks);
        s_chunks = next;
    }
}

/* glibc has room for the first 32 keys in every thread; a later one takes memory. */
static void no_memory_for_the_key(void *arg)
{
    struct rlimit limit = {(rlim_t)256 << 20, (rlim_t)256 << 20};
    pthread_key_t key;

    (void)arg;
    for (int i = 0; i < 64; i++) {
        CHILD_CHECK(pthread_key_create(&key, NULL) == 0);
    }
    build_world();
    CHILD_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    CHILD_CHECK(malloc(limit.rlim_cur) == NULL); /* an emulator may not keep to it */
    begin_in_every_way(take_all_memory, give_all_memory_back);
    destroy_world();
    CHILD_CHECK(atomic_load(&s_live) == 0);
}

static void test_first_frame_without_memory_for_its_end(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_passes(no_memory_for_the_key, NULL);
}
#else
static void test_first_frame_without_memory_for_its_end(void **state)
{
    (void)state;
    print_message("SKIPPED: only glibc's own allocator runs out of memory here\n");
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest choosing[] = {
        cmocka_unit_test(test_every_function_with_the_linux_provider),
        cmocka_unit_test(test_provider_without_memory),
        cmocka_unit_test(test_first_frame_needs_no_memory_to_look),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_function_with_the_emulated_provider),
        cmocka_unit_test(test_refusal_needs_no_memory),
        cmocka_unit_test(test_peer_with_many_groups),
        cmocka_unit_test(test_no_thread_local_key),
        cmocka_unit_test(test_no_descriptor),
        cmocka_unit_test(test_first_frame_without_memory_for_its_end),
    };

    int failed = cmocka_run_group_tests_name("alloc and the choice", choosing, NULL, NULL);

    test_use_emulated();
    return failed + cmocka_run_group_tests_name("alloc", tests, NULL, NULL);
}
