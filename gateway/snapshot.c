/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c counts a configuration's users and frees it after the last one; it also frees one that is built only in
 * part (config.c), so every member may still be zero.
 */
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "plugins.h"

static void strings_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

static void conf_free(const struct lg_option *table, void *conf)
{
	options_free(table, conf);
	free(conf);
}

static void store_unref(struct store *s)
{
	if (s && --s->refs == 0)
		s->ops->destroy(s);
}

static void slots_free(struct slots *s)
{
	free(s->host);
	free(s->id);
}

static void server_free(struct server *s)
{
	free(s->name);
	server_places_free(s);
	free(s->tls_name);
	server_state_free(s->state);
}

static void monitor_free(struct monitor_conf *m)
{
	if (m->plugin)
		conf_free(m->plugin->probe_options, m->plugin_conf);
	if (m->tls)
		tls_client_unref(m->tls);
}

static void pool_free(struct pool *p)
{
	for (unsigned i = 0; i < p->nservers; i++)
		server_free(&p->servers[i]);
	free(p->servers);
	for (unsigned i = 0; i < p->nslots; i++)
		slots_free(&p->slots[i]);
	free(p->slots);
	monitor_free(&p->monitor);
	if (p->tls)
		tls_client_unref(p->tls);
	store_unref(p->store);
	strings_free(p->by);
	free(p->scope);
	free(p->live);
	free(p->name);
}

static void route_free(struct route *r)
{
	for (unsigned i = 0; i < r->nwhen; i++) {
		free(r->when[i].name);
		free(r->when[i].pattern);
	}
	free(r->when);
}

void policy_use_free(struct policy_use *u)
{
	free(u->name);
	free(u->file);
	free(u->options);
	strings_free(u->reads); /* after this the facts' spans borrow from nothing */
	free(u->facts);
	strings_free(u->edits);
	strings_free(u->sealed);
	strings_free(u->pools);
	free(u->reach);
	free(u->stats);
}

static void stats_free(struct listener_stats *s)
{
	if (s)
		free(s->plugin_counters);
	free(s);
}

static void listener_free(struct listener_conf *l)
{
	if (l->plugin)
		conf_free(l->plugin->options, l->plugin_conf);
	for (unsigned i = 0; i < l->nbinds; i++)
		free(l->binds[i].text);
	free(l->binds);
	if (l->tls)
		tls_server_unref(l->tls);
	free(l->reach);
	for (unsigned i = 0; i < l->nroutes; i++)
		route_free(&l->routes[i]);
	free(l->routes);
	for (unsigned i = 0; i < l->npolicies; i++)
		policy_use_free(&l->policies[i]);
	free(l->policies);
	expects_free(l->expects);
	stats_free(l->stats);
	free((void *)l->limits.exempt.list);
	free(l->access_log);
	free(l->name);
}

static void tls_entry_free(struct tls_entry *t)
{
	if (t->identity)
		tls_identity_unref(t->identity);
	free(t->name);
}

static void snapshot_free(struct snapshot *s)
{
	for (unsigned i = 0; i < s->nlisteners; i++)
		listener_free(&s->listeners[i]);
	free(s->listeners);
	for (unsigned i = 0; i < s->npools; i++)
		pool_free(&s->pools[i]);
	free(s->pools);
	for (unsigned i = 0; i < s->ntls; i++)
		tls_entry_free(&s->tls[i]);
	free(s->tls);
	strings_free(s->settings.plugin_path);
	strings_free(s->settings.policy_path);
	free(s->settings.control);
	free(s->settings.user.name);
	free(s->file);
	free(s);
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void snapshot_unref(struct snapshot *s)
{
	if (s && atomic_fetch_sub(&s->refs, 1) == 1)
		snapshot_free(s);
}

struct pool *snapshot_pool(const struct snapshot *s, const char *name)
{
	for (unsigned i = 0; i < s->npools; i++) {
		if (strcmp(s->pools[i].name, name) == 0)
			return &s->pools[i];
	}
	return NULL;
}
