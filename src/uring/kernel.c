/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What this library counts on: completions are never dropped, what an entry points to is read when
 * it is taken, and a wait has a time-out of its own (Linux 5.11). */
#define NEEDED_FEATURES (IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG)

/* The ring can do this and nothing else, whoever gets at it. No flags of entries: none can be
 * put off behind another one (IO_LINK, IO_DRAIN), to be begun after a Signal it was handed over
 * before. */
static const uint8_t s_operations[] = {IORING_OP_NOP,   IORING_OP_OPENAT2, IORING_OP_READ,
                                       IORING_OP_WRITE, IORING_OP_CLOSE,   IORING_OP_ASYNC_CANCEL};
static const uint8_t s_registrations[] = {IORING_REGISTER_PERSONALITY,
                                          IORING_UNREGISTER_PERSONALITY, IORING_REGISTER_EVENTFD};

enum {
    OPERATIONS = sizeof s_operations / sizeof *s_operations,
    REGISTRATIONS = sizeof s_registrations / sizeof *s_registrations
};

static int restrict_ring(const struct io_uring *kernel)
{
    struct io_uring_restriction rules[OPERATIONS + REGISTRATIONS];
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
    return io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_RESTRICTIONS, rules, count);
}

static guise_result result_of(int error)
{
    switch (-error) {
    case ENOMEM:
        return GUISE_E_OUT_OF_MEMORY;
    case EMFILE:
    case ENFILE:
        return GUISE_E_OUT_OF_RESOURCES;
    default: /* ENOSYS; EPERM by sysctl or a filter; EINVAL of a kernel that is older */
        return GUISE_E_NOT_SUPPORTED;
    }
}

/* A forked child does not have the memory that the kernel and its parent share. */
static int set_up(struct io_uring *kernel)
{
    int error;

    if ((kernel->features & NEEDED_FEATURES) != NEEDED_FEATURES) {
        return -EINVAL;
    }
    error = restrict_ring(kernel);
    if (error == 0) {
        error = io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    }
    return error == 0 ? io_uring_ring_dontfork(kernel) : error;
}

guise_result guise__kernel_open(struct io_uring *kernel, uint32_t entries)
{
    struct io_uring_params params = {.flags = IORING_SETUP_R_DISABLED};
    int kept = errno;
    int error = io_uring_queue_init_params(entries, kernel, &params);

    if (error == 0) {
        error = set_up(kernel);
        if (error != 0) {
            io_uring_queue_exit(kernel);
        }
    }
    if (error != 0) {
        kernel->ring_fd = -1;
    }
    errno = kept;
    return error == 0 ? GUISE_OK : result_of(error);
}

void guise__kernel_close(struct io_uring *kernel)
{
    int kept = errno;

    io_uring_queue_exit(kernel);
    kernel->ring_fd = -1;
    errno = kept;
}

guise_result guise__kernel_register(const struct io_uring *kernel, uint16_t *personality)
{
    int kept = errno;
    int id = io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_PERSONALITY, NULL, 0);

    errno = kept;
    if (id == -ENOMEM) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (id == -EBUSY) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    /* A filter can answer "done" and do nothing. 0 would mean: as whoever submits. */
    if (id <= 0 || id > UINT16_MAX) {
        return GUISE_E_ACCESS_DENIED;
    }
    *personality = (uint16_t)id;
    return GUISE_OK;
}

/* Fails only where a filter was installed since: then the number stays taken, and nobody has it. */
void guise__kernel_unregister(const struct io_uring *kernel, uint16_t personality)
{
    int kept = errno;

    (void)io_uring_register((unsigned)kernel->ring_fd, IORING_UNREGISTER_PERSONALITY, NULL,
                            personality);
    errno = kept;
}

/* ---- handing over ---- */

void guise__kernel_add(struct io_uring *kernel, const struct io_uring_sqe *entry)
{
    struct io_uring_sq *queue = &kernel->sq;
    unsigned at = queue->sqe_tail++ & *queue->kring_mask;

    queue->sqes[at] = *entry;
    queue->array[at] = at;
}

unsigned guise__kernel_enter(struct io_uring *kernel, unsigned added)
{
    struct io_uring_sq *queue = &kernel->sq;
    int kept = errno;
    unsigned before = queue->sqe_tail - added;
    unsigned after;

    /* Release: the entries are there before the kernel sees that they are. */
    io_uring_smp_store_release(queue->ktail, queue->sqe_tail);
    (void)io_uring_enter((unsigned)kernel->ring_fd, added, 0, 0, NULL);
    /* Acquire: the kernel has read what is before its head. */
    after = io_uring_smp_load_acquire(queue->khead);
    queue->sqe_tail = after;
    /* Release for symmetry: nobody takes entries now. */
    io_uring_smp_store_release(queue->ktail, after);
    errno = kept;
    return after - before;
}

/* ---- what is over ---- */

bool guise__kernel_reap(struct io_uring *kernel, uint64_t *name, int32_t *answer)
{
    struct io_uring_cq *queue = &kernel->cq;
    unsigned head = *queue->khead; /* ours */
    const struct io_uring_cqe *entry;

    /* Acquire: the entry is there. */
    if (head == io_uring_smp_load_acquire(queue->ktail)) {
        return false;
    }
    entry = &queue->cqes[head & *queue->kring_mask];
    *name = entry->user_data;
    *answer = entry->res;
    /* Release: it has been read. */
    io_uring_smp_store_release(queue->khead, head + 1);
    return true;
}

/* The kernel writes to memory of the program's until its requests are over: it cannot be let go. */
static _Noreturn void give_up(void)
{
    (void)fputs("guise-uring: fatal: could not wait for the kernel; ending the process\n", stderr);
    abort();
}

bool guise__kernel_wait(const struct io_uring *kernel, const struct __kernel_timespec *left)
{
    struct io_uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)left};
    int kept = errno;
    int error = io_uring_enter2((unsigned)kernel->ring_fd, 0, 1,
                                IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, (sigset_t *)&arg,
                                sizeof arg);

    errno = kept;
    if (error < 0 && error != -ETIME && error != -EINTR && error != -EAGAIN && error != -EBUSY) {
        give_up();
    }
    return error != -ETIME;
}

int guise__kernel_event(const struct io_uring *kernel)
{
    int kept = errno;
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (event >= 0 &&
        io_uring_register((unsigned)kernel->ring_fd, IORING_REGISTER_EVENTFD, &event, 1) != 0) {
        guise__kernel_close_file(event);
        event = -1;
    }
    errno = kept;
    return event;
}

void guise__kernel_raise(int event)
{
    const uint64_t one = 1;
    int kept = errno;

    /* Fails only where it is raised as high as can be. */
    (void)syscall(SYS_write, event, &one, sizeof one);
    errno = kept;
}

bool guise__kernel_lower(int event)
{
    uint64_t height;
    int kept = errno;
    bool lowered = syscall(SYS_read, event, &height, sizeof height) > 0;

    errno = kept;
    return lowered;
}

void guise__kernel_close_file(int file)
{
    int kept = errno;

    (void)syscall(SYS_close, file);
    errno = kept;
}
