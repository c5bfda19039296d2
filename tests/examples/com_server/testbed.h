/* SPDX-License-Identifier: MIT */
/* What both test programs stand on: a server with a few files, and exact results. */
#ifndef COM_SERVER_TESTBED_H
#define COM_SERVER_TESTBED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/types.h>

#include <guise/guise.h>

#include "server.h"

#define PATIENCE_MS 30000u /* what never takes that long has failed */
#define ALL 100u           /* more than there is in any of the small files */

#define NO_SUCH_FILE HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)
#define BAD_LEVEL HRESULT_FROM_WIN32(ERROR_BAD_IMPERSONATION_LEVEL)

/* In decimal HRESULTs say nothing. */
#define assert_hr(actual, expected) assert_hr_at((actual), (expected), __FILE__, __LINE__)
void assert_hr_at(HRESULT actual, HRESULT expected, const char *file, int line);

/* A token for a user; the caller drops it with guise_token_unref. */
guise_token *token_of(const char *name, uid_t uid, guise_level level);

struct obstacle {
    struct job job;
    pthread_mutex_t lock; /* held while it stands in the way */
    bool stands;
};

struct fixture {
    char path[64];
    struct folder folder;
    struct worker *worker; /* NULL: a test has ended it already */
    IFileReader *reader;
    ICallFactory *factory;
    unsigned descriptors; /* open before the test */
    struct obstacle obstacle;
};

int setup(void **state);
int teardown(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Keeps the worker from what is posted in between. */
void block_worker(struct fixture *f);
void unblock_worker(struct fixture *f);

#endif
