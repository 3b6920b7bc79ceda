/* SPDX-License-Identifier: Apache-2.0 */
/* limit.c: counting, and telling now and then.  What passing a limit means is said where it is looked at. */
#include "limit.h"

#include "log.h"
#include "snapshot.h"

enum { QUIET_MS = 1000 };

const char *limit_word(enum limit limit)
{
	static const char *const words[LIMITS] = {
		[LIMIT_NONE] = "none",
		[LIMIT_SESSIONS] = "sessions",
		[LIMIT_SESSIONS_PER_SOURCE] = "sessions_per_source",
		[LIMIT_NEW_PER_SOURCE] = "new_per_source",
		[LIMIT_HANDSHAKES] = "handshakes",
		[LIMIT_HANDSHAKE] = "handshake",
		[LIMIT_FIRST_BYTE] = "first_byte",
		[LIMIT_IDLE] = "idle",
		[LIMIT_HALF] = "half",
		[LIMIT_STALL] = "stall",
		[LIMIT_MESSAGE] = "message",
		[LIMIT_MEMORY] = "memory",
		[LIMIT_REQUESTS] = "requests",
	};

	return words[limit];
}

/* Daily life is for who looks for it. */
static enum lg_level level_of(enum limit limit)
{
	return limit == LIMIT_IDLE || limit == LIMIT_HALF ? LG_DEBUG : LG_WARNING;
}

/* One thread tells; the others have counted. */
static bool is_mine_to_tell(struct limit_count *c, uint64_t now_ms)
{
	unsigned long long last = atomic_load_explicit(&c->told_ms, memory_order_relaxed);

	if (last && now_ms < last + QUIET_MS)
		return false;
	return atomic_compare_exchange_strong(&c->told_ms, &last, now_ms ? now_ms : 1);
}

static void tell(const struct listener_conf *conf, enum limit limit, const char *peer, uint64_t now_ms)
{
	struct limit_count *c = &conf->stats->limits[limit];
	unsigned long long n;

	if (!log_wants(level_of(limit)) || !is_mine_to_tell(c, now_ms))
		return;
	n = atomic_load(&c->passed);
	log_event(level_of(limit), "limit-passed", "listener", conf->name, "limit", limit_word(limit), "count",
		  LOG_NUM(n - atomic_exchange(&c->told, n)), "peer", peer, NULL);
}

void limit_passed(const struct listener_conf *conf, enum limit limit, const char *peer, uint64_t now_ms)
{
	atomic_fetch_add_explicit(&conf->stats->limits[limit].passed, 1, memory_order_relaxed);
	tell(conf, limit, peer, now_ms);
}

void limit_catch_up(const struct listener_conf *conf, uint64_t now_ms)
{
	for (enum limit i = LIMIT_NONE + 1; i < LIMITS; i++) {
		const struct limit_count *c = &conf->stats->limits[i];

		if (atomic_load(&c->passed) > atomic_load(&c->told))
			tell(conf, i, NULL, now_ms);
	}
}
