/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.c: when a listener listens: not while there is nobody to serve.  Its sockets: listener_socket.c; what
 * becomes of an accepted client: session.c.
 */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "access_log.h"
#include "address.h"
#include "balance.h"
#include "expect.h"
#include "host.h"
#include "log.h"
#include "plugins.h"
#include "policy.h"
#include "range.h"
#include "session.h"
#include "source.h"
#include "token.h"
#include "trunk.h"

/* A client of one of the listener's own addresses. */
static void on_client(struct listener_socket *k, int fd, const struct sockaddr *peer)
{
	int port = k->bind->last ? range_port(k->bind, fd) : 0;

	if (port < 0)
		session_refuse(k->listener, fd, peer, OUTSIDE_RANGE);
	else
		session_begin(k->listener, fd, peer,
			      &(struct entrance){ .transport = k->bind->transport, .server_port = (uint16_t)port });
}

/* ---- Listening or not ---- */

static void start_listening(struct listener_socket *k)
{
	struct listener *l = k->listener;
	int r;

	if (k->listening)
		return;
	r = listener_socket_listen(k);
	if (r < 0) {
		log_error("listen-failed", "listener", l->conf->name, "address", k->bind->text, "reason", strerror(-r));
		return;
	}
	if (atomic_fetch_add(&l->conf->stats->open, 1) == 0)
		log_info("listener-open", "listener", l->conf->name, "address", k->bind->text);
}

static void stop_counting(struct listener_socket *k)
{
	struct listener *l = k->listener;

	if (k->listening && atomic_fetch_sub(&l->conf->stats->open, 1) == 1)
		log_info("listener-closed", "listener", l->conf->name, "address", k->bind->text);
}

static void stop_listening(struct listener_socket *k)
{
	if (listener_socket_is_udp(k)) /* standing flows go on; what begins none is dropped */
		return;
	stop_counting(k);
	listener_socket_stop(k);
}

/* Whether a client that connects now could be served, or wants to be told that it cannot. */
static bool wants_clients(const struct listener_conf *conf)
{
	bool unknown = false, answers = conf->nreach == 0;

	for (unsigned i = 0; i < conf->nreach; i++) {
		const struct pool *p = conf->reach[i].pool;
		enum pool_state state = pool_state(p);

		if (state == POOL_UP)
			return true;
		unknown |= state == POOL_UNKNOWN;
		answers |= p->all_down != ALL_DOWN_REFUSE;
	}
	return answers && !unknown;
}

void listener_review(struct listener *l)
{
	bool wants = wants_clients(l->conf);

	if (l->closed)
		return;
	for (unsigned i = 0; i < l->nsockets; i++)
		wants ? start_listening(&l->sockets[i]) : stop_listening(&l->sockets[i]);
}

/* ---- Its address ---- */

/* How well a bind fits: one on that very address, else one on all addresses, else one on another of the family. */
static int fitness(const struct bind *b, enum lg_transport transport, const struct sockaddr *local)
{
	const struct sockaddr *a = (const struct sockaddr *)&b->address;

	if (b->transport != transport || a->sa_family != local->sa_family)
		return 0;
	if (address_same_host(a, local))
		return 3;
	return address_is_any(a) ? 2 : 1;
}

const char *listener_home(const struct listener *l, enum lg_transport transport, const struct sockaddr *local,
			  char text[ADDRESS_TEXT])
{
	const struct bind *best = NULL;
	struct sockaddr_storage home;
	int most = 0;

	for (unsigned i = 0; i < l->conf->nbinds; i++) {
		int fits = fitness(&l->conf->binds[i], transport, local);

		if (fits > most) {
			best = &l->conf->binds[i];
			most = fits;
		}
	}
	if (!best)
		return NULL;
	home = best->address;
	if (address_is_any((const struct sockaddr *)&home)) {
		memcpy(&home, local, address_len(local));
		address_set_port(&home, address_port((const struct sockaddr *)&best->address));
	}
	address_format((const struct sockaddr *)&home, text, ADDRESS_TEXT);
	return text;
}

/* ---- Making one ---- */

static int bind_all(struct listener *l, char err[], size_t errlen)
{
	const struct listener_conf *conf = l->conf;

	l->sockets = calloc(conf->nbinds, sizeof *l->sockets);
	if (!l->sockets)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->nbinds; i++) {
		int r = listener_socket_open(&l->sockets[i], l, &conf->binds[i], true, on_client);

		if (r < 0) {
			snprintf(err, errlen, "listener %s: cannot bind %s: %s", conf->name, conf->binds[i].text,
				 strerror(-r));
			return r;
		}
		l->nsockets++;
	}
	return 0;
}

static int start_plugin(struct listener *l, char err[], size_t errlen)
{
	const struct listener_conf *conf = l->conf;
	char why[200] = "";
	int r;

	l->inst = calloc(1, conf->plugin->inst_size + 1);
	if (!l->inst)
		return -ENOMEM;
	if (!conf->plugin->start)
		return 0;
	r = conf->plugin->start(l->inst, conf->plugin_conf, &host_functions, why, sizeof why);
	if (r < 0) {
		snprintf(err, errlen, "listener %s: the plugin %s does not start: %s", conf->name,
			 plugins_file(conf->plugin), why[0] ? why : strerror(-r));
		free(l->inst);
		l->inst = NULL;
	}
	return r;
}

int listener_create(struct listener **lp, struct worker *w, struct snapshot *snapshot, const struct listener_conf *conf,
		    struct sources *sources, char err[], size_t errlen)
{
	struct listener *l = calloc(1, sizeof *l);
	int r = -ENOMEM;

	snprintf(err, errlen, "listener %s: out of memory", conf->name);
	if (!l)
		return r;
	l->worker = w;
	l->snapshot = snapshot_ref(snapshot);
	l->conf = conf;
	l->id = token_listener(conf->name);
	l->sources = sources;
	list_init(&l->expected);
	list_append(&w->listeners, &l->node);
	r = source_check(conf, err, errlen);
	if (r == 0)
		r = bind_all(l, err, errlen);
	if (r == 0)
		r = start_plugin(l, err, errlen);
	if (r == 0)
		r = policies_load(l, err, errlen);
	if (r < 0)
		listener_destroy(l);
	else
		*lp = l;
	return r;
}

int listener_open_logs(struct worker *w, char err[], size_t errlen)
{
	struct list *l, *tmp;
	int r = 0;

	list_each (l, tmp, &w->listeners) {
		if (r == 0)
			r = access_log_open(container_of(l, struct listener, node), err, errlen);
	}
	return r;
}

void listener_close(struct listener *l)
{
	l->closed = true;
	for (unsigned i = 0; i < l->nsockets; i++) {
		if (listener_socket_is_udp(&l->sockets[i])) /* that one carries the standing flows */
			continue;
		listener_socket_accept_rest(&l->sockets[i]);
		stop_counting(&l->sockets[i]);
		listener_socket_close(&l->sockets[i]);
	}
	expect_close(l);
}

void listener_destroy(struct listener *l)
{
	listener_close(l);
	for (unsigned i = 0; i < l->nsockets; i++)
		listener_socket_close(&l->sockets[i]);
	trunks_free(l);
	policies_unload(l);
	if (l->inst && l->conf->plugin->stop)
		l->conf->plugin->stop(l->inst);
	free(l->inst);
	access_log_close(l);
	free(l->sockets);
	list_remove(&l->node);
	snapshot_unref(l->snapshot);
	free(l);
}
