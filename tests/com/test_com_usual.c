/* SPDX-License-Identifier: MIT */
/* What COM code uses without thinking: numbers that threads share, the size of an array, memory, text
 * of either width; and the headers that interface compilers write. */
#include "com_test.h"

#include <string.h>

#include <process.h>
#include <windows.h>

#include "midl_counter.h"
#include "support/wt.h"

/* ---- time and numbers of the process ---------------------------------------------------------- */

/* How long is not asked; that no less than that has passed is. */
static void time_passes(void **state)
{
    const ULONGLONG before = GetTickCount64();

    (void)state;
    Sleep(0);
    Sleep(40);
    assert_true(GetTickCount64() - before >= 20); /* Windows' ticks are coarse */
    assert_true((DWORD)GetTickCount64() - GetTickCount() + 0x10000 < 0x20000);
}

static void the_process_has_a_number(void **state)
{
    (void)state;
    assert_int_not_equal(GetCurrentProcessId(), 0);
    assert_int_equal(GetCurrentProcessId(), _getpid());
}

/* ---- numbers that several threads change ----------------------------------------------------- */

static void interlocked_numbers(void **state)
{
    LONG number = 0x7FFFFFFF;

    (void)state;
    assert_int_equal(InterlockedIncrement(&number), -0x7FFFFFFF - 1);
    assert_int_equal(InterlockedDecrement(&number), 0x7FFFFFFF);
    assert_int_equal(InterlockedExchange(&number, 5), 0x7FFFFFFF);
    assert_int_equal(InterlockedExchangeAdd(&number, -7), 5);
    assert_int_equal(number, -2);
    assert_int_equal(InterlockedCompareExchange(&number, 9, 5), -2);
    assert_int_equal(number, -2);
    assert_int_equal(InterlockedCompareExchange(&number, 9, -2), -2);
    assert_int_equal(number, 9);
}

static void interlocked_pointers(void **state)
{
    int one, other;
    PVOID pointer = &one;

    (void)state;
    assert_ptr_equal(InterlockedExchangePointer(&pointer, NULL), &one);
    assert_ptr_equal(InterlockedCompareExchangePointer(&pointer, &one, &other), NULL);
    assert_null(pointer);
    assert_ptr_equal(InterlockedCompareExchangePointer(&pointer, &other, NULL), NULL);
    assert_ptr_equal(pointer, &other);
}

enum { workers = 4, rounds = 20000 };

struct shared {
    struct wt_barrier barrier;
    LONG references, guesses;
};

static void count_up_and_down(struct wt *w)
{
    struct shared *shared = w->arg;

    wt_barrier_wait(&shared->barrier);
    for (int i = 0; i < rounds; i++) {
        LONG seen;

        (void)InterlockedIncrement(&shared->references);
        (void)InterlockedIncrement(&shared->references);
        WT_CHECK(w, InterlockedDecrement(&shared->references) > 0);
        do {
            seen = InterlockedExchangeAdd(&shared->guesses, 0);
        } while (InterlockedCompareExchange(&shared->guesses, seen + 1, seen) != seen);
    }
}

static void interlocked_numbers_lose_nothing(void **state)
{
    struct wt w[workers];
    struct shared shared = {.references = 0, .guesses = 0};

    (void)state;
    wt_barrier_init(&shared.barrier, workers);
    wt_start_all(w, workers, count_up_and_down, &shared);
    wt_join_all(w, workers);
    assert_int_equal(shared.references, workers * rounds);
    assert_int_equal(shared.guesses, workers * rounds);
}

/* ---- places, memory, text -------------------------------------------------------------------- */

struct object {
    IUnknown first;
    ICallFactory second;
    LONG references;
};

/* With static in front some other compilers' headers would not have it. */
FORCEINLINE struct object *object_of(ICallFactory *second)
{
    return CONTAINING_RECORD(second, struct object, second);
}

static void places(void **state)
{
    struct object object;
    DWORD numbers[7];

    (void)state;
    assert_int_equal(ARRAYSIZE(numbers), 7);
    assert_ptr_equal(object_of(&object.second), &object);
    assert_ptr_equal(CONTAINING_RECORD(&object.references, struct object, references), &object);
    assert_int_equal(FIELD_OFFSET(struct object, second), sizeof(void *));
    UNREFERENCED_PARAMETER(state);
}

static void memory(void **state)
{
    char text[] = "abcdef", copy[sizeof text];

    (void)state;
    CopyMemory(copy, text, sizeof text);
    assert_string_equal(copy, "abcdef");
    MoveMemory(copy + 1, copy, 4);
    assert_string_equal(copy, "aabcdf");
    FillMemory(copy + 1, 2, 'x');
    assert_string_equal(copy, "axxcdf");
    ZeroMemory(copy + 3, 2);
    assert_memory_equal(copy, "axx\0\0f", sizeof copy);
}

static void text_is_narrow_without_unicode(void **state)
{
    LPCTSTR text = TEXT("abc");
    TCHAR copy[] = TEXT("abc");
    LPTSTR end = copy + 3;

    (void)state;
    assert_string_equal(text, "abc");
    assert_int_equal(sizeof copy, 4);
    assert_int_equal(*end, 0);
}

/* ---- headers that interface compilers write -------------------------------------------------- */

static STDMETHODIMP counter_count(ICounter *This, hyper start, const byte *bytes, ULONG size,
                                  boolean *odd)
{
    UNREFERENCED_PARAMETER(This);
    for (ULONG i = 0; i < size; i++) {
        start += bytes[i];
    }
    *odd = (boolean)(start & 1);
    return S_OK;
}

static void compiled_interfaces_work(void **state)
{
    static ICounterVtbl vtbl = {NULL, NULL, NULL, counter_count};
    ICounter counter = {&vtbl};
    const byte bytes[] = {1, 255};
    boolean odd = 2;
    OLECHAR text[39];

    (void)state;
    assert_int_equal(sizeof(hyper), 8);
    assert_int_equal(sizeof(MIDL_uhyper), 8);
    assert_hr(counter.lpVtbl->Count(&counter, 0x100000001, bytes, ARRAYSIZE(bytes), &odd), S_OK);
    assert_int_equal(odd, 1);
    assert_int_equal(StringFromGUID2(&IID_ICounter, text, ARRAYSIZE(text)), 39);
    assert_memory_equal(text, OLESTR("{6F2F5A11-0F6D-4E0B-9D3B-000000000001}"), sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_passes),
        cmocka_unit_test(the_process_has_a_number),
        cmocka_unit_test(interlocked_numbers),
        cmocka_unit_test(interlocked_pointers),
        cmocka_unit_test(interlocked_numbers_lose_nothing),
        cmocka_unit_test(places),
        cmocka_unit_test(memory),
        cmocka_unit_test(text_is_narrow_without_unicode),
        cmocka_unit_test(compiled_interfaces_work),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
