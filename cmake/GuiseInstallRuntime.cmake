# SPDX-License-Identifier: MIT
# In a parent project that asks for no install rules of ours: the shared libraries that its programs
# were linked with, because without them an installed program would not start. OPTIONAL, because a
# library that no target of the parent's links was not built. No DESTINATION and no GNUInstallDirs,
# because where libraries go is the parent's to say.
set(guise_runtimes guise_shared guise_com_shared)
if(GUISE_HAVE_URING)
  list(APPEND guise_runtimes guise_uring_shared)
endif()
install(TARGETS ${guise_runtimes}
  LIBRARY
    COMPONENT guise_Runtime
    NAMELINK_SKIP
    OPTIONAL)
