# SPDX-License-Identifier: MIT
# 32 bits, little-endian: armhf, run by qemu's user emulation.
set(guise_world armhf)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static -L /usr/arm-linux-gnueabihf)
include("${CMAKE_CURRENT_LIST_DIR}/world.cmake")
