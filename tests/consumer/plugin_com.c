/* SPDX-License-Identifier: MIT */
/* A plugin that uses guise-com alone, and does not leave COM's apartment. */
#include <windows.h>

int plugin_serve(void);

int plugin_serve(void)
{
    return SUCCEEDED(CoInitializeEx(NULL, COINIT_MULTITHREADED)) ? 0 : 1;
}
