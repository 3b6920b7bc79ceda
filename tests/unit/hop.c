/* SPDX-License-Identifier: Apache-2.0 */
/* hop.c: the plugin, the two workers, and those at the other ends, who wait in the test's own thread. */
#include "unit.h"

#include "hop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/flow.h"
#include "gateway/link.h"
#include "gateway/log.h"
#include "gateway/span.h"
#include "gateway/stream.h"

enum { PATIENCE_MS = 10000, QUIET_MS = 200, REQUESTS = 4096 };

/* ---- The plugin ---- */

static struct hop *hop;                        /* the one that runs */
static struct lg_exchange *requests[REQUESTS]; /* by number; only their own worker looks */

struct request {
	unsigned number;
	char flags[8];
};

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	va_list args;
	size_t n;

	pthread_mutex_lock(&hop->lock);
	n = strlen(hop->log);
	va_start(args, format);
	vsnprintf(hop->log + n, sizeof hop->log - n, format, args);
	va_end(args);
	pthread_mutex_unlock(&hop->lock);
}

static const char *name_of(const struct lg_link *l)
{
	return l->side == LG_CLIENT ? "client" : l->server->name.p;
}

static bool has_flag(const struct lg_exchange *x, char flag)
{
	return strchr(((struct request *)x->data)->flags, flag) != NULL;
}

static void begin(struct lg_link *l, struct lg_span unit)
{
	struct lg_how how = { .mode = LG_SHARED };
	struct request r = { 0 };
	struct lg_exchange *x;

	sscanf(unit.p, "%7[^ ]", r.flags);
	pthread_mutex_lock(&hop->lock);
	r.number = ++hop->exchanges;
	pthread_mutex_unlock(&hop->lock);
	how.flags = (strchr(r.flags, 'K') ? LG_KEEP : 0) | (strchr(r.flags, 'S') ? LG_STREAM : 0) |
		    (strchr(r.flags, 'N') ? LG_KNOWN : 0);
	how.deadline_ms = strchr(r.flags, 'D') ? HOP_DEADLINE_MS : 0;
	if (strchr(r.flags, 'T'))
		l->trusted = true;
	if (strchr(r.flags, 'L'))
		how.mode = LG_LEASED;
	if (strchr(r.flags, 'Y'))
		how.flags |= LG_STAY;
	x = l->host->route(l, &how, unit);
	if (!x) {
		note("overload %u; ", r.number);
		return;
	}
	memcpy(x->data, &r, sizeof r);
	requests[r.number % REQUESTS] = x;
}

static void forward(struct lg_link *l, enum lg_use use, struct lg_span line)
{
	const char *space = memchr(line.p, ' ', line.n);
	struct lg_span token = { line.p, space ? (size_t)(space - line.p) : 0 };
	struct lg_span rest = { space + 1, line.n - token.n - 1 };

	assert_non_null(space);
	if (l->host->send_to(token, use, l, &rest, 1) == LG_GONE)
		note("gone %.*s; ", (int)rest.n - 1, rest.p);
}

static struct lg_span behind(struct lg_span line)
{
	return (struct lg_span){ line.p + 1, line.n - 1 };
}

/* What a leased link's server says to its tenant. */
static void answer(struct lg_link *l, struct lg_span line)
{
	struct lg_exchange *x = l->exchange;
	struct lg_span text = behind(line);

	assert_ptr_equal(x->to, l);
	l->host->send(x->from, l, &text, 1, 0);
	if (line.p[0] == '&')
		note("kept %d; ", l->host->keep(x));
	if (line.p[0] == '.')
		l->host->done(x);
	else
		l->host->reuse(x);
}

static void take_line(struct lg_link *l, struct lg_span line)
{
	switch (line.p[0]) {
	case '=':
		forward(l, LG_ANSWER, behind(line));
		break;
	case '!':
		forward(l, LG_ROUTE, behind(line));
		break;
	case '?':
		begin(l, behind(line));
		break;
	case '*':
		l->host->again(requests[atoi(line.p + 1) % REQUESTS]);
		break;
	case '+':
	case '.':
	case '&':
		answer(l, line);
		break;
	case '/':
		l->host->rest(l, (uint32_t)atoi(line.p + 1));
		break;
	default:
		l->side == LG_CLIENT ? begin(l, line) : forward(l, LG_ANSWER, line);
	}
}

