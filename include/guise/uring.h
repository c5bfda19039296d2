/* SPDX-License-Identifier: MIT */
/*
 * Files as the client, through an io_uring: a library of its own, guise-uring.
 *
 * Becoming a client and self again takes a dozen system calls and more. A ring can be given a
 * client's credentials once, while a thread is that client and the kernel has confirmed it. From
 * then on a request names the client, and no thread has to become it. The library registers the
 * credentials by itself, once for each context and ring, and makes the ring forget them when the
 * context or the ring ends, whichever is first.
 *
 * Where the boundary is. A request made with a call is the client's act, and the rule is that of
 * impersonation (call.h): guise_uring_submit checks the call of each request, and refuses the
 * request if the call has completed, no matter when the request was made. After guise_call_signal
 * has returned, no guise_uring_submit that begins hands anything of that call to the kernel as the
 * client; nor does a guise_uring_wait, which hands over requests that had to wait for a worker. A
 * submit or wait that runs at the same time as Signal may go either way. A request that the kernel
 * was given before Signal goes on as the client and may finish after it, like any system call under
 * way on a thread that is the client; guise_uring_cancel ends it.
 *
 * Only the library submits. A program describes requests; it never has the ring's descriptor, an
 * entry of its queue, or the number by which the ring knows a client.
 *
 * Every request names the identity it is made as: that of the client of a call, or, where call is
 * NULL, that of the server itself as it was when the ring was made. The identity of the thread that
 * makes the request does not count, even if it is some client at that moment. Only a thread that is
 * self hands requests over, because the kernel may start threads for its own use, and they start
 * with the identity of the submitting thread.
 *
 * What was given up. guise_uring_submit asks the kernel what the calling thread may still do: one
 * system call, and three more if some of the requests are the server's (call NULL), for any number
 * of requests. The server's requests are refused once the process has given up an id, a group or a
 * capability that the ring was made with (U-03). Every request is refused on a thread that is not
 * self (U-04): one that has a token in its slot, or that does not have CAP_SETUID and CAP_SETGID in
 * effect, like a thread that other code has made a user. Requests of clients are still accepted
 * after other capabilities were given up. If a thread keeps both of these, and its ids or groups
 * were changed by other code, that is recognised for the server's requests only, because the one
 * system call that tells everything costs more than a ring saves (docs/adr/0016);
 * guise_thread_verify recognises it.
 *
 * When NULL is right. A request is a client's act whenever the client chose any part of it: the
 * path, the bytes, the place. Such a request is made with the call. This matters most for writes,
 * because the kernel removes the set-user-ID and set-group-ID bits from a file that is written by a
 * thread without CAP_FSETID, and charges quotas, according to the writer and not to the opener: a
 * file in which a privileged server writes the client's bytes with NULL stays set-user-ID. NULL is
 * right for the server's own files (its log, its configuration), and for reading from a file that a
 * client opened, because the kernel checks no identity for that.
 *
 *     guise_uring_openat(ring, call, directory, "report.txt", &how, tag);
 *     guise_uring_submit(ring, &count);
 *     guise_uring_wait(ring, GUISE_INFINITE, &done);     done.value is the descriptor, or -errno
 *     guise_uring_write(ring, call, done.value, text, length, 0, tag);
 *
 * What it costs. An open that the kernel can answer from its caches is done within
 * guise_uring_submit, for little more than an open. Any other goes to a worker, which is a thread
 * of the kernel: one of a path that is not cached, or with O_CREAT, O_TRUNC, O_TMPFILE or
 * GUISE_URING_WAIT. That takes 13 to 16 us on one virtual machine, twice what becoming the client
 * takes there, and half as much as that on another (docs/performance.md). Measure it if most files
 * are created.
 *
 * What delays what (U-01). An open is made as with O_NONBLOCK unless GUISE_URING_WAIT asks
 * otherwise: a FIFO without another end, or a file with a lease, is answered at once (-ENXIO,
 * -EAGAIN). The descriptor is in blocking mode all the same if O_NONBLOCK was not asked for. An
 * open can still take any time in a file system that has a server, if the server does not answer.
 * Opens in workers are limited to 4 for each user (uid), over all connections of the user; the
 * user's further ones wait in the library, taking no worker, until one of them ends. A user with 4
 * there may have half of a ring's places at most. The server's own requests are not limited, nor
 * are reading and writing: a read or write in a file system that does not answer occupies a worker,
 * of 1024 (fewer where RLIMIT_NPROC is lower) for all rings of a thread together.
 *
 * It needs the linux provider, Linux 5.15 and an io_uring that the system allows this process
 * (kernel.io_uring_disabled, seccomp). Without them guise_uring_create returns
 * GUISE_E_NOT_SUPPORTED. A security module may refuse to let a ring use another identity (SELinux:
 * io_uring override_creds).
 *
 * fork: rings belong to the parent. In the child every function here except ref and unref returns
 * GUISE_E_NOT_SUPPORTED, and the child's copy of the descriptor is closed before fork returns.
 * vfork, _Fork and clone bypass that: call nothing here in such a child.
 *
 * A thread that ends: its requests that the kernel still has are canceled, and reported with
 * -ECANCELED or -EINTR. The end of the thread waits for no client (U-06), except where the kernel
 * does: while an open, a read or a write of the thread is in a file system that does not answer. A
 * thread that hands over such requests should live as long as the process.
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
    uint64_t mode;    /* of a file that is created; 0 if none can be */
    uint64_t resolve; /* RESOLVE_BENEATH... of <linux/openat2.h>; 0: none */
} guise_uring_how;

