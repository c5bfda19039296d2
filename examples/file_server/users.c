/* SPDX-License-Identifier: MIT */
#include "users.h"

#include <stdlib.h>

struct user { /* there is one for each uid that has connections */
    struct users *users;
    struct user *next;
    uid_t uid;
    unsigned connections;
    unsigned requests;
};

void users_init(struct users *users, const struct limits *limits)
{
    *users = (struct users){.limits = *limits, .lock = PTHREAD_MUTEX_INITIALIZER};
}

void users_destroy(struct users *users)
{
    pthread_mutex_destroy(&users->lock);
}

/*
 * From here to the next such line: the lock is held.
 */

static struct user *find_or_create(struct users *users, uid_t uid)
{
    struct user *user = users->first;

    while (user != NULL && user->uid != uid) {
        user = user->next;
    }
    if (user != NULL) {
        return user;
    }
    user = calloc(1, sizeof *user);
    if (user == NULL) {
        return NULL;
    }
    *user = (struct user){.users = users, .next = users->first, .uid = uid};
    users->first = user;
    return user;
}

static void forget(struct user *user)
{
    struct user **link = &user->users->first;

    while (*link != user) {
        link = &(*link)->next;
    }
    *link = user->next;
    free(user);
}

static struct user *enter(struct users *users, uid_t uid)
{
    struct user *user;

    if (users->connections >= users->limits.connections) {
        return NULL;
    }
    user = find_or_create(users, uid);
    if (user == NULL || user->connections >= users->limits.user_connections) {
        return NULL;
    }
    user->connections++;
    users->connections++;
    return user;
}

/*
 * From here on: the lock is free.
 */

struct user *user_enter(struct users *users, uid_t uid)
{
    struct user *user;

    pthread_mutex_lock(&users->lock);
    user = enter(users, uid);
    pthread_mutex_unlock(&users->lock);
    return user;
}

void user_leave(struct user *user)
{
    struct users *users = user->users;

    pthread_mutex_lock(&users->lock);
    users->connections--;
    if (--user->connections == 0) {
        forget(user);
    }
    pthread_mutex_unlock(&users->lock);
}

bool user_begin(struct user *user)
{
    struct users *users = user->users;
    bool room;

    pthread_mutex_lock(&users->lock);
    room = user->requests < users->limits.user_requests;
    user->requests += room;
    pthread_mutex_unlock(&users->lock);
    return room;
}

void user_end(struct user *user)
{
    pthread_mutex_lock(&user->users->lock);
    user->requests--;
    pthread_mutex_unlock(&user->users->lock);
}
