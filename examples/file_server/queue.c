/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stddef.h>

/* The first member of a request, which is known only to request.c. */
static struct waiting *waiting_of(struct request *request)
{
    return (struct waiting *)request;
}

/*
 * From here to the next such line: the lock is held.
 */

static void append_lane(struct queue *queue, struct lane *lane)
{
    lane->next = NULL;
    if (queue->first == NULL) {
        queue->first = lane;
    } else {
        queue->last->next = lane;
    }
    queue->last = lane;
    pthread_cond_signal(&queue->filled);
}

static void append_request(struct lane *lane, struct request *request)
{
    *waiting_of(request) = (struct waiting){.lane = lane};
    if (lane->first == NULL) {
        lane->first = request;
    } else {
        waiting_of(lane->last)->next = request;
    }
    lane->last = request;
}

/* Of the first lane; the lane is out of the queue then. */
static struct request *take(struct queue *queue)
{
    struct lane *lane = queue->first;
    struct request *request = lane->first;

    queue->first = lane->next;
    lane->first = waiting_of(request)->next;
    return request;
}

/*
 * From here on: the lock is free.
 */

void queue_push(struct queue *queue, struct lane *lane, struct request *request)
{
    pthread_mutex_lock(&queue->lock);
    append_request(lane, request);
    if (!lane->busy) {
        append_lane(queue, lane);
    }
    lane->busy = true;
    pthread_mutex_unlock(&queue->lock);
}

struct request *queue_pop(struct queue *queue)
{
    struct request *request = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->first == NULL && !queue->closed) {
        pthread_cond_wait(&queue->filled, &queue->lock);
    }
    if (queue->first != NULL) {
        request = take(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return request;
}

void queue_done(struct queue *queue, struct lane *lane)
{
    pthread_mutex_lock(&queue->lock);
    lane->busy = lane->first != NULL;
    if (lane->busy) {
        append_lane(queue, lane);
    }
    pthread_mutex_unlock(&queue->lock);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->filled);
}
