/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "worker.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sleeper.h"

/* Longer than any sample takes. */
enum { ANSWER_MS = 300000 };

/* ---- in the worker ---- */

static struct worker_answer refuse(const char *why)
{
    struct worker_answer answer = {.measured = false};

    (void)snprintf(answer.why, sizeof answer.why, "%s", why);
    return answer;
}

static void serve(const struct worker *worker)
{
    const char *refused = worker->suite->open == NULL ? NULL : worker->suite->open();
    const struct bench_meter *meter;

    while (read(worker->socket, &meter, sizeof meter) == (ssize_t)sizeof meter && meter != NULL) {
        struct worker_answer answer =
            refused != NULL ? refuse(refused) : worker_measure(meter, worker->quick);

        if (write(worker->socket, &answer, sizeof answer) != (ssize_t)sizeof answer) {
            break;
        }
    }
}

/* ---- in the parent ---- */

void worker_init(struct worker *worker, const struct bench_suite *suite, bool quick)
{
    *worker = (struct worker){.suite = suite, .pid = -1, .socket = -1, .quick = quick};
}

static void become_worker(struct worker *worker, int socket)
{
    /* Because no process reads a worker's answers after its parent has ended. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    worker->socket = socket;
    bench_pin(0);
    sleeper_start();
    serve(worker);
    sleeper_end();
    _exit(0);
}

static void start(struct worker *worker)
{
    int ends[2];

    bench_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    (void)fflush(NULL);
    worker->pid = fork();
    bench_must(worker->pid >= 0);
    if (worker->pid == 0) {
        (void)close(ends[0]);
        become_worker(worker, ends[1]);
    }
    (void)close(ends[1]);
    worker->socket = ends[0];
}

void worker_stop(struct worker *worker)
{
    const struct bench_meter *none = NULL;

    if (worker->pid < 0) {
        return;
    }
    /* Other workers have inherited this socket, so closing it ends nothing. */
    (void)send(worker->socket, &none, sizeof none, MSG_NOSIGNAL);
    (void)close(worker->socket);
    (void)waitpid(worker->pid, NULL, 0);
    worker->pid = -1;
}

static bool receive(const struct worker *worker, struct worker_answer *answer)
{
    struct pollfd fd = {.fd = worker->socket, .events = POLLIN};

    return poll(&fd, 1, ANSWER_MS) == 1 &&
           read(worker->socket, answer, sizeof *answer) == (ssize_t)sizeof *answer;
}

struct worker_answer worker_ask(struct worker *worker, const struct bench_meter *meter)
{
    struct worker_answer answer = {.measured = false};

    if (worker->pid < 0) {
        start(worker);
    }
    /* The same program, so the same address. */
    if (send(worker->socket, &meter, sizeof meter, MSG_NOSIGNAL) != (ssize_t)sizeof meter ||
        !receive(worker, &answer)) {
        answer = (struct worker_answer){.measured = false};
        (void)kill(worker->pid, SIGKILL);
        worker_stop(worker);
    } else if ((meter->flags & BENCH_FRESH) != 0) {
        worker_stop(worker);
    }
    return answer;
}
