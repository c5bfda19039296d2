# SPDX-License-Identifier: MIT
# Test 'coverage' and target coverage-report: line coverage of src/, failing under the limit.
set(GUISE_COVERAGE_LIMIT 95 CACHE STRING "Least line coverage of src/, in per cent")

string(REGEX MATCH "^[0-9]+" guise_gcc_major "${CMAKE_C_COMPILER_VERSION}")
find_program(GUISE_GCOV NAMES gcov-${guise_gcc_major} gcov REQUIRED)

set(guise_coverage_command
  sh "${CMAKE_CURRENT_SOURCE_DIR}/cmake/coverage" "${GUISE_GCOV}"
  "${CMAKE_CURRENT_BINARY_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/src" ${GUISE_COVERAGE_LIMIT})

add_custom_target(coverage-report COMMAND ${guise_coverage_command} USES_TERMINAL VERBATIM)

# Every build forgets the counts of earlier runs.
add_custom_target(coverage-reset ALL
  COMMAND find "${CMAKE_CURRENT_BINARY_DIR}" -name "*.gcda" -exec rm -f {} +
  VERBATIM)

function(guise_all_tests out directory)
  get_property(tests DIRECTORY "${directory}" PROPERTY TESTS)
  get_property(children DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    guise_all_tests(more "${child}")
    list(APPEND tests ${more})
  endforeach()
  set(${out} ${tests} PARENT_SCOPE)
endfunction()
guise_all_tests(guise_tests "${CMAKE_CURRENT_SOURCE_DIR}")

# DEPENDS is order only: the report comes last.
add_test(NAME coverage COMMAND ${guise_coverage_command})
set_tests_properties(coverage PROPERTIES DEPENDS "${guise_tests}" LABELS coverage TIMEOUT 120)
