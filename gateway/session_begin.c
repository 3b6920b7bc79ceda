/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_begin.c: how a client comes in, as a connection or with a datagram that belongs to no flow yet: admitted, and
 * a session with its client link, or refused.  What its requests do is session.c; how long it stays, exchange.c.
 */
#include "session.h"

#include <sys/socket.h>
#include <unistd.h>

#include "exchange.h"
#include "expect.h"
#include "link.h"
#include "log.h"
#include "networks.h"

void session_refuse(struct listener *l, int fd, const struct sockaddr *peer, enum admission why)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	close(fd);
	admission_refused(l, peer, why);
}

/* Its client link is there, or could not be made: then false, and the session is gone. */
static bool begin_with(struct session *s, int r)
{
	if (r < 0) {
		const struct listener_conf *conf = s->listener->conf;
		unsigned long long n = quiet_asks(&conf->stats->quiet, LG_ERROR, "session-failed", s->worker->now_ms);

		if (n)
			log_error("session-failed", "listener", conf->name, "count", n > 1 ? LOG_NUM(n) : NULL,
				  "reason", uv_strerror(r));
		session_destroy(s);
		return false;
	}
	s->pub.client = &s->client->pub;
	s->nlinks = 1;
	return true;
}

/* A proxy that has to say first for whom it comes. */
static bool is_proxied(const struct listener_conf *conf, const struct sockaddr *peer)
{
	return conf->proxied && networks_have(conf->proxied, peer);
}

void session_begin(struct listener *listener, int fd, const struct sockaddr *peer, const struct entrance *in)
{
	bool proxied = !in->expected && is_proxied(listener->conf, peer);
	const struct sockaddr *counted = proxied ? NULL : peer;
	enum admission a = admit(listener, counted, in->transport);
	struct session *s;

	if (a != ADMITTED) {
		session_refuse(listener, fd, peer, a);
		return;
	}
	s = session_create(listener, peer);
	if (!s) {
		admission_leave(listener, counted);
		session_refuse(listener, fd, peer, OUT_OF_MEMORY);
		return;
	}
	s->in = *in;
	s->in.proxied = proxied;
	if (proxied)
		s->counted = NULL;
	if (in->expected)
		expected_enter(in->expected);
	begin_with(s, link_accept(&s->client, s, fd, peer, in->transport));
}

void session_begin_flow(struct listener_socket *k, const struct datagram *d)
{
	const struct sockaddr *peer = (const struct sockaddr *)&d->peer;
	struct listener *l = k->listener;
	enum admission a;
	struct session *s;

	if (l->closed)
		return;
	a = admit_flow(k, peer);
	s = a == ADMITTED ? session_create(l, peer) : NULL;
	if (!s) {
		if (a == ADMITTED)
			admission_leave(l, peer);
		admission_refused(l, peer, a == ADMITTED ? OUT_OF_MEMORY : a);
		return;
	}
	if (begin_with(s, link_flow_accept(&s->client, s, k, d)))
		link_flow_receive(s->client, d->bytes);
}
