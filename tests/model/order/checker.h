/* SPDX-License-Identifier: MIT */
/*
 * An exhaustive checker of C11's memory order, for programs of a few accesses.
 *
 * A scenario is a few threads, written as C functions that access shared memory by the functions
 * below. The checker builds every execution that the memory model allows, and tests the scenario's
 * promises on each. tests/model/README.md describes the memory model and what it leaves out.
 */
#ifndef GUISE_MODEL_CHECKER_H
#define GUISE_MODEL_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum order { RELAXED, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

enum {
    THREADS_MAX = 4,
    PLACES_MAX = 40,
    EVENTS_MAX = 128,
    WRITES_MAX = 32,
    LENGTH_MAX = 64,
    REGISTERS_MAX = 12
};

/*
 * The order of an access is given by a site of sites.def, which is an access in the library's source;
 * or by ORDER, for an access that the library does not make.
 */
#include "sites.h"

#define ORDER(order) (SITES + (int)(order))

/* The order that each site has now: the source's, or the weaker one that is being tried. */
extern enum order site_orders[SITES];

/* ---- for the threads of a scenario: accesses ---- */

/* Atomic accesses. They return the value that was read, before any change. */
uint64_t load(int place, int site);
void store(int place, uint64_t value, int site);
uint64_t fetch_add(int place, uint64_t value, int site);
uint64_t fetch_sub(int place, uint64_t value, int site);
uint64_t fetch_or(int place, uint64_t value, int site);
uint64_t fetch_and(int place, uint64_t value, int site);
uint64_t fetch_xor(int place, uint64_t value, int site);
uint64_t exchange(int place, uint64_t value, int site);
/* Clears the lowest bit: the kernel wakes one thread. */
uint64_t fetch_clear_lowest(int place, int site);
bool compare_exchange(int place, uint64_t *seen, uint64_t next, int success, int failure);

/* A load that is repeated until (value & mask) == wanted, and a compare-exchange until it succeeds:
 * they stand for a spin loop or a sleep. A thread that is still in one when no thread can take a step
 * is stuck. */
uint64_t await(int place, uint64_t mask, uint64_t wanted, int site);
void await_exchange(int place, uint64_t from, uint64_t to, int site);

/* Not atomic: two of these, or one and an atomic access, that are not ordered are a data race,
 * unless both only read. */
uint64_t read_plain(int place);
void write_plain(int place, uint64_t value);

/* Ends the life of the places from first to last: any access that is not ordered before this is a
 * use after free. */
void free_places(int first, int last);

/* ---- for the threads, and for the check at the end ---- */

/* Unless holds, the promise that what says is broken. */
void promise(bool holds, const char *what);

/* Values that the threads leave for the check; 0 at first. */
extern uint64_t registers[REGISTERS_MAX];

/* The value that a place begins with. For the check: a place's last value, and whether that thread is
 * stuck. */
uint64_t initial_value(int place);
uint64_t final_value(int place);
bool is_stuck(unsigned thread);

/* ---- running ---- */

struct scenario {
    const char *name;
    void (*threads[THREADS_MAX])(void); /* the unused ones are NULL */
    uint64_t initial[PLACES_MAX];
    void (*check)(void);   /* at the end of every execution, or NULL */
    unsigned may_be_stuck; /* a bit for each thread that need not come to its end */
};

enum { SITE_READS = 1, SITE_WRITES = 2 };

struct verdict {
    const char *broken; /* the first promise that does not hold, or NULL */
    uint64_t executions;
    uint64_t graphs;           /* parts of executions that were explored */
    unsigned char used[SITES]; /* SITE_READS, SITE_WRITES */
};

/* Stops at the first broken promise. */
struct verdict run_scenario(const struct scenario *scenario);

/* Prints each access of the execution in which the last run broke a promise. */
void print_execution(void);

#endif
