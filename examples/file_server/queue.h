/* SPDX-License-Identifier: MIT */
/*
 * What the event loop has for the workers. The requests of a connection wait in its lane, and are
 * served in order, one at a time: a connection has one worker at most. The lanes take turns. With as
 * many workers as there may be connections, a request that takes long keeps none waiting but those
 * behind it on its own connection.
 */
#ifndef FILE_SERVER_QUEUE_H
#define FILE_SERVER_QUEUE_H

#include <pthread.h>
#include <stdbool.h>

struct request;

/* All of it is guarded by the queue's lock. */
struct lane {
    struct lane *next;            /* in the queue */
    struct request *first, *last; /* not taken by a worker yet */
    bool busy;                    /* in the queue, or a worker has a request of it */
};

/* A request's link, its first member. */
struct waiting {
    struct request *next;
    struct lane *lane;
};

struct queue {
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t filled;
    struct lane *first, *last; /* those with a request to be taken */
    bool closed;
};

#define QUEUE_INITIALIZER                                                                          \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER                      \
    }

/* The request is the queue's now, and the lane must stay until it is done. How many there are at
 * most, the limits on requests in flight say. */
void queue_push(struct queue *queue, struct lane *lane, struct request *request);

/* Waits for a request, and takes it out. NULL: the queue is closed and empty. */
struct request *queue_pop(struct queue *queue);

/* The request that was taken out of this lane has been served: the next one may be. */
void queue_done(struct queue *queue, struct lane *lane);

/* Nothing more will be pushed; what is in there is still handed out. */
void queue_close(struct queue *queue);

#endif
