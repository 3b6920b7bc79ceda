/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.c: when each name is asked for, and how long an answer holds.  What an answer does to servers: slots.c.  It
 * knows no name server: the system's resolver is asked, with its own order of files and servers, and its own patience.
 */
#include "resolve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "host.h"
#include "log.h"

/* One host name, and the slots of all servers that are written with it. */
struct question {
	struct resolver *all;
	const char *host;
	struct slots **slots;
	unsigned nslots;
	uv_getaddrinfo_t request;
	bool out;           /* the request is */
	uv_timer_t timer;   /* when it is asked next */
	uint64_t good_ms;   /* when the last answer came; 0: never */
	bool failing, lost; /* there is no answer; and the last one holds no longer */
	uint32_t again_ms;
};

struct resolver {
	struct worker *control;
	struct snapshot *snapshot;
	struct monitors *monitors;
	uv_timer_t settle;
	bool stopped;
	unsigned n;
	struct question each[];
};

static void on_came(void *ctx, struct server *s)
{
	monitors_came(ctx, s);
}

static void on_went(void *ctx, struct server *s)
{
	monitors_went(ctx, s);
}

static const struct slots_ops to_monitors = { .came = on_came, .went = on_went };

/* ---- Answers ---- */

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sockaddr_storage));
}

/* Names that are to lead nowhere have 0.0.0.0, and connecting to that leads to this machine. */
static bool is_address(const struct addrinfo *a)
{
	return (a->ai_family == AF_INET || a->ai_family == AF_INET6) && !address_is_any(a->ai_addr);
}

/* The addresses alone, each once, always in the same order. */
static unsigned read_answer(struct sockaddr_storage found[RESOLVE_FOUND], const struct addrinfo *list)
{
	unsigned n = 0, kept = 0;

	for (const struct addrinfo *a = list; a && n < RESOLVE_FOUND; a = a->ai_next) {
		if (!is_address(a))
			continue;
		memset(&found[n], 0, sizeof found[n]);
		memcpy(&found[n], a->ai_addr, a->ai_addrlen);
		address_set_port(&found[n++], 0);
	}
	qsort(found, n, sizeof *found, by_address);
	for (unsigned i = 0; i < n; i++) {
		if (kept == 0 || by_address(&found[kept - 1], &found[i]) != 0)
			found[kept++] = found[i];
	}
	return kept;
}

static uint32_t jitter(uint32_t ms)
{
	uint32_t dice;

	host_functions.random(&dice, sizeof dice);
	return ms - dice % (ms / 10 + 1);
}

static bool take(struct question *q, const struct sockaddr_storage *found, unsigned n)
{
	bool changed = false;

	if (q->failing)
		log_info("name-resolves", "host", q->host, "addresses", LOG_NUM(n));
	q->failing = q->lost = false;
	q->good_ms = clock_loop_ms();
	q->again_ms = RESOLVE_AGAIN_MS;
	for (unsigned i = 0; i < q->nslots; i++)
		changed |= slots_take(q->slots[i], found, n, &to_monitors, q->all->monitors);
	return changed;
}

/* Told once, when it begins, and once more when the last addresses hold no longer. */
static void tell_failure(struct question *q, const char *reason, bool lost)
{
	if (!q->failing && !lost)
		log_warning("name-unresolved", "host", q->host, "reason", reason, "servers", "stay where they were",
			    "for_seconds", LOG_NUM(q->all->snapshot->settings.resolve_keep_ms / 1000));
	else if (!q->lost && lost)
		log_warning("name-unresolved", "host", q->host, "reason", reason, "servers", "down");
}

static bool fail(struct question *q, const char *reason)
{
	uint64_t keep_ms = q->all->snapshot->settings.resolve_keep_ms;
	bool lost = !q->good_ms || clock_loop_ms() - q->good_ms >= keep_ms, changed = false;
	char note[120];

	tell_failure(q, reason, lost);
	q->failing = true;
	q->lost = lost;
	snprintf(note, sizeof note, "its name does not resolve: %s", reason);
	for (unsigned i = 0; lost && i < q->nslots; i++)
		changed |= slots_lost(q->slots[i], note, &to_monitors, q->all->monitors);
	return changed;
}

/* ---- Leaving servers ---- */

static bool anybody_leaves(const struct resolver *r)
{
	for (unsigned i = 0; i < r->snapshot->npools; i++) {
		for (unsigned k = 0; k < r->snapshot->pools[i].nservers; k++) {
			const struct server *s = &r->snapshot->pools[i].servers[k];

			if (atomic_load(&s->state->presence) == SERVER_LEAVING)
				return true;
		}
	}
	return false;
}

