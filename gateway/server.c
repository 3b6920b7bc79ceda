/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server.c: what a server's health and the operator's word allow, the state that they are in, and where it is.  It
 * decides none of them: monitor.c, word.c and slots.c do.
 */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "list.h"
#include "siphash.h"
#include "snapshot.h"
#include "span.h"

struct server_state *server_state_create(void)
{
	struct server_state *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	if (pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	atomic_init(&s->health, HEALTH_UNKNOWN);
	atomic_init(&s->admin, ADMIN_ENABLED);
	atomic_init(&s->since, clock_unix_ms());
	return s;
}

void server_state_free(struct server_state *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- Where it is ---- */

struct server *server_of_place(const struct lg_server *pub)
{
	return pub ? container_of(pub, struct server_place, pub)->server : NULL;
}

const char *server_log_name(const struct server *s)
{
	return s->slots ? server_place(s)->text : s->name;
}

const char *server_full_name(const struct server *s, char text[SERVER_FULL_NAME])
{
	snprintf(text, SERVER_FULL_NAME, "%s/%s", s->pool->name, server_log_name(s));
	return text;
}

static struct server_place *place_create(struct server *s, const struct sockaddr_storage *address)
{
	struct server_place *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->server = s;
	if (address) {
		p->address = *address;
		address_format((const struct sockaddr *)address, p->text, sizeof p->text);
	}
	p->pub = (struct lg_server){ .name = span_of(s->name), .address = span_of(p->text) };
	p->next = s->places;
	s->places = p;
	return p;
}

int server_put(struct server *s, const struct sockaddr_storage *address)
{
	struct server_place *p = s->places;
	unsigned n = 0;

	for (; p && (!address || memcmp(&p->address, address, sizeof *address) != 0); n++)
		p = p->next;
	if (!p && n >= SERVER_PLACES)
		return -ENOSPC;
	if (!p)
		p = place_create(s, address);
	if (!p)
		return -ENOMEM;
	atomic_store_explicit(&s->place, p, memory_order_release);
	return 0;
}

void server_places_free(struct server *s)
{
	for (struct server_place *p = s->places, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	s->places = NULL;
	atomic_store(&s->place, NULL);
}

/* ---- What is known of it ---- */

uint64_t server_id(const char *text)
{
	static const unsigned char key[16] = "lychgate-servers"; /* everyone's */
	uint64_t id = siphash(key, text, strlen(text));

	return id ? id : 1; /* 0 is nobody */
}

void server_answer(struct server *s, const char *text)
{
	pthread_mutex_lock(&s->state->lock);
	snprintf(s->state->answer, sizeof s->state->answer, "%s", text);
	pthread_mutex_unlock(&s->state->lock);
}

/* ---- What is allowed ---- */

bool server_is_present(const struct server *s)
{
	return atomic_load(&s->state->presence) == SERVER_PRESENT;
}

bool server_is_absent(const struct server *s)
{
	return atomic_load(&s->state->presence) == SERVER_ABSENT;
}

bool server_is_up(const struct server *s)
{
	return atomic_load(&s->state->health) == HEALTH_UP;
}

static enum admin own_word(const struct server *s)
{
	return (enum admin)atomic_load(&s->state->admin);
}

const struct server *server_word_from(const struct server *s)
{
	const struct server *o = atomic_load(&s->tracked);

	return o && own_word(o) > own_word(s) ? o : NULL;
}

/* Each is read once: a word that is taken back meanwhile never hides the other. */
enum admin server_word(const struct server *s)
{
	const struct server *o = atomic_load(&s->tracked);
	enum admin own = own_word(s), others = o ? own_word(o) : ADMIN_ENABLED;

	return others > own ? others : own;
}

bool server_is_enabled(const struct server *s)
{
	return server_word(s) == ADMIN_ENABLED;
}

bool server_is_disabled(const struct server *s)
{
	return server_word(s) == ADMIN_DISABLED;
}

bool server_sends_away(const struct server *s)
{
	const struct pool *p = s->pool;
	bool failed = atomic_load(&s->state->health) == HEALTH_DOWN && (!p->monitor.track || atomic_load(&s->tracked));

	return server_is_disabled(s) || (failed && p->ends_when_down && p->all_down != ALL_DOWN_FAIL_OPEN);
}

bool server_rests(const struct server *s)
{
	long long until = atomic_load_explicit(&s->state->rests_until, memory_order_relaxed);

	return until && (uint64_t)until > clock_loop_ms();
}

unsigned server_rests_seconds(const struct server *s)
{
	long long ms = atomic_load_explicit(&s->state->rests_until, memory_order_relaxed) - (long long)clock_loop_ms();

	return ms > 0 ? (unsigned)((ms + 999) / 1000) : 0;
}

void server_rest(struct server *s, uint64_t until_ms)
{
	long long until = atomic_load(&s->state->rests_until);

	while ((uint64_t)until < until_ms &&
	       !atomic_compare_exchange_weak(&s->state->rests_until, &until, (long long)until_ms))
		; /* another worker has said something meanwhile: the longer one holds */
}

bool server_is_full(const struct server *s)
{
	return s->max_sessions && atomic_load(&s->state->sessions) >= s->max_sessions;
}

bool server_enter(struct server *s)
{
	unsigned n = atomic_load(&s->state->sessions);

	do {
		if (s->max_sessions && n >= s->max_sessions)
			return false;
	} while (!atomic_compare_exchange_weak(&s->state->sessions, &n, n + 1));
	return true;
}

void server_enter_anyhow(struct server *s)
{
	atomic_fetch_add(&s->state->sessions, 1);
}

void server_leave(struct server *s)
{
	atomic_fetch_sub(&s->state->sessions, 1);
}

void server_rise(struct server *s, uint64_t now_ms)
{
	atomic_store(&s->state->rose_ms, (long long)now_ms);
}

unsigned server_weight(const struct server *s, uint64_t now_ms)
{
	uint64_t rose = (uint64_t)atomic_load_explicit(&s->state->rose_ms, memory_order_relaxed);
	uint64_t up = now_ms > rose ? now_ms - rose : 0; /* the clock of this thread may be late */
	uint64_t whole = s->pool->slow_start_ms;

	if (!rose || up >= whole)
		return s->weight * SERVER_WHOLE;
	return s->weight * (unsigned)(SERVER_LEAST + (SERVER_WHOLE - SERVER_LEAST) * up / whole);
}

bool server_takes_new(const struct server *s)
{
	return server_is_up(s) && server_is_enabled(s) && server_is_present(s);
}

bool server_takes_own(const struct server *s)
{
	return server_is_up(s) && !server_is_disabled(s);
}

const char *server_state_word(const struct server *s)
{
	static const char *const health[] = {
		[HEALTH_UNKNOWN] = "unknown", [HEALTH_UP] = "up", [HEALTH_DOWN] = "down"
	};

	switch (server_word(s)) {
	case ADMIN_DRAIN:
		return "drain";
	case ADMIN_DISABLED:
		return "disabled";
	default:
		if (atomic_load(&s->state->presence) == SERVER_LEAVING)
			return "leaving";
		return health[atomic_load(&s->state->health)];
	}
}
