/* SPDX-License-Identifier: MIT */
/* A thread that works, and an ISynchronize that says when it has; with a pointer that counts. */
#include <objbase.h>

#include <pthread.h>

#include "real.h"

namespace {

template <class T> class ComPtr {
public:
    ComPtr() : m_object(NULL) {}
    ComPtr(const ComPtr &other) : m_object(other.m_object)
    {
        if (m_object != NULL)
            m_object->AddRef();
    }
    ~ComPtr()
    {
        if (m_object != NULL)
            m_object->Release();
    }
    T **operator&()
    {
        return &m_object;
    }
    T *operator->() const
    {
        return m_object;
    }
    HRESULT Create(REFCLSID clsid)
    {
        return CoCreateInstance(clsid, NULL, CLSCTX_ALL, __uuidof(T),
                                reinterpret_cast<void **>(&m_object));
    }

private:
    ComPtr &operator=(const ComPtr &);

    T *m_object;
};

struct Job {
    explicit Job(const ComPtr<ISynchronize> &event) : done(event), runs(0) {}

    static void *Run(void *context)
    {
        Job *job = static_cast<Job *>(context);

        InterlockedIncrement(&job->runs);
        job->done->Signal();
        return NULL;
    }

    ComPtr<ISynchronize> done;
    LONG runs;
};

} // namespace

HRESULT real_signal_when_done(LONG *runs)
{
    ComPtr<ISynchronize> done;
    pthread_t thread;
    HRESULT hr = done.Create(CLSID_ManualResetEvent);

    if (FAILED(hr))
        return hr;
    Job job(done);
    if (pthread_create(&thread, NULL, Job::Run, &job) != 0)
        return RPC_E_OUT_OF_RESOURCES;
    hr = done->Wait(COWAIT_WAITALL, INFINITE);
    pthread_join(thread, NULL);
    *runs = job.runs;
    return hr;
}
