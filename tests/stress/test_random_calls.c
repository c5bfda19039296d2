/* SPDX-License-Identifier: MIT */
/*
 * A million random calls of eight clients over four threads. The kernel is asked for the thread's
 * identity before, during and after everything the server does. A small model says what it must be:
 * the slot, what a revert goes back to, and whether the call is open. The identity is never the
 * wrong one. N-01 to N-06, L-6, S-10 to S-15.
 */
#define _GNU_SOURCE
#include "support/random.h"
#include "support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/kernel.h"

enum {
    THREADS = 4,
    CLIENTS = 8,
    CALLS = 1000000 / GUISE_TEST_TIME_SCALE,
    STEPS_MAX = 5,
    DEPTH_MAX = 3,
    MAILBOX = 32,
    GROUPS_MAX = 48
};

/* What has happened; every kind must have. */
enum kind {
    IMPERSONATED,
    REFUSED_AFTER_SIGNAL,
    REVERTED,
    ENDED_AS_CLIENT,
    SIGNALED_EARLY,
    SIGNALED_LATE,
    FAILED,
    LEFT_OPEN,
    NESTED,
    CONTINUED_HERE,
    CONTINUED_ELSEWHERE,
    OTHER_CALL,
    TOKEN_SET,
    TOKEN_CLEARED,
    RAN_AS,
    FOREIGN,
    FOREIGN_KEPT_OVER_FRAME,
    REPLIED,
    KINDS
};
static const char *const s_kind_names[KINDS] = {"impersonated",
                                                "refused after Signal",
                                                "reverted",
                                                "ended as client",
                                                "signaled early",
                                                "signaled as client",
                                                "failed",
                                                "left open",
                                                "nested",
                                                "continued here",
                                                "continued elsewhere",
                                                "another call's client",
                                                "token set",
                                                "token cleared",
                                                "run_as",
                                                "foreign",
                                                "foreign over a frame",
                                                "replied"};

/* ---- eight clients, and self ----------------------------------------------------------------- */

struct identity {
    unsigned uid, gid, group_count, groups[GROUPS_MAX];
};

enum { SELF = -1 };

static const gid_t s_server_groups[] = {50901, 50902};
static struct identity s_self, s_identities[CLIENTS];
static uint64_t s_self_caps;
static guise_token *s_tokens[CLIENTS];
static guise_context *s_contexts[CLIENTS];
static uint64_t s_seed;

static void describe(struct identity *out, const struct who *who)
{
    out->uid = who->uid[EFFECTIVE];
    out->gid = who->gid[EFFECTIVE];
    out->group_count = who->group_count;
    memcpy(out->groups, who->groups, sizeof out->groups);
}

static void make_client(int i, const struct who *self, uid_t uid, gid_t gid, size_t count,
                        guise_level level)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_PKT};
    gid_t groups[GROUPS_MAX];
    struct who who;

    for (size_t n = 0; n < count; n++) {
        groups[n] = (gid_t)(50100 + 3 * n);
    }
    if (gid == s_server_groups[1]) {
        groups[0] = s_server_groups[0]; /* the same list as the server's */
    }
    s_tokens[i] = client_token(uid, gid, count, groups, level);
    CHILD_OK(guise_context_create(&blanket, s_tokens[i], &s_contexts[i]));
    who =
        level < GUISE_LEVEL_IMPERSONATE ? who_nobody(self) : who_as(self, uid, gid, count, groups);
    describe(&s_identities[i], &who);
}

static void make_clients(const struct who *self)
{
    describe(&s_self, self);
    s_self_caps = self->effective;
    make_client(0, self, 50001, 50001, 0, GUISE_LEVEL_IMPERSONATE);
    make_client(1, self, 50002, 50002, 1, GUISE_LEVEL_IMPERSONATE);
    make_client(2, self, 50003, 50003, 40, GUISE_LEVEL_IMPERSONATE);
    make_client(3, self, 50004, 50902, 1, GUISE_LEVEL_IMPERSONATE);
    make_client(4, self, 50005, 50001, 3, GUISE_LEVEL_DELEGATE);
    make_client(5, self, 50006, 50006, 2, GUISE_LEVEL_IDENTIFY);
    make_client(6, self, 50001, 50007, 5, GUISE_LEVEL_IMPERSONATE);
    make_client(7, self, 0, 50008, 2, GUISE_LEVEL_IMPERSONATE);
}

