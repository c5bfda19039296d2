/* SPDX-License-Identifier: MIT */
/*
 * Names of SIDs and SIDs of names. A lookup searches the SIDs with fixed names first, and then asks the
 * name service for the accounts of the system.
 */
#include "com/token_handle.h"

#include <string.h>

#include <guise/com/combaseapi.h>
#include <guise/com/securitybaseapi.h>
#include <guise/com/winbase.h>
#include <guise/thread.h>

#include "base/check.h"
#include "com/charset.h"
#include "com/fixedname.h"
#include "com/nameservice.h"
#include "com/sid.h"

/* A caller's buffer for a result, and its size in bytes or characters. */
struct place {
    void *buffer;
    DWORD *length;
};

/* Returns whether the buffer has this size; a NULL buffer has size 0. */
static bool has_room(const struct place *place, DWORD size)
{
    GUISE__CHECK(place->length != NULL);
    return place->buffer != NULL && *place->length >= size;
}

/* ---- LookupAccountSid ------------------------------------------------------------------------ */

struct name_places {
    struct place name, domain;
    SID_NAME_USE *use;
    bool is_wide;
};

/* Stores both texts or neither. If one buffer is too small, both lengths become what the texts need,
 * including the final 0 (W-25). */
static DWORD store_name(const char *name, const char *domain, SID_NAME_USE use,
                        const struct name_places *out)
{
    DWORD name_size = guise__com_text_size(name, out->is_wide);
    DWORD domain_size = guise__com_text_size(domain, out->is_wide);

    GUISE__CHECK(name != NULL && domain != NULL);
    if (!has_room(&out->name, name_size) || !has_room(&out->domain, domain_size)) {
        *out->name.length = name_size;
        *out->domain.length = domain_size;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    guise__com_text_store(name, out->is_wide, out->name.buffer);
    guise__com_text_store(domain, out->is_wide, out->domain.buffer);
    *out->name.length = name_size - 1;
    *out->domain.length = domain_size - 1;
    *out->use = use;
    return ERROR_SUCCESS;
}

/* Returns whether the SID is S-1-22-1-uid, or S-1-22-2-gid, as kind says. */
static bool is_unix_sid(PSID sid, enum guise__com_account_kind kind)
{
    BYTE expected[GUISE__COM_UNIX_SID_SIZE];

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    if (guise__com_sid_length(sid, GUISE__COM_UNIX_SID_SIZE) != GUISE__COM_UNIX_SID_SIZE) {
        return false;
    }
    if (kind == GUISE__COM_ACCOUNT_USER) {
        guise__com_sid_from_uid((uid_t)guise__com_sid_part(sid, 1), expected);
    } else {
        guise__com_sid_from_gid((gid_t)guise__com_sid_part(sid, 1), expected);
    }
    return guise__com_sid_equal(sid, expected);
}

static DWORD store_account(enum guise__com_account_kind kind, DWORD id,
                           const struct name_places *out)
{
    bool is_user = kind == GUISE__COM_ACCOUNT_USER;
    char *name;
    DWORD error = guise__com_account_name(kind, id, &name);

    if (error == ERROR_SUCCESS) {
        error = store_name(name, is_user ? GUISE__COM_USERS_DOMAIN : GUISE__COM_GROUPS_DOMAIN,
                           is_user ? SidTypeUser : SidTypeGroup, out);
    }
    CoTaskMemFree(name);
    return error;
}

static DWORD lookup_sid(PSID sid, const struct name_places *out)
{
    const struct guise__com_fixed_name *fixed = guise__com_fixed_name_of_sid(sid);

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    if (fixed != NULL) {
        return store_name(fixed->name, fixed->domain, fixed->use, out);
    }
    if (is_unix_sid(sid, GUISE__COM_ACCOUNT_USER)) {
        return store_account(GUISE__COM_ACCOUNT_USER, guise__com_sid_part(sid, 1), out);
    }
    if (is_unix_sid(sid, GUISE__COM_ACCOUNT_GROUP)) {
        return store_account(GUISE__COM_ACCOUNT_GROUP, guise__com_sid_part(sid, 1), out);
    }
    return ERROR_NONE_MAPPED;
}

static BOOL lookup_account_sid(const void *system, PSID sid, const struct name_places *out)
{
    if (sid == NULL || out->name.length == NULL || out->domain.length == NULL || out->use == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    if (!guise__com_text_is_empty(system, out->is_wide)) {
        return guise__com_done(RPC_S_SERVER_UNAVAILABLE);
    }
    return guise__com_done(IsValidSid(sid) ? lookup_sid(sid, out) : ERROR_INVALID_SID);
}

BOOL WINAPI LookupAccountSidA(LPCSTR system, PSID sid, LPSTR name, LPDWORD name_length,
                              LPSTR domain, LPDWORD domain_length, PSID_NAME_USE use)
{
    struct name_places out = {{name, name_length}, {domain, domain_length}, use, false};

    return lookup_account_sid(system, sid, &out);
}

BOOL WINAPI LookupAccountSidW(LPCWSTR system, PSID sid, LPWSTR name, LPDWORD name_length,
                              LPWSTR domain, LPDWORD domain_length, PSID_NAME_USE use)
{
    struct name_places out = {{name, name_length}, {domain, domain_length}, use, true};

    return lookup_account_sid(system, sid, &out);
}

/* ---- LookupAccountName ----------------------------------------------------------------------- */

struct sid_places {
    struct place sid, domain;
    SID_NAME_USE *use;
    bool is_wide;
};

static DWORD store_sid(const BYTE *sid, const char *domain, SID_NAME_USE use,
                       const struct sid_places *out)
{
    DWORD sid_size = (DWORD)guise__com_sid_length(sid, SECURITY_MAX_SID_SIZE);
    DWORD domain_size = guise__com_text_size(domain, out->is_wide);

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    GUISE__CHECK(domain != NULL);
    if (!has_room(&out->sid, sid_size) || !has_room(&out->domain, domain_size)) {
        *out->sid.length = sid_size;
        *out->domain.length = domain_size;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    memcpy(out->sid.buffer, sid, sid_size);
    guise__com_text_store(domain, out->is_wide, out->domain.buffer);
    *out->sid.length = sid_size;
    *out->domain.length = domain_size - 1;
    *out->use = use;
    return ERROR_SUCCESS;
}

static DWORD store_fixed_sid(const struct guise__com_fixed_name *fixed,
                             const struct sid_places *out)
{
    BYTE sid[GUISE__COM_FIXED_SID_SIZE];

    (void)guise__com_fixed_name_sid(fixed, sid);
    return store_sid(sid, fixed->domain, fixed->use, out);
}

static DWORD store_id_sid(enum guise__com_account_kind kind, const char *name,
                          const struct sid_places *out)
{
    BYTE sid[GUISE__COM_UNIX_SID_SIZE];
    uint32_t id;
    DWORD error = guise__com_account_id(kind, name, &id);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    if (kind == GUISE__COM_ACCOUNT_USER) {
        guise__com_sid_from_uid((uid_t)id, sid);
        return store_sid(sid, GUISE__COM_USERS_DOMAIN, SidTypeUser, out);
    }
    guise__com_sid_from_gid((gid_t)id, sid);
    return store_sid(sid, GUISE__COM_GROUPS_DOMAIN, SidTypeGroup, out);
}

/* If a user and a group have the name, the user is found. */
static DWORD store_any_id_sid(const char *name, const struct sid_places *out)
{
    DWORD error = store_id_sid(GUISE__COM_ACCOUNT_USER, name, out);

    return error == ERROR_NONE_MAPPED ? store_id_sid(GUISE__COM_ACCOUNT_GROUP, name, out) : error;
}

/* Looks up domain\name; cuts the text in two. If the domain is unknown the whole text is looked up as a
 * name, because name services that are joined to Windows domains have such names. */
static DWORD lookup_in_domain(char *text, char *separator, const struct sid_places *out)
{
    const char *name = separator + 1;
    const struct guise__com_fixed_name *fixed;

    *separator = 0;
    fixed = guise__com_fixed_name_find(text, name);
    if (fixed != NULL) {
        return store_fixed_sid(fixed, out);
    }
    if (guise__com_text_is_same(text, GUISE__COM_USERS_DOMAIN)) {
        return store_id_sid(GUISE__COM_ACCOUNT_USER, name, out);
    }
    if (guise__com_text_is_same(text, GUISE__COM_GROUPS_DOMAIN)) {
        return store_id_sid(GUISE__COM_ACCOUNT_GROUP, name, out);
    }
    *separator = '\\';
    return store_any_id_sid(text, out);
}

static DWORD lookup_text(char *text, const struct sid_places *out)
{
    char *separator = strchr(text, '\\');
    const struct guise__com_fixed_name *fixed;

    GUISE__CHECK(text != NULL);
    if (*text == 0) {
        return ERROR_NONE_MAPPED;
    }
    if (separator != NULL) {
        return lookup_in_domain(text, separator, out);
    }
    fixed = guise__com_fixed_name_find(NULL, text);
    return fixed != NULL ? store_fixed_sid(fixed, out) : store_any_id_sid(text, out);
}

static DWORD lookup_name(const void *name, const struct sid_places *out)
{
    char *text = guise__com_text_load(name, out->is_wide);
    DWORD error = text == NULL ? ERROR_NOT_ENOUGH_MEMORY : lookup_text(text, out);

    CoTaskMemFree(text);
    return error;
}

static BOOL lookup_account_name(const void *system, const void *name, const struct sid_places *out)
{
    if (name == NULL || out->sid.length == NULL || out->domain.length == NULL || out->use == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    if (!guise__com_text_is_empty(system, out->is_wide)) {
        return guise__com_done(RPC_S_SERVER_UNAVAILABLE);
    }
    return guise__com_done(lookup_name(name, out));
}

BOOL WINAPI LookupAccountNameA(LPCSTR system, LPCSTR name, PSID sid, LPDWORD sid_size, LPSTR domain,
                               LPDWORD domain_length, PSID_NAME_USE use)
{
    struct sid_places out = {{sid, sid_size}, {domain, domain_length}, use, false};

    return lookup_account_name(system, name, &out);
}

BOOL WINAPI LookupAccountNameW(LPCWSTR system, LPCWSTR name, PSID sid, LPDWORD sid_size,
                               LPWSTR domain, LPDWORD domain_length, PSID_NAME_USE use)
{
    struct sid_places out = {{sid, sid_size}, {domain, domain_length}, use, true};

    return lookup_account_name(system, name, &out);
}

/* ---- GetUserName ----------------------------------------------------------------------------- */

static DWORD store_user_name(const char *name, bool is_wide, const struct place *out)
{
    DWORD size = guise__com_text_size(name, is_wide);
    bool fits = has_room(out, size);

    *out->length = size;
    if (!fits) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    guise__com_text_store(name, is_wide, out->buffer);
    return ERROR_SUCCESS;
}

/* Stores the name in the client's token, if there is one. The name service is not asked. */
static DWORD store_client_name(const guise_token *token, bool is_wide, const struct place *out)
{
    const char *name = guise_token_name(token);

    if (guise_token_level(token) == GUISE_LEVEL_ANONYMOUS) {
        return ERROR_CANT_OPEN_ANONYMOUS;
    }
    return *name != 0 ? store_user_name(name, is_wide, out) : ERROR_BAD_IMPERSONATION_LEVEL;
}

static DWORD store_process_name(bool is_wide, const struct place *out)
{
    struct guise__com_token_view view;
    char *name = NULL;
    DWORD error = guise__com_view_process_token(&view);

    if (error == ERROR_SUCCESS) {
        error =
            guise__com_account_name(GUISE__COM_ACCOUNT_USER, guise_token_uid(view.token), &name);
    }
    if (error == ERROR_SUCCESS) {
        error = store_user_name(name, is_wide, out);
    }
    CoTaskMemFree(name);
    guise_token_unref(view.token);
    return error;
}

static BOOL get_user_name(bool is_wide, const struct place *out)
{
    const guise_token *token = guise_thread_token();

    if (out->length == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    return guise__com_done(token != NULL ? store_client_name(token, is_wide, out)
                                         : store_process_name(is_wide, out));
}

BOOL WINAPI GetUserNameA(LPSTR name, LPDWORD length)
{
    struct place out = {name, length};

    return get_user_name(false, &out);
}

BOOL WINAPI GetUserNameW(LPWSTR name, LPDWORD length)
{
    struct place out = {name, length};

    return get_user_name(true, &out);
}
