/* SPDX-License-Identifier: MIT */
/* The COM surface, as a server in C calls it. */
#define COBJMACROS
#include <objbase.h>

#include "stage.h"
#include "suites.h"

static guise_context *s_client;
static ISynchronize *s_manual, *s_auto;

static ISynchronize *make_event(REFCLSID clsid)
{
    void *event;

    bench_must(CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER, &IID_ISynchronize, &event) ==
               S_OK);
    return event;
}

static const char *open_com(void)
{
    bench_must(CoInitializeEx(NULL, COINIT_MULTITHREADED) == S_OK);
    s_client = stage_client(1001, 1001, NULL, 0);
    s_manual = make_event(&CLSID_ManualResetEvent);
    s_auto = make_event(&CLSID_StdEvent);
    return NULL;
}

/* ---- the call context ---- */

static guise_result switch_in_frame(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    HRESULT result = S_OK;

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        result |= CoImpersonateClient();
        result |= CoRevertToSelf();
    }
    return (guise_result)result;
}

static void impersonate_revert(uint64_t times)
{
    stage_frame(s_client, switch_in_frame, &times);
}

static guise_result ask_in_frame(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    HRESULT result = S_OK;
    void *security;

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        result |= CoGetCallContext(&IID_IServerSecurity, &security);
        (void)IServerSecurity_Release((IServerSecurity *)security);
    }
    return (guise_result)result;
}

static void get_call_context(uint64_t times)
{
    stage_frame(s_client, ask_in_frame, &times);
}

/* ---- events ---- */

static void signal_reset(uint64_t times)
{
    HRESULT result = S_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= ISynchronize_Signal(s_manual);
        result |= ISynchronize_Reset(s_manual);
    }
    bench_must(result == S_OK);
}

static void signal_set(uint64_t times)
{
    HRESULT result = S_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= ISynchronize_Signal(s_manual);
    }
    bench_must(result == S_OK);
}

static void reset_clear(uint64_t times)
{
    HRESULT result = S_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= ISynchronize_Reset(s_manual);
    }
    bench_must(result == S_OK);
}

static void wait_set(uint64_t times)
{
    HRESULT result = ISynchronize_Signal(s_manual);

    for (uint64_t i = 0; i < times; i++) {
        result |= ISynchronize_Wait(s_manual, 0, INFINITE);
    }
    bench_must(result == S_OK);
}

static void signal_wait(uint64_t times)
{
    HRESULT result = S_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= ISynchronize_Signal(s_auto);
        result |= ISynchronize_Wait(s_auto, 0, INFINITE);
    }
    bench_must(result == S_OK);
}

static const struct bench_meter meters[] = {
    {.name = "com-impersonate-revert",
     .unit = "ns",
     .flags = BENCH_COUNTED,
     .loop = impersonate_revert},
    {.name = "com-get-call-context",
     .unit = "ns",
     .flags = BENCH_COUNTED,
     .loop = get_call_context},
    {.name = "com-signal-reset", .unit = "ns", .flags = BENCH_COUNTED, .loop = signal_reset},
    {.name = "com-signal-set", .unit = "ns", .flags = BENCH_COUNTED, .loop = signal_set},
    {.name = "com-reset-clear", .unit = "ns", .flags = BENCH_COUNTED, .loop = reset_clear},
    {.name = "com-wait-set", .unit = "ns", .flags = BENCH_COUNTED, .loop = wait_set},
    {.name = "com-signal-wait-auto", .unit = "ns", .flags = BENCH_COUNTED, .loop = signal_wait},
};

const struct bench_suite suite_com = {"com", open_com, meters, BENCH_COUNT(meters), false};