static void drop_clients(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        guise_context_unref(s_contexts[i]);
        guise_token_unref(s_tokens[i]);
    }
}

/* ---- players --------------------------------------------------------------------------------- */

/* What one thread must be. */
struct model {
    int slot, saved;
    bool impersonating;
};

/* An open call on its way to another thread. */
struct letter {
    guise_call *call;
    int client;
};

struct player {
    pthread_t thread;
    uint64_t random;
    unsigned long calls, checks, kinds[KINDS];
    struct model model;
    pthread_mutex_t lock;
    struct letter mailbox[MAILBOX]; /* (lock) */
    unsigned letters;               /* (lock) */
};

static struct player s_players[THREADS];
static atomic_uint s_sending;
static pthread_key_t s_player_key; /* of this thread */

/* One activation of a call; and the call itself, as this thread knows it. */
struct turn {
    struct player *player;
    int client;
    unsigned depth;
    bool completed;
};

static void count(struct player *player, enum kind kind)
{
    player->kinds[kind]++;
}

/* ---- the thread's identity ------------------------------------------------------------------- */

static void ask(struct identity *out)
{
    unsigned uid[3], gid[3];
    long groups;

    CHILD_CHECK(syscall(NR_GETRESUID, &uid[0], &uid[1], &uid[2]) == 0);
    CHILD_CHECK(syscall(NR_GETRESGID, &gid[0], &gid[1], &gid[2]) == 0);
    CHILD_CHECK(uid[0] == s_self.uid && uid[2] == s_self.uid);
    CHILD_CHECK(gid[0] == s_self.gid && gid[2] == s_self.gid);
    groups = syscall(NR_GETGROUPS, GROUPS_MAX, out->groups);
    CHILD_CHECK(groups >= 0);
    out->uid = uid[1];
    out->gid = gid[1];
    out->group_count = (unsigned)groups;
}

/* Now and then: capabilities, and the status file says the same as the system calls. */
static void must_have_power(int who)
{
    struct who now;

    who_am_i(&now);
    CHILD_CHECK(now.effective == (who == SELF ? s_self_caps : 0));
}

static void must_be(struct player *player, int who, int line)
{
    const struct identity *expected = who == SELF ? &s_self : &s_identities[who];
    const guise_token *token = guise_thread_token();
    struct identity now;

    ask(&now);
    player->checks++;
    if (now.uid != expected->uid || now.gid != expected->gid ||
        now.group_count != expected->group_count ||
        memcmp(now.groups, expected->groups, now.group_count * sizeof now.groups[0]) != 0) {
        (void)fprintf(stderr, "line %d, seed %llu: uid %u gid %u, expected uid %u gid %u\n", line,
                      (unsigned long long)s_seed, now.uid, now.gid, expected->uid, expected->gid);
        child_failed("the wrong identity", __FILE__, line);
    }
    CHILD_CHECK(token == (who == SELF ? NULL : s_tokens[who]));
    CHILD_CHECK(guise_is_impersonating() == player->model.impersonating);
    if (player->checks % 128 == 0) {
        must_have_power(who);
    }
}

#define MUST_BE_MODEL(player) must_be((player), (player)->model.slot, __LINE__)

/* ---- steps: what a server does in a frame ---------------------------------------------------- */

static void now_client(struct player *player, int client)
{
    struct model *model = &player->model;

    if (!model->impersonating) {
        model->saved = model->slot;
        model->impersonating = true;
    }
    model->slot = client;
}

