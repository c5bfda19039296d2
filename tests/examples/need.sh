#!/bin/sh
# SPDX-License-Identifier: MIT
# need.sh SOURCE_DIR
# What examples/run and tests/run do where tools are missing: cmake/need.sh with a PATH that has only
# the commands that this test puts there.
set -eu

source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset CC

fail() {
    echo "FAILED: $case: $*"
    cat "$work/out" "$work/err"
    exit 1
}

# new_path NAME: an empty system, but for a shell and coreutils.
new_path() {
    case=$1
    path=$work/$case
    mkdir "$path"
    for tool in sh cat chmod dirname env id mkdir; do
        ln -s "$(command -v "$tool")" "$path/$tool"
    done
    : >"$work/log"
}

# add COMMAND: a command made of the lines on standard input.
add() {
    rm -f "$path/$1"
    { echo "#!$path/sh"; cat; } >"$path/$1"
    chmod +x "$path/$1"
}

# An apt-get that writes down what it is asked to do and installs tools that do nothing.
# Without a list of packages, which update fetches, it finds none.
add_apt() {
    add apt-get <<END
echo "\${0##*/} \$*" >>"$work/log"
case \$* in
*update) : >"$path/lists" ;;
*) [ -e "$path/lists" ] || { echo "E: Unable to locate package" >&2; exit 100; }
    for tool in cc cmake ninja; do
        printf '#!/bin/sh\n' >"$path/\$tool"
        chmod +x "$path/\$tool"
    done ;;
esac
END
}

add_user() {
    echo "echo $1" | add id
}

add_sudo() {
    echo : | add true
    add sudo <<END
echo "sudo \$*" >>"$work/log"
[ "\$1" = -n ] && shift
exec "\$@"
END
}

# run EXPECTED_STATUS COMMAND...
run() {
    expected=$1
    shift
    status=0
    PATH=$path "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [ "$status" -eq "$expected" ] || fail "exit status $status, not $expected"
}

# expect FILE: its content is what is on standard input.
expect() {
    cat >"$work/expected"
    [ "$(cat "$work/$1")" = "$(cat "$work/expected")" ] || fail "$1 is not: $(cat "$work/expected")"
}

try_need() {
    expected=$1
    shift
    # shellcheck disable=SC2016
    run "$expected" "$path/sh" -euc '. "$0"; need "$@"; echo there' "$source/cmake/need.sh" "$@"
}

new_path no_apt
run 2 "$source/examples/run"
expect err <<END
$source/examples/run: missing:
  cc           (Debian: gcc libc6-dev)
  cmake        (Debian: cmake)
  ninja        (Debian: ninja-build)
There is no apt-get to install them with.
END
[ ! -s "$work/out" ] || fail "it went on"

new_path no_apt_tests
run 2 "$source/tests/run"
{
    cat <<END
$source/tests/run: missing:
  cc           (Debian: gcc libc6-dev)
  c++          (Debian: g++)
  cmake        (Debian: cmake)
  ninja        (Debian: ninja-build)
  pkg-config   (Debian: pkg-config)
END
    if [ ! -e /usr/include/cmocka.h ] && [ ! -e /usr/local/include/cmocka.h ]; then
        echo "  cmocka       (Debian: libcmocka-dev)"
    fi
    echo "There is no apt-get to install them with."
} | expect err

new_path only_one_is_missing
for tool in cc cmake; do echo : | add "$tool"; done
run 2 "$source/examples/run"
expect err <<END
$source/examples/run: missing:
  ninja        (Debian: ninja-build)
There is no apt-get to install them with.
END

new_path compiler_without_headers
echo 'exit 1' | add cc
try_need 2 cc cmocka
grep -q '^  cc .*gcc libc6-dev' "$work/err" || fail "the headers of libc are not reported"
grep -q '^  cmocka .*libcmocka-dev' "$work/err" || fail "the header of cmocka is not reported"

new_path nothing_is_missing
add_apt
add_user 0
for tool in cc cmake ninja other; do echo : | add "$tool"; done
try_need 0 cc cmake ninja other:package cmocka
echo there | expect out
expect log </dev/null

new_path root
add_apt
add_user 0
: >"$path/lists"
try_need 0 cc cmake ninja
expect log <<END
apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install gcc libc6-dev cmake ninja-build
END

