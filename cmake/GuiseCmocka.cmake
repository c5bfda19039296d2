# SPDX-License-Identifier: MIT
# Target cmocka::cmocka, which 1.1.5's own package does not define, and a pkg-config file only
# names the parts of.
find_package(cmocka CONFIG QUIET)
if(NOT cmocka_FOUND)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(GUISE_CMOCKA QUIET IMPORTED_TARGET cmocka)
  endif()
  if(NOT TARGET PkgConfig::GUISE_CMOCKA)
    message(FATAL_ERROR
      "The tests need cmocka (Debian: libcmocka-dev). Without tests: -DGUISE_BUILD_TESTS=OFF")
  endif()
endif()

if(NOT TARGET cmocka::cmocka)
  add_library(cmocka::cmocka INTERFACE IMPORTED)
  if(TARGET PkgConfig::GUISE_CMOCKA)
    target_link_libraries(cmocka::cmocka INTERFACE PkgConfig::GUISE_CMOCKA)
  else()
    target_include_directories(cmocka::cmocka INTERFACE "${CMOCKA_INCLUDE_DIR}")
    target_link_libraries(cmocka::cmocka INTERFACE "${CMOCKA_LIBRARIES}")
  endif()
endif()
