# SPDX-License-Identifier: MIT
# guise-com: COM's names over the core. Targets guise::com_shared and guise::com_static, each over
# the core's library of the same kind, and guise::com for the one that is meant.
set(guise_com_headers
  include/guise/com/cguid.h
  include/guise/com/combaseapi.h
  include/guise/com/errhandlingapi.h
  include/guise/com/guiddef.h
  include/guise/com/guisecom.h
  include/guise/com/handleapi.h
  include/guise/com/initguid.h
  include/guise/com/minwinbase.h
  include/guise/com/oaidl.h
  include/guise/com/objbase.h
  include/guise/com/objidl.h
  include/guise/com/objidlbase.h
  include/guise/com/ocidl.h
  include/guise/com/ole2.h
  include/guise/com/processthreadsapi.h
  include/guise/com/rpc.h
  include/guise/com/rpcdce.h
  include/guise/com/rpcndr.h
  include/guise/com/rpcsal.h
  include/guise/com/sal.h
  include/guise/com/sddl.h
  include/guise/com/securitybaseapi.h
  include/guise/com/synchapi.h
  include/guise/com/unknwn.h
  include/guise/com/unknwnbase.h
  include/guise/com/winbase.h
  include/guise/com/windef.h
  include/guise/com/windows.h
  include/guise/com/winerror.h
  include/guise/com/winnt.h
  include/guise/com/wtypes.h
  include/guise/com/wtypesbase.h)

set(guise_com_sources
  src/com/accesscheck.c
  src/com/acl.c
  src/com/callobject.c
  src/com/cancel.c
  src/com/classes.c
  src/com/container.c
  src/com/context.c
  src/com/descriptor.c
  src/com/dispatch.c
  src/com/event.c
  src/com/eventhandle.c
  src/com/guids.c
  src/com/handle.c
  src/com/lasterror.c
  src/com/local.c
  src/com/memory.c
  src/com/object.c
  src/com/process.c
  src/com/serversecurity.c
  src/com/sid.c
  src/com/sidtext.c
  src/com/text.c
  src/com/threads.c
  src/com/threadtoken.c
  src/com/token.c
  src/com/tokencheck.c
  src/com/tokeninfo.c
  src/com/waits.c
  src/com/wide.c)

add_library(guise_com_objects OBJECT ${guise_com_sources})
target_include_directories(guise_com_objects PRIVATE include)
set_target_properties(guise_com_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  C_VISIBILITY_PRESET hidden)
guise_compile_options(guise_com_objects)
guise_show_internals(guise_com_objects)
# A user's method may throw, or end its thread, through the library's frames.
target_compile_options(guise_com_objects PRIVATE -fexceptions)
if(GUISE_HARDENING)
  guise_harden_objects(guise_com_objects)
endif()

add_library(guise_com_shared SHARED $<TARGET_OBJECTS:guise_com_objects>)
add_library(guise_com_static STATIC $<TARGET_OBJECTS:guise_com_objects>)

foreach(kind IN ITEMS shared static)
  add_library(guise::com_${kind} ALIAS guise_com_${kind})
  set_target_properties(guise_com_${kind} PROPERTIES
    LINKER_LANGUAGE C
    OUTPUT_NAME guise-com
    EXPORT_NAME com_${kind})
  target_include_directories(guise_com_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/guise/com>)
  target_link_libraries(guise_com_${kind} PUBLIC guise_${kind} PRIVATE Threads::Threads)
endforeach()

if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
  add_library(guise::com ALIAS guise_com_static)
else()
  add_library(guise::com ALIAS guise_com_shared)
endif()

# Installed it finds the core beside it: a program's own search path is not for libraries' needs.
if(NOT APPLE)
  set_target_properties(guise_com_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()
set_target_properties(guise_com_shared PROPERTIES
  VERSION ${PROJECT_VERSION}
  SOVERSION ${guise_soversion})
guise_link_shared(guise_com_shared src/com/guise-com.map)
if(GUISE_HARDENING)
  guise_harden_link(guise_com_shared)
endif()
