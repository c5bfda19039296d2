/* SPDX-License-Identifier: MIT */
/*
 * host FILE FUNCTION [FILLER...]: loads a shared object on a thread, calls an int (*)(void) of it,
 * unloads it, ends the thread and forks. Exits with 0 if the function gave 0 and the process is
 * alive.
 *
 * Fillers are loaded first and stay. With any, one of them must fail to load: they are there to use
 * up what the loader keeps for thread-local storage of the initial-exec model; musl keeps nothing.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char **s_arguments;

static void fail(const char *what)
{
    (void)printf("host: FAILED: %s\n", what);
    exit(1);
}

static void *load(const char *file)
{
    void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL);

    if (object == NULL) {
        fail(dlerror());
    }
    return object;
}

static void *use_it(void *unused)
{
    void *object = load(s_arguments[1]);
    void *symbol = dlsym(object, s_arguments[2]);
    int (*function)(void) = NULL;

    (void)unused;
    if (symbol == NULL) {
        fail(dlerror());
    }
    memcpy(&function, &symbol, sizeof(function));
    if (function() != 0) {
        fail("the function in the loaded object");
    }
    if (dlclose(object) != 0) {
        fail(dlerror());
    }
    return NULL;
}

static void fill(char **fillers)
{
    while (*fillers != NULL && dlopen(*fillers, RTLD_NOW | RTLD_LOCAL) != NULL) {
        fillers++;
    }
    if (*fillers == NULL || strstr(dlerror(), "TLS") == NULL) {
        fail("the fillers did not use up the room for thread-local storage, so nothing is shown");
    }
}

static void fork_once(void)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fail("a forked child");
    }
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc < 3) {
        return 2;
    }
    s_arguments = argv;
    if (argc > 3) {
        fill(argv + 3);
    }
    if (pthread_create(&thread, NULL, use_it, NULL) != 0 || pthread_join(thread, NULL) != 0) {
        fail("a thread");
    }
    fork_once();
    (void)printf("loaded, used and unloaded: ok\n");
    return 0;
}
