/* SPDX-License-Identifier: MIT */
/* A bounded queue of requests between the thread that opens files and those that read them. */
#ifndef FILE_SERVER_QUEUE_H
#define FILE_SERVER_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_LIMIT 64u

struct request;

struct queue {
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t filled;
    struct request *items[QUEUE_LIMIT];
    size_t first;
    size_t count;
    bool closed;
};

#define QUEUE_INITIALIZER                                                                          \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER                      \
    }

/* Never waits. true: the request is the queue's now. false: full; it is still the caller's. */
bool queue_push(struct queue *queue, struct request *request);

/* Waits for a request. NULL: the queue is closed and empty. */
struct request *queue_pop(struct queue *queue);

/* Nothing more will be pushed; what is in there is still handed out. */
void queue_close(struct queue *queue);

#endif
