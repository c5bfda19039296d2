/* SPDX-License-Identifier: MIT */
/* Calls: every operation in every state, every NULL, and what a call keeps and lets go. */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <errno.h>
#include <string.h>

#include "call/call_state.h"
#include "support/child.h"

/* ---- state x operation ----------------------------------------------------------------------- */

enum state {
    FRESH,
    REGISTERED,   /* fresh, with a completion function */
    IN_BEGIN,     /* Begin_ runs, and asks */
    RETURNED,     /* Begin_ has returned without Signal */
    CANCELED,     /* open, cancellation was asked for */
    COMPLETING,   /* the completion function runs, and asks */
    ANNOUNCED,    /* completed with GUISE_OK */
    DISCONNECTED, /* let go by its last owner; the completion function kept a reference */
    STATES
};

static const char *const s_state_names[STATES] = {"fresh",     "registered",  "in Begin_",
                                                  "returned",  "canceled",    "completing",
                                                  "announced", "disconnected"};

struct cell {
    struct scene *s;
    guise_call *call;
    enum state state;
    unsigned operation;
    int begun, completed;
};

static const guise_result outcome = GUISE_E_ACCESS_DENIED; /* of the operation "complete" */

static guise_result begin_counted(guise_call *call, void *arg)
{
    struct cell *cell = arg;

    (void)call;
    cell->begun++;
    return GUISE_OK;
}

static void complete_counted(guise_call *call, guise_result result, void *arg)
{
    struct cell *cell = arg;

    (void)call;
    (void)result;
    cell->completed++;
}

static guise_result op_dispatch(struct cell *cell)
{
    return guise_call_dispatch(cell->call, begin_counted, cell);
}

static guise_result op_run(struct cell *cell)
{
    return guise_call_run(cell->call, begin_counted, cell);
}

static guise_result op_signal(struct cell *cell)
{
    return guise_call_signal(cell->call);
}

static guise_result op_complete(struct cell *cell)
{
    return guise_call_complete(cell->call, outcome);
}

static guise_result op_result(struct cell *cell)
{
    guise_result ignored;

    return guise_call_result(cell->call, &ignored);
}

static guise_result op_wait(struct cell *cell)
{
    return guise_call_wait(cell->call, 0);
}

static guise_result op_cancel(struct cell *cell)
{
    return guise_call_cancel(cell->call);
}

static guise_result op_is_canceled(struct cell *cell)
{
    return guise_call_is_canceled(cell->call) ? GUISE_E_CALL_CANCELED : GUISE_OK;
}

static guise_result op_blanket(struct cell *cell)
{
    guise_blanket blanket = {.size = sizeof blanket};

    return guise_call_query_blanket(cell->call, &blanket);
}

/* Back to self by itself: the matrix compares what is left. */
static guise_result op_impersonate(struct cell *cell)
{
    guise_result result = guise_call_impersonate(cell->call);
    bool right = result == GUISE_OK ? is_client(cell->s->alice) : is_self();

    (void)!guise_revert_to_self();
    return right ? result : GUISE_E_UNEXPECTED;
}

static guise_result op_on_complete(struct cell *cell)
{
    return guise_call_on_complete(cell->call, complete_counted, cell);
}

/* What the completion signal says. */
static guise_result op_completion(struct cell *cell)
{
    guise_signal *signal = TEST_POISON(guise_signal);
    guise_signal *again = NULL;
    guise_result result = guise_call_completion(cell->call, &signal);

    if (result != GUISE_OK || guise_call_completion(cell->call, &again) != GUISE_OK ||
        again != signal) {
        return GUISE_E_UNEXPECTED;
    }
    return guise_signal_wait(signal, 0);
}

static guise_result op_references(struct cell *cell)
{
    bool same = guise_call_ref(cell->call) == cell->call;

    guise_call_unref(cell->call);
    return same ? GUISE_OK : GUISE_E_UNEXPECTED;
}

enum {
    DISPATCH,
    RUN,
    SIGNAL,
    COMPLETE,
    RESULT,
    WAIT,
    CANCEL,
    IS_CANCELED,
    BLANKET,
    IMPERSONATE,
    ON_COMPLETE,
    COMPLETION,
    REFERENCES,
    OPERATIONS
};

