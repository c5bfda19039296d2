/* SPDX-License-Identifier: MIT */
/* Two copies of the library in one process: the program's, and a plugin's that hides its symbols. */
#define _GNU_SOURCE
#include "support/test.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "copies/plugin.h"
#include "support/child.h"
#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002 };

/* A note of another's, as long as the library's and of its type, which must not be taken for one: it
 * leads to nowhere. */
__asm__(".pushsection .note.other, \"a\", %note\n"
        ".balign 4\n"
        ".long 6, 4, 1\n"
        ".asciz \"Other\"\n"
        ".balign 4\n"
        ".long 0x7FFFFFF0\n"
        ".popsection\n");

struct plugin {
    guise_result (*choose)(const char *which);
    const char *(*reason)(void);
    guise_result (*run_as)(unsigned id);
};

static void find(void *plugin, const char *name, void *function)
{
    void *address = dlsym(plugin, name);

    CHILD_CHECK(address != NULL);
    memcpy(function, &address, sizeof address);
}

static struct plugin functions_of(void *handle)
{
    struct plugin plugin;

    CHILD_CHECK(handle != NULL);
    find(handle, "plugin_choose", &plugin.choose);
    find(handle, "plugin_reason", &plugin.reason);
    find(handle, "plugin_run_as", &plugin.run_as);
    return plugin;
}

static struct plugin load(void)
{
    return functions_of(dlopen(GUISE_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL));
}

/* With the shared library, while the program has the static one. */
static struct plugin load_shared(void)
{
    return functions_of(dlopen(GUISE_TEST_PLUGIN_SHARED, RTLD_NOW | RTLD_LOCAL));
}

/* I-09: the second copy to ask for enforcement is refused; whichever that is. */
static void must_refuse_the_second(struct plugin plugin)
{
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    CHILD_CHECK_RESULT(plugin.choose("linux"), GUISE_E_TOO_LATE);
    CHILD_CHECK(strcmp(plugin.reason(),
                       "another copy of the library in this process enforces already") == 0);
    CHILD_CHECK_RESULT(plugin.run_as(BOB), GUISE_E_NO_PROVIDER);
    CHILD_OK(plugin.choose("emulated"));
    CHILD_OK(plugin.run_as(BOB));
}

static void second_copy_is_refused(void *arg)
{
    (void)arg;
    must_refuse_the_second(load());
}

static void shared_second_copy_is_refused(void *arg)
{
    (void)arg;
    must_refuse_the_second(load_shared());
}

static void let_the_plugin_be_first(struct plugin plugin)
{
    CHILD_OK(plugin.choose("linux"));
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux()), GUISE_E_TOO_LATE);
    CHILD_OK(plugin.run_as(BOB));
    CHILD_OK(guise_use_provider(guise_provider_emulated()));
}

static void plugin_may_be_the_first(void *arg)
{
    (void)arg;
    let_the_plugin_be_first(load());
}

static void shared_plugin_may_be_the_first(void *arg)
{
    (void)arg;
    let_the_plugin_be_first(load_shared());
}

/* I-09: the mark is as old as the choice, and so is the child's; a choice of its own is only its own. */
static void copies_in_a_child(void *arg)
{
    struct plugin plugin = load();
    int status = -1;
    pid_t pid;

    (void)arg;
    pid = fork();
    if (pid == 0) {
        CHILD_OK(plugin.choose("linux"));
        CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux()), GUISE_E_TOO_LATE);
        CHILD_OK(plugin.run_as(BOB));
        test_exit_child(0);
    }
    CHILD_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    pid = fork();
    if (pid == 0) {
        CHILD_CHECK_RESULT(plugin.choose("linux"), GUISE_E_TOO_LATE);
        test_exit_child(0);
    }
    CHILD_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    CHILD_CHECK_RESULT(plugin.choose("linux"), GUISE_E_TOO_LATE);
}

