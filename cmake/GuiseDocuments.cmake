# SPDX-License-Identifier: MIT
# Installs the documents and the examples that they speak of, in folders as here, so that a link
# between them leads there too. A link to what is not installed (tests) becomes its text.
file(GLOB_RECURSE guise_documents CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}"
  docs/*.md examples/*.md)
list(APPEND guise_documents README.md CHANGELOG.md SECURITY.md)
file(GLOB_RECURSE guise_doc_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}"
  docs/*.svg examples/*.c examples/*.h examples/*.idl)
list(APPEND guise_doc_files LICENSE)

# guise_is_installed(OUT PATH): is this file, or something in this folder?
function(guise_is_installed out path)
  set(${out} OFF PARENT_SCOPE)
  foreach(installed IN LISTS guise_documents guise_doc_files)
    cmake_path(IS_PREFIX path "${installed}" is_there)
    if(is_there)
      set(${out} ON PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# guise_drop_dead_links(TEXT FOLDER): in this variable, the text of a document in this folder. No
# list may hold a text: CMake's lists do not stand unpaired brackets.
function(guise_drop_dead_links variable folder)
  set(rest "${${variable}}")
  set(text "")
  while(rest MATCHES "\\[([^][]*)\\]\\(([^()]*)\\)")
    set(link "${CMAKE_MATCH_0}")
    set(words "${CMAKE_MATCH_1}")
    string(REGEX REPLACE "#.*" "" target "${CMAKE_MATCH_2}")
    string(FIND "${rest}" "${link}" before)
    string(LENGTH "${link}" length)
    math(EXPR after "${before} + ${length}")
    string(SUBSTRING "${rest}" 0 ${before} part)
    string(SUBSTRING "${rest}" ${after} -1 rest)
    if(NOT target MATCHES "^$|^[a-z]+:")
      cmake_path(APPEND folder "${target}" OUTPUT_VARIABLE path)
      cmake_path(NORMAL_PATH path)
      string(REGEX REPLACE "/$" "" path "${path}")
      guise_is_installed(is_there "${path}")
      if(NOT is_there)
        set(link "${words}")
      endif()
    endif()
    string(APPEND text "${part}${link}")
  endwhile()
  set(${variable} "${text}${rest}" PARENT_SCOPE)
endfunction()

function(guise_install_document document)
  cmake_path(GET document PARENT_PATH folder)
  file(READ "${document}" text)
  guise_drop_dead_links(text "${folder}")
  file(CONFIGURE OUTPUT "documents/${document}" CONTENT "@text@" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${document}")
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/documents/${document}"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}/${folder}"
    COMPONENT guise_Development)
endfunction()

foreach(document IN LISTS guise_documents)
  guise_install_document("${document}")
endforeach()
foreach(file IN LISTS guise_doc_files)
  cmake_path(GET file PARENT_PATH folder)
  install(FILES "${file}"
    DESTINATION "${CMAKE_INSTALL_DOCDIR}/${folder}"
    COMPONENT guise_Development)
endforeach()
