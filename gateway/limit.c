/* SPDX-License-Identifier: Apache-2.0 */
/* limit.c: counting, and telling now and then.  What passing a limit means for who did is said where it is looked at. */
#include "limit.h"

#include "log.h"
#include "snapshot.h"

enum { QUIET_MS = 1000 };

const char *limit_word(enum limit limit)
{
	static const char *const words[LIMITS] = {
		[LIMIT_NONE] = "none",
		[LIMIT_SESSIONS] = "sessions",
		[LIMIT_PER_SOURCE] = "per_source",
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

/* One thread tells; the others have counted. */
static bool is_mine_to_tell(struct limit_count *c, uint64_t now_ms)
{
	unsigned long long last = atomic_load_explicit(&c->told_ms, memory_order_relaxed);

	if (last && now_ms < last + QUIET_MS)
		return false;
	return atomic_compare_exchange_strong(&c->told_ms, &last, now_ms ? now_ms : 1);
}

void limit_passed(const struct listener_conf *conf, enum limit limit, const char *peer, uint64_t now_ms)
{
	struct limit_count *c = &conf->stats->limits[limit];
	enum lg_level level = limit == LIMIT_IDLE || limit == LIMIT_HALF ? LG_DEBUG : LG_WARNING; /* that is daily life */
	unsigned long long n;

	atomic_fetch_add_explicit(&c->passed, 1, memory_order_relaxed);
	if (!log_wants(level) || !is_mine_to_tell(c, now_ms))
		return;
	n = atomic_load(&c->passed);
	log_event(level, "limit-passed", "listener", conf->name, "limit", limit_word(limit), "count",
		  LOG_NUM(n - atomic_exchange(&c->told, n)), "peer", peer, NULL);
}
