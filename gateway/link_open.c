/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link_open.c: making links over streams: a client's on an accepted descriptor, a server's by connecting, and what
 * either gets from the configuration.  Links over UDP are made in link_flow.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "expect.h"
#include "host.h"
#include "link_parts.h"
#include "networks.h"
#include "source.h"
#include "span.h"

enum { RESET_FIRST_MS = 1000 }; /* a server's link is idle later than its client's, whose end is to be the RST */

static struct stream_limits limits_of(const struct listener_limits *c, bool client)
{
	return (struct stream_limits){
		.open_ms = c->handshake_ms,
		.first_byte_ms = client ? c->first_byte_ms : 0,
		.idle_ms = c->idle_ms + (client || !c->idle_reset ? 0 : RESET_FIRST_MS),
		.idle_reset = client && c->idle_reset,
		.half_ms = c->half_ms,
		.stall_ms = c->stall_ms,
		.queue = c->queue,
		.in = c->plugin.headers + c->plugin.message,
		.memory = c->memory,
	};
}

struct link *link_create(struct session *session, enum lg_side side, enum lg_transport transport,
			 const struct sockaddr *peer)
{
	struct listener *listener = session->listener;
	struct link *l = calloc(1, sizeof *l + listener->conf->plugin->link_size);

	if (!l)
		return NULL;
	l->worker = session->worker;
	l->listener = listener;
	l->session = session;
	l->limits = limits_of(&listener->conf->limits, side == LG_CLIENT);
	list_init(&l->parked);
	list_init(&l->node);
	list_init(&l->exchanges);
	list_init(&l->lease.idle);
	list_init(&l->settle_task.node);
	wheel_deadline_init(&l->unit, link_unit_stalled);
	wheel_deadline_init(&l->expiry, link_expired);
	wheel_deadline_init(&l->farewell, link_part);
	address_format(peer, l->peer_text, sizeof l->peer_text);
	l->pub = (struct lg_link){
		.host = &host_functions,
		.inst = listener->inst,
		.data = l->data,
		.session = session->shared ? NULL : &session->pub,
		.limits = &listener->conf->limits.plugin,
		.side = side,
		.transport = transport,
		.peer = span_of(l->peer_text),
		.exempt = side == LG_CLIENT && networks_have(&listener->conf->limits.exempt, peer),
		.source = span_of(l->peer_text),
	};
	return l;
}

static void name_local(struct link *l)
{
	struct sockaddr_storage local;
	socklen_t n = sizeof local;

	if (getsockname(l->stream->io.fd, (struct sockaddr *)&local, &n) == 0)
		address_format((struct sockaddr *)&local, l->local_text, sizeof l->local_text);
	l->pub.local = span_of(l->local_text);
}

int link_accept(struct link **lp, struct session *session, int fd, const struct sockaddr *peer,
		enum lg_transport transport)
{
	const struct listener_conf *conf = session->listener->conf;
	struct link *l = link_create(session, LG_CLIENT, transport, peer);
	struct tls *tls = NULL;
	int r = l ? 0 : -ENOMEM;

	if (r == 0 && transport == LG_TLS)
		r = tls_accept(&tls, conf->tls);
	if (r < 0)
		close(fd);
	else
		r = stream_accept(&l->stream, session->worker, fd, tls, &link_stream_ops, l, &l->limits);
	if (r < 0) {
		free(l);
		return r;
	}
	l->stream->account = &conf->stats->held_bytes;
	if (session->in.proxied) {
		l->proxied = true;
		stream_await(l->stream);
	}
	name_local(l);
	*lp = l;
	return 0;
}

/* `show`: our certificate. */
static int tls_to(struct tls **tp, const struct link *l, const struct server *server, bool show)
{
	struct tls_target target = {
		.name = server->tls_name,
		.verify = server->pool->verify_server,
		.show = show,
		.stock = l->worker->tls_stock,
		.address = l->peer_text,
	};

	*tp = NULL;
	return tls_connect(tp, server->pool->tls, &target);
}

/* Which port of the server the session is about. */
static void address_of_server(struct sockaddr_storage *to, const struct session *s, const struct server_place *place)
{
	*to = place->address;
	if (s->in.expected)
		address_set_port(to, expected_server_port(s->in.expected));
	else if (s->in.server_port)
		address_set_port(to, s->in.server_port);
}

static int stream_link_connect(struct link **lp, struct session *session, struct server *server, bool show)
{
	/* What came to an expected port passes as it is. */
	bool inside_tls = server->pool->tls && !session->in.expected;
	const struct server_place *place = server_place(server);
	struct sockaddr_storage address;
	const struct sockaddr *to = (const struct sockaddr *)&address;
	struct tls *tls = NULL;
	struct link *l;
	int r = 0;

	address_of_server(&address, session, place);
	l = link_create(session, LG_SERVER, inside_tls ? LG_TLS : LG_TCP, to);
	if (!l)
		return -ENOMEM;
	if (inside_tls)
		r = tls_to(&tls, l, server, show);
	if (r == 0)
		r = stream_connect(&l->stream, session->worker, to, source_of(session), tls, &link_stream_ops, l,
				   &l->limits);
	if (r < 0) {
		free(l);
		return r;
	}
	l->stream->account = &session->listener->conf->stats->held_bytes;
	l->server = server;
	l->pool = server->pool;
	l->pub.server = &place->pub;
	name_local(l);
	*lp = l;
	return 0;
}

int link_connect(struct link **lp, struct session *session, struct server *server, unsigned proxy)
{
	int r;

	if (session->client && session->client->flow)
		return link_flow_connect(lp, session, server);
	/* Our certificate is for trusted clients' traffic only: no anonymous one reaches a server under our name. */
	r = stream_link_connect(lp, session, server, session->client && session->client->pub.trusted);
	if (r == 0 && proxy && session->client && link_proxy_write(*lp, proxy) < 0)
		link_close(*lp, LG_RESET, "out of memory"); /* without it the server would take us for the client */
	return r;
}

int link_connect_shared(struct link **lp, struct session *session, struct server *server, bool udp, bool shows)
{
	return udp ? link_flow_connect(lp, session, server) : stream_link_connect(lp, session, server, shows);
}
