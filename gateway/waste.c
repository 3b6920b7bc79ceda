/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waste.c: when to call malloc_trim.  What there is in use is estimated from the listeners' counters: the calls cost by how
 * much lies idle, so they are made as often as much has gone, not by the clock.
 */
#include "waste.h"

#include <malloc.h>
#include <stdatomic.h>

#include "clock.h"
#include "log.h"
#include "snapshot.h"
#include "worker.h"

enum {
	LOOK_MS = 1000,
	LINGER_LOOKS = 4,
	SESSION_BYTES = 16 * 1024,     /* of the least that there is inside TLS */
	WASTE_LEAST = 4 * 1024 * 1024,
};

bool waste_is_worth_it(uint64_t most, uint64_t now)
{
	return now < most / 4 * 3 && most - now >= WASTE_LEAST;
}

static uint64_t in_use(const struct snapshot *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->nlisteners; i++) {
		const struct listener_stats *stats = s->listeners[i].stats;

		sum += (uint64_t)atomic_load(&stats->sessions) * SESSION_BYTES + atomic_load(&stats->held_bytes);
	}
	return sum;
}

static void give_back(void)
{
	uint64_t before_ms = clock_loop_ms();

	malloc_trim(0);
	log_debug("memory-given-back", "ms", LOG_NUM(clock_loop_ms() - before_ms));
}

static void look(struct deadline *d)
{
	struct waste *h = container_of(d, struct waste, deadline);
	uint64_t now = in_use(h->snapshot);

	if (waste_is_worth_it(h->most, now)) {
		give_back();
		h->most = now;
		h->linger = LINGER_LOOKS;
	} else if (h->linger && --h->linger == 0) {
		give_back();
	}
	if (now > h->most)
		h->most = now;
	wheel_set(&h->worker->wheel, d, h->worker->now_ms + LOOK_MS);
}

void waste_watch(struct waste *h, struct worker *w, const struct snapshot *s)
{
	*h = (struct waste){ .worker = w, .snapshot = s };
	wheel_deadline_init(&h->deadline, look);
	wheel_set(&w->wheel, &h->deadline, w->now_ms + LOOK_MS);
}

void waste_ignore(struct waste *h)
{
	if (h->worker)
		wheel_cancel(&h->worker->wheel, &h->deadline);
}