/* A flag besides those of openat2: the open may wait, as open does for a FIFO's other end or for
 * the holder of a lease. Without it the path is opened as with O_NONBLOCK. */
#define GUISE_URING_WAIT (UINT64_C(1) << 63)

/* A request that is over. */
typedef struct guise_uring_done {
    size_t size;         /* sizeof(guise_uring_done) */
    void *tag;           /* the request's */
    guise_result result; /* GUISE_OK: the kernel has answered, or it was canceled, see value;
                            else it was refused, and the kernel never saw it:
                            GUISE_E_CALL_COMPLETE: its call has completed (N-01);
                            GUISE_E_ACCESS_DENIED: the right to it was given up (U-03), or the
                            thread is not self (U-04) */
    int32_t value;       /* the kernel's answer: a descriptor, a number of bytes, or -errno;
                            -EACCES where it was refused; negative where it was canceled */
} guise_uring_done;

/* For read and write: the current position of the file, which also moves. The one to use for a pipe
 * or a socket. */
#define GUISE_URING_CURRENT UINT64_MAX

/*
 * A ring for at most this many requests at a time, from 1 to 32768, rounded up to a power of two: a
 * request counts from when it is made until guise_uring_wait has reported it. A thread that serves
 * clients should have a ring of its own.
 *
 * GUISE_E_INVALID_ARGUMENT  out is NULL, or entries is out of range.
 * GUISE_E_NOT_SUPPORTED     the provider in use is not one for which the kernel enforces
 *                           (guise_provider_linux), or the system lets this process have no
 *                           io_uring, or an older one.
 * GUISE_E_ACCESS_DENIED     this thread is not the process's self now.
 * GUISE_E_OUT_OF_MEMORY     no memory, or no memory that may be locked, or no key for thread ends.
 * GUISE_E_OUT_OF_RESOURCES  no descriptor is left.
 *
 * Safety: any thread, as the server. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_create(uint32_t entries, guise_uring **out);

/* Takes one more reference; returns the ring. NULL gives NULL. Overflow ends the process. */
GUISE_API guise_uring *guise_uring_ref(guise_uring *ring);

/*
 * Drops one reference; the last one ends the ring. The ring then forgets every client, requests
 * that were not submitted are dropped, and the kernel is asked to cancel the others. The end of a
 * ring waits for the kernel's answers and not for a client (U-06): an open that the kernel cannot
 * interrupt, because a file system's server does not answer, is left to a thread of the library's,
 * which closes the file when the open ends. When this function returns no path and no buffer is in
 * use, because paths were read when they were submitted, and reads and writes are over; those that
 * the kernel cannot interrupt are waited for. Files that were opened and not reported are closed.
 * ring may be NULL.
 *
 * Safety: any thread, as the server.
 */
GUISE_API void guise_uring_unref(guise_uring *ring);

