/* SPDX-License-Identifier: Apache-2.0 */
/*
 * monitor.c: when each server is asked, and what its verdicts mean for it.  One timer a server: it says when the next
 * probe goes out, and while one is out, when it has taken too long.  A slot is asked while it has an address.  A server
 * that tracks another has neither timer nor probe: it is told what the other one's came to.
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
#include "track.h"
#include "word.h"

struct monitor {
	struct monitors *all;
	struct server *server;
	struct health_count count;
	struct probe *probe; /* out now; NULL: none */
	uv_timer_t timer;
	uint64_t asked_ms; /* when the last one went out */
	struct mail hurry;
	atomic_bool hurried;
	bool told;           /* that it cannot ask, since the last answer */
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
	atomic_store(&m->server->state->next_ms, m->probe ? 0 : (long long)(clock_loop_ms() + ms));
}

static void set_one(struct server *s, enum health health, const char *note)
{
	/* At the gateway's start all come up together. */
	if (health == HEALTH_UP && (atomic_load(&s->state->health) == HEALTH_DOWN || atomic_load(&s->state->rose_ms)))
		server_rise(s, clock_loop_ms());
	atomic_store(&s->state->health, health);
	atomic_store(&s->state->since, clock_unix_ms());
	log_event(health == HEALTH_UP ? LG_INFO : LG_WARNING, health == HEALTH_UP ? "server-up" : "server-down", "pool",
		  s->pool->name, "server", s->name, "address", s->slots ? server_place(s)->text : NULL, "probe", note,
		  NULL);
}

/* What a follower's operator reads: where it was asked, and what was answered there. */
static void note_followers(struct server *s, const char *note)
{
	char text[sizeof s->state->answer];

	snprintf(text, sizeof text, "pool %s: %s", s->pool->name, note);
	for (struct server *f = s->followers; f; f = f->next_follower)
		server_answer(f, text);
}

static void note_all(struct server *s, const char *note)
{
	server_answer(s, note);
	if (s->followers)
		note_followers(s, note);
}

static void set_health(struct server *s, enum health health, const char *note)
{
	set_one(s, health, note);
	for (struct server *f = s->followers; f; f = f->next_follower)
		set_one(f, health, note);
}

/* For the operator: when it was asked, and how long the answer took. */
static void note_times(struct monitor *m)
{
	struct server_state *state = m->server->state;
	uint64_t took_ms = uv_now(&m->all->control->loop) - m->asked_ms;

	atomic_store(&state->probed, clock_unix_ms() - (long long)took_ms);
	atomic_store(&state->probe_ms, (unsigned)took_ms);
}

static void take_verdict(struct monitor *m, bool healthy, const char *note)
{
	const struct monitor_conf *conf = &m->server->pool->monitor;
	uint32_t dice, next;

	m->probe = NULL;
	m->told = false;
	note_times(m);
	note_all(m->server, note);
	if (health_take(&m->count, healthy)) {
		set_health(m->server, m->count.health, note);
		m->all->changed(m->all->ctx);
	}
	host_functions.random(&dice, sizeof dice);
	next = health_next(&m->count, conf->interval_ms, conf->backoff_ms, dice);
	if (m->sooner && m->count.health == HEALTH_UP && next > HEALTH_FAST_MS)
		next = HEALTH_FAST_MS;
	m->sooner = false;
	next_in(m, next);
}

/* What the server said, or that it said nothing. */
static void take_answer(struct monitor *m, bool good, const char *note)
{
	take_verdict(m, good != m->server->pool->monitor.reverse, note);
}

static void on_done(void *owner, bool healthy, const char *note)
{
	take_answer(owner, healthy, note);
}

/* Of a server that is up it tells nothing: it stays so.  One that is down or unknown has no better answer. */
static void not_asked(struct monitor *m, int error)
{
	const struct monitor_conf *conf = &m->server->pool->monitor;
	char note[sizeof m->server->state->answer];

	if (m->count.health != HEALTH_UP || !probe_lacks(error)) {
		take_verdict(m, false, uv_strerror(error));
		return;
	}
	snprintf(note, sizeof note, "not asked: %s", uv_strerror(error));
	note_all(m->server, note);
	if (!m->told)
		log_warning("probe-failed", "pool", m->server->pool->name, "server", m->server->name, "reason",
			    uv_strerror(error), "hint",
			    error == -EMFILE ? "raise LimitNOFILE= or ulimit -n, or lower limits.sessions" : NULL);
	m->told = true;
	next_in(m, conf->interval_ms);
}

static void ask(struct monitor *m)
{
	int error = 0;

	m->asked_ms = uv_now(&m->all->control->loop);
	atomic_store(&m->hurried, false);
	m->probe = probe_start(m->all->control, m->server, on_done, m, &error);
	if (m->probe)
		next_in(m, m->server->pool->monitor.timeout_ms);
	else
		not_asked(m, error);
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
	take_answer(m, false, note);
}

/* At the earliest `least_ms` after the last one. */
static void ask_soon(struct monitor *m, uint64_t least_ms)
{
	uint64_t ago = uv_now(&m->all->control->loop) - m->asked_ms;

	next_in(m, ago < least_ms ? least_ms - ago : 0);
}