static const struct {
    const char *name;
    guise_result (*perform)(struct cell *);
} s_operations[OPERATIONS] = {
    [DISPATCH] = {"dispatch", op_dispatch},
    [RUN] = {"run", op_run},
    [SIGNAL] = {"signal", op_signal},
    [COMPLETE] = {"complete", op_complete},
    [RESULT] = {"result", op_result},
    [WAIT] = {"wait(0)", op_wait},
    [CANCEL] = {"cancel", op_cancel},
    [IS_CANCELED] = {"is_canceled", op_is_canceled},
    [BLANKET] = {"query_blanket", op_blanket},
    [IMPERSONATE] = {"impersonate", op_impersonate},
    [ON_COMPLETE] = {"on_complete", op_on_complete},
    [COMPLETION] = {"completion", op_completion},
    [REFERENCES] = {"ref and unref", op_references},
};

#define OK GUISE_OK
#define PEND GUISE_E_CALL_PENDING
#define DONE GUISE_E_CALL_COMPLETE
#define CANC GUISE_E_CALL_CANCELED
#define TWICE GUISE_E_UNEXPECTED

/* In the order of the operations above. Signal and complete are GUISE_OK everywhere (L-5, X-15). */
/* clang-format off */
static const guise_result s_expected[STATES][OPERATIONS] = {
    /*               disp  run sig com result wait  cancel is    blank imp   on_c   compl refs */
    [FRESH] =        {OK,   OK, OK, OK, PEND,  PEND, OK,    OK,   OK,   OK,   OK,    PEND, OK},
    [REGISTERED] =   {OK,   OK, OK, OK, PEND,  PEND, OK,    OK,   OK,   OK,   TWICE, PEND, OK},
    [IN_BEGIN] =     {PEND, OK, OK, OK, PEND,  PEND, OK,    OK,   OK,   OK,   OK,    PEND, OK},
    [RETURNED] =     {PEND, OK, OK, OK, PEND,  PEND, OK,    OK,   OK,   OK,   OK,    PEND, OK},
    [CANCELED] =     {OK,   OK, OK, OK, PEND,  PEND, CANC,  CANC, OK,   OK,   OK,    PEND, OK},
    [COMPLETING] =   {DONE, OK, OK, OK, OK,    PEND, DONE,  OK,   DONE, DONE, DONE,  PEND, OK},
    [ANNOUNCED] =    {DONE, OK, OK, OK, OK,    OK,   DONE,  OK,   DONE, DONE, DONE,  OK,   OK},
    [DISCONNECTED] = {DONE, OK, OK, OK, OK,    OK,   DONE,  OK,   DONE, DONE, DONE,  OK,   OK},
};
/* clang-format on */

/* Everything one can see of a call without changing it. */
struct view {
    guise_result has_result, result, wait;
    bool canceled;
    int begun, completed;
};

static struct view look_at(const struct cell *cell)
{
    struct view view = {.result = GUISE_E_UNEXPECTED};

    view.has_result = guise_call_result(cell->call, &view.result);
    view.wait = guise_call_wait(cell->call, 0);
    view.canceled = guise_call_is_canceled(cell->call);
    view.begun = cell->begun;
    view.completed = cell->completed;
    return view;
}

static bool is_open(enum state state)
{
    return state < COMPLETING;
}

static struct view view_of(enum state state)
{
    struct view view = {PEND, OK, PEND, state == CANCELED, 0, 0};

    if (!is_open(state)) {
        view.has_result = OK;
        view.wait = state == COMPLETING ? PEND : OK;
        view.result = state == DISCONNECTED ? GUISE_E_DISCONNECTED : OK;
    }
    return view;
}

/* The only three effects there are. */
static struct view view_after(enum state state, unsigned operation)
{
    struct view view = view_of(state);

    if (operation == RUN || (operation == DISPATCH && s_expected[state][DISPATCH] == OK)) {
        view.begun = 1;
    }
    if (operation == CANCEL && is_open(state)) {
        view.canceled = true;
    }
    if ((operation == SIGNAL || operation == COMPLETE) && is_open(state)) {
        view.has_result = view.wait = OK;
        view.result = operation == COMPLETE ? outcome : OK;
        view.completed = state == REGISTERED;
    }
    return view;
}

static bool same_view(struct view a, struct view b)
{
    return a.has_result == b.has_result && a.result == b.result && a.wait == b.wait &&
           a.canceled == b.canceled && a.begun == b.begun && a.completed == b.completed;
}

/* In any frame that the state has: the operation, its result, its effects, and errno. */
static void try_operation(struct cell *cell)
{
    struct wt *w = &cell->s->checks;
    guise_call *current = guise_current_call();
    guise_result result;

    WT_CHECK(w, same_view(look_at(cell), view_of(cell->state)));
    errno = 4242;
    result = s_operations[cell->operation].perform(cell);
    WT_CHECK(w, errno == 4242);
    WT_CHECK_RESULT(w, result, s_expected[cell->state][cell->operation]);
    WT_CHECK(w, same_view(look_at(cell), view_after(cell->state, cell->operation)));
    WT_CHECK(w, is_self());
    WT_CHECK(w, guise_current_call() == current);
}

