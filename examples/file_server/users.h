/* SPDX-License-Identifier: MIT */
/*
 * How much of the server each user has: its connections, and its requests that are not answered yet.
 * A user that takes all that one user may have leaves the rest to the others.
 *
 * Users are told apart by uid, as the kernel says it of a connection: before the hello, too.
 */
#ifndef FILE_SERVER_USERS_H
#define FILE_SERVER_USERS_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct limits {
    unsigned connections;      /* of all users together */
    unsigned user_connections; /* of each user */
    unsigned user_requests;    /* in flight, on all connections of a user */
    unsigned hello_seconds;    /* for the hello, from when the connection is accepted */
};

#define LIMITS_DEFAULT                                                                             \
    {                                                                                              \
        .connections = 64, .user_connections = 8, .user_requests = 32, .hello_seconds = 5          \
    }

struct user;

struct users {
    struct limits limits; /* never change */
    pthread_mutex_t lock; /* everything below, and every user */
    struct user *first;
    unsigned connections;
};

void users_init(struct users *users, const struct limits *limits);
void users_destroy(struct users *users);

/* One more connection of this user. NULL: that would be too many, or no memory. Any thread, like the
 * rest. */
struct user *user_enter(struct users *users, uid_t uid);

/* A connection is gone: not when its client hangs up, but when its last request has ended. Otherwise
 * a client could leave requests behind, and connect again, for ever. */
void user_leave(struct user *user);

/* One more request in flight. false: that would be too many. */
bool user_begin(struct user *user);
void user_end(struct user *user);

#endif
