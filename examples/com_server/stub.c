/* SPDX-License-Identifier: MIT */
#define COBJMACROS
#include "stub.h"

static HRESULT call_read(IUnknown *object, void *args)
{
    struct read_args *read = args;

    return IFileReader_Read((IFileReader *)object, read->name, read->offset, read->size, &read->got,
                            &read->bytes);
}

/* The worker may be done, and *args gone, before Begin_Read returns. */
static HRESULT begin_read(IUnknown *object, void *args)
{
    const struct read_args *read = args;

    return AsyncIFileReader_Begin_Read((AsyncIFileReader *)object, read->name, read->offset,
                                       read->size);
}

static HRESULT finish_read(IUnknown *object, void *args)
{
    struct read_args *read = args;

    return AsyncIFileReader_Finish_Read((AsyncIFileReader *)object, &read->got, &read->bytes);
}

const GUISE_METHOD read_method = {
    .iid = &IID_IFileReader,
    .async_iid = &IID_AsyncIFileReader,
    .call = call_read,
    .begin = begin_read,
    .finish = finish_read,
};
