/* SPDX-License-Identifier: MIT */
/* A program of somebody else's with a ring, or, as without root, with the reason why not. */
#include <guise/guise.h>
#include <guise/uring.h>

#include <stdio.h>

int main(void)
{
    guise_result provider = guise_use_provider(guise_provider_linux());
    guise_uring *ring = NULL;
    guise_result result = guise_uring_create(8, &ring);
    int good = provider == GUISE_OK ? result == GUISE_OK || result == GUISE_E_NOT_SUPPORTED
                                    : result == GUISE_E_NOT_SUPPORTED;

    guise_uring_unref(ring);
    (void)printf("guise-uring from C: %s (%s)\n", good ? "ok" : "FAILED", guise_result_name(result));
    return good ? 0 : 1;
}
