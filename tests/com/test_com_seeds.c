/* SPDX-License-Identifier: MIT */
/* The texts from which the fuzz targets start (tests/fuzz/corpus): what is read, and what refused. Wine has
 * these functions too, and is asked the same. */
#include "com_test.h"

#include <sddl.h>

enum { ALL_PARTS = 0xF };

struct text {
    const char *given;
    DWORD error;
    const char *again; /* what was read, as text */
};

static const struct text s_sids[] = {
    {"BA", ERROR_SUCCESS, "S-1-5-32-544"},
    {"S-1-0xffffffffffff-4294967295", ERROR_SUCCESS, "S-1-0xffffffffffff-4294967295"},
    {"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", ERROR_SUCCESS,
     "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"},
    {"S-1-0x00000000000a-1", ERROR_SUCCESS, "S-1-10-1"},
    {"S-1-5", ERROR_INVALID_SID, NULL},
    {"S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", ERROR_INVALID_SID, NULL},
    {"s-1-05-032", ERROR_SUCCESS, "S-1-5-32"},
    {"S-1-5-4294967296", ERROR_INVALID_SID, NULL},
    {"S-1-22-1-1000", ERROR_SUCCESS, "S-1-22-1-1000"},
};

static const struct text s_descriptors[] = {
    {"O:S-1-22-1-1000G:S-1-22-2-100D:PARAI(D;OICI;0x1f01ff;;;BA)(A;NP;GAGXGWGR;;;SU)"
     "S:(AU;SAFA;CCDC;;;SY)",
     ERROR_SUCCESS,
     "O:S-1-22-1-1000G:S-1-22-2-100D:PARAI(D;OICI;FA;;;BA)(A;NP;GAGXGWGR;;;SU)"
     "S:(AU;SAFA;CCDC;;;SY)"},
    {"D:S:", ERROR_SUCCESS, "D:S:"},
    {"S:(ML;;NWNR;;;LW)", ERROR_SUCCESS, "S:(ML;;NWNR;;;LW)"},
    {"D:NO_ACCESS_CONTROL", ERROR_SUCCESS, "D:NO_ACCESS_CONTROL"},
    {"D:(A;;GA;;;WD", ERROR_INVALID_ACL, NULL},
    {"S:AI(AU;FA;FA;;;WD)D:(A;;037;;;WD)G:SYO:BA", ERROR_SUCCESS,
     "O:BAG:SYD:(A;;CCDCLCSWRP;;;WD)S:AI(AU;FA;FA;;;WD)"},
    {"D:(A;;GA;;;WD;)", ERROR_INVALID_ACL, NULL},
    {"O:BAG:SYD:(A;;GA;;;WD)", ERROR_SUCCESS, "O:BAG:SYD:(A;;GA;;;WD)"},
    {" O: BA G: SY D: P ( A ; ; GA ; ; ; WD ) ", ERROR_SUCCESS, "O:BAG:SYD:P(A;;GA;;;WD)"},
    {"", ERROR_SUCCESS, ""},
    {"D:(OA;CI;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;00000000-0000-0000-0000-000000000001;AU)",
     ERROR_SUCCESS,
     "D:(OA;CI;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;00000000-0000-0000-0000-000000000001;AU)"},
    {"O:BAO:BA", ERROR_INVALID_PARAMETER, NULL},
    {"D:(XA;;FX;;;WD;(Title==\"PM\"))", ERROR_INVALID_ACL, NULL},
};

static void check_sid(const struct text *text)
{
    PSID sid = POISON;
    LPSTR again = NULL;
    BOOL is_read;

    SetLastError(ERROR_SUCCESS);
    is_read = ConvertStringSidToSidA(text->given, &sid);
    assert_int_equal(is_read ? ERROR_SUCCESS : GetLastError(), text->error);
    if (!is_read || text->error != ERROR_SUCCESS) {
        return;
    }
    assert_true(ConvertSidToStringSidA(sid, &again));
    assert_string_equal(again, text->again);
    assert_null(LocalFree(again));
    assert_null(LocalFree(sid));
}

static void check_descriptor(const struct text *text)
{
    PSECURITY_DESCRIPTOR descriptor = POISON;
    LPSTR again = NULL;
    BOOL is_read;

    SetLastError(ERROR_SUCCESS);
    is_read = ConvertStringSecurityDescriptorToSecurityDescriptorA(text->given, SDDL_REVISION_1,
                                                                   &descriptor, NULL);
    assert_int_equal(is_read ? ERROR_SUCCESS : GetLastError(), text->error);
    if (!is_read || text->error != ERROR_SUCCESS) {
        return;
    }
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1,
                                                                     ALL_PARTS, &again, NULL));
    assert_string_equal(again, text->again);
    assert_null(LocalFree(again));
    assert_null(LocalFree(descriptor));
}

static void seeds_of_sids(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_sids / sizeof *s_sids; i++) {
        check_sid(&s_sids[i]);
    }
}

static void seeds_of_descriptors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_descriptors / sizeof *s_descriptors; i++) {
        check_descriptor(&s_descriptors[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_of_sids),
        cmocka_unit_test(seeds_of_descriptors),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
