/* SPDX-License-Identifier: MIT */
/*
 * The checker. An execution is a graph: the events of each thread in its order, for each read the
 * write that it reads from, and for each place the order of its writes (modification order). The
 * search begins with the empty graph and adds one event at a time, in every way that the model
 * allows. That reaches every execution, because the model allows no cycle of program order and
 * reads-from, so that each read can be added after the write that it reads from.
 *
 * A thread has no state of its own between two events. To learn a thread's next access the checker
 * calls the thread's function again, in which each access that is in the graph returns what it read there.
 */
#include "checker.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INITIAL = 255 }; /* the write of a place's first value; before all events */

enum action { DONE, LOAD, AWAIT, STORE, UPDATE, COMPARE, AWAIT_COMPARE, READ, WRITE, FREE };

enum operation { ADD, OR, AND, XOR, SET, CLEAR_LOWEST };

/* A set of events. */
enum { WORDS = EVENTS_MAX / 64 };
struct set {
    uint64_t words[WORDS];
};

/* The access that a thread is about to make. */
struct request {
    enum action action;
    unsigned place;
    enum order order, failure;
    enum operation operation;
    uint64_t operand;      /* or the value to store */
    uint64_t mask, wanted; /* wanted: or the value to compare with */
};

struct event {
    enum action action; /* LOAD, STORE, UPDATE or FREE */
    enum order order;
    bool plain;
    uint8_t thread, index, place;
    uint8_t from; /* of a read: the write */
    uint64_t read, written;
    struct set before; /* the events that happen before this one */
    struct set
        released;    /* of a write: the events that happen before a read that acquires from it */
    uint64_t places; /* FREE */
    struct set sc_after; /* of a seq_cst event: the other seq_cst events that must come after it */
};

struct graph {
    unsigned count;
    uint8_t lengths[THREADS_MAX];
    uint8_t of_thread[THREADS_MAX][LENGTH_MAX];
    uint8_t writes[PLACES_MAX];
    uint8_t modifications[PLACES_MAX][WRITES_MAX];
    struct request next[THREADS_MAX];
    struct set sc;                   /* the seq_cst events */
    struct event events[EVENTS_MAX]; /* last: see copy_graph */
};

enum order site_orders[SITES];
uint64_t registers[REGISTERS_MAX];

static const struct scenario *s_scenario;
static struct verdict s_verdict;
static struct graph s_broken; /* the execution that broke the promise */
static const struct graph *s_graph;
static unsigned s_thread, s_index; /* which thread is being called, and its next event */
static jmp_buf s_next;
static struct request s_request;

static void stop(const char *why)
{
    (void)fprintf(stderr, "checker: %s: %s\n", s_scenario->name, why);
    exit(2);
}

static uint64_t bit(unsigned index)
{
    return UINT64_C(1) << index;
}

static struct set with(struct set set, unsigned id)
{
    set.words[id / 64] |= bit(id % 64);
    return set;
}

static bool has(const struct set *set, unsigned id)
{
    return (set->words[id / 64] & bit(id % 64)) != 0;
}

static struct set both(struct set set, const struct set *other)
{
    for (unsigned i = 0; i < WORDS; i++) {
        set.words[i] |= other->words[i];
    }
    return set;
}

/* Takes the first event out of the set. Returns false if the set is empty. */
static bool take_first(struct set *set, unsigned *id)
{
    for (unsigned i = 0; i < WORDS; i++) {
        if (set->words[i] != 0) {
            *id = i * 64 + (unsigned)__builtin_ctzll(set->words[i]);
            set->words[i] &= set->words[i] - 1;
            return true;
        }
    }
    return false;
}

static bool is_write(const struct event *event)
{
    return event->action == STORE || event->action == UPDATE;
}

static bool is_read(const struct event *event)
{
    return event->action == LOAD || event->action == UPDATE;
}

static bool acquires(enum order order)
{
    return order == ACQUIRE || order == ACQ_REL || order == SEQ_CST;
}

static bool releases(enum order order)
{
    return order == RELEASE || order == ACQ_REL || order == SEQ_CST;
}

/* ---- the threads' accesses ---- */

static enum order order_of(int site, unsigned use)
{
    if (site >= SITES) {
        return (enum order)(site - SITES);
    }
    s_verdict.used[site] |= (unsigned char)use;
    return site_orders[site];
}

