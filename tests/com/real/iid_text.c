/* SPDX-License-Identifier: MIT */
/* An identifier for the log, and back. */
#include <objbase.h>

#include "real.h"

BOOL real_iid_text(REFIID riid, char *text, size_t room)
{
    OLECHAR wide[39];
    IID again;
    size_t i;

    if (StringFromGUID2(riid, wide, ARRAYSIZE(wide)) == 0 || room < _countof(wide))
        return FALSE;
    for (i = 0; i < ARRAYSIZE(wide); i++)
        text[i] = (char)wide[i];
    if (FAILED(IIDFromString(wide, &again)))
        return FALSE;
#ifdef __cplusplus
    return IsEqualIID(riid, again) ? TRUE : FALSE;
#else
    return IsEqualIID(riid, &again);
#endif
}
