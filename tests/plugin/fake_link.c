/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_link.c: links and their sessions from begin to end: who opens one, and what one that closes leaves behind with
 * the others.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

void fake_server_set(struct lg_link *l, unsigned server)
{
	static const char *const names[FAKE_SERVERS] = { "a", "b", "c" };
	static const char *const addresses[FAKE_SERVERS] = { "192.0.2.3:5060", "192.0.2.4:5060", "192.0.2.5:5060" };
	struct fake_link *f = (struct fake_link *)l;

	f->server = (struct lg_server){ fake_span(names[server]), fake_span(addresses[server]) };
	l->server = &f->server;
}

struct fake_peer *fake_open(struct fake *f, struct fake_session *s, enum lg_side side, enum lg_transport transport)
{
	struct fake_peer *p = fake_alloc(sizeof(*p));
	struct fake_link *l = fake_alloc(sizeof(*l));

	assert_true(f->npeers < FAKE_PEERS);
	f->peers[f->npeers++] = p;
	*p = (struct fake_peer){ .fake = f, .session = s, .link = &l->l, .got = fake_copy("", 0) };
	l->peer = p;
	l->l = (struct lg_link){ .host = &f->host,
				 .inst = f->inst,
				 .data = fake_alloc(f->plugin->link_size),
				 .session = s == f->trunk ? NULL : &s->s,
				 .limits = &f->limits,
				 .side = side,
				 .transport = transport,
				 .peer = fake_span("192.0.2.1:1024"),
				 .source = fake_span("192.0.2.1:1024"),
				 .local = fake_span("192.0.2.2:5060") };
	s->links++;
	l->l.trusted = side == LG_CLIENT && s->trusted;
	if (side == LG_SERVER) {
		p->leased = f->opens != NULL;
		l->l.exchange = f->opens ? &f->opens->x : NULL;
		p->server = s->picked;
		fake_server_set(&l->l, s->picked);
	} else {
		s->client = p;
		s->s.client = &l->l;
	}
	if (f->plugin->opened && (transport != LG_UDP || side == LG_SERVER)) {
		f->depth++;
		f->plugin->opened(&l->l);
		f->depth--;
	}
	return p;
}

static struct fake_peer *open_client(struct fake *f, bool trusted, enum lg_transport transport)
{
	struct fake_session *s = fake_alloc(sizeof(*s));

	s->s.data = fake_alloc(f->plugin->session_size);
	s->fake = f;
	s->trusted = trusted;
	return fake_open(f, s, LG_CLIENT, transport);
}

struct fake_peer *fake_client(struct fake *f, bool trusted)
{
	struct fake_peer *p = open_client(f, trusted, LG_TCP);

	fake_deliver(f);
	return p;
}

struct fake_peer *fake_client_by(struct fake *f, enum lg_transport transport)
{
	struct fake_peer *p = open_client(f, false, transport);

	fake_deliver(f);
	return p;
}

struct fake_peer *fake_flow(struct fake *f)
{
	return open_client(f, false, LG_UDP);
}

struct fake_peer *fake_server(struct fake_peer *client, unsigned i)
{
	struct fake *f = client->fake;

	for (unsigned n = f->npeers; n-- > 0;) {
		struct fake_peer *p = f->peers[n];

		if (p->link && !p->closing && p->link->side == LG_SERVER && p->session == client->session &&
		    p->server == i)
			return p;
	}
	return NULL;
}

/* What a closing link leaves behind with the others. */
static void let_go(struct fake_peer *p)
{
	struct fake *f = p->fake;

	for (unsigned i = 0; i < f->npeers; i++) {
		struct fake_peer *other = f->peers[i];

		if (other->owner == p && other->link)
			f->host.close(other->link, LG_FLUSH);
		if (other->passes_to == p && other->link) {
			other->passes_to = NULL;
			f->host.go(other->link);
		}
		if (other->joined != p || !other->link)
			continue;
		other->joined = NULL;
		if (other->link->transport != LG_UDP)
			f->host.close(other->link, LG_FLUSH);
	}
}

/* What the link began ends with it without a word; what was sent to it is lost, one by one. */
static void end_exchanges(struct fake_peer *p)
{
	struct fake *f = p->fake;
	struct fake_exchange *e = f->exchanges;

	while (e) {
		bool ends = p->link->side == LG_CLIENT ? e->session == p->session : e->x.from == p->link;
		bool loses = p->link->side == LG_SERVER && e->x.to == p->link;

		if (ends)
			fake_exchange_end(f, e);
		else if (loses)
			fake_lost(f, e, LG_LOST_LINK);
		else if (e->how.to == p->link)
			e->orphan = true;
		e = ends || loses ? f->exchanges : e->next;
	}
}

static void close_servers(struct fake_session *s, struct fake *f)
{
	for (unsigned i = 0; i < f->npeers; i++)
		if (f->peers[i]->session == s && f->peers[i]->link)
			f->host.close(f->peers[i]->link, LG_FLUSH);
}

/* A link has left the session. */
void fake_leave(struct fake *f, struct fake_session *s)
{
	if (--s->links > 0)
		return;
	if (s == f->trunk)
		f->trunk = NULL;
	free(s->s.data);
	free(s);
}

void fake_closed(struct fake *f, void *arg)
{
	struct fake_peer *p = arg;
	struct fake_session *s = p->session;
	enum lg_side side = p->link->side;

	let_go(p);
	end_exchanges(p);
	fake_lease_closed(p);
	if (f->plugin->closed) {
		f->depth++;
		f->plugin->closed(p->link);
		f->depth--;
	}
	free(p->link->data);
	free(p->link);
	p->link = NULL;
	p->session = NULL;
	fake_waits_free(p);
	if (side == LG_CLIENT) {
		s->client = NULL;
		s->s.client = NULL;
		close_servers(s, f);
	}
	fake_leave(f, s);
}
