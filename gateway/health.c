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

static uint32_t backed_off(uint32_t waited_ms, uint32_t interval_ms, uint32_t backoff_ms)
{
	if (!waited_ms || backoff_ms <= interval_ms)
		return interval_ms;
	return waited_ms < backoff_ms / 2 ? 2 * waited_ms : backoff_ms;
}

uint32_t health_next(struct health_count *v, uint32_t interval_ms, uint32_t backoff_ms, uint32_t random)
{
	bool failing = v->health == HEALTH_UP && v->bad > 0, backs_off = v->health == HEALTH_DOWN && v->bad > 0;
	uint32_t ms = backed_off(backs_off ? v->waited_ms : 0, interval_ms, backoff_ms);

	v->waited_ms = backs_off ? ms : 0;
	if (failing && interval_ms > HEALTH_FAST_MS)
		return HEALTH_FAST_MS;
	return ms - random % (ms / 10 + 1);
}

void health_impatient(struct health_count *v)
{
	v->waited_ms = 0;
}
