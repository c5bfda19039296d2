/* SPDX-License-Identifier: MIT */
/*
 * Linkage and must-use marks shared by every public header. Nothing else.
 */
#ifndef GUISE_EXPORT_H
#define GUISE_EXPORT_H

#ifdef __cplusplus
#define GUISE_BEGIN_DECLS extern "C" {
#define GUISE_END_DECLS }
#else
#define GUISE_BEGIN_DECLS
#define GUISE_END_DECLS
#endif

#if defined(__GNUC__)
#define GUISE_API __attribute__((visibility("default")))
/* A server that ignores the result of an impersonation runs the client's request as itself (S-24); so
 * no result is easy to ignore. */
#define GUISE_MUST_USE __attribute__((warn_unused_result))
#else
#define GUISE_API
#define GUISE_MUST_USE
#endif

#endif
