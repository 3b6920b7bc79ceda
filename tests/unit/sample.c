/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: the snapshot that sample.h describes; all its texts are literals, so nothing of it may be freed but states.
 */
#include "sample.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char *const counter_names[] = { "messages", "malformed", NULL };
static const struct lg_plugin counting = { LG_PLUGIN_HEADER, .name = "counting", .counters = counter_names,
					   .persistence = "source" };
static const struct lg_plugin plain = { LG_PLUGIN_HEADER, .name = "plain" };
static char *by_key[] = { (char *)"key", NULL };

static size_t entries(struct store *s, uint64_t now_ms)
{
	(void)s;
	(void)now_ms;
	return SAMPLE_ENTRIES;
}

static const struct store_ops store_ops = { .entries = entries };

static void init_server(struct server *s, struct pool *pool, const char *name, const char *address)
{
	struct sockaddr_storage at;

	*s = (struct server){ .name = (char *)name, .weight = 1, .pool = pool };
	s->index = pool->nservers++;
	s->state = server_state_create();
	assert_non_null(s->state);
	address_parse(&at, (struct lg_span){ address, strlen(address) });
	assert_int_equal(server_put(s, &at), 0);
}

static void init_pools(struct sample *s)
{
	s->store.ops = &store_ops;
	s->pools[0] = (struct pool){ .name = (char *)"front",
				     .live = &s->live[0],
				     .servers = &s->servers[0],
				     .balance = BALANCE_LEAST_CONNECTIONS,
				     .has_persistence = true,
				     .by = by_key,
				     .timeout_ms = 1800000,
				     .store = &s->store,
				     .scope = (char *)"front" };
	s->pools[1] = (struct pool){ .name = (char *)"back/up",
				     .live = &s->live[1],
				     .servers = &s->servers[2],
				     .balance = BALANCE_HASH,
				     .all_down = ALL_DOWN_FAIL_OPEN,
				     .has_persistence = true,
				     .default_persistence = true,
				     .timeout_ms = 1000,
				     .store = &s->store,
				     .scope = (char *)"group" };
	init_server(&s->servers[0], &s->pools[0], "one", "10.0.0.1:5061");
	init_server(&s->servers[1], &s->pools[0], "10.0.0.2:5061", "10.0.0.2:5061");
	init_server(&s->servers[2], &s->pools[1], "one", "[2001:db8::1]:5061");
	s->servers[1].weight = 3;
	s->servers[1].backup = true;
}

static void init_listeners(struct sample *s)
{
	s->binds[0] = (struct bind){ .transport = LG_TLS, .text = (char *)"127.0.0.1:5061" };
	s->binds[1] = (struct bind){ .transport = LG_TCP, .text = (char *)"[::1]:5060" };
	s->reach[0].pool = &s->pools[0];
	s->reach[1].pool = &s->pools[1];
	s->policy = (struct policy_use){ .name = (char *)"routing/sample", .stats = &s->policy_stats };
	s->stats[0].plugin_counters = s->counters;
	s->listeners[0] = (struct listener_conf){ .name = (char *)"in",
						  .plugin = &counting,
						  .binds = s->binds,
						  .nbinds = 2,
						  .reach = s->reach,
						  .nreach = 2,
						  .policies = &s->policy,
						  .npolicies = 1,
						  .stats = &s->stats[0] };
	s->listeners[1] = (struct listener_conf){ .name = (char *)"bare", .plugin = &plain, .stats = &s->stats[1] };
}

void sample_init(struct sample *s)
{
	memset(s, 0, sizeof *s);
	init_pools(s);
	init_listeners(s);
	s->snapshot = (struct snapshot){ .file = (char *)"/etc/sample.lua",
					 .settings.workers = 2,
					 .settings.user.name = (char *)"gate",
					 .pools = s->pools,
					 .npools = 2,
					 .listeners = s->listeners,
					 .nlisteners = 2 };
}

void sample_fini(struct sample *s)
{
	for (unsigned i = 0; i < 3; i++) {
		server_state_free(s->servers[i].state);
		server_places_free(&s->servers[i]);
	}
}

void *sample_fixture(size_t size)
{
	void *f = calloc(1, size);

	assert_non_null(f);
	sample_init(f);
	return f;
}

int sample_teardown(void **state)
{
	sample_fini(*state);
	free(*state);
	return 0;
}
