# SPDX-License-Identifier: MIT
# Another libc: musl, on this machine's own processor. There is no C++ library for it.
set(guise_world musl)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_HOST_SYSTEM_PROCESSOR})
set(CMAKE_C_COMPILER musl-gcc)
set(GUISE_TEST_CXX OFF CACHE BOOL "Build the tests in C++")
include("${CMAKE_CURRENT_LIST_DIR}/world.cmake")
