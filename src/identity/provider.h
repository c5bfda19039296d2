/* SPDX-License-Identifier: MIT */
/* The one provider of the process, the system's limits, and what providers share. */
#ifndef GUISE_SRC_IDENTITY_PROVIDER_H
#define GUISE_SRC_IDENTITY_PROVIDER_H

#include <guise/provider.h>

#include "port/port.h"

/* The provider; NULL if none was chosen. There is no token without a provider, so code that has a token may
 * use the provider and the limits, which were read when the provider was chosen. */
const guise_provider *guise__provider(void);
const struct guise__limits *guise__limits(void);

/* Room for the longest list of groups that a switch may have to read: as many as a token may have
 * (guise_token_set_group_limit) or, if that is more, as the process had at the choice. */
size_t guise__groups_max(void);
void guise__groups_need(size_t count); /* for a probe: the number that the process has */

/* For a probe that fails: why, in a constant sentence for guise_provider_reason. */
void guise__provider_explain(const char *reason);

/* discard and leave of a provider that prepares nothing. */
void guise__provider_discard_nothing(const guise_provider *self, void *prepared);
void guise__provider_leave_nothing(const guise_provider *self, const void *prepared);

/* Is the provider in use the one that has the kernel make the thread the client? */
GUISE_SIBLING bool guise__is_linux_provider(void);

#endif
