/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quiet.c: a bucket of lines for each event of a listener.  Who writes the line asks first (link_log does, for all that
 * is told of a link); the rest is told here.
 */
#include "quiet.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "snapshot.h"

static struct quiet_event *find(struct quiet *q, const char *word)
{
	unsigned i = 0;

	while (i < QUIET_EVENTS - 1 && q->events[i].word[0] && strncmp(q->events[i].word, word, QUIET_WORD - 1) != 0)
		i++;
	return &q->events[i];
}

static bool take(struct quiet_event *e, uint64_t now_ms)
{
	int64_t now = (int64_t)now_ms, earliest = now - QUIET_BURST * QUIET_PACE_MS;

	if (e->due_ms < earliest || !e->word[0])
		e->due_ms = earliest;
	if (e->due_ms + QUIET_PACE_MS > now)
		return false;
	e->due_ms += QUIET_PACE_MS;
	return true;
}

/* What was left out until now. */
static unsigned long long take_left_out(struct quiet_event *e)
{
	unsigned long long n = e->left_out;

	e->left_out = 0;
	return n;
}

unsigned long long quiet_asks(struct quiet *q, enum lg_level level, const char *event, uint64_t now_ms)
{
	struct quiet_event *e;
	unsigned long long n = 0;

	if (level >= LG_DEBUG)
		return 1;
	pthread_mutex_lock(&q->lock);
	e = find(q, event);
	if (take(e, now_ms))
		n = take_left_out(e) + 1;
	else
		e->left_out++;
	snprintf(e->word, sizeof e->word, "%s", event);
	e->level = level;
	pthread_mutex_unlock(&q->lock);
	return n;
}

void quiet_catch_up(const struct listener_conf *conf, uint64_t now_ms)
{
	struct quiet *q = &conf->stats->quiet;

	for (unsigned i = 0; i < QUIET_EVENTS; i++) {
		struct quiet_event *e = &q->events[i], told;
		unsigned long long n;

		pthread_mutex_lock(&q->lock);
		n = e->left_out && take(e, now_ms) ? take_left_out(e) : 0;
		told = *e;
		pthread_mutex_unlock(&q->lock);
		if (n)
			log_event(told.level, told.word, "listener", conf->name, "count", LOG_NUM(n), NULL);
	}
}
