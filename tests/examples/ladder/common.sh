# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the tests of the shorter examples: a folder of their own, a server, and exact results.

umask 022 # the files' modes are what the tests are about
work=$(mktemp -d)
pid=
trap 'stop; rm -rf "$work"' EXIT
chmod 755 "$work"

fail() {
    echo "FAILED: $*"
    exit 1
}

skip() {
    echo "SKIPPED: $*"
    exit 77
}

# To become other users, as the clients do and the server does, takes CAP_SETGID and CAP_SETUID (bits
# 6 and 7); the test makes files of theirs, which takes CAP_CHOWN, CAP_DAC_OVERRIDE and CAP_FOWNER.
need_root() {
    set -- "$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)"
    [ $((0x$1 & 0xcb)) -eq $((0xcb)) ] || skip "takes the capabilities of root"
    read -r first _ last </proc/self/uid_map
    [ $((first + last)) -gt 50100 ] || skip "the uids 50000 and up are not mapped here"
}

# start COMMAND...: returns once the server has said that it listens.
start() {
    mkfifo "$work/said"
    "$@" >"$work/said" &
    pid=$!
    exec 3<"$work/said"
    read -r line <&3 || line='nothing'
    rm "$work/said"
    [ "$line" = listening ] || fail "the server says: $line"
}

stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
        pid=
    fi
}

# expect STATUS TEXT COMMAND...: the exit status, and all that the command writes.
expect() {
    wanted=$1 text=$2
    shift 2
    status=0
    got=$("$@" 2>&1) || status=$?
    [ "$status" -eq "$wanted" ] || fail "$*: exit status $status, not $wanted: $got"
    [ "$got" = "$text" ] || fail "$*: '$got', not '$text'"
}

# own UID GID MODE NAME: a file that says its name.
own() {
    echo "this is ${4##*/}" >"$4"
    chown "$1:$2" "$4"
    chmod "$3" "$4"
}
