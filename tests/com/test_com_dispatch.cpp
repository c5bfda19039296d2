// SPDX-License-Identifier: MIT
// A COM server in C++, and exceptions on their way out of it: the call completes, everything is
// given back, and the exception arrives. No cmocka assertion in the server: it would leave by
// longjmp.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// cmocka.h does not say so itself.
extern "C" {
#include <cmocka.h>
}

#include "support/test.h"

#include <guisecom.h>

namespace {

const IID iid_task = {0x5A1C0011, 0x7B2E, 0x4F16, {0x90, 0x11, 0x63, 0x0D, 0x5E, 0xC2, 0x8A, 0x01}};
const IID iid_async_task = {
    0x5A1C0012, 0x7B2E, 0x4F16, {0x90, 0x11, 0x63, 0x0D, 0x5E, 0xC2, 0x8A, 0x01}};

struct ITask : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE Run() = 0;
};

struct AsyncITask : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE Begin_Run() = 0;
    virtual HRESULT STDMETHODCALLTYPE Finish_Run() = 0;
};

enum class Throws { nowhere, in_create, in_begin, in_finish, in_run };

struct Thrown {};

// What happened, for the test to assert afterwards.
struct Record {
    Throws throws = Throws::nowhere;
    bool has_factory = true;
    int objects = 0, replies = 0, finished = 0;
    bool wrong = false;
    guise_result result = 1;

    void pass(Throws here) const
    {
        if (throws == here) {
            throw Thrown();
        }
    }
};

// Part of the library's object. Its own IUnknown is apart, and counts.
class TaskCall final : public AsyncITask {
  public:
    TaskCall(Record &record, IUnknown *outer) : own(*this), record_(record), outer_(outer)
    {
        record_.objects++;
    }
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **object) override
    {
        return outer_->QueryInterface(riid, object);
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return outer_->AddRef();
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return outer_->Release();
    }
    HRESULT STDMETHODCALLTYPE Begin_Run() override
    {
        void *sync = nullptr;

        record_.wrong = CoImpersonateClient() != S_OK;
        record_.pass(Throws::in_begin);
        if (FAILED(QueryInterface(IID_ISynchronize, &sync))) {
            return E_FAIL;
        }
        // Lent by the dispatcher: there is nothing to give back when Signal throws.
        static_cast<ISynchronize *>(sync)->Release();
        return static_cast<ISynchronize *>(sync)->Signal();
    }
    HRESULT STDMETHODCALLTYPE Finish_Run() override
    {
        record_.finished++;
        record_.wrong = record_.wrong || guise_thread_token() != nullptr;
        record_.pass(Throws::in_finish);
        return S_OK;
    }

    class Own final : public IUnknown {
      public:
        explicit Own(TaskCall &call) : call_(call)
        {
        }
        HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **object) override
        {
            *object = nullptr;
            if (IsEqualIID(riid, IID_IUnknown)) {
                *object = static_cast<IUnknown *>(this);
            } else if (IsEqualIID(riid, iid_async_task)) {
                *object = static_cast<AsyncITask *>(&call_);
            } else {
                return E_NOINTERFACE;
            }
            static_cast<IUnknown *>(*object)->AddRef();
            return S_OK;
        }
        ULONG STDMETHODCALLTYPE AddRef() override
        {
            return ++refs_;
        }
        ULONG STDMETHODCALLTYPE Release() override
        {
            ULONG left = --refs_;

            if (left == 0) {
                call_.record_.objects--;
                delete &call_;
            }
            return left;
        }

      private:
        TaskCall &call_;
        ULONG refs_ = 1;
    };
    Own own;

  private:
    Record &record_;
    IUnknown *outer_;
};

