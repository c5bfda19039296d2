/* SPDX-License-Identifier: MIT */
/*
 * A file system with a server that does not answer: every look-up in it lasts until the server is
 * ended. The server is a child process that speaks to /dev/fuse. For children (child.h): the mount
 * is visible in a mount namespace of the calling process only, and disappears with it.
 */
#ifndef GUISE_SLOW_FS_H
#define GUISE_SLOW_FS_H

#include <stdbool.h>
#include <sys/types.h>

struct slow_fs {
    pid_t server;
    int asked; /* one byte for each look-up that the server has been asked for */
};

/* Mounted at that directory. False: this system has none to give. */
bool slow_fs_begin(struct slow_fs *fs, const char *directory);
/* Waits until the server has been asked for so many more. */
void slow_fs_await(const struct slow_fs *fs, unsigned count);
/* Everything that waits for the server fails. */
void slow_fs_end(const struct slow_fs *fs);

#endif
