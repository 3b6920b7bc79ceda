/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c: between a stream and a plugin: the plugin's callbacks, units kept whole, the raw relay of joined links.  What a
 * link's opening and closing mean for requests is session.c's.
 */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "expect.h"
#include "host.h"
#include "log.h"
#include "source.h"
#include "span.h"

static const struct lg_plugin *plugin_of(const struct link *l)
{
	return l->listener->conf->plugin;
}

void link_log(const struct link *l, enum lg_level level, const char *event, const char *key, const char *value)
{
	log_event(level, event, "listener", l->listener->conf->name, "session", LOG_NUM(l->session->number), "peer",
		  l->peer_text, "server", l->server ? l->server->name : NULL, key, value, NULL);
}

/* ---- Units: what several senders write to one link stays whole ---- */

struct parked {
	struct list node;
	struct link *from;
	bool more;
	size_t n;
	char bytes[];
};

static enum lg_send park(struct link *to, struct link *from, const struct lg_span *pieces, unsigned n, bool more)
{
	size_t total = 0;
	struct parked *p;
	char *at;

	for (unsigned i = 0; i < n; i++)
		total += pieces[i].n;
	p = malloc(sizeof *p + total);
	if (!p) {
		link_close(to, LG_RESET, "out of memory");
		return LG_GONE;
	}
	*p = (struct parked){ .from = from, .more = more, .n = total };
	at = p->bytes;
	for (unsigned i = 0; i < n; i++)
		at = pieces[i].n ? (char *)memcpy(at, pieces[i].p, pieces[i].n) + pieces[i].n : at;
	list_append(&to->parked, &p->node);
	to->parked_bytes += total;
	return to->parked_bytes > to->limits.queue ? LG_FULL : LG_SENT;
}

static void unpark_one(struct link *to, struct parked *p)
{
	list_remove(&p->node);
	to->parked_bytes -= p->n;
	stream_send(to->stream, &(struct lg_span){ p->bytes, p->n }, 1);
	to->unit_of = p->more ? p->from : NULL;
	free(p);
}

/* The unit under way is complete: the next ones go, each to its end or as far as it has come. */
static void unpark(struct link *to)
{
	struct list *l, *tmp;

	if (list_empty(&to->parked))
		return;
	while (!to->unit_of && !list_empty(&to->parked)) {
		unpark_one(to, container_of(to->parked.next, struct parked, node));
		list_each(l, tmp, &to->parked) {
			struct parked *p = container_of(l, struct parked, node);

			if (!to->unit_of)
				break;
			if (p->from == to->unit_of)
				unpark_one(to, p);
		}
	}
	to->stream->full = true; /* whoever was told so hears of the room at the end of the turn */
}

static void arm_unit(struct link *to)
{
	if (to->unit_of)
		wheel_set(&to->worker->wheel, &to->unit, to->worker->now_ms + to->limits.stall_ms);
	else
		wheel_cancel(&to->worker->wheel, &to->unit);
}

enum lg_send link_send(struct link *to, struct link *from, const struct lg_span *pieces, unsigned n, unsigned flags)
{
	bool more = (flags & LG_MORE) && from;
	enum lg_send r;

	if (!to->stream || !to->open || to->joined)
		return LG_GONE;
	if (to->unit_of && to->unit_of != from)
		return park(to, from, pieces, n, more);
	r = stream_send(to->stream, pieces, n);
	if (r == LG_GONE || (!more && !to->unit_of))
		return r;
	to->unit_of = more ? from : NULL;
	if (!more)
		unpark(to);
	arm_unit(to);
	return to->stream->full ? LG_FULL : r;
}

static void unit_stalled(struct deadline *d)
{
	link_close(container_of(d, struct link, unit), LG_FLUSH, "a message was not finished");
}

/* `from` is gone: a unit that it did not finish cannot be; one that waits unfinished is dropped. */
static void forget_sender(struct link *to, const struct link *from)
{
	if (to->unit_of == from) {
		link_close(to, LG_FLUSH, "a message was not finished");
		return;
	}
	for (struct list *l = to->parked.prev, *prev = l->prev; l != &to->parked; l = prev, prev = l->prev) {
		struct parked *p = container_of(l, struct parked, node);

		if (p->from != from)
			continue;
		if (!p->more)
			break;
		list_remove(l);
		to->parked_bytes -= p->n;
		free(p);
	}
}

