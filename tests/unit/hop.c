/* SPDX-License-Identifier: Apache-2.0 */
/* hop.c: servers, listeners, and the two workers from begin to end, with the log that all write. */
#include "unit.h"

#include "hop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/access_log.h"
#include "gateway/flow.h"
#include "gateway/log.h"
#include "gateway/span.h"
#include "gateway/stream.h"
#include "hop_inside.h"
#include "tls_rig.h"

/* ---- The log ---- */

static struct hop *running;

void hop_note(const char *format, ...)
{
	va_list args;
	size_t n;

	pthread_mutex_lock(&running->lock);
	n = strlen(running->log);
	va_start(args, format);
	vsnprintf(running->log + n, sizeof running->log - n, format, args);
	va_end(args);
	pthread_mutex_unlock(&running->lock);
}

const char *hop_log(void)
{
	return running->log;
}

bool hop_said(struct hop *h, const char *text)
{
	bool said;

	pthread_mutex_lock(&h->lock);
	said = strstr(h->log, text) != NULL;
	pthread_mutex_unlock(&h->lock);
	return said;
}

void hop_until(struct hop *h, const char *text)
{
	for (unsigned i = 0; i < unit_patience_ms() && !hop_said(h, text); i++)
		usleep(1000);
	if (!hop_said(h, text))
		fail_msg("waited in vain for \"%s\" in \"%s\"", text, h->log);
}

unsigned hop_number(void)
{
	unsigned number;

	pthread_mutex_lock(&running->lock);
	number = ++running->exchanges;
	pthread_mutex_unlock(&running->lock);
	return number;
}

/* ---- Servers and listeners ---- */

int hop_bind(int type, in_addr_t host, in_port_t *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = *port };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&at, n) < 0) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*port = at.sin_port;
	return fd;
}

in_addr_t hop_host(unsigned i)
{
	return INADDR_LOOPBACK + 1 + i; /* 127.0.0.2 and on */
}

static void make_server(struct hop *h, unsigned i)
{
	struct server *s = &h->servers[i];
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *at = (struct sockaddr_in *)&address;
	in_port_t port = 0;

	for (h->bound[i] = -1; h->bound[i] < 0;) {
		port = 0;
		h->listening[i] = hop_bind(SOCK_STREAM, hop_host(i), &port);
		h->bound[i] = hop_bind(SOCK_DGRAM, hop_host(i), &port);
		if (h->bound[i] < 0)
			close(h->listening[i]);
	}
	assert_int_equal(listen(h->listening[i], 64), 0);
	snprintf(h->names[i], sizeof h->names[i], "s%u", i);
	*s = (struct server){ .name = h->names[i],
			      .weight = 1,
			      .id = 1000 + i,
			      .pool = &h->pool,
			      .index = i,
			      .trunk = i,
			      .state = server_state_create() };
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(hop_host(i)), .sin_port = port };
	assert_non_null(s->state);
	assert_int_equal(server_put(s, &address), 0);
	atomic_store(&s->state->health, HEALTH_UP);
}

static void make_listener(struct hop *h, unsigned i)
{
	static const char *const names[] = { "left", "right", "udp" };
	in_port_t port = 0;

	close(hop_bind(i == UDP ? SOCK_DGRAM : SOCK_STREAM, INADDR_LOOPBACK, &port));
	h->bind[i] = (struct bind){ .transport = i == UDP ? LG_UDP : LG_TCP, .text = (char *)names[i] };
	*(struct sockaddr_in *)&h->bind[i].address = (struct sockaddr_in){ .sin_family = AF_INET,
									   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
									   .sin_port = port };
	h->conf[i] =
		(struct listener_conf){ .name = (char *)names[i],
					.plugin = &hop_plugin,
					.binds = &h->bind[i],
					.nbinds = 1,
					.has_pool = true,
					.reach = &h->reach,
					.nreach = 1,
					.limits = { .plugin = { .headers = 65536, .message = 1000000, .requests = 100 },
						    .sessions = 1000,
						    .kept = 2,
						    .handshakes = 1000,
						    .handshake_ms = 5000,
						    .queue = 65536 },
					.stats = &h->stats[i] };
}

