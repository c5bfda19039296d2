/* SPDX-License-Identifier: MIT */
/* A thread that works, and an ISynchronize that says when it has. */
#define COBJMACROS
#include <objbase.h>

#include <pthread.h>

#include "real.h"

struct job {
    ISynchronize *done;
    LONG runs;
};

static void *run(void *context)
{
    struct job *job = (struct job *)context;

    InterlockedIncrement(&job->runs);
    ISynchronize_Signal(job->done);
    ISynchronize_Release(job->done);
    return NULL;
}

HRESULT real_signal_when_done(LONG *runs)
{
    ISynchronize *done = NULL;
    struct job job;
    pthread_t thread;
    HRESULT hr;

    hr = CoCreateInstance(&CLSID_ManualResetEvent, NULL, CLSCTX_INPROC_SERVER, &IID_ISynchronize,
                          (void **)&done);
    if (FAILED(hr))
        return hr;
    job.done = done;
    job.runs = 0;
    ISynchronize_AddRef(done);
    if (pthread_create(&thread, NULL, run, &job) != 0) {
        ISynchronize_Release(done);
        ISynchronize_Release(done);
        return RPC_E_OUT_OF_RESOURCES;
    }
    hr = ISynchronize_Wait(done, COWAIT_WAITALL, INFINITE);
    pthread_join(thread, NULL);
    *runs = job.runs;
    ISynchronize_Release(done);
    return hr;
}
