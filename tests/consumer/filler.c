/* SPDX-License-Identifier: MIT */
/* Takes a piece of what the loader keeps for thread-local storage of late-comers. */
#define PIECE 32

static _Thread_local __attribute__((tls_model("initial-exec"))) volatile char tl_piece[PIECE];

char filler_touch(void);

char filler_touch(void)
{
    return tl_piece[0];
}