class Task final : public ITask, public ICallFactory {
  public:
    explicit Task(Record &record) : record_(record)
    {
    }
    HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **object) override
    {
        *object = nullptr;
        if (IsEqualIID(riid, IID_IUnknown) || IsEqualIID(riid, iid_task)) {
            *object = static_cast<ITask *>(this);
        } else if (IsEqualIID(riid, IID_ICallFactory) && record_.has_factory) {
            *object = static_cast<ICallFactory *>(this);
        } else {
            return E_NOINTERFACE;
        }
        AddRef();
        return S_OK;
    }
    ULONG STDMETHODCALLTYPE AddRef() override
    {
        return ++refs;
    }
    ULONG STDMETHODCALLTYPE Release() override
    {
        return --refs;
    }
    HRESULT STDMETHODCALLTYPE Run() override
    {
        record_.pass(Throws::in_run);
        return S_OK;
    }
    HRESULT STDMETHODCALLTYPE CreateCall(REFIID riid, IUnknown *outer, REFIID riid2,
                                         IUnknown **object) override
    {
        *object = nullptr;
        record_.pass(Throws::in_create);
        if (!IsEqualIID(riid, iid_async_task) || !IsEqualIID(riid2, IID_IUnknown)) {
            return E_NOINTERFACE;
        }
        *object = &(new TaskCall(record_, outer))->own;
        return S_OK;
    }
    ULONG refs = 1;

  private:
    Record &record_;
};

HRESULT run(IUnknown *object, void *)
{
    return static_cast<ITask *>(object)->Run();
}

HRESULT begin(IUnknown *object, void *)
{
    return static_cast<AsyncITask *>(object)->Begin_Run();
}

HRESULT finish(IUnknown *object, void *)
{
    return static_cast<AsyncITask *>(object)->Finish_Run();
}

const GUISE_METHOD method = {&iid_task, &iid_async_task, run, begin, finish};

void reply(guise_call *, guise_result result, void *arg)
{
    Record *record = static_cast<Record *>(arg);

    record->replies++;
    record->result = result;
    record->wrong = record->wrong || guise_thread_token() != nullptr;
}

guise_call *make_call(Record &record)
{
    guise_token_desc desc = guise_token_desc();
    guise_blanket blanket = guise_blanket();
    guise_token *token = nullptr;
    guise_context *context = nullptr;
    guise_call *call = nullptr;

    desc.size = sizeof desc;
    desc.name = "alice";
    desc.uid = desc.gid = 1001;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    assert_ok(guise_token_create(&desc, &token));
    blanket.size = sizeof blanket;
    blanket.authn_level = GUISE_AUTHN_LEVEL_CONNECT;
    assert_ok(guise_context_create(&blanket, token, &context));
    assert_ok(guise_call_create(context, &call));
    assert_ok(guise_call_on_complete(call, reply, &record));
    guise_context_unref(context);
    guise_token_unref(token);
    return call;
}

bool dispatch_throws(guise_call *call, Task &task)
{
    try {
        (void)GuiseDispatchCall(call, static_cast<ITask *>(&task), &method, nullptr);
    } catch (const Thrown &) {
        return true;
    }
    return false;
}

//
void check(Throws throws, bool has_factory, int finished)
{
    Record record;
    Task task(record);
    guise_call *call = make_call(record);

    record.throws = throws;
    record.has_factory = has_factory;
    assert_true(dispatch_throws(call, task) == (throws != Throws::nowhere));
    assert_false(record.wrong);
    assert_int_equal(record.replies, 1);
    assert_int_equal(record.finished, finished);
    assert_result(record.result, throws == Throws::nowhere ? GUISE_OK : GUISE_E_SERVER_FAULT);
    assert_ok(guise_call_wait(call, 0));
    assert_int_equal(record.objects, 0);
    assert_int_equal(task.refs, 1);
    assert_null(guise_thread_token());
    assert_null(guise_current_call());
    guise_call_unref(call);
}

void com_cxx_asynchronous_call(void **)
{
    check(Throws::nowhere, true, 1);
}

void com_cxx_synchronous_call(void **)
{
    check(Throws::nowhere, false, 0);
}

void com_cxx_exception_in_create_call(void **)
{
    check(Throws::in_create, true, 0);
}

void com_cxx_exception_in_begin(void **)
{
    check(Throws::in_begin, true, 0);
}

void com_cxx_exception_in_finish(void **)
{
    check(Throws::in_finish, true, 1);
}

void com_cxx_exception_in_a_method(void **)
{
    check(Throws::in_run, false, 0);
}

} // namespace

int main()
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_cxx_asynchronous_call),
        cmocka_unit_test(com_cxx_synchronous_call),
        cmocka_unit_test(com_cxx_exception_in_create_call),
        cmocka_unit_test(com_cxx_exception_in_begin),
        cmocka_unit_test(com_cxx_exception_in_finish),
        cmocka_unit_test(com_cxx_exception_in_a_method),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
