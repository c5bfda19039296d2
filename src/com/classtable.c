/* SPDX-License-Identifier: MIT */
/*
 * The class table. CoRegisterClassObject adds a registration; CoRevokeClassObject removes it, and so does
 * the end of the apartment that it belongs to. The table is in the order of registration.
 *
 * A registration has one reference to its class object, and a count of its own: one for the table and one
 * for each CoGetClassObject that is querying the object. The thread that drops the last one releases the
 * object.
 *
 * Locking discipline: GUISE__COM_CLASSES guards the list, and what is marked (lock). No method of a
 * class object runs with it held.
 */
#include "com/classtable.h"

#include <stdbool.h>

#include "base/check.h"
#include "com/locks.h"
#include "com/predicate.h"
#include "com/process.h"
#include "com/unknown.h"

#define REGCLS_KNOWN                                                                               \
    ((DWORD)(REGCLS_MULTIPLEUSE | REGCLS_MULTI_SEPARATE | REGCLS_SUSPENDED | REGCLS_SURROGATE |    \
             REGCLS_AGILE))
#define REGCLS_SEVERAL ((DWORD)(REGCLS_MULTIPLEUSE | REGCLS_MULTI_SEPARATE))

struct registration {
    struct registration *next; /* (lock) */
    unsigned refs;             /* (lock) the table's and those of threads that use the object */
    bool is_suspended;         /* (lock) */
    bool is_taken;             /* (lock) a single use, and it has been used */
    bool is_single;            /* set once, as all below */
    DWORD cookie;
    DWORD context;
    CLSID clsid;
    IUnknown *object;      /* (counted) */
    const void *apartment; /* the apartment in which it was registered: guise__com_apartment */
};

static struct registration *s_registrations; /* (lock) oldest first */
static DWORD s_last_cookie;                  /* (lock) */
static LONG s_server_references;             /* (lock) the count of CoAddRefServerProcess */
static atomic_bool s_in_use;                 /* this process has registered a class */

/* ---- the list -------------------------------------------------------------------------------- */

GUISE__COM_PREDICATE registration_is_valid(const struct registration *registration)
{
    return registration->refs != 0 && registration->cookie != 0 && registration->object != NULL;
}

static void lock_classes(void)
{
    guise__com_lock(GUISE__COM_CLASSES);
}

static void unlock_classes(void)
{
    guise__com_unlock(GUISE__COM_CLASSES);
}

/* Returns the link that points to the registration with this cookie, or the last link, which is NULL. */
static struct registration **registration_find_locked(DWORD cookie)
{
    struct registration **place = &s_registrations;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    while (*place != NULL && (*place)->cookie != cookie) {
        place = &(*place)->next;
    }
    return place;
}

static DWORD cookie_new_locked(void)
{
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    do {
        s_last_cookie++;
    } while (s_last_cookie == 0 || *registration_find_locked(s_last_cookie) != NULL);
    return s_last_cookie;
}

static void registration_append_locked(struct registration *registration)
{
    struct registration **end = &s_registrations;

    GUISE__CHECK(registration_is_valid(registration));
    GUISE__CHECK(registration->next == NULL);
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = registration;
}

static void free_registration(struct registration *registration)
{
    GUISE__CHECK(registration->refs == 0);
    (void)registration->object->lpVtbl->Release(registration->object);
    CoTaskMemFree(registration);
}

/* Gives back one reference to a registration. */
static void release_registration(struct registration *registration)
{
    bool is_last;

    lock_classes();
    GUISE__CHECK(registration_is_valid(registration));
    is_last = --registration->refs == 0;
    unlock_classes();
    if (is_last) {
        free_registration(registration);
    }
}

/* ---- registering and revoking ---------------------------------------------------------------- */

/* Adds this process to the contexts of a class that is registered with MULTIPLEUSE. */
static DWORD context_of(DWORD context, DWORD flags)
{
    return (flags & REGCLS_MULTIPLEUSE) != 0 ? context | CLSCTX_INPROC_SERVER : context;
}

HRESULT STDAPICALLTYPE CoRegisterClassObject(REFCLSID clsid, LPUNKNOWN object, DWORD context,
                                             DWORD flags, LPDWORD cookie)
{
    struct registration *made;

    if (cookie == NULL) {
        return E_INVALIDARG;
    }
    *cookie = 0;
    if (clsid == NULL || object == NULL || (flags & ~REGCLS_KNOWN) != 0) {
        return E_INVALIDARG;
    }
    if (!guise__com_is_initialized()) {
        return CO_E_NOTINITIALIZED;
    }
    made = guise__com_locks_prepare() ? CoTaskMemAlloc(sizeof *made) : NULL;
    if (made == NULL) {
        return E_OUTOFMEMORY;
    }
    *made = (struct registration){.refs = 1,
                                  .is_suspended = (flags & REGCLS_SUSPENDED) != 0,
                                  .is_single = (flags & REGCLS_SEVERAL) == 0,
                                  .context = context_of(context, flags),
                                  .clsid = *clsid,
                                  .object = object,
                                  .apartment = guise__com_apartment()};
    (void)object->lpVtbl->AddRef(object);
    lock_classes();
    made->cookie = *cookie = cookie_new_locked();
    registration_append_locked(made);
    unlock_classes();
    /* Relaxed, because a thread that has to find the class learns of the registration in another way. */
    atomic_store_explicit(&s_in_use, true, memory_order_relaxed);
    return S_OK;
}

