/* SPDX-License-Identifier: MIT */
/*
 * A ring, its requests, and the clients it knows.
 *
 *   ring.c           the life of a ring: create, ref, unref
 *   requests.c       making requests, and their places in the ring: openat, read, write, close
 *   submit.c         handing requests to the kernel, or refusing them: where the rule is kept
 *   workers.c        requests that need one of the kernel's workers: how many a client may have
 *   standing.c       what a thread may still do, compared with what the ring was made with
 *   reap.c           reporting answers: wait, fd
 *   ring_cancel.c    canceling the requests of a call
 *   ring_threads.c   threads that end while the kernel has requests of theirs
 *   personalities.c  the clients a ring knows: registering and forgetting them; fork
 *   table.c          finding a personality, or a user
 *   kernel.c         the kernel's half of a ring
 *   ring_check.c     what holds of a ring between two operations
 *
 * Locking discipline: a ring's lock guards everything in it except what is fixed at its creation.
 * The list of rings has a lock of its own (personalities.c), which is taken first. No reference to
 * a call or a context is dropped under either lock, because that may run the program's completion
 * function, and end a context, which takes both. No thread impersonates while it holds one of these
 * locks; guise__uring_personality_make runs without any.
 *
 * A ring belongs to the process that made it. A forked child closes its copy (personalities.c), and
 * only the memory is left to be freed.
 */
#ifndef GUISE_SRC_URING_RING_H
#define GUISE_SRC_URING_RING_H

#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <guise/uring.h>

#include "base/check.h"
#include "uring/kernel.h"
#include "uring/table.h"

#define GUISE__URING_NONE UINT32_MAX

/* A queue of requests, by their places. It is empty if first is GUISE__URING_NONE. */
struct guise__uring_queue {
    uint32_t first, last;
};

/* Requests of one user that may be in workers at a time. */
enum { GUISE__URING_WORKERS_EACH = 4 };

/*
 * A user with at least one personality. A request that may block occupies a worker of the kernel
 * until it is over, and the kernel's workers are limited. Each user therefore may have
 * GUISE__URING_WORKERS_EACH requests in workers, and the user's further ones are parked here.
 */
struct guise__uring_user {
    struct guise__uring_node node; /* key: the uid */
    size_t personalities;          /* how many point here */
    uint32_t requests;             /* all requests of the user */
    unsigned workers;              /* requests that may occupy a worker */
    struct guise__uring_queue parked;
};

/*
 * A client that a ring knows, as the kernel's personality of that number: the credentials that were
 * registered. It holds no reference to its context. It is forgotten when the context or the ring
 * ends, or when its number is needed for another client. The last is possible only while no request
 * has the personality (pins is 0), so the number in a request stays its client's for as long as the
 * request exists.
 */
struct guise__uring_personality {
    struct guise__uring_node node;                  /* key: the context's address */
    struct guise__uring_personality *newer, *older; /* by last use */
    struct guise__uring_user *user;
    uint32_t pins; /* how many requests have it */
    uint16_t number;
};

struct guise__uring_personalities {
    struct guise__uring_table contexts; /* of personalities */
    struct guise__uring_table users;
    struct guise__uring_personality *newest, *oldest;
};

/*
 *   FREE         -> MADE       openat, read, write, close
 *   MADE         -> SUBMITTED  submit: the kernel took it
 *   MADE         -> PARKED     submit: its client has all the workers that it may have
 *   PARKED       -> AGAIN      a request of that client left its worker
 *   SUBMITTED    -> AGAIN      it could not be done at once and needs a worker
 *   SUBMITTED    -> PARKED     the same, and its client has all the workers that it may have
 *   AGAIN        -> SUBMITTED  submit or wait, whichever comes first
 *   MADE, PARKED -> AGAIN      cancel
 *   SUBMITTED    -> FREE       wait: reported
 */
enum guise__uring_request_state {
    GUISE__URING_REQUEST_FREE,
    GUISE__URING_REQUEST_MADE,
    GUISE__URING_REQUEST_AGAIN,
    GUISE__URING_REQUEST_PARKED,
    GUISE__URING_REQUEST_SUBMITTED
};

enum { GUISE__URING_SHORT_PATH = 64 };

/* How an open is tried. */
enum guise__uring_attempt {
    GUISE__URING_ATTEMPT_AT_ONCE,  /* from the caches, by the submitting thread; else -EAGAIN */
    GUISE__URING_ATTEMPT_IN_WORKER /* by a worker of the kernel, which may block */
};

