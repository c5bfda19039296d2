/* SPDX-License-Identifier: MIT */
/*
 * A provider makes the slot's token real for the operating system. The core owns everything else:
 * the slot, the frames, the calls, when to enter and when to leave.
 *
 * There is one provider in a process, chosen before the first token is made: guise_provider_linux()
 * where the kernel shall enforce, else guise_provider_emulated(), which asks the kernel nothing and
 * is what a program gets that never chooses. A program may bring its own.
 */
#ifndef GUISE_PROVIDER_H
#define GUISE_PROVIDER_H

#include <guise/token.h>

GUISE_BEGIN_DECLS

/* The operating system refuses what the client may not do; without it only the program's own
 * checks (guise_token_check_access) stand between client and data. */
#define GUISE_PROVIDER_ENFORCED 1u

typedef struct guise_provider guise_provider;

/*
 * Six functions. enter and leave are the hot pair: no allocation, no lock, no input or output, no
 * look-up, no cancellation point. All six keep errno. prepared is what prepare stored.
 */
struct guise_provider {
    size_t size;      /* sizeof(guise_provider) */
    const char *name; /* "linux"; for people */
    uint32_t flags;   /* GUISE_PROVIDER_ENFORCED; for programs that want to know */

    /* Once, by guise_use_provider: what may this process do? Records who self is. Anything but
     * GUISE_OK means the provider cannot keep its promises here, and it is not used. */
    guise_result (*probe)(const guise_provider *self);

    /* For every token, when it is made: everything that needs memory or may fail for want of it.
     * Storing NULL means there is nothing to do for this provider: enter and leave are never called
     * for such a token (discard is). */
    guise_result (*prepare)(const guise_provider *self, const guise_token *token, void **prepared);
    void (*discard)(const guise_provider *self, void *prepared);

    /* Self becomes prepared. GUISE_OK and the system has confirmed it; or GUISE_E_ACCESS_DENIED and
     * the thread is exactly what it was; or the process is gone. Never anything else. */
    guise_result (*enter)(const guise_provider *self, const void *prepared);

    /* prepared becomes self. Returns only if the system has confirmed it; a thread that is not
     * prepared any more was changed behind our back and ends the process. NULL: whatever verify
     * called restorable becomes self. */
    void (*leave)(const guise_provider *self, const void *prepared);

    /* Asks the system who this thread is: GUISE_OK, it is prepared (NULL: self).
     * GUISE_E_UNEXPECTED: it is not; for NULL: but leave(NULL) can put it right.
     * GUISE_E_ACCESS_DENIED: it is not, and must be left alone.
     * GUISE_E_OUT_OF_MEMORY: could not be found out. */
    guise_result (*verify)(const guise_provider *self, const void *prepared);
};

/*
 * Chooses the provider for the rest of the process. After a failure, other than a bad argument or
 * being too late, no token can be made until a choice succeeded: a server that meant to be enforced
 * does not run emulated by accident.
 *
 * GUISE_E_INVALID_ARGUMENT  NULL; size too small or an unknown tail not zero; a function missing;
 *                           an unknown flag.
 * GUISE_E_TOO_LATE          a provider was chosen, or the first token made, before.
 * GUISE_E_ACCESS_DENIED     the process may not do what the provider needs.
 * GUISE_E_NOT_SUPPORTED     the provider does not exist on this system.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 * GUISE_E_UNEXPECTED        its probe answered something that is no failure and not GUISE_OK.
 *
 * Lifetime: the provider is borrowed until the process ends.
 * Safety: any thread, as self; best from main before threads are made. Who the calling thread is
 * now is what "self" means from here on.
 */
GUISE_API GUISE_MUST_USE guise_result guise_use_provider(const guise_provider *provider);

/* The slot is the truth and nothing is asked of the kernel. Works everywhere. Never NULL. */
GUISE_API const guise_provider *guise_provider_emulated(void);

/*
 * The kernel enforces: raw per-thread system calls set groups, effective gid and effective uid, and
 * clear the effective capabilities. Needs CAP_SETUID and CAP_SETGID, nothing else. A token at
 * anonymous or identify level becomes nobody at all: overflow ids, no groups. A client with uid 0
 * gets its ids without capabilities, and is refused by a server that is not root itself. Never
 * NULL; where there is no such kernel its probe says GUISE_E_NOT_SUPPORTED. The probe says
 * GUISE_E_ACCESS_DENIED also to a process that could not be put back: one whose own ids or groups
 * are, or include, the overflow id.
 */
GUISE_API const guise_provider *guise_provider_linux(void);

GUISE_END_DECLS

#endif
