/* SPDX-License-Identifier: Apache-2.0 */
/* slots.c: which address is in which slot, and who comes and goes with that.  It neither asks for names nor for health.
 */
#include "slots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "snapshot.h"
#include "word.h"

_Static_assert(SLOTS_MAX <= 32, "slots.rested has a bit for each");

static struct server *slot(const struct slots *s, unsigned i)
{
	return &s->pool->servers[s->first + i];
}

static bool is(const struct server *s, enum presence presence)
{
	return atomic_load(&s->state->presence) == (int)presence;
}

static bool is_quiet(const struct server *s)
{
	const struct server_state *t = s->state;

	return !atomic_load(&t->sessions) && !atomic_load(&t->shared) && !atomic_load(&t->idle) &&
	       !atomic_load(&t->expected);
}

static bool is_at(const struct server *s, const struct sockaddr_storage *address)
{
	return address_same_host((const struct sockaddr *)&server_place(s)->address, (const struct sockaddr *)address);
}

static bool was_somewhere(const struct server *s)
{
	return server_place(s)->address.ss_family != AF_UNSPEC;
}

static void set(struct server *s, enum presence presence, enum health health)
{
	atomic_store(&s->state->health, health);
	atomic_store(&s->state->presence, presence);
	atomic_store(&s->state->since, clock_unix_ms());
}

static void tell(enum lg_level level, const char *event, const struct server *s)
{
	log_event(level, event, "pool", s->pool->name, "server", s->name, "address", server_place(s)->text, "sessions",
		  LOG_NUM(atomic_load(&s->state->sessions)), NULL);
}

/* ---- Those that are there ---- */

static bool is_among(const struct server *s, const struct sockaddr_storage *found, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (is_at(s, &found[i]))
			return true;
	}
	return false;
}

/* Whether it still has the name. */
static bool compare(struct server *s, const struct sockaddr_storage *found, unsigned n)
{
	enum presence presence = is_among(s, found, n) ? SERVER_PRESENT : SERVER_LEAVING;

	if (is(s, SERVER_ABSENT) || is(s, presence))
		return false;
	set(s, presence, (enum health)atomic_load(&s->state->health));
	if (presence == SERVER_PRESENT)
		tell(LG_INFO, "address-is-back", s);
	else
		tell(LG_WARNING, "address-leaves", s);
	return true;
}

bool slots_settle(struct slots *s, const struct slots_ops *ops, void *ctx)
{
	bool changed = false;

	for (unsigned i = 0; i < s->n; i++) {
		struct server *k = slot(s, i);

		if (!is(k, SERVER_LEAVING) || !is_quiet(k))
			continue;
		set(k, SERVER_ABSENT, HEALTH_DOWN);
		tell(LG_INFO, "address-gone", k);
		ops->went(ctx, k);
		changed = true;
	}
	return changed;
}

/* ---- Those that come ---- */

static bool has_slot(const struct slots *s, const struct sockaddr_storage *address)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (!is(slot(s, i), SERVER_ABSENT) && is_at(slot(s, i), address))
			return true;
	}
	return false;
}

/* How good a slot is for the address: its own of before, then a new one, then one that has been free long enough. */
static unsigned merit(const struct slots *s, unsigned i, const struct sockaddr_storage *address)
{
	const struct server *k = slot(s, i);

	if (!is(k, SERVER_ABSENT))
		return 0;
	if (!was_somewhere(k))
		return 2;
	if (is_at(k, address))
		return 3;
	return s->rested & UINT32_C(1) << i && is_quiet(k);
}

/* The best one but those in `full`, a bit for each. */
static int slot_for(const struct slots *s, const struct sockaddr_storage *address, uint32_t full)
{
	unsigned most = 0;
	int best = -1;

	for (unsigned i = 0; i < s->n; i++) {
		unsigned m = full & UINT32_C(1) << i ? 0 : merit(s, i, address);

		if (m > most) {
			most = m;
			best = (int)i;
		}
	}
	return best;
}

/* Nothing of the address that it had before is this one's. */
static void forget(const struct slots *s, struct server *k)
{
	struct server_state *t = k->state;

	atomic_store(&t->requests, 0);
	atomic_store(&t->failures, 0);
	atomic_store(&t->resumed, 0);
	atomic_store(&t->rests_until, 0);
	atomic_store(&t->admin, s->admin);
	word_begin(k);
	server_answer(k, "");
}

