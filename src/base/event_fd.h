/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that the library opened, in a process where other code may close it: a daemon, or a child
 * process, closes all descriptors that it has, and their numbers are used again. The library acts on a
 * number only while it still stands for the file that was opened here, as long as no other thread closes
 * that file at the same moment.
 *
 * The system tells whether a number stands for a file that this library made (port.h). The list in
 * event_fd.c tells whether it stands for a later one of those files.
 */
#ifndef GUISE_SRC_BASE_EVENT_FD_H
#define GUISE_SRC_BASE_EVENT_FD_H

#include "port/port.h"

struct guise__descriptor {
    struct guise__event event;
    _Atomic(struct guise__descriptor *) next; /* in a list of event_fd.c */
    atomic_bool lost; /* a later one has its number, so this one was closed */
};

/* Opens a descriptor; false, and nothing is changed, if the system has none left. */
bool guise__descriptor_open(struct guise__descriptor *descriptor);
/* Does the number still stand for the file that was opened? If not, only guise__descriptor_close may
 * follow. */
bool guise__descriptor_is_there(const struct guise__descriptor *descriptor);
/* Forgets the descriptor, and closes it if it is still there. */
void guise__descriptor_close(struct guise__descriptor *descriptor);

#endif
