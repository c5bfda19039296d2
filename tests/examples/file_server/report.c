/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <guise/guise.h>

#define SURPRISES_SHOWN 30u

/* One request with what is known of it beforehand. */
struct row {
    const struct stage *stage;
    const struct role *role;
    const struct prop *prop;
    const struct ask *ask;
    enum status expected;
};

static struct row row_at(const struct stage *stage, unsigned round, size_t role, size_t prop)
{
    return (struct row){.stage = stage,
                        .role = &stage->roles[role],
                        .prop = &stage->props[prop],
                        .ask = &stage->asks[ask_id(stage, round, role, prop) - 1],
                        .expected = stage->props[prop].expected[role]};
}

/* ---- what is to be expected ---- */

static bool may_be_impersonated(const struct role *role)
{
    return role->level >= GUISE_LEVEL_IMPERSONATE;
}

/* The server, if the client does not let it act as the client, or if what is open is no file that is
 * served. Otherwise the kernel where it enforces, and the server's check where it does not. */
static enum decider expected_decider(const struct row *row)
{
    if (!may_be_impersonated(row->role)) {
        return BY_SERVER;
    }
    if (!row->stage->enforced) {
        return BY_CHECK;
    }
    return row->prop->kind == PIPE ? BY_SERVER : BY_KERNEL;
}

static bool answer_is_right(const struct row *row)
{
    return row->ask->answered && row->ask->status == row->expected && row->ask->intact &&
           row->ask->by == expected_decider(row);
}

static int compare_groups(const void *a, const void *b)
{
    gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

    return (x > y) - (x < y);
}

/* The role's groups as the kernel is to have them: with its gid, sorted, each once. */
static size_t groups_of(const struct role *role, gid_t groups[GROUP_LIMIT + 1])
{
    size_t count = role->group_count, kept = 0;

    memcpy(groups, role->groups, count * sizeof *groups);
    groups[count++] = role->gid;
    qsort(groups, count, sizeof *groups, compare_groups);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || groups[kept - 1] != groups[i]) {
            groups[kept++] = groups[i];
        }
    }
    return kept;
}

/* Is this thread the client, for Guise and, as far as it was told, for the kernel? */
static bool is_client(const struct row *row, const struct identity *it)
{
    static gid_t s_groups[GROUP_LIMIT + 1];
    const struct identity *self = &row->ask->begun;
    struct identity expected = *self;

    if (row->stage->enforced) {
        expected = identity_as(self, row->role->uid, row->role->gid, s_groups,
                               groups_of(row->role, s_groups));
    }
    expected.client = true;
    expected.token = row->role->uid;
    return identity_equal(it, &expected);
}

static bool impersonation_is_right(const struct row *row)
{
    const struct ask *ask = row->ask;

    if (!may_be_impersonated(row->role)) {
        return !ask->impersonated;
    }
    return ask->impersonated && is_client(row, &ask->impersonating) &&
           identity_equal(&ask->reverted, &ask->begun);
}

static bool worker_is_right(const struct row *row)
{
    const struct ask *ask = row->ask;

    return ask->worked && ask->begun.known && identity_equal(&ask->continued, &ask->begun) &&
           identity_equal(&ask->end, &ask->begun) && ask->after_signal == GUISE_E_CALL_COMPLETE;
}

/* ---- the parts of the report ---- */

void report_opening(const struct stage *stage)
{
    printf("A file server that opens every file as the client that asks for it.\n\n");
    if (stage->enforced) {
        printf("  provider   linux: the kernel decides about every open\n");
    } else {
        printf("  provider   emulated: the kernel is not asked; the server checks the mode of\n"
               "             every file before it opens it for a client\n");
    }
    if (stage->one_user) {
        printf("  clients    %zu processes, all under user id %u, because this process %s\n",
               stage->role_count, (unsigned)geteuid(),
               stage->enforced ? "cannot become other users" : "cannot open other users' files");
    } else {
        printf("  clients    %zu processes under user ids of their own\n", stage->role_count);
    }
    printf("  directory  %s\n\n", stage->directory);
}

/* Green for a file that was read and red for a refusal, on a terminal, unless NO_COLOR is set. */
static const char *colour_of(const struct ask *ask)
{
    if (!ask->answered || getenv("NO_COLOR") != NULL || isatty(STDOUT_FILENO) != 1) {
        return "";
    }
    switch (ask->status) {
    case STATUS_OK:
        return "\033[32m";
    case STATUS_REFUSED:
        return "\033[31m";
    default:
        return "";
    }
}

static void print_row(const struct row *row, bool fine)
{
    char owner[32] = "";
    const char *after = row->ask->worked ? guise_result_name(row->ask->after_signal) : "-";
    const char *colour = colour_of(row->ask);

    if (row->prop->kind != MISSING) {
        snprintf(owner, sizeof owner, "%u:%u %04o", (unsigned)row->prop->owner,
                 (unsigned)row->prop->group, (unsigned)row->prop->mode);
    }
    printf("  %-22s %-18s %-18s %s%-12s%s %-10s %-12s %s%s\n", row->role->name, row->prop->name,
           owner, colour, row->ask->answered ? status_name(row->ask->status) : "NO ANSWER",
           *colour != '\0' ? "\033[0m" : "", row->ask->answered ? decider_name(row->ask->by) : "-",
           status_name(row->expected), after, fine ? "" : "  <- SURPRISE");
}

