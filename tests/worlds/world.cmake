# SPDX-License-Identifier: MIT
# What the worlds have in common: the libraries that tests/worlds/prepare built, and none of this
# machine's own.
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH guise_world_root)
cmake_path(GET guise_world_root PARENT_PATH guise_world_root)
set(guise_world_prefix "${guise_world_root}/build/worlds/${guise_world}")

set(CMAKE_FIND_ROOT_PATH "${guise_world_prefix}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
if(EXISTS "${guise_world_prefix}/kernel")
  set(CMAKE_C_FLAGS_INIT "-idirafter ${guise_world_prefix}/kernel")
endif()
