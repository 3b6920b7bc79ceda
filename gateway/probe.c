/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c: one question to one server, over a stream or a UDP flow of its own. */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "host.h"
#include "span.h"
#include "tls.h"

static const struct stream_limits probe_limits = { .queue = 64 * 1024, .in = 64 * 1024 };

/* ---- The question, once more over UDP ---- */

static void ask_again_later(struct probe *p)
{
	struct worker *w = p->flow->worker;

	wheel_set(&w->wheel, &p->again, w->now_ms + p->again_ms);
	p->again_ms = p->again_ms < PROBE_AGAIN_MOST_MS / 2 ? 2 * p->again_ms : PROBE_AGAIN_MOST_MS;
}

static void on_again(struct deadline *d)
{
	struct probe *p = container_of(d, struct probe, again);
	struct lg_span question = { p->question, p->question_n };

	flow_send(p->flow, &question, 1);
	ask_again_later(p);
}

/* Without memory for a copy the question is asked once. */
static void keep(struct probe *p, struct lg_span bytes)
{
	free(p->question);
	p->question = bytes.n ? malloc(bytes.n) : NULL;
	p->question_n = bytes.n;
	if (!p->question)
		return;
	memcpy(p->question, bytes.p, bytes.n);
	p->again_ms = PROBE_AGAIN_MS;
	ask_again_later(p);
}

void probe_ask(struct lg_probe *pub, struct lg_span bytes)
{
	struct probe *p = (struct probe *)pub;

	if (p->stream) {
		stream_send(p->stream, &bytes, 1);
		return;
	}
	flow_send(p->flow, &bytes, 1);
	keep(p, bytes);
}

static void hang_up(struct probe *p, enum lg_close how)
{
	if (p->stream) {
		stream_close(p->stream, how, "probe is over");
		return;
	}
	wheel_cancel(&p->flow->worker->wheel, &p->again);
	flow_close(p->flow, "probe is over");
}

/* The verdict is told once; then the stream or flow ends and takes the probe with it. */
static void finish(struct probe *p, bool healthy, const char *note)
{
	void (*done)(void *, bool, const char *) = p->done;

	p->done = NULL;
	if (done)
		done(p->owner, healthy, note);
	hang_up(p, healthy ? LG_FLUSH : LG_RESET);
}

static void ask(struct probe *p)
{
	const struct lg_plugin *plugin = p->conf->plugin;

	if (!plugin || !plugin->probe)
		finish(p, true, "connected");
	else if (plugin->probe(&p->pub) < 0)
		finish(p, false, p->pub.note[0] ? p->pub.note : "the plugin could not ask");
}

static enum lg_verdict judge(struct probe *p, struct lg_span in)
{
	const struct lg_plugin *plugin = p->conf->plugin;

	if (!p->done || !plugin || !plugin->judge)
		return LG_NOT_YET;
	return plugin->judge(&p->pub, in);
}

static void take(struct probe *p, struct lg_span in)
{
	enum lg_verdict v = judge(p, in);

	if (v != LG_NOT_YET)
		finish(p, v == LG_HEALTHY, p->pub.note);
}

/* ---- Over a stream ---- */

static void on_opened(struct stream *s)
{
	ask(s->owner);
}

static ptrdiff_t on_receive(struct stream *s, struct lg_span in)
{
	take(s->owner, in);
	return 0; /* kept: it is judged again with what comes */
}

static void on_ended(struct stream *s, bool clean)
{
	struct probe *p = s->owner;
	enum lg_verdict v;

	(void)clean;
	p->pub.ended = true;
	v = judge(p, buf_span(&s->in));
	finish(p, v == LG_HEALTHY, v == LG_NOT_YET ? "closed without an answer" : p->pub.note);
}

static void on_writable(struct stream *s)
{
	(void)s;
}

static void on_closed(struct stream *s)
{
	struct probe *p = s->owner;

	if (p->done)
		p->done(p->owner, false, stream_reason(s));
	free(p);
}