static void print_role(const struct role *role)
{
    printf("\n  %s: uid %u, gid %u", role->name, (unsigned)role->uid, (unsigned)role->gid);
    for (size_t i = 0; i < role->group_count; i++) {
        printf("%s%u", i == 0 ? ", groups " : " ", (unsigned)role->groups[i]);
    }
    printf("; lets the server %s\n",
           may_be_impersonated(role) ? "impersonate it" : "know its identity, no more");
}

/* All requests of the first round; of the other rounds, the first few that had another outcome.
 * Returns the surprises so far. */
static unsigned report_asks(const struct stage *stage, unsigned round, unsigned surprises)
{
    for (size_t role = 0; role < stage->role_count; role++) {
        if (round == 0) {
            print_role(&stage->roles[role]);
        }
        for (size_t prop = 0; prop < stage->prop_count; prop++) {
            struct row row = row_at(stage, round, role, prop);
            bool fine =
                answer_is_right(&row) && impersonation_is_right(&row) && worker_is_right(&row);
            if (round == 0 || (!fine && surprises < SURPRISES_SHOWN)) {
                print_row(&row, fine);
            }
            surprises += !fine;
        }
    }
    return surprises;
}

static unsigned report_table(const struct stage *stage)
{
    unsigned surprises = 0;

    printf("Who asked for what, what the answer was, and who decided. The last column is what the "
           "worker\n"
           "got when it tried to become the client again, after Signal.\n\n");
    printf("  %-22s %-18s %-18s %-12s %-10s %-12s %s\n", "client", "asked for", "owner:group mode",
           "answer", "decided by", "expected", "after Signal");
    for (unsigned round = 0; round < ROUNDS; round++) {
        surprises = report_asks(stage, round, surprises);
    }
    printf("\n  %u rounds of that, every one on new connections, up to %u requests in flight on "
           "each:\n"
           "  %zu requests, %u surprises.\n\n",
           ROUNDS, ASKS_IN_FLIGHT, ask_limit(stage), surprises);
    return surprises;
}

/* For one request of each client. report_table() has looked at those of all requests. */
static void report_identities(const struct stage *stage)
{
    printf("The identity of each thread while it served " PUBLIC_FILE
           ", by Guise (the token in the slot)"
           "\nand by the kernel (/proc/self/task/TID/status; ids: real, effective, saved, file "
           "system).\n");
    if (!stage->enforced) {
        printf("The emulated provider tells the kernel nothing, so only Guise knows the client.\n");
    }
    printf("\n    %-28s %-6s %-24s %-24s %-12s %s\n", "", "token", "Uid", "Gid", "Groups",
           "CapEff");
    for (size_t role = 0; role < stage->role_count; role++) {
        struct row row = row_at(stage, 0, role, 0);
        printf("  %s\n", row.role->name);
        identity_print("event loop, in Begin_", &row.ask->begun);
        identity_print("worker, before", &row.ask->continued);
        if (row.ask->impersonated) {
            identity_print("worker, impersonating", &row.ask->impersonating);
            identity_print("worker, after reverting", &row.ask->reverted);
        }
        identity_print("worker, refused after Signal", &row.ask->end);
    }
    printf("\n");
}

static unsigned report_facts(const struct stage *stage)
{
    unsigned surprises = 0;

    printf("Clients that misbehave, and SIGTERM:\n\n");
    for (size_t i = 0; i < stage->fact_count; i++) {
        const struct fact *fact = &stage->facts[i];
        printf("  %-44s %s%s\n", fact->what, fact->got, fact->fine ? "" : "  <- SURPRISE");
        surprises += !fact->fine;
    }
    printf("\n");
    return surprises;
}

static unsigned report_server(const struct stage *stage)
{
    const struct tally *after = &stage->after;
    bool clean =
        stage->server_finished && stage->server_ended && tally_is_even(&stage->before, after);
    unsigned surprises = (clean ? 0u : 1u) + (stage->lost_tokens != 0 ? 1u : 0u);

    printf("The server had %" PRIu64 " connections and %" PRIu64 " calls.\n", after->connections,
           after->calls);
    printf("Left at its end: %" PRIu64 " contexts, %" PRIu64 " calls, %" PRIu64
           " blocks of memory; %d descriptors, %d at its start; %" PRIu64 " lost tokens.%s\n\n",
           after->live_contexts, after->live_calls, after->live_blocks, after->descriptors,
           stage->before.descriptors, stage->lost_tokens, surprises == 0 ? "" : " <- SURPRISE");
    return surprises;
}

unsigned report_outcome(const struct stage *stage)
{
    unsigned surprises = report_table(stage);

    report_identities(stage);
    surprises += report_facts(stage);
    surprises += report_server(stage);
    if (surprises == 0) {
        printf("Everything was as expected.\n");
    } else {
        printf("%u SURPRISES.\n", surprises);
    }
    return surprises;
}
