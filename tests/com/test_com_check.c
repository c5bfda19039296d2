/* SPDX-License-Identifier: MIT */
/*
 * Each predicate that guise-com checks as it runs (base/check.h) fires: a child corrupts one state,
 * calls a function that relies on it, and dies with the text of the check. The sources with such
 * states are part of this program, in place of the library's, so that the children reach them. There
 * is nothing to test where the library is built without GUISE_CHECKS.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include "com_test.h"

#include <stdbool.h>

#include "support/child.h"

#if defined(GUISE_CHECKS)

#include "com/classtable.c"
#include "com/dispatch.c"
#include "com/handle.c"
#include "com/serversecurity.c"
#include "com/threads.c"
#include "com/waits.c"
#define s_key s_apartment_key
#include "com/process.c"
#undef s_key
#define check_arguments check_access_arguments
#include "com/accesscheck.c"
#undef check_arguments
#define check_arguments check_parse_arguments
#define ACE_HEAD PARSED_ACE_HEAD
#include "com/descriptorparse.c"
#undef check_arguments
#undef ACE_HEAD
#include "com/explicitaccess.c"

#include "com/cancel.h"

#define assert_check_fires(fn, check)                                                              \
    assert_child_dies((fn), NULL, "guise: fatal: check failed: " check)

/* ---- what the children work on --------------------------------------------------------------- */

static guise_call *make_call(void)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_token *token = NULL;
    guise_context *context = NULL;
    guise_call *call = NULL;

    desc.uid = desc.gid = 50001;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    blanket.authn_level = GUISE_AUTHN_LEVEL_CALL;
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_OK);
    CHILD_CHECK_RESULT(guise_context_create(&blanket, token, &context), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_create(context, &call), GUISE_OK);
    return call;
}

static struct guise__com_event_handled *make_event(void)
{
    struct guise__com_event_handled *event;
    guise_signal *signal = NULL;

    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_OK);
    event = guise__com_event_handled_create(signal);
    CHILD_CHECK(event != NULL && guise__com_event_handled_is_valid(event));
    return event;
}

/* ---- locks ----------------------------------------------------------------------------------- */

static void unlock_free_lock(void *arg)
{
    (void)arg;
    guise__com_lock(GUISE__COM_CLASSES);
    CHILD_CHECK(guise__com_lock_is_held(GUISE__COM_CLASSES));
    CHILD_CHECK(!guise__com_lock_is_held(GUISE__COM_HANDLES));
    guise__com_unlock(GUISE__COM_CLASSES);
    guise__com_unlock(GUISE__COM_CLASSES);
}

static void find_handle_without_lock(void *arg)
{
    (void)arg;
    (void)place_find_locked(NULL);
}

static void find_registration_without_lock(void *arg)
{
    (void)arg;
    (void)registration_find_locked(1);
}

static void find_thread_without_lock(void *arg)
{
    (void)arg;
    (void)thread_find_locked(1);
}

static void test_locks(void **state)
{
    (void)state;
    assert_check_fires(unlock_free_lock, "guise__com_lock_is_held(which)");
    assert_check_fires(find_handle_without_lock, "guise__com_lock_is_held(GUISE__COM_HANDLES)");
    assert_check_fires(find_registration_without_lock,
                       "guise__com_lock_is_held(GUISE__COM_CLASSES)");
    assert_check_fires(find_thread_without_lock, "guise__com_lock_is_held(GUISE__COM_THREADS)");
}

/* ---- handles and events ---------------------------------------------------------------------- */

static void ref_freed_object(void *arg)
{
    struct guise__com_event_handled *event = make_event();

    (void)arg;
    atomic_store(&event->handled.refs, 0);
    guise__com_handled_ref(&event->handled);
}

static void find_place_of_no_generation(void *arg)
{
    HANDLE handle = guise__com_event_handle_open(make_event());

    (void)arg;
    lock_handles();
    CHILD_CHECK(place_is_valid(place_find_locked(handle)));
    place_find_locked(handle)->generation = GENERATION_MAX + 1;
    (void)place_find_locked(handle);
}

static void open_event_without_signal(void *arg)
{
    struct guise__com_event_handled *event = make_event();

    (void)arg;
    event->signal = NULL;
    (void)guise__com_event_handle_open(event);
}

static void release_other_signal(void *arg)
{
    struct taken taken = {.events = {make_event()}, .count = 1};

    (void)arg;
    taken.signals[0] = taken.events[0]->signal;
    CHILD_CHECK(taken_is_valid(&taken));
    taken.signals[0] = NULL;
    release_taken(&taken);
}

