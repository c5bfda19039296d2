/* SPDX-License-Identifier: MIT */
/* GUIDs as text: "{00112233-4455-6677-8899-AABBCCDDEEFF}". */
#include <stdbool.h>

#include <guise/com/objbase.h>

#include "base/check.h"
#include "com/ascii.h"

enum { TEXT_LENGTH = 38 };

/* Converts to 16 bytes in the order of the text: Data1 to Data3 with the highest byte first. */
static void to_bytes(const GUID *guid, unsigned char bytes[16])
{
    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(guid->Data1 >> (24 - 8 * i));
    }
    for (unsigned i = 0; i < 2; i++) {
        bytes[4 + i] = (unsigned char)(guid->Data2 >> (8 - 8 * i));
        bytes[6 + i] = (unsigned char)(guid->Data3 >> (8 - 8 * i));
    }
    memcpy(bytes + 8, guid->Data4, sizeof guid->Data4);
}

static void from_bytes(const unsigned char bytes[16], GUID *guid)
{
    guid->Data1 = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                  (uint32_t)bytes[3];
    guid->Data2 = (uint16_t)(bytes[4] << 8 | bytes[5]);
    guid->Data3 = (uint16_t)(bytes[6] << 8 | bytes[7]);
    memcpy(guid->Data4, bytes + 8, sizeof guid->Data4);
}

/* Returns whether a dash precedes the byte in the text. */
static bool dash_before(unsigned index)
{
    return index == 4 || index == 6 || index == 8 || index == 10;
}

int STDAPICALLTYPE StringFromGUID2(REFGUID guid, LPOLESTR string, int room)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char bytes[16];
    OLECHAR *next = string;

    if (guid == NULL || string == NULL || room < TEXT_LENGTH + 1) {
        return 0;
    }
    to_bytes(guid, bytes);
    *next++ = '{';
    for (unsigned i = 0; i < sizeof bytes; i++) {
        if (dash_before(i)) {
            *next++ = '-';
        }
        *next++ = (OLECHAR)digits[bytes[i] >> 4];
        *next++ = (OLECHAR)digits[bytes[i] & 15];
    }
    *next++ = '}';
    *next = 0;
    GUISE__CHECK(next == string + TEXT_LENGTH);
    return TEXT_LENGTH + 1;
}

static HRESULT text_of(REFGUID guid, LPOLESTR *string)
{
    if (string == NULL) {
        return E_INVALIDARG;
    }
    *string = NULL;
    if (guid == NULL) {
        return E_INVALIDARG;
    }
    *string = CoTaskMemAlloc((TEXT_LENGTH + 1) * sizeof **string);
    if (*string == NULL) {
        return E_OUTOFMEMORY;
    }
    (void)StringFromGUID2(guid, *string, TEXT_LENGTH + 1);
    return S_OK;
}

HRESULT STDAPICALLTYPE StringFromIID(REFIID iid, LPOLESTR *string)
{
    return text_of(iid, string);
}

HRESULT STDAPICALLTYPE StringFromCLSID(REFCLSID clsid, LPOLESTR *string)
{
    return text_of(clsid, string);
}

static bool has_length(LPCOLESTR string)
{
    unsigned length = 0;

    while (length <= TEXT_LENGTH && string[length] != 0) {
        length++;
    }
    return length == TEXT_LENGTH;
}

/* Parses a string that has the length of a GUID's text. */
static bool parse_guid(LPCOLESTR string, unsigned char bytes[16])
{
    const OLECHAR *next = string + 1;

    GUISE__CHECK(string[TEXT_LENGTH] == 0);
    if (string[0] != '{' || string[TEXT_LENGTH - 1] != '}') {
        return false;
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned high, low;

        if (dash_before(i) && *next++ != '-') {
            return false;
        }
        high = guise__com_digit_value(*next++);
        low = guise__com_digit_value(*next++);
        if (high == 16 || low == 16) {
            return false;
        }
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

HRESULT STDAPICALLTYPE IIDFromString(LPCOLESTR string, LPIID iid)
{
    unsigned char bytes[16];

    if (iid == NULL) {
        return E_INVALIDARG;
    }
    *iid = IID_NULL;
    if (string == NULL) {
        return S_OK;
    }
    if (!has_length(string)) {
        return E_INVALIDARG;
    }
    if (!parse_guid(string, bytes)) {
        return CO_E_IIDSTRING;
    }
    from_bytes(bytes, iid);
    return S_OK;
}

/* A text that is not a GUID would be a ProgID, and there are none here. */
HRESULT STDAPICALLTYPE CLSIDFromString(LPCOLESTR string, LPCLSID clsid)
{
    unsigned char bytes[16];

    if (clsid == NULL) {
        return E_INVALIDARG;
    }
    *clsid = CLSID_NULL;
    if (string == NULL) {
        return S_OK;
    }
    if (!has_length(string) || !parse_guid(string, bytes)) {
        return CO_E_CLASSSTRING;
    }
    from_bytes(bytes, clsid);
    return S_OK;
}
