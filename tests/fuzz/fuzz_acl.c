/* SPDX-License-Identifier: MIT */
/* Access control lists from bytes, and what is done to them. */
#include "fuzz.h"

#include <aclapi.h>

#include "com/accesscheck.h"
#include "com/acl.h"

enum { MORE = 64, MASK = 0x5 };

/* The client, and another user. */
static const BYTE s_client[16] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xE8, 3, 0, 0};
static const BYTE s_other[16] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xE9, 3, 0, 0};

/* All that a list allows the client. */
static DWORD allowed_by(PACL acl)
{
    static const GENERIC_MAPPING mapping = {1, 2, 4, 0xFFFF};
    SECURITY_DESCRIPTOR descriptor;
    DWORD granted;
    BOOL status;

    CHECK(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    CHECK(SetSecurityDescriptorOwner(&descriptor, (PSID)(uintptr_t)s_other, FALSE));
    CHECK(SetSecurityDescriptorGroup(&descriptor, (PSID)(uintptr_t)s_other, FALSE));
    CHECK(SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE));
    CHECK(guise__com_access_check(client(), &descriptor, MAXIMUM_ALLOWED, &mapping, &granted,
                                  &status) == 0);
    return granted;
}

static PACL set_one(PACL old, ACCESS_MODE mode)
{
    EXPLICIT_ACCESS_A access = {MASK, mode, NO_INHERITANCE, {0}};
    PACL made;

    BuildTrusteeWithSidA(&access.Trustee, (PSID)(uintptr_t)s_client);
    if (SetEntriesInAclA(1, &access, old, &made) != ERROR_SUCCESS) {
        CHECK(made == NULL && old->AclSize > UINT16_MAX - MORE); /* no room for one more */
        return NULL;
    }
    CHECK(IsValidAcl(made));
    return made;
}

/* What each mode may do to what is allowed, whatever the list says. */
static void change_access(PACL acl)
{
    const DWORD before = allowed_by(acl);

    for (int mode = GRANT_ACCESS; mode <= SET_AUDIT_FAILURE; mode++) {
        PACL made = set_one(acl, (ACCESS_MODE)mode);
        DWORD after = made != NULL ? allowed_by(made) : 0;

        if (mode == GRANT_ACCESS || mode == REVOKE_ACCESS) {
            CHECK((after & ~(before | (mode == GRANT_ACCESS ? MASK : 0u))) == 0);
        } else if (mode == DENY_ACCESS) {
            CHECK((after & MASK) == 0 && (after & ~before) == 0);
        } else if (mode != SET_ACCESS) {
            CHECK(made == NULL || after == before);
        }
        LocalFree(made);
    }
}

/* The entries come out one by one, and go in again. */
static void change_entries(PACL acl)
{
    ACL_SIZE_INFORMATION size;
    LPVOID free_place, entry;
    size_t room = acl->AclSize;
    ACL *copy;

    CHECK(GetAclInformation(acl, &size, sizeof size, AclSizeInformation));
    CHECK(size.AclBytesInUse + size.AclBytesFree == room && size.AceCount == acl->AceCount);
    CHECK(FindFirstFreeAce(acl, &free_place));
    CHECK((BYTE *)free_place == (BYTE *)acl + size.AclBytesInUse);
    copy = exactly(acl, room);
    for (DWORD i = 0; i < size.AceCount; i++) {
        ACE_HEADER header;
        DWORD last = size.AceCount - 1;

        CHECK(GetAce(copy, last, &entry));
        memcpy(&header, entry, sizeof header);
        entry = exactly(entry, header.AceSize);
        CHECK(DeleteAce(copy, last) && IsValidAcl(copy) && copy->AceCount == last);
        CHECK(AddAce(copy, ACL_REVISION, 0, entry, header.AceSize) && IsValidAcl(copy));
        free(entry);
    }
    /* each once from the end to the beginning: the same list again */
    CHECK(memcmp((BYTE *)copy + sizeof *copy, (BYTE *)acl + sizeof *acl,
                 size.AclBytesInUse - sizeof *acl) == 0);
    (void)AddAccessDeniedAceEx(copy, ACL_REVISION, CONTAINER_INHERIT_ACE, 1,
                               (PSID)(uintptr_t)s_other);
    CHECK(IsValidAcl(copy));
    free(copy);
}

static void refuse(PACL acl)
{
    ACL_REVISION_INFORMATION revision;
    LPVOID place;
    PACL made;

    CHECK(!FindFirstFreeAce(acl, &place) && place == NULL);
    CHECK(!GetAclInformation(acl, &revision, sizeof revision, AclRevisionInformation));
    CHECK(!DeleteAce(acl, 0));
    CHECK(!AddAccessAllowedAceEx(acl, ACL_REVISION, 0, 1, (PSID)(uintptr_t)s_other));
    CHECK(SetEntriesInAclA(0, NULL, acl, &made) == ERROR_INVALID_ACL && made == NULL);
    for (DWORD i = 0; i < 4; i++) {
        (void)GetAce(acl, i, &place);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *bytes = exactly(data, size);

    /* How many bytes there are is the caller's to compare with what the list says. */
    if (guise__com_acl_fits(bytes, size) && size >= sizeof(ACL)) {
        if (IsValidAcl(bytes)) {
            change_entries(bytes);
            change_access(bytes);
        } else {
            refuse(bytes);
        }
    }
    free(bytes);
    return 0;
}
