/* SPDX-License-Identifier: MIT */
/* English texts for the codes of winerror.h. */
#ifndef GUISE_SRC_COM_MESSAGETEXT_H
#define GUISE_SRC_COM_MESSAGETEXT_H

#include <guise/com/windef.h>

/* Returns one or more sentences, without line end and without inserts; NULL: the code is unknown. The
 * HRESULT that HRESULT_FROM_WIN32 makes of a code has the code's text. */
const char *guise__com_message_text(DWORD code);

#endif
