/* SPDX-License-Identifier: MIT */
/* An object with an interface of its own, from a class factory. */
#include <Unknwn.h>
#include <objbase.h>

#include <new>

#include "real.h"

namespace {

class CHandle : public ISynchronizeHandle {
public:
    CHandle() : m_ref(1), m_handle(CreateEvent(NULL, TRUE, FALSE, NULL)) {}

    IFACEMETHODIMP QueryInterface(REFIID riid, void **object)
    {
        if (object == NULL)
            return E_POINTER;
        *object = NULL;
        if (riid == __uuidof(IUnknown) || riid == __uuidof(ISynchronizeHandle))
            *object = static_cast<ISynchronizeHandle *>(this);
        if (*object == NULL)
            return E_NOINTERFACE;
        AddRef();
        return S_OK;
    }
    IFACEMETHODIMP_(ULONG) AddRef()
    {
        return static_cast<ULONG>(InterlockedIncrement(&m_ref));
    }
    IFACEMETHODIMP_(ULONG) Release()
    {
        ULONG ref = static_cast<ULONG>(InterlockedDecrement(&m_ref));
        if (ref == 0)
            delete this;
        return ref;
    }
    STDMETHODIMP GetHandle(HANDLE *handle)
    {
        *handle = m_handle;
        return S_OK;
    }

private:
    virtual ~CHandle()
    {
        CloseHandle(m_handle);
    }

    LONG m_ref;
    HANDLE m_handle;
};

template <class T> class CFactory : public IClassFactory {
public:
    HRESULT __stdcall QueryInterface(REFIID riid, void **object)
    {
        if (!IsEqualIID(riid, IID_IUnknown) && !IsEqualIID(riid, IID_IClassFactory)) {
            *object = NULL;
            return E_NOINTERFACE;
        }
        *object = this;
        return S_OK;
    }
    ULONG __stdcall AddRef()
    {
        return 2;
    }
    ULONG __stdcall Release()
    {
        return 1;
    }
    HRESULT __stdcall CreateInstance(IUnknown *outer, REFIID riid, void **object)
    {
        *object = NULL;
        if (outer != NULL)
            return CLASS_E_NOAGGREGATION;
        T *made = new (std::nothrow) T;
        if (made == NULL)
            return E_OUTOFMEMORY;
        HRESULT hr = made->QueryInterface(riid, object);
        made->Release();
        return hr;
    }
    HRESULT __stdcall LockServer(BOOL)
    {
        return S_OK;
    }
};

CFactory<CHandle> g_factory;

} // namespace

HRESULT real_factory_make(REFIID riid, void **object)
{
    return g_factory.CreateInstance(NULL, riid, object);
}
