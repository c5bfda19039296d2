/* SPDX-License-Identifier: MIT */
/* What a call keeps about the queue into which it goes when it completes. */
#ifndef GUISE_SRC_CALL_NOTE_H
#define GUISE_SRC_CALL_NOTE_H

#include <guise/queue.h>

/* Made by guise_call_notify; freed with the call, because it has the tag. Only next changes. */
struct guise__note {
    guise_queue *queue; /* its memory is held, but it may be closed */
    guise_call *call;   /* the queue has a reference to it while the note is in the queue */
    void *tag;
    struct guise__note *next; /* set by the completer, then by a taker under the queue's lock */
};

/* The completion function of a call that has a note; its argument is the note. */
void guise__note_deliver(guise_call *call, guise_result result, void *note);

/* Frees the note, which is in no queue. */
void guise__note_free(struct guise__note *note);

#endif
