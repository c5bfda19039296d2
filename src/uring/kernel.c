/* SPDX-License-Identifier: MIT */
/*
 * The kernel's half of a ring: opening and restricting it, registering credentials, adding entries
 * and taking answers. Every system call that guise-uring makes on a ring's descriptor is in this
 * file.
 *
 * A ring can do six operations and three registrations, because it is restricted before it is
 * enabled. It starts with entries for every place of the ring and four answers for each, so that
 * the queues hold all that the library hands over. A request is known to the kernel by its name
 * (ring.h) alone.
 *
 * Memory orders: the two queues are shared with the kernel. An entry is written before the tail
 * that shows it is stored with release; the kernel's head is read with acquire before a place is
 * used again. An answer is read after the kernel's tail was read with acquire, and before our head
 * is stored with release.
 */
#define _GNU_SOURCE
#include "uring/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/fatal.h"

/* The library needs three features: the kernel never drops an answer (NODROP); it reads what an
 * entry points to, such as a path, when it takes the entry and not later (SUBMIT_STABLE); and a
 * wait can have a time-out (EXT_ARG). */
#define NEEDED_FEATURES (IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG)

/* A ring can do these operations and registrations only, even for other code that has its
 * descriptor. The only flag an entry may have is IOSQE_ASYNC. An entry therefore cannot be linked
 * behind another one (IO_LINK, IO_DRAIN), where it would begin after a Signal that came after it
 * was handed over. */
static const uint8_t s_operations[] = {IORING_OP_NOP,   IORING_OP_OPENAT2, IORING_OP_READ,
                                       IORING_OP_WRITE, IORING_OP_CLOSE,   IORING_OP_ASYNC_CANCEL};
static const uint8_t s_registrations[] = {IORING_REGISTER_PERSONALITY,
                                          IORING_UNREGISTER_PERSONALITY, IORING_REGISTER_EVENTFD};

enum {
    OPERATIONS = sizeof s_operations / sizeof *s_operations,
    REGISTRATIONS = sizeof s_registrations / sizeof *s_registrations,
    FLAGS = 1
};

/* A request that blocks occupies a worker. By default the kernel has 4 workers for each processor,
 * shared by all rings of a thread. This many are enough that clients with GUISE__URING_WORKERS_EACH
 * each do not use them up. The kernel lowers the number to RLIMIT_NPROC. The second limit, for
 * pipes and sockets, is left as it is. */
enum { WORKERS_MAX = 1024 };

static int workers_raise(const struct io_uring *kernel)
{
    unsigned limits[2] = {WORKERS_MAX, 0};

    return io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_IOWQ_MAX_WORKERS, limits,
                             2);
}

static int ring_restrict(const struct io_uring *kernel)
{
    struct io_uring_restriction rules[OPERATIONS + REGISTRATIONS + FLAGS];
    unsigned count = 0;

    memset(rules, 0, sizeof rules);
    for (unsigned i = 0; i < OPERATIONS; i++, count++) {
        rules[count].opcode = IORING_RESTRICTION_SQE_OP;
        rules[count].sqe_op = s_operations[i];
    }
    for (unsigned i = 0; i < REGISTRATIONS; i++, count++) {
        rules[count].opcode = IORING_RESTRICTION_REGISTER_OP;
        rules[count].register_op = s_registrations[i];
    }
    rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
    rules[count++].sqe_flags = IOSQE_ASYNC;
    return io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_RESTRICTIONS, rules, count);
}

static guise_result error_result(int error)
{
    switch (-error) {
    case ENOMEM:
        return GUISE_E_OUT_OF_MEMORY;
    case EMFILE:
    case ENFILE:
        return GUISE_E_OUT_OF_RESOURCES;
    default: /* ENOSYS; EPERM from a sysctl or a filter; EINVAL from an older kernel */
        return GUISE_E_NOT_SUPPORTED;
    }
}

/* The mapping is excluded from forked children, because only the parent uses the ring. */
static int ring_set_up(struct io_uring *kernel)
{
    int error;

    if ((kernel->features & NEEDED_FEATURES) != NEEDED_FEATURES) {
        return -EINVAL;
    }
    error = workers_raise(kernel); /* EINVAL before Linux 5.15 */
    if (error == 0) {
        error = ring_restrict(kernel);
    }
    if (error == 0) {
        error = io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    }
    return error == 0 ? io_uring_ring_dontfork(kernel) : error;
}

