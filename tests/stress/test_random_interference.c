/* SPDX-License-Identifier: MIT */
/*
 * A million calls in processes in which other code interferes: libc's seteuid confines all threads and
 * lets them go again, threads give capabilities up, fork, start programs and make threads as the
 * client; and in wild processes seteuid(0) comes at any moment, in the middle of a switch too. The
 * kernel is asked after each step. Never GUISE_OK with a wrong identity; a process that the library
 * ends is a correct outcome where a client was changed, and only there. I-03, I-04, I-05, I-07, L-7.
 *
 * An answer counts only if no interference was on its way while it was asked for: the interfering
 * thread makes s_turns odd before it begins and even when it is done.
 */
#define _GNU_SOURCE
#include "support/random.h"
#include "support/test.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/child.h"
#include "support/kernel.h"

enum {
    CALLS = 1000000 / GUISE_TEST_TIME_SCALE,
    CALM_CALLS = 50000 / GUISE_TEST_TIME_SCALE, /* of one process */
    WILD_CALLS = 3000,
    PLAYERS = 3,
    CLIENTS = 4,
    SERVICE = 50990,
    CONFINED = 50991
};

/* What has happened; every kind must have. */
enum kind {
    SERVED,
    SERVED_AGAIN,
    REFUSED_CONFINED,
    RAN_CONFINED,
    CONFINED_ALL,
    GAVE_UP_CAPABILITY,
    SERVED_WITH_LESS,
    FORKED,
    FORKED_CONFINED,
    SPAWNED,
    BORN_REFUSED,
    BORN_MADE_SELF,
    OVERLAPPED,
    ENDED_WELL,
    ENDED_BY_LIBRARY,
    KINDS
};
static const char *const s_kind_names[KINDS] = {"served",
                                                "confirmed again",
                                                "refused while confined",
                                                "completed while confined",
                                                "times all threads were confined",
                                                "capabilities given up",
                                                "served with fewer capabilities",
                                                "forked as a client",
                                                "forked while confined",
                                                "started a program as a client",
                                                "refused threads born as a client",
                                                "made such a thread self",
                                                "overlapped by interference",
                                                "processes that ended well",
                                                "processes that the library ended"};

/* Of all processes, and so it outlives them. */
static struct tally {
    atomic_ulong calls, checks, kinds[KINDS];
} * s_tally;

static void count(enum kind kind)
{
    (void)atomic_fetch_add_explicit(&s_tally->kinds[kind], 1, memory_order_relaxed);
}

/* ---- one process ----------------------------------------------------------------------------- */

enum style { AS_ROOT, AS_SERVICE, WILD, STYLES };

static const gid_t s_groups[] = {50901, 50902};
static struct who s_self, s_confined, s_clients[CLIENTS];
static guise_context *s_contexts[CLIENTS];
static guise_token *s_tokens[CLIENTS];
static enum style s_style;
static unsigned long s_limit; /* calls of this process */
static atomic_ulong s_done;
static atomic_uint s_turns; /* odd: interference is on its way */
static atomic_bool s_is_confined;
/* Players hold it for a call; libc's seteuid to another user waits for it, because it would fail on a
 * thread that is a client, and libc then ends the process. */
#ifdef PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
static pthread_rwlock_t s_calm = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
#else
static pthread_rwlock_t s_calm = PTHREAD_RWLOCK_INITIALIZER;
#endif

struct player {
    pthread_t thread;
    uint64_t random;
    uint64_t caps; /* in effect as self */
};

static bool is_same_but_permitted(const struct who *one, const struct who *other)
{
    struct who copy = *one;

    copy.permitted = other->permitted;
    copy.inheritable = other->inheritable;
    return who_same(&copy, other);
}

/* Asks the kernel, and judges if nothing interfered since turn. */
static void must_be(const struct who *expected, unsigned turn, int line)
{
    struct who now;

    who_ask(&now);
    if (turn % 2 != 0 || turn != atomic_load(&s_turns)) {
        count(OVERLAPPED);
        return;
    }
    (void)atomic_fetch_add_explicit(&s_tally->checks, 1, memory_order_relaxed);
    if (!is_same_but_permitted(&now, expected)) {
        who_print("expected", expected);
        who_print("but is  ", &now);
        child_failed("the wrong identity", __FILE__, line);
    }
}