static void opened(struct lg_link *l)
{
	assert_true((l->session != NULL) == (l->side == LG_CLIENT || l->exchange));
	note("opened %s%s; ", name_of(l), l->side == LG_CLIENT && l->server ? l->server->name.p : "");
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) + 1 : 0 };

	assert_false(link_of(l)->worker->delivering);
	assert_true(!link_of(l)->lease.is || l->exchange);
	if (line.n)
		take_line(l, line);
	return (ptrdiff_t)line.n;
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	const struct lg_host *host = x->from->host;
	const struct request *r = x->data;
	char text[2 * LG_TOKEN], token[LG_TOKEN];
	unsigned n = host->token(x->from, has_flag(x, 'R') ? LG_ROUTE : LG_ANSWER, 0, token);
	struct lg_span pieces[2] = { { text, 0 }, x->unit };

	assert_ptr_equal(x->to, to);
	note("routed %u %s; ", r->number, to ? name_of(to) : "known");
	if (to) {
		assert_true(has_flag(x, 'L') ? to->session == x->from->session && to->exchange == x : !to->session);
		assert_int_equal(*(bool *)to->data, false); /* of each lease */
		*(bool *)to->data = has_flag(x, 'L');
		pieces[0].n = (size_t)snprintf(text, sizeof text, "%u %.*s ", r->number, (int)n, token);
		assert_int_not_equal(host->send(to, x->from, pieces, 2, 0), LG_GONE);
		if (!to->session) /* whole units only */
			assert_int_equal(host->send(to, x->from, pieces, 2, LG_MORE), LG_GONE);
	}
	if (!has_flag(x, 'K') && !has_flag(x, 'D') && !has_flag(x, 'L'))
		host->done(x);
}

static void respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	static const char *const causes[] = { "policy", "no-server", "overload" };

	note("respond %u %s; ", ((struct request *)x->data)->number, causes[reply->cause]);
}

/* "method" is there to the end, "path" as long as the unit. */
static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	const struct request *r = x->data;

	(void)arg;
	if (index == 0)
		return span_of(r->flags);
	return x->unit.p ? (struct lg_span){ x->unit.p, x->unit.n - 1 } : SPAN_NONE;
}

static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	note("lost %u %s; ", ((struct request *)x->data)->number, why->why == LG_LOST_DEADLINE ? "deadline" : "link");
	if (has_flag(x, 'A'))
		x->from->host->again(x);
}

static void returned(struct lg_link *from, struct lg_span unit)
{
	assert_false(link_of(from)->worker->delivering);
	note("returned %s %.*s; ", name_of(from), (int)unit.n - 1, unit.p);
}

static void closed(struct lg_link *l)
{
	note("closed %s; ", name_of(l));
}

static const char *const facts[] = { "method", "path", NULL };

const struct lg_plugin hop_plugin = {
	LG_PLUGIN_HEADER,
	.name = "hops",
	.transports = LG_TCP | LG_TLS | LG_UDP,
	.exchange_size = sizeof(struct request),
	.link_size = sizeof(bool),
	.facts = facts,
	.log_facts = facts,
	.fact = fact,
	.opened = opened,
	.receive = receive,
	.routed = routed,
	.respond = respond,
	.lost = lost,
	.returned = returned,
	.closed = closed,
};

/* ---- Servers and listeners ---- */

static int bind_at(int type, uint32_t host, in_port_t *port)
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

static uint32_t server_host(unsigned i)
{
	return INADDR_LOOPBACK + 1 + i; /* 127.0.0.2 and on */
}

static void make_server(struct hop *h, unsigned i)
{
	struct server *s = &h->servers[i];
	struct sockaddr_in *at = (struct sockaddr_in *)&s->address;
	in_port_t port = 0;

	for (h->bound[i] = -1; h->bound[i] < 0;) {
		port = 0;
		h->listening[i] = bind_at(SOCK_STREAM, server_host(i), &port);
		h->bound[i] = bind_at(SOCK_DGRAM, server_host(i), &port);
		if (h->bound[i] < 0)
			close(h->listening[i]);
	}
	assert_int_equal(listen(h->listening[i], 64), 0);
	snprintf(h->names[i], sizeof h->names[i], "s%u", i);
	*s = (struct server){ .name = h->names[i],
			      .address_text = h->addresses[i],
			      .weight = 1,
			      .id = 1000 + i,
			      .pool = &h->pool,
			      .index = i,
			      .trunk = i,
			      .state = server_state_create() };
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(server_host(i)), .sin_port = port };
	address_format((struct sockaddr *)at, h->addresses[i], sizeof h->addresses[i]);
	s->pub = (struct lg_server){ span_of(s->name), span_of(s->address_text) };
	atomic_store(&s->state->health, HEALTH_UP);
}

