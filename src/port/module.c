/* SPDX-License-Identifier: MIT */
/*
 * The shared object that this library is part of: libguise.so, a plugin that libguise.a was linked
 * into, or the program itself. libc is given addresses of functions in it (a thread-exit key, fork
 * handlers), so it must stay mapped until the process ends, also after dlclose. libguise.so is
 * linked with -z nodelete; a plugin is pinned here, while it runs, because its author decides how
 * it is linked.
 *
 * dladdr and dlsym are weak, so that a static program need not link them. dlopen is looked up by name,
 * because even a weak reference to it makes the linker warn about a static program.
 */
#define _GNU_SOURCE
#include "port/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#if defined(__ELF__) && (defined(__GLIBC__) || !defined(__linux__)) && defined(RTLD_NOLOAD) &&     \
    defined(RTLD_NODELETE)

#include <link.h>
#include <string.h>

#pragma weak dladdr
#pragma weak dlsym

/* This object's own dynamic section; none in a static program. */
extern ElfW(Dyn) _DYNAMIC[] __attribute__((weak, visibility("hidden")));

/* Only a program has DT_DEBUG. */
static bool is_program_or_nodelete(const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_DEBUG ||
            (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_NODELETE) != 0)) {
            return true;
        }
    }
    return false;
}

static bool can_be_unloaded(void)
{
    return _DYNAMIC != NULL && dladdr != NULL && dlsym != NULL && !is_program_or_nodelete(_DYNAMIC);
}

/* Pins this object by a handle that is never closed. */
static bool module_pin(void)
{
    static const char here;
    void *symbol = dlsym(RTLD_DEFAULT, "dlopen");
    void *(*open_object)(const char *name, int mode);
    Dl_info object;

    if (symbol == NULL || dladdr(&here, &object) == 0) {
        return false;
    }
    memcpy(&open_object, &symbol, sizeof open_object);
    return open_object(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE) != NULL;
}

bool guise__module_pin(void)
{
    int saved_errno = errno;
    bool is_pinned = !can_be_unloaded() || module_pin();

    errno = saved_errno;
    return is_pinned;
}

#else

/* musl unloads nothing; on other systems the plugin has to be linked accordingly. */
bool guise__module_pin(void)
{
    return true;
}

#endif
