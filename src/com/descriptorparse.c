/* SPDX-License-Identifier: MIT */
/*
 * Parses the text of a security descriptor. The parser cuts a copy of the text into fields, and writes the
 * parts in the text's order into a draft, in self-relative form. The text may come from outside, so every
 * write to the draft checks that there is room.
 */
#include <string.h>

#include <guise/com/guisecom.h>
#include <guise/com/sddl.h>
#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/acl.h"
#include "com/ascii.h"
#include "com/letters.h"
#include "com/local.h"
#include "com/predicate.h"
#include "com/sid.h"
#include "com/sidtext.h"
#include "com/token_handle.h"

enum { ACL_MAX = UINT16_MAX, ACE_HEAD = 8, GUID_TEXT = 36, GUID_SIZE = 16, FIELDS = 6 };
/* Header, mask, flags, two identifiers, SID. */
enum { ACE_MAX = ACE_HEAD + 4 + 2 * GUID_SIZE + 68 };
/* The header, two SIDs, and two lists, each longer than allowed by its last entry. */
enum { DRAFT_MAX = 20 + 2 * 68 + 2 * (8 + ACL_MAX + ACE_MAX) };

enum { FIELD_TYPE, FIELD_FLAGS, FIELD_RIGHTS, FIELD_OBJECT, FIELD_INHERITED, FIELD_ACCOUNT };

/* The text of a list that is present and NULL, which allows everything. */
#define NULL_LIST "NO_ACCESS_CONTROL"

struct draft {
    BYTE *bytes;
    size_t used, room;
    SECURITY_DESCRIPTOR_RELATIVE header;
};

GUISE__COM_PREDICATE draft_is_valid(const struct draft *draft)
{
    return draft->bytes != NULL && draft->used >= sizeof draft->header &&
           draft->used <= draft->room && draft->used % sizeof(DWORD) == 0;
}

static bool put_bytes(struct draft *draft, const void *bytes, size_t length)
{
    GUISE__CHECK(draft_is_valid(draft));
    if (length > draft->room - draft->used) {
        return false;
    }
    memcpy(draft->bytes + draft->used, bytes, length);
    draft->used += length;
    return true;
}

/* ---- pieces of text -------------------------------------------------------------------------- */

static char *skip_spaces(char *text)
{
    while (*text == ' ') {
        text++;
    }
    return text;
}

