# SPDX-License-Identifier: MIT
# Target mcdc-report: branch and MC/DC coverage of src/, failing under the limits.
set(GUISE_BRANCH_LIMIT 98 CACHE STRING "Least branch coverage of src/, in per cent")
set(GUISE_MCDC_LIMIT 95 CACHE STRING "Least MC/DC coverage of src/, in per cent")

string(REGEX MATCH "^[0-9]+" guise_clang_major "${CMAKE_C_COMPILER_VERSION}")

add_custom_target(mcdc-report
  COMMAND "${CMAKE_COMMAND}" -E env LLVM_VERSION=${guise_clang_major}
    sh "${CMAKE_CURRENT_SOURCE_DIR}/cmake/mcdc" "${CMAKE_CURRENT_BINARY_DIR}"
      "${CMAKE_CURRENT_SOURCE_DIR}/src" ${GUISE_BRANCH_LIMIT} ${GUISE_MCDC_LIMIT}
  USES_TERMINAL VERBATIM)

# Every build forgets the counts of earlier runs. The folder is for processes of any user, and has no
# sticky bit, because the kernel may refuse to open another user's file in a folder that has.
add_custom_target(mcdc-reset ALL
  COMMAND "${CMAKE_COMMAND}" -E rm -rf "${CMAKE_CURRENT_BINARY_DIR}/profiles"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/profiles"
  COMMAND chmod 0777 "${CMAKE_CURRENT_BINARY_DIR}/profiles"
  VERBATIM)