static bool is_in_use(void)
{
    return atomic_load_explicit(&s_in_use, memory_order_relaxed);
}

static struct registration *registration_unlink_locked(struct registration **place)
{
    struct registration *registration = *place;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    if (registration != NULL) {
        *place = registration->next;
    }
    return registration;
}

HRESULT STDAPICALLTYPE CoRevokeClassObject(DWORD cookie)
{
    struct registration *revoked;

    if (!guise__com_is_initialized()) {
        return CO_E_NOTINITIALIZED;
    }
    if (!is_in_use()) {
        return E_INVALIDARG;
    }
    lock_classes();
    revoked = registration_unlink_locked(registration_find_locked(cookie));
    unlock_classes();
    if (revoked == NULL) {
        return E_INVALIDARG;
    }
    release_registration(revoked);
    return S_OK;
}

/* Unlinks the registrations of an apartment, and returns them as a list. Returns none if a thread has
 * entered the multithreaded apartment again; that thread's registrations come after it entered, because
 * of this lock. */
static struct registration *unlink_all_locked(const void *apartment)
{
    struct registration *revoked = NULL, **place = &s_registrations;

    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    if (apartment == NULL && guise__com_is_initialized()) {
        return NULL;
    }
    while (*place != NULL) {
        struct registration *each = *place;

        if (each->apartment == apartment) {
            *place = each->next;
            each->next = revoked;
            revoked = each;
        } else {
            place = &each->next;
        }
    }
    return revoked;
}

void guise__com_revoke_all(const void *apartment)
{
    struct registration *revoked;

    if (!is_in_use()) {
        return;
    }
    lock_classes();
    revoked = unlink_all_locked(apartment);
    unlock_classes();
    while (revoked != NULL) {
        struct registration *each = revoked;

        revoked = each->next;
        release_registration(each);
    }
}

/* ---- finding --------------------------------------------------------------------------------- */

static bool registration_fits_locked(const struct registration *registration, const CLSID *clsid,
                                     DWORD context)
{
    GUISE__CHECK(registration_is_valid(registration));
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    return (registration->context & context) != 0 && !registration->is_suspended &&
           !registration->is_taken && IsEqualCLSID(&registration->clsid, clsid);
}

/* Finds a registration, and takes a reference to it. Returns NULL if there is none. */
static struct registration *take_registration(const CLSID *clsid, DWORD context)
{
    struct registration *found;

    lock_classes();
    found = s_registrations;
    while (found != NULL && !registration_fits_locked(found, clsid, context)) {
        found = found->next;
    }
    if (found != NULL) {
        found->refs++;
        found->is_taken = found->is_single;
    }
    unlock_classes();
    return found;
}

/* Makes a registration for a single use available again, because that use failed. */
static void restore_single_use(struct registration *registration)
{
    lock_classes();
    GUISE__CHECK(registration_is_valid(registration));
    GUISE__CHECK(registration->is_single && registration->is_taken);
    registration->is_taken = false;
    unlock_classes();
}

HRESULT guise__com_registered(const CLSID *clsid, DWORD context, const IID *riid, void **out)
{
    struct registration *found = is_in_use() ? take_registration(clsid, context) : NULL;
    HRESULT result;

    *out = NULL;
    if (found == NULL) {
        return REGDB_E_CLASSNOTREG;
    }
    result = guise__com_query(found->object, riid, out);
    if (FAILED(result) && found->is_single) {
        restore_single_use(found);
    }
    release_registration(found);
    return result;
}

/* ---- all registrations ----------------------------------------------------------------------- */

static void suspend_all_locked(bool suspend)
{
    GUISE__CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    for (struct registration *each = s_registrations; each != NULL; each = each->next) {
        each->is_suspended = suspend;
    }
}

static HRESULT suspend_all(bool suspend)
{
    if (is_in_use()) {
        lock_classes();
        suspend_all_locked(suspend);
        unlock_classes();
    }
    return S_OK;
}

HRESULT STDAPICALLTYPE CoSuspendClassObjects(void)
{
    return suspend_all(true);
}

HRESULT STDAPICALLTYPE CoResumeClassObjects(void)
{
    return suspend_all(false);
}

/* Goes on if there is no memory for the fork handlers. A child that is forked meanwhile may then find
 * the lock held for ever. */
ULONG STDAPICALLTYPE CoAddRefServerProcess(void)
{
    ULONG count;

    (void)guise__com_locks_prepare();
    lock_classes();
    count = (ULONG)++s_server_references;
    unlock_classes();
    return count;
}

ULONG STDAPICALLTYPE CoReleaseServerProcess(void)
{
    ULONG count = 0;

    (void)guise__com_locks_prepare();
    lock_classes();
    if (s_server_references > 0 && (count = (ULONG)--s_server_references) == 0) {
        suspend_all_locked(true);
    }
    unlock_classes();
    return count;
}