/*
 * Makes a request to open a path; see openat2. call: its client opens; NULL: the server itself.
 * The answer is a descriptor of this process that closes on exec. Nothing is done before
 * guise_uring_submit. The first request of a context on a ring makes the ring know the client:
 * this thread becomes the client for as long as that takes, as guise_call_impersonate would make
 * it, and is again what it was when this function returns. In Begin_ the thread need not be the
 * client before. The kernel has numbers for 65534 clients. For one more the ring forgets a client,
 * of those without a request the one it was used for the longest time ago, and registers it again
 * when it is used again (U-05).
 *
 * Clients that did not grant impersonation are refused: a thread would get a powerless identity for
 * them, and nothing is opened here as that one.
 *
 * On failure no request was made. The result is the first of these that is true:
 * GUISE_E_INVALID_ARGUMENT  ring, path or how is NULL; how->size is too small, or an unknown tail
 *                           is not zero.
 * GUISE_E_NOT_SUPPORTED     the ring belongs to this process's parent.
 * GUISE_E_CALL_COMPLETE     the call has completed (N-01).
 * GUISE_E_UNSECURE_CALL     the call's authentication level is NONE.
 * GUISE_E_ACCESS_DENIED     the provider could not become the client, or this thread is not the
 *                           process's self.
 * GUISE_E_BAD_LEVEL         the client's level is below GUISE_LEVEL_IMPERSONATE.
 * GUISE_E_OUT_OF_RESOURCES  there are as many requests as the ring was made for; or half as many of
 *                           this user, with 4 in workers; or 65534 clients have requests.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 *
 * Lifetime: path and how are copied. The request has a reference to the call until it is reported,
 * and with it to the context. Until then the call does not complete by losing its last reference
 * (A-21).
 * Safety: any thread. directory must stay open until the request is submitted.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_openat(guise_uring *ring, guise_call *call,
                                                         int directory, const char *path,
                                                         const guise_uring_how *how, void *tag);

/*
 * Make requests to read and to write, at an offset or GUISE_URING_CURRENT; see pread and pwrite.
 * Their answer is the number of bytes. call: as above; bytes that a client sent are written with
 * its call.
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
 * Makes a request to close a descriptor, as the server. Its answer is 0. It is refused like the
 * server's other requests (U-03); close needs no ring.
 *
 * GUISE_E_INVALID_ARGUMENT  ring is NULL.
 * GUISE_E_NOT_SUPPORTED, GUISE_E_OUT_OF_RESOURCES  as guise_uring_openat.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_close(guise_uring *ring, int file, void *tag);

/*
 * Hands every request made so far to the kernel, in the order in which they were made; they may be
 * done in any order. A request is refused if its call has completed: the kernel gets a no-op in its
 * place, so it is reported like any other, and the others go on. A request that the calling thread
 * may not hand over is refused in the same way (U-03, U-04). *count, if count is not NULL, is how
 * many were handed over, including refused ones and those that wait for a worker (U-01):
 * guise_uring_wait or guise_uring_submit hands these over when a worker is free, and checks their
 * calls then.
 *
 * GUISE_E_INVALID_ARGUMENT  ring is NULL.
 * GUISE_E_NOT_SUPPORTED     the ring belongs to this process's parent.
 * GUISE_E_OUT_OF_RESOURCES  the kernel had no memory for the rest, or for the second attempt of
 *                           some (which are counted): those stay as they are. The next submit
 *                           checks their calls again; so does a wait, for second attempts.
 *
 * Safety: any thread, as the server: on a thread that is a client every request is refused. *count is
 * also set if only some were handed over.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_submit(guise_uring *ring, uint32_t *count);

/*
 * Cancels every request of the call that was made and not reported yet, submitted or not, and also
 * after the call has completed. Each is reported by guise_uring_wait, with result GUISE_OK and a
 * negative value: -ECANCELED, -EINTR, or what the kernel had answered before. A canceled
 * request is reported with a negative value (U-02): a file that had been opened already is closed,
 * and bytes that had been read or written already stay so. This function waits for nothing. A
 * request that the kernel cannot interrupt is reported when it ends.
 *
 * GUISE_OK                  the requests are canceled, or there was none.
 * GUISE_E_INVALID_ARGUMENT  ring or call is NULL.
 * GUISE_E_NOT_SUPPORTED     the ring belongs to this process's parent.
 *
 * Safety: any thread. A read's buffer may be written to until the request is reported.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_cancel(guise_uring *ring, guise_call *call);

/*
 * Reports one request that is over; waits for one if there is none. timeout_ms: 0 does not wait,
 * GUISE_INFINITE waits for ever. The request is freed; its reference to the call is dropped, which
 * completes the call if it was the last one of an open call. Hands over requests that waited
 * for a worker, and refuses them where guise_uring_submit would (U-04).
 *
 * GUISE_E_INVALID_ARGUMENT  ring or out is NULL, or out->size is too small.
 * GUISE_E_NOT_SUPPORTED     the ring belongs to this process's parent.
 * GUISE_E_UNEXPECTED        another thread waits on this ring.
 * GUISE_E_NO_SYNC           there is nothing to wait for: no request is submitted.
 * GUISE_E_CALL_PENDING      the time has passed.
 *
 * The process ends if a system call filter, installed since, takes the wait away: the kernel may
 * still write to the buffers.
 *
 * Safety: any thread, one at a time, as the server. Everything but size is zero on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_wait(guise_uring *ring, uint32_t timeout_ms,
                                                       guise_uring_done *out);

/*
 * Gets a descriptor that is readable while there is a request to report, for poll and epoll. It may
 * stay readable until guise_uring_wait has found nothing. Only wait for it: never read, write or
 * close it.
 *
 * GUISE_E_INVALID_ARGUMENT  ring or out is NULL.
 * GUISE_E_NOT_SUPPORTED     the ring belongs to this process's parent.
 * GUISE_E_OUT_OF_RESOURCES  no descriptor is left, or no memory for one.
 *
 * Lifetime: the ring's, made when first asked for. Safety: any thread. *out is -1 on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_uring_fd(guise_uring *ring, int *out);

GUISE_END_DECLS

#endif
