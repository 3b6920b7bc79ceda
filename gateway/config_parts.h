/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_parts.h: the parts of config.c, one file a word of the configuration.  Each builds its part of the snapshot
 * from the checked tree.  They return 0 or -ENOMEM; what is wrong with the configuration is a problem, and config_load
 * looks at those in the end.  A snapshot that is built in part is freed like any other.
 */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "config.h"
#include "config_tree.h"

struct builder {
	struct snapshot *snapshot;
	const struct node *tree;
	struct problems *problems;
	const char **plugin_path; /* with the built-in folder; ends with NULL */
};

/* Adds a copy of `p`, whose texts are borrowed. */
int problems_add(struct problems *problems, const struct problem *p);
/* Of the word `what` called `name`; NULL: it has no name. */
int config_problem(struct builder *b, int64_t line, const char *what, const char *name, const char *reason);
int config_warning(struct builder *b, int64_t line, const char *what, const char *name, const char *reason);
/* Whether it can be used: there are at most warnings. */
bool config_is_good(const struct problems *problems);

/* Copies of what a table holds; NULL for what it does not. */
int config_text(char **to, const struct node *table, const char *key);
int config_texts(char ***to, const struct node *table, const char *key); /* a list, ends with NULL */
/* A zeroed array for the members of a list; *to is NULL for none. */
int config_array(void *to, unsigned *n, size_t size, const struct node *list);
enum lg_transport config_transport(const struct node *table); /* its key "transport" */
int config_address(struct sockaddr_storage *to, const char *address, int64_t port);
/* A plugin that the scripts have loaded already, and its conf struct from a list of { name, text }. */
const struct lg_plugin *config_plugin(const struct builder *b, const char *name);
int config_options(void **conf, const struct lg_option *table, size_t size, const struct node *list);

/* config_secret.c: the file of `gateway { secret }`, when one is named */
int config_secret(struct builder *b, const struct node *gateway);

/* config_tls.c */
int config_identities(struct builder *b);
int config_tls_client(struct builder *b, struct tls_client **to, const char *name, int64_t line);
int config_tls_server(struct builder *b, struct listener_conf *l, const struct node *n);

/* config_pool.c */
int config_pools(struct builder *b);
void config_trunks(struct snapshot *s); /* after the pools: server.trunk */
int config_stores(struct builder *b); /* after the listeners, which say what a silent pool persists by */

/* config_listener.c, config_policy.c */
int config_listeners(struct builder *b);
/* The index in l->reach of a pool that the scripts have put there; -EINVAL: they have not. */
int config_reach(unsigned *index, const struct listener_conf *l, const char *pool);
int config_policies(struct listener_conf *l, const struct node *n);
int config_policy(struct policy_use *u, const struct node *n); /* what does not depend on the listener: its texts */

#endif
