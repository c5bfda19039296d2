/* SPDX-License-Identifier: MIT */
/*
 * CoInitialize and its kin. There is one apartment, the process; what is counted here is who
 * may say so. A thread's own count is its own; the process keeps the number of threads that are in
 * the multithreaded apartment, because their being there lets all the others in.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/process.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "com/threads.h"

#define COINIT_KNOWN                                                                               \
    ((DWORD)(COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY))

struct apartment {
    unsigned count; /* successes not undone yet; 0: the rest says nothing */
    bool single;
};

static _Thread_local struct apartment tl_apartment;

static atomic_uint s_multithreaded; /* threads in the multithreaded apartment */
/* The least that incoming calls must be authenticated with; set once; DEFAULT: not decided yet. */
static _Atomic DWORD s_authn_level = RPC_C_AUTHN_LEVEL_DEFAULT;

static pthread_once_t s_once = PTHREAD_ONCE_INIT;
static pthread_key_t s_key; /* not NULL in a thread that is initialized */
static bool s_has_key;      /* (once) */

/* ---- threads --------------------------------------------------------------------------------- */

/* Relaxed, throughout: a thread that learns of the apartment has not been told anything else. */
static void leave_apartment(struct apartment *apartment)
{
    if (!apartment->single) {
        (void)atomic_fetch_sub_explicit(&s_multithreaded, 1, memory_order_relaxed);
    }
    apartment->count = 0;
}

/* The thread ends without CoUninitialize. */
static void thread_ends(void *apartment)
{
    leave_apartment(apartment);
}

static void make_key(void)
{
    s_has_key = pthread_key_create(&s_key, thread_ends) == 0;
}

/* Arranges for the thread's end to be told. */
static bool watch_thread(void)
{
    int kept = errno; /* libc's, when it has no memory for the key */
    bool is_watched = pthread_once(&s_once, make_key) == 0 && s_has_key &&
                      pthread_setspecific(s_key, &tl_apartment) == 0;

    errno = kept;
    return is_watched;
}

static bool enter_apartment(bool single)
{
    if (!watch_thread()) {
        return false;
    }
    tl_apartment.count = 1;
    tl_apartment.single = single;
    guise__com_disable_cancellation();
    if (!single) {
        (void)atomic_fetch_add_explicit(&s_multithreaded, 1, memory_order_relaxed);
    }
    return true;
}

HRESULT STDAPICALLTYPE CoInitializeEx(LPVOID reserved, DWORD mode)
{
    bool single = (mode & COINIT_APARTMENTTHREADED) != 0;

    if (reserved != NULL || (mode & ~COINIT_KNOWN) != 0) {
        return E_INVALIDARG;
    }
    if (tl_apartment.count == 0) {
        return enter_apartment(single) ? S_OK : E_OUTOFMEMORY;
    }
    if (tl_apartment.single != single) {
        return RPC_E_CHANGED_MODE;
    }
    if (tl_apartment.count == UINT32_MAX) {
        return E_OUTOFMEMORY;
    }
    tl_apartment.count++;
    return S_FALSE;
}

HRESULT STDAPICALLTYPE CoInitialize(LPVOID reserved)
{
    return CoInitializeEx(reserved, COINIT_APARTMENTTHREADED);
}

void STDAPICALLTYPE CoUninitialize(void)
{
    if (tl_apartment.count > 1) {
        tl_apartment.count--;
    } else if (tl_apartment.count == 1) {
        leave_apartment(&tl_apartment);
        (void)pthread_setspecific(s_key, NULL); /* giving back needs no memory */
    }
}

bool guise__com_is_initialized(void)
{
    return tl_apartment.count != 0 ||
           atomic_load_explicit(&s_multithreaded, memory_order_relaxed) != 0;
}

/* ---- security -------------------------------------------------------------------------------- */

#define EOAC_CLOAKING ((DWORD)(EOAC_STATIC_CLOAKING | EOAC_DYNAMIC_CLOAKING))
/* They forbid what does not happen here: activation as the activator, custom marshaling. */
#define EOAC_HARMLESS ((DWORD)(EOAC_DISABLE_AAA | EOAC_NO_CUSTOM_MARSHAL))
#define EOAC_KNOWN ((DWORD)0x7FFF)
#define DEFAULT_LEVEL ((DWORD)RPC_C_AUTHN_LEVEL_CONNECT)

static HRESULT check_services(LONG count, const SOLE_AUTHENTICATION_SERVICE *services)
{
    if (count < -1 || (count > 0) != (services != NULL)) {
        return E_INVALIDARG;
    }
    if (count > 0) {
        return RPC_E_NO_GOOD_SECURITY_PACKAGES; /* C-02: contexts come with the calls */
    }
    return count == 0 ? E_NOTIMPL : S_OK; /* 0 would be: no authenticated calls at all */
}

static HRESULT check_levels(DWORD authn_level, DWORD imp_level)
{
    if (authn_level > RPC_C_AUTHN_LEVEL_PKT_PRIVACY || imp_level == RPC_C_IMP_LEVEL_DEFAULT ||
        imp_level > RPC_C_IMP_LEVEL_DELEGATE) {
        return E_INVALIDARG; /* C-04 */
    }
    return S_OK;
}

static HRESULT check_capabilities(DWORD capabilities)
{
    if ((capabilities & ~EOAC_KNOWN) != 0 || (capabilities & EOAC_CLOAKING) == EOAC_CLOAKING) {
        return E_INVALIDARG;
    }
    return (capabilities & ~EOAC_HARMLESS) != 0 ? E_NOTIMPL : S_OK;
}

/* C-01: whoever comes first decides, for good. Returns what was decided before, if anything was.
 * Relaxed: the number is all there is to know. */
static DWORD decide_level(DWORD level)
{
    DWORD before = RPC_C_AUTHN_LEVEL_DEFAULT;

    (void)atomic_compare_exchange_strong_explicit(&s_authn_level, &before, level,
                                                  memory_order_relaxed, memory_order_relaxed);
    return before;
}

DWORD guise__com_authn_level(void)
{
    DWORD level = atomic_load_explicit(&s_authn_level, memory_order_relaxed);

    if (level == RPC_C_AUTHN_LEVEL_DEFAULT) {
        level = decide_level(DEFAULT_LEVEL);
    }
    return level == RPC_C_AUTHN_LEVEL_DEFAULT ? DEFAULT_LEVEL : level;
}

HRESULT STDAPICALLTYPE CoInitializeSecurity(PSECURITY_DESCRIPTOR descriptor, LONG service_count,
                                            SOLE_AUTHENTICATION_SERVICE *services, void *reserved1,
                                            DWORD authn_level, DWORD imp_level, void *auth_list,
                                            DWORD capabilities, void *reserved3)
{
    HRESULT result;

    if (!guise__com_is_initialized()) {
        return CO_E_NOTINITIALIZED;
    }
    if (reserved1 != NULL || reserved3 != NULL) {
        return E_INVALIDARG;
    }
    result = check_levels(authn_level, imp_level);
    if (SUCCEEDED(result)) {
        result = check_capabilities(capabilities);
    }
    if (SUCCEEDED(result)) {
        result = check_services(service_count, services);
    }
    if (FAILED(result)) {
        return result;
    }
    if (descriptor != NULL || auth_list != NULL) {
        return E_NOTIMPL;
    }
    if (authn_level == RPC_C_AUTHN_LEVEL_DEFAULT) {
        authn_level = DEFAULT_LEVEL;
    }
    return decide_level(authn_level) == RPC_C_AUTHN_LEVEL_DEFAULT ? S_OK : RPC_E_TOO_LATE;
}
