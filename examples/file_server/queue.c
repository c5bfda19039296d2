/* SPDX-License-Identifier: MIT */
#include "queue.h"

bool queue_push(struct queue *queue, struct request *request)
{
    pthread_mutex_lock(&queue->lock);
    bool room = queue->count < QUEUE_LIMIT;
    if (room)
        queue->items[(queue->first + queue->count++) % QUEUE_LIMIT] = request;
    pthread_mutex_unlock(&queue->lock);
    if (room)
        pthread_cond_signal(&queue->filled);
    return room;
}

struct request *queue_pop(struct queue *queue)
{
    struct request *request = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->filled, &queue->lock);
    if (queue->count > 0) {
        request = queue->items[queue->first];
        queue->first = (queue->first + 1) % QUEUE_LIMIT;
        queue->count--;
    }
    pthread_mutex_unlock(&queue->lock);
    return request;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_broadcast(&queue->filled);
}
