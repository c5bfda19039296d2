/* SPDX-License-Identifier: MIT */
/* Who may connect, as a text in the configuration has it. */
#include <windows.h>

#include <Sddl.h>

#include <stdio.h>

#include "more.h"

BOOL real_pipe_security(SECURITY_ATTRIBUTES *attributes, char *text, size_t room)
{
    LPSTR again = NULL;
    BOOL fits;

    attributes->nLength = sizeof(*attributes);
    attributes->bInheritHandle = FALSE;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(
            "D:(D;;GA;;;NU)(A;;GA;;;BA)(A;;GR;;;AU)", SDDL_REVISION_1,
            &attributes->lpSecurityDescriptor, NULL))
        return FALSE;
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(attributes->lpSecurityDescriptor,
                                                              SDDL_REVISION_1,
                                                              DACL_SECURITY_INFORMATION, &again,
                                                              NULL)) {
        LocalFree(attributes->lpSecurityDescriptor);
        return FALSE;
    }
    fits = snprintf(text, room, "%s", again) < (int)room;
    LocalFree(again);
    return fits;
}
