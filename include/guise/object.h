/* SPDX-License-Identifier: MIT */
/*
 * An object is what a server lets its clients call: methods, an executor that runs them, and the least
 * protection that it accepts. A client never has the object, only a proxy for it (proxy.h).
 *
 * Under each Begin_ of a client lies one call (call.h), with the client's context. The method is the call's
 * Begin_: it runs in a frame, may impersonate, completes the call at once or hands it to another thread.
 *
 * A remote object is an object too: its methods are stubs that send the request and complete the call when
 * the reply is there. The identity to present is the call's client; a stub that has to be that identity for
 * the kernel (connect on AF_UNIX) impersonates like any other server.
 *
 * A function of an object's that ends its thread by pthread_exit keeps nothing else from being released. Those
 * that guise_pool_close calls have to return, and, in a library built with clang, those that run because the
 * thread ends already (docs/limits.md).
 *
 * fork: in a child no job of the parent's runs, and a pool of the parent's has no threads; it refuses new
 * jobs with GUISE_E_DISCONNECTED.
 */
#ifndef GUISE_OBJECT_H
#define GUISE_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include <guise/call.h>

GUISE_BEGIN_DECLS

typedef struct guise_object guise_object;
typedef struct guise_job guise_job;

/*
 * A method's Begin_, in a frame of the call. in is a copy that lives as long as the call. out is zeroed and
 * lives as long as the call, so a server may write it after the client has given the call up; the client
 * gets it if the call completes with a result that is no failure. Each is NULL where its size is 0.
 * self is the object's. A failure completes the call; a success leaves it open until the server
 * completes it, for which the server needs no reference of its own.
 */
typedef guise_result guise_method_fn(guise_call *call, void *self, const void *in, void *out);

/*
 * A method. The last three may be NULL.
 *
 * copy_in: on the client's thread, inside Begin_; replaces what the copied block points to by copies of its
 * own. A failure is Begin_'s result, and release_in does not run.
 * release_in: once, as self, when the call is gone.
 * release_out: once, as self, when the call is gone: for the out block of a method that ran, whose call
 * completed without failure, and that no Finish_ took, because the call was cancelled, ran out of time or was
 * abandoned. A method that fails leaves nothing in out.
 */
typedef struct guise_method {
    guise_method_fn *begin;
    size_t in_size;  /* Begin_ is refused with any other */
    size_t out_size; /* Finish_ is refused with any other */
    guise_result (*copy_in)(void *in);
    void (*release_in)(void *in);
    void (*release_out)(void *out);
} guise_method;

/*
 * What runs the jobs of an object. submit takes the job or refuses it, and never blocks. It is called on the
 * client's thread, as that thread is, and has to return. A job that was taken is given once, from any thread,
 * to guise_job_run or guise_job_drop. A refusal is Begin_'s result: GUISE_E_OUT_OF_RESOURCES says that the executor is full.
 */
typedef struct guise_executor {
    size_t size; /* sizeof(guise_executor) */
    guise_result (*submit)(void *self, guise_job *job);
    void *self;
    void (*ref)(
        void *self); /* both or neither: an object holds a reference from its creation to its end */
    void (*unref)(void *self);
} guise_executor;

/*
 * Runs a job: its method, in a frame of its call. The thread has to be self, with an empty slot, and in no
 * frame, completion function, destructor or guise_run_as; on any other the call completes with
 * GUISE_E_ACCESS_DENIED and nothing of it has run (E-02). A job whose call was cancelled, or whose object was
 * disconnected, is only freed. NULL is fine.
 *
 * Safety: any thread, once for a job; job is gone afterwards.
 */
GUISE_API void guise_job_run(guise_job *job);

/* Completes the job's call with why, which is a failure, instead of running it; GUISE_E_UNEXPECTED for a why
 * that is none. Safety as guise_job_run. */
GUISE_API void guise_job_drop(guise_job *job, guise_result why);

typedef struct guise_object_desc {
    size_t size;                 /* sizeof(guise_object_desc) */
    const guise_method *methods; /* copied; a method's number is its place here */
    uint32_t method_count;
    void *self;
    void (*release)(
        void *self); /* once, as self, when the last reference, proxy, request and call is
                                    gone; NULL: none */
    const guise_executor *executor; /* copied; NULL: in Begin_ itself, on the client's thread */
    uint32_t authn_level;           /* calls below it are refused (C-03); 0: CONNECT */
    uint32_t authn_service;         /* these two: what a proxy's blanket says at first (C-05) */
    const char *principal;          /* copied; NULL: none */
} guise_object_desc;