/* Returns the text without the spaces around it; overwrites the first one after it. */
static char *trim_spaces(char *text)
{
    size_t length;

    text = skip_spaces(text);
    length = strlen(text);
    while (length != 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
    return text;
}

/* Reads exactly count hexadecimal digits. */
static bool parse_hex(const char *text, unsigned count, DWORD *out)
{
    GUISE__CHECK(count <= 2 * sizeof *out);
    *out = 0;
    for (unsigned i = 0; i < count; i++) {
        if (guise__com_digit_value(text[i]) == 16) {
            return false;
        }
        *out = *out << 4 | guise__com_digit_value(text[i]);
    }
    return true;
}

/* Reads a number of up to 32 bits, such as 0x1f, 037 or 31, that is the whole text. */
static bool parse_number(const char *text, DWORD *out)
{
    unsigned base = text[0] != '0' || text[1] == '\0' ? 10 : 8;
    uint64_t value = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (guise__com_digit_value(*text) >= base) {
            return false;
        }
        value = value * base + guise__com_digit_value(*text);
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *out = (DWORD)value;
    return true;
}

/* Reads a text that consists of letters of the table only. */
static bool parse_letters(const struct guise__com_letters *table,
                          const struct guise__com_letters *more, const char *text, DWORD *out)
{
    *out = 0;
    while (*text != '\0') {
        const struct guise__com_letters *found = guise__com_letters_find(table, text);

        found = found == NULL && more != NULL ? guise__com_letters_find(more, text) : found;
        if (found == NULL) {
            return false;
        }
        *out |= found->value;
        text += strlen(found->letters);
    }
    return true;
}

static bool parse_guid(const char *text, GUID *out)
{
    DWORD parts[2], last[8];

    if (strlen(text) != GUID_TEXT || text[8] != '-' || text[13] != '-' || text[18] != '-' ||
        text[23] != '-' || !parse_hex(text, 8, &out->Data1) || !parse_hex(text + 9, 4, &parts[0]) ||
        !parse_hex(text + 14, 4, &parts[1])) {
        return false;
    }
    for (unsigned i = 0; i < 8; i++) {
        if (!parse_hex(text + (i < 2 ? 19 : 20) + (size_t)2 * i, 2, &last[i])) {
            return false;
        }
        out->Data4[i] = (BYTE)last[i];
    }
    out->Data2 = (WORD)parts[0];
    out->Data3 = (WORD)parts[1];
    return true;
}

/* ---- one entry ------------------------------------------------------------------------------- */

/* Cuts the text between the brackets of an entry into its fields. Returns false if there are not six. */
static bool split_fields(char *text, char *fields[FIELDS])
{
    for (unsigned i = 0; i < FIELDS; i++) {
        char *next = strchr(text, ';');

        if ((next == NULL) != (i == FIELDS - 1)) {
            return false;
        }
        if (next != NULL) {
            *next++ = '\0';
        }
        fields[i] = trim_spaces(text);
        text = next;
    }
    return true;
}

static bool parse_type(const char *text, BYTE *out)
{
    const struct guise__com_letters *found = guise__com_letters_find(guise__com_ace_types, text);

    if (found == NULL || strlen(text) != strlen(found->letters)) {
        return false;
    }
    *out = (BYTE)found->value;
    return true;
}

static bool parse_rights(BYTE type, const char *text, ACCESS_MASK *out)
{
    if (text[0] >= '0' && text[0] <= '9') {
        return parse_number(text, out);
    }
    if (type == SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
        return parse_letters(guise__com_label_rights, NULL, text, out);
    }
    return parse_letters(guise__com_object_rights, guise__com_common_rights, text, out);
}

/* Writes the identifiers of an object entry; entries of other types have none. */
static DWORD put_objects(struct draft *draft, BYTE type, char *const fields[FIELDS])
{
    static const DWORD present[] = {ACE_OBJECT_TYPE_PRESENT, ACE_INHERITED_OBJECT_TYPE_PRESENT};
    DWORD flags = 0;
    size_t place = draft->used;

    GUISE__CHECK(draft_is_valid(draft));
    if (!guise__com_ace_is_of_object(type)) {
        return *fields[FIELD_OBJECT] == '\0' && *fields[FIELD_INHERITED] == '\0'
                   ? 0
                   : ERROR_INVALID_ACL;
    }
    if (!put_bytes(draft, &flags, sizeof flags)) {
        return ERROR_INVALID_ACL;
    }
    for (unsigned i = 0; i < 2; i++) {
        GUID guid;

        if (*fields[FIELD_OBJECT + i] == '\0') {
            continue;
        }
        if (!parse_guid(fields[FIELD_OBJECT + i], &guid)) {
            return RPC_S_INVALID_STRING_UUID;
        }
        flags |= present[i];
        if (!put_bytes(draft, &guid, GUID_SIZE)) {
            return ERROR_INVALID_ACL;
        }
    }
    memcpy(draft->bytes + place, &flags, sizeof flags);
    return 0;
}

static DWORD put_sid(struct draft *draft, const char *text)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];

    return guise__com_sid_parse(text, sid) &&
                   put_bytes(draft, sid, guise__com_sid_length(sid, sizeof sid))
               ? 0
               : ERROR_INVALID_SID;
}

static DWORD parse_entry(struct draft *draft, char *text)
{
    const size_t start = draft->used;
    ACE_HEADER header = {0};
    char *fields[FIELDS];
    ACCESS_MASK mask;
    DWORD flags, error;

    if (!split_fields(text, fields) || !parse_type(fields[FIELD_TYPE], &header.AceType) ||
        !parse_letters(guise__com_ace_flags, NULL, fields[FIELD_FLAGS], &flags) ||
        !parse_rights(header.AceType, fields[FIELD_RIGHTS], &mask) ||
        !put_bytes(draft, &header, sizeof header) || !put_bytes(draft, &mask, sizeof mask)) {
        return ERROR_INVALID_ACL;
    }
    error = put_objects(draft, header.AceType, fields);
    if (error == 0) {
        error = put_sid(draft, fields[FIELD_ACCOUNT]);
    }
    header.AceFlags = (BYTE)flags;
    GUISE__CHECK(draft->used - start <= ACE_MAX);
    header.AceSize = (WORD)(draft->used - start);
    memcpy(draft->bytes + start, &header, sizeof header);
    return error;
}

