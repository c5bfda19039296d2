/* SPDX-License-Identifier: MIT */
/*
 * GetTokenInformation (W-15, W-16). A buffer may begin anywhere: what has an alignment is made
 * elsewhere and copied.
 */
#include "com/token_handle.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "com/sid.h"

enum { GROUP_ATTRIBUTES = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED };

/* ---- the groups: those of the system, and what a token is in without being put there --------- */

enum { WELL_KNOWN_SIZE = 12 }; /* of a SID with one sub-authority */

static const SID s_well_known[] = {
    {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {SECURITY_WORLD_RID}},
    {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_AUTHENTICATED_USER_RID}},
};

enum { WELL_KNOWN = sizeof s_well_known / sizeof *s_well_known };

/* The list and a check of membership never disagree. */
static PSID well_known(const guise_token *token, size_t which)
{
    SID sid = s_well_known[which];

    return guise__token_has_sid(token, &sid) ? (PSID)(uintptr_t)&s_well_known[which] : NULL;
}

static DWORD count_well_known(const guise_token *token)
{
    DWORD count = 0;

    for (size_t i = 0; i < WELL_KNOWN; i++) {
        count += well_known(token, i) != NULL;
    }
    return count;
}

/* An anonymous token is in none. */
static DWORD count_groups(const guise_token *token)
{
    size_t count;

    if (guise_token_level(token) == GUISE_LEVEL_ANONYMOUS) {
        return 0;
    }
    (void)guise_token_groups(token, &count);
    return (DWORD)count + count_well_known(token);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Where the next entry and the next SID go. */
struct writer {
    unsigned char *entry, *sid;
};

static void put(struct writer *writer, PSID sid, size_t size, DWORD attributes)
{
    SID_AND_ATTRIBUTES entry;

    memset(&entry, 0, sizeof entry); /* the padding goes out too */
    entry.Sid = writer->sid;
    entry.Attributes = attributes;
    memcpy(writer->entry, &entry, sizeof entry);
    memcpy(writer->sid, sid, size);
    writer->entry += sizeof entry;
    writer->sid += size;
}

union unix_sid {
    SID sid; /* for the alignment */
    unsigned char bytes[GUISE__UNIX_SID_SIZE];
};

/* ---- a size and a content for each class; size bytes are there when fill runs ---------------- */

static DWORD user_size(const guise_token *token)
{
    (void)token;
    return sizeof(TOKEN_USER) + GUISE__UNIX_SID_SIZE;
}

static void fill_user(const struct guise__token_view *view, unsigned char *out)
{
    struct writer writer = {out, out + sizeof(TOKEN_USER)};
    union unix_sid user;

    guise__sid_from_uid(guise_token_uid(view->token), &user);
    put(&writer, &user, sizeof user.bytes, 0);
}

static DWORD groups_size(const guise_token *token)
{
    size_t count, implied = count_well_known(token);

    (void)guise_token_groups(token, &count);
    return (DWORD)(offsetof(TOKEN_GROUPS, Groups) + (count + implied) * sizeof(SID_AND_ATTRIBUTES) +
                   count * GUISE__UNIX_SID_SIZE + implied * WELL_KNOWN_SIZE);
}

static void fill_groups(const struct guise__token_view *view, unsigned char *out)
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
        guise__sid_from_gid(gids[i], &group);
        put(&writer, &group, sizeof group.bytes, GROUP_ATTRIBUTES);
    }
    for (size_t i = 0; i < WELL_KNOWN; i++) {
        if (well_known(view->token, i) != NULL) {
            put(&writer, well_known(view->token, i), WELL_KNOWN_SIZE, GROUP_ATTRIBUTES);
        }
    }
}

static DWORD privileges_size(const guise_token *token)
{
    (void)token;
    return offsetof(TOKEN_PRIVILEGES, Privileges);
}

/* There are none in a token; what a server may do beyond others is between it and the kernel. */
static void fill_privileges(const struct guise__token_view *view, unsigned char *out)
{
    (void)view;
    memset(out, 0, offsetof(TOKEN_PRIVILEGES, Privileges));
}

static DWORD type_size(const guise_token *token)
{
    (void)token;
    return sizeof(TOKEN_TYPE);
}

static TOKEN_TYPE type_of(const struct guise__token_view *view)
{
    return view->primary ? TokenPrimary : TokenImpersonation;
}