/* A request has up to three answers: to its first attempt, to its second, and to its cancellation.
 * The kernel keeps answers that do not fit until guise__uring_kernel_reap asks for them. */
static uint32_t answers_count_for(uint32_t entries)
{
    enum { ANSWERS_EACH = 4, ANSWERS_MAX = 65536 };

    return entries < ANSWERS_MAX / ANSWERS_EACH ? entries * ANSWERS_EACH : ANSWERS_MAX;
}

#if defined(GUISE_CHECKS)
bool guise__uring_kernel_is_valid(const struct io_uring *kernel)
{
    return kernel->ring_fd >= 0 &&
           kernel->sq.sqe_tail - *kernel->sq.khead <= *kernel->sq.kring_entries;
}
#endif

guise_result guise__uring_kernel_open(struct io_uring *kernel, uint32_t entries)
{
    struct io_uring_params params = {.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE,
                                     .cq_entries = answers_count_for(entries)};
    int saved_errno = errno;
    int error = io_uring_queue_init_params(entries, kernel, &params);

    if (error == 0) {
        error = ring_set_up(kernel);
        if (error != 0) {
            io_uring_queue_exit(kernel);
        }
    }
    if (error != 0) {
        kernel->ring_fd = -1;
    }
    errno = saved_errno;
    return error == 0 ? GUISE_OK : error_result(error);
}

void guise__uring_kernel_close(struct io_uring *kernel)
{
    int saved_errno = errno;

    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    io_uring_queue_exit(kernel);
    kernel->ring_fd = -1;
    errno = saved_errno;
}

guise_result guise__uring_kernel_register(const struct io_uring *kernel, uint16_t *personality)
{
    int saved_errno = errno;
    int id = io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_PERSONALITY, NULL, 0);

    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    errno = saved_errno;
    if (id == -ENOMEM) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (id == -EBUSY) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    /* A system call filter can answer 0 and do nothing. In an entry 0 means the credentials of the
     * submitting thread, so it is refused as a number. */
    if (id <= 0 || id > UINT16_MAX) {
        return GUISE_E_ACCESS_DENIED;
    }
    *personality = (uint16_t)id;
    return GUISE_OK;
}

/* Unregistering fails only if a filter was installed since. The number then stays registered, and
 * no request uses it. */
void guise__uring_kernel_unregister(const struct io_uring *kernel, uint16_t personality)
{
    int saved_errno = errno;

    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    GUISE__CHECK(personality != 0);
    (void)io_uring_register((unsigned)kernel->ring_fd, IORING_UNREGISTER_PERSONALITY, NULL,
                            personality);
    errno = saved_errno;
}

/* ---- handing over ---- */

void guise__uring_kernel_add(struct io_uring *kernel, const struct io_uring_sqe *entry)
{
    struct io_uring_sq *queue = &kernel->sq;
    unsigned at = queue->sqe_tail++ & *queue->kring_mask;

    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    queue->sqes[at] = *entry;
    queue->array[at] = at;
}

unsigned guise__uring_kernel_enter(struct io_uring *kernel, unsigned added)
{
    struct io_uring_sq *queue = &kernel->sq;
    int saved_errno = errno;
    unsigned before = queue->sqe_tail - added;
    unsigned after;

    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    /* Release: the kernel sees the entries before it sees the new tail. */
    io_uring_smp_store_release(queue->ktail, queue->sqe_tail);
    (void)io_uring_enter((unsigned)kernel->ring_fd, added, 0, 0, NULL);
    /* Acquire: the kernel has read every entry before its head. */
    after = io_uring_smp_load_acquire(queue->khead);
    queue->sqe_tail = after;
    /* Release, like the store above. The kernel takes no entry now, because it takes one in enter
     * only. */
    io_uring_smp_store_release(queue->ktail, after);
    errno = saved_errno;
    GUISE__CHECK(after - before <= added);
    return after - before;
}