/* Returns the event of this access. If the graph has none yet, leaves the thread's function. */
static const struct event *access_memory(struct request request)
{
    if (s_index == s_graph->lengths[s_thread]) {
        s_request = request;
        longjmp(s_next, 1);
    }
    return &s_graph->events[s_graph->of_thread[s_thread][s_index++]];
}

uint64_t load(int place, int site)
{
    return access_memory((struct request){.action = LOAD,
                                          .place = (unsigned)place,
                                          .order = order_of(site, SITE_READS)})
        ->read;
}

uint64_t await(int place, uint64_t mask, uint64_t wanted, int site)
{
    return access_memory((struct request){.action = AWAIT,
                                          .place = (unsigned)place,
                                          .order = order_of(site, SITE_READS),
                                          .mask = mask,
                                          .wanted = wanted})
        ->read;
}

void store(int place, uint64_t value, int site)
{
    (void)access_memory((struct request){.action = STORE,
                                         .place = (unsigned)place,
                                         .order = order_of(site, SITE_WRITES),
                                         .operand = value});
}

static uint64_t update(int place, enum operation operation, uint64_t operand, int site)
{
    return access_memory((struct request){.action = UPDATE,
                                          .place = (unsigned)place,
                                          .order = order_of(site, SITE_READS | SITE_WRITES),
                                          .operation = operation,
                                          .operand = operand})
        ->read;
}

uint64_t fetch_add(int place, uint64_t value, int site)
{
    return update(place, ADD, value, site);
}

uint64_t fetch_sub(int place, uint64_t value, int site)
{
    return update(place, ADD, -value, site);
}

uint64_t fetch_or(int place, uint64_t value, int site)
{
    return update(place, OR, value, site);
}

uint64_t fetch_and(int place, uint64_t value, int site)
{
    return update(place, AND, value, site);
}

uint64_t fetch_xor(int place, uint64_t value, int site)
{
    return update(place, XOR, value, site);
}

uint64_t exchange(int place, uint64_t value, int site)
{
    return update(place, SET, value, site);
}

uint64_t fetch_clear_lowest(int place, int site)
{
    return update(place, CLEAR_LOWEST, 0, site);
}

bool compare_exchange(int place, uint64_t *seen, uint64_t next, int success, int failure)
{
    const struct event *event =
        access_memory((struct request){.action = COMPARE,
                                       .place = (unsigned)place,
                                       .order = order_of(success, SITE_READS | SITE_WRITES),
                                       .failure = order_of(failure, SITE_READS),
                                       .operation = SET,
                                       .operand = next,
                                       .wanted = *seen});
    *seen = event->read;
    return event->action == UPDATE;
}

void await_exchange(int place, uint64_t from, uint64_t to, int site)
{
    (void)access_memory((struct request){.action = AWAIT_COMPARE,
                                         .place = (unsigned)place,
                                         .order = order_of(site, SITE_READS | SITE_WRITES),
                                         .operation = SET,
                                         .operand = to,
                                         .wanted = from});
}

uint64_t read_plain(int place)
{
    return access_memory((struct request){.action = READ, .place = (unsigned)place})->read;
}

void write_plain(int place, uint64_t value)
{
    (void)access_memory(
        (struct request){.action = WRITE, .place = (unsigned)place, .operand = value});
}

void free_places(int first, int last)
{
    uint64_t places = 0;

    for (int place = first; place <= last; place++) {
        places |= bit((unsigned)place);
    }
    (void)access_memory((struct request){.action = FREE, .mask = places});
}

/* ---- promises ---- */

/* Copies only as many events as the graph has. */
static void copy_graph(struct graph *to, const struct graph *from)
{
    memcpy(to, from, offsetof(struct graph, events) + from->count * sizeof from->events[0]);
}

void promise(bool holds, const char *what)
{
    if (!holds && s_verdict.broken == NULL) {
        s_verdict.broken = what;
        copy_graph(&s_broken, s_graph);
    }
}

static uint64_t value_of(const struct graph *graph, unsigned place, unsigned write)
{
    return write == INITIAL ? s_scenario->initial[place] : graph->events[write].written;
}