static void impersonate(struct turn *turn)
{
    guise_result result = guise_impersonate_client();

    if (turn->completed) {
        CHILD_CHECK_RESULT(result, GUISE_E_CALL_COMPLETE);
        count(turn->player, REFUSED_AFTER_SIGNAL);
        return;
    }
    CHILD_OK(result);
    now_client(turn->player, turn->client);
    count(turn->player, IMPERSONATED);
}

static void revert(struct turn *turn)
{
    struct model *model = &turn->player->model;

    CHILD_OK(guise_revert_to_self());
    if (model->impersonating) {
        model->slot = model->saved;
        model->impersonating = false;
        count(turn->player, REVERTED);
    }
}

static void signal_now(struct turn *turn)
{
    CHILD_OK(guise_call_signal(guise_current_call()));
    if (!turn->completed) {
        count(turn->player, turn->player->model.impersonating ? SIGNALED_LATE : SIGNALED_EARLY);
    }
    turn->completed = true;
}

static void set_token(struct turn *turn)
{
    int client = (int)random_below(&turn->player->random, CLIENTS);

    CHILD_OK(guise_set_thread_token(s_tokens[client]));
    turn->player->model.slot = client;
    count(turn->player, TOKEN_SET);
}

static void clear_token(struct turn *turn)
{
    CHILD_OK(guise_set_thread_token(NULL));
    turn->player->model.slot = SELF;
    count(turn->player, TOKEN_CLEARED);
}

struct errand {
    struct turn *turn;
    int client;
};

static guise_result run_errand(void *arg)
{
    struct errand *errand = arg;
    struct turn inside = *errand->turn;

    inside.player->model = (struct model){.slot = errand->client, .saved = SELF};
    MUST_BE_MODEL(inside.player);
    impersonate(&inside);
    MUST_BE_MODEL(inside.player);
    if (random_below(&inside.player->random, 2) == 0) {
        revert(&inside);
        MUST_BE_MODEL(inside.player);
    }
    return GUISE_E_TIMEOUT;
}

static void run_as(struct turn *turn)
{
    struct errand errand = {.turn = turn,
                            .client = (int)random_below(&turn->player->random, CLIENTS)};
    struct model outer = turn->player->model;

    CHILD_CHECK_RESULT(guise_run_as(s_tokens[errand.client], run_errand, &errand), GUISE_E_TIMEOUT);
    turn->player->model = outer;
    count(turn->player, RAN_AS);
}

static guise_call *new_call(int client)
{
    guise_call *call = NULL;

    CHILD_OK(guise_call_create(s_contexts[client], &call));
    return call;
}

static void be_another_calls_client(struct turn *turn)
{
    int client = (int)random_below(&turn->player->random, CLIENTS);
    guise_call *call = new_call(client);

    CHILD_OK(guise_call_impersonate(call));
    now_client(turn->player, client);
    count(turn->player, OTHER_CALL);
    guise_call_unref(call); /* the slot keeps the token */
}

static void serve_call(struct player *player, unsigned depth);

static void nest(struct turn *turn)
{
    if (turn->depth < DEPTH_MAX) {
        serve_call(turn->player, turn->depth + 1);
        count(turn->player, NESTED);
    }
}

static guise_result begin(guise_call *call, void *arg);

