/* SPDX-License-Identifier: MIT */
/*
 * Makes a list from an old one and from the rights that some trustees are to have. A plan has the old
 * entries, except those that are replaced, and the new ones. Old entries keep their order, sorted or not.
 * New denials come first. Other new entries come after the last old one that is not inherited, so that
 * they allow nothing that such an entry denies.
 */
#include <stdbool.h>
#include <string.h>

#include <guise/com/aclapi.h>
#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/acl.h"
#include "com/ascii.h"
#include "com/letters.h"
#include "com/local.h"
#include "com/predicate.h"
#include "com/sid.h"
#include "com/token_handle.h"

enum { ACE_HEAD = 8 };
#define INHERITANCE (SUB_CONTAINERS_AND_OBJECTS_INHERIT | INHERIT_NO_PROPAGATE | INHERIT_ONLY)

/* A requested entry, with its trustee's SID. */
struct wish {
    ACCESS_MODE mode;
    ACCESS_MASK mask;
    BYTE flags;
    BYTE sid[SECURITY_MAX_SID_SIZE];
};

struct step {
    const BYTE *old; /* the entry in the old list; NULL: a new entry, described by the next members */
    struct guise__com_ace ace;
    bool gone;
};

struct plan {
    struct step *steps;
    size_t room;
    unsigned count;
    unsigned inherited; /* from this index on all old entries are inherited */
};

GUISE__COM_PREDICATE plan_is_valid(const struct plan *plan)
{
    return plan->steps != NULL && plan->count < plan->room && plan->inherited <= plan->count;
}

/* ---- trustees -------------------------------------------------------------------------------- */

static DWORD find_current_user(BYTE sid[SECURITY_MAX_SID_SIZE])
{
    struct guise__com_token_view view;
    DWORD error = guise__com_view_thread_token(&view);

    if (error != ERROR_SUCCESS) {
        error = guise__com_view_process_token(&view);
    }
    if (error != ERROR_SUCCESS) {
        return error;
    }
    if (guise_token_level(view.token) == GUISE_LEVEL_ANONYMOUS ||
        !guise_token_has_ids(view.token)) {
        error = ERROR_NONE_MAPPED; /* S-1-5-7 would name others too (W-27) */
    } else {
        (void)guise__com_sid_of_user(view.token, sid);
    }
    guise_token_unref(view.token);
    return error;
}

static bool is_name(const char *text, const char *name)
{
    return guise__com_letters_begin(text, name) && text[strlen(name)] == '\0';
}

static DWORD find_name(const char *name, BYTE sid[SECURITY_MAX_SID_SIZE])
{
    static const SID everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};

    if (is_name(name, "CURRENT_USER")) {
        return find_current_user(sid);
    }
    if (!is_name(name, "EVERYONE")) {
        return ERROR_NONE_MAPPED;
    }
    memcpy(sid, &everyone, sizeof everyone);
    return ERROR_SUCCESS;
}

/* Finds the SID of a name, and frees the name. */
static DWORD find_copied_name(LPSTR name, BYTE sid[SECURITY_MAX_SID_SIZE])
{
    DWORD error = name != NULL ? find_name(name, sid) : ERROR_NOT_ENOUGH_MEMORY;

    (void)LocalFree(name);
    return error;
}

