/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.c: counts verdicts in a row.  A server goes up after `rise` good ones, down after `fall` bad ones, and by its
 * first one when nothing is known.  It never asks a server (monitor.c) and never picks one (balance.c).
 */
#include "health.h"

static bool becomes(struct health_count *v, enum health health)
{
	bool changed = v->health != health;

	v->health = health;
	return changed;
}

bool health_take(struct health_count *v, bool healthy)
{
	v->good = healthy ? v->good + 1 : 0;
	v->bad = healthy ? 0 : v->bad + 1;
	if (v->health == HEALTH_UNKNOWN)
		return becomes(v, healthy ? HEALTH_UP : HEALTH_DOWN);
	if (healthy && v->good >= v->rise)
		return becomes(v, HEALTH_UP);
	if (!healthy && v->bad >= v->fall)
		return becomes(v, HEALTH_DOWN);
	return false;
}

uint32_t health_next(const struct health_count *v, uint32_t interval_ms, uint32_t random)
{
	bool failing = v->health == HEALTH_UP && v->bad > 0;

	if (failing && interval_ms > HEALTH_FAST_MS)
		return HEALTH_FAST_MS;
	return interval_ms - random % (interval_ms / 10 + 1);
}
