# SPDX-License-Identifier: MIT
# guise-com: COM's names over the core. Targets guise::com_shared and guise::com_static, each over
# the core's library of the same kind, and guise::com for the one that is meant.
set(guise_com_headers
  include/guise/com/accctrl.h
  include/guise/com/accctrlbase.h
  include/guise/com/aclapi.h
  include/guise/com/aclapibase.h
  include/guise/com/cguid.h
  include/guise/com/combaseapi.h
  include/guise/com/errhandlingapi.h
  include/guise/com/guiddef.h
  include/guise/com/guisecom.h
  include/guise/com/guiseport.h
  include/guise/com/handleapi.h
  include/guise/com/heapapi.h
  include/guise/com/initguid.h
  include/guise/com/lmcons.h
  include/guise/com/minwinbase.h
  include/guise/com/oaidl.h
  include/guise/com/objbase.h
  include/guise/com/objidl.h
  include/guise/com/objidlbase.h
  include/guise/com/ocidl.h
  include/guise/com/ole2.h
  include/guise/com/process.h
  include/guise/com/processthreadsapi.h
  include/guise/com/rpc.h
  include/guise/com/rpcbase.h
  include/guise/com/rpcdce.h
  include/guise/com/rpcndr.h
  include/guise/com/rpcsal.h
  include/guise/com/sal.h
  include/guise/com/sddl.h
  include/guise/com/sddlbase.h
  include/guise/com/securitybaseapi.h
  include/guise/com/synchapi.h
  include/guise/com/sysinfoapi.h
  include/guise/com/tchar.h
  include/guise/com/tcharbase.h
  include/guise/com/unknwn.h
  include/guise/com/unknwnbase.h
  include/guise/com/winbase.h
  include/guise/com/windef.h
  include/guise/com/windows.h
  include/guise/com/winerror.h
  include/guise/com/winnt.h
  include/guise/com/wtypes.h
  include/guise/com/wtypesbase.h)

# The same under the SDK's spellings, which code written where case does not matter has. Each is a copy
# of its namesake to the byte, which only includes another, so that a file system that keeps only one
# of them has lost nothing.
set(guise_com_spellings
  include/guise/com/AccCtrl.h
  include/guise/com/Accctrl.h
  include/guise/com/AclAPI.h
  include/guise/com/AclApi.h
  include/guise/com/Aclapi.h
  include/guise/com/InitGuid.h
  include/guise/com/Initguid.h
  include/guise/com/LMCons.h
  include/guise/com/LmCons.h
  include/guise/com/Lmcons.h
  include/guise/com/OAIdl.h
  include/guise/com/OCIdl.h
  include/guise/com/ObjBase.h
  include/guise/com/ObjIdl.h
  include/guise/com/Objbase.h
  include/guise/com/Objidl.h
  include/guise/com/Ole2.h
  include/guise/com/Process.h
  include/guise/com/Rpc.h
  include/guise/com/SDDL.h
  include/guise/com/Sddl.h
  include/guise/com/TCHAR.h
  include/guise/com/Tchar.h
  include/guise/com/Unknwn.h
  include/guise/com/WINDOWS.h
  include/guise/com/WTypes.h
  include/guise/com/Windows.h)

set(guise_com_sources
  src/com/accesscheck.c
  src/com/account.c
  src/com/acl.c
  src/com/acledit.c
  src/com/ascii.c
  src/com/call_context.c
  src/com/callobject.c
  src/com/cancel.c
  src/com/charset.c
  src/com/classes.c
  src/com/classtable.c
  src/com/com_container.c
  src/com/conditionvariable.c
  src/com/criticalsection.c
  src/com/descriptor.c
  src/com/descriptorparse.c
  src/com/descriptorprint.c
  src/com/dispatch.c
  src/com/event.c
  src/com/eventhandle.c
  src/com/explicitaccess.c
  src/com/fixedname.c
  src/com/locks.c
  src/com/freethreaded.c
  src/com/guids.c
  src/com/handle.c
  src/com/heap.c
  src/com/initonce.c
  src/com/lasterror.c
  src/com/letters.c
  src/com/local.c
  src/com/memory.c
  src/com/message.c
  src/com/messagetext.c
  src/com/nameservice.c
  src/com/newguid.c
  src/com/privilege.c
  src/com/process.c
  src/com/processid.c
  src/com/proxyblanket.c
  src/com/rpccall.c
  src/com/selfrelative.c
  src/com/serversecurity.c
  src/com/sid.c
  src/com/sidtext.c
  src/com/sleep.c
  src/com/srwlock.c
  src/com/text.c
  src/com/threadid.c
  src/com/threads.c
  src/com/threadtoken.c
  src/com/tickcount.c
  src/com/ticks.c
  src/com/token_handle.c
  src/com/tokencheck.c
  src/com/tokeninfo.c
  src/com/unknown.c
  src/com/waits.c
  src/com/wellknown.c
  src/com/wide.c)

guise_library_over_core(com
  MAP src/com/guise-com.map
  SOURCES ${guise_com_sources})

# COM's own header names, as a program writes them: <objbase.h>.
foreach(kind IN ITEMS shared static)
  target_include_directories(guise_com_${kind} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include/guise/com>)
endforeach()
