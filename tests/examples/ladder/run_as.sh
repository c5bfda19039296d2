#!/bin/sh
# SPDX-License-Identifier: MIT
# run_as.sh RUN_AS
set -eu

run_as=$1
. "${0%/*}/common.sh"

expect 2 'usage: run_as USER FILE (no provider was chosen)' "$run_as" 50001
need_root

own 50001 50001 600 "$work/alice"
own 0 50001 040 "$work/group"
own 0 0 644 "$work/public"
own 0 0 600 "$work/secret"
cd "$work"

expect 0 'this is alice' "$run_as" 50001 alice
expect 0 'this is group' "$run_as" 50001 group
expect 0 'this is public' "$run_as" 50002 public
for file in alice group secret; do
    expect 1 "$file: Permission denied" "$run_as" 50002 $file
done
expect 1 'missing: No such file or directory' "$run_as" 50001 missing
expect 1 '/: Is a directory' "$run_as" 50001 /

# By name: the ids and the groups that the name has. Root as a client has no capabilities, and so
# reads its own files and not those of others.
expect 0 'this is secret' "$run_as" root secret
expect 0 'this is secret' "$run_as" 0 secret
expect 1 'alice: Permission denied' "$run_as" root alice
own 0 "$(id -g nobody)" 040 nobodys
expect 0 'this is nobodys' "$run_as" nobody nobodys
expect 0 'this is nobodys' "$run_as" "$(id -u nobody)" nobodys
expect 1 'secret: Permission denied' "$run_as" nobody secret

expect 1 'run_as: cannot become 4294967295' "$run_as" 4294967295 public
for user in no-such-user '' 50001x ' ' -1 4294967296; do
    expect 1 "run_as: cannot become $user" "$run_as" "$user" public
done

if command -v setpriv >/dev/null 2>&1; then
    expect 2 'usage: run_as USER FILE (CAP_SETUID is not in the effective set)' \
        setpriv --bounding-set=-setuid --inh-caps=-setuid "$run_as" 50001 public
fi
echo "As it should be."
