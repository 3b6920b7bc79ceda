/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.c: when each server is asked, and what its verdicts mean for it.  One timer a server: it says when the next
 * probe goes out, and while one is out, when it has taken too long.  A server that tracks another has neither timer nor
 * probe: it is told what the other one's came to.
 */
#include "monitor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "health.h"
#include "host.h"
#include "log.h"
#include "probe.h"

struct monitor {
	struct monitors *all;
	struct server *server;
	struct health_count count;
	struct probe *probe; /* out now; NULL: none */
	uv_timer_t timer;
	uint64_t asked_ms; /* when the last one went out */
	struct mail hurry;
	atomic_bool hurried;
	bool sooner;         /* traffic failed while the probe was out: its answer may be older than that */
};

struct monitors {
	struct worker *control;
	struct snapshot *snapshot;
	monitor_changed_fn changed;
	void *ctx;
	unsigned n;
	struct monitor each[];
};

static void on_timer(uv_timer_t *t);

static void next_in(struct monitor *m, uint64_t ms)
{
	uv_timer_start(&m->timer, on_timer, ms, 0);
}

static void note_answer(struct server_state *state, const char *note)
{
	pthread_mutex_lock(&state->lock);
	snprintf(state->answer, sizeof state->answer, "%s", note);
	pthread_mutex_unlock(&state->lock);
}

static void set_one(struct server *s, enum health health, const char *note)
{
	if (health == HEALTH_UP && atomic_load(&s->state->health) == HEALTH_DOWN)
		server_rise(s, clock_loop_ms());
	atomic_store(&s->state->health, health);
	atomic_store(&s->state->since, clock_unix_ms());
	log_event(health == HEALTH_UP ? LG_INFO : LG_WARNING, health == HEALTH_UP ? "server-up" : "server-down", "pool",
		  s->pool->name, "server", s->name, "probe", note, NULL);
}

/* What a follower's operator reads: where it was asked, and what was answered there. */
static void note_followers(struct server *s, const char *note)
{
	char text[sizeof s->state->answer];

	snprintf(text, sizeof text, "pool %s: %s", s->pool->name, note);
	for (struct server *f = s->followers; f; f = f->next_follower)
		note_answer(f->state, text);
}

static void note_all(struct server *s, const char *note)
{
	note_answer(s->state, note);
	if (s->followers)
		note_followers(s, note);
}

static void set_health(struct server *s, enum health health, const char *note)
{
	set_one(s, health, note);
	for (struct server *f = s->followers; f; f = f->next_follower)
		set_one(f, health, note);
}

static void take_verdict(struct monitor *m, bool healthy, const char *note)
{
	const struct monitor_conf *conf = &m->server->pool->monitor;
	uint32_t dice, next;

	m->probe = NULL;
	note_all(m->server, note);
	if (health_take(&m->count, healthy)) {
		set_health(m->server, m->count.health, note);
		m->all->changed(m->all->ctx);
	}
	host_functions.random(&dice, sizeof dice);
	next = health_next(&m->count, conf->interval_ms, dice);
	if (m->sooner && m->count.health == HEALTH_UP && next > HEALTH_FAST_MS)
		next = HEALTH_FAST_MS;
	m->sooner = false;
	next_in(m, next);
}

static void on_done(void *owner, bool healthy, const char *note)
{
	take_verdict(owner, healthy, note);
}

static void ask(struct monitor *m)
{
	const char *reason = NULL;

	m->asked_ms = uv_now(&m->all->control->loop);
	atomic_store(&m->hurried, false);
	m->probe = probe_start(m->all->control, m->server, on_done, m, &reason);
	if (m->probe)
		next_in(m, m->server->pool->monitor.timeout_ms);
	else
		take_verdict(m, false, reason);
}

static void on_timer(uv_timer_t *t)
{
	struct monitor *m = t->data;
	char note[64];

	if (!m->probe) {
		ask(m);
		return;
	}
	probe_cancel(m->probe); /* a late answer changes nothing: there is nobody left to hear it */
	snprintf(note, sizeof note, "no answer in %u ms", m->server->pool->monitor.timeout_ms);
	take_verdict(m, false, note);
}

/* Traffic saw it fail.  At most one probe in HEALTH_FAST_MS comes of that. */
static void on_hurry(struct mail *mail)
{
	struct monitor *m = container_of(mail, struct monitor, hurry);
	uint64_t ago = uv_now(&m->all->control->loop) - m->asked_ms;

	if (!m->probe && m->count.health == HEALTH_UP) {
		next_in(m, ago < HEALTH_FAST_MS ? HEALTH_FAST_MS - ago : 0);
		return; /* `hurried` until then: nothing more would come of it */
	}
	m->sooner = m->probe != NULL;
	atomic_store(&m->hurried, false);
}

void monitor_hurry(struct server *s)
{
	struct monitor *m = atomic_load(&(s->tracked ? s->tracked : s)->state->monitor);

	if (m && !atomic_exchange(&m->hurried, true))
		worker_post(m->all->control, &m->hurry);
}

static void start_one(struct monitors *all, struct server *s)
{
	struct monitor *m;

	if (s->tracked)
		return;
	if (s->pool->monitor.always_up) {
		note_all(s, "not monitored");
		set_health(s, HEALTH_UP, "not monitored");
		return;
	}
	m = &all->each[all->n++];
	m->all = all;
	m->server = s;
	m->count = (struct health_count){ .health = HEALTH_UNKNOWN,
					  .rise = s->pool->monitor.rise,
					  .fall = s->pool->monitor.fall };
	m->hurry.run = on_hurry;
	uv_timer_init(&all->control->loop, &m->timer);
	m->timer.data = m;
	atomic_store(&s->state->monitor, m);
	next_in(m, 0);
}

int monitors_start(struct monitors **mp, struct worker *control, struct snapshot *snapshot, monitor_changed_fn changed,
		   void *ctx)
{
	struct monitors *all;
	unsigned n = 0;

	for (unsigned i = 0; i < snapshot->npools; i++)
		n += snapshot->pools[i].nservers;
	all = calloc(1, sizeof *all + n * sizeof all->each[0]);
	if (!all)
		return -ENOMEM;
	all->control = control;
	all->snapshot = snapshot_ref(snapshot);
	all->changed = changed;
	all->ctx = ctx;
	for (unsigned i = 0; i < snapshot->npools; i++) {
		for (unsigned k = 0; k < snapshot->pools[i].nservers; k++)
			start_one(all, &snapshot->pools[i].servers[k]);
	}
	*mp = all;
	return 0;
}

void monitors_stop(struct monitors *all)
{
	if (!all)
		return;
	for (unsigned i = 0; i < all->n; i++) {
		struct monitor *m = &all->each[i];

		atomic_store(&m->server->state->monitor, NULL);
		uv_timer_stop(&m->timer);
		if (m->probe)
			probe_cancel(m->probe);
		m->probe = NULL;
	}
}

void monitors_free(struct monitors *all)
{
	if (!all)
		return;
	snapshot_unref(all->snapshot);
	free(all);
}