static guise_result try_in_begin(guise_call *call, void *arg)
{
    (void)call;
    try_operation(arg);
    return GUISE_OK;
}

static void try_in_completion(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    (void)result;
    try_operation(arg);
}

static void keep_one(guise_call *call, guise_result result, void *arg)
{
    (void)result;
    *(guise_call **)arg = guise_call_ref(call);
}

static void reach_disconnected(struct cell *cell)
{
    guise_call *kept = NULL;

    assert_ok(guise_call_on_complete(cell->call, keep_one, &kept));
    guise_call_unref(cell->call);
    assert_ptr_equal(kept, cell->call);
    try_operation(cell);
}

static void reach_open(struct cell *cell)
{
    if (cell->state == REGISTERED) {
        assert_ok(guise_call_on_complete(cell->call, complete_counted, cell));
    } else if (cell->state == CANCELED) {
        assert_ok(guise_call_cancel(cell->call));
    } else if (cell->state == RETURNED) {
        assert_ok(guise_call_dispatch(cell->call, do_nothing, NULL));
    }
    try_operation(cell);
}

static void reach(struct cell *cell)
{
    switch (cell->state) {
    case IN_BEGIN:
        assert_ok(guise_call_dispatch(cell->call, try_in_begin, cell));
        break;
    case COMPLETING:
        assert_ok(guise_call_on_complete(cell->call, try_in_completion, cell));
        assert_ok(guise_call_signal(cell->call));
        break;
    case ANNOUNCED:
        assert_ok(guise_call_signal(cell->call));
        try_operation(cell);
        break;
    case DISCONNECTED:
        reach_disconnected(cell);
        break;
    case FRESH:
    case REGISTERED:
    case RETURNED:
    case CANCELED:
    case STATES:
        reach_open(cell);
        break;
    }
}

/* A registered function runs once in every case; a refused one never. */
static int expected_completions(const struct cell *cell)
{
    return cell->state == REGISTERED ||
           (cell->operation == ON_COMPLETE && s_expected[cell->state][ON_COMPLETE] == OK);
}

static void try_cell(struct scene *s, enum state state, unsigned operation)
{
    struct cell cell = {.s = s, .state = state, .operation = operation};

    cell.call = make_call(s->alice);
    reach(&cell);
    if (s->checks.failed != NULL) {
        print_error("state %s, operation %s:\n", s_state_names[state],
                    s_operations[operation].name);
    }
    scene_verify(s);
    assert_ok(guise_call_signal(cell.call));
    assert_ok(guise_call_wait(cell.call, 0));
    assert_int_equal(cell.completed, expected_completions(&cell));
    guise_call_unref(cell.call);
    assert_int_equal(context_refs(s->alice), 2); /* the scene's own call */
}

/* Every cell of the table. A-13 (dispatch), X-15, L-5 (signal, complete), L-4 (nothing opens a
 * completed call), N-01, X-01 (impersonate), X-08 (query_blanket), A-20 (wait), A-21. */
static void test_every_operation_in_every_state(void **state)
{
    test_watchdog(20);
    for (int row = 0; row < STATES; row++) {
        for (unsigned column = 0; column < OPERATIONS; column++) {
            try_cell(*state, (enum state)row, column);
        }
    }
}

/* ---- NULL, and structs with a size ----------------------------------------------------------- */

