/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway.c: starts the parts, stops them in the reverse order.
 *
 * The main thread runs the control worker: signals, monitors, the operator's socket.  The other workers carry the
 * traffic. Stopping: listeners close, sessions may end by themselves until `drain` has passed, then they are closed,
 * and at last reset; a worker without sessions ends, and when all have ended the control worker does.
 */
#include "gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access_log.h"
#include "control.h"
#include "descriptors.h"
#include "flow.h"
#include "handshake.h"
#include "host.h"
#include "link.h"
#include "listener.h"
#include "log.h"
#include "monitor.h"
#include "rates.h"
#include "resolve.h"
#include "script.h"
#include "session.h"
#include "stream.h"
#include "tls_watch.h"
#include "token.h"
#include "waste.h"

enum {
	FAREWELL_MS = 5000, /* the sessions of a disabled server end spread over this */
	GRACE_MS = 2000,    /* between closing the last sessions and resetting them */
};

struct gateway;

/* A worker with its thread and its standing mails. */
struct crew {
	struct worker worker;
	struct gateway *gateway;
	pthread_t thread;
	bool running;
	struct mail review, drain, end, reset, ended;
	atomic_bool reviewing;
};

enum phase { RUNNING, DRAINING, ENDING, RESETTING };

struct gateway {
	struct snapshot *snapshot;
	unsigned char secret[16];
	struct rates *rates;
	struct control *control;
	struct worker main; /* the control worker */
	bool main_ready;
	struct handshake_pool *handshakes;
	struct monitors *monitors;
	struct tls_watch *tls_watch;
	struct waste waste;
	struct resolver *resolver;
	struct sources **sources; /* one for each listener */
	struct crew *crews;
	struct worker **workers; /* the crews', for each other */
	unsigned ncrews, nrunning;
	enum phase phase;
	uv_signal_t term, interrupt, hangup;
	uv_timer_t patience;
};

/* ---- On the workers' threads ---- */

static void part_from(struct link *l)
{
	uint32_t dice;

	if (server_is_disabled(l->server)) {
		host_functions.random(&dice, sizeof dice);
		link_farewell(l, dice % FAREWELL_MS);
	} else if (link_is_idle(l) && !server_is_present(l->server)) {
		link_close(l, LG_FLUSH, "the server's name has its address no longer");
	} else if ((!l->open || l->flow) && !server_is_up(l->server) && l->pool->all_down != ALL_DOWN_FAIL_OPEN) {
		link_close(l, LG_RESET, "server went down"); /* what waits for it goes elsewhere; a flow would never notice */
	}
}

static void review_session(struct session *s)
{
	struct list *i, *tmp;

	list_each (i, tmp, &s->servers)
		part_from(container_of(i, struct link, node));
}

/* A server's health or the operator's word has changed. */
static void on_review(struct mail *m)
{
	struct crew *c = container_of(m, struct crew, review);
	struct list *i, *tmp;

	atomic_store(&c->reviewing, false);
	list_each (i, tmp, &c->worker.listeners)
		listener_review(container_of(i, struct listener, node));
	list_each (i, tmp, &c->worker.sessions)
		review_session(container_of(i, struct session, node));
	list_each (i, tmp, &c->worker.trunks)
		review_session(container_of(i, struct session, node));
}

static void on_drain(struct mail *m)
{
	struct crew *c = container_of(m, struct crew, drain);
	struct list *i, *tmp;

	c->worker.draining = true;
	list_each (i, tmp, &c->worker.listeners)
		listener_close(container_of(i, struct listener, node));
	list_each (i, tmp, &c->worker.sessions)
		session_drain(container_of(i, struct session, node));
	session_drained(&c->worker);
}

static void end_all(struct list *sessions, enum lg_close how)
{
	struct list *i, *tmp;

	list_each (i, tmp, sessions)
		session_end(container_of(i, struct session, node), how, "gateway stops");
}

static void on_end(struct mail *m)
{
	end_all(&container_of(m, struct crew, end)->worker.sessions, LG_FLUSH);
}

