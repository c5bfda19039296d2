/* SPDX-License-Identifier: MIT */
/*
 * Who the process is. Nothing is written down: the provider's self may be older than the process's
 * present groups, and a provider that asks the kernel nothing knows none. So the thread is asked,
 * as itself.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <unistd.h>

#include "com_hooks.h"
#include "port/port.h"
#include "identity/provider.h"
#include "thread/thread_state.h"

/* The supplementary groups, with guise__alloc; no fewer than *count by the time they are read. */
static guise_result read_groups(gid_t **groups, size_t *count)
{
    int room = getgroups(0, NULL);
    int got;

    *groups = guise__alloc((room > 0 ? (size_t)room : 1) * sizeof **groups);
    if (*groups == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    got = room > 0 ? getgroups(room, *groups) : room;
    if (got < 0) {
        guise__free(*groups);
        return GUISE_E_ACCESS_DENIED; /* another thread changes them, or a filter says no */
    }
    *count = (size_t)got;
    return GUISE_OK;
}

/* On a thread that is self. */
static guise_result read_self(guise_token **out)
{
    guise_token_desc desc = {.size = sizeof desc, .level = GUISE_LEVEL_DELEGATE};
    gid_t *groups = NULL;
    guise_result result = read_groups(&groups, &desc.group_count);

    if (result != GUISE_OK) {
        return result;
    }
    desc.uid = geteuid();
    desc.gid = getegid();
    desc.groups = groups;
    result = guise_token_create(&desc, out);
    guise__free(groups);
    /* The description is well formed, so the ids are those that stand for nobody in particular. */
    return result == GUISE_E_INVALID_ARGUMENT ? GUISE_E_ACCESS_DENIED : result;
}

static guise_result attach(void)
{
    guise_result result = guise__provider_settle();

    return result == GUISE_OK ? guise__thread_attach() : result;
}

/* W-20: not the client, who may be here now; the scope takes it off and puts it back. There is no
 * cancellation point in between. */
guise_result guise__self_token(guise_token **out)
{
    struct guise__scope scope;
    guise_result result = attach();
    int kept = errno;

    *out = NULL;
    if (result != GUISE_OK) {
        return result;
    }
    scope = guise__scope_new(guise__current_call(), GUISE__RUN_AS);
    guise__scope_enter(&scope);
    result = read_self(out);
    guise__scope_clear(&scope);
    guise__scope_leave(&scope);
    errno = kept;
    return result;
}