static guise_result call_the_plugin(guise_call *call, void *arg)
{
    const struct plugin *plugin = arg;
    struct who client;

    (void)call;
    CHILD_OK(guise_impersonate_client());
    who_am_i(&client);
    CHILD_CHECK(client.uid[EFFECTIVE] == ALICE);
    CHILD_CHECK_RESULT(plugin->run_as(BOB), GUISE_E_ACCESS_DENIED);
    MUST_BE(&client);
    CHILD_OK(guise_thread_verify());
    return GUISE_OK;
}

/* I-03, I-09: where the mark does not help, because the other copy's provider is one of the program's
 * own making, the plugin's copy leaves the first copy's client alone. */
static void unmarked_copy_is_harmless(void *arg)
{
    struct plugin plugin = load();
    guise_provider unmarked = *guise_provider_linux();
    guise_call *call;

    (void)arg;
    unmarked.flags = 0;
    CHILD_OK(guise_use_provider(&unmarked));
    CHILD_OK(plugin.choose("linux"));
    call = simple_call(ALICE, ALICE);
    CHILD_OK(guise_call_dispatch(call, call_the_plugin, &plugin));
    guise_call_unref(call);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(LM_ID_NEWLM)
static guise_result run_as_inside(guise_call *call, void *arg)
{
    const struct plugin *plugin = arg;

    (void)call;
    CHILD_OK(plugin->run_as(BOB)); /* self: whichever copy makes it a client gives it back */
    return call_the_plugin(call, arg);
}

/* I-03, I-09: in a name space of its own the loader does not tell of the copy, so the mark is not found;
 * it is harmless all the same. */
static void copy_in_another_name_space_is_harmless(void *arg)
{
    void *handle = dlmopen(LM_ID_NEWLM, GUISE_TEST_PLUGIN_SHARED, RTLD_NOW);
    struct plugin plugin;
    struct who self;
    guise_call *call;

    (void)arg;
    if (handle == NULL) {
        child_skip(dlerror());
    }
    plugin = functions_of(handle);
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    CHILD_OK(plugin.choose("linux"));
    who_am_i(&self);
    call = simple_call(ALICE, ALICE);
    CHILD_OK(guise_call_dispatch(call, run_as_inside, &plugin));
    MUST_BE(&self);
    guise_call_unref(call);
}
#endif
/* ---- choosing at the same time --------------------------------------------------------------- */

static struct plugin s_plugin;
static guise_result s_probe_says;

/* The plugin chooses while the program's choice is not over. */
static guise_result probe_with_the_plugin(const guise_provider *self)
{
    (void)self;
    CHILD_CHECK_RESULT(s_plugin.choose("linux"), GUISE_E_TOO_LATE);
    return s_probe_says;
}

static guise_provider slow_to_choose(void)
{
    guise_provider provider = *guise_provider_emulated();

    provider.name = "slow";
    provider.flags = GUISE_PROVIDER_ENFORCED;
    provider.probe = probe_with_the_plugin;
    s_plugin = load();
    return provider;
}

/* I-09 */
static void copies_that_choose_at_the_same_time(void *arg)
{
    static guise_provider provider;

    (void)arg;
    provider = slow_to_choose();
    s_probe_says = GUISE_OK;
    CHILD_OK(guise_use_provider(&provider));
    CHILD_CHECK_RESULT(s_plugin.choose("linux"), GUISE_E_TOO_LATE);
}

/* A choice that failed keeps no other copy from choosing. */
static void a_copy_whose_choice_failed(void *arg)
{
    guise_provider provider = slow_to_choose();

    (void)arg;
    s_probe_says = GUISE_E_ACCESS_DENIED;
    CHILD_CHECK_RESULT(guise_use_provider(&provider), GUISE_E_ACCESS_DENIED);
    CHILD_OK(s_plugin.choose("linux"));
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux()), GUISE_E_TOO_LATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(second_copy_is_refused),
        kernel_test(shared_second_copy_is_refused),
        kernel_test(plugin_may_be_the_first),
        kernel_test(shared_plugin_may_be_the_first),
        kernel_test(copies_in_a_child),
        kernel_test(unmarked_copy_is_harmless),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(LM_ID_NEWLM)
        kernel_test(copy_in_another_name_space_is_harmless),
#endif
        kernel_test(copies_that_choose_at_the_same_time),
        kernel_test(a_copy_whose_choice_failed),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
