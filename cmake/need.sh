# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# To be sourced. need ITEM...: installs the items that are missing, with apt-get, as root or by sudo,
# and says beforehand which packages. If an item is still missing, says so and exits with 2.
#
# A script that takes the option --ask sets need_ask to no, and to yes where the option is given.
# Then the terminal is asked first, y or n; after n, or without a terminal, nothing is installed.
#
# An item is the name of a command, with a colon and its Debian package if that has another name; or
# one of these, each of which has a test of its own:
#   cc      a C compiler that has libc's headers; $CC where that is set
#   ninja   the command, from the package ninja-build
#   cmocka  the library's header
#   liburing  likewise
#   libclang-rt  clang's libFuzzer
#   wine64  the command, also where Debian has it, in no PATH
#
# want ITEM...: the same for what is not necessary: says what is missing and returns.

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
    libclang-rt | libclang-rt:*) need_fuzzer ;;
    *) command -v "${1%%:*}" >/dev/null 2>&1 ;;
    esac
}

# Whether the compiler finds this header; without a compiler, whether it is where it usually is.
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

# Whether clang has the library that a fuzz target is linked with.
need_fuzzer() {
    command -v clang >/dev/null 2>&1 || return 1
    for need_library in "$(clang -print-resource-dir)"/lib/linux/libclang_rt.fuzzer-*.a; do
        [ -e "$need_library" ] && return 0
    done
    return 1
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

# Installs the packages of these items. Standard output is the reason if that was not done; all else,
# the question and what apt-get says, goes to standard error.
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
    need_announce "$(need_packages "$1")" >&2
    if [ "${need_ask-}" = yes ] && ! need_confirm; then
        return
    fi
    set -- $need_as env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 \
        --no-install-recommends install $(need_packages "$1")
    # The lists of packages may be absent or old: only then are they fetched.
    if ! "$@" >/dev/null 2>&1; then
        $need_as apt-get -o DPkg::Lock::Timeout=120 update >&2 || :
        "$@" >&2 || echo "apt-get could not install all of them."
    fi
}

# Says what is going to be installed, and how to be asked about it.
need_announce() {
    case ${need_ask-} in
    yes) echo "$0: missing, and can be installed with apt-get: $1" ;;
    no) echo "$0: installing with apt-get: $1(to be asked first: $0 --ask)" ;;
    *) echo "$0: installing with apt-get: $1" ;;
    esac
}

# Asks on the terminal; the default is no. If the answer is not yes, standard output is the reason.
need_confirm() {
    if [ ! -t 0 ]; then
        echo "Nothing was installed, because there is no terminal to ask on."
        return 1
    fi
    printf 'Install them? [y/N] ' >&2
    read -r need_answer || need_answer=
    case $need_answer in
    [yY] | [yY][eE][sS]) ;;
    *) echo "Nothing was installed, because the answer was not yes." && return 1 ;;
    esac
}

# The words that go before a command that takes root: none, or sudo. Fails if there is no way.
need_root() {
    if [ "$(id -u)" -eq 0 ]; then
        return 0
    fi
    command -v sudo >/dev/null 2>&1 || return 1
    if [ -t 0 ]; then
        echo sudo
    else
        echo sudo -n # no terminal, so no password can be typed
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