static void continue_here(struct turn *turn)
{
    struct model outer = turn->player->model;
    struct turn inside = *turn;

    if (turn->depth < DEPTH_MAX) {
        guise_result ignored;

        inside.depth++;
        ignored = guise_call_run(guise_current_call(), begin, &inside);
        (void)ignored;
        turn->completed = inside.completed;
        turn->player->model = outer;
        count(turn->player, CONTINUED_HERE);
    }
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void reply(guise_call *call, guise_result result, void *arg)
{
    struct player *player = pthread_getspecific(s_player_key);
    struct model outer = player->model;

    (void)call;
    (void)result;
    (void)arg;
    player->model = (struct model){.slot = SELF, .saved = SELF};
    MUST_BE_MODEL(player);
    if (random_below(&player->random, 2) == 0) {
        CHILD_OK(guise_set_thread_token(s_tokens[0]));
        must_be(player, 0, __LINE__);
    }
    player->model = outer;
    count(player, REPLIED);
}

static void (*const s_steps[])(struct turn *) = {
    impersonate, impersonate, impersonate, revert, revert,        signal_now,
    set_token,   clear_token, run_as,      nest,   continue_here, be_another_calls_client};

/* Begin_ and continuations. */
static guise_result begin(guise_call *call, void *arg)
{
    struct turn *turn = arg;
    struct player *player = turn->player;
    unsigned steps = random_below(&player->random, STEPS_MAX + 1);

    CHILD_CHECK(guise_current_call() == call);
    player->model = (struct model){.slot = SELF, .saved = SELF};
    MUST_BE_MODEL(player);
    while (steps-- != 0) {
        s_steps[random_below(&player->random, sizeof s_steps / sizeof s_steps[0])](turn);
        MUST_BE_MODEL(player);
    }
    if (player->model.slot != SELF) {
        count(player, ENDED_AS_CLIENT);
    }
    return random_below(&player->random, 8) == 0 ? GUISE_E_DISCONNECTED : GUISE_OK;
}

static void post_or_complete(struct player *player, guise_call *call, int client)
{
    struct player *other = &s_players[random_below(&player->random, THREADS)];
    bool sent;

    (void)pthread_mutex_lock(&other->lock);
    sent = other->letters < MAILBOX;
    if (sent) {
        other->mailbox[other->letters++] = (struct letter){guise_call_ref(call), client};
    }
    (void)pthread_mutex_unlock(&other->lock);
    if (!sent) {
        CHILD_OK(guise_call_complete(call, GUISE_E_OUT_OF_RESOURCES));
    }
}

/* A call from its arrival to the end of Begin_; then it is complete, or another thread completes
 * it. */
static void serve_call(struct player *player, unsigned depth)
{
    int client = (int)random_below(&player->random, CLIENTS);
    struct turn turn = {.player = player, .client = client, .depth = depth};
    struct model outer = player->model;
    guise_call *call = new_call(client);
    guise_result result;

    if (random_below(&player->random, 3) == 0) {
        CHILD_OK(guise_call_on_complete(call, reply, NULL));
    }
    result = guise_call_dispatch(call, begin, &turn);
    player->calls++;
    player->model = outer;
    MUST_BE_MODEL(player);
    if (result < 0 && !turn.completed) {
        count(player, FAILED);
        CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_CALL_COMPLETE); /* */
    } else if (!turn.completed) {
        count(player, LEFT_OPEN);
        post_or_complete(player, call, client);
    }
    guise_call_unref(call);
    MUST_BE_MODEL(player);
}

/* ---- outside any frame ----------------------------------------------------------------------- */

static void be_foreign(struct player *player)
{
    int client = (int)random_below(&player->random, CLIENTS);
    guise_call *call = new_call(client);

    CHILD_OK(guise_call_impersonate(call));
    now_client(player, client);
    MUST_BE_MODEL(player);
    count(player, FOREIGN);
    if (random_below(&player->random, 2) == 0) {
        serve_call(player, 1);
        count(player, FOREIGN_KEPT_OVER_FRAME);
    }
    CHILD_OK(guise_call_signal(call));
    MUST_BE_MODEL(player); /* N-02, N-06 */
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    MUST_BE_MODEL(player);
    CHILD_OK(guise_revert_to_self());
    player->model = (struct model){.slot = SELF, .saved = SELF};
    MUST_BE_MODEL(player);
    guise_call_unref(call);
}

static bool take_letter(struct player *player, struct letter *out)
{
    bool taken;

    (void)pthread_mutex_lock(&player->lock);
    taken = player->letters != 0;
    if (taken) {
        *out = player->mailbox[--player->letters];
    }
    (void)pthread_mutex_unlock(&player->lock);
    return taken;
}

