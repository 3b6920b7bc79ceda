/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors.c adds up what the configuration promises, and sets the limit of the process. */
#include "descriptors.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "expect.h"
#include "log.h"
#include "snapshot.h"
#include "splice.h"

enum {
	OF_PROCESS = 64,                   /* stdio, control socket and those that speak there, libraries, signals */
	OF_WORKER = 16 + 2 * SPLICE_PIPES, /* loop, wake-up, pipes */
	SESSIONS_LEAST = 16,               /* fewer make no sense: it is refused */
};

static uint64_t of_session(const struct listener_conf *l)
{
	for (unsigned i = 0; i < l->nbinds; i++) {
		if (l->binds[i].transport != LG_UDP)
			return 2;
	}
	return 1;
}

/* Ports that the plugin may open while it runs (expect.h): the listener's workers share them. */
static uint64_t of_ports(const struct listener_conf *l)
{
	const struct lg_option *o = l->plugin_conf ? l->plugin->options : NULL;
	uint64_t sum = 0;

	for (; o && o->name; o++) {
		const struct lg_ports *p = (const void *)((const char *)l->plugin_conf + o->offset);

		if (o->type == LG_PORTS && p->first && p->first <= p->last)
			sum += p->last - p->first + 1u;
	}
	return sum;
}

/* Whatever the number of sessions is.  Idle leased links are not in it: they go when there is need (reach.h). */
static uint64_t fixed_part(const struct snapshot *s)
{
	uint64_t of_workers = OF_WORKER, sum = OF_PROCESS;

	for (unsigned i = 0; i < s->nlisteners; i++) {
		sum += of_ports(&s->listeners[i]);
		of_workers += s->listeners[i].nbinds + (s->listeners[i].access_log ? 1 : 0);
		for (unsigned k = 0; k < s->listeners[i].nreach; k++)
			of_workers += (uint64_t)s->listeners[i].reach[k].pool->nservers *
				      s->listeners[i].reach[k].pool->links;
	}
	for (unsigned i = 0; i < s->npools; i++)
		sum += s->pools[i].nservers; /* probes */
	return sum + of_workers * s->settings.workers;
}

static uint64_t of_sessions(const struct snapshot *s, bool written)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->nlisteners; i++) {
		if (s->listeners[i].limits.sessions_written == written)
			sum += of_session(&s->listeners[i]) * s->listeners[i].limits.sessions;
	}
	return sum;
}

uint64_t descriptors_needed(const struct snapshot *s)
{
	return fixed_part(s) + of_sessions(s, true) + of_sessions(s, false);
}

/* One line for all: `least` is whose limit is the lowest now. */
static void tell_lowered(const struct listener_conf *least, unsigned n, uint64_t have)
{
	log_warning("sessions-lowered", "listeners", LOG_NUM(n), "listener", least->name, "sessions",
		    LOG_NUM(least->limits.sessions), "descriptors", LOG_NUM(have), "hint",
		    "raise LimitNOFILE= or ulimit -n, or write limits.sessions");
}

/* The limits that nobody has written shrink alike. */
static bool shrink(struct snapshot *s, uint64_t have)
{
	uint64_t taken = fixed_part(s) + of_sessions(s, true), wanted = of_sessions(s, false);
	const struct listener_conf *least = NULL;
	unsigned n = 0;

	if (have <= taken || wanted == 0)
		return false;
	for (unsigned i = 0; i < s->nlisteners; i++) {
		struct listener_conf *conf = &s->listeners[i];
		struct listener_limits *l = &conf->limits;

		if (l->sessions_written)
			continue;
		l->sessions = (uint32_t)(l->sessions * (have - taken) / wanted);
		expects_limit(conf->expects, l->sessions);
		if (l->sessions < SESSIONS_LEAST)
			return false;
		n++;
		if (!least || l->sessions < least->limits.sessions)
			least = conf;
	}
	tell_lowered(least, n, have);
	return true;
}

int descriptors_fit(struct snapshot *s, uint64_t have, char err[], size_t errlen)
{
	uint64_t needed = descriptors_needed(s);

	if (needed <= have || shrink(s, have))
		return 0;
	snprintf(err, errlen,
		 "the limits need %" PRIu64 " descriptors, this process may have %" PRIu64
		 ": raise LimitNOFILE= of its unit (ulimit -n in a shell), or lower limits.sessions",
		 needed, have);
	return -EMFILE;
}

/* As many as the system lets us have: up to the hard limit, and with the privilege beyond it what is needed. */
static uint64_t raise_limit(uint64_t needed)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0)
		return needed; /* then opening will tell */
	if (l.rlim_max < needed) {
		struct rlimit more = { needed, needed };

		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return needed;
	}
	l.rlim_cur = l.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		(void)getrlimit(RLIMIT_NOFILE, &l);
	return l.rlim_cur;
}

int descriptors_provide(struct snapshot *s, char err[], size_t errlen)
{
	return descriptors_fit(s, raise_limit(descriptors_needed(s)), err, errlen);
}
