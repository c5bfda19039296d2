/* SPDX-License-Identifier: MIT */
/*
 * IFileReader and its asynchronous twin: what an interface compiler makes of filereader.idl. With
 * async_uuid each method M becomes Begin_M, which takes what goes in, and Finish_M, which gives
 * what comes out.
 */
#ifndef __filereader_h__
#define __filereader_h__

#include <rpc.h>
#include <rpcndr.h>

#ifndef COM_NO_WINDOWS_H
#include <windows.h>

#include <ole2.h>
#endif

#include <unknwn.h>

typedef interface IFileReader IFileReader;
typedef interface AsyncIFileReader AsyncIFileReader;

#ifdef __cplusplus
extern "C" {
#endif

/* ---- IFileReader ----------------------------------------------------------------------------- */

DEFINE_GUID(IID_IFileReader, 0x1f0a7d3e, 0x6c51, 0x4f0e, 0x9d, 0x5b, 0x2a, 0x8e, 0x4f, 0x6b, 0x7c,
            0x10);

#if defined(__cplusplus) && !defined(CINTERFACE)
MIDL_INTERFACE("1f0a7d3e-6c51-4f0e-9d5b-2a8e4f6b7c10")
IFileReader : public IUnknown
{
    virtual HRESULT STDMETHODCALLTYPE Read(LPCWSTR name, ULONGLONG offset, ULONG size, ULONG *got,
                                           BYTE **bytes) = 0;
};
#else
typedef struct IFileReaderVtbl {
    BEGIN_INTERFACE

    HRESULT (STDMETHODCALLTYPE *QueryInterface)(IFileReader *This, REFIID riid, void **ppvObject);
    ULONG (STDMETHODCALLTYPE *AddRef)(IFileReader *This);
    ULONG (STDMETHODCALLTYPE *Release)(IFileReader *This);
    HRESULT (STDMETHODCALLTYPE *Read)(IFileReader *This, LPCWSTR name, ULONGLONG offset, ULONG size,
                                      ULONG *got, BYTE **bytes);

    END_INTERFACE
} IFileReaderVtbl;

interface IFileReader {
    CONST_VTBL IFileReaderVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IFileReader_QueryInterface(This, riid, ppvObject)                                          \
    (This)->lpVtbl->QueryInterface(This, riid, ppvObject)
#define IFileReader_AddRef(This) (This)->lpVtbl->AddRef(This)
#define IFileReader_Release(This) (This)->lpVtbl->Release(This)
#define IFileReader_Read(This, name, offset, size, got, bytes)                                     \
    (This)->lpVtbl->Read(This, name, offset, size, got, bytes)
#endif
#endif

/* ---- AsyncIFileReader ------------------------------------------------------------------------ */

DEFINE_GUID(IID_AsyncIFileReader, 0x1f0a7d3f, 0x6c51, 0x4f0e, 0x9d, 0x5b, 0x2a, 0x8e, 0x4f, 0x6b,
            0x7c, 0x10);

#if defined(__cplusplus) && !defined(CINTERFACE)
MIDL_INTERFACE("1f0a7d3f-6c51-4f0e-9d5b-2a8e4f6b7c10")
AsyncIFileReader : public IUnknown
{
    virtual HRESULT STDMETHODCALLTYPE Begin_Read(LPCWSTR name, ULONGLONG offset, ULONG size) = 0;
    virtual HRESULT STDMETHODCALLTYPE Finish_Read(ULONG *got, BYTE **bytes) = 0;
};
#else
typedef struct AsyncIFileReaderVtbl {
    BEGIN_INTERFACE

    HRESULT (STDMETHODCALLTYPE *QueryInterface)(AsyncIFileReader *This, REFIID riid,
                                                void **ppvObject);
    ULONG (STDMETHODCALLTYPE *AddRef)(AsyncIFileReader *This);
    ULONG (STDMETHODCALLTYPE *Release)(AsyncIFileReader *This);
    HRESULT (STDMETHODCALLTYPE *Begin_Read)(AsyncIFileReader *This, LPCWSTR name, ULONGLONG offset,
                                            ULONG size);
    HRESULT (STDMETHODCALLTYPE *Finish_Read)(AsyncIFileReader *This, ULONG *got, BYTE **bytes);

    END_INTERFACE
} AsyncIFileReaderVtbl;

interface AsyncIFileReader {
    CONST_VTBL AsyncIFileReaderVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define AsyncIFileReader_QueryInterface(This, riid, ppvObject)                                     \
    (This)->lpVtbl->QueryInterface(This, riid, ppvObject)
#define AsyncIFileReader_AddRef(This) (This)->lpVtbl->AddRef(This)
#define AsyncIFileReader_Release(This) (This)->lpVtbl->Release(This)
#define AsyncIFileReader_Begin_Read(This, name, offset, size)                                      \
    (This)->lpVtbl->Begin_Read(This, name, offset, size)
#define AsyncIFileReader_Finish_Read(This, got, bytes)                                             \
    (This)->lpVtbl->Finish_Read(This, got, bytes)
#endif
#endif

#ifdef __cplusplus
}
#endif

#endif
