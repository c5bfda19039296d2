/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "uring_test.h"

#include <dirent.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void require_uring(void)
{
    struct io_uring_params params = {.flags = 0};
    int fd;

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    fd = (int)syscall(SYS_io_uring_setup, 1, &params);
    if (fd < 0) {
        char reason[128];

        (void)snprintf(reason, sizeof reason, "there is no io_uring to be had here: %s",
                       strerror(errno));
        test_skip_program(reason);
    }
    (void)close(fd);
    if ((params.features & IORING_FEAT_RSRC_TAGS) == 0) { /* 5.13; 5.15 has no mark of its own */
        test_skip_program("this kernel's io_uring is older than that of Linux 5.15");
    }
}

guise_uring *start_ring(uint32_t entries)
{
    guise_uring *ring = NULL;
    struct who self;

    serve(0, NULL, &self);
    CHILD_OK(guise_uring_create(entries, &ring));
    CHILD_CHECK(ring != NULL);
    return ring;
}

guise_context *client_context(uid_t uid, guise_level level, uint32_t authn_level)
{
    const gid_t groups[] = {TEAM};
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = authn_level};
    guise_token *token = client_token(uid, uid, uid == CAROL ? 1 : 0, groups, level);
    guise_context *context = NULL;

    CHILD_OK(guise_context_create(&blanket, token, &context));
    guise_token_unref(token);
    return context;
}

guise_context *simple_context(uid_t uid)
{
    return client_context(uid, GUISE_LEVEL_IMPERSONATE, GUISE_AUTHN_LEVEL_PKT);
}

guise_call *call_of(guise_context *context)
{
    guise_call *call = NULL;

    CHILD_OK(guise_call_create(context, &call));
    return call;
}

guise_result ask_open(guise_uring *ring, guise_call *call, const char *name, uint64_t flags,
                      void *tag)
{
    guise_uring_how how = {.size = sizeof how, .flags = flags};

    if ((flags & O_CREAT) != 0) {
        how.mode = 0600;
    }
    return guise_uring_openat(ring, call, AT_FDCWD, kernel_path(name), &how, tag);
}

void submit(guise_uring *ring, uint32_t count)
{
    uint32_t handed_over = 77;

    CHILD_OK(guise_uring_submit(ring, &handed_over));
    CHILD_CHECK(handed_over == count);
}

guise_uring_done next_done(guise_uring *ring)
{
    guise_uring_done done = {.size = sizeof done};

    CHILD_OK(guise_uring_wait(ring, GUISE_INFINITE, &done));
    CHILD_CHECK(done.size == sizeof done);
    return done;
}

int open_as(guise_uring *ring, guise_call *call, const char *name, uint64_t flags)
{
    guise_uring_done done;
    int tag;

    CHILD_OK(ask_open(ring, call, name, flags, &tag));
    submit(ring, 1);
    done = next_done(ring);
    CHILD_CHECK(done.tag == &tag);
    CHILD_OK(done.result);
    if (done.value < 0) {
        return -done.value;
    }
    CHILD_CHECK((fcntl(done.value, F_GETFD) & FD_CLOEXEC) != 0);
    CHILD_CHECK(close(done.value) == 0);
    return 0;
}

void must_be_refused(const guise_uring_done *done)
{
    CHILD_CHECK_RESULT(done->result, GUISE_E_CALL_COMPLETE);
    CHILD_CHECK(done->value == -EACCES);
}

int ring_fd(void)
{
    char path[64], target[64];

    for (int fd = 3; fd < 256; fd++) {
        ssize_t length;

        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (strcmp(target, "anon_inode:[io_uring]") == 0) {
            return fd;
        }
    }
    return -1;
}

unsigned count_and_forget(unsigned limit)
{
    unsigned count = 0;
    int fd = ring_fd();

    CHILD_CHECK(fd >= 0);
    for (unsigned id = 0; id < limit; id++) {
        count += syscall(SYS_io_uring_register, fd, IORING_UNREGISTER_PERSONALITY, NULL, id) == 0;
    }
    return count;
}

unsigned count_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    CHILD_CHECK(directory != NULL);
    while (readdir(directory) != NULL) {
        count++;
    }
    (void)closedir(directory);
    return count;
}
