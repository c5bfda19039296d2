/* SPDX-License-Identifier: MIT */
/*
 * What one thread has done with the provider: the record that says which token, if any, the thread
 * carries for the system. It is separate from the slot (thread_state.h) because a signal handler may
 * fork between the provider's step and the change of the slot, and the child then has to know both.
 */
#ifndef GUISE_SRC_IDENTITY_SWITCH_RECORD_H
#define GUISE_SRC_IDENTITY_SWITCH_RECORD_H

#include <stdbool.h>
#include <sys/types.h>

#include <guise/token.h>

#include "port/compiler.h"

struct guise__switch_record {
    const guise_token *switching; /* the provider is at work on it, in or out; NULL: on none */
    const guise_token *carried;   /* the thread carries it for the system; NULL: none */
    bool remade;       /* in a child forked while the provider was at work: the thread was
                                     made self in the middle of that work */
    gid_t *group_room; /* owned; for reading lists of groups too long for the stack */
};

/* All zero in a new thread: it carries nothing. Only its own thread reads or writes it. */
extern GUISE_TLS struct guise__switch_record tl_guise_switch;

/* Lists of groups up to this length are read on the stack. */
enum { GUISE__GROUPS_ON_STACK = 1024 };

/* Makes room for the longest list (provider.h) if the stack is too small for it. False: no memory. An
 * attached thread keeps the room to its end; any other caller drops it. */
bool guise__group_room_make(void);
void guise__group_room_drop(void);

/* The thread carries either nothing or a token that the provider has prepared. */
bool guise__switch_record_is_valid(const volatile struct guise__switch_record *record);

#endif