/* Returns the write with that number in the place's modification order; 0 is the initial write. */
static unsigned write_at(const struct graph *graph, unsigned place, unsigned number)
{
    return number == 0 ? INITIAL : graph->modifications[place][number - 1];
}

uint64_t initial_value(int place)
{
    return s_scenario->initial[place];
}

uint64_t final_value(int place)
{
    unsigned index = (unsigned)place;

    return value_of(s_graph, index, write_at(s_graph, index, s_graph->writes[index]));
}

bool is_stuck(unsigned thread)
{
    return s_graph->next[thread].action != DONE;
}

/* ---- the model ---- */

static unsigned number_of(const struct graph *graph, unsigned place, unsigned write)
{
    for (unsigned number = 0;; number++) {
        if (write_at(graph, place, number) == write) {
            return number;
        }
    }
}

/* The number of the last write of a place that the event wrote or read. An event that happens after
 * it can neither read from an earlier write nor be placed before one. */
static unsigned seen_number(const struct graph *graph, const struct event *event, unsigned id)
{
    return number_of(graph, event->place, is_write(event) ? id : event->from);
}

/* Coherence: the number of the earliest write that an event, after the events in before, may read from
 * or follow. */
static unsigned earliest(const struct graph *graph, unsigned place, struct set before)
{
    unsigned number = 0, id;

    while (take_first(&before, &id)) {
        const struct event *event = &graph->events[id];

        if (event->action != FREE && event->place == place) {
            unsigned seen = seen_number(graph, event, id);

            number = seen > number ? seen : number;
        }
    }
    return number;
}

/* Atomicity: nothing comes between an update and the write that it reads from. */
static bool is_followed_by_update(const struct graph *graph, unsigned place, unsigned number)
{
    return number < graph->writes[place] &&
           graph->events[graph->modifications[place][number]].action == UPDATE;
}

static struct set before_next(const struct graph *graph, unsigned thread)
{
    unsigned length = graph->lengths[thread];
    unsigned last;

    if (length == 0) {
        return (struct set){{0}};
    }
    last = graph->of_thread[thread][length - 1];
    return with(graph->events[last].before, last);
}

static bool has_before(const struct graph *graph, unsigned first, unsigned second)
{
    return has(&graph->events[second].before, first);
}

static bool is_in_order(const struct event *first, const struct event *second)
{
    return first->thread == second->thread && first->index < second->index;
}

/* Returns whether two events, one after first and one before second in program order, order the two: the
 * one happens before the other, and neither is of the place of its neighbour. */
static bool is_before_around(const struct graph *graph, const struct event *first,
                             const struct event *second)
{
    for (unsigned i = first->index + 1u; i < graph->lengths[first->thread]; i++) {
        unsigned from = graph->of_thread[first->thread][i];

        for (unsigned j = 0; graph->events[from].place != first->place && j < second->index; j++) {
            unsigned to = graph->of_thread[second->thread][j];

            if (graph->events[to].place != second->place && has_before(graph, from, to)) {
                return true;
            }
        }
    }
    return false;
}

/* Returns whether the second must come after the first in the one order of the seq_cst events. This is
 * RC11's psc without fences: [SC] ; (sb | sb-other-place ; hb ; sb-other-place | hb-same-place | mo | rb)
 * ; [SC]. */
static bool is_sc_before(const struct graph *graph, unsigned first, unsigned second)
{
    const struct event *one = &graph->events[first], *other = &graph->events[second];

    if (is_in_order(one, other)) {
        return true;
    }
    if (one->place == other->place) {
        if (has_before(graph, first, second)) {
            return true;
        }
        /* The first wrote before the second did, or read an earlier write than the second wrote. */
        if (is_write(other) &&
            seen_number(graph, one, first) < number_of(graph, one->place, second)) {
            return true;
        }
    }
    return is_before_around(graph, one, other);
}

static bool is_sc_cyclic(const struct graph *graph, unsigned start)
{
    struct set reached = {{0}}, todo = graph->events[start].sc_after;
    unsigned id;

    while (take_first(&todo, &id)) {
        if (id == start) {
            return true;
        }
        if (!has(&reached, id)) {
            reached = with(reached, id);
            todo = both(todo, &graph->events[id].sc_after);
        }
    }
    return false;
}

