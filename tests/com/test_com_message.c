/* SPDX-License-Identifier: MIT */
/* Messages, memory by its other names, and GUIDs as text: nothing but the SDK's names. */
#include "com_test.h"

#include <string.h>
#include <windows.h>

#define UNTOUCHED 0x5AFE5AFEu

#define assert_no_text(call, error)                                                                \
    (SetLastError(UNTOUCHED), assert_int_equal((call), 0),                                         \
     assert_int_equal(GetLastError(), (error)))

enum { SYSTEM = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS };

/* The text of "access is denied". Its words do not matter: a line with its end. */
static DWORD denied(char text[64])
{
    DWORD length;

    memset(text, 0x5A, 64);
    length = FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, text, 64, NULL);
    assert_in_range(length, 10, 62);
    assert_int_equal(strlen(text), length);
    assert_int_equal(text[length - 2], '\r');
    assert_int_equal(text[length - 1], '\n');
    assert_int_equal(text[length + 1], 0x5A);
    return length;
}

static void assert_same(LPCWSTR wide, const char *text, DWORD length)
{
    for (DWORD i = 0; i <= length; i++) {
        assert_int_equal(wide[i], text[i]);
    }
}

static void com_messages_wide(void **state)
{
    char expected[64];
    WCHAR text[64];
    LPWSTR made = POISON;
    DWORD length = denied(expected);

    (void)state;
    assert_true(FormatMessageW(SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, text, length + 1, NULL) ==
                length);
    assert_same(text, expected, length);
    assert_true(FormatMessageW(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 5, 0x409,
                               (LPWSTR)&made, 100, NULL) == length);
    assert_same(made, expected, length);
    memset(made, 0, 100 * sizeof *made); /* there is room for so many */
    assert_null(LocalFree(made));
}

static void com_a_message_is_made(void **state)
{
    char expected[64];
    DWORD length = denied(expected);
    LPSTR made = POISON;

    (void)state;
    assert_true(FormatMessageA(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, ERROR_ACCESS_DENIED,
                               MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPSTR)&made, 0,
                               NULL) == length);
    assert_true(strcmp(made, expected) == 0);
    assert_null(LocalFree(made));
}

/* The line's end is the layout's, which the mask takes away. */
static void com_a_message_in_a_line(void **state)
{
    char expected[64], text[64];
    DWORD length = denied(expected);

    (void)state;
    assert_true(FormatMessageA(SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, 5, 0, text, 64,
                               NULL) == length - 1);
    assert_int_equal(text[length - 2], ' ');
    assert_int_equal(text[length - 1], 0);
    assert_true(memcmp(text, expected, length - 2) == 0);
}

/* The program has no messages of its own, so the system's are looked at next. */
static void com_a_module_without_messages(void **state)
{
    char expected[64], text[64];
    DWORD length = denied(expected);

    (void)state;
    assert_true(FormatMessageA(SYSTEM | FORMAT_MESSAGE_FROM_HMODULE, NULL, 5, 0, text, 64, NULL) ==
                length);
    assert_true(strcmp(text, expected) == 0);
}

static void com_results_are_codes(void **state)
{
    char expected[64], text[64];
    DWORD length = denied(expected);

    (void)state;
    assert_true(FormatMessageA(SYSTEM, NULL, (DWORD)E_ACCESSDENIED, 0, text, 64, NULL) == length);
    assert_true(strcmp(text, expected) == 0);
}

static void com_a_message_that_is_not_there(void **state)
{
    char text[64];
    DWORD length = denied(text);
    LPSTR made = POISON;

    (void)state;
    memset(text, 0x5A, sizeof text);
    assert_no_text(FormatMessageA(SYSTEM, NULL, 0x20000001, 0, text, 64, NULL),
                   ERROR_MR_MID_NOT_FOUND);
    assert_no_text(FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, text, length, NULL),
                   ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(text[length], 0x5A);
    assert_no_text(FormatMessageA(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 0x20000001, 0,
                                  (LPSTR)&made, 0, NULL),
                   ERROR_MR_MID_NOT_FOUND);
    assert_null(made);
}

static void messages_need_a_place(void **state)
{
    (void)state;
    assert_no_text(FormatMessageA(SYSTEM, NULL, 5, 0, NULL, 64, NULL), ERROR_INVALID_PARAMETER);
}