void hop_make(struct hop *h, unsigned servers)
{
	if (running) /* its threads still use what would be made anew */
		exit(1);
	log_set_level(LG_ERROR);
	memset(h, 0, sizeof *h);
	pthread_mutex_init(&h->lock, NULL);
	running = h;
	h->pool = (struct pool){ .name = (char *)"pool",
				 .servers = h->servers,
				 .nservers = servers,
				 .tries = 3,
				 .links = 1,
				 .live = &h->live };
	h->reach = (struct reach){ .pool = &h->pool };
	h->snapshot = (struct snapshot){ .refs = 1, .pools = &h->pool, .npools = 1, .ntrunks = servers };
	h->snapshot.settings.workers = HOP_WORKERS;
	for (unsigned i = 0; i < servers; i++)
		make_server(h, i);
	for (unsigned i = 0; i < HOP_LISTENERS; i++)
		make_listener(h, i);
}

/* ---- The workers ---- */

static void *run(void *arg)
{
	worker_run(arg);
	return NULL;
}

static void listen_with(struct hop *h, struct worker *w, unsigned i)
{
	char err[200] = "";
	struct listener *l;

	if (listener_create(&l, w, &h->snapshot, &h->conf[i], NULL, err, sizeof err) < 0)
		fail_msg("%s", err);
	if (access_log_open(l, err, sizeof err) < 0)
		fail_msg("%s", err);
	listener_review(l);
}

void hop_secure(struct hop *h)
{
	h->pool.tls = rig_client(&(struct rig_word){ .cert = "ec", .trust = "ca" });
	h->pool.verify_server = true;
	h->servers[0].tls_name = (char *)"b.example";
}

void hop_open(struct hop *h)
{
	assert_int_equal(handshake_pool_create(&h->handshakes, 1), 0);
	for (unsigned i = 0; i < HOP_WORKERS; i++) {
		struct worker *w = h->all[i] = &h->workers[i];

		assert_int_equal(worker_init(w, i + 1), 0);
		w->handshakes = h->handshakes;
		w->secret = (const unsigned char *)"0123456789abcdef";
		w->all = h->all;
		w->nall = HOP_WORKERS;
		w->last_session = i;
		w->session_step = HOP_WORKERS;
		listen_with(h, w, i);
		listen_with(h, w, UDP);
	}
	for (unsigned i = 0; i < HOP_WORKERS; i++)
		assert_int_equal(pthread_create(&h->threads[i], NULL, run, &h->workers[i]), 0);
}

struct stop {
	struct mail mail;
	struct worker *w;
};

static void on_stop(struct mail *m)
{
	struct stop *s = container_of(m, struct stop, mail);
	struct list *i, *tmp;

	s->w->draining = true;
	list_each (i, tmp, &s->w->listeners)
		listener_close(container_of(i, struct listener, node));
	list_each (i, tmp, &s->w->sessions)
		session_end(container_of(i, struct session, node), LG_RESET, "the test is over");
	session_drained(s->w);
	free(s);
}

void hop_stop(struct hop *h)
{
	for (unsigned i = 0; i < HOP_WORKERS; i++) {
		struct stop *s = calloc(1, sizeof *s);

		assert_non_null(s);
		s->mail.run = on_stop;
		s->w = &h->workers[i];
		worker_post(s->w, &s->mail);
	}
	for (unsigned i = 0; i < HOP_WORKERS; i++)
		pthread_join(h->threads[i], NULL);
	handshake_pool_destroy(h->handshakes);
	for (unsigned i = 0; i < HOP_WORKERS; i++) {
		struct worker *w = &h->workers[i];
		struct list *l, *tmp;

		stream_abandon(w);
		flow_abandon(w);
		list_each (l, tmp, &w->listeners)
			listener_destroy(container_of(l, struct listener, node));
		worker_fini(w);
		assert_int_equal(w->mail_bytes, 0);
	}
	h->handshakes = NULL;
}

void hop_free(struct hop *h)
{
	if (h->handshakes)
		hop_stop(h);
	for (unsigned i = 0; i < h->pool.nservers; i++) {
		assert_int_equal(h->servers[i].state->sessions, 0);
		assert_int_equal(h->servers[i].state->shared, 0);
		assert_int_equal(h->servers[i].state->idle, 0);
		server_state_free(h->servers[i].state);
		server_places_free(&h->servers[i]);
		close(h->bound[i]);
		if (h->listening[i] >= 0)
			close(h->listening[i]);
	}
	for (unsigned i = 0; i < HOP_LISTENERS; i++) {
		assert_int_equal(h->stats[i].sessions, 0);
		assert_int_equal(h->stats[i].held_bytes, 0);
	}
	assert_int_equal(h->snapshot.refs, 1);
	tls_client_unref(h->pool.tls);
	pthread_mutex_destroy(&h->lock);
	running = NULL;
}

/* ---- A group of tests ---- */

int hop_setup(void **state)
{
	alarm(HOP_ALARM_S);
	return rig_setup(state);
}
