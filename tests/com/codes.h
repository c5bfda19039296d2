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
    X(CO_E_IIDSTRING, 0x800401F4)

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
    X(RPC_S_INVALID_ASYNC_CALL, 1915, 0x77B)

#endif
