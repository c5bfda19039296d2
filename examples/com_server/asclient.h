/* SPDX-License-Identifier: MIT */
#ifndef COM_SERVER_ASCLIENT_H
#define COM_SERVER_ASCLIENT_H

#include "folder.h"

/*
 * Opens a file as the client of the call that this thread serves, and is the server again. On
 * failure *file is -1.
 *
 * What CoImpersonateClient says, if it fails; then nothing was opened.
 * HRESULT_FROM_WIN32(ERROR_BAD_IMPERSONATION_LEVEL): the client does not let the server act for it.
 * As folder_open.
 */
HRESULT open_as_client(const struct folder *folder, LPCWSTR name, int *file);

#endif
