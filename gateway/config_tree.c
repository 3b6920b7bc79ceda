/* SPDX-License-Identifier: Apache-2.0 */
/* config_tree.c is the tree of checked values between the scripts and the snapshot: it grows, is read and is freed. */
#include "config_tree.h"

#include <stdlib.h>
#include <string.h>

static int node_fill(struct node *n, const char *key, const char *text)
{
	if (key) {
		n->key = strdup(key);
		if (!n->key)
			return -1;
	}
	if (text) {
		n->text = strdup(text);
		if (!n->text)
			return -1;
	}
	return 0;
}

struct node *node_add(struct node *parent, const char *key, enum node_kind kind, const char *text, int64_t number)
{
	struct node *n = calloc(1, sizeof *n), **end = &parent->child;

	if (!n)
		return NULL;
	n->kind = kind;
	n->number = number;
	if (node_fill(n, key, text) < 0) {
		node_free(n);
		return NULL;
	}
	while (*end)
		end = &(*end)->next;
	*end = n;
	return n;
}

void node_clear(struct node *n)
{
	for (struct node *m = n->child, *next; m; m = next) {
		next = m->next;
		node_free(m);
	}
	n->child = NULL;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	node_clear(n);
	free(n->key);
	free(n->text);
	free(n);
}

const struct node *node_get(const struct node *table, const char *key)
{
	if (!table)
		return NULL;
	for (const struct node *m = table->child; m; m = m->next) {
		if (m->key && strcmp(m->key, key) == 0)
			return m;
	}
	return NULL;
}

const char *node_text(const struct node *table, const char *key)
{
	const struct node *n = node_get(table, key);

	return n ? n->text : NULL;
}

int64_t node_number(const struct node *table, const char *key)
{
	const struct node *n = node_get(table, key);

	return n ? n->number : 0;
}

bool node_flag(const struct node *table, const char *key)
{
	return node_number(table, key) != 0;
}

unsigned node_count(const struct node *table)
{
	unsigned n = 0;

	if (!table)
		return 0;
	for (const struct node *m = table->child; m; m = m->next)
		n++;
	return n;
}