/* Returns false if there is no one order of the seq_cst events with this one. */
static bool add_to_sc(struct graph *graph, unsigned id)
{
    struct set others = graph->sc;
    struct event *event = &graph->events[id];
    unsigned other;

    while (take_first(&others, &other)) {
        if (is_sc_before(graph, other, id)) {
            graph->events[other].sc_after = with(graph->events[other].sc_after, id);
        }
        if (is_sc_before(graph, id, other)) {
            event->sc_after = with(event->sc_after, other);
        }
    }
    graph->sc = with(graph->sc, id);
    return !is_sc_cyclic(graph, id);
}

/* ---- data races, and lives ---- */

static bool touches(const struct event *event, const struct event *other)
{
    if (event->action == FREE && other->action == FREE) {
        return (event->places & other->places) != 0;
    }
    if (event->action == FREE) {
        return (event->places & bit(other->place)) != 0;
    }
    return other->action == FREE ? (other->places & bit(event->place)) != 0
                                 : event->place == other->place;
}

static bool conflict(const struct event *event, const struct event *other)
{
    return (event->plain || other->plain) && (is_write(event) || is_write(other));
}

static void check_race(const struct graph *graph, unsigned id)
{
    const struct event *event = &graph->events[id];

    for (unsigned i = 0; i < id; i++) {
        const struct event *other = &graph->events[i];

        if (!touches(event, other)) {
            continue;
        }
        if (other->action == FREE) {
            promise(false, event->action == FREE ? "freed once" : "not used after it is freed");
        } else if (!has_before(graph, i, id)) {
            promise(event->action != FREE, "all use is over before it is freed");
            promise(!conflict(event, other), "no data race");
        }
    }
}

/* ---- adding an event ---- */

static void insert_write(struct graph *graph, unsigned id, unsigned number)
{
    unsigned place = graph->events[id].place;
    uint8_t *writes = graph->modifications[place];

    memmove(writes + number + 1, writes + number, graph->writes[place] - number);
    writes[number] = (uint8_t)id;
    graph->writes[place]++;
}

static uint64_t updated(enum operation operation, uint64_t before, uint64_t operand)
{
    switch (operation) {
    case ADD:
        return before + operand;
    case OR:
        return before | operand;
    case AND:
        return before & operand;
    case XOR:
        return before ^ operand;
    case SET:
        return operand;
    case CLEAR_LOWEST:
        return before & (before - 1);
    }
    return 0;
}

static void read_from(const struct graph *graph, struct event *event, unsigned number)
{
    event->from = (uint8_t)write_at(graph, event->place, number);
    event->read = value_of(graph, event->place, event->from);
    if (acquires(event->order) && event->from != INITIAL) {
        event->before = both(event->before, &graph->events[event->from].released);
    }
}

/* A release sequence: a release write, and the updates that read from it or from each other. (C11's
 * goes on with the same thread's later writes too; C++20's does not, so nothing relies on that.) */
static void release_to(const struct graph *graph, struct event *event, unsigned id)
{
    event->released = releases(event->order) ? with(event->before, id) : (struct set){{0}};
    if (event->action == UPDATE && event->from != INITIAL) {
        event->released = both(event->released, &graph->events[event->from].released);
    }
}

/* Adds the event that the thread asks for. action is what it turns out to be, number the write that it
 * reads from or follows. Returns false if the model does not allow the event. */
static bool add_event(struct graph *graph, unsigned thread, enum action action, unsigned number)
{
    const struct request *request = &graph->next[thread];
    unsigned id = graph->count;
    struct event *event = &graph->events[id];
    bool failed = request->action == COMPARE && action == LOAD;

    if (id == EVENTS_MAX || graph->lengths[thread] == LENGTH_MAX ||
        graph->writes[request->place] == WRITES_MAX) {
        stop("too many events");
    }
    *event = (struct event){.action = action,
                            .order = failed ? request->failure : request->order,
                            .plain = request->action == READ || request->action == WRITE,
                            .thread = (uint8_t)thread,
                            .index = graph->lengths[thread],
                            .place = (uint8_t)request->place,
                            .before = before_next(graph, thread),
                            .written = request->operand,
                            .places = request->action == FREE ? request->mask : 0};
    if (is_read(event)) {
        read_from(graph, event, number);
    }
    if (action == UPDATE) {
        event->written = updated(request->operation, event->read, request->operand);
    }
    if (is_write(event)) {
        release_to(graph, event, id);
        insert_write(graph, id, number);
    }
    graph->of_thread[thread][graph->lengths[thread]++] = (uint8_t)id;
    graph->count++;
    return event->action == FREE || event->plain || event->order != SEQ_CST || add_to_sc(graph, id);
}

