/* SPDX-License-Identifier: MIT */
/*
 * Files as the client, through an io_uring: a library of its own, guise-uring.
 *
 * Becoming a client and oneself again takes a dozen system calls and more. A ring can be told once
 * who a client is, while a thread is that client and the kernel has confirmed it; from then on a
 * request names the client, and no thread has to become anybody. The library does that by itself,
 * once for each context and ring, and makes the ring forget at the end of whichever ends first.
 *
 * Where the boundary is. A request made with a call is the client's act, and the rule is that of
 * impersonation (call.h): guise_uring_submit looks at each request's call, and a request whose call
 * has completed is refused, whenever it was made. So after guise_call_signal has returned, no
 * guise_uring_submit that begins hands anything of that call to the kernel as the client. One that
 * runs at the same time may go either way. What the kernel was given before Signal goes on as the
 * client and may finish after it, like any system call under way on a thread that is the client.
 *
 * Only the library submits. A program describes requests; it never has the ring's descriptor, an
 * entry of its queue, or the number by which the ring knows a client.
 *
 * Every request says who it is made as: the client of a call, or, where call is NULL, the server
 * itself as it was when the ring was made, whichever thread asks. It never depends on who the
 * submitting thread is at that moment, nor on who it is later, when the kernel tries again. Submit
 * as the server all the same: the kernel may make threads for its own use, and they start as who
 * submits.
 *
 * A file that is open needs no client to be read or written: the kernel decided when it was opened.
 * With a call the request is refused after Signal, and what the kernel asks when a file is written
 * (quotas, set-user-ID bits) it asks about the client.
 *
 *     guise_uring_openat(ring, call, directory, "report.txt", &how, tag);
 *     guise_uring_submit(ring, &count);
 *     guise_uring_wait(ring, GUISE_INFINITE, &done);     done.value is the descriptor, or -errno
 *
 * It needs the linux provider, Linux 5.11 and an io_uring that the system lets this process have
 * (kernel.io_uring_disabled, seccomp): without, guise_uring_create says GUISE_E_NOT_SUPPORTED. A
 * security module may have a say in taking on a ring's identity (SELinux: io_uring override_creds).
 *
 * fork: rings are the parent's. In the child every function here but ref and unref says
 * GUISE_E_NOT_SUPPORTED, and its copy of the descriptor is closed before fork returns. vfork, _Fork
 * and clone bypass that: call nothing here in such a child.
 *
 * The kernel cancels the requests of a thread that ends: -ECANCELED.
 */
#ifndef GUISE_URING_H
#define GUISE_URING_H

#include <guise/call.h>

GUISE_BEGIN_DECLS

typedef struct guise_uring guise_uring;

/* How to open, as openat2 takes it. */
typedef struct guise_uring_how {
    size_t size;      /* sizeof(guise_uring_how) */
    uint64_t flags;   /* O_RDONLY, O_CREAT...; O_CLOEXEC is always added */
    uint64_t mode;    /* of a file that is made; 0 if none can be */
    uint64_t resolve; /* RESOLVE_BENEATH... of <linux/openat2.h>; 0: none */
} guise_uring_how;

/* A request that is over. */
typedef struct guise_uring_done {
    size_t size;         /* sizeof(guise_uring_done) */
    void *tag;           /* the request's */
    guise_result result; /* GUISE_OK: the kernel has answered, see value;
                            GUISE_E_CALL_COMPLETE: refused, the kernel never saw it */
    int32_t value;       /* the kernel's answer: a descriptor, a number of bytes, or -errno;
                            -EACCES where it was refused */
} guise_uring_done;

/* For read and write: where the file is, which also moves. What a pipe or a socket takes. */
#define GUISE_URING_CURRENT UINT64_MAX

/*
 * A ring for at most this many requests at a time, from 1 to 32768, rounded up to a power of two: a
 * request counts from when it is made until guise_uring_wait has reported it. A thread that serves
 * clients has best a ring of its own.
 *
 * GUISE_E_INVALID_ARGUMENT  out is NULL, or entries is out of range.
 * GUISE_E_NOT_SUPPORTED     the provider in use is not guise_provider_linux(), or the system lets
 *                           this process have no io_uring, or an older one.
 * GUISE_E_ACCESS_DENIED     this thread is not the process's self now.
 * GUISE_E_OUT_OF_MEMORY     no memory, or no memory that may be locked.
 * GUISE_E_OUT_OF_RESOURCES  no descriptor.
 *
 * Safety: any thread, as the server. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_create(uint32_t entries, guise_uring **out);

/* One more reference; returns the ring. NULL gives NULL. Overflow ends the process. */
GUISE_API guise_uring *guise_uring_ref(guise_uring *ring);

/*
 * One reference less; the last one ends the ring. Then no client is known to it any more, requests
 * that were not submitted are dropped, the kernel is asked to cancel the others, and this waits
 * until it is done with them and their buffers; files they opened are closed. NULL is fine.
 *
 * Safety: any thread, as the server.
 */
GUISE_API void guise_uring_unref(guise_uring *ring);

