# SPDX-License-Identifier: MIT
# Toolchain of the com-oracle preset: programs for Windows, and what runs them here.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# guise_oracle_need(VARIABLE COMMAND PACKAGE [PATHS p...]): finds it, or says what is missing.
function(guise_oracle_need variable command package)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "PATHS")
  find_program(${variable} NAMES ${command} PATHS ${arg_PATHS})
  if(NOT ${variable})
    message(FATAL_ERROR
      "com-oracle SKIPPED, nothing was compared with Wine: not installed: ${command}.\n"
      "On Debian it is in ${package}: apt-get install gcc-mingw-w64-x86-64 wine64")
  endif()
endfunction()

guise_oracle_need(GUISE_MINGW_CC x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64)
# Debian has the loader and its server beside each other, in no PATH.
guise_oracle_need(GUISE_WINE64 wine64 wine64 PATHS /usr/lib/wine)
cmake_path(GET GUISE_WINE64 PARENT_PATH guise_wine64_dir)
guise_oracle_need(GUISE_WINESERVER "wineserver64;wineserver" wine64
  PATHS "${guise_wine64_dir}" /usr/lib/wine)

set(CMAKE_C_COMPILER "${GUISE_MINGW_CC}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
