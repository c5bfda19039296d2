/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "slow_fs.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/child.h"

static void answer(int device, uint64_t unique, const void *body, size_t size)
{
    char packet[256];
    struct fuse_out_header head = {.len = (uint32_t)(sizeof head + size), .unique = unique};

    memcpy(packet, &head, sizeof head);
    memcpy(packet + sizeof head, body, size);
    (void)!write(device, packet, sizeof head + size);
}

static void answer_init(int device, uint64_t unique, const struct fuse_init_in *asked)
{
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                .minor = FUSE_KERNEL_MINOR_VERSION,
                                .max_readahead = asked->max_readahead,
                                .flags = FUSE_PARALLEL_DIROPS,
                                .max_background = 1000,
                                .max_write = 4096};

    answer(device, unique, &out, sizeof out);
}

static void answer_root(int device, uint64_t unique)
{
    struct fuse_attr_out out = {.attr_valid = 3600};

    out.attr.ino = FUSE_ROOT_ID;
    out.attr.mode = S_IFDIR | 0777;
    out.attr.nlink = 2;
    answer(device, unique, &out, sizeof out);
}

/* Until it is killed. */
static void serve_slowly(int device, int asked)
{
    static _Alignas(8) char packet[1 << 16];
    const struct fuse_in_header *head = (const void *)packet;

    while (read(device, packet, sizeof packet) > 0) {
        if (head->opcode == FUSE_INIT) {
            answer_init(device, head->unique, (const void *)(head + 1));
            (void)!write(asked, "", 1); /* look-ups before this would be one at a time */
        } else if (head->opcode == FUSE_GETATTR) {
            answer_root(device, head->unique);
        } else if (head->opcode == FUSE_LOOKUP) {
            (void)!write(asked, "", 1);
        }
    }
    _exit(0);
}

static bool mount_at(int device, const char *directory)
{
    char options[128];

    (void)snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
                   device);
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("slow", directory, "fuse", MS_NOSUID | MS_NODEV, options) == 0;
}

bool slow_fs_begin(struct slow_fs *fs, const char *directory)
{
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    int ends[2];

    if (device < 0 || !mount_at(device, directory)) {
        return false;
    }
    CHILD_CHECK(pipe2(ends, O_CLOEXEC) == 0);
    fs->server = fork();
    CHILD_CHECK(fs->server >= 0);
    if (fs->server == 0) {
        serve_slowly(device, ends[1]);
    }
    CHILD_CHECK(close(device) == 0 && close(ends[1]) == 0);
    fs->asked = ends[0];
    slow_fs_await(fs, 1);
    return true;
}

void slow_fs_await(const struct slow_fs *fs, unsigned count)
{
    char byte;

    for (; count > 0; count--) {
        CHILD_CHECK(read(fs->asked, &byte, 1) == 1);
    }
}

void slow_fs_end(const struct slow_fs *fs)
{
    CHILD_CHECK(kill(fs->server, SIGKILL) == 0);
    CHILD_CHECK(waitpid(fs->server, NULL, 0) == fs->server);
    CHILD_CHECK(close(fs->asked) == 0);
}
