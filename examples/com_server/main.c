/* SPDX-License-Identifier: MIT */
/*
 * A COM server and its clients, each a process; clients of different users where this process may
 * become other users (CAP_SETUID and CAP_SETGID; root has them). The files:
 *
 *   asclient.c   opens a file as the client
 *   call.c       Begin_Read, the worker, Signal, Finish_Read
 *   server.c     the object that clients call, and its ICallFactory
 *   transport.c  requests come in, and GuiseDispatchCall; stub.c is what it is told about Read
 *   folder.c     open() and pread()
 */
#define _GNU_SOURCE
#define COBJMACROS
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <guise/guise.h>

#include "server.h"
#include "transport.h"

#define SOCKET "socket"
#define ROLES 3u
#define FILES 3u
#define LIFETIME_S 120u /* of a process, should everything else have failed */

#define NO_SUCH_FILE HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)
#define BAD_LEVEL HRESULT_FROM_WIN32(ERROR_BAD_IMPERSONATION_LEVEL)

/* Unused numbers; they are never looked up. */
enum { ALICE = 50001, BOB = 50002 };

struct role {
    const char *name;
    uid_t uid; /* 0: that of this process */
    guise_level level;
};

struct file {
    const char *name; /* NULL: there is none */
    LPCWSTR wide;
    const char *content;
    uid_t owner; /* 0: this process */
    mode_t mode;
    HRESULT expected[ROLES];
};

struct play {
    struct role roles[ROLES];
    struct file files[FILES];
};

static const struct play two_users = {
    .roles = {{"alice", ALICE, GUISE_LEVEL_IMPERSONATE},
              {"bob", BOB, GUISE_LEVEL_IMPERSONATE},
              {"alice, identify only", ALICE, GUISE_LEVEL_IDENTIFY}},
    .files = {{"alice.txt",
               OLESTR("alice.txt"),
               "For alice.",
               ALICE,
               0600,
               {S_OK, E_ACCESSDENIED, BAD_LEVEL}},
              {"all.txt", OLESTR("all.txt"), "For all.", 0, 0644, {S_OK, S_OK, BAD_LEVEL}},
              {NULL, OLESTR("none.txt"), NULL, 0, 0, {NO_SUCH_FILE, NO_SUCH_FILE, BAD_LEVEL}}},
};

static const struct play one_user = {
    .roles = {{"you", 0, GUISE_LEVEL_IMPERSONATE},
              {"you, delegate", 0, GUISE_LEVEL_DELEGATE},
              {"you, identify only", 0, GUISE_LEVEL_IDENTIFY}},
    .files = {{"yours.txt", OLESTR("yours.txt"), "For you.", 0, 0600, {S_OK, S_OK, BAD_LEVEL}},
              {"locked.txt",
               OLESTR("locked.txt"),
               "For nobody.",
               0,
               0200,
               {E_ACCESSDENIED, E_ACCESSDENIED, BAD_LEVEL}},
              {NULL, OLESTR("none.txt"), NULL, 0, 0, {NO_SUCH_FILE, NO_SUCH_FILE, BAD_LEVEL}}},
};

/* What a client got; its process and ours share it. */
struct answer {
    bool answered, intact;
    HRESULT result;
};

/* ---- the server ------------------------------------------------------------------------------ */

/* Guise itself never falls back: without the kernel's enforcement the server says so. */
static bool choose_provider(bool emulated, bool *kernel_decides)
{
    guise_result result =
        emulated ? GUISE_E_NOT_SUPPORTED : guise_use_provider(guise_provider_linux());

    *kernel_decides = result == GUISE_OK;
    if (*kernel_decides) {
        printf("The kernel decides what clients may read.\n\n");
        return true;
    }
    if (!emulated) {
        printf("The kernel cannot be asked to decide: %s.\n%s", guise_provider_reason(),
               result == GUISE_E_ACCESS_DENIED
                   ? "It takes CAP_SETUID and CAP_SETGID, which root has.\n"
                   : "");
    }
    printf("The emulated provider is used, and the server checks modes itself.\n\n");
    return guise_use_provider(guise_provider_emulated()) == GUISE_OK;
}

