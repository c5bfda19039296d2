/* SPDX-License-Identifier: MIT */
/*
 * SIDs that are the same on every machine, by their WELL_KNOWN_SID_TYPE. Some belong to a domain: those are
 * the domain's SID with one more sub-authority.
 */
#include <stdbool.h>
#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/lasterror.h"
#include "com/sid.h"

enum { HEADER = 8, PART = 4 };
enum { NULL_ID, WORLD, LOCAL, CREATOR, NT = 5, LABEL = 16 };
/* A domain's SID is S-1-5-21 and three numbers of its own. */
enum { DOMAIN_PARTS = 4 };

/* The number of sub-authorities of a SID; or that it has none, or that it is a domain's SID with one more. */
enum { NO_SID = -2, OF_DOMAIN = -1 };

struct known {
    signed char count;
    BYTE authority;
    DWORD parts[2];
};

#define BUILTIN(rid)                                                                               \
    {                                                                                              \
        2, NT, { SECURITY_BUILTIN_DOMAIN_RID, rid }                                                \
    }
#define ACCOUNT(rid)                                                                               \
    {                                                                                              \
        OF_DOMAIN, NT, { rid }                                                                     \
    }

static const struct known s_known[] = {
    [WinNullSid] = {1, NULL_ID, {0}},
    [WinWorldSid] = {1, WORLD, {0}},
    [WinLocalSid] = {1, LOCAL, {0}},
    [WinCreatorOwnerSid] = {1, CREATOR, {0}},
    [WinCreatorGroupSid] = {1, CREATOR, {1}},
    [WinCreatorOwnerServerSid] = {1, CREATOR, {2}},
    [WinCreatorGroupServerSid] = {1, CREATOR, {3}},
    [WinNtAuthoritySid] = {0, NT, {0}},
    [WinDialupSid] = {1, NT, {1}},
    [WinNetworkSid] = {1, NT, {2}},
    [WinBatchSid] = {1, NT, {3}},
    [WinInteractiveSid] = {1, NT, {4}},
    [WinServiceSid] = {1, NT, {6}},
    [WinAnonymousSid] = {1, NT, {7}},
    [WinProxySid] = {1, NT, {8}},
    [WinEnterpriseControllersSid] = {1, NT, {9}},
    [WinSelfSid] = {1, NT, {10}},
    [WinAuthenticatedUserSid] = {1, NT, {11}},
    [WinRestrictedCodeSid] = {1, NT, {12}},
    [WinTerminalServerSid] = {1, NT, {13}},
    [WinRemoteLogonIdSid] = {1, NT, {14}},
    [WinLogonIdsSid] = {NO_SID, NT, {0}},
    [WinLocalSystemSid] = {1, NT, {18}},
    [WinLocalServiceSid] = {1, NT, {19}},
    [WinNetworkServiceSid] = {1, NT, {20}},
    [WinBuiltinDomainSid] = {1, NT, {SECURITY_BUILTIN_DOMAIN_RID}},
    [WinBuiltinAdministratorsSid] = BUILTIN(544),
    [WinBuiltinUsersSid] = BUILTIN(545),
    [WinBuiltinGuestsSid] = BUILTIN(546),
    [WinBuiltinPowerUsersSid] = BUILTIN(547),
    [WinBuiltinAccountOperatorsSid] = BUILTIN(548),
    [WinBuiltinSystemOperatorsSid] = BUILTIN(549),
    [WinBuiltinPrintOperatorsSid] = BUILTIN(550),
    [WinBuiltinBackupOperatorsSid] = BUILTIN(551),
    [WinBuiltinReplicatorSid] = BUILTIN(552),
    [WinBuiltinPreWindows2000CompatibleAccessSid] = BUILTIN(554),
    [WinBuiltinRemoteDesktopUsersSid] = BUILTIN(555),
    [WinBuiltinNetworkConfigurationOperatorsSid] = BUILTIN(556),
    [WinAccountAdministratorSid] = ACCOUNT(500),
    [WinAccountGuestSid] = ACCOUNT(501),
    [WinAccountKrbtgtSid] = ACCOUNT(502),
    [WinAccountDomainAdminsSid] = ACCOUNT(512),
    [WinAccountDomainUsersSid] = ACCOUNT(513),
    [WinAccountDomainGuestsSid] = ACCOUNT(514),
    [WinAccountComputersSid] = ACCOUNT(515),
    [WinAccountControllersSid] = ACCOUNT(516),
    [WinAccountCertAdminsSid] = ACCOUNT(517),
    [WinAccountSchemaAdminsSid] = ACCOUNT(518),
    [WinAccountEnterpriseAdminsSid] = ACCOUNT(519),
    [WinAccountPolicyAdminsSid] = ACCOUNT(520),
    [WinAccountRasAndIasServersSid] = ACCOUNT(553),
    [WinNTLMAuthenticationSid] = {2, NT, {64, 10}},
    [WinDigestAuthenticationSid] = {2, NT, {64, 21}},
    [WinSChannelAuthenticationSid] = {2, NT, {64, 14}},
    [WinThisOrganizationSid] = {1, NT, {15}},
    [WinOtherOrganizationSid] = {1, NT, {1000}},
    [WinBuiltinIncomingForestTrustBuildersSid] = BUILTIN(557),
    [WinBuiltinPerfMonitoringUsersSid] = BUILTIN(558),
    [WinBuiltinPerfLoggingUsersSid] = BUILTIN(559),
    [WinBuiltinAuthorizationAccessSid] = BUILTIN(560),
    [WinBuiltinTerminalServerLicenseServersSid] = BUILTIN(561),
    [WinBuiltinDCOMUsersSid] = BUILTIN(562),
    [WinBuiltinIUsersSid] = BUILTIN(568),
    [WinIUserSid] = {1, NT, {17}},
    [WinBuiltinCryptoOperatorsSid] = BUILTIN(569),
    [WinUntrustedLabelSid] = {1, LABEL, {SECURITY_MANDATORY_UNTRUSTED_RID}},
    [WinLowLabelSid] = {1, LABEL, {SECURITY_MANDATORY_LOW_RID}},
    [WinMediumLabelSid] = {1, LABEL, {SECURITY_MANDATORY_MEDIUM_RID}},
    [WinHighLabelSid] = {1, LABEL, {SECURITY_MANDATORY_HIGH_RID}},
    [WinSystemLabelSid] = {1, LABEL, {SECURITY_MANDATORY_SYSTEM_RID}},
    [WinWriteRestrictedCodeSid] = {1, NT, {33}},
    [WinCreatorOwnerRightsSid] = {1, CREATOR, {4}},
    [WinCacheablePrincipalsGroupSid] = ACCOUNT(571),
    [WinNonCacheablePrincipalsGroupSid] = ACCOUNT(572),
    [WinEnterpriseReadonlyControllersSid] = ACCOUNT(498),
    [WinAccountReadonlyControllersSid] = ACCOUNT(521),
    [WinBuiltinEventLogReadersGroup] = BUILTIN(573),
    [WinNewEnterpriseReadonlyControllersSid] = ACCOUNT(498),
    [WinBuiltinCertSvcDComAccessGroup] = BUILTIN(574),
    [WinMediumPlusLabelSid] = {1, LABEL, {SECURITY_MANDATORY_MEDIUM_PLUS_RID}},
};

