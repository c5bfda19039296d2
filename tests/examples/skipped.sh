#!/bin/sh
# SPDX-License-Identifier: MIT
# skipped.sh SKIPPED CTEST_CUSTOM CTEST
# What a CTest run says of skipped tests, of a whole program and of a single test, with a reason
# and without; that it says nothing where none was skipped; and that CTest's status is that of the
# tests.
set -eu

skipped=$1 custom=$2 ctest=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "FAILED: $*"
    cat out
    exit 1
}

# add NAME: a test made of the lines on standard input.
add() {
    cat >"$1"
    cat >>CTestTestfile.cmake <<END
add_test($1 sh "$work/$1")
set_tests_properties($1 PROPERTIES SKIP_RETURN_CODE 77)
END
}

# run EXPECTED_STATUS, ctest arguments
run() {
    wanted=$1
    shift
    status=0
    "$ctest" "$@" >out 2>&1 || status=$?
    [ "$status" -eq "$wanted" ] || fail "exit status $status, not $wanted"
    sed -n '/^Skipped, and why:/,$ s/^  /&/p' out >found
}

grep -q -F "$skipped" "$custom" || fail "$custom does not run $skipped"
sed "s,\"[^\"\\\\]*\\\\\"\\(.*\\)\\\\\" .*,\"sh \\\\\"\\1\\\\\" \\\\\"$work\\\\\"\")," "$custom" >CTestCustom.cmake
: >CTestTestfile.cmake

add passes <<'END'
echo '[ RUN      ] one'
echo '[       OK ] one'
END
run 0
[ ! -s found ] || fail "nothing was skipped"

add whole <<'END'
echo 'SKIPPED: needs root'
exit 77
END
add untold <<'END'
exit 77
END
add single <<'END'
cat <<OUT
[==========] Running 3 test(s).
[ RUN      ] one
SKIPPED: needs a network
[  SKIPPED ] one
[ RUN      ] two
[       OK ] two
[ RUN      ] three
[  SKIPPED ] three
[==========] 3 test(s) run.
[  SKIPPED ] 2 test(s), listed below:
[  SKIPPED ] one
[  SKIPPED ] three
OUT
END
run 0
cat >expected <<'END'
  whole: needs root
  single: one: needs a network
  single: three: NO REASON GIVEN
  untold: NO REASON GIVEN
END
cmp -s expected found || fail "not: $(cat expected)"

add fails <<'END'
exit 1
END
run 8
cmp -s expected found || fail "not: $(cat expected)"

run 0 -R passes
[ ! -s found ] || fail "that is of an earlier run"