/* Every function of a call with every NULL; out parameters are cleared, and nothing changes. */
static void test_null_where_a_call_is_needed(void **state)
{
    guise_result result = GUISE_E_UNEXPECTED;
    guise_signal *signal = TEST_POISON(guise_signal);

    (void)state;
    errno = 4242;
    assert_result(guise_call_on_complete(NULL, never_completes, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_dispatch(NULL, do_nothing, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_run(NULL, do_nothing, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_signal(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_complete(NULL, GUISE_OK), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_result(NULL, &result), GUISE_E_INVALID_ARGUMENT);
    assert_result(result, GUISE_OK);
    assert_result(guise_call_completion(NULL, &signal), GUISE_E_INVALID_ARGUMENT);
    assert_null(signal);
    assert_result(guise_call_wait(NULL, 0), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_wait(NULL, GUISE_INFINITE), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_cancel(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_false(guise_call_is_canceled(NULL));
    assert_result(guise_call_impersonate(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_null(guise_call_ref(NULL));
    guise_call_unref(NULL);
    assert_int_equal(errno, 4242);
}

static void test_null_where_a_function_is_needed(void **state)
{
    struct scene *s = *state;

    assert_result(guise_call_on_complete(s->call, NULL, s), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_dispatch(s->call, NULL, s), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_run(s->call, NULL, s), GUISE_E_INVALID_ARGUMENT);
    /* Nothing was used up. */
    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    scene_dispatch(s, do_nothing);
    assert_ok(guise_call_signal(s->call));
    assert_int_equal(s->count, 1);
    assert_result(guise_call_dispatch(s->call, NULL, s), GUISE_E_INVALID_ARGUMENT);
}

static void test_null_where_something_is_returned(void **state)
{
    struct scene *s = *state;
    guise_call *call = TEST_POISON(guise_call);

    assert_result(guise_call_create(NULL, &call), GUISE_E_INVALID_ARGUMENT);
    assert_null(call);
    assert_result(guise_call_create(s->alice, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(context_refs(s->alice), 2);
    assert_result(guise_call_result(s->call, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_completion(s->call, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_query_blanket(s->call, NULL), GUISE_E_INVALID_ARGUMENT);
}

/* The largest size a struct may say it has. */
enum { LARGEST = 4096 };

static bool is_all(const unsigned char *bytes, size_t size, unsigned char value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/* A size that was never set is no promise of room: nothing is written. */
static void test_blanket_of_no_size(void **state)
{
    static const size_t sizes[] = {LARGEST + 1, LARGEST + 8, SIZE_MAX / 2, SIZE_MAX};
    struct scene *s = *state;
    static union {
        guise_blanket blanket;
        unsigned char bytes[LARGEST + 8];
    } out;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(&out, 0xA5, sizeof out);
        out.blanket.size = sizes[i];
        assert_result(guise_call_query_blanket(s->call, &out.blanket), GUISE_E_INVALID_ARGUMENT);
        assert_true(out.blanket.size == sizes[i]);
        assert_true(is_all(out.bytes + sizeof(size_t), sizeof out - sizeof(size_t), 0xA5));
    }
    memset(&out, 0xA5, sizeof out);
    out.blanket.size = LARGEST;
    assert_ok(guise_call_query_blanket(s->call, &out.blanket));
    assert_int_equal(out.blanket.authn_level, GUISE_AUTHN_LEVEL_CONNECT);
    assert_true(is_all(out.bytes + sizeof out.blanket, LARGEST - sizeof out.blanket, 0));
    assert_true(is_all(out.bytes + LARGEST, sizeof out - LARGEST, 0xA5));
}

/* A caller's struct with something behind it that the library must not touch. */
struct longer_blanket {
    guise_blanket blanket;
    unsigned char tail[24];
};

static void poison(struct longer_blanket *out, size_t size)
{
    memset(out, 0xA5, sizeof *out);
    out->blanket.size = size;
}

/* Zero from the end of size up to here, untouched from here on. */
static bool is_cleared_up_to(const struct longer_blanket *out, size_t end)
{
    const unsigned char *bytes = (const unsigned char *)out;

    for (size_t i = sizeof(size_t); i < sizeof *out; i++) {
        if (bytes[i] != (i < end ? 0 : 0xA5)) {
            return false;
        }
    }
    return true;
}

/* A size that is too small is refused, and only that much is written. */
static void test_blanket_of_every_size_that_is_too_small(void **state)
{
    struct scene *s = *state;
    struct longer_blanket out;

    for (size_t size = 0; size < sizeof out.blanket; size++) {
        poison(&out, size);
        assert_result(guise_call_query_blanket(s->call, &out.blanket), GUISE_E_INVALID_ARGUMENT);
        assert_int_equal(out.blanket.size, size);
        assert_true(is_cleared_up_to(&out, size));
    }
}

/* A caller from the future: its tail is zero, its size is kept; the same when refused. */
static void test_blanket_of_a_larger_size(void **state)
{
    static const unsigned char zeros[24];
    struct scene *s = *state;
    struct longer_blanket out;

    poison(&out, sizeof out);
    assert_ok(guise_call_query_blanket(s->call, &out.blanket));
    assert_int_equal(out.blanket.size, sizeof out);
    assert_int_equal(out.blanket.authn_level, GUISE_AUTHN_LEVEL_CONNECT);
    assert_memory_equal(out.tail, zeros, sizeof zeros);

    poison(&out, sizeof out);
    assert_result(guise_call_query_blanket(NULL, &out.blanket), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(out.blanket.size, sizeof out);
    assert_true(is_cleared_up_to(&out, sizeof out));

    assert_ok(guise_call_signal(s->call));
    poison(&out, sizeof out);
    assert_result(guise_call_query_blanket(s->call, &out.blanket), GUISE_E_CALL_COMPLETE);
    assert_int_equal(out.blanket.size, sizeof out);
    assert_true(is_cleared_up_to(&out, sizeof out));
}

static bool is_scene_blanket(const guise_blanket *blanket, uint32_t authn_level)
{
    return blanket->size == sizeof *blanket &&
           blanket->authn_service == GUISE_AUTHN_SERVICE_KERNEL && blanket->authz_service == 0 &&
           blanket->authn_level == authn_level && blanket->level == GUISE_LEVEL_IMPERSONATE &&
           blanket->capabilities == 0 && strcmp(blanket->server_principal, "server") == 0;
}

static guise_result ask_both_blankets(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_blanket blanket = {.size = sizeof blanket};

    CHECK_OK(s, guise_call_query_blanket(call, &blanket));
    CHECK(s, is_scene_blanket(&blanket, GUISE_AUTHN_LEVEL_CONNECT));
    CHECK_OK(s, guise_call_query_blanket(s->other, &blanket));
    CHECK(s, is_scene_blanket(&blanket, GUISE_AUTHN_LEVEL_PKT_PRIVACY));
    CHECK_OK(s, guise_call_signal(s->other));
    CHECK_RESULT(s, guise_call_query_blanket(s->other, &blanket), GUISE_E_CALL_COMPLETE);
    CHECK(s, blanket.authn_level == 0 && blanket.server_principal == NULL);
    CHECK_OK(s, guise_call_query_blanket(call, &blanket)); /* the other's end is not this one's */
    return GUISE_OK;
}

/* a call answers for its own client until it has completed. */
static void test_blanket_is_the_calls_own(void **state)
{
    scene_dispatch(*state, ask_both_blankets);
}

static guise_result ask_unauthenticated(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_blanket blanket;

    memset(&blanket, 0xA5, sizeof blanket);
    blanket.size = sizeof blanket;
    CHECK_OK(s, guise_call_query_blanket(call, &blanket));
    CHECK(s, blanket.authn_service == GUISE_AUTHN_SERVICE_NONE);
    CHECK(s, blanket.authz_service == GUISE_AUTHZ_SERVICE_NONE);
    CHECK(s, blanket.authn_level == GUISE_AUTHN_LEVEL_NONE);
    CHECK(s, blanket.server_principal == NULL);
    return GUISE_OK;
}

/* The blanket says that the client was not authenticated. */
static void test_blanket_of_an_unauthenticated_call(void **state)
{
    struct scene *s = *state;
    guise_call *call = make_call(s->nobody);

    scene_dispatch_call(s, call, ask_unauthenticated, GUISE_OK);
    guise_call_unref(call);
}

/* S-25: the level of the installed token is the lower of what client and token allow. */
static guise_result ask_level(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_blanket blanket = {.size = sizeof blanket};

    CHECK_OK(s, guise_call_query_blanket(call, &blanket));
    CHECK(s, blanket.level == GUISE_LEVEL_IDENTIFY);
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, guise_thread_token() != s->alice_token);
    CHECK(s, guise_token_level(guise_thread_token()) == GUISE_LEVEL_IDENTIFY);
    CHECK(s, guise_token_uid(guise_thread_token()) == guise_token_uid(s->alice_token));
    return GUISE_OK;
}

static void test_level_is_the_lower_one(void **state)
{
    struct scene *s = *state;
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_level = GUISE_AUTHN_LEVEL_CALL,
                             .level = GUISE_LEVEL_IDENTIFY};
    guise_context *context = NULL;
    guise_call *call;

    assert_ok(guise_context_create(&blanket, s->alice_token, &context));
    call = make_call(context);
    guise_context_unref(context);
    scene_dispatch_call(s, call, ask_level, GUISE_OK);
    guise_call_unref(call);
}

/* ---- the current call ------------------------------------------------------------------------ */

static void current_call_elsewhere(struct wt *w)
{
    WT_CHECK(w, guise_current_call() == NULL); /* per thread */
    WT_CHECK_RESULT(w, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
}

static guise_result current_call_in_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, guise_current_call() == call);
    CHECK(s, elsewhere(s, current_call_elsewhere));
    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, guise_thread_token() == s->alice_token);
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, guise_current_call() == call); /* until the frame ends */
    CHECK_OK(s, guise_revert_to_self());
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    return GUISE_OK;
}

static void run_elsewhere(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_run(s->call, current_call_in_frame, s), GUISE_OK);
    WT_CHECK(w, guise_current_call() == NULL);
}

/* S-01, S-02, S-09, X-19, X-20: the call of the innermost frame of this very thread; a continuation
 * gives a worker one too. */
static void test_current_call(void **state)
{
    struct scene *s = *state;

    assert_null(guise_current_call());
    scene_dispatch(s, do_nothing);
    assert_null(guise_current_call());
    scene_elsewhere(s, run_elsewhere);
    assert_true(is_completed_with(s->call, GUISE_OK));
}

static guise_result no_context(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, guise_current_call() == call);
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_UNSECURE_CALL);
    return GUISE_OK;
}

/* S-03: "there is a call, but nobody vouched for its client" is told apart from "there is no call",
 * and there is no call without a context. */
static void test_no_security_is_not_no_call(void **state)
{
    struct scene *s = *state;
    guise_call *call = make_call(s->nobody);

    scene_dispatch_call(s, call, no_context, GUISE_OK);
    assert_result(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    guise_call_unref(call);
}

/* ---- dispatching ----------------------------------------------------------------------------- */

struct dispatch_race {
    struct wt_barrier barrier;
    struct scene *s;
    guise_call *call;
    atomic_int begun, refused;
};

enum { DISPATCH_ROUNDS = 500 };

static guise_result begin_raced(guise_call *call, void *arg)
{
    struct dispatch_race *race = arg;

    (void)call;
    atomic_fetch_add(&race->begun, 1);
    return 7;
}

static void dispatch_raced(struct wt *w)
{
    struct dispatch_race *race = w->arg;

    for (int i = 0; i < DISPATCH_ROUNDS; i++) {
        guise_result result;

        wt_barrier_wait(&race->barrier);
        result = guise_call_dispatch(race->call, begin_raced, race);
        if (result == GUISE_E_CALL_PENDING) {
            atomic_fetch_add(&race->refused, 1);
        } else if (result != 7) {
            wt_failed(w, "dispatch answers 7 or GUISE_E_CALL_PENDING", __FILE__, __LINE__);
        }
        wt_barrier_wait(&race->barrier);
    }
}

/* of two threads that dispatch the same call exactly one runs Begin_. */
static void test_two_threads_dispatch(void **state)
{
    struct dispatch_race race = {.s = *state};
    struct wt w[2];
    int wrong = 0;

    test_watchdog(20);
    wt_barrier_init(&race.barrier, 3);
    wt_start_all(w, 2, dispatch_raced, &race);
    for (int i = 1; i <= DISPATCH_ROUNDS; i++) {
        race.call = make_call(race.s->alice);
        wt_barrier_wait(&race.barrier);
        wt_barrier_wait(&race.barrier);
        wrong += atomic_load(&race.begun) != i || atomic_load(&race.refused) != i;
        guise_call_unref(race.call);
    }
    wt_join_all(w, 2);
    assert_int_equal(wrong, 0);
}

/* refused also after a cancel. */
static void test_dispatch_again_after_cancel(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, do_nothing);
    assert_ok(guise_call_cancel(s->call));
    assert_result(guise_call_dispatch(s->call, do_nothing, NULL), GUISE_E_CALL_PENDING);
    assert_true(is_pending(s->call));
}

static guise_result answer(guise_call *call, void *arg)
{
    (void)call;
    return *(guise_result *)arg;
}

/* dispatch and run return what the function returned; only a failing Begin_ completes. */
static void test_what_the_function_returned(void **state)
{
    static const guise_result answers[] = {
        GUISE_OK, 1, INT32_MAX, -1, INT32_MIN, GUISE_E_CALL_PENDING, GUISE_E_CALL_COMPLETE};
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        guise_result result = answers[i];
        guise_call *call = make_call(s->alice);

        assert_result(guise_call_run(call, answer, &result), result);
        assert_true(is_pending(call));
        assert_result(guise_call_dispatch(call, answer, &result), result);
        assert_true(result < 0 ? is_completed_with(call, result) : is_pending(call));
        assert_result(guise_call_run(call, answer, &result), result);
        guise_call_unref(call);
    }
}

static guise_result complete_then_fail(guise_call *call, void *arg)
{
    (void)arg;
    return guise_call_complete(call, GUISE_E_BAD_LEVEL) == GUISE_OK ? GUISE_E_ACCESS_DENIED
                                                                    : GUISE_E_UNEXPECTED;
}

/* A failing Begin_ completes the call only if it is open. */
static void test_begin_that_completes_and_then_fails(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    scene_dispatch_call(s, s->call, complete_then_fail, GUISE_E_ACCESS_DENIED);
    assert_true(is_completed_with(s->call, GUISE_E_BAD_LEVEL));
    assert_int_equal(s->count, 1);
}

static guise_result wait_without_a_chance(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_RESULT(s, guise_call_wait(call, 0), GUISE_E_CALL_PENDING);
    CHECK_RESULT(s, guise_call_wait(call, 1), GUISE_E_CALL_PENDING);
    CHECK_OK(s, guise_call_signal(call));
    CHECK_OK(s, guise_call_wait(call, GUISE_INFINITE)); /* Begin_ still runs */
    return GUISE_OK;
}

/* the wait goes by Signal, not by Begin_. */
static void test_wait_inside_begin(void **state)
{
    scene_dispatch(*state, wait_without_a_chance);
}

static void complete_late(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_run(s->call, do_nothing, NULL), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_complete(s->call, 5), GUISE_OK);
}

/* Signal from another thread, long after Begin_ has returned. */
static void test_completed_by_a_worker_later(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, do_nothing);
    assert_true(is_pending(s->call));
    scene_elsewhere(s, complete_late);
    assert_true(is_completed_with(s->call, 5));
}

static guise_result must_not_begin(guise_call *call, void *arg)
{
    (void)call;
    ((struct scene *)arg)->count = -1000;
    return GUISE_OK;
}

/* completing needs no Begin_; a Begin_ that comes later does not run, and reopens nothing. */
static void test_completed_before_dispatch(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_complete(s->call, GUISE_E_ACCESS_DENIED));
    assert_result(guise_call_dispatch(s->call, must_not_begin, s), GUISE_E_CALL_COMPLETE);
    assert_true(is_completed_with(s->call, GUISE_E_ACCESS_DENIED));
    assert_ok(guise_call_signal(s->other));
    assert_result(guise_call_dispatch(s->other, must_not_begin, s), GUISE_E_CALL_COMPLETE);
    assert_true(is_completed_with(s->other, GUISE_OK));
    assert_int_equal(s->count, 0);
}

static void complete_as_canceled(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_complete(s->call, GUISE_E_CALL_CANCELED), GUISE_OK);
}

