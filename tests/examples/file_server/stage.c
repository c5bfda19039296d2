/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "stage.h"

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

/* Unused numbers; they are never looked up. */
enum { ALICE = 50001, BOB = 50002, CAROL = 50003, TEAM = 50100 };

static const struct role different_users[] = {
    {"alice", GUISE_LEVEL_IMPERSONATE, ALICE, ALICE, {TEAM}, 1},
    {"bob", GUISE_LEVEL_IMPERSONATE, BOB, BOB, {0}, 0},
    {"carol", GUISE_LEVEL_IMPERSONATE, CAROL, CAROL, {TEAM}, 1},
    {"alice, identify only", GUISE_LEVEL_DEFAULT, ALICE, ALICE, {TEAM}, 1},
};

#define BACKLOG 32u

#define YES STATUS_OK
#define NO STATUS_REFUSED
#define NONE STATUS_NOT_FOUND
#define ODD STATUS_NOT_A_FILE

/* The last column: a client that does not let the server act for it gets nothing, and learns nothing
 * about the names. */
static const struct prop different_owners[] = {
    {PUBLIC_FILE, REGULAR, 0, 0, 0644, {YES, YES, YES, NO}},
    {"alice-only.txt", REGULAR, ALICE, ALICE, 0600, {YES, NO, NO, NO}},
    {"bob-only.txt", REGULAR, BOB, BOB, 0600, {NO, YES, NO, NO}},
    {"bobs-group.txt", REGULAR, 0, BOB, 0040, {NO, YES, NO, NO}},
    {"team.txt", REGULAR, 0, TEAM, 0640, {YES, NO, YES, NO}},
    {"not-for-team.txt", REGULAR, 0, TEAM, 0604, {NO, YES, NO, NO}},
    {"not-for-alice.txt", REGULAR, ALICE, CAROL, 0044, {NO, YES, YES, NO}},
    {"root-only.txt", REGULAR, 0, 0, 0600, {NO, NO, NO, NO}},
    {"link-to-public", LINK, 0, 0, 0777, {ODD, ODD, ODD, NO}},
    {"pipe", PIPE, 0, 0, 0644, {ODD, ODD, ODD, NO}},
    {"no-such-file", MISSING, 0, 0, 0, {NONE, NONE, NONE, NO}},
};

static const struct role one_user[] = {
    {.name = "first", .level = GUISE_LEVEL_IMPERSONATE},
    {.name = "second", .level = GUISE_LEVEL_IMPERSONATE},
    {.name = "third", .level = GUISE_LEVEL_IMPERSONATE},
    {.name = "identify only", .level = GUISE_LEVEL_DEFAULT},
};

static const struct prop one_owner[] = {
    {PUBLIC_FILE, REGULAR, 0, 0, 0644, {YES, YES, YES, NO}},
    {"mine-only.txt", REGULAR, 0, 0, 0600, {YES, YES, YES, NO}},
    {"write-only.txt", REGULAR, 0, 0, 0200, {NO, NO, NO, NO}},
    {"not-for-owner.txt", REGULAR, 0, 0, 0044, {NO, NO, NO, NO}},
    {"link-to-public", LINK, 0, 0, 0777, {ODD, ODD, ODD, NO}},
    {"pipe", PIPE, 0, 0, 0644, {ODD, ODD, ODD, NO}},
    {"no-such-file", MISSING, 0, 0, 0, {NONE, NONE, NONE, NO}},
};

void prop_content(const char *name, char *out, size_t size)
{
    snprintf(out, size, "This is what %s says.\n", name);
}

uint32_t ask_id(const struct stage *stage, unsigned round, size_t role, size_t prop)
{
    return (uint32_t)((round * stage->role_count + role) * stage->prop_count + prop + 1);
}

size_t ask_limit(const struct stage *stage)
{
    return ROUNDS * stage->role_count * stage->prop_count;
}

void fact_note(struct stage *stage, const char *what, const char *got, bool fine)
{
    struct fact *fact;

    if (stage->fact_count == FACT_LIMIT) {
        abort(); /* the array is sized for everything the demonstration notes */
    }
    fact = &stage->facts[stage->fact_count++];
    fact->what = what; /* a constant: the same in all processes */
    snprintf(fact->got, sizeof fact->got, "%s", got);
    fact->fine = fine;
}

bool role_become(const struct stage *stage, const struct role *role)
{
    if (stage->one_user) {
        return true;
    }
    return setgroups(role->group_count, role->groups) == 0 &&
           setresgid(role->gid, role->gid, role->gid) == 0 &&
           setresuid(role->uid, role->uid, role->uid) == 0;
}

/* ---- files ---- */

static bool fill(int fd, const struct prop *prop, off_t size)
{
    char content[128];

    prop_content(prop->name, content, sizeof content);
    return write(fd, content, strlen(content)) == (ssize_t)strlen(content) &&
           (size == 0 || ftruncate(fd, size) == 0) && fchmod(fd, prop->mode) == 0;
}

