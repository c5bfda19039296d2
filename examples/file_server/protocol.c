/* SPDX-License-Identifier: MIT */
#include "protocol.h"

#include <string.h>

_Static_assert(sizeof(struct request_header) == 16, "no padding goes over the wire");
_Static_assert(sizeof(struct reply_header) == 24, "no padding goes over the wire");

bool hello_parse(const unsigned char *packet, size_t size, guise_level *granted)
{
    unsigned char level;

    if (size < HELLO_MAGIC_SIZE || size > HELLO_MAGIC_SIZE + 1) {
        return false;
    }
    if (memcmp(packet, HELLO_MAGIC, HELLO_MAGIC_SIZE) != 0) {
        return false;
    }
    *granted = GUISE_LEVEL_IDENTIFY; /* a client that names no level grants no more */
    if (size == HELLO_MAGIC_SIZE) {
        return true;
    }
    level = packet[HELLO_MAGIC_SIZE];
    if (level < GUISE_LEVEL_ANONYMOUS || level > GUISE_LEVEL_DELEGATE) {
        return false;
    }
    *granted = (guise_level)level;
    return true;
}

/* One component and nothing else: with O_NOFOLLOW no name leads out of the served directory. */
static bool name_is_plain(const char *name, size_t length)
{
    if (length == 0 || memchr(name, '/', length) != NULL || memchr(name, '\0', length) != NULL) {
        return false;
    }
    return !(length == 1 && name[0] == '.') && !(length == 2 && name[0] == '.' && name[1] == '.');
}

enum status request_parse(const unsigned char *packet, size_t size, struct request_text *out)
{
    struct request_header header;

    memset(out, 0, sizeof *out);
    if (size < sizeof header) {
        return STATUS_BAD_REQUEST;
    }
    memcpy(&header, packet, sizeof header);
    out->id = header.id;
    out->offset = header.offset;
    if (header.id == 0 || header.name_length > NAME_LIMIT || header.offset > INT64_MAX) {
        return STATUS_BAD_REQUEST;
    }
    if (header.name_length != size - sizeof header) {
        return STATUS_BAD_REQUEST; /* cut short on the way, or the client cannot count */
    }
    memcpy(out->name, packet + sizeof header, header.name_length);
    return name_is_plain(out->name, header.name_length) ? STATUS_OK : STATUS_BAD_REQUEST;
}

const char *status_name(uint32_t status)
{
    static const char *const names[] = {
        [STATUS_OK] = "read",
        [STATUS_REFUSED] = "refused",
        [STATUS_NOT_FOUND] = "not found",
        [STATUS_NOT_A_FILE] = "not a file",
        [STATUS_BAD_REQUEST] = "bad request",
        [STATUS_TOO_LARGE] = "too large",
        [STATUS_BUSY] = "busy",
        [STATUS_GOING_AWAY] = "going away",
        [STATUS_FAILED] = "failed",
    };

    return status < sizeof names / sizeof names[0] ? names[status] : "(unknown)";
}

const char *decider_name(uint32_t by)
{
    static const char *const names[] = {
        [BY_SERVER] = "server", [BY_KERNEL] = "kernel", [BY_CHECK] = "check"};

    return by < sizeof names / sizeof names[0] ? names[by] : "(unknown)";
}