/* For a waiter a canceled call that the server gave up has completed like any other (Y-04). */
static void test_completed_as_canceled(void **state)
{
    struct scene *s = *state;
    guise_signal *signal = NULL;

    scene_dispatch(s, do_nothing);
    assert_ok(guise_call_completion(s->call, &signal));
    assert_ok(guise_call_cancel(s->call));
    assert_true(is_pending(s->call));
    scene_elsewhere(s, complete_as_canceled);
    assert_ok(guise_call_wait(s->call, GUISE_INFINITE));
    assert_ok(guise_signal_wait(signal, GUISE_INFINITE));
    assert_true(is_completed_with(s->call, GUISE_E_CALL_CANCELED));
}

/* The result is 32 bits of the server's own choosing, all of which come through. */
static void test_results_come_through_whole(void **state)
{
    static const guise_result results[] = {GUISE_OK,  1,          -1,         INT32_MAX,
                                           INT32_MIN, 0x55555555, ~0x55555555};
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        guise_call *call = make_call(s->alice);

        assert_ok(guise_call_complete(call, results[i]));
        assert_ok(guise_call_complete(call, 3)); /* the first one wins */
        assert_ok(guise_call_signal(call));
        assert_true(is_completed_with(call, results[i]));
        guise_call_unref(call);
    }
}

