/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit.h: a listener's limit was passed: counted for `status`, and told in the log, at most once a second for each
 * listener and limit, with how often that was since it was told last.  A flood fills no disk.
 *
 *     limit-passed listener=in limit=sessions count=812 peer=192.0.2.7:40312
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdatomic.h>
#include <stdint.h>

enum limit {
	LIMIT_NONE,
	/* A client is not let in. */
	LIMIT_SESSIONS,
	LIMIT_SESSIONS_PER_SOURCE,
	LIMIT_NEW_PER_SOURCE,
	LIMIT_HANDSHAKES, /* or one source's share of them */
	/* A link is closed. */
	LIMIT_HANDSHAKE,
	LIMIT_FIRST_BYTE,
	LIMIT_IDLE,
	LIMIT_HALF,
	LIMIT_STALL,
	LIMIT_MESSAGE, /* or headers: more than both is kept */
	LIMIT_MEMORY,
	/* A request is not taken. */
	LIMIT_REQUESTS,
	LIMITS,
};

/* Of one limit of one listener; zeroed at first. */
struct limit_count {
	atomic_ullong passed;
	atomic_ullong told;    /* of these, how many the log knows of */
	atomic_ullong told_ms; /* when it was told last; 0: never */
};

struct listener_conf;

/* As the configuration calls it. */
const char *limit_word(enum limit limit);

/* From any thread; `peer` is the one that passed it just now, `now_ms` the worker's time. */
void limit_passed(const struct listener_conf *conf, enum limit limit, const char *peer, uint64_t now_ms);

/* Tells what has been counted since and is not told yet; called now and then. */
void limit_catch_up(const struct listener_conf *conf, uint64_t now_ms);

#endif
