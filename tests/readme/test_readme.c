/* SPDX-License-Identifier: MIT */
/*
 * README's C blocks, as they stand there, in a process that is root, with a client of another uid. The
 * function that serves a request must not open root's file, whichever provider was chosen, or none; nor
 * must the whole server, which is run with a client that connects to it. The block about guise_run_as
 * acts as its user.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

/* Tells a client of the whole server that it may connect. */
static int s_listening = -1;

static int listen_and_tell(int listener, int backlog)
{
    int result = listen(listener, backlog);

    if (result == 0 && s_listening >= 0) {
        CHILD_CHECK(write(s_listening, "", 1) == 1);
    }
    return result;
}

#define main snippet_main
#define serve snippet_serve
#define listen listen_and_tell
guise_result snippet_serve(guise_context *client, int *fd);
int snippet_main(void);
#include "readme_snippet.c"
#undef main
#undef serve
#undef listen

/* That block's main is empty and there only so that it can be linked. */
#define main run_as_main
guise_result make_folder_as(const guise_token *user, char *path);
int run_as_main(void);
#include "readme_run_as.c"
#undef main

enum { ALICE = 50001, NO_DESCRIPTOR = -1 };
static const char s_text[] = "the report";

static guise_context *client_at(guise_level level)
{
    guise_token *token = client_token(ALICE, ALICE, 0, NULL, level);
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_context *client;

    blanket.authn_level = GUISE_AUTHN_LEVEL_CONNECT;
    CHILD_OK(guise_context_create(&blanket, token, &client));
    guise_token_unref(token);
    return client;
}

static void write_report(uid_t owner)
{
    int file = open("report.txt", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    CHILD_CHECK(file >= 0 && fchown(file, owner, owner) == 0);
    CHILD_CHECK(write(file, s_text, sizeof s_text) == sizeof s_text && close(file) == 0);
}

static void serve_report(guise_level level, uid_t owner, guise_result expected, bool opened)
{
    guise_context *client = client_at(level);
    int fd = 12345;

    write_report(owner);
    CHILD_CHECK_RESULT(snippet_serve(client, &fd), expected);
    CHILD_CHECK((fd != NO_DESCRIPTOR) == opened);
    CHILD_CHECK(!opened || close(fd) == 0);
    CHILD_CHECK(unlink("report.txt") == 0);
    guise_context_unref(client);
}

/* I-01: nothing was chosen, so there is no client to serve. */
static void without_a_provider(void *arg)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token;

    (void)arg;
    desc.uid = ALICE;
    desc.gid = ALICE;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_E_NO_PROVIDER);
}

static void with_the_emulated_provider(void *arg)
{
    (void)arg;
    CHILD_OK(guise_use_provider(guise_provider_emulated()));
    serve_report(GUISE_LEVEL_IMPERSONATE, 0, GUISE_E_NOT_SUPPORTED, false);
}

static void serve_enforced(const guise_provider *provider)
{
    CHILD_OK(guise_use_provider(provider));
    serve_report(GUISE_LEVEL_IMPERSONATE, 0, GUISE_OK, false); /* the kernel says no */
    serve_report(GUISE_LEVEL_IMPERSONATE, ALICE, GUISE_OK, true);
    serve_report(GUISE_LEVEL_IDENTIFY, 0, GUISE_E_BAD_LEVEL, false);
    serve_report(GUISE_LEVEL_IDENTIFY, ALICE, GUISE_E_BAD_LEVEL, false);
}

static void with_the_linux_provider(void *arg)
{
    (void)arg;
    serve_enforced(guise_provider_linux());
}

static void with_the_full_provider(void *arg)
{
    (void)arg;
    serve_enforced(guise_provider_linux_full());
}

/* ---- the whole server ------------------------------------------------------------------------ */

static pid_t start_server(void)
{
    int listening[2];
    char byte;
    pid_t server;

    CHILD_CHECK(pipe(listening) == 0);
    server = fork();
    CHILD_CHECK(server >= 0);
    if (server == 0) {
        s_listening = listening[1];
        (void)alarm(60); /* a check that fails leaves it behind */
        (void)close(listening[0]);
        _exit(snippet_main());
    }
    (void)close(listening[1]);
    CHILD_CHECK(read(listening[0], &byte, 1) == 1);
    (void)close(listening[0]);
    return server;
}

/* As Alice: the size of what the server sends until it closes the connection. */
static _Noreturn void be_client(size_t expected)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "report.socket"};
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char bytes[sizeof s_text + 1];
    size_t size = 0;
    ssize_t count;

    CHILD_CHECK(raw_setgroups(0, NULL) && raw_setresgid(ALICE, ALICE, ALICE));
    CHILD_CHECK(raw_setresuid(ALICE, ALICE, ALICE));
    CHILD_CHECK(peer >= 0 && connect(peer, (struct sockaddr *)&at, sizeof at) == 0);
    while ((count = recv(peer, bytes + size, sizeof bytes - size, 0)) > 0) {
        size += (size_t)count;
    }
    CHILD_CHECK(count == 0 && size == expected && memcmp(bytes, s_text, size) == 0);
    _exit(0);
}

static void must_get(uid_t owner, size_t expected)
{
    int status = -1;
    pid_t client;

    write_report(owner);
    client = fork();
    CHILD_CHECK(client >= 0);
    if (client == 0) {
        be_client(expected);
    }
    CHILD_CHECK(waitpid(client, &status, 0) == client && status == 0);
    CHILD_CHECK(unlink("report.txt") == 0);
}

static void the_whole_server(void *arg)
{
    pid_t server = start_server();
    int status = -1;

    (void)arg;
    must_get(0, 0); /* the kernel says no */
    must_get(ALICE, sizeof s_text);
    CHILD_CHECK(waitpid(server, &status, WNOHANG) == 0); /* still serving */
    CHILD_CHECK(kill(server, SIGKILL) == 0 && waitpid(server, &status, 0) == server);
    CHILD_CHECK(unlink("report.socket") == 0);
}

/* ---- guise_run_as ---------------------------------------------------------------------------- */

static void must_make_folder(const guise_token *user, char *path, bool made)
{
    struct stat folder;

    CHILD_CHECK_RESULT(make_folder_as(user, path), made ? GUISE_OK : GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(geteuid() == 0 && guise_thread_token() == NULL);
    CHILD_CHECK((stat(path, &folder) == 0) == made);
    CHILD_CHECK(!made || (folder.st_uid == ALICE && folder.st_gid == ALICE && rmdir(path) == 0));
}

static void a_folder_of_the_user(void *arg)
{
    char here[] = "folder", there[] = "of-alice/folder";
    guise_token *alice;

    (void)arg;
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    alice = client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    CHILD_CHECK(mkdir("of-alice", 0700) == 0 && chown("of-alice", ALICE, ALICE) == 0);
    must_make_folder(alice, here, false); /* root's directory */
    must_make_folder(alice, there, true);
    CHILD_CHECK(rmdir("of-alice") == 0);
    guise_token_unref(alice);
}

static int enter_directory(void **state)
{
    return kernel_dir_make(state) == 0 && chdir(kernel_path(".")) == 0 ? 0 : -1;
}

static int leave_directory(void **state)
{
    return chdir("/") == 0 ? kernel_dir_remove(state) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(without_a_provider),
        kernel_test(with_the_emulated_provider),
        kernel_test(with_the_linux_provider),
        kernel_test(with_the_full_provider),
        kernel_test(the_whole_server),
        kernel_test(a_folder_of_the_user),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
