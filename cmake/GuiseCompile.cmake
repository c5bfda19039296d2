# SPDX-License-Identifier: MIT
# How Guise's own code is compiled. Nothing here reaches the targets of a parent project.
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(guise_warnings
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Wformat=2 -Wundef -Wvla
  -Wimplicit-fallthrough)
set(guise_c_warnings -Wstrict-prototypes -Wmissing-prototypes)

function(guise_compile_options target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11
    C_STANDARD_REQUIRED ON
    C_EXTENSIONS OFF
    COMPILE_WARNING_AS_ERROR ${GUISE_DEVELOPER_MODE})
  target_compile_options(${target} PRIVATE
    ${guise_warnings}
    "$<$<COMPILE_LANGUAGE:C>:${guise_c_warnings}>")
endfunction()

# For quoted includes only: no header in src/ can ever stand before one of the system's.
function(guise_show_internals target)
  target_compile_options(${target} PRIVATE "-iquote${PROJECT_SOURCE_DIR}/src")
endfunction()

# For the users of a library: a frame ends by unwinding when its thread ends in Begin_, and the
# unwinder stops at a function without a table. For C some targets (armhf, riscv64) make none
# unless told to.
function(guise_require_unwind_tables target)
  target_compile_options(${target} INTERFACE
    "$<$<COMPILE_LANG_AND_ID:C,GNU,Clang,AppleClang>:-funwind-tables>")
endfunction()

# OpenSSF's compiler options guide; a flag the compiler does not know is left out.
function(guise_harden_objects target)
  foreach(flag IN ITEMS
      -fstack-protector-strong
      -fstack-clash-protection
      -fcf-protection=full
      -fstrict-flex-arrays=3
      -fno-delete-null-pointer-checks
      -fno-strict-overflow
      -fno-strict-aliasing
      -ftrivial-auto-var-init=zero)
    string(MAKE_C_IDENTIFIER "GUISE_HAS${flag}" known)
    check_c_compiler_flag(${flag} ${known})
    if(${known})
      target_compile_options(${target} PRIVATE ${flag})
    endif()
  endforeach()
  # _FORTIFY_SOURCE needs optimization, and says so in a warning without.
  target_compile_options(${target} PRIVATE
    -Werror=format-security
    "$<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
endfunction()

function(guise_harden_link target)
  foreach(flag IN ITEMS -z,relro -z,now -z,noexecstack --as-needed)
    guise_link_if_known(${target} ${flag})
  endforeach()
endfunction()

function(guise_link_shared target map)
  # The library's thread-local destructors and fork handlers run after a dlclose.
  guise_link_if_known(${target} -z,nodelete)
  # The library's calls of its own public functions are its own.
  guise_link_if_known(${target} -Bsymbolic-functions)

  set(map "${CMAKE_CURRENT_SOURCE_DIR}/${map}")
  guise_link_if_known(${target} "--version-script=${map}")
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${map}")
endfunction()

function(guise_link_if_known target flag)
  string(REGEX REPLACE "=.*" "" name "${flag}")
  string(MAKE_C_IDENTIFIER "GUISE_HAS_WL_${name}" known)
  check_linker_flag(C "LINKER:${flag}" ${known})
  if(${known})
    target_link_options(${target} PRIVATE "LINKER:${flag}")
  endif()
endfunction()
