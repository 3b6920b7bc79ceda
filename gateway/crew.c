/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew.c: the workers that carry the traffic, each with its thread.  The first half runs on their threads, where the
 * control thread's mails are read; the second on the control thread, which writes them.
 */
#include "crew.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "admission.h"
#include "flow.h"
#include "host.h"
#include "link.h"
#include "listener.h"
#include "script.h"
#include "session.h"
#include "stream.h"

enum { FAREWELL_MS = 5000 }; /* the sessions of a server that sends them away end spread over this */

/* A worker with its thread and its standing mails. */
struct hand {
	struct worker worker;
	struct crew *crew;
	pthread_t thread;
	bool running;
	struct mail review, drain, end, reset, ended;
	atomic_bool reviewing;
};

struct crew {
	struct snapshot *snapshot; /* borrowed */
	struct worker *main;       /* the control worker */
	void (*ended)(void *ctx);
	void *ctx;
	struct sources **sources; /* one for each listener */
	struct hand *hands;
	struct worker **workers; /* the hands', for each other */
	unsigned n, running;
};

/* ---- On the workers' threads ---- */

static void part_from(struct link *l)
{
	bool down = !server_is_up(l->server) && l->pool->all_down != ALL_DOWN_FAIL_OPEN;
	uint32_t dice;

	if (down && (!l->open || l->flow) && !server_is_disabled(l->server)) {
		link_close(l, LG_RESET,
			   "server went down"); /* what waits for it goes elsewhere; a flow would never notice */
	} else if (server_sends_away(l->server)) {
		host_functions.random(&dice, sizeof dice);
		link_farewell(l, dice % FAREWELL_MS);
	} else if (link_is_idle(l) && !server_is_present(l->server)) {
		link_close(l, LG_FLUSH, "the server's name has its address no longer");
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
	struct hand *c = container_of(m, struct hand, review);
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
	struct hand *c = container_of(m, struct hand, drain);
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
	end_all(&container_of(m, struct hand, end)->worker.sessions, LG_FLUSH);
}

static void on_reset(struct mail *m)
{
	struct hand *c = container_of(m, struct hand, reset);

	end_all(&c->worker.sessions, LG_RESET);
	end_all(&c->worker.trunks, LG_RESET);
}

static void *hand_main(void *arg)
{
	struct hand *c = arg;

	worker_run(&c->worker);
	worker_post(c->crew->main, &c->ended);
	return NULL;
}

/* ---- On the control thread ---- */

static void post_all(struct crew *c, size_t mail_offset)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (c->hands[i].running)
			worker_post(&c->hands[i].worker, (struct mail *)((char *)&c->hands[i] + mail_offset));
	}
}

void crew_review(struct crew *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct hand *h = &c->hands[i];

		if (h->running && !atomic_exchange(&h->reviewing, true))
			worker_post(&h->worker, &h->review);
	}
}

void crew_drain(struct crew *c)
{
	post_all(c, offsetof(struct hand, drain));
}

void crew_end(struct crew *c)
{
	post_all(c, offsetof(struct hand, end));
}

void crew_reset(struct crew *c)
{
	post_all(c, offsetof(struct hand, reset));
}

static void on_ended(struct mail *m)
{
	struct hand *h = container_of(m, struct hand, ended);
	struct crew *c = h->crew;

	pthread_join(h->thread, NULL);
	h->running = false;
	if (--c->running == 0)
		c->ended(c->ctx);
}

unsigned crew_running(const struct crew *c)
{
	return c ? c->running : 0;
}

/* ---- Making it ---- */

static int create_sources(struct crew *c)
{
	c->sources = calloc(c->snapshot->nlisteners, sizeof(struct sources *));
	if (!c->sources)
		return -ENOMEM;
	for (unsigned i = 0; i < c->snapshot->nlisteners; i++) {
		const struct listener_limits *l = &c->snapshot->listeners[i].limits;
		int r = sources_create(&c->sources[i], &(struct sources_limits){
							       .sessions = l->sessions_per_source,
							       .per_second = l->new_per_source,
							       .handshakes = admission_share(l->handshakes),
							       .exempt = &l->exempt,
						       });

		if (r < 0)
			return r;
	}
	return 0;
}

static int create_hand(struct crew *c, unsigned index, const struct crew_shared *shared, char err[], size_t errlen)
{
	struct hand *h = &c->hands[index];
	struct snapshot *s = c->snapshot;
	int r = worker_init(&h->worker, index + 1);

	if (r < 0)
		return r;
	c->n++;
	h->crew = c;
	h->review.run = on_review;
	h->drain.run = on_drain;
	h->end.run = on_end;
	h->reset.run = on_reset;
	h->ended.run = on_ended;
	h->worker.secret = shared->secret;
	c->workers[index] = &h->worker;
	h->worker.all = c->workers;
	h->worker.nall = s->settings.workers;
	h->worker.last_session = index;
	h->worker.session_step = s->settings.workers;
	r = script_create(&h->worker.script);
	if (r == 0)
		script_set_rates(h->worker.script, shared->rates);
	for (unsigned i = 0; i < s->nlisteners && r == 0; i++) {
		struct listener *l;

		r = listener_create(&l, &h->worker, s, &s->listeners[i], c->sources[i], err, errlen);
		if (r == 0)
			listener_review(l); /* what needs no server opens at once */
	}
	return r;
}

int crew_create(struct crew **cp, struct snapshot *snapshot, const struct crew_shared *shared, char err[],
		size_t errlen)
{
	unsigned n = snapshot->settings.workers;
	struct crew *c = calloc(1, sizeof *c);
	int r;

	*cp = c;
	if (!c)
		return -ENOMEM;
	c->snapshot = snapshot;
	c->main = shared->main;
	c->ended = shared->ended;
	c->ctx = shared->ctx;
	c->hands = calloc(n, sizeof *c->hands);
	c->workers = calloc(n, sizeof *c->workers);
	r = c->hands && c->workers ? create_sources(c) : -ENOMEM;
	for (unsigned i = 0; i < n && r == 0; i++)
		r = create_hand(c, i, shared, err, errlen);
	return r;
}

int crew_open_logs(struct crew *c, char err[], size_t errlen)
{
	int r = 0;

	for (unsigned i = 0; i < c->n && r == 0; i++)
		r = listener_open_logs(&c->hands[i].worker, err, errlen);
	return r;
}

int crew_start(struct crew *c, struct handshake_pool *handshakes)
{
	for (unsigned i = 0; i < c->n; i++) {
		int r;

		c->hands[i].worker.handshakes = handshakes;
		r = pthread_create(&c->hands[i].thread, NULL, hand_main, &c->hands[i]);
		if (r != 0)
			return -r;
		c->hands[i].running = true;
		c->running++;
	}
	return 0;
}

static void destroy_hand(struct hand *h)
{
	struct worker *w = &h->worker;
	struct list *l, *tmp;

	stream_abandon(w);
	flow_abandon(w);
	list_each (l, tmp, &w->listeners)
		listener_destroy(container_of(l, struct listener, node));
	script_destroy(w->script);
	worker_fini(w);
}

void crew_destroy(struct crew *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n; i++)
		destroy_hand(&c->hands[i]);
	for (unsigned i = 0; c->sources && i < c->snapshot->nlisteners; i++)
		sources_destroy(c->sources[i]);
	free(c->sources);
	free(c->hands);
	free(c->workers);
	free(c);
}
