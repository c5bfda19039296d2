/* SPDX-License-Identifier: MIT */
/*
 * Security descriptors in both forms. They are read by copy, because a program may put them at any
 * address, aligned or not. The absolute form has the addresses of its parts. The self-relative form has
 * offsets from its own beginning; one that comes from outside has a known size, and no byte after that is
 * read.
 */
#ifndef GUISE_SRC_COM_DESCRIPTOR_H
#define GUISE_SRC_COM_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <guise/com/winnt.h>

/* The contents of a descriptor of either form. The parts are not copied. */
struct guise__com_descriptor {
    BYTE sbz1;
    SECURITY_DESCRIPTOR_CONTROL control;
    PSID owner; /* NULL: none */
    PSID group;
    PACL sacl;
    PACL dacl;
    const BYTE *end; /* of a self-relative descriptor of known size; otherwise NULL */
};

/*
 * Reads a descriptor without its parts. Reads at most size bytes of a self-relative one; SIZE_MAX: the
 * size is not known.
 *
 * ERROR_INVALID_PARAMETER       descriptor is NULL.
 * ERROR_UNKNOWN_REVISION        it is of another revision.
 * ERROR_INVALID_SECURITY_DESCR  a part would lie in the header or behind the end.
 */
DWORD guise__com_descriptor_read(const void *descriptor, size_t size,
                                 struct guise__com_descriptor *out);

/* Returns whether the parts are well formed and within the known size. A list that is not marked as
 * present is not examined. */
bool guise__com_descriptor_is_valid(const struct guise__com_descriptor *descriptor);

/* Reads and examines; fails with ERROR_INVALID_SECURITY_DESCR also if a part is malformed. */
DWORD guise__com_descriptor_read_valid(const void *descriptor, size_t size,
                                       struct guise__com_descriptor *out);

/* Return a list; NULL if it is not present, or present and NULL. */
PACL guise__com_descriptor_dacl(const struct guise__com_descriptor *descriptor);
PACL guise__com_descriptor_sacl(const struct guise__com_descriptor *descriptor);

/* Return the bytes that a valid part takes in a self-relative descriptor; 0 for NULL. */
DWORD guise__com_descriptor_sid_size(PSID sid);
DWORD guise__com_descriptor_acl_size(PACL acl);

#endif
