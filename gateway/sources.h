/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.h: how many sessions each client address holds, how many it begins a second, and how many handshakes are in
 * flight with it: the limits sessions_per_source, new_per_source and a share of handshakes.  One table for each
 * listener, shared by all threads.
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
	uint32_t handshakes; /* of one address at a time; 0: no limit */
	const struct lg_nets *exempt; /* addresses that are not counted; NULL: none.  It stays */
};

int sources_create(struct sources **sp, const struct sources_limits *limits);
void sources_destroy(struct sources *s);

/* A session begins: 0, and sources_leave must follow; -EUSERS: `sessions` is passed, -EAGAIN: `per_second`, -ENOMEM.
 * IPv6 addresses count by /64, the least that one subscriber has (RFC 6177). */
int sources_enter(struct sources *s, const struct sockaddr *address, uint64_t now_ms);
void sources_leave(struct sources *s, const struct sockaddr *address);

/* A session that has entered begins a handshake: true, and sources_shaken must follow before it leaves; false: its
 * source has as many as it may.  Who has not entered is not counted. */
bool sources_shake(struct sources *s, const struct sockaddr *address);
void sources_shaken(struct sources *s, const struct sockaddr *address);

#endif
