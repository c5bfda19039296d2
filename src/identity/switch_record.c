/* SPDX-License-Identifier: MIT */
/* The record of a thread's switches, and the room for long lists of groups. */
#include "identity/switch_record.h"

#include "base/check.h"
#include "identity/provider.h"
#include "identity/token.h"
#include "port/port.h"

GUISE_TLS struct guise__switch_record tl_guise_switch;

bool guise__group_room_make(void)
{
    struct guise__switch_record *record = &tl_guise_switch;
    size_t groups = guise__groups_max();

    GUISE__CHECK(guise__switch_record_is_valid(record));
    if (groups > GUISE__GROUPS_ON_STACK && record->group_room == NULL) {
        record->group_room = guise__alloc(groups * sizeof *record->group_room);
        return record->group_room != NULL;
    }
    return true;
}

void guise__group_room_drop(void)
{
    guise__free(tl_guise_switch.group_room);
    tl_guise_switch.group_room = NULL;
}

#if defined(GUISE_CHECKS)
bool guise__switch_record_is_valid(const volatile struct guise__switch_record *record)
{
    const guise_token *carried =
        record->carried; /* read once, because a forked child empties the record */

    return carried == NULL || carried->prepared != NULL;
}
#endif
