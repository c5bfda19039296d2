/* SPDX-License-Identifier: MIT */
/*
 * A hash table of nodes. A node is the first member of the struct that it stands for, and each has
 * a key of its own. The table owns its chains, not its nodes. It is not thread-safe: the caller
 * holds the ring's lock.
 */
#ifndef GUISE_SRC_URING_TABLE_H
#define GUISE_SRC_URING_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guise__uring_node {
    struct guise__uring_node *next;
    uint64_t key;
};

struct guise__uring_table {
    struct guise__uring_node **chains;
    size_t chain_count; /* a power of two */
    size_t count;
};

/* The table has chains, a power of two of them. */
bool guise__uring_table_is_valid(const struct guise__uring_table *table);

/* Returns false without memory; then there is no table. */
bool guise__uring_table_begin(struct guise__uring_table *table);
/* Frees the chains. The caller owns the nodes that are left. */
void guise__uring_table_end(struct guise__uring_table *table);

struct guise__uring_node *guise__uring_table_find(const struct guise__uring_table *table,
                                                  uint64_t key);
/* Adds a node; its key is not in the table yet. Never fails: without memory to grow the chains only
 * get longer. */
void guise__uring_table_add(struct guise__uring_table *table, struct guise__uring_node *node);
/* Removes a node that is in the table. */
void guise__uring_table_remove(struct guise__uring_table *table,
                               const struct guise__uring_node *node);

#endif
