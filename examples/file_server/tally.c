/* SPDX-License-Identifier: MIT */
#include "tally.h"

void tally_up(struct tally *tally, uint64_t *count)
{
    pthread_mutex_lock(&tally->lock);
    ++*count;
    pthread_mutex_unlock(&tally->lock);
}

void tally_down(struct tally *tally, uint64_t *count)
{
    pthread_mutex_lock(&tally->lock);
    --*count;
    pthread_mutex_unlock(&tally->lock);
}

struct counts tally_read(struct tally *tally)
{
    pthread_mutex_lock(&tally->lock);
    struct counts counts = tally->counts;
    pthread_mutex_unlock(&tally->lock);
    return counts;
}
