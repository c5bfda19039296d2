/* SPDX-License-Identifier: MIT */
/*
 * GetTokenInformation (W-15, W-16). The caller's buffer may be unaligned, so structures are made in
 * variables and copied.
 */
#include "com/token_handle.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/sid.h"
#include "identity/token.h"

enum { GROUP_ATTRIBUTES = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED };

/* ---- the groups: those of the system, and those that every token has ------------------------- */

enum { WELL_KNOWN_SIZE = 12 }; /* of a SID with one sub-authority */

static const SID s_well_known[] = {
    {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}},
    {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_AUTHENTICATED_USER_RID}},
};

enum { WELL_KNOWN = sizeof s_well_known / sizeof *s_well_known };

/* A client without ids is in none of these either (W-27). */
static DWORD count_well_known(const guise_token *token)
{
    return guise_token_has_ids(token) ? WELL_KNOWN : 0;
}

static DWORD count_groups(const guise_token *token)
{
    size_t count;

    (void)guise_token_groups(token, &count);
    return (DWORD)count + count_well_known(token);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Where the next entry and the next SID go. */
struct writer {
    unsigned char *entry, *sid;
};

static void put_entry(struct writer *writer, PSID sid, size_t size, DWORD attributes)
{
    SID_AND_ATTRIBUTES entry;

    GUISE__CHECK(guise__com_sid_length(sid, size) == size);
    memset(&entry, 0, sizeof entry); /* because the padding is copied too */
    entry.Sid = writer->sid;
    entry.Attributes = attributes;
    memcpy(writer->entry, &entry, sizeof entry);
    memcpy(writer->sid, sid, size);
    writer->entry += sizeof entry;
    writer->sid += size;
}

union unix_sid {
    SID sid; /* for the alignment */
    unsigned char bytes[GUISE__COM_UNIX_SID_SIZE];
};

/* ---- a size and a content for each class; size bytes are there when fill runs ---------------- */

static DWORD user_size(const guise_token *token)
{
    union unix_sid user;

    return (DWORD)(sizeof(TOKEN_USER) + guise__com_sid_of_user(token, &user));
}

static void fill_user(const struct guise__com_token_view *view, unsigned char *out)
{
    struct writer writer = {out, out + sizeof(TOKEN_USER)};
    union unix_sid user;

    put_entry(&writer, &user, guise__com_sid_of_user(view->token, &user), 0);
    GUISE__CHECK(writer.sid == out + user_size(view->token));
}

static DWORD groups_size(const guise_token *token)
{
    size_t well_known = count_well_known(token);
    size_t count;

    (void)guise_token_groups(token, &count);
    return (DWORD)(offsetof(TOKEN_GROUPS, Groups) +
                   (count + well_known) * sizeof(SID_AND_ATTRIBUTES) +
                   count * GUISE__COM_UNIX_SID_SIZE + well_known * WELL_KNOWN_SIZE);
}

static void fill_groups(const struct guise__com_token_view *view, unsigned char *out)
{
    DWORD total = count_groups(view->token);
    struct writer writer = {.entry = out + offsetof(TOKEN_GROUPS, Groups)};
    size_t count;
    const gid_t *gids = guise_token_groups(view->token, &count);
    union unix_sid group;

    memset(out, 0, offsetof(TOKEN_GROUPS, Groups));
    memcpy(out, &total, sizeof total);
    writer.sid = writer.entry + total * sizeof(SID_AND_ATTRIBUTES);
    for (size_t i = 0; i < count; i++) {
        guise__com_sid_from_gid(gids[i], &group);
        put_entry(&writer, &group, sizeof group.bytes, GROUP_ATTRIBUTES);
    }
    for (size_t i = 0; i < count_well_known(view->token); i++) {
        put_entry(&writer, (PSID)(uintptr_t)&s_well_known[i], WELL_KNOWN_SIZE, GROUP_ATTRIBUTES);
    }
    GUISE__CHECK(writer.sid == out + groups_size(view->token));
}

static DWORD privileges_size(const guise_token *token)
{
    (void)token;
    return offsetof(TOKEN_PRIVILEGES, Privileges);
}

/* A token has no privileges; the kernel alone knows those of a process. */
static void fill_privileges(const struct guise__com_token_view *view, unsigned char *out)
{
    (void)view;
    memset(out, 0, offsetof(TOKEN_PRIVILEGES, Privileges));
}

static DWORD type_size(const guise_token *token)
{
    (void)token;
    return sizeof(TOKEN_TYPE);
}

static TOKEN_TYPE type_of(const struct guise__com_token_view *view)
{
    return view->primary ? TokenPrimary : TokenImpersonation;
}

static void fill_type(const struct guise__com_token_view *view, unsigned char *out)
{
    TOKEN_TYPE type = type_of(view);

    memcpy(out, &type, sizeof type);
}

static DWORD level_size(const guise_token *token)
{
    (void)token;
    return sizeof(SECURITY_IMPERSONATION_LEVEL);
}

static void fill_level(const struct guise__com_token_view *view, unsigned char *out)
{
    SECURITY_IMPERSONATION_LEVEL level = guise__com_level_of(view->token);

    memcpy(out, &level, sizeof level);
}

static DWORD statistics_size(const guise_token *token)
{
    (void)token;
    return sizeof(TOKEN_STATISTICS);
}

/* Above the numbers that have a fixed meaning in Windows; 999 is the system's logon. */
enum { FIRST_LUID = 1000 };

static LUID luid_of(uint64_t serial)
{
    uint64_t number = FIRST_LUID + serial;
    LUID luid = {(DWORD)number, (LONG)(number >> 32)};

    return luid;
}

static void fill_statistics(const struct guise__com_token_view *view, unsigned char *out)
{
    /* A token does not change, so its copies share one ModifiedId. The same number stands for the
     * logon, because the library has no other number for that. */
    LUID origin = luid_of(guise__token_origin(view->token));
    TOKEN_STATISTICS statistics = {.TokenId = luid_of(guise__token_id(view->token)),
                                   .AuthenticationId = origin,
                                   .ExpirationTime = {.QuadPart = INT64_MAX},
                                   .TokenType = type_of(view),
                                   .GroupCount = count_groups(view->token),
                                   .ModifiedId = origin};

    if (!view->primary) {
        statistics.ImpersonationLevel = guise__com_level_of(view->token);
    }
    memcpy(out, &statistics, sizeof statistics);
}

/* ---- defaults for new objects, and the integrity level --------------------------------------- */

/* Writes a structure that is one pointer to a SID, and the SID after it. */
static void put_sid(unsigned char *out, PSID sid, size_t size)
{
    PSID place = out + sizeof place;

    GUISE__CHECK(guise__com_sid_length(sid, size) == size);
    memcpy(out, &place, sizeof place);
    memcpy(out + sizeof place, sid, size);
}

static DWORD owner_size(const guise_token *token)
{
    union unix_sid user;

    return (DWORD)(sizeof(TOKEN_OWNER) + guise__com_sid_of_user(token, &user));
}

static void fill_owner(const struct guise__com_token_view *view, unsigned char *out)
{
    union unix_sid user;

    put_sid(out, &user, guise__com_sid_of_user(view->token, &user));
}

static void fill_primary_group(const struct guise__com_token_view *view, unsigned char *out)
{
    union unix_sid group;

    put_sid(out, &group, guise__com_sid_of_group(view->token, &group));
}

static DWORD number_size(const guise_token *token)
{
    (void)token;
    return sizeof(DWORD);
}

/* 0 means not elevated, and session 0. */
static void fill_zero(const struct guise__com_token_view *view, unsigned char *out)
{
    (void)view;
    memset(out, 0, sizeof(DWORD));
}

/* Default: no token is linked to one with more or fewer rights. */
static void fill_elevation_type(const struct guise__com_token_view *view, unsigned char *out)
{
    TOKEN_ELEVATION_TYPE type = TokenElevationTypeDefault;

    (void)view;
    memcpy(out, &type, sizeof type);
}

static DWORD integrity_size(const guise_token *token)
{
    (void)token;
    return sizeof(TOKEN_MANDATORY_LABEL) + WELL_KNOWN_SIZE;
}

/* Medium, the level of a user's token by default. */
static void fill_integrity(const struct guise__com_token_view *view, unsigned char *out)
{
    struct writer writer = {out, out + sizeof(TOKEN_MANDATORY_LABEL)};
    SID medium = {SID_REVISION, 1, {{0, 0, 0, 0, 0, 16}}, {0x2000}};

    (void)view;
    put_entry(&writer, &medium, WELL_KNOWN_SIZE, SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED);
}

/* ---- the classes ----------------------------------------------------------------------------- */

enum about { ABOUT_TOKEN, ABOUT_IMPERSONATION, ABOUT_CLIENT };

struct information {
    TOKEN_INFORMATION_CLASS name;
    enum about about;
    DWORD (*size)(const guise_token *token);
    void (*fill)(const struct guise__com_token_view *view, unsigned char *out);
};

static const struct information s_classes[] = {
    {TokenUser, ABOUT_CLIENT, user_size, fill_user},
    {TokenGroups, ABOUT_CLIENT, groups_size, fill_groups},
    {TokenPrivileges, ABOUT_TOKEN, privileges_size, fill_privileges},
    {TokenType, ABOUT_TOKEN, type_size, fill_type},
    {TokenImpersonationLevel, ABOUT_IMPERSONATION, level_size, fill_level},
    {TokenStatistics, ABOUT_TOKEN, statistics_size, fill_statistics},
    {TokenOwner, ABOUT_CLIENT, owner_size, fill_owner},
    {TokenPrimaryGroup, ABOUT_CLIENT, owner_size, fill_primary_group},
    {TokenSessionId, ABOUT_TOKEN, number_size, fill_zero},
    {TokenElevation, ABOUT_TOKEN, number_size, fill_zero},
    {TokenElevationType, ABOUT_TOKEN, number_size, fill_elevation_type},
    {TokenIntegrityLevel, ABOUT_TOKEN, integrity_size, fill_integrity},
};

static const struct information *find_class(TOKEN_INFORMATION_CLASS name)
{
    for (size_t i = 0; i < sizeof s_classes / sizeof *s_classes; i++) {
        if (s_classes[i].name == name) {
            return &s_classes[i];
        }
    }
    return NULL;
}

/* A primary token has no level (W-16). An anonymous token can be queried through a handle, but not through
 * the pseudo-handle of the slot, because the token in the slot cannot be opened (W-03). */
static DWORD check_query(const struct information *information,
                         const struct guise__com_token_view *view, bool is_given)
{
    GUISE__CHECK(guise__com_token_view_is_valid(view));
    if (information->about == ABOUT_IMPERSONATION && view->primary) {
        return ERROR_INVALID_PARAMETER;
    }
    if (information->about == ABOUT_CLIENT && !is_given &&
        guise_token_level(view->token) == GUISE_LEVEL_ANONYMOUS) {
        return ERROR_BAD_IMPERSONATION_LEVEL;
    }
    return ERROR_SUCCESS;
}

/* Stores *needed, also on success, and either all of the information or nothing (W-15). */
static DWORD store_information(const struct information *information,
                               const struct guise__com_token_view *view, void *out, DWORD room,
                               DWORD *needed)
{
    DWORD size = information->size(view->token);

    GUISE__CHECK(guise__com_token_view_is_valid(view));
    if (room >= size && out == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    *needed = size;
    if (room < size) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    information->fill(view, out);
    return ERROR_SUCCESS;
}

static DWORD get_information(HANDLE token, const struct information *information, void *out,
                             DWORD room, DWORD *needed)
{
    struct guise__com_token_view view;
    DWORD error;

    if (information == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    error = guise__com_peek_token(token, TOKEN_QUERY, &view);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = check_query(information, &view, !guise__com_handle_is_pseudo(token));
    if (error == ERROR_SUCCESS) {
        error = store_information(information, &view, out, room, needed);
    }
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS name, LPVOID out, DWORD room,
                                PDWORD needed)
{
    if (needed == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *needed = 0;
    return guise__com_done(get_information(token, find_class(name), out, room, needed));
}