/* The name had addresses before: who comes now joins those that run, and starts slowly once it is up. */
static bool had_addresses(const struct slots *s)
{
	for (unsigned i = 0; i < s->n; i++) {
		if (was_somewhere(slot(s, i)))
			return true;
	}
	return false;
}

/* 0, or what server_put says. */
static int take(struct slots *s, struct server *k, const struct sockaddr_storage *found, bool late)
{
	struct sockaddr_storage address = *found;
	bool back = is_at(k, &address);
	char text[512], host[ADDRESS_TEXT];
	int r;

	address_set_port(&address, s->port);
	r = server_put(k, &address);
	if (r < 0)
		return r;
	if (!back)
		forget(s, k);
	if (late)
		server_rise(k, clock_loop_ms());
	address_format_host((const struct sockaddr *)&address, host, sizeof host);
	snprintf(text, sizeof text, "%s %s", s->id, host);
	atomic_store(&k->id, server_id(text));
	set(k, SERVER_PRESENT, HEALTH_UNKNOWN);
	tell(LG_INFO, "address-found", k);
	return 0;
}

/* The slot that has the address now; NULL: none, and `why` is -EBUSY (none is free) or what server_put said last. */
static struct server *settle_in(struct slots *s, const struct sockaddr_storage *found, bool late, int *why)
{
	uint32_t full = 0;
	int i, r = -EBUSY;

	for (i = slot_for(s, found, full); i >= 0; i = slot_for(s, found, full)) {
		r = take(s, slot(s, (unsigned)i), found, late);
		if (r == 0)
			return slot(s, (unsigned)i);
		full |= UINT32_C(1) << i;
	}
	*why = r;
	return NULL;
}

static const char *reason_of(int why)
{
	if (why == -ENOSPC)
		return "its slots have had too many addresses since the start: restart the gateway";
	if (why == -ENOMEM)
		return "memory is out";
	return "the name has more of them than `addresses` allows, counting those that still leave";
}

/* Of those that found no slot. */
static void leave_out(struct slots *s, unsigned n, int why)
{
	if (n > s->left_out)
		log_event(LG_WARNING, "addresses-left-out", "pool", s->pool->name, "host", s->host, "number",
			  LOG_NUM(n), "reason", reason_of(why), NULL);
	s->left_out = n;
}

/* The answer has come: a slot that is empty now is not one of which nothing is known. */
static bool rule_out(struct slots *s)
{
	bool changed = false;

	s->rested = 0;
	for (unsigned i = 0; i < s->n; i++) {
		struct server *k = slot(s, i);

		if (!is(k, SERVER_ABSENT))
			continue;
		changed |= atomic_exchange(&k->state->health, HEALTH_DOWN) != HEALTH_DOWN;
		s->rested |= is_quiet(k) ? UINT32_C(1) << i : 0;
	}
	return changed;
}

bool slots_take(struct slots *s, const struct sockaddr_storage *found, unsigned n, const struct slots_ops *ops,
		void *ctx)
{
	unsigned left_out = 0;
	bool changed = false, late = had_addresses(s);
	int why = 0;

	for (unsigned i = 0; i < s->n; i++)
		changed |= compare(slot(s, i), found, n);
	changed |= slots_settle(s, ops, ctx);
	for (unsigned i = 0; i < n; i++) {
		struct server *k;

		if (has_slot(s, &found[i]))
			continue;
		k = settle_in(s, &found[i], late, &why);
		if (!k) {
			left_out++;
			continue;
		}
		ops->came(ctx, k);
		changed = true;
	}
	leave_out(s, left_out, why);
	return rule_out(s) || changed;
}

bool slots_lost(struct slots *s, const char *reason, const struct slots_ops *ops, void *ctx)
{
	bool changed = slots_take(s, NULL, 0, ops, ctx);

	if (is(slot(s, 0), SERVER_ABSENT))
		server_answer(slot(s, 0), reason);
	return changed;
}

/* ---- What is shown ---- */

bool slots_show(const struct server *s)
{
	const struct slots *name = s->slots;

	if (!server_is_absent(s))
		return true;
	if (!name || s->index != name->first)
		return false;
	for (unsigned i = 0; i < name->n; i++) {
		if (!is(slot(name, i), SERVER_ABSENT))
			return false;
	}
	return true;
}