static void messages_of_others_are_not_there(void **state)
{
    char text[64];

    (void)state;
    assert_no_text(FormatMessageA(FORMAT_MESSAGE_IGNORE_INSERTS, NULL, 5, 0, text, 64, NULL),
                   ERROR_NOT_SUPPORTED);
    assert_no_text(FormatMessageA(SYSTEM | 0x400, "x", 5, 0, text, 64, NULL), ERROR_NOT_SUPPORTED);
    assert_no_text(FormatMessageA(0x800, NULL, 5, 0, text, 64, NULL), ERROR_NOT_SUPPORTED);
    assert_no_text(FormatMessageA(SYSTEM, NULL, 5, 0x407, text, 64, NULL),
                   ERROR_RESOURCE_LANG_NOT_FOUND);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void com_local_memory(void **state)
{
    static const BYTE zero[64];
    BYTE *memory = LocalAlloc(LPTR, 64);

    (void)state;
    assert_non_null(memory);
    assert_memory_equal(memory, zero, 64);
    memset(memory, 0x5A, 64);
    assert_null(LocalFree(memory));
    memory = LocalAlloc(LMEM_FIXED, 0);
    assert_non_null(memory);
    assert_null(LocalFree(memory));
    assert_null(LocalFree(NULL));
}

static void local_memory_does_not_move(void **state)
{
    (void)state;
    SetLastError(UNTOUCHED);
    assert_null(LocalAlloc(0x0002, 8));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void com_heap_memory(void **state)
{
    static const BYTE zero[64];
    BYTE *memory = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 64);

    (void)state;
    assert_non_null(memory);
    assert_memory_equal(memory, zero, 64);
    assert_true(HeapFree(GetProcessHeap(), 0, memory));
    memory = HeapAlloc(GetProcessHeap(), HEAP_NO_SERIALIZE, 0);
    assert_non_null(memory);
    assert_true(HeapFree(GetProcessHeap(), 0, memory));
    assert_true(HeapFree(GetProcessHeap(), 0, NULL));
}

static BYTE *resized(BYTE *memory, DWORD flags, SIZE_T size)
{
    BYTE *larger = HeapReAlloc(GetProcessHeap(), flags, memory, size);

    assert_non_null(larger);
    assert_int_equal(HeapSize(GetProcessHeap(), 0, larger), size);
    return larger;
}

static void heap_memory_has_its_size(void **state)
{
    static const BYTE zero[4000];
    BYTE *memory = HeapAlloc(GetProcessHeap(), 0, 10);

    (void)state;
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % (2 * sizeof(void *)), 0); /* as on Windows */
    assert_int_equal(HeapSize(GetProcessHeap(), 0, memory), 10);
    memset(memory, 0xA5, 10);
    memory = resized(memory, HEAP_ZERO_MEMORY, 4000);
    assert_int_equal(memory[9], 0xA5);
    assert_memory_equal(memory + 10, zero, 3990);
    memory = resized(memory, 0, 3);
    assert_int_equal(memory[2], 0xA5);
    memory = resized(memory, HEAP_ZERO_MEMORY, 20);
    assert_int_equal(memory[2], 0xA5);
    assert_memory_equal(memory + 3, zero, 17);
    memory = resized(memory, 0, 0);
    assert_true(HeapFree(GetProcessHeap(), 0, memory));
}

static void heap_memory_can_stay_where_it_is(void **state)
{
    BYTE *memory = HeapAlloc(GetProcessHeap(), 0, 100);

    (void)state;
    assert_non_null(memory);
    memory[4] = 0xA5;
    assert_null(HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, memory, 0x40000000));
    assert_int_equal(HeapSize(GetProcessHeap(), 0, memory), 100);
    assert_ptr_equal(resized(memory, HEAP_REALLOC_IN_PLACE_ONLY, 5), memory);
    assert_int_equal(memory[4], 0xA5);
    assert_null(HeapReAlloc(GetProcessHeap(), 0, memory, SIZE_MAX - 99));
    assert_int_equal(HeapSize(GetProcessHeap(), 0, memory), 5);
    assert_int_equal(memory[4], 0xA5);
    assert_null(HeapReAlloc(GetProcessHeap(), 0, NULL, 5));
    assert_true(HeapFree(GetProcessHeap(), 0, memory));
}

static void heap_memory_is_checked(void **state)
{
    BYTE *memory = HeapAlloc(GetProcessHeap(), 0, 8);

    (void)state;
    SetLastError(UNTOUCHED);
    assert_null(HeapReAlloc(POISON, 0, memory, 8));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(UNTOUCHED);
    assert_true(HeapSize(POISON, 0, memory) == (SIZE_T)-1);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(UNTOUCHED);
    assert_null(HeapReAlloc(GetProcessHeap(), HEAP_REALLOC_IN_PLACE_ONLY, memory, 9));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    SetLastError(UNTOUCHED);
    assert_null(HeapAlloc(GetProcessHeap(), 0, SIZE_MAX));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    assert_true(HeapFree(GetProcessHeap(), 0, memory));
}

