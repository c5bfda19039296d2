/* SPDX-License-Identifier: MIT */
/* The definitions of the interface and class identifiers that objbase.h declares. */
#include <guise/com/objbase.h>

#define LIBRARY_GUID(name, data1) const GUID name = {data1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}

const GUID GUID_NULL = {0, 0, 0, {0, 0, 0, 0, 0, 0, 0, 0}};

LIBRARY_GUID(IID_IUnknown, 0x00000000);
LIBRARY_GUID(IID_IClassFactory, 0x00000001);
LIBRARY_GUID(IID_IMarshal, 0x00000003);
LIBRARY_GUID(IID_ISynchronizeMutex, 0x00000025);
LIBRARY_GUID(IID_ICancelMethodCalls, 0x00000029);
LIBRARY_GUID(IID_IAsyncManager, 0x0000002A);
LIBRARY_GUID(IID_IWaitMultiple, 0x0000002B);
LIBRARY_GUID(IID_ISynchronize, 0x00000030);
LIBRARY_GUID(IID_ISynchronizeHandle, 0x00000031);
LIBRARY_GUID(IID_ISynchronizeEvent, 0x00000032);
LIBRARY_GUID(IID_ISynchronizeContainer, 0x00000033);
LIBRARY_GUID(IID_IClientSecurity, 0x0000013D);
LIBRARY_GUID(IID_IServerSecurity, 0x0000013E);
const IID IID_ICallFactory = {
    0x1C733A30, 0x2A1C, 0x11CE, {0xAD, 0xE5, 0x00, 0xAA, 0x00, 0x44, 0x77, 0x3D}};

LIBRARY_GUID(CLSID_StdEvent, 0x0000032B);
LIBRARY_GUID(CLSID_ManualResetEvent, 0x0000032C);
LIBRARY_GUID(CLSID_SynchronizeContainer, 0x0000032D);
