/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_leased.c is the fake's links that one exchange has for itself (LG_LEASED): idle ones hang on the session of the
 * links that all share, leased and kept ones on their tenant's.  A link's data are somewhere else after `reuse`.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

/* ---- Taking one ---- */

static bool is_idle(const struct fake_peer *p)
{
	return p->leased && p->link && !p->closing && !p->link->exchange;
}

struct fake_peer *fake_idle(struct fake *f, unsigned server)
{
	for (unsigned n = f->npeers; n-- > 0;) {
		struct fake_peer *p = f->peers[n];

		if (is_idle(p) && !p->kept && p->server == server)
			return p;
	}
	return NULL;
}

/* To that server, or to any when it is negative. */
static struct fake_peer *kept(const struct fake_session *s, int server)
{
	for (unsigned n = s->fake->npeers; n-- > 0;) {
		struct fake_peer *p = s->fake->peers[n];

		if (is_idle(p) && p->kept && p->session == s && (server < 0 || p->server == (unsigned)server))
			return p;
	}
	return NULL;
}

/* LG_STAY: the server whose link the session keeps; -1: it keeps none, or that was not asked. */
int fake_lease_stays(const struct fake_exchange *e)
{
	struct fake_peer *p = e->how.mode == LG_LEASED && (e->how.flags & LG_STAY) ? kept(e->session, -1) : NULL;

	return p ? (int)p->server : -1;
}

static void let(struct fake_peer *p, struct fake_exchange *e)
{
	e->lease = p;
	p->link->exchange = &e->x;
	p->fake->leases++;
	if (p->kept)
		return;
	e->session->links++;
	fake_leave(p->fake, p->session);
	p->session = e->session;
	p->link->session = &e->session->s;
}

/* One that speaks unasked is nobody's. */
static struct fake_peer *idle(struct fake *f, unsigned server)
{
	struct fake_peer *p;

	while ((p = fake_idle(f, server)) && p->in_n > 0)
		f->host.close(p->link, LG_RESET);
	return p;
}

void fake_lease(struct fake *f, struct fake_exchange *e, int server)
{
	struct fake_peer *p = kept(e->session, server);

	if (!p)
		p = idle(f, (unsigned)server);
	if (p) {
		let(p, e);
	} else {
		e->session->picked = (unsigned)server;
		f->opens = e;
		p = fake_open(f, e->session, LG_SERVER, LG_TCP);
		f->opens = NULL;
		e->lease = p;
	}
	fake_routed(f, e, p);
}

/* ---- Giving it back ---- */

static void forget(struct fake_peer *p)
{
	free(p->link->data);
	p->link->data = fake_alloc(p->fake->plugin->link_size);
	p->link->exchange = NULL;
	p->deadline_at_ms = 0;
	p->held = false;
}

static void give_back(struct fake *f, struct fake_exchange *e, struct fake_peer *p)
{
	f->reuses++;
	forget(p);
	if (p->kept)
		return;
	fake_trunk(f)->links++;
	p->session = f->trunk;
	p->link->session = NULL;
	fake_leave(f, e->session);
}

/* The exchange has no link any more; one that was not given back is closed. */
void fake_lease_end(struct fake *f, struct fake_exchange *e)
{
	struct fake_peer *p = e->lease;

	e->lease = NULL;
	if (!p)
		return;
	if (e->reuse) {
		give_back(f, e, p);
		return;
	}
	p->link->exchange = NULL;
	f->host.close(p->link, LG_FLUSH);
}

void fake_reuse(struct lg_exchange *x)
{
	struct fake_exchange *e = (struct fake_exchange *)x;
	struct fake *f = e->session->fake;
	struct fake_peer *p = e->lease;

	assert_true(e->how.mode == LG_LEASED && e->routed);
	assert_non_null(p);
	assert_null(p->owner); /* the request is complete */
	assert_null(p->joined);
	e->reuse = !p->closing;
	fake_exchange_end(f, e);
}

bool fake_keep(struct lg_exchange *x)
{
	struct fake_exchange *e = (struct fake_exchange *)x;
	struct fake *f = e->session->fake;
	unsigned n = 0;

	assert_true(e->how.mode == LG_LEASED && e->routed);
	assert_non_null(e->lease);
	for (unsigned i = 0; i < f->npeers; i++)
		n += f->peers[i]->link && f->peers[i]->kept && f->peers[i]->session == e->session;
	if (!e->lease->kept && n >= f->kept)
		return false;
	e->lease->kept = e->lease->link->kept = true;
	return true;
}

/* The access log, which reads facts when nothing but the exchange's data need be there. */
void fake_access(struct fake *f, struct fake_exchange *e)
{
	size_t n = 0;

	f->last_access[0] = '\0';
	for (unsigned i = 0; f->plugin->log_facts && f->plugin->log_facts[i]; i++) {
		const char *value = fake_fact(&e->x, f->plugin->log_facts[i]);

		if (value && n < sizeof(f->last_access))
			n += (size_t)snprintf(f->last_access + n, sizeof(f->last_access) - n, "%s=%s ",
					      f->plugin->log_facts[i], value);
	}
}

/* ---- Its peer ---- */

/* False: nobody has the link; what comes, be it the end, closes it. */
bool fake_lease_hears(struct fake_peer *p)
{
	if (!is_idle(p))
		return true;
	p->fake->host.close(p->link, LG_RESET);
	return false;
}

/* A session ends with a link that it keeps. */
void fake_lease_closed(struct fake_peer *p)
{
	if (p->kept && p->session->client)
		p->fake->host.close(p->session->client->link, LG_FLUSH);
}
