/* SPDX-License-Identifier: MIT */
/* Tells ThreadSanitizer which words are locks, so that it checks the order in which they are taken. */
#ifndef GUISE_SRC_BASE_TSAN_H
#define GUISE_SRC_BASE_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define GUISE__TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GUISE__TSAN 1
#endif
#endif

#ifdef GUISE__TSAN
#include <sanitizer/tsan_interface.h>

#define GUISE__TSAN_TAKING(lock) __tsan_mutex_pre_lock(lock, 0)
#define GUISE__TSAN_TAKEN(lock) __tsan_mutex_post_lock(lock, 0, 0)
#define GUISE__TSAN_RELEASING(lock) ((void)__tsan_mutex_pre_unlock(lock, 0))
#define GUISE__TSAN_RELEASED(lock) __tsan_mutex_post_unlock(lock, 0)
#define GUISE__TSAN_DESTROYED(lock) __tsan_mutex_destroy(lock, 0)
#else
#define GUISE__TSAN_TAKING(lock) ((void)(lock))
#define GUISE__TSAN_TAKEN(lock) ((void)(lock))
#define GUISE__TSAN_RELEASING(lock) ((void)(lock))
#define GUISE__TSAN_RELEASED(lock) ((void)(lock))
#define GUISE__TSAN_DESTROYED(lock) ((void)(lock))
#endif

#endif
