# SPDX-License-Identifier: MIT
# Big-endian, 64 bits: s390x, run by qemu's user emulation.
set(guise_world s390x)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(CMAKE_C_COMPILER s390x-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER s390x-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-s390x-static -L /usr/s390x-linux-gnu)
include("${CMAKE_CURRENT_LIST_DIR}/world.cmake")