/* Finds the row of a type; NULL: there is no such type, or it does not stand for one SID. */
static const struct known *find_known(WELL_KNOWN_SID_TYPE type)
{
    if ((int)type < 0 || (size_t)type >= sizeof s_known / sizeof s_known[0] ||
        s_known[type].count == NO_SID) {
        return NULL;
    }
    return &s_known[type];
}

/* Writes a SID without a domain. Returns its length. */
static DWORD write_plain(const struct known *known, BYTE out[SECURITY_MAX_SID_SIZE])
{
    const BYTE header[HEADER] = {
        SID_REVISION, (BYTE)known->count, 0, 0, 0, 0, 0, known->authority};
    DWORD length = (DWORD)(HEADER + PART * known->count);

    GUISE__CHECK(known->count >= 0 && known->count <= 2);
    memcpy(out, header, sizeof header);
    memcpy(out + HEADER, known->parts, length - HEADER);
    GUISE__CHECK(guise__com_sid_length(out, SECURITY_MAX_SID_SIZE) == length);
    return length;
}

/* Writes the SID of an account of a domain, and returns its length. Returns 0 if domain is no domain's SID or
 * has no room for one more sub-authority. */
static DWORD write_account(PSID domain, DWORD rid, BYTE out[SECURITY_MAX_SID_SIZE])
{
    DWORD length = (DWORD)guise__com_sid_length(domain, SIZE_MAX);

    if (length == 0 || length + PART > SECURITY_MAX_SID_SIZE) {
        return 0;
    }
    memcpy(out, domain, length);
    out[1]++;
    memcpy(out + length, &rid, sizeof rid);
    GUISE__CHECK(guise__com_sid_length(out, SECURITY_MAX_SID_SIZE) == length + PART);
    return length + PART;
}

static DWORD write_known(const struct known *known, PSID domain, BYTE out[SECURITY_MAX_SID_SIZE])
{
    return known->count == OF_DOMAIN ? write_account(domain, known->parts[0], out)
                                     : write_plain(known, out);
}

BOOL WINAPI CreateWellKnownSid(WELL_KNOWN_SID_TYPE type, PSID domain, PSID sid, DWORD *size)
{
    const struct known *known = find_known(type);
    BYTE made[SECURITY_MAX_SID_SIZE];
    DWORD length, room;

    if (size == NULL || known == NULL || (domain != NULL && !IsValidSid(domain))) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    length = write_known(known, domain, made);
    if (length == 0) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    room = *size;
    *size = length;
    if (sid == NULL || room < length) {
        return guise__com_fail(sid == NULL && room >= length ? ERROR_INVALID_PARAMETER
                                                       : ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(sid, made, length);
    return TRUE;
}

/* Returns whether the SID is the account with this number in any domain. */
static bool is_account(PSID sid, DWORD rid)
{
    static const BYTE header[HEADER] = {SID_REVISION, DOMAIN_PARTS + 1, 0, 0, 0, 0, 0, NT};

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    return memcmp(sid, header, sizeof header) == 0 &&
           guise__com_sid_part(sid, 0) == SECURITY_NT_NON_UNIQUE &&
           guise__com_sid_part(sid, DOMAIN_PARTS) == rid;
}

BOOL WINAPI IsWellKnownSid(PSID sid, WELL_KNOWN_SID_TYPE type)
{
    const struct known *known = find_known(type);
    BYTE made[SECURITY_MAX_SID_SIZE];

    if (known == NULL || !IsValidSid(sid)) {
        return FALSE;
    }
    if (known->count == OF_DOMAIN) {
        return is_account(sid, known->parts[0]);
    }
    (void)write_plain(known, made);
    return guise__com_sid_equal(sid, made);
}
