/* SPDX-License-Identifier: MIT */
/*
 * CoInitialize and the like. There is one apartment, the process. Each thread counts its own
 * initializations. The process counts the threads in the multithreaded apartment, because every thread is
 * initialized while there is one.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/process.h"

#include <stdatomic.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "com/classtable.h"
#include "com/predicate.h"

#define COINIT_KNOWN                                                                               \
    ((DWORD)(COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY))

struct apartment {
    unsigned count; /* initializations not undone yet; 0: the others have no meaning */
    bool single;
};

static _Thread_local struct apartment tl_apartment;

static atomic_uint s_multithreaded; /* threads in the multithreaded apartment */
/* The lowest level at which incoming calls must be authenticated; set once; DEFAULT: not decided. */
static _Atomic DWORD s_authn_level = RPC_C_AUTHN_LEVEL_DEFAULT;

/* ---- threads --------------------------------------------------------------------------------- */

/* A thread that is in the multithreaded apartment is counted in s_multithreaded. */
GUISE__COM_PREDICATE apartment_is_valid(const struct apartment *apartment)
{
    return apartment->count == 0 || apartment->single ||
           atomic_load_explicit(&s_multithreaded, memory_order_relaxed) != 0;
}

/* Returns true if no thread is in the apartment any more. Relaxed, as all orders here, because the number
 * is all that a thread reads. */
static bool leave_apartment(struct apartment *apartment)
{
    GUISE__CHECK(apartment->count != 0);
    GUISE__CHECK(apartment_is_valid(apartment));
    apartment->count = 0;
    return apartment->single ||
           atomic_fetch_sub_explicit(&s_multithreaded, 1, memory_order_relaxed) == 1;
}

/* Leaves the apartment for a thread that ends without CoUninitialize. Empties the slot first, which may
 * have a token outside all frames, so that class objects are released as self. */
static void leave_at_thread_end(void *arg)
{
    struct apartment *apartment = arg;
    const void *left = apartment->single ? apartment : NULL;

    GUISE__CHECK(apartment == &tl_apartment);
    if (leave_apartment(apartment)) {
        (void)RevertToSelf();
        guise__com_revoke_all(left);
    }
}

static bool enter_apartment(bool single)
{
    GUISE__CHECK(tl_apartment.count == 0);
    if (!guise__thread_at_end(GUISE__END_APARTMENT, leave_at_thread_end, &tl_apartment)) {
        return false;
    }
    tl_apartment.count = 1;
    tl_apartment.single = single;
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
    GUISE__CHECK(apartment_is_valid(&tl_apartment));
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
        const void *apartment = guise__com_apartment();

        if (leave_apartment(&tl_apartment)) {
            guise__com_revoke_all(apartment);
        }
        (void)guise__thread_at_end(GUISE__END_APARTMENT, NULL, NULL);
    }
}

const void *guise__com_apartment(void)
{
    return tl_apartment.count != 0 && tl_apartment.single ? &tl_apartment : NULL;
}

bool guise__com_is_initialized(void)
{
    return tl_apartment.count != 0 ||
           atomic_load_explicit(&s_multithreaded, memory_order_relaxed) != 0;
}

/* ---- security -------------------------------------------------------------------------------- */

#define EOAC_CLOAKING ((DWORD)(EOAC_STATIC_CLOAKING | EOAC_DYNAMIC_CLOAKING))
/* Flags that forbid what never happens here: activation as the activator, custom marshaling. */
#define EOAC_HARMLESS ((DWORD)(EOAC_DISABLE_AAA | EOAC_NO_CUSTOM_MARSHAL))
#define EOAC_KNOWN ((DWORD)0x7FFF)
#define DEFAULT_LEVEL ((DWORD)RPC_C_AUTHN_LEVEL_CONNECT)

static HRESULT check_services(LONG count, const SOLE_AUTHENTICATION_SERVICE *services)
{
    if (count < -1 || (count > 0) != (services != NULL)) {
        return E_INVALIDARG;
    }
    if (count > 0) {
        /* Clients come with the calls, so no authentication service is used (C-02). */
        return RPC_E_NO_GOOD_SECURITY_PACKAGES;
    }
    return count == 0 ? E_NOTIMPL : S_OK; /* a count of 0 would refuse all authenticated calls */
}

static HRESULT check_levels(DWORD authn_level, DWORD imp_level)
{
    if (authn_level > RPC_C_AUTHN_LEVEL_PKT_PRIVACY || imp_level == RPC_C_IMP_LEVEL_DEFAULT ||
        imp_level > RPC_C_IMP_LEVEL_DELEGATE) {
        return E_INVALIDARG; /* the client's impersonation level must be a real one (C-04) */
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

/* The first caller decides the level for the process (C-01). Returns the level decided before, or DEFAULT.
 * Relaxed, because no other data goes with the number. */
static DWORD decide_level(DWORD level)
{
    DWORD before = RPC_C_AUTHN_LEVEL_DEFAULT;

    GUISE__CHECK(level != RPC_C_AUTHN_LEVEL_DEFAULT);
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