/* ---- cancel, abandon, keep ------------------------------------------------------------------- */

static guise_result imp_after_cancel(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_cancel(call));
    CHECK(s, guise_call_is_canceled(call));
    CHECK_RESULT(s, guise_call_cancel(call), GUISE_E_CALL_CANCELED);
    CHECK(s, is_pending(call)); /* a request: it wakes no thread */
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_call_signal(call));
    CHECK_RESULT(s, guise_call_cancel(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, guise_call_is_canceled(call)); /* still known */
    return GUISE_OK;
}

/* Asking for cancellation takes no right to impersonate away, because the server owns the call
 * (X-22). */
static void test_canceled_call_can_be_impersonated(void **state)
{
    scene_dispatch(*state, imp_after_cancel);
    assert_true(is_completed_with(((struct scene *)*state)->call, GUISE_OK));
}

static void cancel_in_its_completion(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK_RESULT(w, result, GUISE_OK);
    WT_CHECK(w, guise_call_is_canceled(call));
    s->count++;
}

static guise_result abandoned(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_cancel(call));
    guise_call_unref(s->call);
    s->call = NULL;
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_completed_with(call, GUISE_OK));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    return GUISE_OK;
}

/* the client cancels and lets go, then the server signals: as ever. */
static void test_canceled_and_abandoned_then_signalled(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, cancel_in_its_completion, s));
    scene_dispatch(s, abandoned);
    assert_int_equal(s->count, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

static guise_result use_old_and_new(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, call == s->extra);
    CHECK_RESULT(s, guise_call_dispatch(s->call, do_nothing, NULL), GUISE_E_CALL_COMPLETE);
    CHECK_RESULT(s, guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_self());
    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* a completed call may be kept as long as one likes and stays completed; the next
 * request is a new call, also of the same client. */
static void test_kept_after_completion(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_signal(s->call));
    s->extra = make_call(s->alice);
    scene_dispatch_call(s, s->extra, use_old_and_new, GUISE_OK);
    assert_true(is_pending(s->extra));
    assert_true(is_completed_with(s->call, GUISE_OK));
    guise_call_unref(s->extra);
}