/* size: what it is made to have, with zeros after the text; 0 for just the text. */
static bool make_file(const struct prop *prop, off_t size)
{
    int fd = open(prop->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool made;

    if (fd < 0) {
        return false;
    }
    made = fill(fd, prop, size);
    return close(fd) == 0 && made;
}

/* In a child, as its owner: to become another user takes two capabilities, which impersonation needs
 * anyway; to give a file away would take a third. */
static bool make_owned_file(const struct stage *stage, const struct prop *prop, off_t size)
{
    const struct role owner = {.uid = prop->owner, .gid = prop->group};
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        _exit(role_become(stage, &owner) && make_file(prop, size) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool make_prop(const struct stage *stage, const struct prop *prop)
{
    switch (prop->kind) {
    case REGULAR:
        return make_owned_file(stage, prop, 0);
    case LINK:
        return symlink(PUBLIC_FILE, prop->name) == 0;
    case PIPE:
        return mkfifo(prop->name, 0600) == 0 && chmod(prop->name, prop->mode) == 0;
    case MISSING:
        return true;
    }
    return false;
}

/* Of the scenes after the table. */
static bool make_other_files(void)
{
    static const struct prop held = {HELD_FILE, REGULAR, 0, 0, 0644, {YES, YES, YES, NO}};
    static const struct prop big = {BIG_FILE, REGULAR, 0, 0, 0644, {YES, YES, YES, NO}};

    return make_file(&held, 0) && make_file(&big, BIG_SIZE);
}

static bool make_directory(struct stage *stage)
{
    const char *base = getenv("TMPDIR");

    snprintf(stage->directory, sizeof stage->directory, "%s/file_server.XXXXXX",
             base != NULL && *base == '/' ? base : "/tmp");
    if (mkdtemp(stage->directory) == NULL) {
        stage->directory[0] = '\0';
        return false;
    }
    /* Names from here on are relative: clients need not be able to walk to this place. */
    return chmod(stage->directory, 0777) == 0 && /* every owner makes its files, up to make_files */
           chdir(stage->directory) == 0;
}

static bool make_props(const struct stage *stage)
{
    for (size_t i = 0; i < stage->prop_count; i++) {
        if (!make_prop(stage, &stage->props[i])) {
            return false;
        }
    }
    return true;
}

static bool make_files(struct stage *stage)
{
    if (!make_props(stage) || chmod(".", 0755) != 0) {
        return false;
    }
    return listener_open(&stage->listener, SOCKET_NAME, BACKLOG) && make_other_files();
}

/* ---- cast ---- */

static bool can_open(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
}

/* Tried, rather than guessed from the uid: containers differ. Where the kernel does not enforce,
 * the server opens every file as itself, and so must be able to. */
static bool can_play_users(const struct stage *stage)
{
    static const struct prop probe = {"probe", REGULAR, ALICE, ALICE, 0600, {0}};
    bool made = make_owned_file(stage, &probe, 0);
    bool can = made && (stage->enforced || can_open(probe.name));

    if (made) {
        unlink(probe.name);
    }
    return can;
}

static void cast_one_user(struct stage *stage)
{
    int count = getgroups((int)GROUP_LIMIT, stage->roles[0].groups);

    for (size_t i = 0; i < stage->role_count; i++) {
        struct role *role = &stage->roles[i];
        memcpy(role->groups, stage->roles[0].groups, sizeof role->groups);
        role->group_count = count > 0 ? (size_t)count : 0;
        role->uid = geteuid();
        role->gid = getegid();
    }
    for (size_t i = 0; i < stage->prop_count; i++) {
        stage->props[i].owner = geteuid();
        stage->props[i].group = getegid();
    }
}

static void cast(struct stage *stage)
{
    stage->one_user = !can_play_users(stage);
    if (stage->one_user) {
        stage->role_count = sizeof one_user / sizeof one_user[0];
        stage->prop_count = sizeof one_owner / sizeof one_owner[0];
        memcpy(stage->roles, one_user, sizeof one_user);
        memcpy(stage->props, one_owner, sizeof one_owner);
        cast_one_user(stage);
    } else {
        stage->role_count = sizeof different_users / sizeof different_users[0];
        stage->prop_count = sizeof different_owners / sizeof different_owners[0];
        memcpy(stage->roles, different_users, sizeof different_users);
        memcpy(stage->props, different_owners, sizeof different_owners);
    }
}

/* ---- all of it ---- */

static bool make_semaphores(struct stage *stage)
{
    return sem_init(&stage->held, 1, 0) == 0 && sem_init(&stage->go, 1, 0) == 0 &&
           sem_init(&stage->asked, 1, 0) == 0 && sem_init(&stage->draining, 1, 0) == 0;
}

static bool set_up(struct stage *stage)
{
    if (!make_directory(stage) || !make_semaphores(stage)) {
        return false;
    }
    cast(stage);
    return make_files(stage);
}

struct stage *stage_create(bool enforced)
{
    struct stage *stage =
        mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (stage == MAP_FAILED) {
        perror("file_server: no memory to share");
        return NULL;
    }
    stage->enforced = enforced;
    stage->listener.socket = -1;
    if (set_up(stage)) {
        return stage;
    }
    fprintf(stderr, "file_server: cannot set up %s: %s\n", stage->directory, strerror(errno));
    stage_destroy(stage);
    return NULL;
}

void stage_destroy(struct stage *stage)
{
    if (stage->directory[0] != '\0' && chdir(stage->directory) == 0) {
        for (size_t i = 0; i < stage->prop_count; i++) {
            unlink(stage->props[i].name);
        }
        unlink(HELD_FILE);
        unlink(BIG_FILE);
        unlink(SOCKET_NAME);
        if (chdir("/") != 0 || rmdir(stage->directory) != 0) {
            perror(stage->directory);
        }
    }
    munmap(stage, sizeof *stage);
}
