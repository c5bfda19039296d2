#!/bin/sh
# SPDX-License-Identifier: MIT
# serve.sh FILE_SERVER LAST_WORDS
# The file server as it is used by hand: --serve in one terminal, --get in another. LAST_WORDS is how
# the last line ends that the server writes.
set -eu

server=$1 last_words=$2
work=$(mktemp -d)
pid=
trap 'stop; rm -rf "$work"' EXIT

stop() {
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || :
        wait "$pid" || :
        pid=
    fi
}

fail() {
    echo "FAILED: $*"
    exit 1
}

# try_start ARGUMENT...: returns when the server listens, or has ended: then with 1.
try_start() {
    rm -f "$work/output"
    mkfifo "$work/output"
    "$server" "$@" --serve "$work/socket" "$work/files" >"$work/output" &
    pid=$!
    exec 3<"$work/output"
    if ! read -r line <&3; then
        exec 3<&-
        stop
        return 1
    fi
    case $line in
    "listening on $work/socket; "*) ;;
    *) fail "the server says: $line" ;;
    esac
}

start() {
    try_start "$@" || fail "no server"
}

# end: SIGTERM, and what the server says about it.
end() {
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    pid=
    line=nothing
    while read -r next <&3; do line=$next; done
    exec 3<&-
    [ "$status" -eq 0 ] || fail "the server ended with $status"
    case $line in
    *"$last_words") ;;
    *) fail "the server says: $line" ;;
    esac
    [ ! -e "$work/socket" ] || fail "the socket is still there"
}

get() {
    "$server" --get "$work/socket" "$@"
}

# refuse EXPECTED ARGUMENT...: a get that fails, and says why.
refuse() {
    expected=$1
    shift
    if "$server" "$@" >"$work/got" 2>"$work/why"; then
        fail "$* succeeded"
    fi
    [ ! -s "$work/got" ] || fail "$* got something"
    grep -q ": $expected\$" "$work/why" || fail "$* says: $(cat "$work/why")"
}

mkdir "$work/files"
chmod 755 "$work" "$work/files"
cd "$work"
echo "a line" >files/small
: >files/empty
# Many packets, no two the same.
i=0
while [ "$i" -lt 20000 ]; do
    i=$((i + 1))
    echo "$i and then"
done >files/big
echo secret >files/secret
chmod 644 files/small files/empty files/big
chmod 600 files/secret
mkdir files/directory

echo "The mode the machine allows:"
start
echo "  $line"
for file in small empty big secret; do
    get $file >got || fail "$file"
    cmp got files/$file
done
refuse "not found" --get socket missing
refuse "bad request" --get socket ../socket
refuse "not a file" --get socket directory
refuse "refused" --identify --get socket small
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null 2>&1; then
    cp "$server" as_user && chmod 755 as_user # may be out of this user's reach where it is
    user="setpriv --reuid 50010 --regid 50010 --clear-groups"
    if $user ./as_user --help >/dev/null 2>&1; then
        $user ./as_user --get socket small | cmp - files/small
        if $user ./as_user --get socket secret 2>why; then
            fail "another user gets the secret"
        fi
        grep -q "secret: refused" why || fail "$(cat why)"
    fi
fi
if "$server" --emulated --serve socket files 2>why; then
    fail "two servers on one socket"
fi
end

echo "Through a ring, where there is one:"
if "$server" --uring --serve socket2 nowhere 2>/dev/null; then
    fail "nowhere to serve from"
fi
if try_start --uring 2>why; then
    echo "  $line"
    for file in small empty big secret; do
        get $file >got || fail "$file"
        cmp got files/$file
    done
    refuse "not found" --get socket missing
    refuse "bad request" --get socket ../socket
    refuse "not a file" --get socket directory
    refuse "refused" --identify --get socket small
    if [ -n "${user-}" ] && $user ./as_user --help >/dev/null 2>&1; then
        for again in 1 2; do
            $user ./as_user --get socket small | cmp - files/small
            if $user ./as_user --get socket secret 2>why; then
                fail "another user gets the secret"
            fi
        done
    fi
    end
else
    echo "  SKIPPED: $(cat why)"
fi

echo "Checks instead of the kernel; and SIGTERM while clients are busy:"
start --emulated
echo "  $line"
refuse "refused" --identify --get socket small
# The server is told to stop while this client has a part of the file and reads no more.
mkfifo busy
get big >busy 2>/dev/null &
busy=$!
exec 4<busy
read -r first <&4
[ "$first" = "1 and then" ] || fail "the first line is $first"
pids=
for i in 1 2 3 4 5 6; do
    { get big >got.$i 2>/dev/null && : >all.$i; } &
    pids="$pids $!"
done
end
cat <&4 >/dev/null
exec 4<&-
wait "$busy" && fail "half a file was taken for a whole one"
# The others were served or turned away; what they have is right, and none took a part for all.
for i in $pids; do
    wait "$i" || :
done
for i in 1 2 3 4 5 6; do
    head -c "$(wc -c <got.$i)" files/big | cmp - got.$i
    if [ -e all.$i ]; then
        cmp got.$i files/big
    fi
done

echo "And what is not asked for properly:"
"$server" --help | grep -q '^usage:' || fail "no help"
for option in --emulated --uring --identify --connections --user-connections --user-requests \
    --hello-seconds; do
    "$server" --help | grep -q -- "^  $option " || fail "no help about $option"
done
serve="--serve socket files"
for wrong in "--nothing" "--get socket" "--serve socket" "--identify" "--get socket a b" "--uring" \
    "--uring --emulated $serve" "--uring --get socket small" "--help me" "--connections" \
    "--connections 5" "--connections 5 --get socket small" "--connections 0 $serve" \
    "--connections -1 $serve" "--connections +1 $serve" "--connections 1x $serve" \
    "--connections= $serve" "--connections 0x10 $serve" "--connections 4097 $serve" \
    "--user-connections 0 $serve" "--user-requests 4294967297 $serve" \
    "--user-requests 18446744073709551617 $serve" "--hello-seconds 3601 $serve"; do
    status=0
    # shellcheck disable=SC2086
    "$server" $wrong >/dev/null 2>&1 || status=$?
    [ "$status" -eq 2 ] || fail "$wrong: $status"
done
[ ! -e socket ] || fail "a server came up, though it was not asked for properly"
for good in "--connections 1" "--connections=1" "--user-connections 4096" "--user-requests 1" \
    "--hello-seconds 3600"; do
    # shellcheck disable=SC2086
    start $good
    get small | cmp - files/small
    end
done
if get small >/dev/null 2>why; then
    fail "there is no server"
fi
if "$server" --emulated --serve "" files >/dev/null 2>&1; then
    fail "nowhere to listen at"
fi
"$server" --emulated --serve socket nowhere >/dev/null 2>&1 && fail "nowhere to serve from"

echo "As it should be."