static void make_listener(struct hop *h, unsigned i)
{
	static const char *const names[] = { "left", "right", "udp" };
	in_port_t port = 0;

	close(bind_at(i == UDP ? SOCK_DGRAM : SOCK_STREAM, INADDR_LOOPBACK, &port));
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
	if (hop) /* its threads still use what would be made anew */
		exit(1);
	log_set_level(LG_ERROR);
	memset(h, 0, sizeof *h);
	pthread_mutex_init(&h->lock, NULL);
	hop = h;
	h->pool = (struct pool){ .name = (char *)"pool",
				 .servers = h->servers,
				 .nservers = servers,
				 .tries = 3,
				 .links = 1,
				 .turn = &h->turn };
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
	listener_review(l);
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
		close(h->bound[i]);
		if (h->listening[i] >= 0)
			close(h->listening[i]);
	}
	for (unsigned i = 0; i < HOP_LISTENERS; i++) {
		assert_int_equal(h->stats[i].sessions, 0);
		assert_int_equal(h->stats[i].held_bytes, 0);
	}
	assert_int_equal(h->snapshot.refs, 1);
	pthread_mutex_destroy(&h->lock);
	hop = NULL;
}

/* ---- At the other ends ---- */

static void dial_from(struct hop *h, struct wire *c, unsigned listener, uint32_t host)
{
	in_port_t port = 0;

	*c = (struct wire){ .fd = bind_at(listener == UDP ? SOCK_DGRAM : SOCK_STREAM, host, &port) };
	if (connect(c->fd, (struct sockaddr *)&h->bind[listener].address, sizeof(struct sockaddr_in)) < 0)
		fail_msg("connect: %s", strerror(errno));
}

void hop_dial(struct hop *h, struct wire *c, unsigned listener)
{
	dial_from(h, c, listener, INADDR_LOOPBACK);
}

void hop_dial_as(struct hop *h, struct wire *c, unsigned listener, unsigned server)
{
	dial_from(h, c, listener, server_host(server));
}

static bool comes(int fd, int ms)
{
	return poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, ms) == 1;
}

void hop_accept(struct hop *h, struct wire *s, unsigned server)
{
	if (!comes(h->listening[server], PATIENCE_MS))
		fail_msg("nobody calls s%u; log: %s", server, h->log);
	*s = (struct wire){ .fd = accept4(h->listening[server], NULL, NULL, SOCK_CLOEXEC) };
	assert_true(s->fd >= 0);
}

bool hop_is_called(struct hop *h, unsigned server)
{
	return comes(h->listening[server], QUIET_MS);
}

void hop_refuse(struct hop *h, unsigned server)
{
	close(h->listening[server]);
	h->listening[server] = -1;
}

void wire_say(struct wire *w, const char *format, ...)
{
	char text[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	assert_in_range(n, 1, sizeof text - 1);
	assert_int_equal(send(w->fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

/* More has come; 0: the end, or nothing in that time. */
static size_t more(struct wire *w, int ms)
{
	ssize_t n = comes(w->fd, ms) ? recv(w->fd, w->in + w->n, sizeof w->in - w->n - 1, 0) : 0;

	if (n <= 0)
		return 0;
	w->n += (size_t)n;
	return (size_t)n;
}

void wire_line(struct wire *w, char line[HOP_TEXT])
{
	char *end;

	while (!(end = memchr(w->in, '\n', w->n))) {
		if (!more(w, PATIENCE_MS))
			fail_msg("no line came, but \"%.*s\"; log: %s", (int)w->n, w->in, hop->log);
	}
	memcpy(line, w->in, (size_t)(end - w->in));
	line[end - w->in] = 0;
	w->n -= (size_t)(end - w->in) + 1;
	memmove(w->in, end + 1, w->n);
}

void wire_expect(struct wire *w, const char *want)
{
	static char line[HOP_TEXT];

	wire_line(w, line);
	assert_string_equal(line, want);
}

void wire_request(struct wire *w, unsigned *number, char token[LG_TOKEN + 1], const char *want)
{
	static char line[HOP_TEXT];
	int n = 0;

	wire_line(w, line);
	assert_int_equal(sscanf(line, "%u %112s %n", number, token, &n), 2);
	assert_string_equal(line + n, want);
}

bool wire_ends(struct wire *w)
{
	while (comes(w->fd, PATIENCE_MS)) {
		if (recv(w->fd, w->in, sizeof w->in, 0) <= 0)
			return true;
	}
	return false;
}

bool wire_is_quiet(struct wire *w)
{
	return w->n == 0 && !comes(w->fd, QUIET_MS);
}

void wire_close(struct wire *w)
{
	close(w->fd);
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
	for (unsigned i = 0; i < PATIENCE_MS && !hop_said(h, text); i++)
		usleep(1000);
	if (!hop_said(h, text))
		fail_msg("waited in vain for \"%s\" in \"%s\"", text, h->log);
}
