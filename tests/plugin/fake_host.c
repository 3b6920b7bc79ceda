/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_host.c is the core's half of the fake: exchanges as plain structs, the host calls, and the queue of
 * consequences.  What a test does to it from outside is in fake_drive.c.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The clock has no argument, so it lives here. */
static uint64_t fake_clock_ms = 1000;

/* ---- Consequences ---- */

void fake_defer(struct fake *f, void (*run)(struct fake *, void *), void *arg)
{
	if (f->ntasks == f->room) {
		f->room = f->room ? 2 * f->room : 16;
		f->tasks = realloc(f->tasks, f->room * sizeof(*f->tasks));
		assert_non_null(f->tasks);
	}
	f->tasks[f->ntasks++] = (struct fake_task){ run, arg };
}

/* Takes back what was going to be done about `arg`. */
static void undefer(struct fake *f, const void *arg)
{
	for (unsigned i = 0; i < f->ntasks; i++)
		if (f->tasks[i].arg == arg)
			f->tasks[i].run = NULL;
}

void fake_deliver(struct fake *f)
{
	assert_int_equal(f->depth, 0);
	while (f->ntasks > 0 || fake_flow_forget(f)) {
		struct fake_task t = f->tasks[0];

		memmove(f->tasks, f->tasks + 1, --f->ntasks * sizeof(*f->tasks));
		if (t.run)
			t.run(f, t.arg);
	}
}

/* ---- Exchanges ---- */

/* Gives the unit a new address, and leaves nothing at the old one. */
static void unit_move(struct fake_exchange *e)
{
	char *old = e->copy;

	if (!old)
		return;
	e->copy = malloc(e->x.unit.n ? e->x.unit.n : 1);
	assert_non_null(e->copy);
	memcpy(e->copy, old, e->x.unit.n);
	e->x.unit.p = e->copy;
	free(old);
}

static void unit_drop(struct fake_exchange *e)
{
	free(e->copy);
	e->copy = NULL;
	e->x.unit = LG_NO_UNIT;
}

/* The struct of one that ends in a callback about it is freed when that returns; the rest is gone at once. */
void fake_exchange_end(struct fake *f, struct fake_exchange *e)
{
	struct fake_exchange **at = &f->exchanges;

	while (*at != e) {
		assert_non_null(*at); /* an exchange that has ended is used again */
		at = &(*at)->next;
	}
	*at = e->next;
	fake_access(f, e);
	if (!e->decided) { /* the plugin has refused it itself: it was for the log only */
		f->routes--;
		f->refused++;
	}
	fake_lease_end(f, e);
	undefer(f, e);
	unit_drop(e);
	free(e->x.data);
	e->x.data = NULL;
	e->session->open--;
	f->open--;
	e->over = true;
	if (!e->busy)
		free(e);
}

static void call_begin(struct fake *f, struct fake_exchange *e)
{
	unit_move(e);
	e->busy = true;
	f->depth++;
}

/* Is the exchange still there? */
static bool call_end(struct fake *f, struct fake_exchange *e)
{
	f->depth--;
	e->busy = false;
	if (!e->over)
		return true;
	free(e);
	return false;
}

static void respond(struct fake *f, struct fake_exchange *e, const struct lg_reply *reply)
{
	call_begin(f, e);
	if (f->plugin->respond)
		f->plugin->respond(&e->x, reply);
	if (call_end(f, e))
		fake_exchange_end(f, e);
}

void fake_routed(struct fake *f, struct fake_exchange *e, struct fake_peer *to)
{
	e->x.to = to ? to->link : NULL;
	e->routed = true;
	if (e->how.deadline_ms)
		e->deadline_at_ms = fake_clock_ms + e->how.deadline_ms;
	call_begin(f, e);
	f->plugin->routed(&e->x, e->x.to);
	if (!call_end(f, e))
		return;
	if (e->how.flags & LG_KEEP)
		unit_move(e);
	else
		unit_drop(e);
}

void fake_lost(struct fake *f, struct fake_exchange *e, enum lg_why why)
{
	struct lg_lost lost = { why, f->handed };

	e->losing = true;
	call_begin(f, e);
	if (f->plugin->lost)
		f->plugin->lost(&e->x, &lost);
	if (!call_end(f, e))
		return;
	e->losing = false;
	if (!e->again) {
		fake_exchange_end(f, e);
		return;
	}
	e->again = false;
}

/* The text of the exchange's key; NULL: it has none. */
static char *key_of(struct fake *f, struct fake_exchange *e)
{
	const char *fact = f->plugin->persistence ? fake_fact(&e->x, f->plugin->persistence) : NULL;

	return fact ? fake_copy(fact, strlen(fact)) : NULL;
}

