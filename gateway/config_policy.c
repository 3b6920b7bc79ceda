/* SPDX-License-Identifier: Apache-2.0 */
/* config_policy.c builds the policies of a listener: the facts that they read and the pools that they route to, by
 * index, and the headers that they edit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config_parts.h"
#include "facts.h"
#include "siphash.h"
#include "span.h"

static int build_facts(struct policy_use *u, const struct lg_plugin *plugin, const struct node *n)
{
	int ret = config_array(&u->facts, &u->nfacts, sizeof *u->facts, node_get(n, "reads"));

	for (unsigned i = 0; i < u->nfacts && ret == 0; i++)
		ret = facts_resolve(plugin, u->reads[i], &u->facts[i]);
	return ret;
}

static int build_reach(struct policy_use *u, const struct listener_conf *l, const struct node *n)
{
	unsigned npools;
	int ret = config_array(&u->reach, &npools, sizeof *u->reach, node_get(n, "pools"));

	for (unsigned i = 0; i < npools && ret == 0; i++)
		ret = config_reach(&u->reach[i], l, u->pools[i]);
	return ret;
}

/* Equal in all workers, and after the next reading of a configuration that says the same. */
static uint64_t space_of(const struct listener_conf *l, const struct policy_use *u)
{
	static const unsigned char no_secret[16];
	const struct lg_span pieces[] = { span_of(l->name), span_of(u->name), span_of(u->options) };

	return siphash_pieces(no_secret, pieces, 3);
}

int config_policy(struct policy_use *u, const struct node *n)
{
	u->stats = calloc(1, sizeof *u->stats);
	if (!u->stats || config_text(&u->name, n, "name") < 0 || config_text(&u->file, n, "file") < 0 ||
	    config_text(&u->options, n, "options") < 0 || config_texts(&u->reads, n, "reads") < 0 ||
	    config_texts(&u->pools, n, "pools") < 0 || config_texts(&u->edits, n, "edits") < 0 ||
	    config_texts(&u->sealed, n, "sealed") < 0)
		return -ENOMEM;
	pthread_mutex_init(&u->stats->lock, NULL);
	return 0;
}

static int build_policy(struct policy_use *u, const struct listener_conf *l, const struct node *n)
{
	int ret = config_policy(u, n);

	if (ret < 0)
		return ret;
	u->space = space_of(l, u);
	ret = build_facts(u, l->plugin, n);
	return ret == 0 ? build_reach(u, l, n) : ret;
}

int config_policies(struct listener_conf *l, const struct node *n)
{
	unsigned i = 0;
	int ret = config_array(&l->policies, &l->npolicies, sizeof *l->policies, node_get(n, "policies"));

	NODE_EACH(m, n, "policies")
	{
		if (ret == 0)
			ret = build_policy(&l->policies[i++], l, m);
	}
	return ret;
}
