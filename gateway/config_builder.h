/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_builder.h: what the parts of the configuration (config_parts.h) build with.  Functions return 0 or -ENOMEM
 * where nothing else is said; what they copied is the caller's, also when they fail.
 */
#ifndef CONFIG_BUILDER_H
#define CONFIG_BUILDER_H

#include "config_tree.h"
#include "problems.h"
#include "snapshot.h"

struct builder {
	struct snapshot *snapshot;
	const struct node *tree;
	struct problems *problems;
	const char **plugin_path; /* with the built-in folder; ends with NULL */
};

/* Of the word `what` called `name`; NULL: it has no name. */
int config_problem(struct builder *b, int64_t line, const char *what, const char *name, const char *reason);
int config_warning(struct builder *b, int64_t line, const char *what, const char *name, const char *reason);

/* Copies of what a table holds; NULL for what it does not. */
int config_text(char **to, const struct node *table, const char *key);
int config_texts(char ***to, const struct node *table, const char *key); /* a list, ends with NULL */
/* A zeroed array for the members of a list; *to is NULL for none. */
int config_array(void *to, unsigned *n, size_t size, const struct node *list);
enum lg_transport config_transport(const struct node *table); /* its key "transport" */
/* -EINVAL: it is no IPv4 or IPv6 address; the scripts let only those through. */
int config_address(struct sockaddr_storage *to, const char *address, int64_t port);

/* The index in l->reach of a pool that the scripts have put there; -EINVAL: they have not. */
int config_reach(unsigned *index, const struct listener_conf *l, const char *pool);
/* A plugin that the scripts have loaded already, and its conf struct from a list of { name, text }. */
const struct lg_plugin *config_plugin(const struct builder *b, const char *name);
int config_options(void **conf, const struct lg_option *table, size_t size, const struct node *list);

#endif
