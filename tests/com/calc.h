/* SPDX-License-Identifier: MIT */
/*
 * A COM server in C, written as for Windows: ICalc, its asynchronous twin, and a call object that
 * is made to be part of another. What its methods do is the test's, and so are its mistakes.
 */
#ifndef GUISE_TEST_COM_CALC_H
#define GUISE_TEST_COM_CALC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "com_test.h"

#include <guisecom.h>

/* ---- the interfaces -------------------------------------------------------------------------- */

static const IID IID_ICalc = {
    0x5A1C0001, 0x7B2E, 0x4F16, {0x90, 0x11, 0x63, 0x0D, 0x5E, 0xC2, 0x8A, 0x01}};
static const IID IID_AsyncICalc = {
    0x5A1C0002, 0x7B2E, 0x4F16, {0x90, 0x11, 0x63, 0x0D, 0x5E, 0xC2, 0x8A, 0x01}};

#undef INTERFACE
#define INTERFACE ICalc
DECLARE_INTERFACE_(ICalc, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **object) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Divide)(THIS_ LONG dividend, LONG divisor, LONG * quotient) PURE;
};

#undef INTERFACE
#define INTERFACE AsyncICalc
DECLARE_INTERFACE_(AsyncICalc, IUnknown)
{
    STDMETHOD(QueryInterface)(THIS_ REFIID riid, void **object) PURE;
    STDMETHOD_(ULONG, AddRef)(THIS) PURE;
    STDMETHOD_(ULONG, Release)(THIS) PURE;
    STDMETHOD(Begin_Divide)(THIS_ LONG dividend, LONG divisor) PURE;
    STDMETHOD(Finish_Divide)(THIS_ LONG * quotient) PURE;
};

/* ---- what a stub would be -------------------------------------------------------------------- */

struct divide_args {
    LONG dividend, divisor;
    LONG quotient;
};

static inline HRESULT divide_call(IUnknown *object, void *args)
{
    ICalc *calc = (ICalc *)object;
    struct divide_args *a = args;

    return calc->lpVtbl->Divide(calc, a->dividend, a->divisor, &a->quotient);
}

static inline HRESULT divide_begin(IUnknown *object, void *args)
{
    AsyncICalc *calc = (AsyncICalc *)object;
    struct divide_args *a = args;

    return calc->lpVtbl->Begin_Divide(calc, a->dividend, a->divisor);
}

static inline HRESULT divide_finish(IUnknown *object, void *args)
{
    AsyncICalc *calc = (AsyncICalc *)object;
    struct divide_args *a = args;

    return calc->lpVtbl->Finish_Divide(calc, &a->quotient);
}

static const GUISE_METHOD divide = {&IID_ICalc, &IID_AsyncICalc, divide_call, divide_begin,
                                    divide_finish};

/* ---- the server ------------------------------------------------------------------------------ */

enum calc_mistake {
    CALC_NONE,
    CALC_NO_FACTORY,       /* no mistake: there is none */
    CALC_BROKEN_FACTORY,   /* asked for ICallFactory: E_FAIL, and a pointer all the same */
    CALC_NO_CALL_OBJECT,   /* no mistake: CreateCall says E_NOINTERFACE */
    CALC_FAILS,            /* CreateCall: E_OUTOFMEMORY, and a pointer all the same */
    CALC_MAKES_NOTHING,    /* CreateCall: success, and NULL */
    CALC_GIVES_OUTER,      /* CreateCall: the outer object itself */
    CALC_GIVES_DELEGATING, /* CreateCall: an interface that asks the outer object */
    CALC_STANDS_ALONE,     /* CreateCall: an object that is no part of anything */
    CALC_NO_ASYNC,         /* the call object has no AsyncICalc */
    CALC_NO_ASYNC_LATER,   /* it has it once only */
    CALC_EMPTY             /* asked for ICalc: success, and NULL */
};

struct calc;
struct calc_call;

struct calc {
    ICalc iface; /* first */
    ICallFactory factory;
    atomic_uint refs;
    void *context; /* the test's */
    enum calc_mistake mistake;
    /* What to do; NULL: divide, and for begin also Signal. */
    HRESULT (*divide)(struct calc *calc, LONG *quotient);
    HRESULT (*begin)(struct calc_call *call);
    HRESULT (*finish)(struct calc_call *call, LONG *quotient);
    void (*creating)(struct calc *calc, IUnknown *outer); /* in CreateCall */
    void (*dying)(struct calc_call *call);                /* in the call object's last Release */
    atomic_int divided, begun, finished;                  /* how often */
    atomic_int calls;                                     /* call objects that live */
    atomic_int asked;                                     /* for ICallFactory */
    struct calc_call *lost;                               /* CALC_GIVES_DELEGATING: the test's */
};

