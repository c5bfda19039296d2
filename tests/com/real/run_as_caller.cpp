/* SPDX-License-Identifier: MIT */
/* Work as the caller, through the call's IServerSecurity, by an object that reverts at its end. */
#include <ObjIdl.h>
#include <objbase.h>

#include <cstdlib>

#include "real.h"

namespace {

class CallerScope {
public:
    CallerScope() : m_security(NULL), m_result(CoGetCallContext(IID_PPV_ARGS(&m_security)))
    {
        if (FAILED(m_result))
            return;
        m_result = m_security->IsImpersonating() ? E_UNEXPECTED : m_security->ImpersonateClient();
    }
    ~CallerScope()
    {
        if (m_security == NULL)
            return;
        if (SUCCEEDED(m_result) && FAILED(m_security->RevertToSelf()))
            std::abort();
        m_security->Release();
    }
    HRESULT Result() const
    {
        return m_result;
    }

private:
    CallerScope(const CallerScope &);
    CallerScope &operator=(const CallerScope &);

    IServerSecurity *m_security;
    HRESULT m_result;
};

} // namespace

HRESULT real_run_as_caller(HRESULT (*work)(void *state), void *state)
{
    CallerScope scope;

    return FAILED(scope.Result()) ? scope.Result() : work(state);
}
