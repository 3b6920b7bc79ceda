/* SPDX-License-Identifier: Apache-2.0 */
/* herd.c: a pool to pick from, without sockets or monitors. */
#include "herd.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

void herd_make(struct herd *f, enum balance balance, const char *weights)
{
	char *end;

	memset(f, 0, sizeof *f);
	f->pool.balance = balance;
	f->pool.servers = f->servers;
	f->pool.live = &f->live;
	for (unsigned weight; (weight = (unsigned)strtoul(weights, &end, 10)) != 0; weights = end) {
		unsigned i = f->pool.nservers++;

		atomic_store(&f->states[i].health, HEALTH_UP);
		f->servers[i] = (struct server){
			.pool = &f->pool, .state = &f->states[i], .weight = weight, .index = i, .id = 1001 + i
		};
	}
}

void herd_health(struct herd *f, unsigned i, enum health health)
{
	atomic_store(&f->states[i].health, health);
}

void herd_admin(struct herd *f, unsigned i, enum admin admin)
{
	atomic_store(&f->states[i].admin, admin);
}

void herd_sessions(struct herd *f, unsigned i, unsigned sessions)
{
	atomic_store(&f->states[i].sessions, sessions);
}

char herd_pick(struct herd *f, const struct tried *tried)
{
	struct server *s = balance_pick(&f->pool, &(struct wish){ .hash = 42, .tried = tried, .now_ms = f->now_ms });

	return s ? (char)('A' + s->index) : '-';
}

struct server *herd_take(struct herd *f, uint64_t hash)
{
	struct server *s = balance_pick(&f->pool, &(struct wish){ .hash = hash, .now_ms = f->now_ms });

	assert_non_null(s);
	return s;
}

void herd_expect(struct herd *f, const char *expected)
{
	char picks[64] = "";

	for (unsigned i = 0; i < f->pool.nservers; i++)
		f->states[i].turn = 0;
	for (unsigned i = 0; expected[i]; i++)
		picks[i] = herd_pick(f, NULL);
	assert_string_equal(picks, expected);
}
