/* SPDX-License-Identifier: MIT */
/*
 * The unportable leaves. The core calls these and nothing below them; each is chosen by file in
 * CMake. All of them keep errno, so that no public function ever changes it.
 */
#ifndef GUISE_PORT_H
#define GUISE_PORT_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include <guise/result.h>

/*
 * Thread-local storage. Where the object format has it, one load from the thread pointer also in a
 * shared library; the few words we need fit in what loaders keep for late-comers.
 */
#if defined(__ELF__)
#define GUISE_TLS _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define GUISE_TLS _Thread_local
#endif

/* Keeps what is rarely needed, and its stack frame, out of the function that is often called. */
#if defined(__GNUC__)
#define GUISE_SLOW __attribute__((noinline, cold))
/* The same for what is needed often enough to be fast. */
#define GUISE_APART __attribute__((noinline))
#else
#define GUISE_SLOW
#define GUISE_APART
#endif

/* alloc.c: memory or NULL. Tests put failing ones in their place. */
void *guise__alloc_raw(size_t size);
void guise__free(void *memory);

/* Zeroed, here, where the compiler knows the size. */
static inline void *guise__alloc(size_t size)
{
    void *memory = guise__alloc_raw(size);

    return memory == NULL ? NULL : memset(memory, 0, size);
}

/* Is memory that was let go kept for later? Not where a tool looks for its use after that. */
#if defined(__SANITIZE_ADDRESS__)
#define GUISE__KEEPS_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUISE__KEEPS_MEMORY 0
#endif
#endif
#if !defined(GUISE__KEEPS_MEMORY)
#define GUISE__KEEPS_MEMORY 1
#endif

/* clock.c: the monotonic time timeout_ms from now; NULL, for ever, for GUISE_INFINITE. */
const struct timespec *guise__deadline(uint32_t timeout_ms, struct timespec *storage);

/*
 * futex_*.c: sleeps while *word is expected, until woken or the deadline (NULL: none) is over.
 * Returns false only for the deadline; may return true for no reason. Not a cancellation point.
 */
bool guise__futex_wait(atomic_uint *word, unsigned expected, const struct timespec *deadline);
/* Wakes everybody who sleeps on word. Uses its address only: the memory may be gone by now. */
void guise__futex_wake(atomic_uint *word);
/* The same, but one of them at least is enough. */
void guise__futex_wake_one(atomic_uint *word);
/* In a forked child: forget the sleepers, who are not here. */
void guise__futex_forked(void);

/* cpu_*.c: the processor this thread runs on, for now; a number, or that nobody knows. */
#define GUISE__CPU_UNKNOWN UINT_MAX
unsigned guise__cpu(void);

/* Tells the processor, in a loop that only looks, that this is one. */
static inline void guise__relax(void)
{
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    __builtin_ia32_pause();
#elif defined(__GNUC__) && (defined(__aarch64__) || defined(__arm__))
    __asm__ volatile("yield" ::: "memory");
#endif
}

/* event_*.c: a descriptor that is readable while raised. */
struct guise__event {
    int read_fd;
    int write_fd;
};
bool guise__event_open(struct guise__event *event);
void guise__event_raise(const struct guise__event *event);
void guise__event_lower(const struct guise__event *event);
void guise__event_close(const struct guise__event *event);

/* ids_*.c: what the system calls "nobody I can name", and how many groups it takes. */
struct guise__limits {
    uid_t overflow_uid;
    gid_t overflow_gid;
    size_t max_groups;
};
void guise__limits_read(struct guise__limits *out);

#endif
