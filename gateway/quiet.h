/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quiet.h: lines of the log that clients and servers bring about, as often as they like.  Of each event a listener
 * tells QUIET_BURST at once and then one a second, with how many there were since the last; a flood fills no disk.
 *
 *     tls-refused listener=in session=812 peer=192.0.2.7:40312 reason="..." count=4711
 */
#ifndef QUIET_H
#define QUIET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <lychgate/plugin.h>

enum {
	QUIET_EVENTS = 24, /* of one listener; what there is beyond them shares a place */
	QUIET_WORD = 40,
	QUIET_BURST = 20,
	QUIET_PACE_MS = 1000,
};

struct quiet_event {
	char word[QUIET_WORD]; /* "": none yet */
	enum lg_level level;
	int64_t due_ms;        /* when all that was told is worked off, at one in QUIET_PACE_MS */
	unsigned long long left_out;
};

/* Of one listener, for all threads; zeroed at first. */
struct quiet {
	pthread_mutex_t lock;
	struct quiet_event events[QUIET_EVENTS];
};

struct listener_conf;

/* Is this one told?  Then for how many it stands, itself among them; 0: it is only counted.  What is for debugging is
 * always told. */
unsigned long long quiet_asks(struct quiet *q, enum lg_level level, const char *event, uint64_t now_ms);

/* Tells how many were left out and have not been told of since; called now and then. */
void quiet_catch_up(const struct listener_conf *conf, uint64_t now_ms);

#endif
