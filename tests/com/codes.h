/* SPDX-License-Identifier: MIT */
/* The codes with their numbers, as the documentation of COM, Win32 and RPC lists them: taken from
   there, not from the headers under test. */
#ifndef GUISE_TEST_COM_CODES_H
#define GUISE_TEST_COM_CODES_H

#define COM_HRESULTS(X)                                                                            \
    X(S_OK, 0x00000000)                                                                            \
    X(S_FALSE, 0x00000001)                                                                         \
    X(E_NOTIMPL, 0x80004001)                                                                       \
    X(E_NOINTERFACE, 0x80004002)                                                                   \
    X(E_POINTER, 0x80004003)                                                                       \
    X(E_ABORT, 0x80004004)                                                                         \
    X(E_FAIL, 0x80004005)                                                                          \
    X(E_PENDING, 0x8000000A)                                                                       \
    X(E_ILLEGAL_METHOD_CALL, 0x8000000E)                                                           \
    X(E_UNEXPECTED, 0x8000FFFF)                                                                    \
    X(CLASS_E_NOAGGREGATION, 0x80040110)                                                           \
    X(CO_E_NOTINITIALIZED, 0x800401F0)                                                             \
    X(CO_E_OBJNOTCONNECTED, 0x800401FD)                                                            \
    X(E_ACCESSDENIED, 0x80070005)                                                                  \
    X(E_HANDLE, 0x80070006)                                                                        \
    X(E_OUTOFMEMORY, 0x8007000E)                                                                   \
    X(E_INVALIDARG, 0x80070057)                                                                    \
    X(RPC_E_CALL_REJECTED, 0x80010001)                                                             \
    X(RPC_E_CALL_CANCELED, 0x80010002)                                                             \
    X(RPC_E_SERVER_DIED, 0x80010007)                                                               \
    X(RPC_E_CLIENT_DIED, 0x80010008)                                                               \
    X(RPC_E_OUT_OF_RESOURCES, 0x80010101)                                                          \
    X(RPC_E_SERVERFAULT, 0x80010105)                                                               \
    X(RPC_E_CHANGED_MODE, 0x80010106)                                                              \
    X(RPC_E_DISCONNECTED, 0x80010108)                                                              \
    X(RPC_E_WRONG_THREAD, 0x8001010E)                                                              \
    X(RPC_E_THREAD_NOT_INIT, 0x8001010F)                                                           \
    X(RPC_S_CALLPENDING, 0x80010115)                                                               \
    X(RPC_S_WAITONTIMER, 0x80010116)                                                               \
    X(RPC_E_CALL_COMPLETE, 0x80010117)                                                             \
    X(RPC_E_UNSECURE_CALL, 0x80010118)                                                             \
    X(RPC_E_TOO_LATE, 0x80010119)                                                                  \
    X(RPC_E_NO_GOOD_SECURITY_PACKAGES, 0x8001011A)                                                 \
    X(RPC_E_ACCESS_DENIED, 0x8001011B)                                                             \
    X(RPC_E_REMOTE_DISABLED, 0x8001011C)                                                           \
    X(RPC_E_NO_CONTEXT, 0x8001011E)                                                                \
    X(RPC_E_TIMEOUT, 0x8001011F)                                                                   \
    X(RPC_E_NO_SYNC, 0x80010120)                                                                   \
    X(CO_E_FAILEDTOIMPERSONATE, 0x80010123)                                                        \
    X(CO_E_FAILEDTOGETSECCTX, 0x80010124)                                                          \
    X(CO_E_FAILEDTOOPENTHREADTOKEN, 0x80010125)                                                    \
    X(CO_E_FAILEDTOGETTOKENINFO, 0x80010126)                                                       \
    X(CO_E_FAILEDTOQUERYCLIENTBLANKET, 0x80010128)                                                 \
    X(CO_E_ACCESSCHECKFAILED, 0x8001012A)                                                          \
    X(CO_E_FAILEDTOOPENPROCESSTOKEN, 0x8001013C)                                                   \
    X(CO_E_CANCEL_DISABLED, 0x80010140)                                                            \
    X(HRESULT_FROM_WIN32(1008), 0x800703F0)                                                        \
    X(HRESULT_FROM_WIN32(1309), 0x8007051D)                                                        \
    X(HRESULT_FROM_WIN32(1314), 0x80070522)                                                        \
    X(HRESULT_FROM_WIN32(1346), 0x80070542)                                                        \
    X(HRESULT_FROM_WIN32(1347), 0x80070543)                                                        \
    X(HRESULT_FROM_WIN32(1725), 0x800706BD)                                                        \
    X(HRESULT_FROM_WIN32(1764), 0x800706E4)                                                        \
    X(HRESULT_FROM_WIN32(1765), 0x800706E5)                                                        \
    X(CLASS_E_CLASSNOTAVAILABLE, 0x80040111)                                                       \
    X(REGDB_E_CLASSNOTREG, 0x80040154)                                                             \
    X(CO_E_CLASSSTRING, 0x800401F3)                                                                \
    X(CO_E_IIDSTRING, 0x800401F4)                                                                  \
    X(CLASS_E_NOTLICENSED, 0x80040112)                                                             \
    X(REGDB_E_WRITEREGDB, 0x80040151)                                                              \
    X(REGDB_E_IIDNOTREG, 0x80040155)                                                               \
    X(CO_E_ALREADYINITIALIZED, 0x800401F1)                                                         \
    X(CO_E_OBJNOTREG, 0x800401FB)                                                                  \
    X(CO_E_CLASS_CREATE_FAILED, 0x80080001)                                                        \
    X(CO_E_SERVER_EXEC_FAILURE, 0x80080005)                                                        \
    X(CO_E_SERVER_STOPPING, 0x80080008)                                                            \
    X(STG_E_INVALIDFUNCTION, 0x80030001)                                                           \
    X(STG_E_FILENOTFOUND, 0x80030002)                                                              \
    X(STG_E_PATHNOTFOUND, 0x80030003)                                                              \
    X(STG_E_ACCESSDENIED, 0x80030005)                                                              \
    X(STG_E_INVALIDHANDLE, 0x80030006)                                                             \
    X(STG_E_INSUFFICIENTMEMORY, 0x80030008)                                                        \
    X(STG_E_INVALIDPOINTER, 0x80030009)                                                            \
    X(STG_E_INVALIDPARAMETER, 0x80030057)                                                          \
    X(STG_E_MEDIUMFULL, 0x80030070)                                                                \
    X(DISP_E_TYPEMISMATCH, 0x80020005)                                                             \
    X(DISP_E_BADINDEX, 0x8002000B)                                                                 \
    X(DISP_E_BADPARAMCOUNT, 0x8002000E)                                                            \
    X(RPC_E_CANTPOST_INSENDCALL, 0x80010003)                                                       \
    X(RPC_E_CONNECTION_TERMINATED, 0x80010006)                                                     \
    X(RPC_E_INVALID_DATA, 0x8001000F)                                                              \
    X(RPC_E_INVALID_PARAMETER, 0x80010010)                                                         \
    X(RPC_E_NOT_REGISTERED, 0x80010103)                                                            \
    X(RPC_E_FAULT, 0x80010104)                                                                     \
    X(RPC_E_INVALIDMETHOD, 0x80010107)                                                             \
    X(RPC_E_RETRY, 0x80010109)                                                                     \
    X(RPC_E_SERVERCALL_RETRYLATER, 0x8001010A)                                                     \
    X(RPC_E_SERVERCALL_REJECTED, 0x8001010B)                                                       \
    X(RPC_E_CANTCALLOUT_ININPUTSYNCCALL, 0x8001010D)                                               \
    X(RPC_E_VERSION_MISMATCH, 0x80010110)                                                          \
    X(RPC_E_INVALID_OBJECT, 0x80010114)                                                            \
    X(RPC_E_INVALID_OBJREF, 0x8001011D)                                                            \
    X(RPC_E_FULLSIC_REQUIRED, 0x80010121)                                                          \
    X(CO_E_TRUSTEEDOESNTMATCHCLIENT, 0x80010127)                                                   \
    X(CO_E_INVALIDSID, 0x8001012D)                                                                 \
    X(CO_E_NOMATCHINGSIDFOUND, 0x8001012F)                                                         \
    X(CO_E_LOOKUPACCSIDFAILED, 0x80010130)                                                         \
    X(CO_E_NOMATCHINGNAMEFOUND, 0x80010131)                                                        \
    X(CO_E_LOOKUPACCNAMEFAILED, 0x80010132)                                                        \
    X(RPC_E_UNEXPECTED, 0x8001FFFF)