static void nothing_is_no_heap_memory(void **state)
{
    (void)state;
    SetLastError(UNTOUCHED);
    assert_null(HeapReAlloc(GetProcessHeap(), 0, NULL, 8));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(UNTOUCHED);
    assert_true(HeapSize(GetProcessHeap(), 0, NULL) == (SIZE_T)-1);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void there_is_one_heap(void **state)
{
    (void)state;
    SetLastError(UNTOUCHED);
    assert_null(HeapAlloc(NULL, 0, 8));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(UNTOUCHED);
    assert_false(HeapFree(POISON, 0, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
}

static void no_memory_is_so_large(void **state)
{
    (void)state;
    SetLastError(UNTOUCHED);
    assert_null(HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, SIZE_MAX / 2 + 1));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    SetLastError(UNTOUCHED);
    assert_null(LocalAlloc(LPTR, SIZE_MAX / 2 + 1));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
}

/* ---- GUIDs ----------------------------------------------------------------------------------- */

static const GUID s_guid = {
    0x01234567, 0x89AB, 0xCDEF, {0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10}};
static const WCHAR s_text[] = u"{01234567-89AB-CDEF-FEDC-BA9876543210}";

static void com_guids_as_texts_of_their_own(void **state)
{
    LPOLESTR text = POISON;

    (void)state;
    assert_hr(StringFromIID(&s_guid, &text), S_OK);
    assert_memory_equal(text, s_text, sizeof s_text);
    CoTaskMemFree(text);
    text = POISON;
    assert_hr(StringFromCLSID(&s_guid, &text), S_OK);
    assert_memory_equal(text, s_text, sizeof s_text);
    CoTaskMemFree(text);
}

static void com_class_identifiers_from_texts(void **state)
{
    CLSID clsid = s_guid;

    (void)state;
    assert_hr(CLSIDFromString(NULL, &clsid), S_OK);
    assert_true(IsEqualGUID(&clsid, &GUID_NULL));
    assert_hr(CLSIDFromString((LPOLESTR)(uintptr_t)s_text, &clsid), S_OK);
    assert_true(IsEqualGUID(&clsid, &s_guid));
}

static void check_no_class(LPCOLESTR text)
{
    CLSID clsid = s_guid;

    assert_hr(CLSIDFromString((LPOLESTR)(uintptr_t)text, &clsid), CO_E_CLASSSTRING);
    assert_true(IsEqualGUID(&clsid, &GUID_NULL));
}

static void com_what_is_no_class_identifier(void **state)
{
    (void)state;
    check_no_class(u"");
    check_no_class(u"No.Such.Class");
    check_no_class(u"{01234567-89AB-CDEF-FEDC-BA987654321}");
    check_no_class(u"{01234567-89AB-CDEF-FEDC-BA98765432100}");
    check_no_class(u"{01234567-89AB-CDEF-FEDC+BA9876543210}");
    check_no_class(u"{01234567-89AB-CDEF-FEDC-BA987654321G}");
}

static void guid_texts_check_their_arguments(void **state)
{
    LPOLESTR text = POISON;

    (void)state;
    assert_hr(StringFromIID(&s_guid, NULL), E_INVALIDARG);
    assert_hr(StringFromIID(NULL, &text), E_INVALIDARG);
    assert_null(text);
    assert_hr(CLSIDFromString((LPOLESTR)(uintptr_t)s_text, NULL), E_INVALIDARG);
    assert_hr(CoCreateGuid(NULL), E_INVALIDARG);
}

/* Version 4 of RFC 9562, and never the same twice. */
static void com_new_guids(void **state)
{
    GUID guids[64];

    (void)state;
    for (int i = 0; i < 64; i++) {
        assert_hr(CoCreateGuid(&guids[i]), S_OK);
        assert_int_equal(guids[i].Data3 >> 12, 4);
        assert_int_equal(guids[i].Data4[0] >> 6, 2);
        for (int j = 0; j < i; j++) {
            assert_false(IsEqualGUID(&guids[i], &guids[j]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_messages_wide),
        cmocka_unit_test(com_a_message_is_made),
        cmocka_unit_test(com_a_message_in_a_line),
        cmocka_unit_test(com_a_module_without_messages),
        cmocka_unit_test(com_results_are_codes),
        cmocka_unit_test(com_a_message_that_is_not_there),
        cmocka_unit_test(messages_need_a_place),
        cmocka_unit_test(messages_of_others_are_not_there),
        cmocka_unit_test(com_local_memory),
        cmocka_unit_test(local_memory_does_not_move),
        cmocka_unit_test(com_heap_memory),
        cmocka_unit_test(heap_memory_has_its_size),
        cmocka_unit_test(heap_memory_can_stay_where_it_is),
        cmocka_unit_test(heap_memory_is_checked),
        cmocka_unit_test(nothing_is_no_heap_memory),
        cmocka_unit_test(there_is_one_heap),
        cmocka_unit_test(no_memory_is_so_large),
        cmocka_unit_test(com_guids_as_texts_of_their_own),
        cmocka_unit_test(com_class_identifiers_from_texts),
        cmocka_unit_test(com_what_is_no_class_identifier),
        cmocka_unit_test(guid_texts_check_their_arguments),
        cmocka_unit_test(com_new_guids),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
