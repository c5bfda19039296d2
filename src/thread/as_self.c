/* SPDX-License-Identifier: MIT */
/*
 * A scope for the program's destructors. What they belong to may be freed on a thread that is a client, so
 * the scope sets the client aside and restores it (I-17).
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/as_self.h"

#include <pthread.h>
#include <stdint.h>

#include "base/check.h"
#include "thread/scope.h"

static void end_scope(void *arg)
{
    struct guise__scope *scope = arg;
    struct guise__thread *thread = guise__scope_clear(scope);
    int cancel_state = scope->cancel_state;

    guise__scope_leave(thread, scope);
    (void)pthread_setcancelstate(cancel_state, NULL);
}

/* The scope's own address is the mark for a frame left by longjmp (scope.c), because this may run where the
 * stack frames of the scope around it were (docs/adr/0017). */
static void run_in(struct guise__thread *thread, struct guise__scope *scope, void (*fn)(void *arg),
                   void *arg)
{
    guise__scope_prepare(thread, scope, (uintptr_t)scope, NULL, GUISE__SCOPE_DESTRUCTOR, end_scope);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &scope->cancel_state);
    guise__scope_enter(thread, scope);
    pthread_cleanup_push(end_scope, scope);
    fn(arg);
    pthread_cleanup_pop(1);
}

static GUISE_COLD void run_on_stack(struct guise__thread *thread, void (*fn)(void *arg), void *arg)
{
    struct guise__scope scope;

    scope.inner = NULL;
    run_in(thread, &scope, fn, arg);
}

/* On the stack if there is no memory for a place, because this cannot be refused. */
void guise__run_as_self(void (*fn)(void *arg), void *arg)
{
    struct guise__thread *thread = guise__thread_here();
    struct guise__scope *place = guise__scope_find_place(thread);

    GUISE__CHECK(!thread->is_changing);
    if (place != NULL) {
        run_in(thread, place, fn, arg);
    } else {
        run_on_stack(thread, fn, arg);
    }
}
