/* SPDX-License-Identifier: MIT */
/* A worker thread that an event wakes and another one stops. */
#include <windows.h>

#include <pthread.h>
#include <stdlib.h>

#include "real.h"

struct real_worker {
    HANDLE events[2]; /* stop first, because it wins when both are set */
    pthread_t thread;
    LONG volatile posted, done;
};

static void *CALLBACK worker_main(void *context)
{
    struct real_worker *worker = (struct real_worker *)context;
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED);

    for (;;) {
        DWORD wait = WaitForMultipleObjects(ARRAYSIZE(worker->events), worker->events, FALSE,
                                            INFINITE);

        if (wait != WAIT_OBJECT_0 && wait != WAIT_OBJECT_0 + 1)
            break;
        InterlockedExchangeAdd(&worker->done, InterlockedExchange(&worker->posted, 0));
        if (wait == WAIT_OBJECT_0)
            break;
    }
    if (SUCCEEDED(hr))
        CoUninitialize();
    return NULL;
}

static void worker_free(struct real_worker *worker)
{
    if (worker->events[0] != NULL)
        CloseHandle(worker->events[0]);
    if (worker->events[1] != NULL)
        CloseHandle(worker->events[1]);
    free(worker);
}

struct real_worker *real_worker_start(void)
{
    struct real_worker *worker = (struct real_worker *)calloc(1, sizeof(*worker));

    if (worker == NULL)
        return NULL;
    worker->events[0] = CreateEvent(NULL, TRUE, FALSE, NULL);
    worker->events[1] = CreateEvent(NULL, FALSE, FALSE, NULL);
    if (worker->events[0] == NULL || worker->events[1] == NULL ||
        pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
        worker_free(worker);
        return NULL;
    }
    return worker;
}

BOOL real_worker_post(struct real_worker *worker)
{
    InterlockedIncrement(&worker->posted);
    return SetEvent(worker->events[1]);
}

LONG real_worker_stop(struct real_worker *worker)
{
    LONG done;

    SetEvent(worker->events[0]);
    pthread_join(worker->thread, NULL);
    done = worker->done;
    worker_free(worker);
    return done;
}