/* ---- a list ---------------------------------------------------------------------------------- */

/* The flags after D:. Those after S: are one bit further left. */
static const struct {
    const char *letters;
    unsigned control;
} s_list_flags[] = {
    {"P", SE_DACL_PROTECTED},
    {"AR", SE_DACL_AUTO_INHERIT_REQ},
    {"AI", SE_DACL_AUTO_INHERITED},
    {NULL_LIST, 0},
};
enum { LIST_FLAGS = sizeof s_list_flags / sizeof s_list_flags[0] };

/* Returns whether the next component begins here, or the text ends. */
static bool is_end(const char *text)
{
    return text[0] == '\0' || text[1] == ':';
}

/* Reads the flags, and moves *text past them. */
static DWORD parse_list_flags(char **text, unsigned *control, bool *is_null)
{
    *control = 0;
    *is_null = false;
    for (;;) {
        unsigned i = 0;

        *text = skip_spaces(*text);
        if (is_end(*text) || **text == '(') {
            return 0;
        }
        while (i < LIST_FLAGS && !guise__com_letters_begin(*text, s_list_flags[i].letters)) {
            i++;
        }
        if (i == LIST_FLAGS) {
            return ERROR_INVALID_ACL;
        }
        *control |= s_list_flags[i].control;
        *is_null = *is_null || s_list_flags[i].control == 0;
        *text += strlen(s_list_flags[i].letters);
    }
}

/* Reads the entries from *text on, and moves *text past the last one. */
static DWORD parse_entries(struct draft *draft, char **text, ACL *acl)
{
    const size_t start = draft->used;
    DWORD error = 0;

    while (error == 0 && **text == '(') {
        char *entry = *text + 1;
        char *end = strchr(entry, ')');
        const size_t place = draft->used;

        if (end == NULL) {
            return ERROR_INVALID_ACL;
        }
        *end = '\0';
        *text = skip_spaces(end + 1);
        error = parse_entry(draft, entry);
        if (error == 0 && guise__com_ace_is_of_object(draft->bytes[place])) {
            acl->AclRevision = ACL_REVISION_DS;
        }
        if (error == 0 && draft->used - start > ACL_MAX - sizeof *acl) {
            error = ERROR_INVALID_ACL;
        }
        acl->AceCount++;
    }
    return error;
}