struct calc_call {
    IUnknown own; /* first; never the outer object's */
    AsyncICalc async;
    IUnknown *outer;
    struct calc *calc; /* counted */
    atomic_uint refs;
    atomic_int given; /* AsyncICalc, how often */
    LONG dividend, divisor;
};

static inline struct calc_call *calc_call_of(AsyncICalc *async)
{
    return (struct calc_call *)((char *)async - offsetof(struct calc_call, async));
}

/* The call's own ISynchronize, as the object finds it; counted. NULL: there is none. */
static inline ISynchronize *calc_synchronize(struct calc_call *call)
{
    void *sync = POISON;

    return IUnknown_QueryInterface(call->outer, &IID_ISynchronize, &sync) == S_OK ? sync : NULL;
}

/* Done. S_OK in every case. */
static inline HRESULT calc_signal(struct calc_call *call)
{
    ISynchronize *sync = calc_synchronize(call);
    HRESULT result = E_FAIL;

    if (sync != NULL) {
        result = ISynchronize_Signal(sync);
        (void)ISynchronize_Release(sync);
    }
    return result;
}

static inline HRESULT calc_divide(LONG dividend, LONG divisor, LONG *quotient)
{
    if (divisor == 0) {
        *quotient = 0;
        return E_INVALIDARG;
    }
    *quotient = dividend / divisor;
    return S_OK;
}

/* ---- the call object ------------------------------------------------------------------------- */

static inline HRESULT STDMETHODCALLTYPE calc_call_query(IUnknown *This, REFIID riid, void **object)
{
    struct calc_call *call = (struct calc_call *)This;

    *object = NULL;
    if (IsEqualIID(riid, &IID_IUnknown)) {
        *object = This;
        (void)atomic_fetch_add(&call->refs, 1);
        return S_OK;
    }
    if (IsEqualIID(riid, &IID_AsyncICalc)) {
        if (call->calc->mistake == CALC_NO_ASYNC ||
            (call->calc->mistake == CALC_NO_ASYNC_LATER && atomic_fetch_add(&call->given, 1) > 0)) {
            *object = POISON;
            return E_OUTOFMEMORY;
        }
        *object = &call->async;
        (void)call->async.lpVtbl->AddRef(&call->async);
        return S_OK;
    }
    return E_NOINTERFACE;
}

static inline ULONG STDMETHODCALLTYPE calc_call_addref(IUnknown *This)
{
    return atomic_fetch_add(&((struct calc_call *)This)->refs, 1) + 1;
}

static inline ULONG STDMETHODCALLTYPE calc_call_release(IUnknown *This)
{
    struct calc_call *call = (struct calc_call *)This;
    struct calc *calc = call->calc;
    unsigned left = atomic_fetch_sub(&call->refs, 1) - 1;

    if (left == 0) {
        if (calc->dying != NULL) {
            calc->dying(call);
        }
        free(call);
        (void)atomic_fetch_sub(&calc->calls, 1);
        (void)calc->iface.lpVtbl->Release(&calc->iface);
    }
    return left;
}

static inline HRESULT STDMETHODCALLTYPE calc_async_query(AsyncICalc *This, REFIID riid,
                                                         void **object)
{
    return IUnknown_QueryInterface(calc_call_of(This)->outer, riid, object);
}

static inline ULONG STDMETHODCALLTYPE calc_async_addref(AsyncICalc *This)
{
    return IUnknown_AddRef(calc_call_of(This)->outer);
}

static inline ULONG STDMETHODCALLTYPE calc_async_release(AsyncICalc *This)
{
    return IUnknown_Release(calc_call_of(This)->outer);
}

static inline HRESULT STDMETHODCALLTYPE calc_begin(AsyncICalc *This, LONG dividend, LONG divisor)
{
    struct calc_call *call = calc_call_of(This);
    struct calc *calc = call->calc;

    (void)atomic_fetch_add(&calc->begun, 1);
    call->dividend = dividend;
    call->divisor = divisor;
    return calc->begin != NULL ? calc->begin(call) : calc_signal(call);
}

static inline HRESULT STDMETHODCALLTYPE calc_finish(AsyncICalc *This, LONG *quotient)
{
    struct calc_call *call = calc_call_of(This);
    struct calc *calc = call->calc;

    (void)atomic_fetch_add(&calc->finished, 1);
    return calc->finish != NULL ? calc->finish(call, quotient)
                                : calc_divide(call->dividend, call->divisor, quotient);
}

static IUnknownVtbl calc_call_vtbl = {calc_call_query, calc_call_addref, calc_call_release};
static AsyncICalcVtbl calc_async_vtbl = {calc_async_query, calc_async_addref, calc_async_release,
                                         calc_begin, calc_finish};

/* ---- the server's own interfaces ------------------------------------------------------------- */

static inline struct calc *calc_of(ICallFactory *factory)
{
    return (struct calc *)((char *)factory - offsetof(struct calc, factory));
}

