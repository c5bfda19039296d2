/* SPDX-License-Identifier: MIT */
/* A peer: nsync's notes, which are set once, and its mutex with a condition variable. */
#include <nsync.h>

#include "pair.h"
#include "suites.h"

static struct {
    nsync_mu mutex;
    nsync_cv cond;
    bool set;
} s_sides[2];

static const char *open_nsync(void)
{
    for (int i = 0; i < 2; i++) {
        nsync_mu_init(&s_sides[i].mutex);
        nsync_cv_init(&s_sides[i].cond);
    }
    return NULL;
}

static void note_life(uint64_t times)
{
    int told = 0;

    for (uint64_t i = 0; i < times; i++) {
        nsync_note note = nsync_note_new(NULL, nsync_time_no_deadline);

        nsync_note_notify(note);
        told |= !nsync_note_wait(note, nsync_time_no_deadline);
        nsync_note_free(note);
    }
    bench_must(told == 0);
}

static void post(unsigned side)
{
    nsync_mu_lock(&s_sides[side].mutex);
    s_sides[side].set = true;
    nsync_cv_signal(&s_sides[side].cond);
    nsync_mu_unlock(&s_sides[side].mutex);
}

static void wait_for(unsigned side)
{
    nsync_mu_lock(&s_sides[side].mutex);
    while (!s_sides[side].set) {
        nsync_cv_wait(&s_sides[side].cond, &s_sides[side].mutex);
    }
    s_sides[side].set = false;
    nsync_mu_unlock(&s_sides[side].mutex);
}

static size_t trips(double *out, size_t room)
{
    static const struct pair_way way = {post, wait_for};

    return pair_round_trips(&way, 0, out, room);
}

static const struct bench_meter meters[] = {
    {.name = "nsync-note-life", .unit = "ns", .loop = note_life},
    {.name = "wake-nsync", .unit = "ns", .events = trips},
};

const struct bench_suite suite_nsync = {"nsync", open_nsync, meters, BENCH_COUNT(meters), false};
