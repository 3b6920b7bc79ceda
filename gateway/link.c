/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link.c: between a stream and a plugin: the plugin's callbacks, units kept whole, the raw relay of joined links.  What
 * a link's opening and closing mean for requests is session.c's.
 */
#include "link_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "deliver.h"
#include "lease.h"
#include "log.h"
#include "member.h"
#include "span.h"

void link_log(const struct link *l, enum lg_level level, const char *event, const char *key, const char *value)
{
	unsigned long long n = log_wants(level) ? quiet_asks(&l->listener->conf->stats->quiet, level, event,
							     l->session->worker->now_ms) : 0;

	if (!n)
		return;
	log_event(level, event, "listener", l->listener->conf->name, "session", LOG_NUM(l->session->number), "peer",
		  l->peer_text, "source", l->session->origin_text[0] ? l->session->origin_text : NULL, "server",
		  l->server ? server_log_name(l->server) : NULL, "count", n > 1 ? LOG_NUM(n) : NULL, key, value, NULL);
}

/* ---- Units: what several senders write to one link stays whole ---- */

struct parked {
	struct list node;
	struct link *from;
	bool more;
	size_t n;
	char bytes[];
};

/* They count as what lies in buffers does; false: that is more than the listener may hold. */
static bool account_parked(struct link *to, size_t n)
{
	const struct listener_conf *conf = to->listener->conf;
	uint64_t sum = atomic_fetch_add_explicit(&conf->stats->held_bytes, n, memory_order_relaxed) + n;

	to->parked_bytes += n;
	return !conf->limits.memory || sum <= conf->limits.memory;
}

static void unaccount_parked(struct link *to, size_t n)
{
	atomic_fetch_sub_explicit(&to->listener->conf->stats->held_bytes, n, memory_order_relaxed);
	to->parked_bytes -= n;
}

/* Who brings it has to go; one that is unknown, or has no connection of its own, costs the link itself. */
static enum lg_send over_memory(struct link *to, struct link *from)
{
	struct link *gone = from && from->stream ? from : to;

	stream_close_over(gone->stream, LIMIT_MEMORY, LG_RESET, "memory limit");
	return LG_GONE;
}

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
	/* One of another session may end unnoticed; it sends whole units only, which are nobody's. */
	*p = (struct parked){ .from = from && from->session == to->session ? from : NULL, .more = more, .n = total };
	at = p->bytes;
	for (unsigned i = 0; i < n; i++)
		at = pieces[i].n ? (char *)memcpy(at, pieces[i].p, pieces[i].n) + pieces[i].n : at;
	list_append(&to->parked, &p->node);
	if (!account_parked(to, total))
		return over_memory(to, from);
	return to->parked_bytes > to->limits.queue ? LG_FULL : LG_SENT;
}

