/* SPDX-License-Identifier: MIT */
/* The second source file of a program, which defines the same identifier; with windows.h only. */
#include <windows.h>

#include <initguid.h>

#include "own_iid.h"

const IID *second_unit_iid(void);

const IID *second_unit_iid(void)
{
    return &IID_IOwn;
}
