/* SPDX-License-Identifier: MIT */
/* A server's own objects, guarded as the system guards its own. */
#include <windows.h>

#include "real.h"

#define ITEM_READ 0x0001
#define ITEM_WRITE 0x0002

DWORD real_check_access(HANDLE token, PACL list, PSID owner, DWORD wanted, BOOL *allowed)
{
    static GENERIC_MAPPING mapping = {STANDARD_RIGHTS_READ | ITEM_READ,
                                      STANDARD_RIGHTS_WRITE | ITEM_WRITE, STANDARD_RIGHTS_EXECUTE,
                                      STANDARD_RIGHTS_ALL | ITEM_READ | ITEM_WRITE};
    SECURITY_DESCRIPTOR descriptor;
    PRIVILEGE_SET privileges;
    DWORD granted = 0, size = sizeof(privileges);

    *allowed = FALSE;
    if (!InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(&descriptor, owner, FALSE) ||
        !SetSecurityDescriptorGroup(&descriptor, owner, FALSE) ||
        !SetSecurityDescriptorDacl(&descriptor, TRUE, list, FALSE))
        return GetLastError();
    MapGenericMask(&wanted, &mapping);
    if (!AccessCheck(&descriptor, token, wanted, &mapping, &privileges, &size, &granted, allowed))
        return GetLastError();
    return *allowed ? ERROR_SUCCESS : GetLastError();
}
