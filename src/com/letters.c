/* SPDX-License-Identifier: MIT */
/*
 * The letters of SDDL, as tables from letters to numbers. Each table ends with a row of no letters and
 * is searched from its beginning.
 */
#include "com/letters.h"

#include <string.h>

#include "base/check.h"
#include "com/ascii.h"

const struct guise__com_letters guise__com_ace_types[] = {
    {"A", ACCESS_ALLOWED_ACE_TYPE},          {"D", ACCESS_DENIED_ACE_TYPE},
    {"AU", SYSTEM_AUDIT_ACE_TYPE},           {"AL", SYSTEM_ALARM_ACE_TYPE},
    {"OA", ACCESS_ALLOWED_OBJECT_ACE_TYPE},  {"OD", ACCESS_DENIED_OBJECT_ACE_TYPE},
    {"OU", SYSTEM_AUDIT_OBJECT_ACE_TYPE},    {"OL", SYSTEM_ALARM_OBJECT_ACE_TYPE},
    {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE}, {"", 0},
};

const struct guise__com_letters guise__com_ace_flags[] = {
    {"OI", OBJECT_INHERIT_ACE},
    {"CI", CONTAINER_INHERIT_ACE},
    {"NP", NO_PROPAGATE_INHERIT_ACE},
    {"IO", INHERIT_ONLY_ACE},
    {"ID", INHERITED_ACE},
    {"SA", SUCCESSFUL_ACCESS_ACE_FLAG},
    {"FA", FAILED_ACCESS_ACE_FLAG},
    {"", 0},
};

const struct guise__com_letters guise__com_label_rights[] = {
    {"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
    {"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP},
    {"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP},
    {"", 0},
};

/* In the order in which they are printed. */
const struct guise__com_letters guise__com_object_rights[] = {
    {"GA", GENERIC_ALL},  {"GX", GENERIC_EXECUTE}, {"GW", GENERIC_WRITE},
    {"GR", GENERIC_READ}, {"CC", 0x0001},          {"DC", 0x0002},
    {"LC", 0x0004},       {"SW", 0x0008},          {"RP", 0x0010},
    {"WP", 0x0020},       {"DT", 0x0040},          {"LO", 0x0080},
    {"CR", 0x0100},       {"SD", DELETE},          {"RC", READ_CONTROL},
    {"WD", WRITE_DAC},    {"WO", WRITE_OWNER},     {"", 0},
};

/* The rights of files and of registry keys. */
const struct guise__com_letters guise__com_common_rights[] = {
    {"FA", 0x1F01FF}, {"FR", 0x120089}, {"FW", 0x120116}, {"FX", 0x1200A0}, {"KA", 0x0F003F},
    {"KR", 0x020019}, {"KW", 0x020006}, {"KX", 0x020019}, {"", 0},
};

bool guise__com_letters_begin(const char *text, const char *letters)
{
    GUISE__CHECK(text != NULL && letters != NULL);
    while (*letters != '\0' && guise__com_upper(*text) == *letters) {
        text++;
        letters++;
    }
    return *letters == '\0';
}

const struct guise__com_letters *guise__com_letters_find(const struct guise__com_letters *table,
                                                         const char *text)
{
    const struct guise__com_letters *found = NULL;

    GUISE__CHECK(table != NULL && text != NULL);
    for (; table->letters[0] != '\0'; table++) {
        if (guise__com_letters_begin(text, table->letters) &&
            (found == NULL || strlen(table->letters) > strlen(found->letters))) {
            found = table;
        }
    }
    return found;
}

const char *guise__com_letters_of(const struct guise__com_letters *table, DWORD value)
{
    for (; table->letters[0] != '\0'; table++) {
        if (table->value == value) {
            return table->letters;
        }
    }
    return NULL;
}

bool guise__com_letters_cover(const struct guise__com_letters *table, DWORD mask)
{
    for (; table->letters[0] != '\0'; table++) {
        mask &= ~table->value;
    }
    return mask == 0;
}

bool guise__com_ace_is_of_object(BYTE type)
{
    return type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && type <= SYSTEM_ALARM_OBJECT_ACE_TYPE;
}