/* A description with its size set and the rest zero, for an initializer. */
#define GUISE_OBJECT_DESC_INIT                                                                     \
    {                                                                                              \
        sizeof(guise_object_desc), NULL, 0, NULL, NULL, NULL, 0, 0, NULL                           \
    }

/*
 * Makes an object.
 *
 * GUISE_E_INVALID_ARGUMENT  desc or out is NULL; a size is too small or an unknown tail is not zero; there is
 *                           no method, or one without begin; authn_level is above PKT_PRIVACY; authn_service
 *                           is DEFAULT; the executor has no submit, or one of ref and unref.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Safety: any thread. *out is NULL on failure, and neither release nor the executor's ref has run.
 */
GUISE_API GUISE_MUST_USE guise_result guise_object_create(const guise_object_desc *desc,
                                                          guise_object **out);

/* One more reference; returns the object. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time, each
 * proxy, request and call counting as one; one more ends the process. Safety: any thread that owns one. */
GUISE_API guise_object *guise_object_ref(guise_object *object);

/* One reference less. The last one has self released. NULL is fine. Safety: any thread that holds no lock
 * which release takes. */
GUISE_API void guise_object_unref(guise_object *object);

/*
 * Disconnects the object (E-01): from now on Begin_ says GUISE_E_DISCONNECTED. Calls whose methods no thread
 * has begun complete with that result in here; to run or drop their jobs later only frees them. A call
 * whose method has begun goes on, and stays open until the server completes it. Proxies and requests stay
 * valid. Again, and for NULL: no effect.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API void guise_object_disconnect(guise_object *object);

/* ---- a pool: an executor with threads ---- */

typedef struct guise_pool guise_pool;

typedef struct guise_pool_desc {
    size_t size;      /* sizeof(guise_pool_desc) */
    uint32_t threads; /* 0: one for each processor that this process may use; at most 65,536 */
    uint32_t limit;   /* jobs that wait; one more is refused; 0: 1,024 */
} guise_pool_desc;

/* A description with its size set and the rest zero, for an initializer. */
#define GUISE_POOL_DESC_INIT                                                                       \
    {                                                                                              \
        sizeof(guise_pool_desc), 0, 0                                                              \
    }

/*
 * Makes a pool and its threads, with all signals blocked, as self.
 *
 * A thread runs each job as guise_job_run does, so that it asks the provider before each job whether it is
 * self. One that is not self any more stays in the pool, and each job that it takes completes with
 * GUISE_E_ACCESS_DENIED, because no thread is made self on a guess (I-03). A thread whose job leaves by
 * pthread_exit or cancellation is replaced (E-04). Where the system then has no thread left, the pool has one
 * less; once it has none, jobs are refused and dropped with GUISE_E_OUT_OF_RESOURCES.
 *
 * GUISE_E_INVALID_ARGUMENT  desc or out is NULL; the size is too small or an unknown tail is not zero; more
 *                           threads than a pool may have.
 * GUISE_E_NO_PROVIDER       No provider was chosen.
 * GUISE_E_ACCESS_DENIED     This thread is not self, or has a token in its slot.
 * GUISE_E_OUT_OF_RESOURCES  The system has no thread left.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Safety: any thread. *out is NULL on failure, and no thread is left.
 */
GUISE_API GUISE_MUST_USE guise_result guise_pool_create(const guise_pool_desc *desc,
                                                        guise_pool **out);

/* The pool as an executor, for guise_object_desc; borrowed from the pool. Its submit says
 * GUISE_E_OUT_OF_RESOURCES while the pool is full, and GUISE_E_DISCONNECTED once it is closed. NULL for NULL.
 * Safety: any thread. */
GUISE_API const guise_executor *guise_pool_executor(guise_pool *pool);

/*
 * Closes the pool and gives it up (E-03): refuses new jobs with GUISE_E_DISCONNECTED, runs those that wait for
 * at most drain_ms, drops the rest with GUISE_E_DISCONNECTED, and joins all threads, however long the jobs take
 * that run. The memory goes with the last object whose executor the pool is, so a later Begin_ is refused and
 * never uses freed memory. In a child of the process that made the pool there are no threads to join, and no
 * job is run or dropped.
 *
 * Nothing was done in these cases:
 * GUISE_E_UNEXPECTED        Called by one of the pool's own threads.
 * GUISE_E_ACCESS_DENIED     This thread is not self, or has a token in its slot.
 * GUISE_E_INVALID_ARGUMENT  pool is NULL.
 *
 * Safety: any thread; once, by the owner.
 */
GUISE_API GUISE_MUST_USE guise_result guise_pool_close(guise_pool *pool, uint32_t drain_ms);

GUISE_END_DECLS

#endif
