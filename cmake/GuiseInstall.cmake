# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(guise_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/guise")

install(FILES ${guise_headers} ${guise_uring_headers}
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/guise"
  COMPONENT guise_Development)

include(cmake/GuiseDocuments.cmake)
install(FILES ${guise_com_headers} ${guise_com_spellings}
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/guise/com"
  COMPONENT guise_Development)

# An export set for each library, so that a distribution may package them apart.
set(guise_includes_ "${CMAKE_INSTALL_INCLUDEDIR}")
set(guise_includes_com_ "${CMAKE_INSTALL_INCLUDEDIR}/guise/com")
set(guise_includes_uring_ "${CMAKE_INSTALL_INCLUDEDIR}")
set(guise_libraries shared static com_shared com_static)
set(guise_modules guise guise-com)
if(GUISE_HAVE_URING)
  list(APPEND guise_libraries uring_shared uring_static)
  list(APPEND guise_modules guise-uring)
endif()
foreach(library IN LISTS guise_libraries)
  string(REGEX REPLACE "shared|static" "" layer "${library}")
  string(REPLACE "_" "-" file "guise-${library}-targets.cmake")
  install(TARGETS guise_${library} EXPORT guise_${library}
    RUNTIME COMPONENT guise_Runtime
    LIBRARY COMPONENT guise_Runtime NAMELINK_COMPONENT guise_Development
    ARCHIVE COMPONENT guise_Development
    INCLUDES DESTINATION "${guise_includes_${layer}}")
  install(EXPORT guise_${library}
    FILE ${file}
    NAMESPACE guise::
    DESTINATION "${guise_config_dir}"
    COMPONENT guise_Development)
endforeach()

configure_package_config_file(cmake/guiseConfig.cmake.in guiseConfig.cmake
  INSTALL_DESTINATION "${guise_config_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(guiseConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/guiseConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/guiseConfigVersion.cmake"
  DESTINATION "${guise_config_dir}"
  COMPONENT guise_Development)

# Relocatable: everything is said relative to where the .pc file is found.
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_LIBDIR guise_libdir_is_absolute)
cmake_path(IS_ABSOLUTE CMAKE_INSTALL_INCLUDEDIR guise_includedir_is_absolute)
if(guise_libdir_is_absolute OR guise_includedir_is_absolute)
  set(guise_pc_prefix "${CMAKE_INSTALL_PREFIX}")
  set(guise_pc_libdir "${CMAKE_INSTALL_FULL_LIBDIR}")
  set(guise_pc_includedir "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
else()
  file(RELATIVE_PATH guise_pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" guise_pc_up "${guise_pc_up}")
  set(guise_pc_prefix "\${pcfiledir}/${guise_pc_up}")
  set(guise_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(guise_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
foreach(module IN LISTS guise_modules)
  configure_file(cmake/${module}.pc.in ${module}.pc @ONLY)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${module}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
    COMPONENT guise_Development)
endforeach()