# What is said beforehand, and how to be asked.
new_path says_what_and_how_to_be_asked
echo 'exit 100' | add apt-get
add_user 0
for script in examples/run tests/run; do
    run 2 "$source/$script"
    first=$(sed -n 1p "$work/err")
    case $first in
    "$source/$script: installing with apt-get: gcc libc6-dev "*" ninja-build "*"(to be asked first: $source/$script --ask)") ;;
    *) fail "it says first: $first" ;;
    esac
done

new_path asks_without_a_terminal
add_apt
add_user 0
for script in examples/run tests/run; do
    run 2 "$source/$script" --ask
    grep -q '^Nothing was installed, because there is no terminal to ask on\.$' "$work/err" ||
        fail "it does not say why"
    grep -q "^$source/$script: missing, and can be installed with apt-get: gcc libc6-dev " "$work/err" ||
        fail "it does not say what"
    expect log </dev/null
done

new_path asks_only_with_a_way
add_user 50010
run 2 "$source/examples/run" --ask
expect err <<END
$source/examples/run: missing:
  cc           (Debian: gcc libc6-dev)
  cmake        (Debian: cmake)
  ninja        (Debian: ninja-build)
There is no apt-get to install them with.
END

new_path other_arguments
run 2 "$source/examples/run" --asks
expect err <<END
usage: $source/examples/run [--ask]
END

# answer TEXT EXPECTED_STATUS: on a terminal, which script(1) makes.
answer() {
    status=0
    printf '%s\n' "$1" | PATH=$path "$script" -qec \
        "'$path/sh' -euc 'need_ask=yes; . \"\$0\"; need cmake; echo there' '$source/cmake/need.sh'" \
        /dev/null >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$2" ] || fail "exit status $status, not $2"
    grep -q 'missing, and can be installed with apt-get: cmake' "$work/out" || fail "it does not ask"
    grep -q 'Install them?' "$work/out" || fail "it does not ask"
}

script=$(command -v script) || script=
if [ -z "$script" ]; then
    echo "Not tried: answers on a terminal, because there is no script(1)."
else
    for yes in y Y yes; do
        new_path "asks_and_hears_$yes"
        add_apt
        add_user 0
        : >"$path/lists"
        answer "$yes" 0
        expect log <<END
apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install cmake
END
    done
    for no in n N '' yesterday; do
        new_path "asks_and_hears_no_$no"
        add_apt
        add_user 0
        : >"$path/lists"
        answer "$no" 2
        grep -q 'Nothing was installed, because the answer was not yes' "$work/out" ||
            fail "it does not say why"
        expect log </dev/null
    done
fi

new_path root_without_lists
add_apt
add_user 0
try_need 0 cmake ninja:ninja-build
expect log <<END
apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install cmake ninja-build
apt-get -o DPkg::Lock::Timeout=120 update
apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install cmake ninja-build
END

new_path sudo
add_apt
add_user 50010
add_sudo
: >"$path/lists"
try_need 0 cmake
expect log <<END
sudo -n true
sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install cmake
apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install cmake
END

new_path neither_root_nor_sudo
add_apt
add_user 50010
try_need 2 cmake ninja
grep -q '^Installing them takes root: .* cmake ninja-build' "$work/err" || fail "it does not say how"
expect log </dev/null

new_path sudo_says_no
add_apt
add_user 50010
echo 'exit 1' | add sudo
try_need 2 cmake
grep -q '^Installing them takes root' "$work/err" || fail "it does not say how"

new_path no_network
echo 'echo "E: no network" >&2; exit 100' | add apt-get
add_user 0
try_need 2 cmake
grep -q '^apt-get could not install all of them' "$work/err" || fail "it does not say why"
grep -q '^  cmake  *(Debian: cmake)' "$work/err" || fail "it does not say what"

new_path apt_fails
add_apt
add_user 0
: >"$path/lists"
try_need 2 cmake something:else
grep -q '^  something  *(Debian: else)' "$work/err" || fail "it does not say what"

new_path can_do_without
add_user 50010
# shellcheck disable=SC2016
run 0 "$path/sh" -euc '. "$0"; want "$@"; echo there' "$source/cmake/need.sh" something:else
echo there | expect out
expect err <<END
$source/cmake/need.sh: missing:
  something    (Debian: else)
There is no apt-get to install them with.
$source/cmake/need.sh: going on without
END

new_path can_do_with
add_apt
add_user 0
: >"$path/lists"
# shellcheck disable=SC2016
run 0 "$path/sh" -euc '. "$0"; want "$@"' "$source/cmake/need.sh" cmake
expect log <<END
apt-get -y -o DPkg::Lock::Timeout=120 --no-install-recommends install cmake
END

echo "What is missing is installed, or named."
