# SPDX-License-Identifier: MIT
# The version is said twice, to CMake and to the preprocessor; it must be the same one.
function(guise_check_version header)
  file(STRINGS "${header}" lines REGEX "^#define GUISE_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" numbers "${lines}")
  list(JOIN numbers "." version)
  if(NOT version STREQUAL PROJECT_VERSION)
    message(FATAL_ERROR "${header} says version '${version}', project() says '${PROJECT_VERSION}'")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
endfunction()