static void unpark_one(struct link *to, struct parked *p)
{
	list_remove(&p->node);
	unaccount_parked(to, p->n);
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
		list_each (l, tmp, &to->parked) {
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
	if (to->unit_of && to->limits.stall_ms)
		wheel_set(&to->worker->wheel, &to->unit, to->worker->now_ms + to->limits.stall_ms);
	else
		wheel_cancel(&to->worker->wheel, &to->unit);
}

void link_unit_over(struct link *to)
{
	to->unit_of = NULL;
	unpark(to);
	arm_unit(to);
}

enum lg_send link_send(struct link *to, struct link *from, const struct lg_span *pieces, unsigned n, unsigned flags)
{
	bool more = (flags & LG_MORE) && from;
	enum lg_send r;

	if (!to->open || !link_lives(to) || to->joined || (more && link_is_shared(to)))
		return LG_GONE;
	if (to->flow)
		return flow_send(to->flow, pieces, n);
	if ((to->unit_of && to->unit_of != from) || to->pass_from)
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

void link_unit_stalled(struct deadline *d)
{
	struct link *to = container_of(d, struct link, unit);

	if (buf_len(&to->stream->out)) /* `to` is slow and holds its sender up; whether it takes anything, the stream
					  watches */
		arm_unit(to);
	else
		link_close(to, LG_FLUSH, "a message was not finished");
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
		unaccount_parked(to, p->n);
		free(p);
	}
}

static void forget_in_session(struct link *gone)
{
	struct session *s = gone->session;
	struct list *l, *tmp;

	list_each (l, tmp, &s->servers)
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
	if (f.sni.n || !l->sni) /* else a proxy has told it */
		l->pub.sni = f.sni;
	if (f.alpn.n || !l->alpn)
		l->pub.alpn = f.alpn;
	if (f.refused.n)
		link_log(l, LG_INFO, "client-certificate-ignored", "reason", f.refused.p);
	if (l->server && f.resumed)
		atomic_fetch_add_explicit(&l->server->state->resumed, 1, memory_order_relaxed);
}

static void end_handshake(struct link *l)
{
	if (!l->handshaking)
		return;
	atomic_fetch_sub_explicit(&l->listener->conf->stats->handshakes, 1, memory_order_relaxed);
	if (l->listener->sources && l->session->counted)
		sources_shaken(l->listener->sources, l->session->counted);
	l->handshaking = false;
}

/* From here on it costs time; a client that only connects has cost little, and may not keep others from it. */
static bool on_greeted(struct stream *s)
{
	struct link *l = s->owner;
	const struct listener_conf *conf = l->listener->conf;

	if (l->server)
		return true;
	if (atomic_fetch_add_explicit(&conf->stats->handshakes, 1, memory_order_relaxed) >= conf->limits.handshakes) {
		atomic_fetch_sub_explicit(&conf->stats->handshakes, 1, memory_order_relaxed);
		return false;
	}
	if (l->listener->sources && l->session->counted && !sources_shake(l->listener->sources, l->session->counted)) {
		atomic_fetch_sub_explicit(&conf->stats->handshakes, 1, memory_order_relaxed);
		return false;
	}
	l->handshaking = true;
	return true;
}

static void on_opened(struct stream *s)
{
	struct link *l = s->owner;
	const struct lg_plugin *p = plugin_of(l);

	l->open = true;
	end_handshake(l);
	if (s->tls)
		take_tls_facts(l);
	if (!l->server)
		member_recognise(l);
	link_log(l, LG_DEBUG, "link-opened", NULL, NULL);
	if (p->opened)
		p->opened(&l->pub);
	if (l->server)
		session_link_opened(l);
}

ptrdiff_t link_hand(struct link *l, struct lg_span in)
{
	ptrdiff_t used = plugin_of(l)->receive(&l->pub, in);

	if (used <= (ptrdiff_t)in.n)
		return used;
	link_log(l, LG_ERROR, "plugin-fault", "reason", "it says it has used more bytes than it was given");
	return -1;
}

static ptrdiff_t on_receive(struct stream *s, struct lg_span in)
{
	struct link *l = s->owner;

	if (link_is_idle(l)) {
		link_close(l, LG_RESET, "peer spoke unasked");
		return (ptrdiff_t)in.n;
	}
	if (l->joined)
		return link_relay(l, in);
	if (l->pass_to)
		return link_pass_take(l, in);
	if (plugin_of(l)->receive)
		return link_hand(l, in);
	stream_hold(s); /* until it is joined */
	return 0;
}

static void on_poured(struct stream *s, size_t n)
{
	struct link *l = s->owner;

	if (l->pass_to)
		link_pass_poured(l, n);
}

static void on_ended(struct stream *s, bool clean)
{
	struct link *l = s->owner;

	(void)clean;
	l->ended = true;
	if (link_is_idle(l))
		link_close(l, LG_FLUSH, "peer closed");
	else if (l->joined && l->joined->stream)
		stream_finish(l->joined->stream);
	else if (!l->joined && plugin_of(l)->ended)
		plugin_of(l)->ended(&l->pub);
	else if (l->joined || plugin_of(l)->receive)
		link_close(l, LG_FLUSH, "peer closed");
	/* else the link waits until it is joined, and its end with it */
}

static void on_writable(struct stream *s)
{
	struct link *l = s->owner;

	if (l->pass_from)
		link_pass_room(l);
	if (l->joined && l->joined->stream)
		stream_go(l->joined->stream);
	else if (!link_is_idle(l) && plugin_of(l)->writable)
		plugin_of(l)->writable(&l->pub);
}

/* A proxy has named a client that may not come in: that was told as a limit, and is no fault of its TLS. */
static bool is_over_source(const struct link *l)
{
	return !l->server && !l->session->counted;
}

/* The quiet ends are for debugging; what a server or TLS refused is for the operator. */
static void log_close(struct link *l)
{
	const struct stream *s = l->stream;
	enum lg_level level = LG_DEBUG;
	const char *event = "link-closed";

	if (l->server && !link_is_idle(l) && (!l->open || s->failed)) {
		level = LG_WARNING;
		event = l->open ? "server-link-failed" : "server-unreachable";
	} else if (l->proxied && s->heard) { /* without a byte it was somebody who tries whether we are there */
		level = LG_WARNING;
		event = "proxy-header-refused";
		atomic_fetch_add_explicit(&l->listener->conf->stats->refused_proxy, 1, memory_order_relaxed);
	} else if (l->proxied || is_over_source(l)) {
		event = "link-closed";
	} else if (!l->open && s->tls) {
		level = s->limit ? LG_DEBUG : LG_INFO; /* limits are told by limit_passed: not one by one */
		event = "tls-refused";
		atomic_fetch_add_explicit(&l->listener->conf->stats->refused_tls, 1, memory_order_relaxed);
	}
	link_log(l, level, event, "reason", stream_reason(s));
}

/* Of a server's link, what it does not take or makes us hold; that it is slow to connect to or idle is its client's
 * affair. */
static bool counts(const struct link *l, enum limit limit)
{
	return limit && (!l->server || limit == LIMIT_STALL || limit == LIMIT_MESSAGE || limit == LIMIT_MEMORY);
}

static void count_limit(const struct link *l)
{
	enum limit limit = l->stream->limit;

	if (counts(l, limit))
		limit_passed(l->listener->conf, limit, l->peer_text, l->worker->now_ms);
}

void link_leave(struct link *l, bool by_network)
{
	struct worker *w = l->worker;

	deliver_forget(l);
	link_pass_leave(l);
	forget_in_session(l);
	wheel_cancel(&w->wheel, &l->unit);
	wheel_cancel(&w->wheel, &l->expiry);
	wheel_cancel(&w->wheel, &l->farewell);
	list_remove(&l->settle_task.node);
	for (struct list *p = list_take(&l->parked); p; p = list_take(&l->parked))
		free(container_of(p, struct parked, node));
	unaccount_parked(l, l->parked_bytes);
	session_link_closed(l, by_network);
}

static void on_closed(struct stream *s)
{
	struct link *l = s->owner;

	log_close(l);
	count_limit(l);
	end_handshake(l);
	link_relay_end(l, s->failed);
	/* An end is a word of what is relayed; an idle link's says nothing of its server. */
	link_leave(l, !link_is_idle(l) && (s->failed || (s->hangup && !l->relays)));
	l->stream = NULL;
}

const struct stream_ops link_stream_ops = {
	.opened = on_opened,
	.receive = on_receive,
	.ended = on_ended,
	.writable = on_writable,
	.closed = on_closed,
	.preface = link_proxy_read,
	.greeted = on_greeted,
	.poured = on_poured,
};

/* ---- Deadlines of the link's own ---- */

void link_expired(struct deadline *d)
{
	struct link *l = container_of(d, struct link, expiry);

	if (plugin_of(l)->expired)
		plugin_of(l)->expired(&l->pub);
	lease_watch(l, wheel_is_set(&l->expiry));
	link_settle(l);
}

void link_deadline(struct link *l, uint32_t ms)
{
	if (ms)
		wheel_set(&l->worker->wheel, &l->expiry, l->worker->now_ms + ms);
	else
		wheel_cancel(&l->worker->wheel, &l->expiry);
	lease_watch(l, ms != 0);
}

void link_part(struct deadline *d)
{
	struct link *l = container_of(d, struct link, farewell);

	if (!server_sends_away(l->server))
		return; /* the word may have been taken back, or the server have come back */
	/* One that is not up may never take what still waits for it. */
	link_close(l, server_is_up(l->server) ? LG_FLUSH : LG_RESET,
		   server_is_disabled(l->server) ? "server disabled" : "server went down");
}

void link_farewell(struct link *l, uint32_t ms)
{
	if (link_lives(l) && !wheel_is_set(&l->farewell))
		wheel_set(&l->worker->wheel, &l->farewell, l->worker->now_ms + ms);
}

/* ---- Joining, closing ---- */

/* Bytes go on as they come: there are no units any more. */
static void end_units(struct link *l)
{
	l->unit_of = NULL;
	unpark(l);
	l->unit_of = NULL;
	arm_unit(l);
}

void link_join(struct link *a, struct link *b)
{
	if (a->flow) {
		link_flow_join(a, b);
		return;
	}
	if (!a->stream || !b->stream || a->joined || b->joined || a->pass_to || b->pass_to)
		return;
	end_units(a);
	end_units(b);
	link_relay_begin(a, b);
}

void link_close(struct link *l, enum lg_close how, const char *why)
{
	if (l->stream)
		stream_close(l->stream, how, why);
	else if (l->flow)
		flow_close(l->flow, why);
}
