/* SPDX-License-Identifier: MIT */
/* A thread that does one job after the other. */
#ifndef COM_SERVER_WORKER_H
#define COM_SERVER_WORKER_H

#include <windows.h>

/* Part of whatever the job is about, so that handing it over cannot fail for want of memory. */
struct job {
    struct job *next;
    void (*run)(struct job *job); /* the job is its own from here on */
};

struct worker;

/* Made as the server, never as a client: a thread starts as whoever makes it. */
HRESULT worker_create(struct worker **out);

/* From any thread. */
void worker_post(struct worker *worker, struct job *job);

/* Does what has been posted first. Not in a job. */
void worker_destroy(struct worker *worker);

#endif
