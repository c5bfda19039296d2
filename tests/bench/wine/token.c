/* SPDX-License-Identifier: MIT */
/* For Windows. A line on standard input: nanoseconds of one SetThreadToken + RevertToSelf. */
#include <stdio.h>
#include <windows.h>

enum { TIMES = 2000 };

static HANDLE make_token(void)
{
    HANDLE token = NULL;

    if (!ImpersonateSelf(SecurityImpersonation) ||
        !OpenThreadToken(GetCurrentThread(), TOKEN_ALL_ACCESS, TRUE, &token) || !RevertToSelf()) {
        return NULL;
    }
    return token;
}

static double measure(HANDLE token)
{
    LARGE_INTEGER frequency, begin, end;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begin);
    for (int i = 0; i < TIMES; i++) {
        if (!SetThreadToken(NULL, token) || !RevertToSelf()) {
            return -1;
        }
    }
    QueryPerformanceCounter(&end);
    return (double)(end.QuadPart - begin.QuadPart) * 1e9 / (double)frequency.QuadPart / TIMES;
}

int main(void)
{
    HANDLE token = make_token();
    char line[32];

    if (token == NULL) {
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        double took = measure(token);

        if (took < 0) {
            return 1;
        }
        printf("%.1f\n", took);
        fflush(stdout);
    }
    return 0;
}
