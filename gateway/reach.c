/* SPDX-License-Identifier: Apache-2.0 */
/* reach.c: finding and opening the links of a session.  When, and what comes then: session.c. */
#include "reach.h"

#include <errno.h>

#include "exchange.h"
#include "lease.h"
#include "link.h"
#include "seat.h"
#include "trunk.h"

static struct link *find_private(struct session *s, const struct server *server)
{
	struct list *l, *tmp;

	list_each (l, tmp, &s->servers) {
		struct link *k = container_of(l, struct link, node);

		if (k->server == server && !k->lease.is && link_lives(k))
			return k;
	}
	return NULL;
}

/* One that the session has already; NULL: none. */
static struct link *find_own(const struct exchange *x, const struct server *server)
{
	if (x->how.mode == LG_SHARED)
		return NULL;
	return x->how.mode == LG_LEASED ? lease_find_own(x->session, server) : find_private(x->session, server);
}

bool reach_has_link(const struct exchange *x, const struct server *server)
{
	return find_own(x, server);
}

int reach_connect(struct link **lp, struct exchange *x)
{
	struct session *s = x->session;
	int r = link_connect(lp, s, x->server, x->how.proxy);

	if (r < 0)
		return r;
	list_append(&s->servers, &(*lp)->node);
	s->nlinks++;
	x->seat = NULL;
	return 0;
}

int reach_link(struct link **lp, struct exchange *x)
{
	*lp = find_own(x, x->server); /* looked at once: its peer may close it between two looks */
	if (*lp) {
		seat_drop(x);
		if (x->how.mode == LG_LEASED)
			lease_take_own(*lp, x);
		return 0;
	}
	if (!seat_take(x, x->server, false))
		return -EUSERS;
	if (x->how.mode == LG_SHARED)
		return trunk_reach(lp, x);
	return x->how.mode == LG_LEASED ? lease_reach(lp, x) : reach_connect(lp, x);
}

static bool out_of_sockets(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -EAGAIN || r == -EADDRNOTAVAIL;
}

/* A flow that is worth less than a new one goes for it. */
static bool flow_goes(struct exchange *x)
{
	struct link *client = x->session->client, *other;
	struct flow_entry *e;

	if (!client || !client->flow)
		return false;
	e = flows_victim(&client->flow->socket->flows);
	if (!e || e == &client->flow->entry)
		return false;
	other = container_of(e, struct flow, entry)->owner;
	session_end(other->session, LG_RESET, "no socket left");
	return true;
}

bool reach_waits(struct exchange *x, int r)
{
	if (!out_of_sockets(r) || x->waited || exchange_keep_unit(x) < 0)
		return false;
	if (!trunk_give_up_one(x->session->worker) && !flow_goes(x))
		return false;
	x->waited = true;
	worker_defer(x->session->worker, &x->task);
	return true;
}
