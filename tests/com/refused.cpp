/* SPDX-License-Identifier: MIT */
/* What must not compile, one by one: tests/com/refused. Without any of them it compiles. */
#include <windows.h>

#include <objbase.h>

struct INameless : public IUnknown {};
struct IDerived : public IServerSecurity {};
namespace inner {
struct INamed : public IUnknown {};
} // namespace inner
DEFINE_GUID(IID_INamed, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
struct Plain {};

HRESULT by_type(IServerSecurity *known, IUnknown *object, void **out);
HRESULT by_type(IServerSecurity *known, IUnknown *object, void **out)
{
#if defined(UUID_OF_NONE)
    known = 0;
    return object->QueryInterface(__uuidof(INameless), out);
#elif defined(UUID_OF_BASE)
    known = 0;
    return object->QueryInterface(__uuidof(IDerived), out);
#elif defined(UUID_OF_NAMESAKE)
    known = 0;
    return object->QueryInterface(__uuidof(inner::INamed), out);
#elif defined(POINTER_TO_NO_INTERFACE)
    return object->QueryInterface(__uuidof(known), IID_PPV_ARGS_Helper(static_cast<Plain **>(out[0])));
#else
    return object->QueryInterface(__uuidof(known), out);
#endif
}

#ifdef DECLSPEC_UNKNOWN
__declspec(naked) void function_without_a_frame();
#endif
#ifdef DECLSPEC_MISSPELT
__declspec(dlexport) void exported();
#endif