/*
 * Traffic saw it fail.  At most one probe in HEALTH_FAST_MS comes of that, of a server that is down one in an interval:
 * it no longer backs off.  `hurried` holds until it is asked, where nothing more would come of it.
 */
static void on_hurry(struct mail *mail)
{
	struct monitor *m = container_of(mail, struct monitor, hurry);

	health_impatient(&m->count);
	m->sooner = m->probe != NULL;
	if (m->probe || server_is_absent(m->server) || m->count.health == HEALTH_UNKNOWN)
		atomic_store(&m->hurried, false);
	else
		ask_soon(m, m->count.health == HEALTH_UP ? HEALTH_FAST_MS : m->server->pool->monitor.interval_ms);
}

static struct monitor *monitor_of(struct server *s)
{
	struct server *tracked = atomic_load(&s->tracked);

	return atomic_load(&(tracked ? tracked : s)->state->monitor);
}

void monitor_hurry(struct server *s)
{
	struct monitor *m = monitor_of(s);

	if (m && !atomic_exchange(&m->hurried, true))
		worker_post(m->all->control, &m->hurry);
}

void monitor_ask(struct server *s)
{
	struct monitor *m = monitor_of(s);

	if (!m || server_is_absent(m->server))
		return;
	health_impatient(&m->count);
	if (!m->probe)
		ask_soon(m, HEALTH_FAST_MS);
}

/* ---- Coming and going ---- */

/* From now on it is asked, and nothing is known of it. */
static void begin(struct server *s)
{
	struct monitor *m = atomic_load(&s->state->monitor);

	if (s->pool->monitor.always_up) {
		note_all(s, "not monitored");
		set_health(s, HEALTH_UP, "not monitored");
	} else if (m) {
		m->count = (struct health_count){ .health = HEALTH_UNKNOWN,
						  .rise = s->pool->monitor.rise,
						  .fall = s->pool->monitor.fall };
		m->sooner = false;
		next_in(m, 0);
	}
}

static void end(struct monitor *m)
{
	uv_timer_stop(&m->timer);
	atomic_store(&m->server->state->next_ms, 0);
	if (m->probe)
		probe_cancel(m->probe);
	m->probe = NULL;
}

/* It follows another one than before, or nobody: what is known of that one is known of it, and its word counts. */
static void on_followed(void *ctx, struct server *s)
{
	struct server *o = atomic_load(&s->tracked);
	char text[sizeof s->state->answer];
	enum health health;

	(void)ctx;
	if (server_is_absent(s))
		return;
	if (o) {
		health = (enum health)atomic_load(&o->state->health);
		pthread_mutex_lock(&o->state->lock);
		snprintf(text, sizeof text, "pool %s: %.110s", o->pool->name, o->state->answer);
		pthread_mutex_unlock(&o->state->lock);
	} else {
		health = track_is_open(s->pool->monitor.track) ? HEALTH_UNKNOWN : HEALTH_DOWN;
		snprintf(text, sizeof text, "pool %s has no server with this address", s->pool->monitor.track->name);
	}
	server_answer(s, text);
	if (health == HEALTH_UNKNOWN)
		atomic_store(&s->state->health, HEALTH_UNKNOWN);
	else if (atomic_load(&s->state->health) != (int)health)
		set_one(s, health, text);
	word_settle(s, o);
}

/* A server that tracks, follows nobody, and has waited for a name's answer. */
static void give_up_waiting(struct monitors *all)
{
	for (unsigned i = 0; i < all->snapshot->npools; i++) {
		struct pool *p = &all->snapshot->pools[i];

		for (unsigned k = 0; p->monitor.track && k < p->nservers; k++) {
			if (!atomic_load(&p->servers[k].tracked) &&
			    atomic_load(&p->servers[k].state->health) == HEALTH_UNKNOWN)
				on_followed(all, &p->servers[k]);
		}
	}
}

void monitors_came(struct monitors *all, struct server *s)
{
	(void)all;
	begin(s);
}

void monitors_went(struct monitors *all, struct server *s)
{
	struct monitor *m = atomic_load(&s->state->monitor);

	(void)all;
	if (m)
		end(m);
}

void monitors_review(struct monitors *all)
{
	tracks_renew(all->snapshot, on_followed, all);
	give_up_waiting(all);
	all->changed(all->ctx);
}

static void start_one(struct monitors *all, struct server *s)
{
	struct monitor *m;

	if (s->pool->monitor.track || atomic_load(&s->tracked))
		return;
	if (!s->pool->monitor.always_up) {
		m = &all->each[all->n++];
		m->all = all;
		m->server = s;
		m->hurry.run = on_hurry;
		uv_timer_init(&all->control->loop, &m->timer);
		m->timer.data = m;
		atomic_store(&s->state->monitor, m);
	}
	if (!server_is_absent(s))
		begin(s);
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
	give_up_waiting(all);
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
		end(m);
	}
}

void monitors_free(struct monitors *all)
{
	if (!all)
		return;
	snapshot_unref(all->snapshot);
	free(all);
}