static int pick(struct fake *f, struct fake_exchange *e)
{
	char *key = key_of(f, e);
	int server = key ? fake_owner(f, key) : -1;

	if (server < 0 || e->tried[server] || f->down[server]) {
		server = -1;
		for (unsigned i = 0; i < FAKE_SERVERS && server < 0; i++) {
			unsigned next = (f->next_server + i) % FAKE_SERVERS;

			if (!e->tried[next] && !f->down[next])
				server = (int)next;
		}
		if (server >= 0)
			f->next_server = (unsigned)server + 1;
	}
	if (server >= 0 && key)
		fake_own(f, key, (unsigned)server);
	free(key);
	return server;
}

static const struct lg_reply no_server = {
	.cause = LG_BY_NO_SERVER, .code = 503, .reason = { "Service Unavailable", 19 }, .retry_after_s = 2
};

/* A link for the exchange is there, or is opened. */
void fake_connected(struct fake *f, void *arg)
{
	struct fake_exchange *e = arg;
	int server = fake_lease_stays(e);
	struct fake_peer *to;

	if (server < 0)
		server = pick(f, e);
	e->connecting = false;
	if (server < 0) {
		respond(f, e, &no_server);
		return;
	}
	e->tried[server] = true;
	if (e->how.mode == LG_SHARED) {
		fake_routed(f, e, fake_shared_open(f, e, (unsigned)server));
		return;
	}
	if (e->how.mode == LG_LEASED) {
		fake_lease(f, e, server);
		return;
	}
	to = fake_server(e->session->client, (unsigned)server);
	if (!to) {
		e->session->picked = (unsigned)server;
		to = fake_open(f, e->session, LG_SERVER, e->x.from->transport);
	}
	fake_routed(f, e, to);
}

/* Policies, then the way to the other end. */
static void decide(struct fake *f, void *arg)
{
	struct fake_exchange *e = arg;
	struct lg_reply reply = { .cause = LG_BY_POLICY };

	unit_move(e);
	if (f->policy && !e->decided && f->policy(&e->x, &reply)) {
		respond(f, e, &reply);
		return;
	}
	e->decided = true;
	if (e->how.flags & LG_KNOWN) {
		fake_routed(f, e, NULL);
		return;
	}
	if (e->orphan || (e->how.to && fake_peer_of(e->how.to)->closing)) {
		respond(f, e, &no_server);
	} else if (e->how.to) {
		fake_routed(f, e, fake_peer_of(e->how.to));
	} else if (f->slow) {
		e->connecting = true;
	} else {
		fake_connected(f, e);
	}
}

static struct lg_exchange *host_route(struct lg_link *from, const struct lg_how *how, struct lg_span unit)
{
	struct fake_peer *p = fake_peer_of(from);
	struct fake *f = p->fake;
	struct fake_exchange *e;

	f->routes++;
	f->last_flags = how->flags;
	f->last_proxy = how->proxy;
	snprintf(f->last_server, sizeof(f->last_server), "%.*s", (int)how->server.n,
		 how->server.n ? how->server.p : "");
	if (unit.n > 0)
		assert_true(f->reading.p && unit.p >= f->reading.p && unit.p + unit.n <= f->reading.p + f->reading.n);
	if (f->no_memory || p->session->open >= f->limits.requests)
		return NULL;
	e = fake_alloc(sizeof(*e));
	e->x.from = from;
	e->x.data = fake_alloc(f->plugin->exchange_size);
	e->from = p;
	e->session = p->session;
	e->how = *how;
	if (unit.n > 0) {
		e->copy = fake_copy(unit.p, unit.n);
		e->x.unit = (struct lg_span){ e->copy, unit.n };
	}
	e->next = f->exchanges;
	f->exchanges = e;
	p->session->open++;
	f->open++;
	fake_defer(f, decide, e);
	return &e->x;
}

static void host_again(struct lg_exchange *x)
{
	struct fake_exchange *e = (struct fake_exchange *)x;
	struct fake *f = e->from->fake;

	assert_true(e->routed);
	assert_int_equal(x->from->side, LG_CLIENT);
	assert_true(e->how.flags & LG_KEEP);
	f->agains++;
	fake_lease_end(f, e);
	e->again = e->losing;
	e->deadline_at_ms = 0;
	e->routed = false;
	x->to = NULL;
	fake_defer(f, decide, e);
}

static void host_pin(struct lg_link *owner, struct lg_exchange *x)
{
	struct fake_exchange *e = (struct fake_exchange *)x;
	struct fake *f = e->from->fake;
	char *key = key_of(f, e);

	assert_non_null(owner->server);
	assert_non_null(key);
	f->pins++;
	fake_own(f, key, fake_peer_of(owner)->server);
	free(key);
}

