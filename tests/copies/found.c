/* SPDX-License-Identifier: MIT */
/* Built with src/port/copies_elf.c into a program and, as PLUGIN, into a shared object: does each find
 * the other's mark, and not its own? The script linkers builds it in many ways. */
#include <dlfcn.h>
#include <stdio.h>

#include "port/port.h"

#ifdef PLUGIN

__attribute__((visibility("default"))) int plugin_finds(void);
__attribute__((visibility("default"))) void plugin_marks(void);

int plugin_finds(void)
{
    return guise__other_copy_is_marked();
}

void plugin_marks(void)
{
    guise__mark_copy();
}

#else

static void *s_plugin;

static int call(const char *name)
{
    union {
        void *address;
        int (*fn)(void);
    } function = {dlsym(s_plugin, name)};

    return function.fn();
}

static int failed(const char *what)
{
    (void)printf("%s\n", what);
    return 1;
}

int main(int count, char **arguments)
{
    s_plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (s_plugin == NULL) {
        return failed(dlerror());
    }
    if (guise__other_copy_is_marked() || call("plugin_finds") != 0) {
        return failed("found a mark before there was one");
    }
    if (count > 2) { /* the plugin is the first */
        (void)call("plugin_marks");
        if (call("plugin_finds") != 0) {
            return failed("the plugin found its own mark");
        }
        return guise__other_copy_is_marked() ? 0 : failed("the plugin's mark was not found");
    }
    guise__mark_copy();
    if (guise__other_copy_is_marked()) {
        return failed("the program found its own mark");
    }
    return call("plugin_finds") != 0 ? 0 : failed("the program's mark was not found");
}

#endif