/*
 * Makes a request to open a path; see openat2. call: whose client opens; NULL: the server itself.
 * Its answer is a descriptor of this process that closes on exec. Nothing is done before
 * guise_uring_submit. The first request of a context on a ring makes the ring know the client:
 * this thread becomes the client for as long as that takes, as guise_call_impersonate would make
 * it, and is again what it was when this returns. In Begin_ it need not be the client before.
 *
 * Clients that did not grant impersonation are refused; as nobody, which is what a thread becomes
 * for them, nothing is opened here.
 *
 * The first of these that is true; nothing was made:
 * GUISE_E_INVALID_ARGUMENT  ring, path or how is NULL; how->size too small or an unknown tail not
 *                           zero.
 * GUISE_E_NOT_SUPPORTED     the ring is that of this process's parent.
 * GUISE_E_CALL_COMPLETE     the call has completed (N-01).
 * GUISE_E_UNSECURE_CALL     its authentication level is NONE.
 * GUISE_E_ACCESS_DENIED     the provider could not, or this thread is not the process's self.
 * GUISE_E_BAD_LEVEL         the client's level is below GUISE_LEVEL_IMPERSONATE.
 * GUISE_E_OUT_OF_RESOURCES  there are as many requests as the ring was made for; or 65534 clients
 *                           are known to it.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 *
 * Lifetime: path and how are copied. The request has a reference to the call until it is reported,
 * and with it to the context. Mind that the call does not complete by itself meanwhile.
 * Safety: any thread. directory must stay open until the request is submitted.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_openat(guise_uring *ring, guise_call *call,
                                                         int directory, const char *path,
                                                         const guise_uring_how *how, void *tag);

/*
 * Make requests to read and to write, at an offset or GUISE_URING_CURRENT; see pread and pwrite.
 * Their answer is the number of bytes. call: as above, and usually NULL.
 *
 * GUISE_E_INVALID_ARGUMENT  ring or buffer is NULL; length is above INT32_MAX.
 * Others as guise_uring_openat.
 *
 * Lifetime: file and buffer must stay what they are until the request is reported, or the ring has
 * ended. Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_read(guise_uring *ring, guise_call *call,
                                                       int file, void *buffer, size_t length,
                                                       uint64_t offset, void *tag);
GUISE_API GUISE_MUST_USE guise_result guise_uring_write(guise_uring *ring, guise_call *call,
                                                        int file, const void *buffer, size_t length,
                                                        uint64_t offset, void *tag);

/*
 * Makes a request to close a descriptor, as the server. Its answer is 0.
 *
 * GUISE_E_INVALID_ARGUMENT  ring is NULL.
 * GUISE_E_NOT_SUPPORTED, GUISE_E_OUT_OF_RESOURCES  as guise_uring_openat.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_close(guise_uring *ring, int file, void *tag);

/*
 * Hands every request made so far to the kernel, in the order they were made, which says nothing
 * about the order they are done in. A request whose call has completed is refused: the kernel gets
 * a request to do nothing in its place, so it is reported like any other, and the others go on.
 * *count, if count is not NULL, is how many were handed over, refused ones included.
 *
 * GUISE_E_INVALID_ARGUMENT  ring is NULL.
 * GUISE_E_NOT_SUPPORTED     the ring is that of this process's parent.
 * GUISE_E_OUT_OF_RESOURCES  the kernel had no memory for the rest: those stay as they are, and the
 *                           next submit looks at their calls again.
 *
 * Safety: any thread, best as the server. *count is also set where it failed part of the way.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_submit(guise_uring *ring, uint32_t *count);

/*
 * Reports one request that is over; waits for one if there is none. timeout_ms: 0 asks only,
 * GUISE_INFINITE waits for ever. The request is gone; its reference to the call is dropped, which
 * completes the call if it was the last one of an open call.
 *
 * GUISE_E_INVALID_ARGUMENT  ring or out is NULL, or out->size is too small.
 * GUISE_E_NOT_SUPPORTED     the ring is that of this process's parent.
 * GUISE_E_UNEXPECTED        another thread waits on this ring.
 * GUISE_E_NO_SYNC           there is nothing to wait for: no request is submitted.
 * GUISE_E_CALL_PENDING      the time is over.
 *
 * The process ends if a system call filter, installed since, takes the wait away: the kernel may
 * still write to the buffers.
 *
 * Safety: any thread, one at a time, as the server. Everything but size is zero on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_wait(guise_uring *ring, uint32_t timeout_ms,
                                                       guise_uring_done *out);

/*
 * A descriptor that is readable while there is something to report, for poll and epoll; perhaps a
 * moment longer, until guise_uring_wait has found nothing. Only to be waited for: never read, write
 * or close it.
 *
 * GUISE_E_INVALID_ARGUMENT  ring or out is NULL.
 * GUISE_E_NOT_SUPPORTED     the ring is that of this process's parent.
 * GUISE_E_OUT_OF_RESOURCES  no descriptor, or no memory for one.
 *
 * Lifetime: the ring's, made when first asked for. Safety: any thread. *out is -1 on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_fd(guise_uring *ring, int *out);

GUISE_END_DECLS

#endif
