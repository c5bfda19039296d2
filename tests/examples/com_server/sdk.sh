#!/bin/sh
# SPDX-License-Identifier: MIT
# sdk.sh DIRECTORY
# The part of the COM server that is COM compiles against the Windows SDK's headers, as mingw-w64
# has them.
set -eu

server=$1
cc=x86_64-w64-mingw32-gcc

if ! command -v $cc >/dev/null 2>&1; then
    echo "SKIPPED: this takes $cc (Debian: gcc-mingw-w64-x86-64)"
    exit 77
fi
for source in filereader_i.c asclient.c server.c call.c; do
    $cc -std=c11 -Wall -Wextra -Werror -fsyntax-only "$server/$source"
done
