/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tool.h"

#include <string.h>
#include <unistd.h>

bool tool_path(const char *name, char out[TOOL_PATH])
{
    ssize_t length = readlink("/proc/self/exe", out, TOOL_PATH - 1);
    char *slash;

    if (length <= 0) {
        return false;
    }
    out[length] = '\0';
    slash = strrchr(out, '/');
    if (slash == NULL || (size_t)(slash - out) + strlen(name) + 2 > TOOL_PATH) {
        return false;
    }
    (void)strcpy(slash + 1, name);
    return true;
}

FILE *tool_open(const char *name)
{
    char path[TOOL_PATH], command[TOOL_PATH + 3];

    if (!tool_path(name, path) || access(path, X_OK) != 0) {
        return NULL;
    }
    /* A directory's name with a quote in it is not supported. */
    (void)snprintf(command, sizeof command, "'%s'", path);
    return popen(command, "re");
}
