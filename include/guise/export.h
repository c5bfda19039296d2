/* SPDX-License-Identifier: MIT */
/*
 * Linkage and must-use marks shared by every public header. Nothing else.
 *
 * Define GUISE_STATIC when linking the static library on a platform that
 * decorates imports; on ELF it makes no difference.
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
/* A server that ignores one of these results runs the client's request as itself (S-24). */
#define GUISE_MUST_USE __attribute__((warn_unused_result))
#else
#define GUISE_API
#define GUISE_MUST_USE
#endif

#endif