#define MUST_BE_UNLESS_CHANGED(expected, turn) must_be((expected), (turn), __LINE__)

static struct who self_of(const struct player *player)
{
    struct who self = atomic_load(&s_is_confined) ? s_confined : s_self;

    if (!atomic_load(&s_is_confined)) {
        self.effective = player->caps;
    }
    return self;
}

/* ---- as a client ----------------------------------------------------------------------------- */

static void fork_now(bool confined)
{
    int status = -1;
    pid_t pid = fork();

    CHILD_CHECK(pid >= 0);
    if (pid == 0) {
        struct who now;

        who_ask(&now);
        CHILD_CHECK(guise_thread_token() == NULL);
        CHILD_CHECK(now.uid[EFFECTIVE] == (confined ? s_confined : s_self).uid[EFFECTIVE]);
        CHILD_CHECK(now.gid[EFFECTIVE] == s_self.gid[EFFECTIVE]);
        _exit(0);
    }
    CHILD_CHECK(waitpid(pid, &status, 0) == pid);
    /* In a wild process the client may have been changed, and then the child may not live. */
    CHILD_CHECK(status == 0 || (s_style == WILD && WIFSIGNALED(status)));
    count(confined ? FORKED_CONFINED : FORKED);
}

static void spawn_now(void)
{
    char name[] = "true", *arguments[] = {name, NULL}, *environment[] = {NULL};
    int status = -1;
    pid_t pid;

    CHILD_CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environment) == 0);
    CHILD_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    count(SPAWNED);
}

struct birth {
    guise_call *call;
    uint64_t caps;
    bool make_self;
};

static guise_result nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_OK;
}

static void *be_born(void *arg)
{
    struct birth *birth = arg;
    unsigned turn = atomic_load(&s_turns);
    struct who before, self = s_self;
    guise_result result;

    who_ask(&before);
    result = guise_call_run(birth->call, nothing, NULL);
    if (turn % 2 == 0 && turn == atomic_load(&s_turns) && before.uid[EFFECTIVE] != 0) {
        CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
        MUST_BE_UNLESS_CHANGED(&before, turn);
        count(BORN_REFUSED);
    }
    if (birth->make_self && s_style != WILD) {
        self.effective = birth->caps;
        CHILD_OK(guise_thread_become_self());
        who_ask(&before);
        CHILD_CHECK((before.effective & ~before.permitted) == 0);
        self.effective = before.effective;
        MUST_BE_UNLESS_CHANGED(&self, turn);
        CHILD_OK(guise_call_run(birth->call, nothing, NULL));
        count(BORN_MADE_SELF);
    }
    return NULL;
}

static void create_a_thread(struct player *player, guise_call *call)
{
    struct birth birth = {call, player->caps, random_below(&player->random, 2) == 0};

    child_thread(be_born, &birth);
}

static void do_something_odd(struct player *player, guise_call *call)
{
    switch (random_below(&player->random, 6000)) {
    case 0:
    case 1:
        fork_now(false);
        break;
    case 2:
        spawn_now();
        break;
    case 3:
    case 4:
    case 5:
        create_a_thread(player, call);
        break;
    default:
        break;
    }
}

/* ---- a call ---------------------------------------------------------------------------------- */

struct turn_of_a_call {
    struct player *player;
    int client;
};