static void forget_in_session(struct link *gone)
{
	struct session *s = gone->session;
	struct list *l, *tmp;

	list_each(l, tmp, &s->servers)
		forget_sender(container_of(l, struct link, node), gone);
	if (s->client && s->client != gone)
		forget_sender(s->client, gone);
}

/* ---- What the stream tells ---- */

static void take_tls_facts(struct link *l)
{
	struct tls_facts f;

	tls_facts(l->stream->tls, &f);
	l->pub.trusted = l->pub.side == LG_CLIENT && f.trusted;
	l->pub.subject = f.subject;
	l->pub.sni = f.sni;
	l->pub.alpn = f.alpn;
	if (f.refused.n)
		link_log(l, LG_INFO, "client-certificate-ignored", "reason", f.refused.p);
}

static void end_handshake(struct link *l)
{
	if (l->handshaking)
		atomic_fetch_sub_explicit(&l->listener->conf->stats->handshakes, 1, memory_order_relaxed);
	l->handshaking = false;
}

static void on_opened(struct stream *s)
{
	struct link *l = s->owner;
	const struct lg_plugin *p = plugin_of(l);

	l->open = true;
	end_handshake(l);
	if (s->tls)
		take_tls_facts(l);
	link_log(l, LG_DEBUG, "link-opened", NULL, NULL);
	if (p->opened)
		p->opened(&l->pub);
	if (l->server)
		session_link_opened(l);
}

static ptrdiff_t relay(struct link *l, struct lg_span in)
{
	struct link *to = l->joined;
	enum lg_send r = to->stream ? stream_send(to->stream, &in, 1) : LG_GONE;

	if (r == LG_GONE)
		return -EPIPE;
	if (r == LG_FULL)
		stream_hold(l->stream);
	return (ptrdiff_t)in.n;
}

static ptrdiff_t on_receive(struct stream *s, struct lg_span in)
{
	struct link *l = s->owner;

	if (l->joined)
		return relay(l, in);
	if (plugin_of(l)->receive)
		return plugin_of(l)->receive(&l->pub, in);
	stream_hold(s); /* until it is joined */
	return 0;
}

static void on_ended(struct stream *s, bool clean)
{
	struct link *l = s->owner;

	(void)clean;
	l->ended = true;
	if (l->joined && l->joined->stream)
		stream_finish(l->joined->stream);
	else if (!l->joined && plugin_of(l)->ended)
		plugin_of(l)->ended(&l->pub);
	else
		link_close(l, LG_FLUSH, "peer closed");
}

static void on_writable(struct stream *s)
{
	struct link *l = s->owner;

	if (l->joined && l->joined->stream)
		stream_go(l->joined->stream);
	else if (plugin_of(l)->writable)
		plugin_of(l)->writable(&l->pub);
}

/* The quiet ends are for debugging; what a server or TLS refused is for the operator. */
static void log_close(struct link *l)
{
	const struct stream *s = l->stream;
	enum lg_level level = LG_DEBUG;
	const char *event = "link-closed";

	if (l->server && (!l->open || s->failed)) {
		level = LG_WARNING;
		event = l->open ? "server-link-failed" : "server-unreachable";
	} else if (!l->open && s->tls) {
		level = LG_INFO;
		event = "tls-refused";
		atomic_fetch_add_explicit(&l->listener->conf->stats->refused_tls, 1, memory_order_relaxed);
	}
	link_log(l, level, event, "reason", stream_reason(s));
}

static void on_closed(struct stream *s)
{
	struct link *l = s->owner;
	struct worker *w = l->worker;

	log_close(l);
	end_handshake(l);
	forget_in_session(l);
	wheel_cancel(&w->wheel, &l->unit);
	wheel_cancel(&w->wheel, &l->expiry);
	wheel_cancel(&w->wheel, &l->farewell);
	for (struct list *p = list_take(&l->parked); p; p = list_take(&l->parked))
		free(container_of(p, struct parked, node));
	if (l->joined) {
		if (l->joined->stream)
			stream_close(l->joined->stream, s->failed ? LG_RESET : LG_FLUSH, "the other side closed");
		l->joined->joined = NULL;
		l->joined = NULL;
	}
	session_link_closed(l, s->failed || s->hangup);
	l->stream = NULL;
}

static const struct stream_ops link_stream_ops = {
	.opened = on_opened,
	.receive = on_receive,
	.ended = on_ended,
	.writable = on_writable,
	.closed = on_closed,
};

/* ---- Deadlines of the link's own ---- */