static void fill_type(const struct guise__token_view *view, unsigned char *out)
{
    TOKEN_TYPE type = type_of(view);

    memcpy(out, &type, sizeof type);
}

static DWORD level_size(const guise_token *token)
{
    (void)token;
    return sizeof(SECURITY_IMPERSONATION_LEVEL);
}

static void fill_level(const struct guise__token_view *view, unsigned char *out)
{
    SECURITY_IMPERSONATION_LEVEL level = guise__level_of(view->token);

    memcpy(out, &level, sizeof level);
}

static DWORD statistics_size(const guise_token *token)
{
    (void)token;
    return sizeof(TOKEN_STATISTICS);
}

/* Above all that have a meaning by themselves, as Windows' own begin: 999 is the system's. */
enum { FIRST_LUID = 1000 };

static LUID luid_of(const guise_token *token)
{
    uint64_t number = FIRST_LUID + guise_token_serial(token);
    LUID luid = {(DWORD)number, (LONG)(number >> 32)};

    return luid;
}

static void fill_statistics(const struct guise__token_view *view, unsigned char *out)
{
    LUID id = luid_of(view->token);
    TOKEN_STATISTICS statistics = {.TokenId = id,
                                   .AuthenticationId = id,
                                   .ExpirationTime = {.QuadPart = INT64_MAX},
                                   .TokenType = type_of(view),
                                   .GroupCount = count_groups(view->token),
                                   .ModifiedId = id};

    if (!view->primary) {
        statistics.ImpersonationLevel = guise__level_of(view->token);
    }
    memcpy(out, &statistics, sizeof statistics);
}

/* ---- which ----------------------------------------------------------------------------------- */

enum about { ABOUT_TOKEN, ABOUT_IMPERSONATION, ABOUT_CLIENT };

struct information {
    TOKEN_INFORMATION_CLASS name;
    enum about about;
    DWORD (*size)(const guise_token *token);
    void (*fill)(const struct guise__token_view *view, unsigned char *out);
};

static const struct information s_classes[] = {
    {TokenUser, ABOUT_CLIENT, user_size, fill_user},
    {TokenGroups, ABOUT_CLIENT, groups_size, fill_groups},
    {TokenPrivileges, ABOUT_TOKEN, privileges_size, fill_privileges},
    {TokenType, ABOUT_TOKEN, type_size, fill_type},
    {TokenImpersonationLevel, ABOUT_IMPERSONATION, level_size, fill_level},
    {TokenStatistics, ABOUT_TOKEN, statistics_size, fill_statistics},
};

static const struct information *find(TOKEN_INFORMATION_CLASS name)
{
    for (size_t i = 0; i < sizeof s_classes / sizeof *s_classes; i++) {
        if (s_classes[i].name == name) {
            return &s_classes[i];
        }
    }
    return NULL;
}

/* W-16: a primary token has no level; an anonymous one says of nobody who it is. */
static DWORD may_ask(const struct information *information, const struct guise__token_view *view)
{
    if (information->about == ABOUT_IMPERSONATION && view->primary) {
        return ERROR_INVALID_PARAMETER;
    }
    if (information->about == ABOUT_CLIENT &&
        guise_token_level(view->token) == GUISE_LEVEL_ANONYMOUS) {
        return ERROR_BAD_IMPERSONATION_LEVEL;
    }
    return ERROR_SUCCESS;
}

/* W-15: *needed is told with success too; nothing is stored unless all of it is. */
static DWORD tell(const struct information *information, const struct guise__token_view *view,
                  void *out, DWORD room, DWORD *needed)
{
    DWORD error = may_ask(information, view);
    DWORD size;

    if (error != ERROR_SUCCESS) {
        return error;
    }
    size = information->size(view->token);
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

static DWORD get(HANDLE token, const struct information *information, void *out, DWORD room,
                 DWORD *needed)
{
    struct guise__token_view view;
    DWORD error;

    if (information == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    error = guise__peek_token(token, TOKEN_QUERY, &view);
    if (error != ERROR_SUCCESS) {
        return error;
    }
    error = tell(information, &view, out, room, needed);
    guise_token_unref(view.token);
    return error;
}

BOOL WINAPI GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS name, LPVOID out, DWORD room,
                                PDWORD needed)
{
    if (needed == NULL) {
        return guise__done(ERROR_INVALID_PARAMETER);
    }
    *needed = 0;
    return guise__done(get(token, find(name), out, room, needed));
}
