/* SPDX-License-Identifier: MIT */
/* CoCreateGuid. The random numbers come from getentropy, which opens no file. */
#define _DEFAULT_SOURCE /* getentropy */
#define _DARWIN_C_SOURCE
#include <errno.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include <guise/com/objbase.h>

/* Sets the bits that mark a random GUID (RFC 9562). */
static void mark_random(GUID *guid)
{
    guid->Data3 = (uint16_t)((guid->Data3 & 0x0FFFu) | 0x4000u);
    guid->Data4[0] = (unsigned char)((guid->Data4[0] & 0x3Fu) | 0x80u);
}

HRESULT STDAPICALLTYPE CoCreateGuid(GUID *guid)
{
    int saved_errno = errno;

    if (guid == NULL) {
        return E_INVALIDARG;
    }
    if (getentropy(guid, sizeof *guid) != 0) {
        errno = saved_errno;
        *guid = GUID_NULL;
        return E_FAIL;
    }
    mark_random(guid);
    return S_OK;
}
