/* SPDX-License-Identifier: MIT */
/*
 * A provider makes the slot's token real for the operating system. The core owns everything else:
 * the slot, the frames, the calls, when to enter and when to leave.
 *
 * There is one provider in a process, chosen before the first token is made: guise_provider_linux()
 * where the kernel shall enforce, or guise_provider_emulated(), which asks the kernel nothing. There
 * is no default: until a choice succeeded no token can be made, so that a server which forgets to
 * choose never opens a client's file with its own rights. A program may bring its own provider.
 */
#ifndef GUISE_PROVIDER_H
#define GUISE_PROVIDER_H

#include <guise/token.h>

GUISE_BEGIN_DECLS

/* The operating system refuses the acts that the client may not do. Without this flag only the program's
 * own checks (guise_token_check_access) stand between client and data. */
#define GUISE_PROVIDER_ENFORCED 1u

typedef struct guise_provider guise_provider;

/*
 * Six functions. enter and leave are the hot pair: no allocation, no lock, no input or output, no
 * look-up, no cancellation point. All six keep errno. prepared is the pointer that prepare stored.
 */
struct guise_provider {
    size_t size;      /* sizeof(guise_provider) */
    const char *name; /* "linux"; for people */
    uint32_t flags;   /* GUISE_PROVIDER_ENFORCED; for programs that want to know */

    /* Called by guise_use_provider: finds out what this process may do, and records the identity that
     * is self. Any result but GUISE_OK means that the provider cannot keep its promises here, and it is
     * not used. */
    guise_result (*probe)(const guise_provider *self);

    /* Called for every token when it is made: does everything that needs memory, or may fail without it. If
     * it stores NULL there is nothing to do for this provider: enter and leave are never called for such
     * a token, but discard is. */
    guise_result (*prepare)(const guise_provider *self, const guise_token *token, void **prepared);
    void (*discard)(const guise_provider *self, void *prepared);

    /* The thread, which is self, becomes prepared. GUISE_OK: the system has confirmed it.
     * GUISE_E_ACCESS_DENIED: the thread is exactly what it was. There is no other result; if neither can
     * be had the process ends. */
    guise_result (*enter)(const guise_provider *self, const void *prepared);

    /* The thread, which is prepared, becomes self. Returns only if the system has confirmed it; a thread
     * that is not prepared any more was changed by other code and ends the process. NULL: a thread that
     * verify called restorable becomes self, because the program declared it to be the server's; or a
     * child that a signal handler forked in the middle of enter or leave does. */
    void (*leave)(const guise_provider *self, const void *prepared);

    /* Asks the system for this thread's identity. GUISE_OK: it is prepared's (NULL: self's).
     * GUISE_E_UNEXPECTED: it is another one; for NULL: leave(NULL) can make it self's.
     * GUISE_E_ACCESS_DENIED: it is another one, and must be left alone.
     * GUISE_E_OUT_OF_MEMORY: there is no memory to find out. */
    guise_result (*verify)(const guise_provider *self, const void *prepared);
};

/*
 * Chooses the provider for the rest of the process. Choosing the one in use again does nothing.
 * After a failure there is still no provider, and every token is refused with GUISE_E_NO_PROVIDER
 * until a choice succeeded: a server that meant to be enforced does not run emulated by accident.
 * guise_provider_reason says why in words.
 *
 * GUISE_E_INVALID_ARGUMENT  provider is NULL; its size is too small or its unknown tail not zero; a
 *                           function is missing; a flag is unknown.
 * GUISE_E_TOO_LATE          Another provider is in use, in this or in another copy of the library in
 *                           this process (both with GUISE_PROVIDER_ENFORCED).
 * GUISE_E_ACCESS_DENIED     The process has not the rights that the provider needs.
 * GUISE_E_NOT_SUPPORTED     The provider does not exist on this system.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_UNEXPECTED        Its probe returned a result that is neither a failure nor GUISE_OK.
 *
 * Lifetime: the provider is borrowed until the process ends.
 * Safety: any thread, as self; best from main before threads are made. The identity of the calling
 * thread at this moment is what "self" means from here on.
 */
GUISE_API GUISE_MUST_USE guise_result guise_use_provider(const guise_provider *provider);

/* The provider that was chosen; NULL if none was. Safety: any thread, also in a signal handler. */
GUISE_API const guise_provider *guise_provider_in_use(void);

/*
 * Why the last choice failed, in words for people: "CAP_SETGID is not in the effective set". The
 * empty string after a choice that succeeded, "no provider was chosen" before the first. Choosing the
 * one in use again, and GUISE_E_INVALID_ARGUMENT, leave it as it is. A provider
 * of the program's own that refused is named by its result. Never NULL.
 *
 * Lifetime: a constant. Safety: any thread, also in a signal handler.
 */
GUISE_API const char *guise_provider_reason(void);

/* The slot is the truth and nothing is asked of the kernel. Works everywhere. Never NULL. */
GUISE_API const guise_provider *guise_provider_emulated(void);

/*
 * The kernel enforces: raw per-thread system calls set groups, effective gid and effective uid, and
 * clear the effective capabilities. Needs CAP_SETUID and CAP_SETGID, nothing else. A token at
 * anonymous or identify level gets a powerless identity: overflow ids, no groups, no capabilities.
 * Where the overflow uid is the server's own, or one of the overflow ids is 0, a client with such a
 * token is refused (I-13). A client with uid 0 gets its ids without capabilities, and is refused by a
 * server that is not root itself. Never NULL; where there is no such kernel its probe says
 * GUISE_E_NOT_SUPPORTED. The probe says GUISE_E_ACCESS_DENIED also to a process that could not be put
 * back, for example one with ids or groups that have no name in its user namespace;
 * guise_provider_reason says why.
 *
 * Real ids stay the server's. So acts that go by the real uid (kill, sigqueue, SIGIO, ptrace,
 * process_vm_readv, pidfd_getfd, prlimit, ioprio_set, access) are the server's acts even while a
 * thread is a client: never do them because a client asks. In exchange no client can signal the thread;
 * a client can change its priority and processors, which go by the effective uid.
 */
GUISE_API const guise_provider *guise_provider_linux(void);

/*
 * The same, but real ids are the client's too, so that those acts are the client's. In exchange a
 * process of that client on this machine may send the thread signals and change its I/O priority
 * while it impersonates: for servers whose clients come from other machines. Needs a process whose
 * real, effective and saved ids are equal.
 */
GUISE_API const guise_provider *guise_provider_linux_full(void);

GUISE_END_DECLS

#endif
