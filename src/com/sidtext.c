/* SPDX-License-Identifier: MIT */
/* SIDs as text. No locale has a say in it. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <guise/com/sddl.h>
#include <guise/com/securitybaseapi.h>

#include "com/local.h"
#include "com/sid.h"

enum { HEADER = 8, PART = 4, AUTHORITY = 2, AUTHORITY_SIZE = 6 };
/* "S-1-0x", twelve digits, fifteen times "-4294967295", and the end. */
enum { TEXT_MAX = 6 + 12 + SID_MAX_SUB_AUTHORITIES * 11 + 1 };

/* ---- to text --------------------------------------------------------------------------------- */

static uint64_t authority_of(const BYTE *bytes)
{
    uint64_t authority = 0;

    for (unsigned i = 0; i < AUTHORITY_SIZE; i++) {
        authority = authority << 8 | bytes[AUTHORITY + i];
    }
    return authority;
}

/* Of a valid SID; returns the length. */
static size_t print(PSID sid, char text[TEXT_MAX])
{
    const BYTE *bytes = sid;
    uint64_t authority = authority_of(bytes);
    const int revision = SID_REVISION;
    int length = authority > UINT32_MAX
                     ? snprintf(text, TEXT_MAX, "S-%d-0x%012" PRIx64, revision, authority)
                     : snprintf(text, TEXT_MAX, "S-%d-%" PRIu64, revision, authority);

    for (unsigned i = 0; i < bytes[1]; i++) {
        length += snprintf(text + length, TEXT_MAX - (size_t)length, "-%" PRIu32,
                           guise__sid_part(sid, i));
    }
    return (size_t)length;
}

BOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *text)
{
    char printed[TEXT_MAX];
    size_t length;

    if (text != NULL) {
        *text = NULL;
    }
    if (sid == NULL || text == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!IsValidSid(sid)) {
        SetLastError(ERROR_INVALID_SID);
        return FALSE;
    }
    length = print(sid, printed);
    *text = guise__local_alloc(length + 1);
    if (*text == NULL) {
        return FALSE;
    }
    memcpy(*text, printed, length + 1);
    return TRUE;
}

/* ---- from text ------------------------------------------------------------------------------- */

struct name {
    char letters[3];
    BYTE authority;
    DWORD parts[2];
    BYTE count;
};

static const struct name s_names[] = {
    {"AN", 5, {SECURITY_ANONYMOUS_LOGON_RID}, 1},
    {"AU", 5, {SECURITY_AUTHENTICATED_USER_RID}, 1},
    {"BA", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}, 2},
    {"BG", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_GUESTS}, 2},
    {"BU", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}, 2},
    {"CG", 3, {SECURITY_CREATOR_GROUP_RID}, 1},
    {"CO", 3, {SECURITY_CREATOR_OWNER_RID}, 1},
    {"IU", 5, {SECURITY_INTERACTIVE_RID}, 1},
    {"LS", 5, {SECURITY_LOCAL_SERVICE_RID}, 1},
    {"NS", 5, {SECURITY_NETWORK_SERVICE_RID}, 1},
    {"NU", 5, {SECURITY_NETWORK_RID}, 1},
    {"OW", 3, {SECURITY_CREATOR_OWNER_RIGHTS_RID}, 1},
    {"PS", 5, {SECURITY_PRINCIPAL_SELF_RID}, 1},
    {"PU", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_POWER_USERS}, 2},
    {"RC", 5, {SECURITY_RESTRICTED_CODE_RID}, 1},
    {"SU", 5, {SECURITY_SERVICE_RID}, 1},
    {"SY", 5, {SECURITY_LOCAL_SYSTEM_RID}, 1},
    {"WD", 1, {SECURITY_WORLD_RID}, 1},
};

/* A SID in the making. */
struct draft {
    BYTE bytes[SECURITY_MAX_SID_SIZE];
};

static void start(struct draft *draft, uint64_t authority)
{
    memset(draft, 0, sizeof *draft);
    draft->bytes[0] = SID_REVISION;
    for (unsigned i = 0; i < AUTHORITY_SIZE; i++) {
        draft->bytes[AUTHORITY + i] = (BYTE)(authority >> (8 * (AUTHORITY_SIZE - 1 - i)));
    }
}

static bool add(struct draft *draft, DWORD part)
{
    unsigned count = draft->bytes[1];

    if (count == SID_MAX_SUB_AUTHORITIES) {
        return false;
    }
    memcpy(draft->bytes + HEADER + (size_t)count * PART, &part, sizeof part);
    draft->bytes[1] = (BYTE)(count + 1);
    return true;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_name(const char *text, const char *letters)
{
    return upper(text[0]) == letters[0] && upper(text[1]) == letters[1] && text[2] == '\0';
}

static bool parse_name(const char *text, struct draft *draft)
{
    for (unsigned i = 0; i < sizeof s_names / sizeof s_names[0]; i++) {
        if (is_name(text, s_names[i].letters)) {
            start(draft, s_names[i].authority);
            for (unsigned j = 0; j < s_names[i].count; j++) {
                (void)add(draft, s_names[i].parts[j]);
            }
            return true;
        }
    }
    return false;
}

/* The value of a digit, base or more for what is none. */
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* At least one digit, and no more than make a value up to max; moves *text behind the last. */
static bool parse_number(const char **text, unsigned base, uint64_t max, uint64_t *out)
{
    const char *first = *text;

    *out = 0;
    while (digit(**text) < base) {
        *out = *out * base + digit(**text); /* max is below 2^48: no overflow before it is seen */
        if (*out > max) {
            return false;
        }
        ++*text;
    }
    return *text != first;
}

static bool parse_authority(const char **text, uint64_t *out)
{
    const char *first;

    if ((*text)[0] != '0' || ((*text)[1] != 'x' && (*text)[1] != 'X')) {
        return parse_number(text, 10, UINT32_MAX, out);
    }
    *text += 2;
    first = *text;
    return parse_number(text, 16, ((uint64_t)1 << 48) - 1, out) &&
           *text - first <= 2 * AUTHORITY_SIZE;
}

/* "S-1-5-32-544" */
static bool parse(const char *text, struct draft *draft)
{
    uint64_t number;

    if ((text[0] != 'S' && text[0] != 's') || strncmp(text + 1, "-1-", 3) != 0) {
        return false;
    }
    text += 4;
    if (!parse_authority(&text, &number)) {
        return false;
    }
    start(draft, number);
    while (*text == '-') {
        text++;
        if (!parse_number(&text, 10, UINT32_MAX, &number) || !add(draft, (DWORD)number)) {
            return false;
        }
    }
    return *text == '\0' && draft->bytes[1] != 0;
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR text, PSID *sid)
{
    struct draft draft;
    DWORD length;

    if (sid != NULL) {
        *sid = NULL;
    }
    if (text == NULL || sid == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!parse_name(text, &draft) && !parse(text, &draft)) {
        SetLastError(ERROR_INVALID_SID);
        return FALSE;
    }
    length = GetLengthSid(draft.bytes);
    *sid = guise__local_alloc(length);
    return *sid != NULL && CopySid(length, *sid, draft.bytes);
}
