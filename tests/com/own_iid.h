/* SPDX-License-Identifier: MIT */
/* An identifier of a program's own: declared where this is included, defined where INITGUID is. */
DEFINE_GUID(IID_IOwn, 0x0A0B0C0D, 0x1112, 0x2122, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38);
