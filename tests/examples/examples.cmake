# SPDX-License-Identifier: MIT
# Included by examples/CMakeLists.txt: the tests of the examples, and the demonstration of the file
# server, which examples/run shows.
set(tests "${PROJECT_SOURCE_DIR}/tests/examples")

# guise_test_example(name command...): exits with 0, or with 77 and a reason where it cannot run.
function(guise_test_example name)
  add_test(NAME example_${name} COMMAND ${ARGN})
  set_tests_properties(example_${name} PROPERTIES
    LABELS example
    TIMEOUT 120
    SKIP_RETURN_CODE 77)
endfunction()

guise_test_example(need sh "${tests}/need.sh" "${PROJECT_SOURCE_DIR}")
guise_test_example(signal_then_impersonate signal_then_impersonate)

# ---- com_server ----

guise_test_example(com_server_sdk
  sh "${tests}/com_server/sdk.sh" "${PROJECT_SOURCE_DIR}/examples/com_server")
if(GUISE_BUILD_TESTS)
  include("${PROJECT_SOURCE_DIR}/cmake/GuiseCmocka.cmake")
  foreach(name IN ITEMS tests calltests)
    add_executable(com_server_${name} "${tests}/com_server/${name}.c"
      "${tests}/com_server/testbed.c")
    guise_compile_options(com_server_${name})
    target_include_directories(com_server_${name} PRIVATE com_server)
    target_link_libraries(com_server_${name} PRIVATE com_server_objects cmocka::cmocka)
    guise_test_example(com_server_${name} com_server_${name})
  endforeach()
endif()

if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  return()
endif()

# ---- the short ones ----

add_executable(ask "${tests}/ladder/ask.c")
guise_compile_options(ask)
set(groups ON)
if(GUISE_PORTABLE)
  set(groups OFF)
endif()
guise_test_example(peer_identity sh "${tests}/ladder/peer_identity.sh"
  $<TARGET_FILE:peer_identity> $<TARGET_FILE:ask> ${groups})
if(NOT GUISE_PORTABLE)
  if(GUISE_INSTALL AND GUISE_BUILD_TESTS)
    guise_test_example(installed sh "${tests}/installed.sh" "${PROJECT_SOURCE_DIR}"
      "${PROJECT_BINARY_DIR}")
    set_property(TEST example_installed PROPERTY ENVIRONMENT
      "CMAKE=${CMAKE_COMMAND}" "CC=${CMAKE_C_COMPILER}" "CFLAGS=${CMAKE_C_FLAGS}"
      "LIBDIR=${CMAKE_INSTALL_LIBDIR}" "GUISE_HAVE_URING=${GUISE_HAVE_URING}")
  endif()
  guise_test_example(run_as sh "${tests}/ladder/run_as.sh" $<TARGET_FILE:run_as>)
  guise_test_example(minimal_server sh "${tests}/ladder/minimal_server.sh"
    $<TARGET_FILE:minimal_server> $<TARGET_FILE:ask>)
endif()

# ---- file_server: what the server makes and frees is counted in its tests (counted.h) ----

add_library(file_server_counted_objects OBJECT ${file_server_sources})
guise_compile_options(file_server_counted_objects)
target_compile_options(file_server_counted_objects PRIVATE
  "SHELL:-include \"${tests}/file_server/counted.h\"")
target_link_libraries(file_server_counted_objects PUBLIC guise::guise Threads::Threads ${uring})
target_include_directories(file_server_counted_objects PUBLIC file_server)

add_executable(file_server_demo
  "${tests}/file_server/demo.c"
  "${tests}/file_server/identity.c"
  "${tests}/file_server/report.c"
  "${tests}/file_server/stage.c"
  "${tests}/file_server/tally.c")
guise_compile_options(file_server_demo)
target_link_libraries(file_server_demo PRIVATE file_server_counted_objects)
guise_test_example(file_server file_server_demo)
guise_test_example(file_server_emulated file_server_demo --emulated)

# Where the peer's groups are not known, no client can be impersonated and nothing is served.
set(unprivileged signal_then_impersonate file_server_demo)
if(NOT GUISE_PORTABLE)
  list(APPEND unprivileged com_server)
  guise_test_example(com_server com_server)
  guise_test_example(com_server_emulated com_server --emulated)

  add_executable(file_server_counted
    file_server/main.c
    "${tests}/file_server/leaves_nothing.c"
    "${tests}/file_server/tally.c")
  guise_compile_options(file_server_counted)
  target_link_libraries(file_server_counted PRIVATE file_server_counted_objects)
  guise_test_example(file_server_by_hand
    sh "${tests}/file_server/serve.sh" $<TARGET_FILE:file_server> "stopped")
  guise_test_example(file_server_leaves_nothing
    sh "${tests}/file_server/serve.sh" $<TARGET_FILE:file_server_counted> "nothing left behind")
  if(GUISE_BUILD_TESTS)
    add_executable(test_file_server "${tests}/file_server/test_file_server.c"
      file_server/client.c file_server/protocol.c)
    guise_compile_options(test_file_server)
    target_include_directories(test_file_server PRIVATE file_server)
    target_link_libraries(test_file_server PRIVATE guise::guise cmocka::cmocka)
    guise_test_example(file_server_clients test_file_server $<TARGET_FILE:file_server_counted>)
    set_property(TEST example_file_server_clients PROPERTY TIMEOUT 300)
  endif()
endif()

# ---- without privilege ----

list(TRANSFORM unprivileged REPLACE "(.+)" "$<TARGET_FILE:\\1>")
guise_test_example(unprivileged sh "${tests}/unprivileged.sh"
  none $<TARGET_FILE:guise::guise> ${unprivileged})
if(NOT GUISE_PORTABLE)
  guise_test_example(capable sh "${tests}/unprivileged.sh"
    two $<TARGET_FILE:guise::guise> ${unprivileged})
endif()
