/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.h: how many sessions each client address holds, and how many it begins a second: the limits sessions_per_source
 * and new_per_source.  One table for each listener, shared by all threads.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

struct sources;

struct sources_limits {
	uint32_t sessions; /* of one address at a time; 0: no limit */
	uint32_t per_second; /* new ones of one address, after a quiet second all at once; 0: no limit */
	const struct lg_nets *exempt; /* addresses that are not counted; NULL: none.  It stays */
};

int sources_create(struct sources **sp, const struct sources_limits *limits);
void sources_destroy(struct sources *s);

/* A session begins: true, and sources_leave must follow; false: a limit is passed (or memory is out).  IPv6 addresses count
 * by /64, the least that one subscriber has (RFC 6177). */
bool sources_enter(struct sources *s, const struct sockaddr *address, uint64_t now_ms);
void sources_leave(struct sources *s, const struct sockaddr *address);

#endif