static void abandoned_worker(struct wt *w)
{
    struct scene *s = w->arg;
    guise_call *call = s->extra;

    wt_latch_wait(&s->go); /* the caller has let go */
    WT_CHECK_RESULT(w, guise_call_impersonate(call), GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_signal(call), GUISE_OK);
    guise_call_unref(call);
}

/* released right after Begin_; the worker's reference is the server's: nothing is
 * completed or refused because the caller went. */
static void test_abandoned_call_runs_on(void **state)
{
    struct scene *s = *state;
    struct wt w;

    test_watchdog(20);
    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    s->extra = guise_call_ref(s->call);
    wt_start(&w, abandoned_worker, s);
    scene_dispatch(s, do_nothing);
    guise_call_unref(s->call);
    s->call = NULL;
    assert_int_equal(context_refs(s->alice), 2); /* still there */
    wt_latch_open(&s->go);
    wt_join(&w);
    assert_int_equal(s->count, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

/* ---- too many references --------------------------------------------------------------------- */

enum { REFERENCES_MOST = (1 << 21) - 1 };

static void take_one_too_many(void *arg)
{
    struct scene *s = arg;
    uint64_t have = atomic_load(&s->call->state) >> GUISE__CALL_REFERENCE_SHIFT;

    CHILD_CHECK(have == 2); /* the scene's, and that of being open */
    (void)atomic_fetch_add(&s->call->state, (uint64_t)(REFERENCES_MOST - 2)
                                                << GUISE__CALL_REFERENCE_SHIFT);
    CHILD_CHECK(guise_call_ref(s->call) == s->call);
    (void)fputs("the last one fits. ", stderr);
    (void)guise_call_ref(s->call);
}

/* L-7, as call.h has it */
static void test_one_reference_too_many(void **state)
{
    assert_child_dies(take_one_too_many, *state,
                      "the last one fits. guise: fatal: a reference count overflowed");
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_every_operation_in_every_state),
        scene_test(test_null_where_a_call_is_needed),
        scene_test(test_null_where_a_function_is_needed),
        scene_test(test_null_where_something_is_returned),
        scene_test(test_blanket_of_every_size_that_is_too_small),
        scene_test(test_blanket_of_a_larger_size),
        scene_test(test_blanket_of_no_size),
        scene_test(test_blanket_is_the_calls_own),
        scene_test(test_blanket_of_an_unauthenticated_call),
        scene_test(test_level_is_the_lower_one),
        scene_test(test_current_call),
        scene_test(test_no_security_is_not_no_call),
        scene_test(test_two_threads_dispatch),
        scene_test(test_dispatch_again_after_cancel),
        scene_test(test_what_the_function_returned),
        scene_test(test_begin_that_completes_and_then_fails),
        scene_test(test_wait_inside_begin),
        scene_test(test_completed_by_a_worker_later),
        scene_test(test_completed_before_dispatch),
        scene_test(test_completed_as_canceled),
        scene_test(test_results_come_through_whole),
        scene_test(test_canceled_call_can_be_impersonated),
        scene_test(test_canceled_and_abandoned_then_signalled),
        scene_test(test_kept_after_completion),
        scene_test(test_abandoned_call_runs_on),
        scene_test(test_one_reference_too_many),
    };

    return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