/* ---- answers ---- */

static void answer_read(const struct io_uring *kernel, unsigned at, uint64_t *name, int32_t *answer)
{
    const struct io_uring_cqe *entry = &kernel->cq.cqes[at & *kernel->cq.kring_mask];

    *name = entry->user_data;
    *answer = entry->res;
}

bool guise__uring_kernel_peek(const struct io_uring *kernel, unsigned *at, uint64_t *name,
                              int32_t *answer)
{
    unsigned head = *kernel->cq.khead; /* only this process writes it */
    unsigned from = (int)(*at - head) < 0 ? head : *at;

    /* Acquire: pairs with the kernel's release of the tail, after it wrote the answer. */
    if (from == io_uring_smp_load_acquire(kernel->cq.ktail)) {
        return false;
    }
    answer_read(kernel, from, name, answer);
    *at = from + 1;
    return true;
}

/* Answers that did not fit into the queue are kept by the kernel. This asks it to put them there,
 * and returns false if it has none. */
static bool overflow_flush(const struct io_uring *kernel)
{
    /* Relaxed: an answer that overflows after this load is found by the next call, as one that
     * comes later is. */
    if ((IO_URING_READ_ONCE(*kernel->sq.kflags) & IORING_SQ_CQ_OVERFLOW) == 0) {
        return false;
    }
    return io_uring_enter((unsigned)kernel->ring_fd, 0, 0, IORING_ENTER_GETEVENTS, NULL) >= 0;
}

bool guise__uring_kernel_reap(struct io_uring *kernel, uint64_t *name, int32_t *answer)
{
    unsigned head = *kernel->cq.khead; /* only this process writes it */
    unsigned at = head;
    int saved_errno = errno;
    bool found = guise__uring_kernel_peek(kernel, &at, name, answer) ||
                 (overflow_flush(kernel) && guise__uring_kernel_peek(kernel, &at, name, answer));

    GUISE__CHECK(guise__uring_kernel_is_valid(kernel));
    errno = saved_errno;
    if (found) {
        /* Release: the answer has been read before the kernel may use its place again. */
        io_uring_smp_store_release(kernel->cq.khead, head + 1);
    }
    return found;
}

bool guise__uring_kernel_wait(const struct io_uring *kernel, const struct __kernel_timespec *left)
{
    struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)left};
    int saved_errno = errno;
    int error = io_uring_enter2((unsigned)kernel->ring_fd, 0, 1,
                                IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, (sigset_t *)&arg,
                                sizeof arg);

    errno = saved_errno;
    if (error < 0 && error != -ETIME && error != -EINTR && error != -EAGAIN && error != -EBUSY) {
        guise__fatal("could not wait for the kernel, which writes to memory of the program");
    }
    return error != -ETIME;
}

int guise__uring_kernel_event(const struct io_uring *kernel)
{
    int saved_errno = errno;
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (event >= 0 &&
        io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_EVENTFD, &event, 1) != 0) {
        guise__uring_kernel_close_file(event);
        event = -1;
    }
    errno = saved_errno;
    return event;
}

void guise__uring_kernel_raise(int event)
{
    const uint64_t one = 1;
    int saved_errno = errno;

    GUISE__CHECK(event >= 0);
    /* The write fails only if the counter is at its maximum, and then the event is raised already.
     * */
    (void)syscall(SYS_write, event, &one, sizeof one);
    errno = saved_errno;
}

bool guise__uring_kernel_lower(int event)
{
    uint64_t height;
    int saved_errno = errno;
    bool lowered = syscall(SYS_read, event, &height, sizeof height) > 0;

    GUISE__CHECK(event >= 0);
    errno = saved_errno;
    return lowered;
}

void guise__uring_kernel_close_file(int file)
{
    int saved_errno = errno;

    GUISE__CHECK(file >= 0);
    (void)syscall(SYS_close, file);
    errno = saved_errno;
}

void guise__uring_kernel_make_blocking(int file)
{
    int saved_errno = errno, no = 0;

    GUISE__CHECK(file >= 0);
    (void)syscall(SYS_ioctl, file, FIONBIO, &no);
    errno = saved_errno;
}