static void on_reset(struct mail *m)
{
	struct crew *c = container_of(m, struct crew, reset);

	end_all(&c->worker.sessions, LG_RESET);
	end_all(&c->worker.trunks, LG_RESET);
}

static void on_ended(struct mail *m);

static void *crew_main(void *arg)
{
	struct crew *c = arg;

	worker_run(&c->worker);
	c->ended.run = on_ended;
	worker_post(&c->gateway->main, &c->ended);
	return NULL;
}

/* ---- On the control thread ---- */

static void post_all(struct gateway *g, size_t mail_offset)
{
	for (unsigned i = 0; i < g->ncrews; i++) {
		if (g->crews[i].running)
			worker_post(&g->crews[i].worker, (struct mail *)((char *)&g->crews[i] + mail_offset));
	}
}

static void on_changed(void *ctx)
{
	struct gateway *g = ctx;

	for (unsigned i = 0; i < g->ncrews; i++) {
		struct crew *c = &g->crews[i];

		if (c->running && !atomic_exchange(&c->reviewing, true))
			worker_post(&c->worker, &c->review);
	}
}

static void on_ended(struct mail *m)
{
	struct crew *c = container_of(m, struct crew, ended);
	struct gateway *g = c->gateway;

	pthread_join(c->thread, NULL);
	c->running = false;
	if (--g->nrunning > 0)
		return;
	resolver_stop(g->resolver);
	monitors_stop(g->monitors);
	tls_watch_stop(g->tls_watch);
	waste_ignore(&g->waste);
	control_close(g->control);
	worker_stop(&g->main);
}

static void next_phase(struct gateway *g);

static void on_patience(uv_timer_t *t)
{
	next_phase(t->data);
}

static void next_phase(struct gateway *g)
{
	uint64_t drain_ms = g->snapshot->settings.drain_ms;

	switch (g->phase) {
	case RUNNING:
		g->phase = DRAINING;
		log_info("stopping", "drain_ms", LOG_NUM(drain_ms));
		post_all(g, offsetof(struct crew, drain));
		uv_timer_start(&g->patience, on_patience, drain_ms, 0);
		break;
	case DRAINING:
		g->phase = ENDING;
		post_all(g, offsetof(struct crew, end));
		uv_timer_start(&g->patience, on_patience, GRACE_MS, 0);
		break;
	case ENDING:
		g->phase = RESETTING;
		post_all(g, offsetof(struct crew, reset));
		break;
	case RESETTING:
		break;
	}
}

/* A second signal does not wait for `drain`. */
static void on_stop_signal(uv_signal_t *s, int number)
{
	(void)number;
	next_phase(s->data);
}

static void on_hangup(uv_signal_t *s, int number)
{
	(void)s;
	(void)number;
	log_info("reload-ignored", "reason", "this version reads its configuration at the start only");
}

static void watch_signals(struct gateway *g)
{
	uv_signal_init(&g->main.loop, &g->term);
	uv_signal_init(&g->main.loop, &g->interrupt);
	uv_signal_init(&g->main.loop, &g->hangup);
	uv_timer_init(&g->main.loop, &g->patience);
	g->term.data = g->interrupt.data = g->patience.data = g;
	uv_signal_start(&g->term, on_stop_signal, SIGTERM);
	uv_signal_start(&g->interrupt, on_stop_signal, SIGINT);
	uv_signal_start(&g->hangup, on_hangup, SIGHUP);
}

/* ---- Starting ---- */

/* Sharing a port hides a foreign owner, so each address is tried alone first. */
static int test_addresses(const struct snapshot *s, char err[], size_t errlen)
{
	for (unsigned i = 0; i < s->nlisteners; i++) {
		for (unsigned k = 0; k < s->listeners[i].nbinds; k++) {
			const struct bind *b = &s->listeners[i].binds[k];
			int r = listener_test_bind(b);

			if (r == 0)
				continue;
			snprintf(err, errlen, "listener %s: cannot use %s: %s%s", s->listeners[i].name, b->text,
				 strerror(-r),
				 r == -EADDRINUSE      ? " (another program has it: `ss -ltnp` tells which)"
				 : r == -EACCES        ? " (ports below 1024 need root)"
				 : r == -EADDRNOTAVAIL ? " (no interface of this machine has this address)"
						       : "");
			return r;
		}
	}
	return 0;
}

