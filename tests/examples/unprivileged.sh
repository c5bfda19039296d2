#!/bin/sh
# SPDX-License-Identifier: MIT
# unprivileged.sh LIBRARY PROGRAM...
# Runs the examples as an ordinary user: as an unused one if we are root, else as who we are.
set -eu

library=$1
shift

if [ "$(id -u)" -ne 0 ]; then
    for program in "$@"; do
        "$program"
    done
    exit
fi
if ! command -v setpriv >/dev/null 2>&1; then
    echo "SKIPPED: to stop being root takes setpriv"
    exit 77
fi

# The user may not be able to read where the programs were built.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -P "${library%/*}"/libguise* "$@" "$work"
chmod -R a+rX "$work"
cd "$work"
for program in "$@"; do
    # Where code coverage is measured, it is not by this user.
    env LD_LIBRARY_PATH="$work" TMPDIR=/tmp GCOV_PREFIX=/nonexistent \
        setpriv --reuid 50010 --regid 50010 --clear-groups "$work/${program##*/}"
done
