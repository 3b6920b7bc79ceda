/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway.c: starts the parts, stops them in the reverse order.
 *
 * The main thread runs the control worker: signals, monitors, the operator's socket.  The other workers (crew.c) carry
 * the traffic.  Stopping: listeners close, sessions may end by themselves until `drain` has passed, then they are
 * closed, and at last reset; a worker without sessions ends, and when all have ended the control worker does.
 */
#include "gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "crew.h"
#include "descriptors.h"
#include "flow.h"
#include "handshake.h"
#include "host.h"
#include "listener.h"
#include "log.h"
#include "monitor.h"
#include "rates.h"
#include "resolve.h"
#include "stream.h"
#include "tls_watch.h"
#include "token.h"
#include "waste.h"

enum { GRACE_MS = 2000 }; /* between closing the last sessions and resetting them */

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
	struct deadline second;
	struct crew *crew;
	enum phase phase;
	uv_signal_t term, interrupt, hangup;
	uv_timer_t patience;
};

/* ---- Running and stopping ---- */

/* A server's health or the operator's word. */
static void on_changed(void *ctx)
{
	struct gateway *g = ctx;

	crew_review(g->crew);
}

/* All workers have. */
static void on_ended(void *ctx)
{
	struct gateway *g = ctx;

	resolver_stop(g->resolver);
	monitors_stop(g->monitors);
	tls_watch_stop(g->tls_watch);
	waste_ignore(&g->waste);
	wheel_cancel(&g->main.wheel, &g->second);
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
		crew_drain(g->crew);
		uv_timer_start(&g->patience, on_patience, drain_ms, 0);
		break;
	case DRAINING:
		g->phase = ENDING;
		crew_end(g->crew);
		uv_timer_start(&g->patience, on_patience, GRACE_MS, 0);
		break;
	case ENDING:
		g->phase = RESETTING;
		crew_reset(g->crew);
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

/* ---- Once a second ---- */

static void on_second(struct deadline *d)
{
	struct gateway *g = container_of(d, struct gateway, second);

	for (unsigned i = 0; i < g->snapshot->nlisteners; i++) {
		limit_catch_up(&g->snapshot->listeners[i], g->main.now_ms);
		quiet_catch_up(&g->snapshot->listeners[i], g->main.now_ms);
	}
	wheel_set(&g->main.wheel, d, g->main.now_ms + 1000);
}

/* ---- Starting ---- */

/* What to do, behind the system's words. */
static const char *advice(int r)
{
	switch (r) {
	case -EADDRINUSE:
		return " (another program has it: `ss -ltunp` tells which)";
	case -EACCES:
		return " (a port below 1024: let root start it and write gateway { user = ... }, or give it "
		       "AmbientCapabilities=CAP_NET_BIND_SERVICE in its unit)";
	case -EADDRNOTAVAIL:
		return " (no interface of this machine has this address)";
	}
	return "";
}

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
				 strerror(-r), advice(r));
			return r;
		}
	}
	return 0;
}

/* Keys and configuration are read and ports are bound: from here on with the user's rights only. */
static int become_user(struct gateway *g, char err[], size_t errlen)
{
	const struct snapshot *s = g->snapshot;
	bool raw = false;
	int r;

	for (unsigned i = 0; i < s->nlisteners; i++)
		raw |= s->listeners[i].transparent;
	r = control_give(g->control, &s->settings.user, err, errlen);
	if (r == 0)
		r = user_become(&s->settings.user, raw, err, errlen);
	if (r == 0)
		r = tls_watch_check(s, err, errlen);
	if (r == 0)
		r = crew_open_logs(g->crew, err, errlen);
	return r;
}

static int start(struct gateway *g, char err[], size_t errlen)
{
	struct crew_shared shared = { .secret = g->secret, .main = &g->main, .ended = on_ended, .ctx = g };
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
	shared.rates = g->rates;
	if (r == 0)
		r = crew_create(&g->crew, g->snapshot, &shared, err, errlen);
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
	wheel_deadline_init(&g->second, on_second);
	on_second(&g->second);
	return crew_start(g->crew, g->handshakes);
}

/* Everything that was made, in reverse; the workers' threads have ended. */
static void destroy(struct gateway *g)
{
	handshake_pool_destroy(g->handshakes);
	crew_destroy(g->crew);
	if (g->main_ready) {
		stream_abandon(&g->main);
		flow_abandon(&g->main);
		worker_fini(&g->main);
	}
	resolver_free(g->resolver);
	monitors_free(g->monitors);
	tls_watch_free(g->tls_watch);
	control_free(g->control);
	rates_free(g->rates);
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
		log_info("started", "configuration", snapshot->file, "workers", LOG_NUM(snapshot->settings.workers),
			 "control", snapshot->settings.control);
	else if (crew_running(g->crew))
		next_phase(g);
	if (crew_running(g->crew)) {
		crew_review(g->crew);
		worker_run(&g->main);
	}
	if (r < 0 && !err[0])
		snprintf(err, errlen, "%s", strerror(-r));
	if (r == 0)
		log_info("stopped", NULL, NULL);
	destroy(g);
	return r;
}
