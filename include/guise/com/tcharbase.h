/* SPDX-License-Identifier: MIT */
/*
 * Characters and strings of the width that UNICODE chooses. The functions are C's own, so they are
 * there for narrow ones only: C has none on 16-bit strings.
 */
#ifndef GUISE_COM_TCHARBASE_H
#define GUISE_COM_TCHARBASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "winnt.h"

#define _T(string) TEXT(string)
#define _TEXT(string) TEXT(string)

#ifndef UNICODE
#define _tmain main
#define _tcslen strlen
#define _tcscpy strcpy
#define _tcsncpy strncpy
#define _tcscat strcat
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp strcasecmp
#define _tcsnicmp strncasecmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcsdup strdup
#define _tcstol strtol
#define _tcstoul strtoul
#define _ttoi atoi
#define _tprintf printf
#define _ftprintf fprintf
#define _sntprintf snprintf
#define _vsntprintf vsnprintf
#define _fputts fputs
#define _puttchar putchar
#endif

#endif
