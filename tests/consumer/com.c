/* SPDX-License-Identifier: MIT */
/* COM code of somebody else's, which knows the SDK's headers and nothing of Guise. */
#define COBJMACROS
#include <windows.h>

#include <stdio.h>

static int signal_and_wait(void)
{
    void *object = NULL;
    int good;

    if (FAILED(CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER, &IID_ISynchronize,
                                &object))) {
        return 0;
    }
    good = ISynchronize_Signal((ISynchronize *)object) == S_OK &&
           ISynchronize_Wait((ISynchronize *)object, COWAIT_DEFAULT, INFINITE) == S_OK &&
           ISynchronize_Wait((ISynchronize *)object, COWAIT_DEFAULT, 0) == RPC_S_CALLPENDING;
    return ISynchronize_Release((ISynchronize *)object) == 0 && good;
}

int main(void)
{
    int good = 0;

    if (SUCCEEDED(CoInitializeEx(NULL, COINIT_MULTITHREADED))) {
        good = signal_and_wait();
        CoUninitialize();
    }
    (void)printf("guise-com from C: %s\n", good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
