#!/bin/sh
# SPDX-License-Identifier: MIT
# unprivileged.sh none|two LIBRARY PROGRAM...
# Runs the examples as an ordinary user: an unused one if we are root, else the one we are. With no
# capability they choose the emulated provider, and say so; with the two that impersonation takes,
# CAP_SETUID and CAP_SETGID, the kernel enforces.
set -eu

capabilities=$1
library=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# expect TEXT FILE
expect() {
    grep -q "$1" "$2" || fail "it does not say: $1"
}

# run PROGRAM COMMAND...: and reads what it says.
run() {
    name=${1##*/}
    shift
    status=0
    "$@" >"$work/said" 2>&1 || status=$?
    cat "$work/said"
    [ "$status" -ne 77 ] || exit 77 # it cannot run here, and has said why
    [ "$status" -eq 0 ] || fail "$name: $status"
    if [ "$capabilities" = none ]; then
        expect 'The kernel cannot be asked' "$work/said"
        return
    fi
    expect 'The kernel \(enforces\|decides\)\|the kernel decides about every open' "$work/said"
    case $name in
    file_server_demo) expect 'user ids of their own' "$work/said" ;;
    com_server) expect '^  bob .*E_ACCESSDENIED' "$work/said" ;;
    esac
}

if [ "$(id -u)" -ne 0 ]; then
    [ "$capabilities" = none ] || { echo "SKIPPED: to give capabilities takes root"; exit 77; }
    for program in "$@"; do
        run "$program" "$program"
    done
    exit
fi
if ! command -v setpriv >/dev/null 2>&1; then
    echo "SKIPPED: to stop being root takes setpriv"
    exit 77
fi
user="setpriv --reuid 50010 --regid 50010 --clear-groups"
if [ "$capabilities" = two ]; then
    user="$user --bounding-set -all,+setuid,+setgid --no-new-privs"
    user="$user --inh-caps -all,+setuid,+setgid --ambient-caps -all,+setuid,+setgid"
else
    user="$user --bounding-set -all --inh-caps -all"
fi
if ! $user true; then
    echo "SKIPPED: setpriv cannot do this here"
    exit 77
fi

# The user may not be able to read where the programs were built.
cp -P "${library%/*}"/libguise* "$@" "$work"
chmod -R a+rX "$work"
cd "$work"
for program in "$@"; do
    # Where code coverage is measured, it is not by this user.
    # shellcheck disable=SC2086
    run "$program" env LD_LIBRARY_PATH="$work" TMPDIR=/tmp GCOV_PREFIX=/nonexistent \
        $user "$work/${program##*/}"
done