static void test_handles(void **state)
{
    (void)state;
    assert_check_fires(ref_freed_object, "guise__com_handled_is_valid(object)");
    assert_check_fires(find_place_of_no_generation, "place_is_valid(place)");
    assert_check_fires(open_event_without_signal, "guise__com_event_handled_is_valid(event)");
    assert_check_fires(release_other_signal, "taken_is_valid(taken)");
}

/* ---- the lists of the process ---------------------------------------------------------------- */

static void find_class_without_reference(void *arg)
{
    IUnknown *object = NULL;
    DWORD cookie = 0;

    (void)arg;
    CHILD_CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    CHILD_CHECK(CoCreateFreeThreadedMarshaler(NULL, &object) == S_OK);
    CHILD_CHECK(CoRegisterClassObject(&CLSID_StdEvent, object, CLSCTX_INPROC_SERVER,
                                      REGCLS_MULTIPLEUSE, &cookie) == S_OK);
    CHILD_CHECK(registration_is_valid(s_registrations));
    s_registrations->refs = 0;
    (void)CoRevokeClassObject(cookie);
}

static void push_entry_without_object(void *arg)
{
    struct entry entry = {.refs = 1};

    (void)arg;
    CHILD_CHECK(guise__com_locks_prepare());
    (void)push_entry(&entry);
}

static void ask_stack_of_deliveries(void *arg)
{
    ICancelMethodCalls cancel = {NULL};
    struct entry entry = {.cancel = &cancel, .refs = 1, .deliveries = 1};

    (void)arg;
    CHILD_CHECK(guise__com_thread_id() != 0);
    lock_threads();
    CHILD_CHECK(stack_is_valid_locked(&tl_thread));
    tl_thread.top = &entry;
    (void)is_blocked_locked();
}

static void list_thread_without_id(void *arg)
{
    (void)arg;
    CHILD_CHECK(guise__com_thread_id() != 0 && thread_is_valid(&tl_thread));
    tl_thread.id = 0;
    (void)guise__com_thread_id();
}