static DWORD copy_sid(PSID from, BYTE sid[SECURITY_MAX_SID_SIZE])
{
    size_t length = guise__com_sid_length(from, SECURITY_MAX_SID_SIZE);

    if (length == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(sid, from, length);
    return ERROR_SUCCESS;
}

/* An entry of either width; name is the address of a SID, or a text of that width. */
struct request {
    DWORD mask;
    ACCESS_MODE mode;
    DWORD inheritance;
    const void *several;
    TRUSTEE_FORM form;
    void *name;
    bool is_wide;
};

#define REQUEST_OF(entry, wide)                                                                    \
    (struct request)                                                                               \
    {                                                                                              \
        (entry).grfAccessPermissions, (entry).grfAccessMode, (entry).grfInheritance,               \
            (entry).Trustee.pMultipleTrustee, (entry).Trustee.TrusteeForm,                         \
            (entry).Trustee.ptstrName, (wide)                                                      \
    }

static DWORD read_trustee(const struct request *from, BYTE sid[SECURITY_MAX_SID_SIZE])
{
    if (from->form == TRUSTEE_IS_SID) {
        return copy_sid(from->name, sid);
    }
    if (from->form != TRUSTEE_IS_NAME || from->name == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    return find_copied_name(from->is_wide ? guise__com_ascii_from_wide(from->name)
                                          : guise__com_ascii_copy(from->name),
                            sid);
}

static DWORD read_wish(struct request from, struct wish *out)
{
    if ((int)from.mode <= NOT_USED_ACCESS || from.mode > SET_AUDIT_FAILURE ||
        from.several != NULL || (from.inheritance & ~(DWORD)INHERITANCE) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    out->mode = from.mode;
    out->mask = from.mask;
    out->flags = (BYTE)from.inheritance;
    return read_trustee(&from, out->sid);
}

/* ---- the plan -------------------------------------------------------------------------------- */

static bool is_inherited(const struct step *step)
{
    return (step->ace.header.AceFlags & INHERITED_ACE) != 0;
}

/* Returns whether an entry of this type allows or audits. */
static bool type_gives(BYTE type)
{
    switch (type) {
    case ACCESS_ALLOWED_ACE_TYPE:
    case SYSTEM_AUDIT_ACE_TYPE:
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case SYSTEM_AUDIT_OBJECT_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE:
        return true;
    default:
        return false;
    }
}

/* Returns whether an entry of this type allows or denies. */
static bool type_decides(BYTE type)
{
    return type != SYSTEM_AUDIT_OBJECT_ACE_TYPE && type != SYSTEM_AUDIT_ACE_TYPE &&
           (type_gives(type) || type == ACCESS_DENIED_ACE_TYPE ||
            type == ACCESS_DENIED_OBJECT_ACE_TYPE || type == ACCESS_DENIED_CALLBACK_ACE_TYPE ||
            type == ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE);
}

static void remove_if(struct plan *plan, const BYTE *sid, bool (*is_meant)(BYTE type))
{
    GUISE__CHECK(plan_is_valid(plan));
    for (unsigned i = 0; i < plan->count; i++) {
        struct step *step = &plan->steps[i];

        if (is_meant(step->ace.header.AceType) && guise__com_sid_equal(step->ace.sid, sid)) {
            step->gone = true;
        }
    }
}

/* Removes the old entries of the same kind for the same SID, and returns their rights, which the new entry
 * gets too. */
static ACCESS_MASK take_over(struct plan *plan, const struct guise__com_ace *ace)
{
    GUISE__CHECK(guise__com_ace_is_valid(ace));
    ACCESS_MASK mask = 0;

    for (unsigned i = 0; i < plan->count; i++) {
        struct step *step = &plan->steps[i];

        if (!step->gone && step->ace.header.AceType == ace->header.AceType &&
            step->ace.header.AceFlags == ace->header.AceFlags &&
            guise__com_sid_equal(step->ace.sid, ace->sid)) {
            mask |= step->ace.mask;
            step->gone = true;
        }
    }
    return mask;
}

static void add_step(struct plan *plan, const struct wish *wish, BYTE type, BYTE flags)
{
    struct step step = {NULL, {{type, (BYTE)(wish->flags | flags), 0}, wish->mask, NULL}, false};

    GUISE__CHECK(plan_is_valid(plan));
    GUISE__CHECK(guise__com_sid_is_valid(wish->sid));
    step.ace.sid = (PSID)(uintptr_t)wish->sid; /* a PSID is not const; nothing writes to it */
    step.ace.header.AceSize = (WORD)(ACE_HEAD + guise__com_sid_length(wish->sid, SIZE_MAX));
    step.ace.mask |= take_over(plan, &step.ace);
    plan->steps[plan->count++] = step;
}

static void carry_out(struct plan *plan, const struct wish *wish)
{
    switch (wish->mode) {
    case SET_ACCESS:
        remove_if(plan, wish->sid, type_decides);
        add_step(plan, wish, ACCESS_ALLOWED_ACE_TYPE, 0);
        break;
    case GRANT_ACCESS:
        add_step(plan, wish, ACCESS_ALLOWED_ACE_TYPE, 0);
        break;
    case DENY_ACCESS:
        add_step(plan, wish, ACCESS_DENIED_ACE_TYPE, 0);
        break;
    case SET_AUDIT_SUCCESS:
        add_step(plan, wish, SYSTEM_AUDIT_ACE_TYPE, SUCCESSFUL_ACCESS_ACE_FLAG);
        break;
    case SET_AUDIT_FAILURE:
        add_step(plan, wish, SYSTEM_AUDIT_ACE_TYPE, FAILED_ACCESS_ACE_FLAG);
        break;
    case REVOKE_ACCESS:
    case NOT_USED_ACCESS:
    default:
        remove_if(plan, wish->sid, type_gives);
    }
}

static void plan_old(struct plan *plan, PACL old)
{
    struct guise__com_acl_walk walk;

    if (old == NULL || !guise__com_acl_begin(&walk, old)) {
        return;
    }
    while (walk.left != 0) {
        struct step *step = &plan->steps[plan->count++];

        *step = (struct step){.old = walk.next};
        (void)guise__com_acl_next(&walk, &step->ace);
        GUISE__CHECK(guise__com_ace_is_valid(&step->ace));
        plan->inherited = is_inherited(step) ? plan->inherited : plan->count;
    }
}

/* ---- the new list ---------------------------------------------------------------------------- */

/* The four groups of the new list, in their order. */
enum { PLACE_DENIALS, PLACE_OLD, PLACE_NEW, PLACE_INHERITED, PLACE_COUNT };

static unsigned step_place(const struct plan *plan, unsigned index)
{
    const struct step *step = &plan->steps[index];

    GUISE__CHECK(index < plan->count);
    if (step->old != NULL) {
        return index < plan->inherited ? PLACE_OLD : PLACE_INHERITED;
    }
    return step->ace.header.AceType == ACCESS_DENIED_ACE_TYPE ? PLACE_DENIALS : PLACE_NEW;
}

static BYTE *put_step(BYTE *to, const struct step *step)
{
    const size_t size = step->ace.header.AceSize;

    GUISE__CHECK(guise__com_ace_is_valid(&step->ace));
    if (step->old != NULL) {
        memcpy(to, step->old, size);
        return to + size;
    }
    memcpy(to, &step->ace.header, sizeof step->ace.header);
    memcpy(to + sizeof step->ace.header, &step->ace.mask, sizeof step->ace.mask);
    memcpy(to + ACE_HEAD, step->ace.sid, size - ACE_HEAD);
    return to + size;
}

static void write_list(const struct plan *plan, BYTE *to, const ACL *header)
{
    memcpy(to, header, sizeof *header);
    to += sizeof *header;
    for (unsigned place = 0; place < PLACE_COUNT; place++) {
        for (unsigned i = 0; i < plan->count; i++) {
            if (!plan->steps[i].gone && step_place(plan, i) == place) {
                to = put_step(to, &plan->steps[i]);
            }
        }
    }
}

static DWORD make_list(const struct plan *plan, PACL old, PACL *made)
{
    ACL header = {.AclRevision = ACL_REVISION};
    size_t size = sizeof header;

    GUISE__CHECK(plan_is_valid(plan));
    for (unsigned i = 0; i < plan->count; i++) {
        if (!plan->steps[i].gone) {
            size += plan->steps[i].ace.header.AceSize;
            header.AceCount++;
        }
    }
    if (size > UINT16_MAX) {
        return ERROR_ALLOTTED_SPACE_EXCEEDED;
    }
    if (old != NULL) {
        memcpy(&header.AclRevision, old, sizeof header.AclRevision);
    }
    header.AclSize = (WORD)size;
    *made = guise__com_local_alloc(size);
    if (*made == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    write_list(plan, (BYTE *)*made, &header);
    GUISE__CHECK(guise__com_acl_is_valid(*made));
    return ERROR_SUCCESS;
}

static DWORD make_from_wishes(ULONG count, const struct wish *wishes, PACL old, PACL *made)
{
    struct plan plan = {NULL, 0, 0, 0};
    WORD entries = 0;
    DWORD error;

    if (old != NULL) {
        memcpy(&entries, (const BYTE *)old + offsetof(ACL, AceCount), sizeof entries);
    }
    plan.room = count + (size_t)entries + 1;
    plan.steps = guise__com_local_alloc(plan.room * sizeof *plan.steps);
    if (plan.steps == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    plan_old(&plan, old);
    for (ULONG i = 0; i < count; i++) {
        carry_out(&plan, &wishes[i]);
    }
    error = make_list(&plan, old, made);
    (void)LocalFree(plan.steps);
    return error;
}

/* ---- the SDK's functions --------------------------------------------------------------------- */

/* Checks the arguments, and clears the result. */
static DWORD check_arguments(ULONG count, const void *list, PACL old, PACL *made)
{
    if (made == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    *made = NULL;
    if (count > UINT16_MAX || (count != 0 && list == NULL)) {
        return ERROR_INVALID_PARAMETER;
    }
    return old == NULL || guise__com_acl_is_valid(old) ? ERROR_SUCCESS : ERROR_INVALID_ACL;
}

static DWORD set_entries(ULONG count, PEXPLICIT_ACCESS_A narrow, PEXPLICIT_ACCESS_W wide, PACL old,
                         PACL *made)
{
    DWORD error = check_arguments(count, narrow != NULL ? (void *)narrow : wide, old, made);
    struct wish *wishes;

    if (error != ERROR_SUCCESS || (count == 0 && old == NULL)) {
        return error;
    }
    wishes = guise__com_local_alloc((count + (size_t)1) * sizeof *wishes);
    if (wishes == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    for (ULONG i = 0; i < count && error == ERROR_SUCCESS; i++) {
        error = read_wish(narrow != NULL ? REQUEST_OF(narrow[i], false) : REQUEST_OF(wide[i], true),
                          &wishes[i]);
    }
    if (error == ERROR_SUCCESS) {
        error = make_from_wishes(count, wishes, old, made);
    }
    (void)LocalFree(wishes);
    return error;
}

DWORD WINAPI SetEntriesInAclA(ULONG count, PEXPLICIT_ACCESS_A list, PACL old, PACL *made)
{
    DWORD saved_error = GetLastError();
    DWORD error = set_entries(count, list, NULL, old, made);

    SetLastError(saved_error);
    return error;
}

DWORD WINAPI SetEntriesInAclW(ULONG count, PEXPLICIT_ACCESS_W list, PACL old, PACL *made)
{
    DWORD saved_error = GetLastError();
    DWORD error = set_entries(count, NULL, list, old, made);

    SetLastError(saved_error);
    return error;
}

static void build_narrow(PTRUSTEE_A trustee, TRUSTEE_FORM form, LPSTR name)
{
    if (trustee != NULL) {
        *trustee = (TRUSTEE_A){NULL, NO_MULTIPLE_TRUSTEE, form, TRUSTEE_IS_UNKNOWN, name};
    }
}

static void build_wide(PTRUSTEE_W trustee, TRUSTEE_FORM form, LPWSTR name)
{
    if (trustee != NULL) {
        *trustee = (TRUSTEE_W){NULL, NO_MULTIPLE_TRUSTEE, form, TRUSTEE_IS_UNKNOWN, name};
    }
}

VOID WINAPI BuildTrusteeWithSidA(PTRUSTEE_A trustee, PSID sid)
{
    build_narrow(trustee, TRUSTEE_IS_SID, (LPSTR)sid);
}

VOID WINAPI BuildTrusteeWithSidW(PTRUSTEE_W trustee, PSID sid)
{
    build_wide(trustee, TRUSTEE_IS_SID, (LPWSTR)sid);
}

VOID WINAPI BuildTrusteeWithNameA(PTRUSTEE_A trustee, LPSTR name)
{
    build_narrow(trustee, TRUSTEE_IS_NAME, name);
}

VOID WINAPI BuildTrusteeWithNameW(PTRUSTEE_W trustee, LPWSTR name)
{
    build_wide(trustee, TRUSTEE_IS_NAME, name);
}

/* Borrows the trustee's name, which is the caller's text. */
#define ACCESS_OF_NAME(access_type, rights, mode, inheritance, name)                               \
    (access_type)                                                                                  \
    {                                                                                              \
        (rights), (mode), (inheritance),                                                           \
        {                                                                                          \
            NULL, NO_MULTIPLE_TRUSTEE, TRUSTEE_IS_NAME, TRUSTEE_IS_UNKNOWN, (name)                 \
        }                                                                                          \
    }

VOID WINAPI BuildExplicitAccessWithNameA(PEXPLICIT_ACCESS_A access, LPSTR name, DWORD rights,
                                         ACCESS_MODE mode, DWORD inheritance)
{
    if (access != NULL) {
        *access = ACCESS_OF_NAME(EXPLICIT_ACCESS_A, rights, mode, inheritance, name);
    }
}

VOID WINAPI BuildExplicitAccessWithNameW(PEXPLICIT_ACCESS_W access, LPWSTR name, DWORD rights,
                                         ACCESS_MODE mode, DWORD inheritance)
{
    if (access != NULL) {
        *access = ACCESS_OF_NAME(EXPLICIT_ACCESS_W, rights, mode, inheritance, name);
    }
}