static bool run_server(const struct folder *folder, int listener, int stop)
{
    struct worker *worker;
    IFileReader *reader;
    bool fine;

    if (FAILED(worker_create(&worker))) {
        return false;
    }
    fine = SUCCEEDED(FileReader_Create(folder, worker, &reader));
    if (fine) {
        fine = transport_run(listener, stop, (IUnknown *)reader);
    }
    worker_destroy(worker); /* and with it every call that is under way */
    return fine && IFileReader_Release(reader) == 0;
}

static bool serve(int listener, int stop, bool emulated)
{
    struct folder folder = {.fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    bool fine;

    if (folder.fd < 0 || !choose_provider(emulated, &folder.kernel_decides) ||
        FAILED(CoInitializeEx(NULL, COINIT_MULTITHREADED))) {
        return false;
    }
    fflush(stdout);
    fine = run_server(&folder, listener, stop);
    CoUninitialize();
    close(folder.fd);
    return fine;
}

/* ---- the clients ----------------------------------------------------------------------------- */

static bool become(uid_t uid)
{
    return uid == 0 || (setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
                        setresuid(uid, uid, uid) == 0);
}

static void ask(const struct role *role, const struct file *file, struct answer *answer)
{
    char bytes[64];
    size_t got = 0;
    size_t expected;

    answer->answered =
        transport_read(SOCKET, role->level, file->wide, &answer->result, bytes, sizeof bytes, &got);
    expected = answer->result == S_OK ? strlen(file->content) : 0;
    answer->intact = got == expected && (got == 0 || memcmp(bytes, file->content, got) == 0);
}

static bool ask_for_all(const struct play *play, const struct role *role, struct answer *answers)
{
    if (!become(role->uid)) {
        return false;
    }
    for (size_t i = 0; i < FILES; i++) {
        ask(role, &play->files[i], &answers[i]);
    }
    return true;
}

/* ---- the processes --------------------------------------------------------------------------- */

/* 0 in the child. */
static pid_t start(void)
{
    pid_t child;

    fflush(NULL);
    child = fork();

    if (child == 0) {
        alarm(LIFETIME_S);
    }
    return child;
}

static bool ended_well(pid_t child)
{
    int status = -1;

    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
        continue;
    }
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* Without the kernel's enforcement the server opens every file as itself, so it must be root. Else it
 * is tried, in a child, rather than guessed from the uid: containers differ. */
static bool can_be_others(bool emulated)
{
    pid_t child = !emulated || geteuid() == 0 ? start() : -1;

    if (child == 0) {
        _exit(become(two_users.roles[0].uid) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return ended_well(child);
}

static bool run_clients(const struct play *play, struct answer answers[ROLES][FILES])
{
    bool fine = true;

    for (size_t i = 0; i < ROLES; i++) {
        pid_t client = start();
        if (client == 0) {
            exit(ask_for_all(play, &play->roles[i], answers[i]) ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        fine = ended_well(client) && fine;
    }
    return fine;
}

/* The server ends when the other end of stop is closed in every process. */
static bool run_all(const struct play *play, bool emulated, struct answer answers[ROLES][FILES])
{
    int stop[2];
    int listener = transport_listen(SOCKET);
    bool fine;
    pid_t server;

    if (listener < 0 || pipe(stop) != 0) {
        return false;
    }
    server = start();
    if (server == 0) {
        close(stop[1]);
        exit(serve(listener, stop[0], emulated) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(listener);
    close(stop[0]);
    fine = run_clients(play, answers);
    close(stop[1]);
    return ended_well(server) && fine;
}

/* ---- what there is to read, and what came of it ---------------------------------------------- */

static bool make_file(const struct file *file)
{
    int fd = open(file->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t size;
    bool made;

    if (fd < 0) {
        return false;
    }
    size = strlen(file->content);
    made = write(fd, file->content, size) == (ssize_t)size && fchmod(fd, file->mode) == 0;
    return close(fd) == 0 && made;
}

/* In a child, as its owner: that takes no capability but the two that the server needs anyway. */
static bool make_owned_file(const struct file *file)
{
    pid_t child;

    if (file->name == NULL) {
        return true;
    }
    child = start();
    if (child == 0) {
        _exit(become(file->owner) && make_file(file) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return ended_well(child);
}

/* In a new directory, which becomes the working directory. Every owner may make files in it, for as
 * long as they are made. */
static bool set_up(const struct play *play, char *path)
{
    if (mkdtemp(path) == NULL || chmod(path, 0777) != 0 || chdir(path) != 0) {
        return false;
    }
    for (size_t i = 0; i < FILES; i++) {
        if (!make_owned_file(&play->files[i])) {
            return false;
        }
    }
    return chmod(".", 0755) == 0;
}

static void clean_up(const struct play *play, const char *path)
{
    for (size_t i = 0; i < FILES; i++) {
        if (play->files[i].name != NULL) {
            unlink(play->files[i].name);
        }
    }
    unlink(SOCKET);
    if (chdir("/") != 0 || rmdir(path) != 0) {
        perror(path);
    }
}

static const char *name_of(HRESULT result)
{
    switch (result) {
    case S_OK:
        return "S_OK";
    case E_ACCESSDENIED:
        return "E_ACCESSDENIED";
    case NO_SUCH_FILE:
        return "ERROR_FILE_NOT_FOUND";
    case BAD_LEVEL:
        return "ERROR_BAD_IMPERSONATION_LEVEL";
    default:
        return "something else";
    }
}

static bool report(const struct role *role, const struct file *file, const struct answer *answer,
                   HRESULT expected)
{
    bool fine = answer->answered && answer->intact && answer->result == expected;

    printf("  %-22s %-11s %s%s\n", role->name, file->name != NULL ? file->name : "(no such)",
           answer->answered ? name_of(answer->result) : "no answer", fine ? "" : " UNEXPECTED");
    return fine;
}

static bool report_all(const struct play *play, struct answer answers[ROLES][FILES])
{
    bool fine = true;

    printf("  %-22s %-11s %s\n", "client", "file", "what its Read got");
    for (size_t i = 0; i < ROLES; i++) {
        for (size_t k = 0; k < FILES; k++) {
            fine = report(&play->roles[i], &play->files[k], &answers[i][k],
                          play->files[k].expected[i]) &&
                   fine;
        }
    }
    return fine;
}

static bool demonstrate(const struct play *play, bool emulated)
{
    char path[] = "/tmp/com_server.XXXXXX";
    size_t size = sizeof(struct answer[ROLES][FILES]);
    struct answer(*answers)[FILES] =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool fine;

    if (answers == MAP_FAILED) {
        return false;
    }
    fine = set_up(play, path) && run_all(play, emulated, answers);
    if (!fine) {
        fprintf(stderr, "com_server: a process broke off, or there was none (%s)\n",
                strerror(errno));
    }
    fine = report_all(play, answers) && fine;
    clean_up(play, path);
    munmap(answers, size);
    return fine;
}

int main(int argc, char **argv)
{
    bool emulated = argc == 2 && strcmp(argv[1], "--emulated") == 0;
    bool fine;

    if (argc > 1 && !emulated) {
        fprintf(stderr, "usage: com_server [--emulated]\n");
        return 2;
    }
    fine = demonstrate(can_be_others(emulated) ? &two_users : &one_user, emulated);
    printf("\n%s\n", fine ? "As it should be." : "NOT as it should be.");
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
