/* SPDX-License-Identifier: Apache-2.0 */
/* admission.c: the limits that a new session meets before anything is made for it. */
#include "admission.h"

#include <errno.h>

#include "address.h"
#include "flow.h"
#include "log.h"

enum { QUIET_MS = 1000 };

static const char *const words[] = {
	[OUT_OF_MEMORY] = "memory of the process",
	[OUTSIDE_RANGE] = "its range of ports",
	[NOT_EXPECTED] = "the one client that is expected",
};

static const enum limit numbers[] = {
	[OVER_HANDSHAKES] = LIMIT_HANDSHAKES,
	[OVER_SESSIONS] = LIMIT_SESSIONS,
	[OVER_SOURCE] = LIMIT_SESSIONS_PER_SOURCE,
	[OVER_PACE] = LIMIT_NEW_PER_SOURCE,
	[NOT_EXPECTED] = LIMIT_NONE,
};

enum admission admission_enter(struct listener *l, const struct sockaddr *source)
{
	int r = l->sources ? sources_enter(l->sources, source, l->worker->now_ms) : 0;

	return r == 0 ? ADMITTED : r == -EUSERS ? OVER_SOURCE : r == -EAGAIN ? OVER_PACE : OUT_OF_MEMORY;
}

enum admission admit(struct listener *l, const struct sockaddr *peer, enum lg_transport transport)
{
	const struct listener_limits *limits = &l->conf->limits;
	struct listener_stats *stats = l->conf->stats;
	enum admission a;

	if (transport == LG_TLS && atomic_load_explicit(&stats->handshakes, memory_order_relaxed) >= limits->handshakes)
		return OVER_HANDSHAKES;
	if (atomic_fetch_add_explicit(&stats->sessions, 1, memory_order_relaxed) >= limits->sessions) {
		atomic_fetch_sub_explicit(&stats->sessions, 1, memory_order_relaxed);
		return OVER_SESSIONS;
	}
	a = peer ? admission_enter(l, peer) : ADMITTED;
	if (a != ADMITTED) {
		atomic_fetch_sub_explicit(&stats->sessions, 1, memory_order_relaxed);
		return a;
	}
	atomic_fetch_add_explicit(&stats->accepted, 1, memory_order_relaxed);
	return ADMITTED;
}

/* The table is full, or this client's share: a flow that is worth less goes at once. */
static void make_room(struct listener_socket *k, enum admission why, const struct sockaddr *peer)
{
	struct flow_entry *e =
		why == OVER_SOURCE || why == OVER_PACE ? flows_oldest_of(&k->flows, peer) : flows_victim(&k->flows);

	if (!e)
		return;
	flow_close(container_of(e, struct flow, entry), "table full");
	worker_deliver(k->listener->worker);
}

/* Each worker's table has its part of limits.sessions: a worker can only make room in its own. */
static bool has_its_part(const struct listener_socket *k)
{
	const struct listener *l = k->listener;
	size_t part = l->conf->limits.sessions / l->snapshot->settings.workers;

	return k->flows.n >= (part ? part : 1);
}

enum admission admit_flow(struct listener_socket *k, const struct sockaddr *peer)
{
	enum admission a;

	if (has_its_part(k))
		make_room(k, OVER_SESSIONS, peer);
	a = admit(k->listener, peer, LG_UDP);
	if (a == ADMITTED)
		return a;
	make_room(k, a, peer);
	return admit(k->listener, peer, LG_UDP);
}

uint32_t admission_share(uint32_t handshakes)
{
	return handshakes / HANDSHAKES_SHARE ? handshakes / HANDSHAKES_SHARE : 1;
}

/* Not a limit in number. */
static void tell_refusal(struct listener *l, const char *peer, enum admission why)
{
	if (l->refused_ms && l->worker->now_ms - l->refused_ms < QUIET_MS)
		return;
	l->refused_ms = l->worker->now_ms;
	log_warning("session-refused", "listener", l->conf->name, "limit", words[why], "peer", peer);
}

void admission_refused(struct listener *l, const struct sockaddr *peer, enum admission why)
{
	char text[ADDRESS_TEXT];

	atomic_fetch_add_explicit(&l->conf->stats->refused_limit, 1, memory_order_relaxed);
	address_format(peer, text, sizeof text);
	if (numbers[why])
		limit_passed(l->conf, numbers[why], text, l->worker->now_ms);
	else
		tell_refusal(l, text, why);
}

void admission_leave(struct listener *l, const struct sockaddr *peer)
{
	atomic_fetch_sub_explicit(&l->conf->stats->sessions, 1, memory_order_relaxed);
	if (l->sources && peer)
		sources_leave(l->sources, peer);
}
