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

add_library(guise_uring_objects OBJECT
  src/uring/kernel.c
  src/uring/personas.c
  src/uring/requests.c
  src/uring/ring.c
  src/uring/submit.c
  src/uring/wait.c)
target_include_directories(guise_uring_objects PRIVATE include)
target_include_directories(guise_uring_objects SYSTEM PRIVATE ${GUISE_LIBURING_INCLUDE_DIRS})
set_target_properties(guise_uring_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  C_VISIBILITY_PRESET hidden)
guise_compile_options(guise_uring_objects)
guise_show_internals(guise_uring_objects)
# A completion function may run in here, and end its thread.
target_compile_options(guise_uring_objects PRIVATE -fexceptions)
if(GUISE_HARDENING)
  guise_harden_objects(guise_uring_objects)
endif()

add_library(guise_uring_shared SHARED $<TARGET_OBJECTS:guise_uring_objects>)
add_library(guise_uring_static STATIC $<TARGET_OBJECTS:guise_uring_objects>)

# liburing by name, as in -luring: who uses an installed guise-uring finds it, or not, in its own way.
foreach(kind IN ITEMS shared static)
  add_library(guise::uring_${kind} ALIAS guise_uring_${kind})
  set_target_properties(guise_uring_${kind} PROPERTIES
    LINKER_LANGUAGE C
    OUTPUT_NAME guise-uring
    EXPORT_NAME uring_${kind})
  target_link_directories(guise_uring_${kind} PRIVATE ${GUISE_LIBURING_LIBRARY_DIRS})
  target_link_libraries(guise_uring_${kind}
    PUBLIC guise_${kind}
    PRIVATE ${GUISE_LIBURING_LIBRARIES} Threads::Threads)
endforeach()

if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
  add_library(guise::uring ALIAS guise_uring_static)
else()
  add_library(guise::uring ALIAS guise_uring_shared)
endif()

# As guise-com: installed it finds the core beside it.
set_target_properties(guise_uring_shared PROPERTIES
  INSTALL_RPATH "$ORIGIN"
  VERSION ${PROJECT_VERSION}
  SOVERSION ${guise_soversion})
guise_link_shared(guise_uring_shared src/uring/guise-uring.map)
if(GUISE_HARDENING)
  guise_harden_link(guise_uring_shared)
endif()
