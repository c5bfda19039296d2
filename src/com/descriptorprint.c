/* SPDX-License-Identifier: MIT */
/* Prints a security descriptor as a text from which descriptorparse.c makes the same descriptor. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <guise/com/sddl.h>
#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/acl.h"
#include "com/ascii.h"
#include "com/descriptor.h"
#include "com/letters.h"
#include "com/local.h"
#include "com/sid.h"
#include "com/sidtext.h"
#include "com/token_handle.h"

enum { ACE_MASK = 4, ACE_OBJECTS = 8, ACE_GUIDS = 12, GUID_TEXT = 36 };
/* (type;flags;rights;object;inherited object;SID): 7 brackets and semicolons, 2 letters, 7 times 2
 * and 17 times 2, two identifiers, and a SID. */
enum { ENTRY_TEXT_MAX = 7 + 2 + 14 + 34 + 2 * GUID_TEXT + GUISE__COM_SID_TEXT_MAX };
/* The size of all text except the entries: two SIDs, and the flags of two lists. */
enum { REST_TEXT_MAX = 2 * (2 + GUISE__COM_SID_TEXT_MAX) + 2 * 32 };

/* The text has room for as many entries as the lists have. */
struct printer {
    char *text;
    size_t length, room;
};

static void put_text(struct printer *printer, const char *text)
{
    size_t length = strlen(text);

    GUISE__CHECK(length < printer->room - printer->length);
    memcpy(printer->text + printer->length, text, length + 1);
    printer->length += length;
}

/* ---- one entry ------------------------------------------------------------------------------- */

static void put_bits(struct printer *printer, const struct guise__com_letters *table, DWORD bits)
{
    for (; table->letters[0] != '\0'; table++) {
        if ((bits & table->value) != 0) {
            put_text(printer, table->letters);
        }
    }
}

static void put_rights(struct printer *printer, BYTE type, ACCESS_MASK mask)
{
    const bool is_label = type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
    const struct guise__com_letters *table =
        is_label ? guise__com_label_rights : guise__com_object_rights;
    const char *common = is_label ? NULL : guise__com_letters_of(guise__com_common_rights, mask);
    char number[16];

    if (common != NULL) {
        put_text(printer, common);
    } else if (guise__com_letters_cover(table, mask)) {
        put_bits(printer, table, mask);
    } else {
        (void)snprintf(number, sizeof number, "0x%" PRIx32, mask);
        put_text(printer, number);
    }
}

static void put_guid(struct printer *printer, const BYTE *bytes)
{
    char text[GUID_TEXT + 1];
    GUID guid;

    memcpy(&guid, bytes, sizeof guid);
    (void)snprintf(text, sizeof text, "%08" PRIx32 "-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                   guid.Data1, guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1], guid.Data4[2],
                   guid.Data4[3], guid.Data4[4], guid.Data4[5], guid.Data4[6], guid.Data4[7]);
    put_text(printer, text);
}

/* ";object;inherited object;" */
static bool put_objects(struct printer *printer, const BYTE *entry, BYTE type)
{
    const BYTE *guids = entry + ACE_GUIDS;
    DWORD flags = 0;

    if (guise__com_ace_is_of_object(type)) {
        memcpy(&flags, entry + ACE_OBJECTS, sizeof flags);
    }
    put_text(printer, ";");
    if ((flags & ACE_OBJECT_TYPE_PRESENT) != 0) {
        put_guid(printer, guids);
        guids += sizeof(GUID);
    }
    put_text(printer, ";");
    if ((flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) != 0) {
        put_guid(printer, guids);
    }
    put_text(printer, ";");
    return flags <= (ACE_OBJECT_TYPE_PRESENT | ACE_INHERITED_OBJECT_TYPE_PRESENT);
}

/* Refuses a SID without sub-authorities, because no parser accepts its text. */
static bool put_sid(struct printer *printer, const void *sid)
{
    char text[GUISE__COM_SID_TEXT_MAX];

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    (void)guise__com_sid_print_short(sid, text);
    put_text(printer, text);
    return ((const BYTE *)sid)[1] != 0;
}

static DWORD put_entry(struct printer *printer, const BYTE *entry, const struct guise__com_ace *ace)
{
    const char *type = guise__com_letters_of(guise__com_ace_types, ace->header.AceType);
    ACCESS_MASK mask;

    GUISE__CHECK(guise__com_ace_is_valid(ace));
    if (type == NULL || ace->sid == NULL ||
        !guise__com_letters_cover(guise__com_ace_flags, ace->header.AceFlags)) {
        return ERROR_INVALID_ACL;
    }
    memcpy(&mask, entry + ACE_MASK, sizeof mask);
    put_text(printer, "(");
    put_text(printer, type);
    put_text(printer, ";");
    put_bits(printer, guise__com_ace_flags, ace->header.AceFlags);
    put_text(printer, ";");
    put_rights(printer, ace->header.AceType, mask);
    if (!put_objects(printer, entry, ace->header.AceType)) {
        return ERROR_INVALID_ACL;
    }
    if (!put_sid(printer, ace->sid)) {
        return ERROR_INVALID_SID;
    }
    put_text(printer, ")");
    return 0;
}

/* ---- the parts ------------------------------------------------------------------------------- */

