/* SPDX-License-Identifier: MIT */
/* A header with what interface compilers write for Windows: remarks, types and guards of theirs. */
#ifndef __REQUIRED_RPCNDR_H_VERSION__
#define __REQUIRED_RPCNDR_H_VERSION__ 475
#endif
#ifndef __REQUIRED_RPCSAL_H_VERSION__
#define __REQUIRED_RPCSAL_H_VERSION__ 100
#endif

#include "rpc.h"
#include "rpcndr.h"

#ifndef __RPCNDR_H_VERSION__
#error this stub requires an updated version of <rpcndr.h>
#endif
#ifndef COM_NO_WINDOWS_H
#include "ole2.h"
#include "windows.h"
#endif

#ifndef __midl_counter_h__
#define __midl_counter_h__

#ifndef __ICounter_FWD_DEFINED__
#define __ICounter_FWD_DEFINED__
typedef interface ICounter ICounter;
#endif
#ifdef __cplusplus
class DECLSPEC_UUID("6F2F5A11-0F6D-4E0B-9D3B-000000000002") Counter;
#endif

#include "oaidl.h"
#include "ocidl.h"
#include "wtypes.h"

#ifdef __cplusplus
extern "C" {
#endif

extern RPC_IF_HANDLE __MIDL_itf_counter_0000_0000_v0_0_c_ifspec;

EXTERN_C const IID IID_ICounter;

#if defined(__cplusplus) && !defined(CINTERFACE)
MIDL_INTERFACE("6F2F5A11-0F6D-4E0B-9D3B-000000000001")
ICounter : public IUnknown
{
public:
    virtual HRESULT STDMETHODCALLTYPE Count(
        /* [in] */ hyper start,
        /* [size_is][in] */ __RPC__in_ecount_full(size) const byte *bytes,
        /* [in] */ ULONG size,
        /* [out] */ __RPC__out boolean *odd) = 0;
};
#else
typedef struct ICounterVtbl {
    BEGIN_INTERFACE

    HRESULT(STDMETHODCALLTYPE *QueryInterface)
    (__RPC__in ICounter *This,
     /* [in] */ __RPC__in REFIID riid,
     /* [annotation][iid_is][out] */
     _COM_Outptr_ void **ppvObject);
    ULONG(STDMETHODCALLTYPE *AddRef)(__RPC__in ICounter *This);
    ULONG(STDMETHODCALLTYPE *Release)(__RPC__in ICounter *This);
    HRESULT(STDMETHODCALLTYPE *Count)
    (__RPC__in ICounter *This,
     /* [in] */ hyper start,
     /* [size_is][in] */ __RPC__in_ecount_full(size) const byte *bytes,
     /* [in] */ ULONG size,
     /* [out] */ __RPC__out boolean *odd);

    END_INTERFACE
} ICounterVtbl;

interface ICounter
{
    CONST_VTBL struct ICounterVtbl *lpVtbl;
};
#endif

#ifdef __cplusplus
}
#endif

#endif