static void must_be_refused(struct player *player, int client, unsigned turn)
{
    struct who self = self_of(player);

    CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
    MUST_BE_UNLESS_CHANGED(&self, turn);
    CHILD_CHECK(s_style == WILD ||
                guise_set_thread_token(s_tokens[client]) == GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(s_style == WILD || atomic_load(&s_is_confined));
    count(REFUSED_CONFINED);
}

static guise_result begin(guise_call *call, void *arg)
{
    const struct turn_of_a_call *mine = arg;
    struct player *player = mine->player;
    unsigned turn = atomic_load(&s_turns);
    guise_result result = guise_impersonate_client();

    if (result != GUISE_OK) {
        CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
        must_be_refused(player, mine->client, turn);
        return GUISE_OK;
    }
    MUST_BE_UNLESS_CHANGED(&s_clients[mine->client], turn);
    count(player->caps == s_self.effective ? SERVED : SERVED_WITH_LESS);
    if (random_below(&player->random, 4) == 0) {
        turn = atomic_load(&s_turns);
        CHILD_OK(guise_call_impersonate(call));
        MUST_BE_UNLESS_CHANGED(&s_clients[mine->client], turn);
        count(SERVED_AGAIN);
    }
    do_something_odd(player, call);
    return GUISE_OK;
}

static void give_something_up(struct player *player)
{
    static const unsigned spare[] = {CAP_CHOWN, CAP_NET_RAW, CAP_SYS_TIME, CAP_MKNOD};
    uint64_t gone = UINT64_C(1) << spare[random_below(&player->random, 4)];
    struct who now;

    who_ask(&now);
    if (atomic_load(&s_is_confined) || (now.permitted & gone) == 0) {
        return;
    }
    CHILD_CHECK(raw_capset(now.effective & ~gone, now.permitted & ~gone, 0));
    player->caps &= ~gone;
    count(GAVE_UP_CAPABILITY);
}

static void reply(guise_call *call, guise_result result, void *arg)
{
    struct player *player = arg;
    unsigned turn = atomic_load(&s_turns);
    struct who self = self_of(player);

    (void)call;
    (void)result;
    MUST_BE_UNLESS_CHANGED(&self, turn);
    if (atomic_load(&s_is_confined)) {
        count(RAN_CONFINED);
    }
}

static void serve_call(struct player *player)
{
    struct turn_of_a_call mine = {player, (int)random_below(&player->random, CLIENTS)};
    unsigned turn;
    struct who self;
    guise_call *call;

    CHILD_OK(guise_call_create(s_contexts[mine.client], &call));
    CHILD_OK(guise_call_on_complete(call, reply, player));
    (void)!guise_call_dispatch(call, begin, &mine);
    turn = atomic_load(&s_turns);
    CHILD_OK(guise_call_signal(call));
    self = self_of(player);
    MUST_BE_UNLESS_CHANGED(&self, turn);
    guise_call_unref(call);
    if (random_below(&player->random, 5000) == 0) {
        give_something_up(player);
    }
    if (atomic_load(&s_is_confined) && random_below(&player->random, 50) == 0) {
        fork_now(true);
    }
    (void)atomic_fetch_add(&s_done, 1);
    (void)atomic_fetch_add_explicit(&s_tally->calls, 1, memory_order_relaxed);
}

static void *play(void *arg)
{
    struct player *player = arg;

    player->caps = s_self.effective;
    while (atomic_load(&s_done) < s_limit) {
        (void)pthread_rwlock_rdlock(&s_calm);
        serve_call(player);
        (void)pthread_rwlock_unlock(&s_calm);
    }
    return NULL;
}

/* ---- interference ---------------------------------------------------------------------------- */

static void wait_for_calls(unsigned long more)
{
    unsigned long until = atomic_load(&s_done) + more;

    while (atomic_load(&s_done) < until && atomic_load(&s_done) < s_limit) {
        (void)sched_yield();
    }
}

static void set_all(uid_t uid, bool confined)
{
    (void)pthread_rwlock_wrlock(&s_calm);
    (void)atomic_fetch_add(&s_turns, 1);
    CHILD_CHECK(seteuid(uid) == 0);
    atomic_store(&s_is_confined, confined);
    (void)atomic_fetch_add(&s_turns, 1);
    (void)pthread_rwlock_unlock(&s_calm);
}

/* The way back from a uid that is not 0 gives libc's caller all that is permitted, on each thread. */
static void confine_all(void)
{
    set_all(CONFINED, true);
    wait_for_calls(50);
    set_all(0, false);
    count(CONFINED_ALL);
}

static void go_wild(void)
{
    (void)atomic_fetch_add(&s_turns, 1);
    CHILD_CHECK(seteuid(0) == 0);
    (void)atomic_fetch_add(&s_turns, 1);
}

static void interfere(uint64_t random)
{
    while (atomic_load(&s_done) < s_limit) {
        wait_for_calls(1 + random_below(&random, s_style == WILD ? 300 : 2000));
        if (s_style == AS_ROOT) {
            confine_all();
        } else if (s_style == WILD) {
            go_wild();
        }
    }
}

/* ---- processes ------------------------------------------------------------------------------- */

static void make_client(int i, uid_t uid, gid_t gid, size_t groups)
{
    const gid_t list[] = {50101, 50102, 50103, 50104, 50105};

    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_PKT};

    s_tokens[i] = client_token(uid, gid, groups, list, GUISE_LEVEL_IMPERSONATE);
    CHILD_OK(guise_context_create(&blanket, s_tokens[i], &s_contexts[i]));
    s_clients[i] = who_as(&s_self, uid, gid, groups, list);
}

