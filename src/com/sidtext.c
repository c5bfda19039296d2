/* SPDX-License-Identifier: MIT */
/*
 * SIDs as text: the letter S, the revision, the authority and the sub-authorities, with dashes between
 * them, or for some SIDs a name of two letters. Digits and letters are those of ASCII in every locale.
 */
#include "com/sidtext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <guise/com/sddl.h>
#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/ascii.h"
#include "com/local.h"
#include "com/sid.h"

enum { HEADER = 8, PART = 4, AUTHORITY = 2, AUTHORITY_SIZE = 6 };

/* ---- to text --------------------------------------------------------------------------------- */

static uint64_t authority_of(const BYTE *bytes)
{
    uint64_t authority = 0;

    for (unsigned i = 0; i < AUTHORITY_SIZE; i++) {
        authority = authority << 8 | bytes[AUTHORITY + i];
    }
    return authority;
}

size_t guise__com_sid_print(const void *sid, char text[GUISE__COM_SID_TEXT_MAX])
{
    const BYTE *bytes = sid;
    uint64_t authority = authority_of(bytes);
    const int revision = SID_REVISION;
    int length =
        authority > UINT32_MAX
            ? snprintf(text, GUISE__COM_SID_TEXT_MAX, "S-%d-0x%012" PRIx64, revision, authority)
            : snprintf(text, GUISE__COM_SID_TEXT_MAX, "S-%d-%" PRIu64, revision, authority);

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    for (unsigned i = 0; i < bytes[1]; i++) {
        length += snprintf(text + length, GUISE__COM_SID_TEXT_MAX - (size_t)length, "-%" PRIu32,
                           guise__com_sid_part(sid, i));
    }
    GUISE__CHECK(length < GUISE__COM_SID_TEXT_MAX);
    return (size_t)length;
}

/* Prints a SID whose text goes to place. If place is NULL or the SID is not valid, sets the last error and
 * returns false. */
static bool print_for(const void *place, PSID sid, char printed[GUISE__COM_SID_TEXT_MAX])
{
    if (sid == NULL || place == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return false;
    }
    if (!IsValidSid(sid)) {
        SetLastError(ERROR_INVALID_SID);
        return false;
    }
    (void)guise__com_sid_print(sid, printed);
    return true;
}

BOOL WINAPI ConvertSidToStringSidA(PSID sid, LPSTR *text)
{
    char printed[GUISE__COM_SID_TEXT_MAX];
    LPSTR made = print_for(text, sid, printed) ? guise__com_ascii_copy(printed) : NULL;

    if (text != NULL) {
        *text = made;
    }
    return made != NULL;
}

BOOL WINAPI ConvertSidToStringSidW(PSID sid, LPWSTR *text)
{
    char printed[GUISE__COM_SID_TEXT_MAX];
    LPWSTR made =
        print_for(text, sid, printed) ? guise__com_ascii_to_wide(printed, strlen(printed)) : NULL;

    if (text != NULL) {
        *text = made;
    }
    return made != NULL;
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
    {"AO", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ACCOUNT_OPS}, 2},
    {"AU", 5, {SECURITY_AUTHENTICATED_USER_RID}, 1},
    {"BA", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}, 2},
    {"BG", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_GUESTS}, 2},
    {"BO", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_BACKUP_OPS}, 2},
    {"BU", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}, 2},
    {"CG", 3, {SECURITY_CREATOR_GROUP_RID}, 1},
    {"CO", 3, {SECURITY_CREATOR_OWNER_RID}, 1},
    {"ED", 5, {SECURITY_ENTERPRISE_CONTROLLERS_RID}, 1},
    {"HI", 16, {SECURITY_MANDATORY_HIGH_RID}, 1},
    {"IU", 5, {SECURITY_INTERACTIVE_RID}, 1},
    {"LS", 5, {SECURITY_LOCAL_SERVICE_RID}, 1},
    {"LW", 16, {SECURITY_MANDATORY_LOW_RID}, 1},
    {"ME", 16, {SECURITY_MANDATORY_MEDIUM_RID}, 1},
    {"MP", 16, {SECURITY_MANDATORY_MEDIUM_PLUS_RID}, 1},
    {"NO", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_NETWORK_CONFIGURATION_OPS}, 2},
    {"NS", 5, {SECURITY_NETWORK_SERVICE_RID}, 1},
    {"NU", 5, {SECURITY_NETWORK_RID}, 1},
    {"OW", 3, {SECURITY_CREATOR_OWNER_RIGHTS_RID}, 1},
    {"PO", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_PRINT_OPS}, 2},
    {"PS", 5, {SECURITY_PRINCIPAL_SELF_RID}, 1},
    {"PU", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_POWER_USERS}, 2},
    {"RC", 5, {SECURITY_RESTRICTED_CODE_RID}, 1},
    {"RD", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_REMOTE_DESKTOP_USERS}, 2},
    {"RE", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_REPLICATOR}, 2},
    {"RU", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_PREW2KCOMPACCESS}, 2},
    {"SI", 16, {SECURITY_MANDATORY_SYSTEM_RID}, 1},
    {"SO", 5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_SYSTEM_OPS}, 2},
    {"SU", 5, {SECURITY_SERVICE_RID}, 1},
    {"SY", 5, {SECURITY_LOCAL_SYSTEM_RID}, 1},
    {"WD", 1, {SECURITY_WORLD_RID}, 1},
};

/* A SID that is being parsed. */
struct draft {
    BYTE bytes[SECURITY_MAX_SID_SIZE];
};

