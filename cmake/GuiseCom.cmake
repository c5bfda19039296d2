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
  src/com/com_container.c
  src/com/call_context.c
  src/com/descriptor.c
  src/com/dispatch.c
  src/com/event.c
  src/com/eventhandle.c
  src/com/guids.c
  src/com/handle.c
  src/com/lasterror.c
  src/com/local.c
  src/com/memory.c
  src/com/unknown.c
  src/com/process.c
  src/com/serversecurity.c
  src/com/sid.c
  src/com/sidtext.c
  src/com/text.c
  src/com/threads.c
  src/com/threadtoken.c
  src/com/token_handle.c
  src/com/tokencheck.c
  src/com/tokeninfo.c
  src/com/waits.c
  src/com/wide.c)

guise_library_over_core(com
  MAP src/com/guise-com.map
  SOURCES ${guise_com_sources})

# COM's own header names, as a program writes them: <objbase.h>.
foreach(kind IN ITEMS shared static)
  target_include_directories(guise_com_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/guise/com>)
endforeach()