/* A place for a request, and the request in it. */
struct guise__uring_request {
    enum guise__uring_request_state state;
    uint32_t next; /* the next one of its queue, except if SUBMITTED; GUISE__URING_NONE: the last */
    guise_call *call;                             /* owned; NULL: the server */
    struct guise__uring_personality *personality; /* pinned; NULL: the server */
    guise_result refusal; /* why the kernel got a no-op in its place; or GUISE_OK */
    bool canceled;
    bool is_answered;                  /* the kernel has answered; perhaps not reported yet */
    bool may_wait;                     /* an open with GUISE_URING_WAIT */
    bool has_worker;                   /* counted in its user's workers */
    bool owes_blocking;                /* O_NONBLOCK was added, to be removed from the open file */
    bool is_final;                     /* -EAGAIN is its answer and no reason for another attempt */
    enum guise__uring_attempt attempt; /* IN_WORKER: only opens */
    const void *thread; /* the one that handed it over to a worker (ring_threads.c); else NULL */
    void *tag;
    struct io_uring_sqe entry; /* its user_data is guise__uring_request_name */
    struct open_how how;
    char *path; /* read through entry.addr: short_path, or owned */
    char short_path[GUISE__URING_SHORT_PATH];
};

/* The bit of a request's name that tells its second attempt from the first. They need different
 * names because the answer to the first may still be in the kernel's queue when the second is
 * handed over. */
#define GUISE__URING_SECOND_ATTEMPT (UINT64_C(1) << 32)
#define GUISE__URING_CANCELLATION UINT64_MAX /* the name of every cancellation, and of no request */

/* The identity and the rights of a thread that a ring compares. */
struct guise__uring_standing {
    uint64_t effective, permitted; /* capabilities */
    uid_t uid[3];                  /* real, effective, saved */
    gid_t gid[3];
    size_t group_count;
    gid_t *groups; /* owned; twice group_count, the second half is a buffer */
};

/* What the calling thread may hand over to the kernel. */
struct guise__uring_verdict {
    bool clients;      /* requests of clients */
    bool server;       /* those of the server; final once server_asked */
    bool server_asked; /* the ids and groups were compared */
};

struct guise_uring {
    atomic_uint refs;
    atomic_bool closed; /* by fork; once */
    pthread_mutex_t lock;
    struct io_uring kernel;
    uint16_t self;                         /* the server's personality; fixed */
    struct guise__uring_standing standing; /* of the thread that made the ring; fixed */
    struct guise__uring_personalities personalities;
    uint32_t submitted; /* handed over and not reported yet, including PARKED and AGAIN */
    bool waiting;       /* a thread is in guise_uring_wait */
    int event;          /* -1: none yet */
    unsigned sorted;    /* answers before this position have been sorted (submit.c) */
    struct guise__uring_queue unused; /* a stack */
    struct guise__uring_queue made;   /* until the next submit */
    struct guise__uring_queue again;  /* until the next submit or wait */
    uint32_t request_count;           /* fixed */
    struct guise_uring *next;         /* (the list's lock) */
    bool ending;                      /* (the list's lock) the list keeps it for forks only */
    struct guise__uring_request requests[];
};

/* Returns whether this process made the ring. Otherwise this is a forked child. */
static inline bool guise__uring_is_ours(const guise_uring *ring)
{
    /* Relaxed: only the fork handler of a child writes it, while the child has one thread. */
    return !atomic_load_explicit(&ring->closed, memory_order_relaxed);
}

/* Some thread holds the lock. */
bool guise__uring_lock_is_held(const guise_uring *ring);

static inline void guise__uring_lock(guise_uring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
}

static inline void guise__uring_unlock(guise_uring *ring)
{
    GUISE__CHECK(guise__uring_lock_is_held(ring));
    (void)pthread_mutex_unlock(&ring->lock);
}

/* ---- ring_check.c: what holds between two operations, for GUISE__CHECK ---- */

/* Some thread holds the lock of the list of rings (personalities.c). */
bool guise__uring_list_lock_is_held(void);
/* The last reference has been dropped, so the calling thread has the ring alone. */
bool guise__uring_is_unshared(const guise_uring *ring);
/* The queues, the counts, the personalities and, in a small ring, every request. */
bool guise__uring_is_valid(const guise_uring *ring);

bool guise__uring_user_is_valid(const struct guise__uring_user *user);
/* The personality is in the list of personalities by last use. */
bool guise__uring_personality_is_valid(const struct guise__uring_personalities *personalities,
                                       const struct guise__uring_personality *personality);
bool guise__uring_personalities_is_valid(const struct guise__uring_personalities *personalities);
/* The request is one of the ring's, and its fields agree with its state. */
bool guise__uring_request_is_valid(const guise_uring *ring,
                                   const struct guise__uring_request *request);
bool guise__uring_queue_is_valid(const guise_uring *ring, const struct guise__uring_queue *queue);
bool guise__uring_submitted_is_valid(const guise_uring *ring);
bool guise__uring_standing_is_valid(const struct guise__uring_standing *standing);
/* The thread may hand over the server's requests only if it may hand over those of clients. */
bool guise__uring_verdict_is_valid(const struct guise__uring_verdict *verdict);

/* ---- requests.c ---- */

/* Frees all request_count places. They are valid until requests_end. */
void guise__uring_requests_begin(guise_uring *ring);
/* Frees what the requests own, and drops their references to calls, so no lock is held. */
void guise__uring_requests_end(guise_uring *ring);

/* Frees the place. The lock is held. The request's reference to its call is the caller's from here.
 * */
void guise__uring_request_free(guise_uring *ring, struct guise__uring_request *request);

