/* SPDX-License-Identifier: MIT */
/* A list with one more entry. */
#include <windows.h>

#include <AclAPI.h>

#include "more.h"

DWORD real_grant(PSID sid, PACL old, PACL *made)
{
    EXPLICIT_ACCESS_A ea[2];

    ZeroMemory(ea, sizeof(ea));
    ea[0].grfAccessPermissions = GENERIC_READ | GENERIC_WRITE;
    ea[0].grfAccessMode = SET_ACCESS;
    ea[0].grfInheritance = NO_INHERITANCE;
    ea[0].Trustee.TrusteeForm = TRUSTEE_IS_SID;
    ea[0].Trustee.TrusteeType = TRUSTEE_IS_USER;
    ea[0].Trustee.ptstrName = (LPSTR)sid;
    ea[1].grfAccessPermissions = GENERIC_ALL;
    ea[1].grfAccessMode = GRANT_ACCESS;
    ea[1].grfInheritance = SUB_CONTAINERS_AND_OBJECTS_INHERIT;
    BuildTrusteeWithSidA(&ea[1].Trustee, sid);
    return SetEntriesInAclA(ARRAYSIZE(ea), ea, old, made);
}
