/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct worker {
    pthread_t thread;
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t changed;
    struct job *first;
    struct job **end; /* where the next one goes */
    bool closed;
};

/* NULL: closed, and nothing left to do. */
static struct job *next_job(struct worker *worker)
{
    struct job *job;

    pthread_mutex_lock(&worker->lock);
    while (worker->first == NULL && !worker->closed) {
        pthread_cond_wait(&worker->changed, &worker->lock);
    }
    job = worker->first;
    if (job != NULL) {
        worker->first = job->next;
        if (worker->first == NULL) {
            worker->end = &worker->first;
        }
    }
    pthread_mutex_unlock(&worker->lock);
    return job;
}

static void *work(void *arg)
{
    struct job *job;

    while ((job = next_job(arg)) != NULL) {
        job->run(job);
    }
    return NULL;
}

static void worker_free(struct worker *worker)
{
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

HRESULT worker_create(struct worker **out)
{
    struct worker *worker = calloc(1, sizeof *worker);

    *out = NULL;
    if (worker == NULL) {
        return E_OUTOFMEMORY;
    }
    worker->end = &worker->first;
    pthread_mutex_init(&worker->lock, NULL); /* neither fails with default attributes */
    pthread_cond_init(&worker->changed, NULL);
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
        worker_free(worker);
        return E_OUTOFMEMORY;
    }
    *out = worker;
    return S_OK;
}

void worker_post(struct worker *worker, struct job *job)
{
    pthread_mutex_lock(&worker->lock);
    job->next = NULL;
    *worker->end = job;
    worker->end = &job->next;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}

void worker_destroy(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->closed = true;
    pthread_cond_signal(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
    worker_free(worker);
}