/* Calls the thread's function and returns the first access that is not in the graph. */
static struct request next_of(const struct graph *graph, unsigned thread)
{
    s_graph = graph;
    s_thread = thread;
    s_index = 0;
    if (setjmp(s_next) != 0) {
        return s_request;
    }
    s_scenario->threads[thread]();
    return (struct request){.action = DONE};
}

/* ---- graphs that have been explored ---- */

struct key {
    uint64_t low, high;
};

static struct {
    struct key *keys;
    size_t size, used;
} s_known;

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static void add_to_key(struct key *key, uint64_t value)
{
    key->low = mix(key->low, value);
    key->high = mix(key->high + UINT64_C(0xD6E8FEB86659FD93), value + 1);
}

/* Names an event by its thread and its place in it, because ids depend on when it was added. */
static uint64_t name_of(const struct graph *graph, unsigned id)
{
    return id == INITIAL ? 1 : 2u + graph->events[id].thread * 256u + graph->events[id].index;
}

static struct key key_of(const struct graph *graph)
{
    struct key key = {1, 2};

    for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
        add_to_key(&key, graph->lengths[thread]);
        for (unsigned i = 0; i < graph->lengths[thread]; i++) {
            const struct event *event = &graph->events[graph->of_thread[thread][i]];

            add_to_key(&key, is_read(event) ? name_of(graph, event->from) : 0);
        }
    }
    for (unsigned place = 0; place < PLACES_MAX; place++) {
        for (unsigned i = 0; i < graph->writes[place]; i++) {
            add_to_key(&key, name_of(graph, graph->modifications[place][i]));
        }
        add_to_key(&key, 0);
    }
    key.low |= 1; /* 0 marks an empty entry of the table */
    return key;
}

static bool insert_key(struct key key)
{
    size_t at = (size_t)key.high & (s_known.size - 1);

    for (; s_known.keys[at].low != 0; at = (at + 1) & (s_known.size - 1)) {
        if (s_known.keys[at].low == key.low && s_known.keys[at].high == key.high) {
            return false;
        }
    }
    s_known.keys[at] = key;
    s_known.used++;
    return true;
}

static void grow_known(void)
{
    struct key *old = s_known.keys;
    size_t size = s_known.size;

    s_known.size = size == 0 ? 1024 : size * 2;
    s_known.used = 0;
    s_known.keys = calloc(s_known.size, sizeof *s_known.keys);
    if (s_known.keys == NULL) {
        stop("out of memory");
    }
    for (size_t i = 0; i < size; i++) {
        if (old[i].low != 0) {
            (void)insert_key(old[i]);
        }
    }
    free(old);
}

static bool is_new(const struct graph *graph)
{
    if (2 * s_known.used >= s_known.size) {
        grow_known();
    }
    return insert_key(key_of(graph));
}

static void forget_known(void)
{
    free(s_known.keys);
    s_known.keys = NULL;
    s_known.size = s_known.used = 0;
}

/* ---- the search ---- */

static void explore(const struct graph *graph);

/* Explores what follows if the thread's next event is this one. */
static void try_event(const struct graph *graph, unsigned thread, enum action action,
                      unsigned number)
{
    struct graph next;

    if (s_verdict.broken != NULL) {
        return;
    }
    copy_graph(&next, graph);
    if (!add_event(&next, thread, action, number)) {
        return;
    }
    s_graph = &next;
    check_race(&next, next.count - 1);
    next.next[thread] = next_of(&next, thread);
    explore(&next);
}

static void explore_store(const struct graph *graph, unsigned thread)
{
    unsigned place = graph->next[thread].place;

    for (unsigned number = earliest(graph, place, before_next(graph, thread));
         number <= graph->writes[place]; number++) {
        if (!is_followed_by_update(graph, place, number)) {
            try_event(graph, thread, STORE, number);
        }
    }
}