/* Decimal and hexadecimal. */
#define COM_STATUSES(X)                                                                            \
    X(ERROR_FILE_NOT_FOUND, 2, 0x2)                                                                \
    X(ERROR_PATH_NOT_FOUND, 3, 0x3)                                                                \
    X(ERROR_ACCESS_DENIED, 5, 0x5)                                                                 \
    X(ERROR_INVALID_HANDLE, 6, 0x6)                                                                \
    X(ERROR_NOT_ENOUGH_MEMORY, 8, 0x8)                                                             \
    X(ERROR_INVALID_DATA, 13, 0xD)                                                                 \
    X(ERROR_OUTOFMEMORY, 14, 0xE)                                                                  \
    X(ERROR_GEN_FAILURE, 31, 0x1F)                                                                 \
    X(ERROR_NOT_SUPPORTED, 50, 0x32)                                                               \
    X(ERROR_INVALID_PARAMETER, 87, 0x57)                                                           \
    X(ERROR_INSUFFICIENT_BUFFER, 122, 0x7A)                                                        \
    X(ERROR_ALREADY_EXISTS, 183, 0xB7)                                                             \
    X(ERROR_MORE_DATA, 234, 0xEA)                                                                  \
    X(RPC_S_ASYNC_CALL_PENDING, 997, 0x3E5)                                                        \
    X(ERROR_IO_PENDING, 997, 0x3E5)                                                                \
    X(ERROR_NO_TOKEN, 1008, 0x3F0)                                                                 \
    X(ERROR_CANCELLED, 1223, 0x4C7)                                                                \
    X(ERROR_NOT_ALL_ASSIGNED, 1300, 0x514)                                                         \
    X(ERROR_UNKNOWN_REVISION, 1305, 0x519)                                                         \
    X(ERROR_REVISION_MISMATCH, 1306, 0x51A)                                                        \
    X(ERROR_NO_IMPERSONATION_TOKEN, 1309, 0x51D)                                                   \
    X(ERROR_PRIVILEGE_NOT_HELD, 1314, 0x522)                                                       \
    X(ERROR_INVALID_ACL, 1336, 0x538)                                                              \
    X(ERROR_INVALID_SID, 1337, 0x539)                                                              \
    X(ERROR_INVALID_SECURITY_DESCR, 1338, 0x53A)                                                   \
    X(ERROR_ALLOTTED_SPACE_EXCEEDED, 1344, 0x540)                                                  \
    X(ERROR_BAD_IMPERSONATION_LEVEL, 1346, 0x542)                                                  \
    X(ERROR_CANT_OPEN_ANONYMOUS, 1347, 0x543)                                                      \
    X(ERROR_BAD_VALIDATION_CLASS, 1348, 0x544)                                                     \
    X(ERROR_BAD_TOKEN_TYPE, 1349, 0x545)                                                           \
    X(ERROR_INTERNAL_ERROR, 1359, 0x54F)                                                           \
    X(ERROR_GENERIC_NOT_MAPPED, 1360, 0x550)                                                       \
    X(ERROR_TIMEOUT, 1460, 0x5B4)                                                                  \
    X(RPC_S_WRONG_KIND_OF_BINDING, 1701, 0x6A5)                                                    \
    X(RPC_S_INVALID_BINDING, 1702, 0x6A6)                                                          \
    X(RPC_S_OUT_OF_RESOURCES, 1721, 0x6B9)                                                         \
    X(RPC_S_NO_CALL_ACTIVE, 1725, 0x6BD)                                                           \
    X(RPC_S_CALL_FAILED, 1726, 0x6BE)                                                              \
    X(RPC_S_BINDING_HAS_NO_AUTH, 1746, 0x6D2)                                                      \
    X(RPC_S_UNKNOWN_AUTHN_SERVICE, 1747, 0x6D3)                                                    \
    X(RPC_S_UNKNOWN_AUTHN_LEVEL, 1748, 0x6D4)                                                      \
    X(RPC_S_INVALID_AUTH_IDENTITY, 1749, 0x6D5)                                                    \
    X(RPC_S_CANNOT_SUPPORT, 1764, 0x6E4)                                                           \
    X(RPC_S_NO_CONTEXT_AVAILABLE, 1765, 0x6E5)                                                     \
    X(RPC_S_CALL_IN_PROGRESS, 1791, 0x6FF)                                                         \
    X(RPC_S_CALL_CANCELLED, 1818, 0x71A)                                                           \
    X(RPC_S_SEC_PKG_ERROR, 1825, 0x721)                                                            \
    X(RPC_S_NOT_CANCELLED, 1826, 0x722)                                                            \
    X(RPC_S_INVALID_ASYNC_HANDLE, 1914, 0x77A)                                                     \
    X(RPC_S_INVALID_ASYNC_CALL, 1915, 0x77B)                                                       \
    X(ERROR_INVALID_FUNCTION, 1, 0x1)                                                              \
    X(ERROR_TOO_MANY_OPEN_FILES, 4, 0x4)                                                           \
    X(ERROR_BAD_FORMAT, 11, 0xB)                                                                   \
    X(ERROR_INVALID_ACCESS, 12, 0xC)                                                               \
    X(ERROR_INVALID_DRIVE, 15, 0xF)                                                                \
    X(ERROR_NOT_SAME_DEVICE, 17, 0x11)                                                             \
    X(ERROR_NO_MORE_FILES, 18, 0x12)                                                               \
    X(ERROR_WRITE_PROTECT, 19, 0x13)                                                               \
    X(ERROR_NOT_READY, 21, 0x15)                                                                   \
    X(ERROR_BAD_LENGTH, 24, 0x18)                                                                  \
    X(ERROR_WRITE_FAULT, 29, 0x1D)                                                                 \
    X(ERROR_READ_FAULT, 30, 0x1E)                                                                  \
    X(ERROR_SHARING_VIOLATION, 32, 0x20)                                                           \
    X(ERROR_LOCK_VIOLATION, 33, 0x21)                                                              \
    X(ERROR_HANDLE_EOF, 38, 0x26)                                                                  \
    X(ERROR_HANDLE_DISK_FULL, 39, 0x27)                                                            \
    X(ERROR_BAD_NETPATH, 53, 0x35)                                                                 \
    X(ERROR_NETWORK_ACCESS_DENIED, 65, 0x41)                                                       \
    X(ERROR_FILE_EXISTS, 80, 0x50)                                                                 \
    X(ERROR_CANNOT_MAKE, 82, 0x52)                                                                 \
    X(ERROR_INVALID_PASSWORD, 86, 0x56)                                                            \
    X(ERROR_BROKEN_PIPE, 109, 0x6D)                                                                \
    X(ERROR_OPEN_FAILED, 110, 0x6E)                                                                \
    X(ERROR_BUFFER_OVERFLOW, 111, 0x6F)                                                            \
    X(ERROR_DISK_FULL, 112, 0x70)                                                                  \
    X(ERROR_CALL_NOT_IMPLEMENTED, 120, 0x78)                                                       \
    X(ERROR_SEM_TIMEOUT, 121, 0x79)                                                                \
    X(ERROR_INVALID_NAME, 123, 0x7B)                                                               \
    X(ERROR_INVALID_LEVEL, 124, 0x7C)                                                              \
    X(ERROR_MOD_NOT_FOUND, 126, 0x7E)                                                              \
    X(ERROR_PROC_NOT_FOUND, 127, 0x7F)                                                             \
    X(ERROR_NEGATIVE_SEEK, 131, 0x83)                                                              \
    X(ERROR_DIR_NOT_EMPTY, 145, 0x91)                                                              \
    X(ERROR_NOT_LOCKED, 158, 0x9E)                                                                 \
    X(ERROR_BAD_PATHNAME, 161, 0xA1)                                                               \
    X(ERROR_BUSY, 170, 0xAA)                                                                       \
    X(ERROR_ENVVAR_NOT_FOUND, 203, 0xCB)                                                           \
    X(ERROR_FILENAME_EXCED_RANGE, 206, 0xCE)                                                       \
    X(ERROR_BAD_PIPE, 230, 0xE6)                                                                   \
    X(ERROR_PIPE_BUSY, 231, 0xE7)                                                                  \
    X(ERROR_NO_DATA, 232, 0xE8)                                                                    \
    X(ERROR_PIPE_NOT_CONNECTED, 233, 0xE9)                                                         \
    X(ERROR_NO_MORE_ITEMS, 259, 0x103)                                                             \
    X(ERROR_DIRECTORY, 267, 0x10B)                                                                 \
    X(ERROR_NOT_OWNER, 288, 0x120)                                                                 \
    X(ERROR_PARTIAL_COPY, 299, 0x12B)                                                              \
    X(ERROR_MR_MID_NOT_FOUND, 317, 0x13D)                                                          \
    X(ERROR_INVALID_ADDRESS, 487, 0x1E7)                                                           \
    X(ERROR_ARITHMETIC_OVERFLOW, 534, 0x216)                                                       \
    X(ERROR_PIPE_CONNECTED, 535, 0x217)                                                            \
    X(ERROR_PIPE_LISTENING, 536, 0x218)                                                            \
    X(ERROR_OPERATION_ABORTED, 995, 0x3E3)                                                         \
    X(ERROR_IO_INCOMPLETE, 996, 0x3E4)                                                             \
    X(ERROR_NOACCESS, 998, 0x3E6)                                                                  \
    X(ERROR_STACK_OVERFLOW, 1001, 0x3E9)                                                           \
    X(ERROR_INVALID_FLAGS, 1004, 0x3EC)                                                            \
    X(ERROR_NO_UNICODE_TRANSLATION, 1113, 0x459)                                                   \
    X(ERROR_SHUTDOWN_IN_PROGRESS, 1115, 0x45B)                                                     \
    X(ERROR_IO_DEVICE, 1117, 0x45D)                                                                \
    X(ERROR_NOT_ENOUGH_SERVER_MEMORY, 1130, 0x46A)                                                 \
    X(ERROR_POSSIBLE_DEADLOCK, 1131, 0x46B)                                                        \
    X(ERROR_NOT_FOUND, 1168, 0x490)                                                                \
    X(ERROR_NO_MATCH, 1169, 0x491)                                                                 \
    X(ERROR_DEVICE_NOT_CONNECTED, 1167, 0x48F)                                                     \
    X(ERROR_BAD_USERNAME, 2202, 0x89A)                                                             \
    X(ERROR_CONNECTION_REFUSED, 1225, 0x4C9)                                                       \
    X(ERROR_REQUEST_ABORTED, 1235, 0x4D3)                                                          \
    X(ERROR_CONNECTION_ABORTED, 1236, 0x4D4)                                                       \
    X(ERROR_RETRY, 1237, 0x4D5)                                                                    \
    X(ERROR_INCORRECT_ADDRESS, 1241, 0x4D9)                                                        \
    X(ERROR_NOT_AUTHENTICATED, 1244, 0x4DC)                                                        \
    X(ERROR_NOT_LOGGED_ON, 1245, 0x4DD)                                                            \
    X(ERROR_ALREADY_INITIALIZED, 1247, 0x4DF)                                                      \
    X(ERROR_SOME_NOT_MAPPED, 1301, 0x515)                                                          \
    X(ERROR_INVALID_OWNER, 1307, 0x51B)                                                            \
    X(ERROR_INVALID_PRIMARY_GROUP, 1308, 0x51C)                                                    \
    X(ERROR_CANT_DISABLE_MANDATORY, 1310, 0x51E)                                                   \
    X(ERROR_NO_LOGON_SERVERS, 1311, 0x51F)                                                         \
    X(ERROR_NO_SUCH_LOGON_SESSION, 1312, 0x520)                                                    \
    X(ERROR_NO_SUCH_PRIVILEGE, 1313, 0x521)                                                        \
    X(ERROR_INVALID_ACCOUNT_NAME, 1315, 0x523)                                                     \
    X(ERROR_NO_SUCH_USER, 1317, 0x525)                                                             \
    X(ERROR_NO_SUCH_GROUP, 1319, 0x527)                                                            \
    X(ERROR_LOGON_FAILURE, 1326, 0x52E)                                                            \
    X(ERROR_ACCOUNT_RESTRICTION, 1327, 0x52F)                                                      \
    X(ERROR_PASSWORD_EXPIRED, 1330, 0x532)                                                         \
    X(ERROR_ACCOUNT_DISABLED, 1331, 0x533)                                                         \
    X(ERROR_NONE_MAPPED, 1332, 0x534)                                                              \
    X(ERROR_LUIDS_EXHAUSTED, 1334, 0x536)                                                          \
    X(ERROR_INVALID_SUB_AUTHORITY, 1335, 0x537)                                                    \
    X(ERROR_BAD_INHERITANCE_ACL, 1340, 0x53C)                                                      \
    X(ERROR_INVALID_ID_AUTHORITY, 1343, 0x53F)                                                     \
    X(ERROR_INVALID_GROUP_ATTRIBUTES, 1345, 0x541)                                                 \
    X(ERROR_NO_SECURITY_ON_OBJECT, 1350, 0x546)                                                    \
    X(ERROR_CANT_ACCESS_DOMAIN_INFO, 1351, 0x547)                                                  \
    X(ERROR_NO_SUCH_DOMAIN, 1355, 0x54B)                                                           \
    X(ERROR_BAD_DESCRIPTOR_FORMAT, 1361, 0x551)                                                    \
    X(ERROR_NO_SUCH_MEMBER, 1387, 0x56B)                                                           \
    X(ERROR_CANNOT_IMPERSONATE, 1368, 0x558)                                                       \
    X(ERROR_LOGON_NOT_GRANTED, 1380, 0x564)                                                        \
    X(ERROR_LOGON_TYPE_NOT_GRANTED, 1385, 0x569)                                                   \
    X(ERROR_INVALID_USER_BUFFER, 1784, 0x6F8)                                                      \
    X(ERROR_TRUSTED_RELATIONSHIP_FAILURE, 1789, 0x6FD)                                             \
    X(ERROR_RESOURCE_LANG_NOT_FOUND, 1815, 0x717)                                                  \
    X(ERROR_ACCOUNT_LOCKED_OUT, 1909, 0x775)                                                       \
    X(ERROR_INVALID_STATE, 5023, 0x139F)                                                           \
    X(RPC_S_INVALID_STRING_BINDING, 1700, 0x6A4)                                                   \
    X(RPC_S_PROTSEQ_NOT_SUPPORTED, 1703, 0x6A7)                                                    \
    X(RPC_S_INVALID_STRING_UUID, 1705, 0x6A9)                                                      \
    X(RPC_S_UNKNOWN_IF, 1717, 0x6B5)                                                               \
    X(RPC_S_SERVER_UNAVAILABLE, 1722, 0x6BA)                                                       \
    X(RPC_S_SERVER_TOO_BUSY, 1723, 0x6BB)                                                          \
    X(RPC_S_CALL_FAILED_DNE, 1727, 0x6BF)                                                          \
    X(RPC_S_PROTOCOL_ERROR, 1728, 0x6C0)                                                           \
    X(RPC_S_INVALID_TAG, 1733, 0x6C5)                                                              \
    X(RPC_S_INTERNAL_ERROR, 1766, 0x6E6)                                                           \
    X(RPC_X_NULL_REF_POINTER, 1780, 0x6F4)                                                         \
    X(RPC_X_BAD_STUB_DATA, 1783, 0x6F7)                                                            \
    X(RPC_S_UUID_LOCAL_ONLY, 1824, 0x720)

#endif
