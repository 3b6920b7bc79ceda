/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_tree.h: the clean tables that scripts/config.lua makes of a configuration, as a tree in C.  script_config.c
 * grows it, the config_*.c files read it; so they know nothing of Lua.
 *
 * A node is a value with a key, or a member of a list without one.  Readers ask by key and get the given default, NULL
 * or 0 for what is not there.
 */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include <stdbool.h>
#include <stdint.h>

enum node_kind { NODE_TABLE, NODE_TEXT, NODE_NUMBER, NODE_FLAG };

struct node {
	char *key; /* NULL: a member of a list */
	enum node_kind kind;
	char *text;         /* NODE_TEXT */
	int64_t number;     /* NODE_NUMBER, NODE_FLAG */
	struct node *child; /* NODE_TABLE: the first member */
	struct node *next;
};

/* A new last member of `parent`, which owns it; NULL: out of memory.  `text` is copied, NULL for other kinds than text.
 */
struct node *node_add(struct node *parent, const char *key, enum node_kind kind, const char *text, int64_t number);
void node_clear(struct node *n); /* frees its members */
void node_free(struct node *n); /* with its members, not its neighbours; NULL is fine */

const struct node *node_get(const struct node *table, const char *key);
const char *node_text(const struct node *table, const char *key);
int64_t node_number(const struct node *table, const char *key);
bool node_flag(const struct node *table, const char *key);
unsigned node_count(const struct node *table); /* NULL: 0 */

/* Each member of the list that `table` holds under `key`. */
#define NODE_EACH(m, table, key)                                                                                       \
	for (const struct node *m##_list = node_get(table, key), *m = m##_list ? m##_list->child : NULL; m; m = m->next)

#endif