/* The queues; the lock is held. queue_first returns NULL for an empty queue. */
void guise__uring_queue_append(guise_uring *ring, struct guise__uring_queue *queue,
                               struct guise__uring_request *request,
                               enum guise__uring_request_state state);
struct guise__uring_request *guise__uring_queue_first(guise_uring *ring,
                                                      const struct guise__uring_queue *queue);
struct guise__uring_request *guise__uring_queue_next(guise_uring *ring,
                                                     const struct guise__uring_request *request);
struct guise__uring_request *guise__uring_queue_take(guise_uring *ring,
                                                     struct guise__uring_queue *queue);

/* The name of the attempt that is under way or, before it is handed over, the next one. */
uint64_t guise__uring_request_name(const guise_uring *ring,
                                   const struct guise__uring_request *request);
/* The request of that name, which is not GUISE__URING_CANCELLATION. */
struct guise__uring_request *guise__uring_request_named(guise_uring *ring, uint64_t name);

/* ---- workers.c: the lock is held ---- */

/* Returns whether the user may make no more requests. A user that has all its workers may have half
 * of the ring's places, so that the other half is left to other clients. */
bool guise__uring_user_is_full(const guise_uring *ring, const struct guise__uring_user *user);
/* Changes the request to one that is done by a worker. */
void guise__uring_worker_prepare(struct guise__uring_request *request);
/* Returns whether the request may be handed over. If it needs a worker, and its client has all that
 * it may have, it is parked and this returns false. */
bool guise__uring_worker_admit(guise_uring *ring, struct guise__uring_request *request);
/* Ends the request's use of a worker, and releases the next parked request of its client. */
void guise__uring_worker_leave(guise_uring *ring, struct guise__uring_request *request);

/* ---- standing.c ---- */

/* Records the calling thread, which is self. Returns GUISE_E_ACCESS_DENIED if the kernel refused to
 * tell. */
guise_result guise__uring_standing_begin(struct guise__uring_standing *standing);
void guise__uring_standing_end(struct guise__uring_standing *standing);

/* Judges the calling thread with one system call, or with none if it has a token in its slot,
 * because it may hand over nothing then. The lock is held, as it is for the next function. */
struct guise__uring_verdict
guise__uring_standing_judge(const struct guise__uring_standing *made_with);
/* Returns whether the thread may hand over requests of the server. The first call makes up to three
 * more system calls. */
bool guise__uring_standing_judge_server(const struct guise__uring_standing *made_with,
                                        struct guise__uring_verdict *verdict);

/* ---- submit.c: the lock is held ---- */

/* What an answer of the kernel means. */
enum guise__uring_meaning {
    GUISE__URING_MEANING_OVER,    /* the answer to its request */
    GUISE__URING_MEANING_NOTHING, /* the answer to an earlier attempt or to a cancellation */
    GUISE__URING_MEANING_AGAIN    /* the request needs a worker, and is AGAIN or PARKED now */
};
/* Sorts all answers that have come, and leaves them in the kernel's queue. */
void guise__uring_answers_sort(guise_uring *ring);
enum guise__uring_meaning guise__uring_answer_sort(guise_uring *ring, uint64_t name,
                                                   int32_t answer);

/* Hands over requests that were canceled. Those that the kernel had no memory for are moved to
 * `again`. */
void guise__uring_submit_canceled(guise_uring *ring, struct guise__uring_queue *canceled);
/* Hands over the requests in `again`. Returns false if the kernel had no memory for all of them. */
bool guise__uring_submit_again(guise_uring *ring);

/* ---- ring_cancel.c: the lock is held, or no other thread has the ring ---- */

/* Asks the kernel to cancel a request that it has. */
void guise__uring_cancel_submitted(guise_uring *ring, const struct guise__uring_request *request);

/* ---- ring_threads.c ---- */

/* Makes the calling thread cancel its requests in workers when it ends. Returns the address that
 * stands for the thread. */
const void *guise__uring_thread_note(void);

/* ---- personalities.c ---- */

/* Adds the ring to the list, until personalities_unlist: a context that ends is forgotten by the
 * ring, and a forked child closes it. Returns GUISE_E_OUT_OF_MEMORY without memory, or if the fork
 * handlers could not be registered with the process's first ring. */
guise_result guise__uring_personalities_begin(guise_uring *ring);
/* Forgets every client. */
void guise__uring_personalities_end(guise_uring *ring);
void guise__uring_personalities_unlist(guise_uring *ring);

/* Calls visit for every ring of the list that is not ending, with the list's lock held. */
void guise__uring_rings_visit(void (*visit)(guise_uring *ring, void *arg), void *arg);

/* Finds the personality of the call's client; NULL if the ring does not know it. The lock is held,
 * and a reference to the call. */
struct guise__uring_personality *guise__uring_personality_find(guise_uring *ring,
                                                               const guise_call *call);
/* Makes the client known, with the checks of impersonating the client of the call. No lock is held.
 * */
guise_result guise__uring_personality_make(guise_uring *ring, guise_call *call);

/* For tests: the most clients that a ring knows at a time. */
extern unsigned guise__uring_personality_limit;

#endif