static void draft_start(struct draft *draft, uint64_t authority)
{
    memset(draft, 0, sizeof *draft);
    draft->bytes[0] = SID_REVISION;
    for (unsigned i = 0; i < AUTHORITY_SIZE; i++) {
        draft->bytes[AUTHORITY + i] = (BYTE)(authority >> (8 * (AUTHORITY_SIZE - 1 - i)));
    }
}

static bool draft_add(struct draft *draft, DWORD part)
{
    unsigned count = draft->bytes[1];

    GUISE__CHECK(count <= SID_MAX_SUB_AUTHORITIES);
    if (count == SID_MAX_SUB_AUTHORITIES) {
        return false;
    }
    memcpy(draft->bytes + HEADER + (size_t)count * PART, &part, sizeof part);
    draft->bytes[1] = (BYTE)(count + 1);
    return true;
}

static bool is_name(const char *text, const char *letters)
{
    return guise__com_upper(text[0]) == letters[0] && guise__com_upper(text[1]) == letters[1] &&
           text[2] == '\0';
}

static bool parse_name(const char *text, struct draft *draft)
{
    for (unsigned i = 0; i < sizeof s_names / sizeof s_names[0]; i++) {
        if (is_name(text, s_names[i].letters)) {
            draft_start(draft, s_names[i].authority);
            for (unsigned j = 0; j < s_names[i].count; j++) {
                (void)draft_add(draft, s_names[i].parts[j]);
            }
            return true;
        }
    }
    return false;
}

/* Reads at least one digit, up to the value max, and moves *text past the last one. */
static bool parse_number(const char **text, unsigned base, uint64_t max, uint64_t *out)
{
    const char *first = *text;

    GUISE__CHECK(base == 10 || base == 16);
    *out = 0;
    while (guise__com_digit_value(**text) < base) {
        /* Cannot overflow before it exceeds max, which is below 2^48. */
        *out = *out * base + guise__com_digit_value(**text);
        if (*out > max) {
            return false;
        }
        ++*text;
    }
    return *text != first;
}

/* Skips "0x" if the text begins with it. */
static bool skip_hex_mark(const char **text)
{
    if ((*text)[0] != '0' || ((*text)[1] != 'x' && (*text)[1] != 'X')) {
        return false;
    }
    *text += 2;
    return true;
}

static bool parse_authority(const char **text, uint64_t *out)
{
    const char *first;

    if (!skip_hex_mark(text)) {
        return parse_number(text, 10, UINT32_MAX, out);
    }
    first = *text;
    return parse_number(text, 16, ((uint64_t)1 << 48) - 1, out) &&
           *text - first <= 2 * AUTHORITY_SIZE;
}

static bool parse_sub_authority(const char **text, uint64_t *out)
{
    unsigned base = skip_hex_mark(text) ? 16 : 10;

    return parse_number(text, base, UINT32_MAX, out);
}

/* Parses a text such as S-1-5-32-544. */
static bool parse_numbers(const char *text, struct draft *draft)
{
    uint64_t number;

    if ((text[0] != 'S' && text[0] != 's') || strncmp(text + 1, "-1-", 3) != 0) {
        return false;
    }
    text += 4;
    if (!parse_authority(&text, &number)) {
        return false;
    }
    draft_start(draft, number);
    while (*text == '-') {
        text++;
        if (!parse_sub_authority(&text, &number) || !draft_add(draft, (DWORD)number)) {
            return false;
        }
    }
    return *text == '\0' && draft->bytes[1] != 0;
}

bool guise__com_sid_parse(const char *text, BYTE out[SECURITY_MAX_SID_SIZE])
{
    struct draft draft;

    if (!parse_name(text, &draft) && !parse_numbers(text, &draft)) {
        return false;
    }
    GUISE__CHECK(guise__com_sid_length(draft.bytes, sizeof draft.bytes) != 0);
    memcpy(out, draft.bytes, sizeof draft.bytes);
    return true;
}

/* Returns the two-letter name of a SID; NULL: it has none. */
static const char *find_name(const void *sid)
{
    for (unsigned i = 0; i < sizeof s_names / sizeof s_names[0]; i++) {
        struct draft draft;

        (void)parse_name(s_names[i].letters, &draft);
        if (guise__com_sid_equal(sid, draft.bytes)) {
            return s_names[i].letters;
        }
    }
    return NULL;
}

size_t guise__com_sid_print_short(const void *sid, char text[GUISE__COM_SID_TEXT_MAX])
{
    const char *name = find_name(sid);

    if (name == NULL) {
        return guise__com_sid_print(sid, text);
    }
    memcpy(text, name, 3);
    return 2;
}

static BOOL convert_text(LPCSTR text, PSID *sid)
{
    BYTE parsed[SECURITY_MAX_SID_SIZE];
    DWORD length;

    GUISE__CHECK(text != NULL);
    if (!guise__com_sid_parse(text, parsed)) {
        SetLastError(ERROR_INVALID_SID);
        return FALSE;
    }
    length = GetLengthSid(parsed);
    *sid = guise__com_local_alloc(length);
    return *sid != NULL && CopySid(length, *sid, parsed);
}

/* Checks the arguments, and clears the result. */
static bool has_both(const void *text, PSID *sid)
{
    if (sid != NULL) {
        *sid = NULL;
    }
    if (text == NULL || sid == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return false;
    }
    return true;
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR text, PSID *sid)
{
    return has_both(text, sid) && convert_text(text, sid);
}

BOOL WINAPI ConvertStringSidToSidW(LPCWSTR text, PSID *sid)
{
    LPSTR narrow;
    BOOL converted;

    if (!has_both(text, sid)) {
        return FALSE;
    }
    narrow = guise__com_ascii_from_wide(text);
    converted = narrow != NULL && convert_text(narrow, sid);
    (void)LocalFree(narrow);
    return converted;
}
