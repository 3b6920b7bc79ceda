/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_shared.c is the fake's links to servers that all clients share (LG_SHARED): one for each server and kind of
 * transport.  Their lg_link.session is NULL; inside the fake they hang on a session that has no client.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

static struct fake_peer *find(struct fake *f, unsigned server, enum lg_transport transport)
{
	for (unsigned n = f->npeers; n-- > 0;) {
		struct fake_peer *p = f->peers[n];

		if (p->link && !p->closing && !p->link->session && !p->leased && p->server == server &&
		    (!transport || p->link->transport == transport))
			return p;
	}
	return NULL;
}

struct fake_peer *fake_shared(struct fake *f, unsigned server)
{
	return find(f, server, (enum lg_transport)0);
}

/* A pool without `transport`: as the client came. */
static enum lg_transport transport_of(const struct fake *f, const struct fake_exchange *e)
{
	if (e->how.flags & LG_STREAM && f->shared != LG_UDP)
		return f->shared ? f->shared : LG_TCP;
	if (f->shared)
		return f->shared;
	return e->x.from->transport == LG_UDP ? LG_UDP : LG_TCP;
}

struct fake_session *fake_trunk(struct fake *f)
{
	if (!f->trunk) {
		f->trunk = fake_alloc(sizeof(*f->trunk));
		f->trunk->fake = f;
	}
	return f->trunk;
}

struct fake_peer *fake_shared_open(struct fake *f, struct fake_exchange *e, unsigned server)
{
	enum lg_transport transport = transport_of(f, e);
	struct fake_peer *p = find(f, server, transport);

	if (p)
		return p;
	fake_trunk(f)->picked = server;
	return fake_open(f, f->trunk, LG_SERVER, transport);
}

struct fake_peer *fake_server_calls(struct fake *f, unsigned server)
{
	struct fake_peer *p = fake_client(f, false);

	p->server = server;
	fake_server_set(p->link, server);
	return p;
}