static int create_sources(struct gateway *g)
{
	g->sources = calloc(g->snapshot->nlisteners, sizeof(struct sources *));
	if (!g->sources)
		return -ENOMEM;
	for (unsigned i = 0; i < g->snapshot->nlisteners; i++) {
		const struct listener_limits *l = &g->snapshot->listeners[i].limits;
		struct sources_limits limits = { l->sessions_per_source, l->new_per_source, &l->exempt };
		int r = limits.sessions || limits.per_second ? sources_create(&g->sources[i], &limits) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static int create_crew(struct gateway *g, unsigned index, char err[], size_t errlen)
{
	struct crew *c = &g->crews[index];
	struct snapshot *s = g->snapshot;
	int r = worker_init(&c->worker, index + 1);

	if (r < 0)
		return r;
	g->ncrews++;
	c->gateway = g;
	c->review.run = on_review;
	c->drain.run = on_drain;
	c->end.run = on_end;
	c->reset.run = on_reset;
	c->worker.secret = g->secret;
	g->workers[index] = &c->worker;
	c->worker.all = g->workers;
	c->worker.nall = g->snapshot->settings.workers;
	c->worker.last_session = index;
	c->worker.session_step = g->snapshot->settings.workers;
	r = script_create(&c->worker.script);
	if (r == 0)
		script_set_rates(c->worker.script, g->rates);
	for (unsigned i = 0; i < s->nlisteners && r == 0; i++) {
		struct listener *l;

		r = listener_create(&l, &c->worker, s, &s->listeners[i], g->sources[i], err, errlen);
		if (r == 0)
			listener_review(l); /* what needs no server opens at once */
	}
	return r;
}

static int create_crews(struct gateway *g, char err[], size_t errlen)
{
	unsigned n = g->snapshot->settings.workers;
	int r = 0;

	g->crews = calloc(n, sizeof *g->crews);
	g->workers = calloc(n, sizeof *g->workers);
	if (!g->crews || !g->workers)
		return -ENOMEM;
	for (unsigned i = 0; i < n && r == 0; i++)
		r = create_crew(g, i, err, errlen);
	return r;
}

/* Logs are opened again when their files have been moved away, so it is the user that opens them. */
static int open_logs(struct gateway *g, char err[], size_t errlen)
{
	struct list *l, *tmp;
	int r = 0;

	for (unsigned i = 0; i < g->ncrews; i++) {
		list_each (l, tmp, &g->crews[i].worker.listeners) {
			if (r == 0)
				r = access_log_open(container_of(l, struct listener, node), err, errlen);
		}
	}
	return r;
}

/* Keys and configuration are read and ports are bound: from here on with the user's rights only. */
static int become_user(struct gateway *g, char err[], size_t errlen)
{
	const struct snapshot *s = g->snapshot;
	bool raw = false;
	int r;

	for (unsigned i = 0; i < s->nlisteners; i++)
		raw |= s->listeners[i].transparent;
	if (!s->settings.user.chosen && s->settings.user.uid == 0)
		log_warning("root", "warning", "the gateway runs as root and can do everything", "hint",
			    "gateway { user = \"lychgate\" } with a user of its own");
	r = control_give(g->control, &s->settings.user, err, errlen);
	if (r == 0)
		r = user_become(&s->settings.user, raw, err, errlen);
	return r == 0 ? open_logs(g, err, errlen) : r;
}

static int start_crews(struct gateway *g)
{
	for (unsigned i = 0; i < g->ncrews; i++) {
		int r;

		g->crews[i].worker.handshakes = g->handshakes;
		r = pthread_create(&g->crews[i].thread, NULL, crew_main, &g->crews[i]);

		if (r != 0)
			return -r;
		g->crews[i].running = true;
		g->nrunning++;
	}
	return 0;
}

static int start(struct gateway *g, char err[], size_t errlen)
{
	int r;

	host_functions.random(g->secret, sizeof g->secret);
	token_begin(g->snapshot->settings.has_secret ? g->snapshot->settings.secret : g->secret);
	r = user_check(&g->snapshot->settings.user, err, errlen);
	if (r == 0)
		r = descriptors_provide(g->snapshot, err, errlen);
	if (r == 0)
		r = control_create(&g->control, g->snapshot->settings.control, err, errlen);
	if (r == 0)
		r = test_addresses(g->snapshot, err, errlen);
	if (r == 0)
		r = worker_init(&g->main, 0);
	if (r < 0)
		return r;
	g->main_ready = true;
	g->main.secret = g->secret;
	r = rates_create(&g->rates, g->secret);
	if (r == 0)
		r = create_sources(g);
	if (r == 0)
		r = create_crews(g, err, errlen);
	if (r == 0)
		r = control_serve(g->control, &g->main, g->snapshot, on_changed, g);
	if (r == 0)
		r = become_user(g, err, errlen);
	if (r == 0)
		r = handshake_pool_create(&g->handshakes, g->snapshot->settings.workers); /* the first threads */
	if (r < 0)
		return r;
	g->main.handshakes = g->handshakes;
	watch_signals(g);
	waste_watch(&g->waste, &g->main, g->snapshot);
	return start_crews(g);
}

/* Everything that was made, in reverse; the crews' threads have ended. */
static void destroy(struct gateway *g)
{
	struct list *l, *tmp;

	handshake_pool_destroy(g->handshakes);
	for (unsigned i = 0; i < g->ncrews; i++) {
		struct worker *w = &g->crews[i].worker;

		stream_abandon(w);
		flow_abandon(w);
		list_each (l, tmp, &w->listeners)
			listener_destroy(container_of(l, struct listener, node));
		script_destroy(w->script);
		worker_fini(w);
	}
	if (g->main_ready) {
		stream_abandon(&g->main);
		flow_abandon(&g->main);
		worker_fini(&g->main);
	}
	resolver_free(g->resolver);
	monitors_free(g->monitors);
	tls_watch_free(g->tls_watch);
	control_free(g->control);
	for (unsigned i = 0; g->sources && i < g->snapshot->nlisteners; i++)
		sources_destroy(g->sources[i]);
	free(g->sources);
	rates_free(g->rates);
	free(g->crews);
	free(g->workers);
	snapshot_unref(g->snapshot);
	free(g);
}

int gateway_run(struct snapshot *snapshot, char err[], size_t errlen)
{
	struct gateway *g = calloc(1, sizeof *g);
	int r = -ENOMEM;

	snprintf(err, errlen, "%s", strerror(ENOMEM));
	if (!g) {
		snapshot_unref(snapshot);
		return r;
	}
	err[0] = 0;
	g->snapshot = snapshot;
	signal(SIGPIPE, SIG_IGN);
	r = start(g, err, errlen);
	if (r == 0)
		r = tls_watch_start(&g->tls_watch, &g->main, snapshot);
	if (r == 0)
		r = monitors_start(&g->monitors, &g->main, snapshot, on_changed, g);
	if (r == 0)
		r = resolver_start(&g->resolver, &g->main, snapshot, g->monitors);
	if (r == 0)
		log_info("started", "configuration", snapshot->file, "workers", LOG_NUM(g->ncrews), "control",
			 snapshot->settings.control);
	else if (g->nrunning)
		next_phase(g);
	on_changed(g);
	if (g->nrunning)
		worker_run(&g->main);
	if (r < 0 && !err[0])
		snprintf(err, errlen, "%s", strerror(-r));
	if (r == 0)
		log_info("stopped", NULL, NULL);
	destroy(g);
	return r;
}