/* A continuation of a call that some thread left open; completes it. */
static bool answer_letter(struct player *player)
{
    struct letter letter;
    struct turn turn = {.player = player};
    guise_result ignored;

    if (!take_letter(player, &letter)) {
        return false;
    }
    turn.client = letter.client;
    ignored = guise_call_run(letter.call, begin, &turn);
    (void)ignored;
    player->model = (struct model){.slot = SELF, .saved = SELF};
    MUST_BE_MODEL(player);
    count(player, CONTINUED_ELSEWHERE);
    CHILD_OK(guise_call_signal(letter.call));
    MUST_BE_MODEL(player);
    guise_call_unref(letter.call);
    return true;
}

static void *play(void *arg)
{
    struct player *player = arg;

    CHILD_CHECK(pthread_setspecific(s_player_key, player) == 0);
    player->model = (struct model){.slot = SELF, .saved = SELF};
    while (player->calls < CALLS / THREADS) {
        if (random_below(&player->random, 8) == 0) {
            be_foreign(player);
        }
        serve_call(player, 0);
        (void)answer_letter(player);
    }
    (void)atomic_fetch_sub(&s_sending, 1);
    /* Letters may come until the last has stopped; it may itself send some while it answers. */
    while (answer_letter(player) || atomic_load(&s_sending) != 0) {
        (void)sched_yield();
    }
    return NULL;
}

/* ---- the game -------------------------------------------------------------------------------- */

static void start_players(void)
{
    atomic_store(&s_sending, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        struct player *player = &s_players[i];

        player->random = s_seed * UINT64_C(0x9E3779B97F4A7C15) + i + 1;
        CHILD_CHECK(pthread_mutex_init(&player->lock, NULL) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHILD_CHECK(pthread_create(&s_players[i].thread, NULL, play, &s_players[i]) == 0);
    }
}

static void end_players(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        CHILD_CHECK(pthread_join(s_players[i].thread, NULL) == 0);
    }
    /* What arrived after its reader had stopped; answering may send more. */
    for (unsigned empty = 0, i = 0; empty < THREADS; i++) {
        empty = answer_letter(&s_players[i % THREADS]) ? 0 : empty + 1;
    }
}

static void report(double seconds)
{
    unsigned long calls = 0, checks = 0, kinds[KINDS] = {0};

    for (unsigned i = 0; i < THREADS; i++) {
        calls += s_players[i].calls;
        checks += s_players[i].checks;
        for (unsigned kind = 0; kind < KINDS; kind++) {
            kinds[kind] += s_players[i].kinds[kind];
        }
    }
    (void)printf("%lu calls, %lu identities checked, %.1f s\n", calls, checks, seconds);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        (void)printf("%10lu %s\n", kinds[kind], s_kind_names[kind]);
    }
    (void)fflush(stdout);
    CHILD_CHECK(calls >= CALLS);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        CHILD_CHECK(kinds[kind] > CALLS / 1000);
    }
}

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void random_calls(void *arg)
{
    struct who self;
    double started;

    s_seed = *(const uint64_t *)arg;
    (void)printf("seed %llu\n", (unsigned long long)s_seed);
    test_watchdog(280);
    serve(2, s_server_groups, &self);
    make_clients(&self);
    CHILD_CHECK(pthread_key_create(&s_player_key, NULL) == 0);
    CHILD_CHECK(pthread_setspecific(s_player_key, &s_players[0]) == 0);
    started = now();
    start_players();
    end_players();
    report(now() - started);
    MUST_BE(&self);
    drop_clients();
    child_pass();
}

/* N-01, N-02, N-03, N-04, N-05, N-06, L-6, S-10, S-11, S-12, S-13, S-14, S-15, S-17 */
static void no_wrong_identity_ever(void **state)
{
    uint64_t seed = 20240229;

    (void)state;
    assert_child_passes(random_calls, &seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wrong_identity_ever),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