static inline HRESULT calc_query_factory(struct calc *calc, void **object)
{
    (void)atomic_fetch_add(&calc->asked, 1);
    if (calc->mistake == CALC_NO_FACTORY) {
        return E_NOINTERFACE;
    }
    if (calc->mistake == CALC_BROKEN_FACTORY) {
        *object = POISON;
        return E_FAIL;
    }
    *object = &calc->factory;
    (void)atomic_fetch_add(&calc->refs, 1);
    return S_OK;
}

static inline HRESULT STDMETHODCALLTYPE calc_query(ICalc *This, REFIID riid, void **object)
{
    struct calc *calc = (struct calc *)This;

    *object = NULL;
    if (IsEqualIID(riid, &IID_ICallFactory)) {
        return calc_query_factory(calc, object);
    }
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_ICalc)) {
        return E_NOINTERFACE;
    }
    if (calc->mistake != CALC_EMPTY) {
        *object = This;
        (void)atomic_fetch_add(&calc->refs, 1);
    }
    return S_OK;
}

static inline ULONG STDMETHODCALLTYPE calc_addref(ICalc *This)
{
    return atomic_fetch_add(&((struct calc *)This)->refs, 1) + 1;
}

static inline ULONG STDMETHODCALLTYPE calc_release(ICalc *This)
{
    return atomic_fetch_sub(&((struct calc *)This)->refs, 1) - 1;
}

static inline HRESULT STDMETHODCALLTYPE calc_method(ICalc *This, LONG dividend, LONG divisor,
                                                    LONG *quotient)
{
    struct calc *calc = (struct calc *)This;

    (void)atomic_fetch_add(&calc->divided, 1);
    return calc->divide != NULL ? calc->divide(calc, quotient)
                                : calc_divide(dividend, divisor, quotient);
}

static inline HRESULT STDMETHODCALLTYPE calc_factory_query(ICallFactory *This, REFIID riid,
                                                           void **object)
{
    ICalc *calc = &calc_of(This)->iface;

    return calc->lpVtbl->QueryInterface(calc, riid, object);
}

static inline ULONG STDMETHODCALLTYPE calc_factory_addref(ICallFactory *This)
{
    return calc_addref(&calc_of(This)->iface);
}

static inline ULONG STDMETHODCALLTYPE calc_factory_release(ICallFactory *This)
{
    return calc_release(&calc_of(This)->iface);
}

static inline struct calc_call *calc_make_call(struct calc *calc, IUnknown *outer)
{
    struct calc_call *call = calloc(1, sizeof *call);

    if (call == NULL) {
        abort();
    }
    call->own.lpVtbl = &calc_call_vtbl;
    call->async.lpVtbl = &calc_async_vtbl;
    call->outer = calc->mistake == CALC_STANDS_ALONE ? &call->own : outer;
    call->calc = calc;
    (void)atomic_fetch_add(&calc->refs, 1);
    (void)atomic_fetch_add(&calc->calls, 1);
    atomic_init(&call->refs, 1);
    return call;
}

static inline HRESULT STDMETHODCALLTYPE calc_create(ICallFactory *This, REFIID riid,
                                                    IUnknown *outer, REFIID riid2,
                                                    IUnknown **object)
{
    struct calc *calc = calc_of(This);

    *object = NULL;
    if (calc->mistake == CALC_NO_CALL_OBJECT || !IsEqualIID(riid, &IID_AsyncICalc)) {
        return E_NOINTERFACE;
    }
    if (outer == NULL || !IsEqualIID(riid2, &IID_IUnknown)) {
        return E_INVALIDARG; /* */
    }
    if (calc->creating != NULL) {
        calc->creating(calc, outer);
    }
    if (calc->mistake == CALC_FAILS) {
        *object = POISON;
        return E_OUTOFMEMORY;
    }
    if (calc->mistake == CALC_MAKES_NOTHING) {
        return S_OK;
    }
    if (calc->mistake == CALC_GIVES_OUTER) {
        (void)IUnknown_AddRef(outer);
        *object = outer;
        return S_OK;
    }
    *object = &calc_make_call(calc, outer)->own;
    if (calc->mistake == CALC_GIVES_DELEGATING) {
        struct calc_call *call = (struct calc_call *)*object;

        (void)call->async.lpVtbl->AddRef(&call->async);
        *object = (IUnknown *)&call->async;
        calc->lost = call;
    }
    return S_OK;
}

static ICalcVtbl calc_vtbl = {calc_query, calc_addref, calc_release, calc_method};
static ICallFactoryVtbl calc_factory_vtbl = {calc_factory_query, calc_factory_addref,
                                             calc_factory_release, calc_create};

/* One reference. */
static inline void calc_init(struct calc *calc, void *context)
{
    *calc = (struct calc){.context = context};
    calc->iface.lpVtbl = &calc_vtbl;
    calc->factory.lpVtbl = &calc_factory_vtbl;
    atomic_init(&calc->refs, 1);
}

#endif