static DWORD parse_list(struct draft *draft, char **text, DWORD *offset, unsigned *control)
{
    const size_t start = draft->used;
    ACL acl = {.AclRevision = ACL_REVISION};
    bool is_null;
    DWORD error = parse_list_flags(text, control, &is_null);

    if (error != 0) {
        return error;
    }
    if (is_null) {
        return is_end(*text) ? 0 : ERROR_INVALID_ACL;
    }
    if (!put_bytes(draft, &acl, sizeof acl)) {
        return ERROR_INVALID_ACL;
    }
    error = parse_entries(draft, text, &acl);
    if (error == 0 && !is_end(*text)) {
        error = ERROR_INVALID_ACL;
    }
    acl.AclSize = (WORD)(draft->used - start);
    memcpy(draft->bytes + start, &acl, sizeof acl);
    *offset = (DWORD)start;
    GUISE__CHECK(GUISE__IMPLIES(error == 0, guise__com_acl_is_valid(draft->bytes + start)));
    return error;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Reads a SID, whose text ends with the text or before the letter and colon of the next component. */
static DWORD parse_sid(struct draft *draft, char **text, DWORD *offset)
{
    char *colon = strchr(*text, ':');
    char *end = colon == NULL ? *text + strlen(*text) : colon - 1;
    char behind = *end;
    DWORD error;

    if (end < *text || *offset != 0) {
        return end < *text ? ERROR_INVALID_SID : ERROR_INVALID_PARAMETER;
    }
    *offset = (DWORD)draft->used;
    *end = '\0';
    error = put_sid(draft, trim_spaces(*text));
    *end = behind;
    *text = end;
    return error;
}

/* Reads a DACL or a SACL. The flags of a SACL are one bit further left than those of a DACL. */
static DWORD parse_acl(struct draft *draft, char **text, unsigned present, DWORD *offset)
{
    unsigned control = draft->header.Control;
    unsigned flags;
    DWORD error;

    GUISE__CHECK(present == SE_DACL_PRESENT || present == SE_SACL_PRESENT);
    if ((control & present) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    error = parse_list(draft, text, offset, &flags);
    flags = present == SE_SACL_PRESENT ? flags << 1 : flags;
    draft->header.Control = (SECURITY_DESCRIPTOR_CONTROL)(control | present | flags);
    return error;
}

static DWORD parse_component(struct draft *draft, char **text)
{
    const char *name = *text;

    if (name[1] != ':') {
        return ERROR_INVALID_PARAMETER;
    }
    *text += 2;
    if (guise__com_letters_begin(name, "O")) {
        return parse_sid(draft, text, &draft->header.Owner);
    }
    if (guise__com_letters_begin(name, "G")) {
        return parse_sid(draft, text, &draft->header.Group);
    }
    if (guise__com_letters_begin(name, "D")) {
        return parse_acl(draft, text, SE_DACL_PRESENT, &draft->header.Dacl);
    }
    if (guise__com_letters_begin(name, "S")) {
        return parse_acl(draft, text, SE_SACL_PRESENT, &draft->header.Sacl);
    }
    return ERROR_INVALID_PARAMETER;
}

static DWORD parse_descriptor(struct draft *draft, char *text)
{
    DWORD error = 0;

    draft->header.Revision = SECURITY_DESCRIPTOR_REVISION;
    draft->header.Control = SE_SELF_RELATIVE;
    draft->used = sizeof draft->header;
    text = skip_spaces(text);
    while (error == 0 && *text != '\0') {
        error = parse_component(draft, &text);
        text = skip_spaces(text);
    }
    memcpy(draft->bytes, &draft->header, sizeof draft->header);
    GUISE__CHECK(draft_is_valid(draft));
    return error;
}

/* Copies the draft to memory of its exact size, for the caller. */
static DWORD copy_draft(const struct draft *draft, PSECURITY_DESCRIPTOR *descriptor, PULONG size)
{
    GUISE__CHECK(draft_is_valid(draft));
    *descriptor = guise__com_local_alloc(draft->used);
    if (*descriptor == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    memcpy(*descriptor, draft->bytes, draft->used);
    GUISE__CHECK(GuiseIsValidRelativeDescriptor(*descriptor, (DWORD)draft->used));
    if (size != NULL) {
        *size = (ULONG)draft->used;
    }
    return 0;
}

/* Parses the text, which is NULL if there was no memory for the copy, and frees it. */
static DWORD convert_text(char *text, PSECURITY_DESCRIPTOR *descriptor, PULONG size)
{
    struct draft draft = {.room = DRAFT_MAX};
    DWORD error;

    if (text == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    /* A character adds at most 4 bytes to the draft, which begins with its header. */
    if (strlen(text) < (DRAFT_MAX - 64) / 4) {
        draft.room = strlen(text) * 4 + 64;
    }
    draft.bytes = guise__com_local_alloc(draft.room);
    error = draft.bytes == NULL ? ERROR_NOT_ENOUGH_MEMORY : parse_descriptor(&draft, text);
    if (error == 0) {
        error = copy_draft(&draft, descriptor, size);
    }
    (void)LocalFree(draft.bytes);
    (void)LocalFree(text);
    return error;
}

/* Clears the places for the results. */
static DWORD check_arguments(const void *text, DWORD revision, PSECURITY_DESCRIPTOR *descriptor,
                             PULONG size)
{
    if (descriptor != NULL) {
        *descriptor = NULL;
    }
    if (size != NULL) {
        *size = 0;
    }
    if (text == NULL || descriptor == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    return revision == SDDL_REVISION_1 ? 0 : ERROR_UNKNOWN_REVISION;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR text, DWORD revision,
                                                                 PSECURITY_DESCRIPTOR *descriptor,
                                                                 PULONG size)
{
    DWORD error = check_arguments(text, revision, descriptor, size);

    return guise__com_done(
        error != 0 ? error : convert_text(guise__com_ascii_copy(text), descriptor, size));
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR text, DWORD revision,
                                                                 PSECURITY_DESCRIPTOR *descriptor,
                                                                 PULONG size)
{
    DWORD error = check_arguments(text, revision, descriptor, size);

    return guise__com_done(
        error != 0 ? error : convert_text(guise__com_ascii_from_wide(text), descriptor, size));
}
