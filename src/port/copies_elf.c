/* SPDX-License-Identifier: MIT */
/*
 * Other copies of the library in this process: a plugin may have been linked with the static library
 * and hide its symbols. Each copy carries an ELF note, which the dynamic loader's list of modules
 * leads to, and the note says where the copy's own mark is.
 *
 * The assembler writes the note because C has no constant for the distance of two objects. The mark is
 * in writable memory, the note is not.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "port/port.h"

#define NOTE_NAME "Guise"
enum { NOTE_HEADER_WORDS = 3, NOTE_TYPE = 1, NOTE_MARK_SIZE = 4 };

extern atomic_uint guise__copy_mark;
__attribute__((visibility("hidden"), used)) atomic_uint guise__copy_mark;

__asm__(".pushsection .note.guise, \"a\", %note\n"
        ".balign 4\n"
        ".long 6, 4, 1\n"
        ".asciz \"" NOTE_NAME "\"\n"
        ".balign 4\n"
        ".long guise__copy_mark - .\n"
        ".popsection\n");

static size_t size_padded(uint32_t size)
{
    return ((size_t)size + 3) & ~(size_t)3;
}

static bool is_ours(const uint32_t header[NOTE_HEADER_WORDS], const char *name)
{
    return header[0] == sizeof NOTE_NAME && header[1] == NOTE_MARK_SIZE && header[2] == NOTE_TYPE &&
           memcmp(name, NOTE_NAME, sizeof NOTE_NAME) == 0;
}

/* Is this note another copy's, and is that copy marked? */
static bool is_marked(const uint32_t header[NOTE_HEADER_WORDS], const char *name)
{
    const char *where = name + size_padded(header[0]);
    atomic_uint *mark;
    int32_t distance;

    if (!is_ours(header, name)) {
        return false;
    }
    memcpy(&distance, where, sizeof distance);
    mark = (atomic_uint *)((uintptr_t)where + (uintptr_t)(intptr_t)distance);
    /* seq_cst: after this copy's own mark, see guise__mark_copy. */
    return mark != &guise__copy_mark && atomic_load_explicit(mark, memory_order_seq_cst) != 0;
}

static bool has_marked_note(const char *at, size_t size)
{
    uint32_t header[NOTE_HEADER_WORDS];

    while (size >= sizeof header) {
        size_t whole;

        memcpy(header, at, sizeof header);
        whole = sizeof header + size_padded(header[0]) + size_padded(header[1]);
        if (whole > size) {
            return false;
        }
        if (is_marked(header, at + sizeof header)) {
            return true;
        }
        at += whole;
        size -= whole;
    }
    return false;
}

static int look_into_module(struct dl_phdr_info *module, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &module->dlpi_phdr[i];

        if (part->p_type == PT_NOTE && part->p_align <= 4 &&
            has_marked_note((const char *)(uintptr_t)(module->dlpi_addr + part->p_vaddr),
                            part->p_memsz)) {
            return 1;
        }
    }
    return 0;
}

bool guise__other_copy_is_marked(void)
{
    return dl_iterate_phdr(look_into_module, NULL) != 0;
}

void guise__mark_copy(void)
{
    /* seq_cst, so that of two copies which mark themselves and then look for marks one sees the other. */
    atomic_store_explicit(&guise__copy_mark, 1, memory_order_seq_cst);
}

void guise__unmark_copy(void)
{
    /* Relaxed, because a copy that sees this too late only refuses a choice. */
    atomic_store_explicit(&guise__copy_mark, 0, memory_order_relaxed);
}