static void start_process(enum style style)
{
    s_style = style;
    s_limit = style == WILD ? WILD_CALLS : CALM_CALLS;
    if (style == AS_SERVICE) {
        kernel_become_service(SERVICE, UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_MKNOD);
    }
    serve(2, s_groups, &s_self);
    s_confined = s_self;
    s_confined.uid[EFFECTIVE] = s_confined.uid[FILES] = CONFINED;
    s_confined.effective = 0;
    make_client(0, 50001, 50001, 0);
    make_client(1, 50002, 50902, 1);
    make_client(2, 50003, 50003, 5);
    make_client(3, 50004, 50001, 3);
}

struct process {
    enum style style;
    uint64_t seed;
};

static void play_in_process(const struct process *process)
{
    struct player players[PLAYERS];

    test_watchdog(100);
    start_process(process->style);
    for (unsigned i = 0; i < PLAYERS; i++) {
        players[i].random = process->seed * UINT64_C(0x9E3779B97F4A7C15) + i + 1;
        CHILD_CHECK(pthread_create(&players[i].thread, NULL, play, &players[i]) == 0);
    }
    interfere(process->seed);
    for (unsigned i = 0; i < PLAYERS; i++) {
        CHILD_CHECK(pthread_join(players[i].thread, NULL) == 0);
    }
    test_exit_child(0);
}

static char s_said[4096];

static int run_process(const struct process *process)
{
    struct rlimit no_core = {0, 0};
    int fds[2], status = -1;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)dup2(fds[1], STDERR_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        play_in_process(process);
    }
    (void)close(fds[1]);
    child_read_all(fds[0], s_said, sizeof s_said);
    assert_true(waitpid(pid, &status, 0) == pid);
    return status;
}

static void judge(const struct process *process)
{
    int status = run_process(process);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        count(ENDED_WELL);
    } else if (process->style == WILD && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
               strstr(s_said, "guise: fatal: a thread") != NULL &&
               strstr(s_said, "in a child") == NULL) {
        count(ENDED_BY_LIBRARY);
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED) {
        print_message("%s", s_said);
        skip();
    } else {
        fail_msg("style %d, seed %llu: wait status 0x%X; it said: %s", process->style,
                 (unsigned long long)process->seed, (unsigned)status, s_said);
    }
}

static void report(void)
{
    print_message("%lu calls, %lu identities checked\n", atomic_load(&s_tally->calls),
                  atomic_load(&s_tally->checks));
    for (unsigned kind = 0; kind < KINDS; kind++) {
        print_message("%10lu %s\n", atomic_load(&s_tally->kinds[kind]), s_kind_names[kind]);
    }
    assert_true(atomic_load(&s_tally->checks) > atomic_load(&s_tally->calls));
    for (unsigned kind = 0; kind < KINDS; kind++) {
        assert_true(atomic_load(&s_tally->kinds[kind]) > 0);
    }
    assert_true(atomic_load(&s_tally->kinds[ENDED_BY_LIBRARY]) >= 10);
}

static void no_wrong_identity_whatever_interferes(void **state)
{
    struct process process = {AS_ROOT, 20240301};

    (void)state;
    while (atomic_load(&s_tally->calls) < CALLS) {
        judge(&process);
        process.seed++;
        process.style = process.seed % 4 == 0 ? AS_ROOT : process.seed % 8 == 1 ? AS_SERVICE : WILD;
    }
    report();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wrong_identity_whatever_interferes),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    s_tally =
        mmap(NULL, sizeof *s_tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return s_tally == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
