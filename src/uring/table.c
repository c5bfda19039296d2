/* SPDX-License-Identifier: MIT */
/*
 * A hash table with chains. A key is multiplied by a large odd constant and the upper half of the
 * product selects the chain, because addresses differ little in their lower bits. The table doubles
 * its chains when it has as many nodes as chains. A ring has two: of personalities, by their
 * context's address, and of users, by their uid.
 */
#include "uring/table.h"

#include <stdlib.h>

#include "base/check.h"

enum { FIRST_CHAINS = 16 };

static struct guise__uring_node **chain_find(const struct guise__uring_table *table, uint64_t key)
{
    return &table->chains[(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (table->chain_count - 1)];
}

static void node_link(struct guise__uring_table *table, struct guise__uring_node *node)
{
    struct guise__uring_node **chain = chain_find(table, node->key);

    node->next = *chain;
    *chain = node;
}

static void table_grow(struct guise__uring_table *table)
{
    struct guise__uring_table bigger = {.chain_count = 2 * table->chain_count,
                                        .count = table->count};
    struct guise__uring_node *node, *next;

    bigger.chains = calloc(bigger.chain_count, sizeof(struct guise__uring_node *));
    if (bigger.chains == NULL) {
        return;
    }
    for (size_t i = 0; i < table->chain_count; i++) {
        for (node = table->chains[i]; node != NULL; node = next) {
            next = node->next;
            node_link(&bigger, node);
        }
    }
    free(table->chains);
    *table = bigger;
}

#if defined(GUISE_CHECKS)
bool guise__uring_table_is_valid(const struct guise__uring_table *table)
{
    return table->chains != NULL && table->chain_count >= FIRST_CHAINS &&
           (table->chain_count & (table->chain_count - 1)) == 0;
}
#endif

bool guise__uring_table_begin(struct guise__uring_table *table)
{
    table->count = 0;
    table->chain_count = FIRST_CHAINS;
    table->chains = calloc(FIRST_CHAINS, sizeof(struct guise__uring_node *));
    return table->chains != NULL;
}

void guise__uring_table_end(struct guise__uring_table *table)
{
    free(table->chains);
    table->chains = NULL;
}

struct guise__uring_node *guise__uring_table_find(const struct guise__uring_table *table,
                                                  uint64_t key)
{
    struct guise__uring_node *node = *chain_find(table, key);

    GUISE__CHECK(guise__uring_table_is_valid(table));
    while (node != NULL && node->key != key) {
        node = node->next;
    }
    return node;
}

void guise__uring_table_add(struct guise__uring_table *table, struct guise__uring_node *node)
{
    GUISE__CHECK(guise__uring_table_find(table, node->key) == NULL);
    if (table->count >= table->chain_count) {
        table_grow(table);
    }
    table->count++;
    node_link(table, node);
}

void guise__uring_table_remove(struct guise__uring_table *table,
                               const struct guise__uring_node *node)
{
    struct guise__uring_node **link = chain_find(table, node->key);

    GUISE__CHECK(guise__uring_table_is_valid(table) && table->count != 0);
    while (*link != node) {
        GUISE__CHECK(*link != NULL);
        link = &(*link)->next;
    }
    *link = node->next;
    table->count--;
}
