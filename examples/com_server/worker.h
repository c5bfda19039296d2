/* SPDX-License-Identifier: MIT */
/* A thread that does one job after the other. */
#ifndef COM_SERVER_WORKER_H
#define COM_SERVER_WORKER_H

#include <windows.h>

/* A member of the object that the job works on, so that posting it takes no memory and cannot fail. */
struct job {
    struct job *next;
    void (*run)(struct job *job); /* the job is its own from here on */
};

struct worker;

/* Call as the server, because a thread starts with the identity of the thread that makes it. */
HRESULT worker_create(struct worker **out);

/* From any thread. */
void worker_post(struct worker *worker, struct job *job);

/* Does what has been posted first. Not in a job. */
void worker_destroy(struct worker *worker);

#endif
