/* SPDX-License-Identifier: MIT */
/*
 * The table of SIDs that have the same name on every machine, searched by name or by SID. A row has a name
 * and a SID of one or two sub-authorities.
 */
#include "com/fixedname.h"

#include <string.h>

#include "base/check.h"
#include "com/charset.h"
#include "com/sid.h"

#define NT "NT AUTHORITY"
#define LABEL "Mandatory Label"

#define PLAIN(authority, part, name)                                                               \
    {                                                                                              \
        authority, 1, {part, 0}, SidTypeWellKnownGroup, "", name                                   \
    }
#define LOGON(part, name)                                                                          \
    {                                                                                              \
        5, 1, {part, 0}, SidTypeWellKnownGroup, NT, name                                           \
    }
#define ALIAS(part, name)                                                                          \
    {                                                                                              \
        5, 2, {SECURITY_BUILTIN_DOMAIN_RID, part}, SidTypeAlias, "BUILTIN", name                   \
    }
#define LEVEL(part, name)                                                                          \
    {                                                                                              \
        16, 1, {part, 0}, SidTypeLabel, LABEL, name                                                \
    }
#define DOMAIN(authority, part, name)                                                              \
    {                                                                                              \
        authority, 1, {part, 0}, SidTypeDomain, name, name                                         \
    }

static const struct guise__com_fixed_name s_names[] = {
    PLAIN(0, 0, "NULL SID"),
    PLAIN(1, 0, "Everyone"),
    PLAIN(2, 0, "LOCAL"),
    PLAIN(2, 1, "CONSOLE LOGON"),
    PLAIN(3, 0, "CREATOR OWNER"),
    PLAIN(3, 1, "CREATOR GROUP"),
    PLAIN(3, 2, "CREATOR OWNER SERVER"),
    PLAIN(3, 3, "CREATOR GROUP SERVER"),
    PLAIN(3, 4, "OWNER RIGHTS"),
    LOGON(1, "DIALUP"),
    LOGON(2, "NETWORK"),
    LOGON(3, "BATCH"),
    LOGON(4, "INTERACTIVE"),
    LOGON(6, "SERVICE"),
    LOGON(7, "ANONYMOUS LOGON"),
    LOGON(8, "PROXY"),
    LOGON(9, "ENTERPRISE DOMAIN CONTROLLERS"),
    LOGON(10, "SELF"),
    LOGON(11, "Authenticated Users"),
    LOGON(12, "RESTRICTED"),
    LOGON(13, "TERMINAL SERVER USER"),
    LOGON(14, "REMOTE INTERACTIVE LOGON"),
    LOGON(15, "This Organization"),
    LOGON(17, "IUSR"),
    LOGON(18, "SYSTEM"),
    LOGON(19, "LOCAL SERVICE"),
    LOGON(20, "NETWORK SERVICE"),
    LOGON(33, "WRITE RESTRICTED"),
    DOMAIN(5, SECURITY_BUILTIN_DOMAIN_RID, "BUILTIN"),
    ALIAS(544, "Administrators"),
    ALIAS(545, "Users"),
    ALIAS(546, "Guests"),
    ALIAS(547, "Power Users"),
    ALIAS(548, "Account Operators"),
    ALIAS(549, "Server Operators"),
    ALIAS(550, "Print Operators"),
    ALIAS(551, "Backup Operators"),
    ALIAS(552, "Replicator"),
    ALIAS(554, "Pre-Windows 2000 Compatible Access"),
    ALIAS(555, "Remote Desktop Users"),
    ALIAS(556, "Network Configuration Operators"),
    LEVEL(0x0000, "Untrusted Mandatory Level"),
    LEVEL(0x1000, "Low Mandatory Level"),
    LEVEL(0x2000, "Medium Mandatory Level"),
    LEVEL(0x2100, "Medium Plus Mandatory Level"),
    LEVEL(0x3000, "High Mandatory Level"),
    LEVEL(0x4000, "System Mandatory Level"),
    DOMAIN(22, 1, GUISE__COM_USERS_DOMAIN),
    DOMAIN(22, 2, GUISE__COM_GROUPS_DOMAIN),
};

enum { NAMES = sizeof s_names / sizeof *s_names };

DWORD guise__com_fixed_name_sid(const struct guise__com_fixed_name *fixed,
                                BYTE out[GUISE__COM_FIXED_SID_SIZE])
{
    const BYTE header[8] = {SID_REVISION, fixed->parts, 0, 0, 0, 0, 0, fixed->authority};
    size_t size = fixed->parts * sizeof fixed->part[0];

    GUISE__CHECK(fixed->parts == 1 || fixed->parts == 2);
    memcpy(out, header, sizeof header);
    memcpy(out + sizeof header, fixed->part, size);
    GUISE__CHECK(guise__com_sid_length(out, GUISE__COM_FIXED_SID_SIZE) == sizeof header + size);
    return (DWORD)(sizeof header + size);
}

const struct guise__com_fixed_name *guise__com_fixed_name_of_sid(PSID sid)
{
    BYTE bytes[GUISE__COM_FIXED_SID_SIZE];

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    for (size_t i = 0; i < NAMES; i++) {
        (void)guise__com_fixed_name_sid(&s_names[i], bytes);
        if (guise__com_sid_equal(bytes, sid)) {
            return &s_names[i];
        }
    }
    return NULL;
}

const struct guise__com_fixed_name *guise__com_fixed_name_find(const char *domain, const char *name)
{
    GUISE__CHECK(name != NULL);
    for (size_t i = 0; i < NAMES; i++) {
        if (guise__com_text_is_same(name, s_names[i].name) &&
            (domain == NULL || guise__com_text_is_same(domain, s_names[i].domain))) {
            return &s_names[i];
        }
    }
    return NULL;
}