static DWORD put_entries(struct printer *printer, PACL acl)
{
    struct guise__com_acl_walk walk;
    DWORD error = guise__com_acl_begin(&walk, acl) ? 0 : ERROR_INVALID_ACL;

    while (error == 0 && walk.left != 0) {
        const BYTE *entry = walk.next;
        struct guise__com_ace ace;

        error =
            guise__com_acl_next(&walk, &ace) ? put_entry(printer, entry, &ace) : ERROR_INVALID_ACL;
    }
    return error;
}

/* control: the control bits, those of a SACL moved to where the bits of a DACL are. */
static DWORD put_list(struct printer *printer, const char *name, PACL acl, unsigned control)
{
    GUISE__CHECK(acl == NULL || guise__com_acl_is_valid(acl));
    put_text(printer, name);
    put_text(printer, (control & SE_DACL_PROTECTED) != 0 ? "P" : "");
    put_text(printer, (control & SE_DACL_AUTO_INHERIT_REQ) != 0 ? "AR" : "");
    put_text(printer, (control & SE_DACL_AUTO_INHERITED) != 0 ? "AI" : "");
    if (acl == NULL) {
        put_text(printer, "NO_ACCESS_CONTROL");
        return 0;
    }
    return put_entries(printer, acl);
}

static DWORD put_named_sid(struct printer *printer, const char *name, PSID sid, bool is_wanted)
{
    if (sid == NULL || !is_wanted) {
        return 0;
    }
    put_text(printer, name);
    return put_sid(printer, sid) ? 0 : ERROR_INVALID_SID;
}

static DWORD print_parts(struct printer *printer, const struct guise__com_descriptor *descriptor,
                         SECURITY_INFORMATION parts)
{
    const unsigned control = descriptor->control;
    DWORD error = put_named_sid(printer, "O:", descriptor->owner,
                                (parts & OWNER_SECURITY_INFORMATION) != 0);

    if (error == 0) {
        error = put_named_sid(printer, "G:", descriptor->group,
                              (parts & GROUP_SECURITY_INFORMATION) != 0);
    }
    if (error == 0 && (control & SE_DACL_PRESENT) != 0 && (parts & DACL_SECURITY_INFORMATION) != 0) {
        error = put_list(printer, "D:", descriptor->dacl, control);
    }
    if (error == 0 && (control & SE_SACL_PRESENT) != 0 && (parts & SACL_SECURITY_INFORMATION) != 0) {
        error = put_list(printer, "S:", descriptor->sacl, control >> 1);
    }
    return error;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static size_t count_entries(PACL acl)
{
    ACL header = {0};

    if (acl != NULL) {
        memcpy(&header, acl, sizeof header);
    }
    return header.AceCount;
}

/* Allocates the text and prints; the caller frees the text, also on failure. */
static DWORD print_descriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision,
                              SECURITY_INFORMATION parts, struct printer *out)
{
    struct guise__com_descriptor read;
    size_t entries;

    if (revision != SDDL_REVISION_1) {
        return ERROR_UNKNOWN_REVISION;
    }
    if (guise__com_descriptor_read_valid(descriptor, SIZE_MAX, &read) != 0) {
        return ERROR_INVALID_SECURITY_DESCR;
    }
    entries = count_entries(guise__com_descriptor_dacl(&read)) +
              count_entries(guise__com_descriptor_sacl(&read));
    out->room = REST_TEXT_MAX + entries * ENTRY_TEXT_MAX;
    out->text = guise__com_local_alloc(out->room);
    if (out->text == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    out->text[0] = '\0';
    return print_parts(out, &read, parts);
}

/* place: where the result goes; it is cleared. */
static DWORD check_arguments(PSECURITY_DESCRIPTOR descriptor, const void *place, PULONG length)
{
    if (length != NULL) {
        *length = 0;
    }
    return descriptor == NULL || place == NULL ? ERROR_INVALID_PARAMETER : 0;
}

static BOOL finish_text(struct printer *printer, DWORD error, const void *copy, PULONG length)
{
    GUISE__CHECK(GUISE__IMPLIES(error == 0, printer->text != NULL));
    if (error == 0 && copy == NULL) {
        error = ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error == 0 && length != NULL) {
        *length = (ULONG)printer->length + 1;
    }
    (void)LocalFree(printer->text);
    return guise__com_done(error);
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(PSECURITY_DESCRIPTOR descriptor,
                                                                 DWORD revision,
                                                                 SECURITY_INFORMATION parts,
                                                                 LPSTR *text, PULONG length)
{
    DWORD error = check_arguments(descriptor, text, length);
    struct printer printer = {NULL, 0, 0};
    LPSTR copy = NULL;

    error = error != 0 ? error : print_descriptor(descriptor, revision, parts, &printer);
    copy = error == 0 ? guise__com_ascii_copy(printer.text) : NULL;
    if (text != NULL) {
        *text = copy;
    }
    return finish_text(&printer, error, copy, length);
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(PSECURITY_DESCRIPTOR descriptor,
                                                                 DWORD revision,
                                                                 SECURITY_INFORMATION parts,
                                                                 LPWSTR *text, PULONG length)
{
    DWORD error = check_arguments(descriptor, text, length);
    struct printer printer = {NULL, 0, 0};
    LPWSTR copy = NULL;

    error = error != 0 ? error : print_descriptor(descriptor, revision, parts, &printer);
    copy = error == 0 ? guise__com_ascii_to_wide(printer.text, printer.length) : NULL;
    if (text != NULL) {
        *text = copy;
    }
    return finish_text(&printer, error, copy, length);
}