static void leave_uncounted_apartment(void *arg)
{
    (void)arg;
    CHILD_CHECK(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    CHILD_CHECK(apartment_is_valid(&tl_apartment));
    atomic_store(&s_multithreaded, 0);
    CoUninitialize();
}

static void test_lists(void **state)
{
    (void)state;
    assert_check_fires(find_class_without_reference, "registration_is_valid(registration)");
    assert_check_fires(push_entry_without_object, "entry_is_valid(entry)");
    assert_check_fires(ask_stack_of_deliveries, "stack_is_valid_locked(&tl_thread)");
    assert_check_fires(list_thread_without_id, "thread_is_valid(&tl_thread)");
    assert_check_fires(leave_uncounted_apartment, "apartment_is_valid(apartment)");
}

/* ---- objects --------------------------------------------------------------------------------- */

static void query_object_without_kind(void *arg)
{
    IUnknown *object = NULL;
    void *found;

    (void)arg;
    CHILD_CHECK(CoCreateFreeThreadedMarshaler(NULL, &object) == S_OK);
    ((struct guise__com_object *)object)->kind = NULL;
    (void)IUnknown_QueryInterface(object, &IID_ISynchronize, &found);
}

static void wait_for_event_without_outer(void *arg)
{
    IUnknown *own = NULL;
    void *sync = NULL;

    (void)arg;
    CHILD_CHECK(guise__com_std_event_create(NULL, &own) == S_OK);
    CHILD_CHECK(IUnknown_QueryInterface(own, &IID_ISynchronize, &sync) == S_OK);
    ((struct guise__com_object *)own)->outer = NULL;
    (void)ISynchronize_Wait((ISynchronize *)sync, 0, 0);
}

static void test_cancel_without_call(void *arg)
{
    struct guise__com_cancel cancel;
    IUnknown identity = {NULL};

    (void)arg;
    guise__com_cancel_init(&cancel, &identity, make_call());
    CHILD_CHECK(ICancelMethodCalls_TestCancel(&cancel.iface) == RPC_S_CALLPENDING);
    cancel.call = NULL;
    (void)ICancelMethodCalls_TestCancel(&cancel.iface);
}

static void begin_call_object_without_outer(void *arg)
{
    static const GUISE_METHOD method = {.iid = &IID_IUnknown};
    struct guise__com_call_object *object = NULL;

    (void)arg;
    CHILD_CHECK(guise__com_call_object_create(make_call(), &method, NULL, &object) == S_OK);
    CHILD_CHECK(guise__com_call_object_is_valid(object));
    ((struct guise__com_object *)object)->outer = NULL;
    guise__com_call_object_begins(object);
}

static void use_security_without_call(void *arg)
{
    IServerSecurity *security = NULL;

    (void)arg;
    CHILD_CHECK(GuiseGetServerSecurity(make_call(), &security) == S_OK);
    CHILD_CHECK(!IServerSecurity_IsImpersonating(security));
    security_of(security)->call = NULL;
    (void)IServerSecurity_ImpersonateClient(security);
}

static void dispatch_without_server(void *arg)
{
    struct dispatch dispatch = {.call = make_call()};

    (void)arg;
    (void)make_call_object(&dispatch);
}

static void duplicate_no_token(void *arg)
{
    struct guise__com_token_view view = {NULL, false, 0};

    (void)arg;
    (void)guise__com_duplicate_token(&view, SecurityIdentification, TokenImpersonation);
}

static void test_objects(void **state)
{
    (void)state;
    assert_check_fires(query_object_without_kind, "guise__com_object_is_valid(object)");
    assert_check_fires(wait_for_event_without_outer, "event_is_valid(event)");
    assert_check_fires(test_cancel_without_call, "guise__com_cancel_is_valid(cancel)");
    assert_check_fires(begin_call_object_without_outer, "guise__com_call_object_is_valid(object)");
    assert_check_fires(use_security_without_call, "security_is_valid(security)");
    assert_check_fires(dispatch_without_server, "dispatch_is_valid(d)");
    assert_check_fires(duplicate_no_token, "guise__com_token_view_is_valid(view)");
}

/* ---- SIDs, lists and descriptors ------------------------------------------------------------- */

static const BYTE s_malformed_sid[16] = {SID_REVISION + 1, 1};
static const BYTE s_everyone_sid[12] = {SID_REVISION, 1, 0, 0, 0, 0, 0, 1};

static void read_part_of_malformed_sid(void *arg)
{
    (void)arg;
    CHILD_CHECK(guise__com_sid_part(s_everyone_sid, 0) == 0);
    (void)guise__com_sid_part(s_malformed_sid, 0);
}

static void read_part_behind_the_last(void *arg)
{
    (void)arg;
    (void)guise__com_sid_part(s_everyone_sid, 1);
}

static void walk_behind_the_end(void *arg)
{
    struct guise__com_acl_walk walk = {s_everyone_sid + 1, s_everyone_sid, 1};
    struct guise__com_ace ace;

    (void)arg;
    (void)guise__com_acl_next(&walk, &ace);
}

static void apply_entry_without_size(void *arg)
{
    const struct guise__com_ace ace = {.mask = 1};
    const struct check check = {NULL, NULL, NULL, false};
    struct decision decision = {0, 0};

    (void)arg;
    apply_entry(&check, &ace, &decision);
}

static void check_without_token(void *arg)
{
    const struct check check = {NULL, NULL, NULL, false};
    DWORD granted;

    (void)arg;
    (void)is_allowed(&check, GENERIC_READ, &granted);
}

static void put_behind_the_draft(void *arg)
{
    BYTE bytes[64];
    struct draft draft = {.bytes = bytes, .used = 64, .room = 64};

    (void)arg;
    CHILD_CHECK(draft_is_valid(&draft) && !put_bytes(&draft, "1234", 4));
    draft.used = 68;
    (void)put_bytes(&draft, "1234", 4);
}

static void add_step_to_full_plan(void *arg)
{
    struct step step = {NULL, {{0, 0, 0}, 0, NULL}, false};
    struct plan plan = {&step, 2, 1, 0};
    struct wish wish = {.mode = GRANT_ACCESS};

    (void)arg;
    memcpy(wish.sid, s_everyone_sid, sizeof s_everyone_sid);
    CHILD_CHECK(plan_is_valid(&plan));
    plan.room = 1;
    add_step(&plan, &wish, ACCESS_ALLOWED_ACE_TYPE, 0);
}

static void test_lists_of_access(void **state)
{
    (void)state;
    assert_check_fires(read_part_of_malformed_sid, "guise__com_sid_is_valid(sid)");
    assert_check_fires(read_part_behind_the_last, "index < ((const BYTE *)sid)[1]");
    assert_check_fires(walk_behind_the_end, "guise__com_acl_walk_is_valid(walk)");
    assert_check_fires(apply_entry_without_size, "guise__com_ace_is_valid(ace)");
    assert_check_fires(check_without_token, "check_is_valid(check)");
    assert_check_fires(put_behind_the_draft, "draft_is_valid(draft)");
    assert_check_fires(add_step_to_full_plan, "plan_is_valid(plan)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks),           cmocka_unit_test(test_handles),
        cmocka_unit_test(test_lists),           cmocka_unit_test(test_objects),
        cmocka_unit_test(test_lists_of_access),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    test_skip_program("built without GUISE_CHECKS");
}

#endif
