#!/bin/sh
# SPDX-License-Identifier: MIT
# peer_identity.sh PEER_IDENTITY ASK GROUPS: GROUPS is OFF where the system does not tell a peer's groups.
set -eu

program=$1 ask=$2 groups=$3
. "${0%/*}/common.sh"

# connect IDENTITY ASK_OPTION...: what the program says of a client, and how it ends.
connect() {
    identity=$1
    shift
    start "$program" "$work/socket"
    "$ask" "$@" "$work/socket"
    read -r line <&3 || line=nothing
    [ "$line" = "$identity" ] || fail "it says '$line', not '$identity'"
    wait "$pid" || fail "it ends with $?"
    pid=
    [ ! -e "$work/socket" ] || fail "the socket is still there"
}

expect 2 'usage: peer_identity SOCKET: No such file or directory' "$program" "$work/none/socket"

need_root
if [ "$groups" = OFF ]; then
    connect 'uid 50001, gid 50001, groups 50001; may only be identified' --as 50001
else
    connect 'uid 50001, gid 50001, groups 50001 50100; may be impersonated' --as 50001
    connect 'uid 50002, gid 50002, groups 50002 50100; may be impersonated' --as 50002
fi
echo "As it should be."
