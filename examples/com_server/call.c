/* SPDX-License-Identifier: MIT */
/*
 * Begin_Read opens the file as the client and hands the reading over to the worker. The worker
 * reads and calls Signal; from then on no thread can become the client of this call. Finish_Read
 * returns what was read.
 *
 * The dispatcher aggregates the object: then Signal is the outer object's, which sends the reply. An
 * object that is made alone has an event, which Signal sets.
 */
#define COBJMACROS
#define CONST_VTABLE
#include "call.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <objbase.h>

#include "asclient.h"

enum state { IDLE, BUSY, DONE };

struct read_call {
    IUnknown unknown; /* the object's own; no method of it goes to outer */
    AsyncIFileReader async;
    _Atomic ULONG references; /* to unknown */
    IUnknown *outer;          /* the object others see; no reference, as it owns this one */
    IUnknown *event;          /* part of this object if that is no part of another; else NULL */
    IFileReader *reader;      /* a reference */
    const struct folder *folder;
    struct worker *worker;

    _Atomic enum state
        state; /* the thread that moves it owns the members below until the next move */
    struct job job;
    ISynchronize *sync; /* busy: a reference to outer, so the object lives as long as the job */
    int file;           /* busy: open */
    ULONGLONG offset;
    ULONG size;
    HRESULT result; /* done: what Finish_Read gives */
    ULONG got;
    BYTE *bytes;
};

static struct read_call *from_unknown(IUnknown *This)
{
    return (struct read_call *)((char *)This - offsetof(struct read_call, unknown));
}

static struct read_call *from_async(AsyncIFileReader *This)
{
    return (struct read_call *)((char *)This - offsetof(struct read_call, async));
}

static struct read_call *from_job(struct job *job)
{
    return (struct read_call *)((char *)job - offsetof(struct read_call, job));
}

/* Returns what the state was; it is moved if that is what was expected. Sequentially consistent, so
 * its new owner sees what the last one wrote. */
static enum state move(struct read_call *call, enum state from, enum state to)
{
    (void)atomic_compare_exchange_strong(&call->state, &from, to);
    return from;
}

/* ---- AsyncIFileReader: identity and lifetime are the outer object's -------------------------- */

static HRESULT STDMETHODCALLTYPE async_QueryInterface(AsyncIFileReader *This, REFIID riid,
                                                      void **object)
{
    return IUnknown_QueryInterface(from_async(This)->outer, riid, object);
}

static ULONG STDMETHODCALLTYPE async_AddRef(AsyncIFileReader *This)
{
    return IUnknown_AddRef(from_async(This)->outer);
}

static ULONG STDMETHODCALLTYPE async_Release(AsyncIFileReader *This)
{
    return IUnknown_Release(from_async(This)->outer);
}

/* What a waiter sees of an earlier Read must not be taken for the end of this one. */
static HRESULT take_sync(struct read_call *call)
{
    HRESULT result = IUnknown_QueryInterface(call->outer, &IID_ISynchronize, (void **)&call->sync);

    if (FAILED(result)) {
        return result;
    }
    result = ISynchronize_Reset(call->sync);
    if (FAILED(result)) {
        (void)ISynchronize_Release(call->sync);
    }
    return result;
}

static HRESULT make_ready(struct read_call *call, LPCWSTR name)
{
    HRESULT result = open_as_client(call->folder, name, &call->file);

    if (FAILED(result)) {
        return result;
    }
    result = take_sync(call);
    if (FAILED(result)) {
        close(call->file);
    }
    return result;
}

/* On the worker, as the server: the file is open, and nothing here depends on the client. */
static void do_read(struct job *job)
{
    struct read_call *call = from_job(job);
    ISynchronize *sync = call->sync;

    call->result = file_read(call->file, call->offset, call->size, &call->got, &call->bytes);
    close(call->file);
    (void)move(call, BUSY, DONE);
    if (FAILED(ISynchronize_Signal(sync))) {
        abort(); /* cannot fail (L-5); if it did, a client would wait for ever */
    }
    (void)ISynchronize_Release(sync); /* and the object may be gone */
}

