/* SPDX-License-Identifier: MIT */
#define COBJMACROS
#define CONST_VTABLE
#include "server.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <objbase.h>

#include "asclient.h"
#include "call.h"

struct file_reader {
    IFileReader reader; /* also the object's IUnknown */
    ICallFactory factory;
    _Atomic ULONG references;
    const struct folder *folder;
    struct worker *worker;
};

static struct file_reader *from_reader(IFileReader *This)
{
    return (struct file_reader *)((char *)This - offsetof(struct file_reader, reader));
}

static struct file_reader *from_factory(ICallFactory *This)
{
    return (struct file_reader *)((char *)This - offsetof(struct file_reader, factory));
}

/* ---- IFileReader ----------------------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE reader_QueryInterface(IFileReader *This, REFIID riid,
                                                       void **object)
{
    struct file_reader *self = from_reader(This);

    if (object == NULL) {
        return E_POINTER;
    }
    *object = NULL;
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IFileReader)) {
        *object = &self->reader;
    } else if (IsEqualIID(riid, &IID_ICallFactory)) {
        *object = &self->factory;
    } else {
        return E_NOINTERFACE;
    }
    (void)IFileReader_AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE reader_AddRef(IFileReader *This)
{
    return ++from_reader(This)->references;
}

static ULONG STDMETHODCALLTYPE reader_Release(IFileReader *This)
{
    struct file_reader *self = from_reader(This);
    ULONG left = --self->references;

    if (left == 0) {
        free(self);
    }
    return left;
}

/* The synchronous method: its client waits, so there is no need for the worker. */
static HRESULT STDMETHODCALLTYPE reader_Read(IFileReader *This, LPCWSTR name, ULONGLONG offset,
                                             ULONG size, ULONG *got, BYTE **bytes)
{
    int file;
    HRESULT result;

    if (got == NULL || bytes == NULL) {
        return E_POINTER;
    }
    *got = 0;
    *bytes = NULL;
    result = open_as_client(from_reader(This)->folder, name, &file);
    if (FAILED(result)) {
        return result;
    }
    result = file_read(file, offset, size, got, bytes);
    close(file);
    return result;
}

static const IFileReaderVtbl reader_vtbl = {
    reader_QueryInterface,
    reader_AddRef,
    reader_Release,
    reader_Read,
};

/* ---- ICallFactory ---------------------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE factory_QueryInterface(ICallFactory *This, REFIID riid,
                                                        void **object)
{
    return IFileReader_QueryInterface(&from_factory(This)->reader, riid, object);
}

static ULONG STDMETHODCALLTYPE factory_AddRef(ICallFactory *This)
{
    return IFileReader_AddRef(&from_factory(This)->reader);
}

static ULONG STDMETHODCALLTYPE factory_Release(ICallFactory *This)
{
    return IFileReader_Release(&from_factory(This)->reader);
}

/* The first identifier says for which interface a call is wanted, the second what of the call. */
static HRESULT STDMETHODCALLTYPE factory_CreateCall(ICallFactory *This, REFIID riid,
                                                    IUnknown *outer, REFIID riid2,
                                                    IUnknown **object)
{
    struct file_reader *self = from_factory(This);

    if (object == NULL) {
        return E_INVALIDARG;
    }
    *object = NULL;
    if (!IsEqualIID(riid, &IID_AsyncIFileReader)) {
        return E_NOINTERFACE;
    }
    if (outer != NULL && !IsEqualIID(riid2, &IID_IUnknown)) {
        return E_INVALIDARG; /* all else is asked of the outer object */
    }
    return ReadCall_Create(&self->reader, self->folder, self->worker, outer, riid2,
                           (void **)object);
}

static const ICallFactoryVtbl factory_vtbl = {
    factory_QueryInterface,
    factory_AddRef,
    factory_Release,
    factory_CreateCall,
};

HRESULT FileReader_Create(const struct folder *folder, struct worker *worker, IFileReader **out)
{
    struct file_reader *self = calloc(1, sizeof *self);

    *out = NULL;
    if (self == NULL) {
        return E_OUTOFMEMORY;
    }
    self->reader.lpVtbl = &reader_vtbl;
    self->factory.lpVtbl = &factory_vtbl;
    self->references = 1;
    self->folder = folder;
    self->worker = worker;
    *out = &self->reader;
    return S_OK;
}