/* A write, or an access that is not atomic, is added as soon as its thread reaches it, because all other
 * events can be added after it as well as before. (A plain access that could read from two writes is a
 * data race, which is found when the other access is added.) Returns false for any other access. */
static bool explore_at_once(const struct graph *graph, unsigned thread)
{
    const struct request *request = &graph->next[thread];
    unsigned last = graph->writes[request->place];

    if (request->action == READ) {
        try_event(graph, thread, LOAD, last);
    } else if (request->action == WRITE) {
        try_event(graph, thread, STORE, last);
    } else if (request->action == FREE) {
        try_event(graph, thread, FREE, 0);
    } else if (request->action == STORE) {
        explore_store(graph, thread);
    } else {
        return false;
    }
    return true;
}

/* Returns the action that the access becomes if it reads this value; DONE: it may not read it. */
static enum action action_of(const struct request *request, uint64_t value)
{
    bool is_wanted = value == request->wanted;

    if (request->action == AWAIT) {
        return (value & request->mask) == request->wanted ? LOAD : DONE;
    }
    if (request->action == COMPARE) {
        return is_wanted ? UPDATE : LOAD;
    }
    if (request->action == AWAIT_COMPARE) {
        return is_wanted ? UPDATE : DONE;
    }
    return request->action;
}

/* Explores each write that the access may read from. Returns whether there was one. */
static bool explore_read(const struct graph *graph, unsigned thread)
{
    const struct request *request = &graph->next[thread];
    unsigned place = request->place;
    bool went_on = false;

    if (request->action == DONE) {
        return false;
    }
    for (unsigned number = earliest(graph, place, before_next(graph, thread));
         number <= graph->writes[place]; number++) {
        enum action action =
            action_of(request, value_of(graph, place, write_at(graph, place, number)));

        if (action == LOAD || (action == UPDATE && !is_followed_by_update(graph, place, number))) {
            went_on = true;
            try_event(graph, thread, action, number);
        }
    }
    return went_on;
}

static void end_execution(const struct graph *graph)
{
    s_verdict.executions++;
    memset(registers, 0, sizeof registers);
    for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
        if (s_scenario->threads[thread] != NULL) {
            (void)next_of(graph, thread);
            promise((s_scenario->may_be_stuck & bit(thread)) != 0 || !is_stuck(thread),
                    "no thread waits for ever");
        }
    }
    if (s_scenario->check != NULL) {
        s_scenario->check();
    }
}

static void explore(const struct graph *graph)
{
    bool went_on = false;

    if (s_verdict.broken != NULL) {
        return;
    }
    for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
        if (explore_at_once(graph, thread)) {
            return;
        }
    }
    if (!is_new(graph)) {
        return;
    }
    s_verdict.graphs++;
    for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
        went_on = explore_read(graph, thread) || went_on;
    }
    if (!went_on) {
        end_execution(graph);
    }
}

struct verdict run_scenario(const struct scenario *scenario)
{
    static struct graph empty;

    s_scenario = scenario;
    s_verdict = (struct verdict){.broken = NULL};
    memset(&empty, 0, sizeof empty);
    for (unsigned thread = 0; thread < THREADS_MAX; thread++) {
        if (scenario->threads[thread] != NULL) {
            empty.next[thread] = next_of(&empty, thread);
        }
    }
    explore(&empty);
    forget_known();
    return s_verdict;
}

/* ---- printing ---- */

static void print_event(const struct graph *graph, unsigned id)
{
    static const char *const actions[] = {
        [LOAD] = "load", [STORE] = "store", [UPDATE] = "update", [FREE] = "free"};
    static const char *const orders[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
    const struct event *event = &graph->events[id];

    printf("    %2u: thread %u: %s", id, event->thread, actions[event->action]);
    if (event->action != FREE) {
        printf(" %s of place %u", event->plain ? "plain" : orders[event->order], event->place);
    }
    if (is_read(event)) {
        printf(", reads 0x%" PRIx64 " from %d", event->read,
               event->from == INITIAL ? -1 : (int)event->from);
    }
    if (is_write(event)) {
        printf(", writes 0x%" PRIx64 " as number %u", event->written,
               number_of(graph, event->place, id));
    }
    printf("\n");
}

void print_execution(void)
{
    for (unsigned id = 0; id < s_broken.count; id++) {
        print_event(&s_broken, id);
    }
}