static const struct stream_ops probe_stream_ops = {
	.opened = on_opened,
	.receive = on_receive,
	.ended = on_ended,
	.writable = on_writable,
	.closed = on_closed,
};

/* ---- Over a flow ---- */

static void on_flow_opened(struct flow *f)
{
	ask(f->owner);
}

static void on_datagram(struct flow *f, struct lg_span in)
{
	take(f->owner, in);
}

static void on_unreachable(struct flow *f)
{
	struct probe *p = f->owner;

	if (p->done)
		finish(p, false, "unreachable");
}

static void on_flow_closed(struct flow *f)
{
	struct probe *p = f->owner;

	wheel_cancel(&f->worker->wheel, &p->again);
	free(p->question);
	free(p);
}

static const struct flow_ops probe_flow_ops = {
	.opened = on_flow_opened,
	.receive = on_datagram,
	.unreachable = on_unreachable,
	.closed = on_flow_closed,
};

/* ---- Starting ---- */

/* The server's address, with the monitor's own port. */
static struct sockaddr_storage address_of(const struct server *server, uint16_t port)
{
	struct sockaddr_storage a = server_place(server)->address;

	if (port && a.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&a)->sin6_port = htons(port);
	else if (port)
		((struct sockaddr_in *)&a)->sin_port = htons(port);
	return a;
}

static int connect_stream(struct probe *p, struct worker *w, const struct server *server, const struct sockaddr *to)
{
	struct tls_target target = { .name = server->tls_name, .verify = server->pool->verify_server, .show = true };
	struct tls *tls = NULL;
	int r = p->conf->transport == LG_TLS ? tls_connect(&tls, p->conf->tls, &target) : 0;

	return r < 0 ? r : stream_connect(&p->stream, w, to, NULL, tls, &probe_stream_ops, p, &probe_limits);
}

static int connect_probe(struct probe *p, struct worker *w, const struct server *server)
{
	struct sockaddr_storage to = address_of(server, p->conf->port), local;
	const struct sockaddr *a = (const struct sockaddr *)&to;
	socklen_t n = sizeof local;
	int r = p->conf->transport == LG_UDP ? flow_connect(&p->flow, w, a, NULL, &probe_flow_ops, p, 0) :
					       connect_stream(p, w, server, a);

	if (r < 0)
		return r;
	address_format(a, p->peer_text, sizeof p->peer_text);
	if (getsockname(p->stream ? p->stream->io.fd : p->flow->io.fd, (struct sockaddr *)&local, &n) == 0)
		address_format((struct sockaddr *)&local, p->local_text, sizeof p->local_text);
	return 0;
}

bool probe_lacks(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS || error == -EAGAIN ||
	       error == -EADDRNOTAVAIL;
}

struct probe *probe_start(struct worker *w, const struct server *server, void (*done)(void *, bool, const char *),
			  void *owner, int *error)
{
	const struct monitor_conf *conf = &server->pool->monitor;
	struct probe *p = calloc(1, sizeof *p + (conf->plugin ? conf->plugin->probe_size : 0));
	int r = -ENOMEM;

	if (p) {
		p->conf = conf;
		wheel_deadline_init(&p->again, on_again);
		r = connect_probe(p, w, server);
	}
	if (r < 0) {
		*error = r;
		free(p);
		return NULL;
	}
	p->done = done;
	p->owner = owner;
	p->pub.host = &host_functions;
	p->pub.conf = conf->plugin_conf;
	p->pub.data = p->data;
	p->pub.server = &server_place(server)->pub;
	p->pub.peer = span_of(p->peer_text);
	p->pub.local = span_of(p->local_text);
	p->pub.transport = conf->transport;
	return p;
}

void probe_cancel(struct probe *p)
{
	p->done = NULL;
	hang_up(p, LG_RESET);
}
