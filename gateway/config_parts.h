/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_parts.h: the parts of config.c, one file a word of the configuration.  Each builds its part of the snapshot
 * from the checked tree.  They return 0 or -ENOMEM; what is wrong with the configuration is a problem, and config_load
 * looks at those in the end.  A snapshot that is built in part is freed like any other.
 */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "config_builder.h"

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
int config_policies(struct listener_conf *l, const struct node *n);
int config_policy(struct policy_use *u, const struct node *n); /* what does not depend on the listener: its texts */

#endif