static void on_settle(uv_timer_t *t)
{
	struct resolver *r = t->data;
	bool changed = false;

	for (unsigned i = 0; i < r->n; i++) {
		for (unsigned k = 0; k < r->each[i].nslots; k++)
			changed |= slots_settle(r->each[i].slots[k], &to_monitors, r->monitors);
	}
	if (changed)
		monitors_review(r->monitors);
	if (!anybody_leaves(r))
		uv_timer_stop(t);
}

static void settle_later(struct resolver *r)
{
	if (anybody_leaves(r) && !uv_is_active((uv_handle_t *)&r->settle))
		uv_timer_start(&r->settle, on_settle, RESOLVE_SETTLE_MS, RESOLVE_SETTLE_MS);
}

/* ---- Questions ---- */

static void on_timer(uv_timer_t *t);

static void ask_later(struct question *q)
{
	uint32_t most_ms = q->all->snapshot->settings.resolve_ms, ms = most_ms;

	if (q->failing) {
		ms = q->again_ms < most_ms ? q->again_ms : most_ms;
		q->again_ms = ms < most_ms / 2 ? 2 * ms : most_ms;
	}
	uv_timer_start(&q->timer, on_timer, jitter(ms), 0);
}

static void conclude(struct question *q, bool changed)
{
	if (changed)
		monitors_review(q->all->monitors);
	settle_later(q->all);
	ask_later(q);
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
	struct question *q = request->data;
	struct sockaddr_storage found[RESOLVE_FOUND];
	unsigned n = status == 0 ? read_answer(found, list) : 0;

	q->out = false;
	uv_freeaddrinfo(list);
	if (q->all->stopped)
		return;
	if (n > 0)
		conclude(q, take(q, found, n));
	else
		conclude(q, fail(q, status ? uv_strerror(status) : "it has no addresses"));
}

static void ask(struct question *q)
{
	/* Without AI_ADDRCONFIG a machine that has no IPv6 would get servers that it cannot reach. */
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	int r = uv_getaddrinfo(&q->all->control->loop, &q->request, on_answer, q->host, NULL, &hints);

	q->out = r == 0;
	if (r < 0)
		conclude(q, fail(q, uv_strerror(r)));
}

static void on_timer(uv_timer_t *t)
{
	struct question *q = t->data;

	if (!q->out)
		ask(q);
}

/* ---- Beginning and end ---- */

static struct question *question_for(struct resolver *r, const char *host)
{
	struct question *q = r->each;

	while (q < r->each + r->n && strcasecmp(q->host, host) != 0)
		q++;
	return q;
}

static int add(struct resolver *r, struct slots *s)
{
	struct question *q = question_for(r, s->host);
	struct slots **list = realloc(q->slots, (q->nslots + 1) * sizeof *list);

	if (!list)
		return -ENOMEM;
	q->slots = list;
	q->slots[q->nslots++] = s;
	if (q->all)
		return 0;
	q->all = r;
	q->host = s->host;
	q->again_ms = RESOLVE_AGAIN_MS;
	q->request.data = q->timer.data = q;
	r->n++;
	return 0;
}

static unsigned names_of(const struct snapshot *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->npools; i++)
		n += s->pools[i].nslots;
	return n;
}

int resolver_start(struct resolver **rp, struct worker *control, struct snapshot *snapshot, struct monitors *monitors)
{
	struct resolver *r = calloc(1, sizeof *r + names_of(snapshot) * sizeof r->each[0]);
	int ret = r ? 0 : -ENOMEM;

	if (!r)
		return ret;
	r->control = control;
	r->snapshot = snapshot_ref(snapshot);
	r->monitors = monitors;
	for (unsigned i = 0; i < snapshot->npools; i++) {
		for (unsigned k = 0; k < snapshot->pools[i].nslots && ret == 0; k++)
			ret = add(r, &snapshot->pools[i].slots[k]);
	}
	if (ret < 0) {
		resolver_free(r);
		return ret;
	}
	uv_timer_init(&control->loop, &r->settle);
	r->settle.data = r;
	for (unsigned i = 0; i < r->n; i++) {
		uv_timer_init(&control->loop, &r->each[i].timer);
		uv_timer_start(&r->each[i].timer, on_timer, 0, 0);
	}
	*rp = r;
	return 0;
}

void resolver_stop(struct resolver *r)
{
	if (!r)
		return;
	r->stopped = true;
	uv_timer_stop(&r->settle);
	for (unsigned i = 0; i < r->n; i++) {
		uv_timer_stop(&r->each[i].timer);
		if (r->each[i].out && uv_cancel((uv_req_t *)&r->each[i].request) < 0)
			log_info("resolver-is-waited-for", "host", r->each[i].host);
	}
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->n; i++)
		free(r->each[i].slots);
	snapshot_unref(r->snapshot);
	free(r);
}
