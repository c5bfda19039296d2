/* SPDX-License-Identifier: MIT */
/*
 * Memory that is found only where the allocator looked second: it has noted ENOMEM by then, and no
 * function of Guise may let that be seen. Something else lies right behind the heap, so growing it
 * fails, and everything comes from elsewhere.
 */
#define _DEFAULT_SOURCE
#include "support/scene.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONTEXTS = 20000, PAGE = 4096, KEPT = 4242 };

static guise_context *s_contexts[CONTEXTS];

/* NULL if the system has other ideas; then the heap grows, and the test says nothing. */
static void *put_behind_heap(void)
{
    uintptr_t end = ((uintptr_t)sbrk(0) + PAGE - 1) / PAGE * PAGE;
    void *there = mmap((void *)end, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return there == MAP_FAILED ? NULL : there;
}

static void success_keeps_errno(void **state)
{
    guise_token *token = make_token("alice", 1001);
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    void *behind = put_behind_heap();

    (void)state;
    test_watchdog(60);
    for (int i = 0; i < CONTEXTS; i++) {
        errno = KEPT;
        assert_ok(guise_context_create(&blanket, token, &s_contexts[i]));
        assert_int_equal(errno, KEPT);
    }
    for (int i = 0; i < CONTEXTS; i++) {
        errno = KEPT;
        guise_context_unref(s_contexts[i]);
        assert_int_equal(errno, KEPT);
    }
    guise_token_unref(token);
    if (behind != NULL) {
        (void)munmap(behind, PAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(success_keeps_errno)};

    test_use_emulated();
    return cmocka_run_group_tests_name("heap_end", tests, NULL, NULL);
}
