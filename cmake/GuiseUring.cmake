# SPDX-License-Identifier: MIT
# guise-uring: files as the client through io_uring, over the core and liburing. Targets
# guise::uring_shared and guise::uring_static, each over the core's library of the same kind, and
# guise::uring for the one that is meant. Where it cannot be built GUISE_HAVE_URING is off, and the
# reason is said.
set(GUISE_HAVE_URING OFF)
if(NOT GUISE_URING)
  message(STATUS "guise-uring: not built (GUISE_URING is off)")
  return()
endif()
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR GUISE_PORTABLE)
  message(STATUS "guise-uring: not built (it needs the linux provider)")
  return()
endif()
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(GUISE_LIBURING QUIET liburing>=2.3)
endif()
if(NOT GUISE_LIBURING_FOUND)
  message(STATUS "guise-uring: not built (no liburing 2.3 that pkg-config finds; Debian: liburing-dev)")
  return()
endif()
set(GUISE_HAVE_URING ON)

set(guise_uring_headers include/guise/uring.h)

guise_library_over_core(uring
  MAP src/uring/guise-uring.map
  SOURCES
    src/uring/kernel.c
    src/uring/personalities.c
    src/uring/reap.c
    src/uring/requests.c
    src/uring/ring.c
    src/uring/ring_cancel.c
    src/uring/ring_check.c
    src/uring/ring_threads.c
    src/uring/standing.c
    src/uring/submit.c
    src/uring/table.c
    src/uring/workers.c
  # By name, as in -luring: who uses an installed guise-uring finds it, or not, in its own way.
  LIBRARIES ${GUISE_LIBURING_LIBRARIES})

target_include_directories(guise_uring_objects SYSTEM PRIVATE ${GUISE_LIBURING_INCLUDE_DIRS})
foreach(kind IN ITEMS shared static)
  target_link_directories(guise_uring_${kind} PRIVATE ${GUISE_LIBURING_LIBRARY_DIRS})
endforeach()
