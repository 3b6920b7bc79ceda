/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_flow.c: links over UDP: one datagram is one `receive`, one `send` is one datagram.  A client's link is forgotten
 * when nothing goes on with it: no exchange, no join, no deadline of the plugin's.
 */
#include <errno.h>
#include <stdlib.h>

#include "address.h"
#include "link_parts.h"
#include "member.h"
#include "monitor.h"
#include "source.h"
#include "span.h"

/* ---- Does it live on? ---- */

static void settle(struct task *t)
{
	struct link *l = container_of(t, struct link, settle_task);

	if (l->flow && list_empty(&l->session->exchanges) && !l->joined && !wheel_is_set(&l->expiry))
		flow_close(l->flow, "nothing goes on");
}

void link_settle(struct link *l)
{
	if (l && l->flow && !l->server)
		worker_defer(l->worker, &l->settle_task);
}

/* ---- What the flow tells ---- */

static void on_opened(struct flow *f)
{
	struct link *l = f->owner;

	l->open = true;
	if (plugin_of(l)->opened)
		plugin_of(l)->opened(&l->pub);
	session_link_opened(l);
}

void link_flow_receive(struct link *l, struct lg_span in)
{
	if (l->joined)
		flow_send(l->joined->flow, &in, 1);
	else if (plugin_of(l)->receive)
		plugin_of(l)->receive(&l->pub, in);
	link_settle(l);
}

static void on_receive(struct flow *f, struct lg_span in)
{
	link_flow_receive(f->owner, in);
}

/* One error is no end: the server may be starting again.  A probe tells. */
static void on_unreachable(struct flow *f)
{
	struct link *l = f->owner;

	if (l->server)
		monitor_hurry(l->server);
}

static void on_closed(struct flow *f)
{
	struct link *l = f->owner, *other = l->joined;

	link_log(l, LG_DEBUG, "link-closed", "reason", flow_reason(f));
	if (other)
		other->joined = NULL; /* a client's flow stays: its plugin hears that the request is lost */
	l->joined = NULL;
	link_leave(l, false);
	l->flow = NULL;
	link_settle(other);
}

static const struct flow_ops link_flow_ops = {
	.opened = on_opened,
	.receive = on_receive,
	.unreachable = on_unreachable,
	.closed = on_closed,
};

/* ---- Joining ---- */

void link_flow_join(struct link *a, struct link *b)
{
	if (!a->flow || !b->flow || a->joined || b->joined)
		return;
	a->joined = b;
	b->joined = a;
}

/* ---- Making one ---- */

static void name_local(struct link *l, const struct sockaddr *local)
{
	address_format(local, l->local_text, sizeof l->local_text);
	l->pub.local = span_of(l->local_text);
}

int link_flow_accept(struct link **lp, struct session *session, struct listener_socket *socket,
		     const struct datagram *d)
{
	struct link *l = link_create(session, LG_CLIENT, LG_UDP, (const struct sockaddr *)&d->peer);
	struct sockaddr_storage local = socket->bind->address;
	int r = l ? 0 : -ENOMEM;

	if (r == 0)
		r = flow_accept(&l->flow, socket, d, &link_flow_ops, l, l->limits.idle_ms);
	if (r < 0) {
		free(l);
		return r;
	}
	l->open = true;
	task_init(&l->settle_task, settle);
	if (d->local.ss_family)
		address_take_host(&local, &d->local);
	name_local(l, (const struct sockaddr *)&local);
	member_recognise(l);
	*lp = l;
	return 0;
}

int link_flow_connect(struct link **lp, struct session *session, struct server *server)
{
	const struct server_place *place = server_place(server);
	const struct sockaddr *to = (const struct sockaddr *)&place->address;
	struct link *l = link_create(session, LG_SERVER, LG_UDP, to);
	struct sockaddr_storage local;
	socklen_t n = sizeof local;
	int r = l ? 0 : -ENOMEM;

	if (r == 0)
		r = flow_connect(&l->flow, session->worker, to, source_of(session), &link_flow_ops, l,
				 l->limits.idle_ms);
	if (r < 0) {
		free(l);
		return r;
	}
	if (session->shared)
		flow_share(l->flow, l->limits.idle_ms);
	l->server = server;
	l->pool = server->pool;
	l->pub.server = &place->pub;
	task_init(&l->settle_task, settle);
	if (getsockname(l->flow->io.fd, (struct sockaddr *)&local, &n) == 0)
		name_local(l, (struct sockaddr *)&local);
	*lp = l;
	return 0;
}
