/* SPDX-License-Identifier: MIT */
/*
 * The demonstration: a server and its clients, each a process of its own. They note what happens on
 * the stage, in shared memory, and report.c compares it with what must happen when all have ended.
 * Semaphores order the processes where the order matters; no process sleeps.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <guise/guise.h>

#include "client.h"
#include "report.h"
#include "stage.h"

#define EXIT_CANNOT_RUN 77 /* what test runners take for "skipped" */
#define PATIENCE_S 30      /* what never takes that long has failed */
#define LIFETIME_S 240u    /* of a process, should everything else have failed */
#define SCENE_ID 1000000u  /* of requests that are no asks */
#define HASTY (IN_FLIGHT_LIMIT + 3u)
#define LEAVING 6u /* requests of the client that leaves: one is read, the others are queued */
#define READING 1u /* of a connection's requests: it has one worker at a time */
#define PATIENT 3u

typedef bool scene_fn(struct stage *stage, const struct role *role);

/* ---- between processes ---- */

static bool wait_for(sem_t *semaphore, unsigned times)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (times > 0) {
        if (sem_timedwait(semaphore, &until) == 0) {
            times--;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void tell(sem_t *semaphore, unsigned times)
{
    while (times-- > 0) {
        sem_post(semaphore);
    }
}

/* The demonstrator cleans up after an interrupt; in all other processes it has its usual effect. */
static void heed_interrupts(bool heed)
{
    sigset_t stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(heed ? SIG_UNBLOCK : SIG_BLOCK, &stop, NULL);
}

/* Plays a scene in a process of its own, as the role; NULL: as the user of this process. */
static pid_t start(struct stage *stage, scene_fn *scene, const struct role *role)
{
    bool fine;
    pid_t child;

    fflush(NULL);
    child = fork();

    if (child != 0) {
        return child;
    }
    heed_interrupts(true);
    alarm(LIFETIME_S);
    fine = (role == NULL || role_become(stage, role)) && scene(stage, role);
    exit(fine ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool ended_well(pid_t child)
{
    int status = -1;

    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
        continue;
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool play(struct stage *stage, scene_fn *scene)
{
    bool fine = ended_well(start(stage, scene, &stage->roles[0]));

    if (!fine) {
        fact_note(stage, "a scene", "broke off", false);
    }
    return fine;
}

/* ---- the server ---- */

/* On the thread Begin_ runs on, then on the worker: its identity, and whether it may become the client. */
static void note_ask(struct ask *ask, enum moment moment)
{
    switch (moment) {
    case MOMENT_BEGUN:
        ask->begun = identity_read();
        break;
    case MOMENT_CONTINUED:
        ask->worked = true;
        ask->continued = identity_read();
        break;
    case MOMENT_IMPERSONATING:
        ask->impersonated = true;
        ask->impersonating = identity_read();
        break;
    case MOMENT_REVERTED:
        ask->reverted = identity_read();
        break;
    case MOMENT_SIGNALED:
        ask->after_signal = guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE);
        ask->end = identity_read();
        break;
    case MOMENT_DRAINING:
        break;
    }
}

static void watch(void *arg, enum moment moment, const struct request_text *request)
{
    struct stage *stage = arg;

    if (moment == MOMENT_DRAINING) {
        tell(&stage->draining, 1);
        return;
    }
    if (moment == MOMENT_CONTINUED && strcmp(request->name, HELD_FILE) == 0) {
        tell(&stage->held, 1);
        (void)wait_for(&stage->go, 1); /* without a go, the scene that should have given it fails */
    }
    if (request->id <= ask_limit(stage)) {
        note_ask(&stage->asks[request->id - 1], moment);
    }
}

static bool serve(struct stage *stage, const struct role *role)
{
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct server_options options = {.listener = &stage->listener,
                                     .directory = directory,
                                     .enforced = stage->enforced,
                                     .limits = LIMITS_DEFAULT,
                                     .watch = watch,
                                     .watch_arg = stage};
    guise_counters counters = {.size = sizeof counters};
    struct server *server;

    (void)role;
    if (stage->one_user) { /* all clients are the same user */
        options.limits.user_connections = options.limits.connections;
    }
    stage->before = tally_read();
    stage->before.descriptors--; /* the listener, which the server closes */
    server = directory >= 0 ? server_create(&options) : NULL;
    if (server == NULL) {
        return false;
    }
    server_run(server);
    stage->server_ended = server_destroy(server);
    stage->after = tally_read();
    close(directory);
    if (guise_counters_get(&counters) < 0) {
        return false;
    }
    stage->lost_tokens =
        counters.exited_as_client + counters.born_as_client + counters.foreign_at_completion;
    stage->server_finished = true;
    return true;
}

/* ---- first: clients that ask for everything ---- */

static bool take_answer(struct stage *stage, int socket)
{
    struct answer answer;
    char content[128];
    size_t expected;
    struct ask *ask;

    if (!client_receive(socket, &answer) || answer.header.id - 1 >= ask_limit(stage)) {
        return false;
    }
    ask = &stage->asks[answer.header.id - 1];
    prop_content(stage->props[(answer.header.id - 1) % stage->prop_count].name, content,
                 sizeof content);
    expected = answer.header.status == STATUS_OK ? strlen(content) : 0;
    ask->status = answer.header.status;
    ask->by = answer.header.by;
    ask->intact = answer.header.length == expected && memcmp(answer.data, content, expected) == 0;
    ask->answered = true;
    return true;
}

static bool ask_for_all(struct stage *stage, const struct role *role, unsigned round, int socket)
{
    size_t who = (size_t)(role - stage->roles);
    unsigned waiting = 0;

    for (size_t i = 0; i < stage->prop_count; i++) {
        if (!client_ask(socket, ask_id(stage, round, who, i), stage->props[i].name, 0)) {
            return false;
        }
        if (++waiting < ASKS_IN_FLIGHT) {
            continue;
        }
        if (!take_answer(stage, socket)) {
            return false;
        }
        waiting--;
    }
    while (waiting-- > 0) {
        if (!take_answer(stage, socket)) {
            return false;
        }
    }
    return true;
}

static bool read_everything(struct stage *stage, const struct role *role)
{
    bool fine = true;

    for (unsigned round = 0; round < ROUNDS && fine; round++) {
        int socket = client_connect(SOCKET_NAME);
        fine = socket >= 0 && client_hello(socket, role->level) == STATUS_OK &&
               ask_for_all(stage, role, round, socket);
        if (socket >= 0) {
            close(socket);
        }
    }
    return fine;
}

static bool play_readers(struct stage *stage)
{
    pid_t readers[ROLE_LIMIT];
    bool fine = true;

    for (size_t i = 0; i < stage->role_count; i++) {
        readers[i] = start(stage, read_everything, &stage->roles[i]);
    }
    for (size_t i = 0; i < stage->role_count; i++) {
        fine = ended_well(readers[i]) && fine;
    }
    if (!fine) {
        fact_note(stage, "the clients that ask for everything", "got less", false);
    }
    return fine;
}

/* ---- then: clients that misbehave ---- */

static void expect(struct stage *stage, int socket, const char *what, enum status expected)
{
    struct answer answer;
    bool answered = client_receive(socket, &answer);

    fact_note(stage, what, answered ? status_name(answer.header.status) : "no answer",
              answered && answer.header.status == expected);
}

static void throw_bytes(struct stage *stage, int socket, const char *what, const void *bytes,
                        size_t size, enum status expected)
{
    (void)send(socket, bytes, size, MSG_NOSIGNAL); /* if it fails there is no answer, either */
    expect(stage, socket, what, expected);
}

/* A request that announces a longer or shorter name than it has. */
static void throw_request(struct stage *stage, int socket, const char *what, uint32_t claimed,
                          const char *name, size_t sent)
{
    unsigned char bytes[REQUEST_LIMIT];
    struct request_header header = {.id = SCENE_ID, .name_length = claimed};

    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, name, sent);
    throw_bytes(stage, socket, what, bytes, sizeof header + sent, STATUS_BAD_REQUEST);
}

static bool throw_garbage(struct stage *stage, const struct role *role)
{
    static const unsigned char huge[16 * REQUEST_LIMIT];
    const enum status bad = STATUS_BAD_REQUEST;
    int s = client_connect(SOCKET_NAME);

    if (s < 0) {
        return false;
    }
    throw_bytes(stage, s, "greets with garbage", "hello?", 6, bad);
    throw_bytes(stage, s, "sends an empty packet", "", 0, bad);
    throw_bytes(stage, s, "grants a level there is not", HELLO_MAGIC "\x07", 5, bad);
    if (client_hello(s, role->level) != STATUS_OK) {
        return false;
    }
    throw_bytes(stage, s, "sends half a header", huge, sizeof(struct request_header) / 2, bad);
    throw_bytes(stage, s, "sends a request of nothing but zeros", huge, 20, bad);
    throw_bytes(stage, s, "sends far more than fits a request", huge, sizeof huge,
                STATUS_TOO_LARGE);
    throw_request(stage, s, "sends half a name", 10, "publi", 5);
    throw_request(stage, s, "sends more name than announced", 3, PUBLIC_FILE, 10);
    throw_request(stage, s, "sends no name", 0, "", 0);
    throw_request(stage, s, "announces four gigabytes of name", UINT32_MAX, "x", 1);
    throw_request(stage, s, "asks for ..", 2, "..", 2);
    throw_request(stage, s, "asks for ../etc/passwd", 13, "../etc/passwd", 13);
    throw_request(stage, s, "hides a NUL in a name", 10, "public\0txt", 10);
    client_ask(s, SCENE_ID, PUBLIC_FILE, 0);
    expect(stage, s, "and at last asks properly", STATUS_OK);
    close(s);
    return true;
}

/* The server's answers pile up until the sockets are full; no other client may be held up by it. */
static bool never_read(struct stage *stage, const struct role *role)
{
    int slow = client_connect(SOCKET_NAME);
    int other = client_connect(SOCKET_NAME);
    uint32_t id = SCENE_ID;

    if (slow < 0 || client_hello(slow, role->level) != STATUS_OK ||
        client_hello(other, role->level) != STATUS_OK) {
        return false;
    }
    if (fcntl(slow, F_SETFL, O_NONBLOCK) != 0) {
        return false;
    }
    while (client_ask(slow, id, BIG_FILE, 0)) {
        id++;
    }
    fact_note(stage, "asks on and on and never reads an answer", "has to wait", errno == EAGAIN);
    client_ask(other, SCENE_ID, PUBLIC_FILE, 0);
    expect(stage, other, "  meanwhile, to another client", STATUS_OK);
    close(slow);
    close(other);
    return true;
}

/* None of the first can be answered before the worker is let go, so the last are too many. */
static bool ask_too_much(struct stage *stage, const struct role *role)
{
    int s = client_connect(SOCKET_NAME);

    if (s < 0 || client_hello(s, role->level) != STATUS_OK) {
        return false;
    }
    for (uint32_t i = 0; i < HASTY; i++) {
        if (!client_ask(s, SCENE_ID + i, HELD_FILE, 0)) {
            return false;
        }
    }
    for (uint32_t i = IN_FLIGHT_LIMIT; i < HASTY; i++) {
        expect(stage, s, "has one more request in flight than it may", STATUS_BUSY);
    }
    tell(&stage->go, IN_FLIGHT_LIMIT);
    for (uint32_t i = 0; i + 1 < IN_FLIGHT_LIMIT; i++) {
        struct answer answer;
        if (!client_receive(s, &answer) || answer.header.status != STATUS_OK) {
            return false;
        }
    }
    expect(stage, s, "  and gets the others answered", STATUS_OK);
    close(s);
    return wait_for(&stage->held, IN_FLIGHT_LIMIT);
}

/* An empty name is turned down at once, so what was asked before it has been taken by then. */
static bool wait_until_taken(int socket)
{
    struct answer answer;

    return client_ask(socket, SCENE_ID + IN_FLIGHT_LIMIT, "", 0) &&
           client_receive(socket, &answer) && answer.header.status == STATUS_BAD_REQUEST;
}

/* Leaves when the server has all its requests: one a worker, the others the queue. */
static bool leave(struct stage *stage, const struct role *role)
{
    int s = client_connect(SOCKET_NAME);

    if (s < 0 || client_hello(s, role->level) != STATUS_OK) {
        return false;
    }
    for (uint32_t i = 0; i < LEAVING; i++) {
        if (!client_ask(s, SCENE_ID + i, HELD_FILE, 0)) {
            return false;
        }
    }
    return wait_until_taken(s) && wait_for(&stage->held, READING); /* and is gone, without a word */
}

static bool play_leaving(struct stage *stage)
{
    bool fine;

    if (!play(stage, leave)) {
        return false;
    }
    tell(&stage->go, LEAVING);
    fine = wait_for(&stage->held, LEAVING - READING);
    fact_note(stage, "disappears with six requests under way", "is not missed", fine);
    return fine;
}

/* ---- at last: SIGTERM, with requests in flight ---- */

static bool be_patient(struct stage *stage, const struct role *role)
{
    int s = client_connect(SOCKET_NAME);
    struct answer answer;

    if (s < 0 || client_hello(s, role->level) != STATUS_OK) {
        return false;
    }
    for (uint32_t i = 0; i < PATIENT; i++) {
        if (!client_ask(s, SCENE_ID + i, HELD_FILE, 0)) {
            return false;
        }
    }
    if (!wait_until_taken(s)) {
        return false;
    }
    tell(&stage->asked, 1);
    for (uint32_t i = 0; i < PATIENT; i++) {
        expect(stage, s, "asked before SIGTERM, answered after it", STATUS_OK);
    }
    fact_note(stage, "and then", "hung up", !client_receive(s, &answer));
    close(s);
    return true;
}

static void play_end(struct stage *stage, pid_t server)
{
    pid_t patient = start(stage, be_patient, &stage->roles[0]);
    bool busy = wait_for(&stage->asked, 1) && wait_for(&stage->held, READING);
    bool draining;
    int late;

    kill(server, SIGTERM);
    draining = wait_for(&stage->draining, 1);
    late = client_connect(SOCKET_NAME);
    fact_note(stage, "a client that comes after SIGTERM", late < 0 ? "not let in" : "let in",
              busy && draining && late < 0);
    if (late >= 0) {
        close(late);
    }
    tell(&stage->go, PATIENT);
    if (!ended_well(patient)) {
        fact_note(stage, "the client that waited", "broke off", false);
    }
}

/* ---- all of it ---- */

/* Without its groups a client can be identified and no more, so there is nothing to show. */
static bool can_impersonate_peers(const struct stage *stage)
{
    guise_context *context = NULL;
    int client = client_connect(SOCKET_NAME);
    int accepted = accept(stage->listener.socket, NULL, NULL);
    bool can = guise_context_from_peer(accepted, GUISE_LEVEL_IMPERSONATE, &context) == GUISE_OK &&
               guise_token_level(guise_context_token(context)) == GUISE_LEVEL_IMPERSONATE;

    guise_context_unref(context);
    if (accepted >= 0) {
        close(accepted);
    }
    if (client >= 0) {
        close(client);
    }
    return can;
}

/* A scene that broke off leaves the others nothing to build on. */
static void play_all(struct stage *stage)
{
    pid_t server = start(stage, serve, NULL);
    bool well;

    if (server < 0) {
        fact_note(stage, "the server", "not started", false);
        return;
    }
    close(stage->listener.socket);
    if (play_readers(stage) && play(stage, throw_garbage) && play(stage, never_read) &&
        play(stage, ask_too_much) && play_leaving(stage)) {
        play_end(stage, server);
    } else {
        kill(server, SIGTERM);
    }
    well = ended_well(server);
    fact_note(stage, "the server's exit status", well ? "0" : "not 0", well);
}

static int demonstrate(bool enforced)
{
    unsigned surprises;
    struct stage *stage;

    heed_interrupts(false);
    stage = stage_create(enforced);

    if (stage == NULL) {
        return EXIT_FAILURE;
    }
    if (!can_impersonate_peers(stage)) {
        printf("This system does not tell a server the groups of its clients, so no client can be\n"
               "impersonated here, and there is nothing to show.\n");
        stage_destroy(stage);
        return EXIT_CANNOT_RUN;
    }
    report_opening(stage);
    play_all(stage);
    surprises = report_outcome(stage);
    stage_destroy(stage);
    return surprises == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The linux provider where this process may use it, else the emulated one; Guise never falls back. */
static bool choose_provider(bool emulated)
{
    guise_result result =
        emulated ? GUISE_E_NOT_SUPPORTED : guise_use_provider(guise_provider_linux());

    if (result == GUISE_OK) {
        return true;
    }
    if (!emulated) {
        fprintf(stderr,
                "The kernel cannot be asked to enforce anything here: %s.\n"
                "%sThe emulated provider is used.\n\n",
                guise_provider_reason(),
                result == GUISE_E_ACCESS_DENIED
                    ? "It takes CAP_SETUID and CAP_SETGID, which root has. "
                    : "");
    }
    return guise_use_provider(guise_provider_emulated()) == GUISE_OK;
}

int main(int argc, char **argv)
{
    bool emulated = argc == 2 && strcmp(argv[1], "--emulated") == 0;

    if (argc > 1 && !emulated) {
        fprintf(stderr, "usage: file_server_demo [--emulated]\n");
        return 2;
    }
    if (!choose_provider(emulated)) {
        return EXIT_FAILURE;
    }
    return demonstrate((guise_provider_in_use()->flags & GUISE_PROVIDER_ENFORCED) != 0);
}