static HRESULT STDMETHODCALLTYPE async_Begin_Read(AsyncIFileReader *This, LPCWSTR name,
                                                  ULONGLONG offset, ULONG size)
{
    struct read_call *call = from_async(This);
    HRESULT result;

    if (move(call, IDLE, BUSY) != IDLE) {
        return RPC_S_CALLPENDING;
    }
    result = make_ready(call, name);
    if (FAILED(result)) {
        (void)move(call, BUSY, IDLE);
        return result;
    }
    call->offset = offset;
    call->size = size;
    worker_post(call->worker, &call->job); /* which is the worker's from here on */
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE async_Finish_Read(AsyncIFileReader *This, ULONG *got, BYTE **bytes)
{
    struct read_call *call = from_async(This);
    HRESULT result;
    enum state state;

    if (got == NULL || bytes == NULL) {
        return E_POINTER;
    }
    *got = 0;
    *bytes = NULL;
    state = move(call, DONE, BUSY);
    if (state != DONE) {
        return state == BUSY ? RPC_S_CALLPENDING : RPC_E_CALL_COMPLETE;
    }
    result = call->result;
    *got = call->got;
    *bytes = call->bytes;
    call->bytes = NULL;
    (void)move(call, BUSY, IDLE);
    return result;
}

static const AsyncIFileReaderVtbl async_vtbl = {
    async_QueryInterface, async_AddRef, async_Release, async_Begin_Read, async_Finish_Read,
};

/* ---- IUnknown: the object's own -------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE unknown_QueryInterface(IUnknown *This, REFIID riid, void **object)
{
    struct read_call *call = from_unknown(This);

    if (object == NULL) {
        return E_POINTER;
    }
    *object = NULL;
    if (IsEqualIID(riid, &IID_IUnknown)) {
        *object = &call->unknown;
    } else if (IsEqualIID(riid, &IID_AsyncIFileReader)) {
        *object = &call->async;
    } else if (IsEqualIID(riid, &IID_ISynchronize) && call->event != NULL) {
        return IUnknown_QueryInterface(call->event, riid, object);
    } else {
        return E_NOINTERFACE;
    }
    (void)IUnknown_AddRef((IUnknown *)*object);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE unknown_AddRef(IUnknown *This)
{
    return ++from_unknown(This)->references;
}

static void free_call(struct read_call *call)
{
    if (call->event != NULL) {
        (void)IUnknown_Release(call->event);
    }
    (void)IFileReader_Release(call->reader);
    CoTaskMemFree(call->bytes); /* of a Read that was never finished */
    free(call);
}

static ULONG STDMETHODCALLTYPE unknown_Release(IUnknown *This)
{
    struct read_call *call = from_unknown(This);
    ULONG left = --call->references;

    if (left == 0) {
        free_call(call);
    }
    return left;
}

static const IUnknownVtbl unknown_vtbl = {
    unknown_QueryInterface,
    unknown_AddRef,
    unknown_Release,
};

/* ---- making one ------------------------------------------------------------------------------ */

static HRESULT give_event(struct read_call *call)
{
    return CoCreateInstance(&CLSID_ManualResetEvent, &call->unknown, CLSCTX_INPROC_SERVER,
                            &IID_IUnknown, (void **)&call->event);
}

HRESULT ReadCall_Create(IFileReader *reader, const struct folder *folder, struct worker *worker,
                        IUnknown *outer, REFIID iid, void **out)
{
    struct read_call *call = calloc(1, sizeof *call);
    HRESULT result;

    *out = NULL;
    if (call == NULL) {
        return E_OUTOFMEMORY;
    }
    call->unknown.lpVtbl = &unknown_vtbl;
    call->async.lpVtbl = &async_vtbl;
    call->references = 1;
    call->outer = outer != NULL ? outer : &call->unknown;
    call->reader = reader;
    (void)IFileReader_AddRef(reader);
    call->folder = folder;
    call->worker = worker;
    call->job.run = do_read;
    result = outer != NULL ? S_OK : give_event(call);
    if (SUCCEEDED(result)) {
        result = IUnknown_QueryInterface(&call->unknown, iid, out);
    }
    (void)IUnknown_Release(
        &call->unknown); /* the interface that was asked for has its own reference */
    return result;
}