static void host_done(struct lg_exchange *x)
{
	struct fake_exchange *e = (struct fake_exchange *)x;

	fake_exchange_end(e->session->fake, e);
}

/* ---- Links ---- */

static void host_hold(struct lg_link *l)
{
	assert_non_null(l->session);
	assert_true(l->transport != LG_UDP || l->side == LG_SERVER);
	fake_peer_of(l)->held = true;
}

static void go_on(struct fake *f, void *arg)
{
	(void)f;
	fake_read(arg);
}

static void host_go(struct lg_link *l)
{
	struct fake_peer *p = fake_peer_of(l);

	p->held = false;
	fake_defer(p->fake, go_on, p);
}

static void host_join(struct lg_link *a, struct lg_link *b)
{
	struct fake_peer *p = fake_peer_of(a), *q = fake_peer_of(b);

	assert_ptr_equal(p->session, q->session);
	p->joined = q;
	q->joined = p;
	p->held = q->held = false;
	fake_defer(p->fake, go_on, p);
	fake_defer(p->fake, go_on, q);
}

static bool host_pass(struct lg_link *from, struct lg_link *to, uint64_t n)
{
	struct fake_peer *p = fake_peer_of(from), *q = fake_peer_of(to);

	if (n == 0 || !from->session || from->session != to->session || from->transport == LG_UDP || p->closing ||
	    q->closing || p->joined || q->joined || p->passes_to || (q->owner && q->owner != p))
		return false;
	p->fake->passes++;
	p->passes_to = q;
	p->held = false;
	from->passing = n;
	q->owner = p;
	fake_defer(p->fake, go_on, p);
	return true;
}

static void host_close(struct lg_link *l, enum lg_close how)
{
	struct fake_peer *p = fake_peer_of(l);

	if (p->closing)
		return;
	p->closing = true;
	p->how = how;
	fake_defer(p->fake, fake_closed, p);
}

static void host_deadline(struct lg_link *l, uint32_t ms)
{
	fake_peer_of(l)->deadline_at_ms = ms ? fake_clock_ms + ms : 0;
}

static void host_count(struct lg_link *l, unsigned index, uint64_t by)
{
	struct fake *f = fake_peer_of(l)->fake;
	unsigned n = 0;

	while (f->plugin->counters && f->plugin->counters[n])
		n++;
	assert_true(index < n && index < FAKE_COUNTS);
	f->counts[index] += by;
}

static void host_log(struct lg_link *l, enum lg_level level, const char *event, const char *detail)
{
	struct fake *f = fake_peer_of(l)->fake;

	(void)level;
	f->logs++;
	snprintf(f->last_log, sizeof(f->last_log), "%s: %s", event, detail ? detail : "");
}

/* What a client said before its request: kept for the life of the fake's peer. */
static void host_learn(struct lg_link *client, enum lg_learned what, struct lg_span value)
{
	struct fake_peer *p = fake_peer_of(client);

	assert_int_equal(client->side, LG_CLIENT);
	assert_int_equal(p->session->open, 0); /* before `route` */
	free(p->learned[what]);
	p->learned[what] = fake_copy(value.p, value.n);
	if (what == LG_SNI)
		client->sni = (struct lg_span){ p->learned[what], value.n };
	else if (what == LG_ALPN)
		client->alpn = (struct lg_span){ p->learned[what], value.n };
}

static uint64_t host_now_ms(void)
{
	return fake_clock_ms;
}

void fake_clock_pass(uint64_t ms)
{
	fake_clock_ms += ms;
}

/* Predictable, so that a failing test fails again. */
static void host_random(void *p, size_t n)
{
	static unsigned char next = 1;

	for (size_t i = 0; i < n; i++)
		((unsigned char *)p)[i] = next++;
}

const struct lg_host fake_calls = {
	.size = sizeof(struct lg_host),
	.route = host_route,
	.again = host_again,
	.pin = host_pin,
	.done = host_done,
	.send = fake_send,
	.hold = host_hold,
	.go = host_go,
	.join = host_join,
	.close = host_close,
	.deadline = host_deadline,
	.count = host_count,
	.log = host_log,
	.now_ms = host_now_ms,
	.random = host_random,
	.ask = fake_ask,
	.expect = fake_expect,
	.learn = host_learn,
	.token = fake_token,
	.send_to = fake_send_to,
	.look = fake_look,
	.rest = fake_rest,
	.digest = fake_digest,
	.home = fake_home,
	.reuse = fake_reuse,
	.keep = fake_keep,
	.pass = host_pass,
};
