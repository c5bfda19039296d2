#!/bin/sh
# SPDX-License-Identifier: MIT
# installed.sh SOURCE_DIR BUILD_DIR, with CMAKE, CC, CFLAGS, LIBDIR and GUISE_HAVE_URING in the environment.
# Each example compiles without a warning against an installed Guise, with the flags of pkg-config and
# no header but the public ones, and with the package of CMake; and starts.
set -eu

source=$1 build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*"
    cat "$work/log"
    exit 1
}

if ! command -v pkg-config >/dev/null 2>&1; then
    echo "SKIPPED: this takes pkg-config"
    exit 77
fi
"$CMAKE" --install "$build" --prefix "$work/prefix" >"$work/log" 2>&1 || fail "the installation"
export PKG_CONFIG_PATH="$work/prefix/$LIBDIR/pkgconfig" LD_LIBRARY_PATH="$work/prefix/$LIBDIR"
# A copy, so that no other file of the tree is near.
cp -R "$source/examples" "$work/examples"
cd "$work/examples"

# compile PACKAGE PROGRAM SOURCE...
compile() {
    package=$1 program=$2
    shift 2
    # shellcheck disable=SC2046,SC2086 # flags are words
    $CC $CFLAGS -std=c11 -Wall -Wextra -Werror "$@" -o "$work/$program" \
        $(pkg-config --cflags --libs "$package") >"$work/log" 2>&1 || fail "$program"
    echo "compiled: $program"
}

for example in *.c; do
    compile guise "${example%.c}" "$example"
done
ring=guise
set -- file_server/[!r]*.c file_server/request.c
if [ "$GUISE_HAVE_URING" = ON ]; then
    ring=guise-uring
    compile $ring file_server "$@" file_server/ring.c
fi
compile guise file_server_without_ring "$@" file_server/ring_missing.c
compile guise-com com_server com_server/*.c

# And by CMake's package.
cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.25)
project(examples C)
find_package(Threads REQUIRED)
find_package(guise REQUIRED COMPONENTS com)
file(GLOB sources "*.c")
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE guise::guise Threads::Threads)
endforeach()
file(GLOB sources "com_server/*.c")
add_executable(com_server_program ${sources})
target_link_libraries(com_server_program PRIVATE guise::com Threads::Threads)
END
"$CMAKE" -S . -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$CC" \
    -DCMAKE_C_FLAGS="$CFLAGS" >"$work/log" 2>&1 || fail "the package"
"$CMAKE" --build "$work/build" >"$work/log" 2>&1 || fail "the package"
"$work/build/signal_then_impersonate" >"$work/log" 2>&1 || fail "signal_then_impersonate by CMake"

"$work/signal_then_impersonate" >"$work/log" 2>&1 || fail "signal_then_impersonate ends with $?"
grep -q '^As the rule says\.$' "$work/log" || fail "signal_then_impersonate says something else"
"$work/com_server" >"$work/log" 2>&1 || fail "com_server ends with $?"
for program in file_server file_server_without_ring; do
    if [ -e "$work/$program" ]; then
        "$work/$program" --help >"$work/log" 2>&1 || fail "$program ends with $?"
    fi
done
