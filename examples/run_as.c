/* SPDX-License-Identifier: MIT */
/*
 * run_as USER FILE: prints the file as that user, a name or a uid. The kernel decides whether the
 * user may read it. Needs CAP_SETUID and CAP_SETGID, which root has.
 */
#define _DEFAULT_SOURCE
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

#include <guise/guise.h>

static FILE *s_file;

/* The one thing that is done as the user. */
static guise_result open_file(void *path)
{
    s_file = fopen(path, "r");
    return GUISE_OK;
}

/* Called as self, because a name is looked up in files and over sockets. A uid that has no name gets
 * the gid of the same number and no other group. NULL: no such user, or not all of its groups. */
static guise_token *make_token(const char *user)
{
    gid_t groups[1024];
    int count = sizeof groups / sizeof groups[0];
    char *end;
    unsigned long id = strtoul(user, &end, 10);
    int is_uid = *user >= '0' && *user <= '9' && *end == '\0' && id < (uid_t)-1;
    const struct passwd *entry = is_uid ? getpwuid((uid_t)id) : getpwnam(user);
    guise_token_desc desc = {
        sizeof desc, user, (uid_t)id, (gid_t)id, groups, 0, GUISE_LEVEL_IMPERSONATE};
    guise_token *token = NULL;

    if (entry != NULL && getgrouplist(entry->pw_name, entry->pw_gid, groups, &count) >= 0) {
        desc.uid = entry->pw_uid;
        desc.gid = entry->pw_gid;
        desc.group_count = (size_t)count;
    } else if (entry != NULL || !is_uid) {
        return NULL; /* with a part of its groups it would be another user */
    }
    return guise_token_create(&desc, &token) == GUISE_OK ? token : NULL;
}

int main(int argc, char **argv)
{
    guise_token *user;
    int byte;

    if (argc != 3 || guise_use_provider(guise_provider_linux()) != GUISE_OK) {
        fprintf(stderr, "usage: run_as USER FILE (%s)\n", guise_provider_reason());
        return 2;
    }
    user = make_token(argv[1]);
    if (guise_run_as(user, open_file, argv[2]) != GUISE_OK) { /* refuses a NULL too */
        fprintf(stderr, "run_as: cannot become %s\n", argv[1]);
        return EXIT_FAILURE;
    }
    guise_token_unref(user);
    while (s_file != NULL && (byte = getc(s_file)) != EOF) {
        putchar(byte);
    }
    if (s_file == NULL || ferror(s_file)) { /* the library has kept errno */
        perror(argv[2]);
        return EXIT_FAILURE;
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