static void expired(struct deadline *d)
{
	struct link *l = container_of(d, struct link, expiry);

	if (plugin_of(l)->expired)
		plugin_of(l)->expired(&l->pub);
}

void link_deadline(struct link *l, uint32_t ms)
{
	if (ms)
		wheel_set(&l->worker->wheel, &l->expiry, l->worker->now_ms + ms);
	else
		wheel_cancel(&l->worker->wheel, &l->expiry);
}

static void farewell(struct deadline *d)
{
	link_close(container_of(d, struct link, farewell), LG_FLUSH, "server disabled");
}

void link_farewell(struct link *l, uint32_t ms)
{
	if (l->stream && !wheel_is_set(&l->farewell))
		wheel_set(&l->worker->wheel, &l->farewell, l->worker->now_ms + ms);
}

/* ---- Joining, closing ---- */

void link_join(struct link *a, struct link *b)
{
	if (!a->stream || !b->stream || a->joined || b->joined)
		return;
	a->joined = b;
	b->joined = a;
	stream_go(a->stream);
	stream_go(b->stream);
	if (a->ended)
		stream_finish(b->stream);
	if (b->ended)
		stream_finish(a->stream);
}

void link_close(struct link *l, enum lg_close how, const char *why)
{
	if (l->stream)
		stream_close(l->stream, how, why);
}

/* ---- Making one ---- */

static struct stream_limits limits_of(const struct listener_limits *c, bool client)
{
	return (struct stream_limits){
		.open_ms = c->handshake_ms,
		.first_byte_ms = client ? c->first_byte_ms : 0,
		.idle_ms = c->idle_ms,
		.half_ms = c->half_ms,
		.stall_ms = c->stall_ms,
		.queue = c->queue,
		.in = c->plugin.headers + c->plugin.message,
		.memory = c->memory,
	};
}

static struct link *link_create(struct session *session, enum lg_side side, enum lg_transport transport,
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
	wheel_deadline_init(&l->unit, unit_stalled);
	wheel_deadline_init(&l->expiry, expired);
	wheel_deadline_init(&l->farewell, farewell);
	address_format(peer, l->peer_text, sizeof l->peer_text);
	l->pub = (struct lg_link){
		.host = &host_functions,
		.inst = listener->inst,
		.data = l->data,
		.session = &session->pub,
		.limits = &listener->conf->limits.plugin,
		.side = side,
		.transport = transport,
		.peer = span_of(l->peer_text),
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

int link_accept(struct link **lp, struct session *session, int fd, const struct sockaddr *peer, enum lg_transport transport)
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
	if (tls) {
		l->handshaking = true;
		atomic_fetch_add_explicit(&conf->stats->handshakes, 1, memory_order_relaxed);
	}
	name_local(l);
	*lp = l;
	return 0;
}

/* Our certificate is for trusted clients' traffic only: an anonymous one must not reach a server under the gateway's name. */
static int tls_to(struct tls **tp, const struct session *s, const struct server *server)
{
	struct tls_target target = {
		.name = server->tls_name,
		.verify = server->pool->verify_server,
		.show = s->client && s->client->pub.trusted,
	};

	*tp = NULL;
	return tls_connect(tp, server->pool->tls, &target);
}

/* Which port of the server the session is about. */
static void address_of_server(struct sockaddr_storage *to, const struct session *s, const struct server *server)
{
	*to = server->address;
	if (s->in.expected)
		address_set_port(to, expected_server_port(s->in.expected));
	else if (s->in.server_port)
		address_set_port(to, s->in.server_port);
}

int link_connect(struct link **lp, struct session *session, struct server *server)
{
	bool inside_tls = server->pool->tls && !session->in.expected; /* what came to an expected port passes as it is */
	struct sockaddr_storage address;
	const struct sockaddr *to = (const struct sockaddr *)&address;
	struct tls *tls = NULL;
	struct link *l;
	int r = 0;

	address_of_server(&address, session, server);
	l = link_create(session, LG_SERVER, inside_tls ? LG_TLS : LG_TCP, to);
	if (!l)
		return -ENOMEM;
	if (inside_tls)
		r = tls_to(&tls, session, server);
	if (r == 0)
		r = stream_connect(&l->stream, session->worker, to, source_of(session), tls, &link_stream_ops, l, &l->limits);
	if (r < 0) {
		free(l);
		return r;
	}
	l->stream->account = &session->listener->conf->stats->held_bytes;
	l->server = server;
	l->pool = server->pool;
	l->pub.server = &server->pub;
	name_local(l);
	*lp = l;
	return 0;
}
