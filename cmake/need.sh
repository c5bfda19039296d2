# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# To be sourced. need ITEM...: sees to it that these are there, or says what is missing and exits
# with 2. What is missing is installed where that can be done: with apt-get, as root or by sudo.
#
# An item is the name of a command, with a colon and the Debian package that has it if that is
# called something else; or one of these, which are looked for in their own way:
#   cc      a C compiler that has libc's headers; $CC where that is set
#   ninja   the command, from the package ninja-build
#   cmocka  the library's header
#   liburing  likewise
#   wine64  the command, also where Debian has it, in no PATH
#
# want ITEM...: the same for what can be done without; says what is missing and goes on.

need() {
    need_missing=$(need_list "$@")
    if [ -z "$need_missing" ]; then
        return 0
    fi
    need_reason=$(need_install "$need_missing")
    need_missing=$(need_list "$@")
    if [ -z "$need_missing" ]; then
        return 0
    fi
    need_say "$need_missing" "$need_reason" >&2
    exit 2
}

want() {
    (need "$@") || echo "$0: going on without" >&2
}

# The items that are missing.
need_list() {
    for need_item in "$@"; do
        if ! need_has "$need_item"; then
            printf '%s ' "$need_item"
        fi
    done
}

need_has() {
    case $1 in
    cc | cc:*) need_header stdio.h '' ;;
    cmocka | cmocka:*) need_header cmocka.h '#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>' ;;
    wine64 | wine64:*) command -v wine64 >/dev/null 2>&1 || [ -x /usr/lib/wine/wine64 ] ;;
    liburing | liburing:*) need_header liburing.h '' ;;
    *) command -v "${1%%:*}" >/dev/null 2>&1 ;;
    esac
}

# Does the compiler find this header? Without one to ask, is it where it usually is?
# CC may be a command with arguments, as make and cmake take it.
# shellcheck disable=SC2086
need_header() {
    set -- "$1" "$2" ${CC:-cc}
    if command -v "$3" >/dev/null 2>&1; then
        need_source=$(printf '%s\n#include <%s>\n' "$2" "$1")
        shift 2
        printf '%s\n' "$need_source" | "$@" -x c -fsyntax-only - >/dev/null 2>&1
    else
        [ "$1" != stdio.h ] && { [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ]; }
    fi
}

need_package() {
    case $1 in
    cc | cc:*) printf 'gcc libc6-dev' ;; # gcc alone comes without headers
    ninja | ninja:*) printf 'ninja-build' ;;
    cmocka | cmocka:*) printf 'libcmocka-dev' ;;
    liburing | liburing:*) printf 'liburing-dev' ;;
    *) printf '%s' "${1#*:}" ;;
    esac
}

# shellcheck disable=SC2086
need_packages() {
    for need_item in $1; do
        need_package "$need_item"
        printf ' '
    done
}

# Installs what belongs to these items. Says on standard output why it did not; apt-get's own words
# go to standard error.
# shellcheck disable=SC2046,SC2086
need_install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "There is no apt-get to install them with."
        return
    fi
    need_as=$(need_root) || {
        echo "Installing them takes root: apt-get install --no-install-recommends $(need_packages "$1")"
        return
    }
    echo "Installing $(need_packages "$1")" >&2
    set -- $need_as env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 \
        --no-install-recommends install $(need_packages "$1")
    # The lists of packages may be absent or old: only then are they fetched.
    if ! "$@" >/dev/null 2>&1; then
        $need_as apt-get -o DPkg::Lock::Timeout=120 update >&2 || :
        "$@" >&2 || echo "apt-get could not install all of them."
    fi
}

# What to put before a command that takes root: nothing, or sudo. Fails if there is no way.
need_root() {
    if [ "$(id -u)" -eq 0 ]; then
        return 0
    fi
    command -v sudo >/dev/null 2>&1 || return 1
    if [ -t 0 ]; then
        echo sudo
    else
        echo sudo -n # nobody is there to type a password
        sudo -n true >/dev/null 2>&1
    fi
}

# shellcheck disable=SC2086
need_say() {
    echo "$0: missing:"
    for need_item in $1; do
        printf '  %-12s (Debian: %s)\n' "${need_item%%:*}" "$(need_package "$need_item")"
    done
    if [ -n "$2" ]; then
        echo "$2"
    fi
}
