/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#define COBJMACROS
#include "testbed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <objbase.h>

void assert_hr_at(HRESULT actual, HRESULT expected, const char *file, int line)
{
    if (actual == expected) {
        return;
    }
    print_error("0x%08X, not 0x%08X\n", (unsigned)actual, (unsigned)expected);
    _fail(file, line);
}

guise_token *token_of(const char *name, uid_t uid, guise_level level)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = uid, .gid = uid, .name = name, .level = level};
    guise_token *token;

    assert_hr(guise_token_create(&desc, &token), GUISE_OK);
    return token;
}

/* ---- an obstacle ----------------------------------------------------------------------------- */

static void stand_in_the_way(struct job *job)
{
    struct obstacle *obstacle = (struct obstacle *)((char *)job - offsetof(struct obstacle, job));

    pthread_mutex_lock(&obstacle->lock);
    pthread_mutex_unlock(&obstacle->lock);
}

void block_worker(struct fixture *f)
{
    struct obstacle *obstacle = &f->obstacle;

    obstacle->job.run = stand_in_the_way;
    pthread_mutex_lock(&obstacle->lock);
    obstacle->stands = true;
    worker_post(f->worker, &obstacle->job);
}

void unblock_worker(struct fixture *f)
{
    f->obstacle.stands = false;
    pthread_mutex_unlock(&f->obstacle.lock);
}

/* ---- a server, and files --------------------------------------------------------------------- */

static unsigned count_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void make_file(const struct fixture *f, const char *name, mode_t mode, const char *content,
                      off_t size)
{
    int fd = openat(f->folder.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    pthread_mutex_init(&f->obstacle.lock, NULL);
    strcpy(f->path, "/tmp/com_server_tests.XXXXXX");
    assert_non_null(mkdtemp(f->path));
    assert_int_equal(chmod(f->path, 0755), 0); /* mallory, too, may look for files here */
    f->folder.fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->folder.fd >= 0);
    make_file(f, "alice.txt", 0600, "Only alice.", 11);
    make_file(f, "\xC3\xA4\xF0\x9F\x91\xA5", 0600, "Name.", 5);
    make_file(f, "big", 0600, "", READ_LIMIT + 1);
    assert_int_equal(mkdirat(f->folder.fd, "directory", 0700), 0);
    assert_int_equal(symlinkat("alice.txt", f->folder.fd, "link"), 0);

    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_hr(worker_create(&f->worker), S_OK);
    assert_hr(FileReader_Create(&f->folder, f->worker, &f->reader), S_OK);
    assert_hr(IFileReader_QueryInterface(f->reader, &IID_ICallFactory, (void **)&f->factory), S_OK);
    f->descriptors = count_descriptors();
    *state = f;
    return 0;
}

/* Once the worker has ended nothing is open, and only the test has a reference. */
int teardown(void **state)
{
    static const char *const names[] = {"alice.txt", "\xC3\xA4\xF0\x9F\x91\xA5", "big", "link"};
    struct fixture *f = *state;

    if (f->obstacle.stands) { /* after a test that failed */
        unblock_worker(f);
    }
    if (f->worker != NULL) {
        worker_destroy(f->worker);
    }
    assert_int_equal(count_descriptors(), f->descriptors);
    assert_int_equal(ICallFactory_Release(f->factory), 1);
    assert_int_equal(IFileReader_Release(f->reader), 0);
    CoUninitialize();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(unlinkat(f->folder.fd, names[i], 0), 0);
    }
    assert_int_equal(unlinkat(f->folder.fd, "directory", AT_REMOVEDIR), 0);
    assert_int_equal(close(f->folder.fd), 0);
    assert_int_equal(rmdir(f->path), 0);
    pthread_mutex_destroy(&f->obstacle.lock);
    free(f);
    return 0;
}
