/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <guise/thread.h>

#define STATUS_SIZE 8192

static bool read_status(char *text, size_t size)
{
    char path[64];
    size_t length = 0;
    ssize_t got;
    int fd;

    snprintf(path, sizeof path, "/proc/self/task/%ld/status", syscall(SYS_gettid));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    while (length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0) {
        length += (size_t)got;
    }
    close(fd);
    text[length] = '\0';
    return length > 0;
}

/* What follows "\nName:"; NULL: no such line. */
static const char *value_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);

    return line != NULL ? line + strlen(name) : NULL;
}

/* All numbers of a line; keeps at most limit of them and returns how many there are. */
static size_t numbers(const char *line, unsigned *out, size_t limit)
{
    size_t count = 0;

    while (line != NULL) {
        char *end;
        unsigned long number;

        line += strspn(line, " \t");
        number = strtoul(line, &end, 10);
        if (end == line) {
            break;
        }
        if (count < limit) {
            out[count] = (unsigned)number;
        }
        count++;
        line = *end == '\n' ? NULL : end;
    }
    return count;
}

struct identity identity_read(void)
{
    char text[STATUS_SIZE];
    struct identity it = {.known = false};
    const guise_token *token = guise_thread_token();
    int error = errno; /* the watched code must not see a change */

    if (read_status(text, sizeof text)) {
        const char *capabilities = value_of(text, "\nCapEff:");
        it.known = numbers(value_of(text, "\nUid:"), it.uid, 4) == 4 &&
                   numbers(value_of(text, "\nGid:"), it.gid, 4) == 4 && capabilities != NULL;
        it.group_count = numbers(value_of(text, "\nGroups:"), it.groups, GROUPS_SHOWN);
        it.capabilities = it.known ? strtoull(capabilities, NULL, 16) : 0;
    }
    it.client = token != NULL;
    it.token = token != NULL ? guise_token_uid(token) : 0;
    errno = error;
    return it;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
    return a->known && b->known && a->client == b->client && a->token == b->token &&
           memcmp(a->uid, b->uid, sizeof a->uid) == 0 &&
           memcmp(a->gid, b->gid, sizeof a->gid) == 0 && a->group_count == b->group_count &&
           memcmp(a->groups, b->groups, sizeof a->groups) == 0 &&
           a->capabilities == b->capabilities;
}

struct identity identity_as(const struct identity *self, uid_t uid, gid_t gid, const gid_t *groups,
                            size_t group_count)
{
    struct identity it = {.known = self->known,
                          .uid = {self->uid[0], uid, self->uid[2], uid},
                          .gid = {self->gid[0], gid, self->gid[2], gid},
                          .group_count = group_count};

    for (size_t i = 0; i < group_count && i < GROUPS_SHOWN; i++) {
        it.groups[i] = groups[i];
    }
    return it;
}

static void join(char *out, size_t size, const unsigned *ids, size_t count)
{
    size_t used = 0;

    snprintf(out, size, "-");
    for (size_t i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%u", i == 0 ? "" : " ", ids[i]);
    }
}

void identity_print(const char *what, const struct identity *it)
{
    char uid[64], gid[64], groups[256], token[16] = "-";

    join(uid, sizeof uid, it->uid, 4);
    join(gid, sizeof gid, it->gid, 4);
    join(groups, sizeof groups, it->groups,
         it->group_count < GROUPS_SHOWN ? it->group_count : GROUPS_SHOWN);
    if (it->client) {
        snprintf(token, sizeof token, "%u", (unsigned)it->token);
    }
    printf("    %-28s %-6s %-24s %-24s %-12s %010llx\n", what, token, uid, gid, groups,
           (unsigned long long)it->capabilities);
}
