/* SPDX-License-Identifier: MIT */
/*
 * Runs the checker's own tests; then every scenario with the orders of the source, which must keep every
 * promise; then, for each order, the scenarios that use it with a weaker order in its place. The weaker
 * orders that break nothing must be those of harmless.def.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "litmus.h"
#include "model.h"

/* ---- sites ---- */

struct site_text {
    const char *name, *fragment;
};

#define SITE(name, file, function, fragment) {#name, fragment},
#define LISTED(file, function, fragment, reason)
static const struct site_text sites[SITES] = {
#include "sites.def"
};
#undef SITE
#undef LISTED

static const char *const order_names[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
enum { ORDERS = sizeof order_names / sizeof *order_names };

/* Returns the last order that the fragment names. */
static enum order order_in(const char *fragment)
{
    static const char prefix[] = "memory_order_";
    const char *last = NULL;

    for (const char *at = fragment; (at = strstr(at, prefix)) != NULL; at++) {
        last = at + sizeof prefix - 1;
    }
    for (unsigned order = 0; last != NULL && order < ORDERS; order++) {
        if (strncmp(last, order_names[order], strlen(order_names[order])) == 0) {
            return (enum order)order;
        }
    }
    return RELAXED;
}

static void restore_orders(void)
{
    for (unsigned site = 0; site < SITES; site++) {
        site_orders[site] = order_in(sites[site].fragment);
    }
}

/* ---- weaker orders ---- */

struct harmless {
    enum site site;
    enum order order;
    bool seen;
};

#define HARMLESS(site, order, reason) {site, order, false},
static struct harmless harmless[] = {
#include "harmless.def"
};
#undef HARMLESS
enum { HARMLESS_COUNT = sizeof harmless / sizeof *harmless };

static struct harmless *find_harmless(unsigned site, enum order order)
{
    for (unsigned i = 0; i < HARMLESS_COUNT; i++) {
        if (harmless[i].site == site && harmless[i].order == order) {
            return &harmless[i];
        }
    }
    return NULL;
}

/* Returns whether weaker is weaker than order by one step. uses: SITE_READS, SITE_WRITES. */
static bool is_one_weaker(enum order order, enum order weaker, unsigned uses)
{
    switch (order) {
    case SEQ_CST:
        return weaker == (uses == SITE_READS ? ACQUIRE : uses == SITE_WRITES ? RELEASE : ACQ_REL);
    case ACQ_REL:
        return weaker == ACQUIRE || weaker == RELEASE;
    case ACQUIRE:
    case RELEASE:
        return weaker == RELAXED;
    case RELAXED:
        break;
    }
    return false;
}

/* ---- scenarios ---- */

static const struct scenario *const lists[] = {call_scenarios,  sync_scenarios,   lock_scenarios,
                                               latch_scenarios, shards_scenarios, once_scenarios,
                                               queue_scenarios};
enum { LISTS = sizeof lists / sizeof *lists, SCENARIOS_MAX = 128 };

static struct {
    const struct scenario *scenario;
    struct verdict verdict;
} all[SCENARIOS_MAX];
static unsigned s_count;
static unsigned char s_uses[SITES];
static unsigned s_tried, s_breaking, s_failed;

static void fail(const char *what, const char *which)
{
    printf("order: FAILED: %s: %s\n", which, what);
    s_failed++;
}

static void note_uses(const struct verdict *verdict)
{
    for (unsigned site = 0; site < SITES; site++) {
        s_uses[site] |= verdict->used[site];
    }
}

static void check_scenario(const struct scenario *scenario)
{
    struct verdict verdict = run_scenario(scenario);

    if (verdict.broken != NULL) {
        fail(verdict.broken, scenario->name);
        print_execution();
    }
    printf("order: %s: %" PRIu64 " executions of %" PRIu64 " graphs\n", scenario->name,
           verdict.executions, verdict.graphs);
    if (s_count == SCENARIOS_MAX) {
        fail("too many scenarios", scenario->name);
        return;
    }
    all[s_count].scenario = scenario;
    all[s_count++].verdict = verdict;
    note_uses(&verdict);
}

static void check_scenarios(void)
{
    restore_orders();
    for (unsigned list = 0; list < LISTS; list++) {
        for (const struct scenario *each = lists[list]; each->name != NULL; each++) {
            check_scenario(each);
        }
    }
}

/* Returns the name of the scenario that breaks with that order, and stores the promise; NULL: none. */
static const char *find_break(unsigned site, enum order order, const char **what)
{
    const char *broken_in = NULL;

    site_orders[site] = order;
    for (unsigned i = 0; i < s_count && broken_in == NULL; i++) {
        if (all[i].verdict.used[site] != 0) {
            struct verdict verdict = run_scenario(all[i].scenario);

            broken_in = verdict.broken == NULL ? NULL : all[i].scenario->name;
            *what = verdict.broken;
        }
    }
    restore_orders();
    return broken_in;
}

/* Tries each order that is weaker by one step; one that breaks nothing is weakened further. */
static void try_weaker(unsigned site, enum order order)
{
    for (unsigned weaker = 0; weaker < ORDERS; weaker++) {
        struct harmless *expected = find_harmless(site, (enum order)weaker);
        const char *what = NULL, *broken_in;

        if (!is_one_weaker(order, (enum order)weaker, s_uses[site]) ||
            (expected != NULL && expected->seen)) {
            continue;
        }
        s_tried++;
        broken_in = find_break(site, (enum order)weaker, &what);
        if (broken_in != NULL) {
            s_breaking++;
            printf("order: %s %s: breaks in \"%s\": %s\n", sites[site].name, order_names[weaker],
                   broken_in, what);
            continue;
        }
        printf("order: %s %s: breaks nothing\n", sites[site].name, order_names[weaker]);
        if (expected == NULL) {
            fail("breaks nothing, and harmless.def does not say why", sites[site].name);
        } else {
            expected->seen = true;
        }
        try_weaker(site, (enum order)weaker);
    }
}

static void check_weaker_orders(void)
{
    for (unsigned site = 0; site < SITES; site++) {
        if (s_uses[site] == 0) {
            fail("no scenario uses it", sites[site].name);
        }
        try_weaker(site, order_in(sites[site].fragment));
    }
    for (unsigned i = 0; i < HARMLESS_COUNT; i++) {
        if (!harmless[i].seen) {
            fail("in harmless.def, and breaks something", sites[harmless[i].site].name);
        }
    }
}

int main(void)
{
    uint64_t executions = 0;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (!run_all_litmus()) {
        return 1;
    }
    check_scenarios();
    check_weaker_orders();
    for (unsigned i = 0; i < s_count; i++) {
        executions += all[i].verdict.executions;
    }
    printf("order: %u scenarios, %" PRIu64
           " executions; %u weaker orders tried, %u break a promise; "
           "%u failures\n",
           s_count, executions, s_tried, s_breaking, s_failed);
    return s_failed != 0;
}
