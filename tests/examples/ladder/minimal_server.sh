#!/bin/sh
# SPDX-License-Identifier: MIT
# minimal_server.sh MINIMAL_SERVER ASK
set -eu

server=$1 ask=$2
. "${0%/*}/common.sh"

mkdir "$work/files"
chmod 755 "$work/files"
expect 1 'usage: minimal_server SOCKET DIR: No such file or directory' "$server" "$work/socket" \
    "$work/missing"
need_root

cd "$work/files"
own 50001 50001 600 alice
own 0 50100 640 team
own 0 50002 040 group
own 0 0 644 public
own 0 0 600 secret
ln -s public link
mkdir directory
mkfifo pipe
: >empty
head -c 9000 /dev/zero | tr '\0' x >long
chmod 644 empty long
cd "$work"

# Where code coverage is measured, a client says so if it may not write its counts: it writes them here.
mkdir counts counts/50001 counts/50002 counts/0
chmod 777 counts counts/*
client() {
    GCOV_PREFIX=$work/counts/$1 "$ask" --as "$@"
}

# answer TEXT UID REQUEST
answer() {
    expect 0 "$1" client "$2" socket "$3"
}

# hang_up UID REQUEST: no answer.
hang_up() {
    expect 1 '' client "$1" socket "$2"
}

descriptors() {
    set -- /proc/"$pid"/fd/*
    echo $#
}

start "$server" socket files
before=$(descriptors)
for round in 1 2; do
    answer '+this is alice' 50001 3alice
    answer '-Permission denied' 50002 3alice
    answer '-Permission denied' 50001 3group
    answer '+this is group' 50002 3group
done
for uid in 50001 50002; do
    answer '+this is public' $uid 3public
    answer '+this is team' $uid 3team
    answer '-Permission denied' $uid 3secret
    answer '-No such file or directory' $uid 3missing
    answer '-Too many levels of symbolic links' $uid 3link
    answer '-Is a directory' $uid 3directory
    answer '-Is a directory' $uid 3..
    answer '+' $uid 3empty
    answer "+$(head -c 4095 files/long)" $uid 3long
done
answer '+this is public' 50001 4public
for level in 0 1 2; do
    answer '-GUISE_E_BAD_LEVEL' 50001 ${level}public
    answer '-GUISE_E_BAD_LEVEL' 50001 ${level}missing
done
for wrong in 3../secret 3/etc/passwd 3 5public xpublic public; do
    hang_up 50001 $wrong
done
# Root as a client, whose capabilities the server does not give it.
answer '+this is secret' 0 3secret
answer '-Permission denied' 0 3alice
# And the server has gone on.
answer '+this is alice' 50001 3alice
expect 1 'usage: minimal_server SOCKET DIR: Address already in use' "$server" socket files
# The client sees the end of its connection after the server has closed what it had open for it.
hang_up 50001 3
[ "$(descriptors)" -eq "$before" ] || fail "$(descriptors) descriptors, $before at the start"
stop

if command -v setpriv >/dev/null 2>&1; then
    expect 1 'minimal_server: the kernel cannot enforce: CAP_SETGID is not in the effective set' \
        setpriv --bounding-set=-setgid --inh-caps=-setgid "$server" socket2 files
fi
echo "As it should be."
