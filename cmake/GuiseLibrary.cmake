# SPDX-License-Identifier: MIT
# What Guise's libraries have in common. The core is made with the first two of these functions, a
# library over it with the third, which calls them.

# A library's code, compiled once, position independent, for the shared and the static one.
function(guise_library_objects target)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PRIVATE include)
  set_target_properties(${target} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden)
  guise_compile_options(${target})
  guise_show_internals(${target})
  # What a program gives us to run (Begin_, a method, a completion function) may throw, be cancelled
  # or end its thread: the library's frames are unwound, and a call's frame ends by that too.
  target_compile_options(${target} PRIVATE -fexceptions)
  if(GUISE_INITIAL_EXEC_TLS)
    target_compile_definitions(${target} PRIVATE GUISE_INITIAL_EXEC_TLS)
  endif()
  if(GUISE_CHECKS)
    target_compile_definitions(${target} PRIVATE GUISE_CHECKS)
  endif()
  if(GUISE_HARDENING)
    guise_harden_objects(${target})
  endif()
endfunction()

# In a parent project a library is built because a target of the parent's links it, and not
# otherwise; at the top level, and where it is installed, always.
function(guise_build_if_linked)
  if(NOT PROJECT_IS_TOP_LEVEL AND NOT GUISE_INSTALL)
    set_target_properties(${ARGN} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# What a shared library is besides its code: versions, exports, hardening.
function(guise_library_shared target map)
  # Before 1.0 a minor version may break the interface.
  set(soversion ${PROJECT_VERSION_MAJOR})
  if(PROJECT_VERSION_MAJOR EQUAL 0)
    string(APPEND soversion ".${PROJECT_VERSION_MINOR}")
  endif()
  set_target_properties(${target} PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${soversion})
  guise_link_shared(${target} ${map})
  if(GUISE_HARDENING)
    guise_harden_link(${target})
  endif()
endfunction()

# guise_library_over_core(com MAP file SOURCES file... [LIBRARIES library...]) makes libguise-com:
#
#   guise_com_shared, guise_com_static   each over the core's library of the same kind; as users
#                                        know them: guise::com_shared, guise::com_static
#   guise::com                           the one of them that is meant
#   guise_com_objects                    the code of both
#
# LIBRARIES are what it needs besides the core and threads. Include directories are the caller's to
# add. GuiseInstall.cmake has a list of what is installed.
function(guise_library_over_core name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MAP" "SOURCES;LIBRARIES")
  set(library guise_${name})

  guise_library_objects(${library}_objects ${arg_SOURCES})
  add_library(${library}_shared SHARED $<TARGET_OBJECTS:${library}_objects>)
  add_library(${library}_static STATIC $<TARGET_OBJECTS:${library}_objects>)

  foreach(kind IN ITEMS shared static)
    add_library(guise::${name}_${kind} ALIAS ${library}_${kind})
    set_target_properties(${library}_${kind} PROPERTIES
      LINKER_LANGUAGE C
      OUTPUT_NAME guise-${name}
      EXPORT_NAME ${name}_${kind})
    target_link_libraries(${library}_${kind}
      PUBLIC guise_${kind}
      PRIVATE ${arg_LIBRARIES} Threads::Threads)
  endforeach()

  add_library(guise::${name} ALIAS ${library}_${GUISE_DEFAULT_KIND})
  guise_build_if_linked(${library}_objects ${library}_shared ${library}_static)

  # Installed it finds the core beside it: a program's own search path is not for libraries' needs.
  if(NOT APPLE)
    set_target_properties(${library}_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
  endif()
  guise_library_shared(${library}_shared ${arg_MAP})
endfunction()
