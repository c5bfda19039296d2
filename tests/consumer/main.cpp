// SPDX-License-Identifier: MIT
// A program of somebody else's, in C++: run_as gives the thread back also to an exception.
#include <guise/guise.h>

#include <cstdio>
#include <stdexcept>

static guise_result fails(void *)
{
    throw std::runtime_error(guise_token_name(guise_thread_token()));
}

static bool comes_back(const guise_token *token)
{
    try {
        guise_result result = guise_run_as(token, fails, nullptr);
        std::printf("no exception, but %s\n", guise_result_name(result));
        return false;
    } catch (const std::runtime_error &) {
        return guise_thread_token() == nullptr;
    }
}

int main()
{
    guise_token_desc desc = guise_token_desc();
    desc.size = sizeof(desc);
    desc.name = "alice";
    desc.uid = 1000;
    desc.gid = 1000;
    desc.level = GUISE_LEVEL_IMPERSONATE;

    guise_token *token = nullptr;
    bool good = guise_use_provider(guise_provider_emulated()) == GUISE_OK &&
                guise_token_create(&desc, &token) == GUISE_OK && comes_back(token);
    guise_token_unref(token);
    std::printf("guise %s from C++: %s\n", guise_version(), good ? "ok" : "FAILED");
    return good ? 0 : 1;
}
