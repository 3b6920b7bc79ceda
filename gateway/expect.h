/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expect.h: ports that are opened while the gateway runs, each for one client address and one port of one server
 * (host->expect of lychgate/plugin.h).  Whoever else connects is reset; the client's connections are joined with links
 * to that server.
 *
 * A listener's workers share the table of its expected ports, so that the same client, server and port get the same
 * port here from all of them; the socket belongs to the worker that was asked first.  Its connections are sessions of
 * the listener, under the listener's limits and counts, but of the core's own relay instead of the listener's plugin,
 * and no policy is asked again.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdint.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

struct exchange;
struct expected;
struct listener;
struct listener_conf;
struct server;

enum {
	EXPECT_UNUSED_MS =
		120000,   /* a port goes when nobody has asked for it or connected for so long, and none is connected */
	EXPECT_SHARE = 4, /* a client address (of IPv6 a /64) may hold this part of a range: a quarter */
};

/* Who is expected where; the ports of both addresses do not count. */
struct expect_key {
	const struct sockaddr *client;
	const struct sockaddr *local; /* the gateway's address */
	struct server *server;
	uint16_t server_port;
};

/* The table of a listener whose other members are filled in; 0 or -ENOMEM.  Freed with its configuration, when no
 * listener uses it any more; NULL is fine. */
struct expects;
int expects_create(struct expects **ep, const struct listener_conf *conf);
void expects_free(struct expects *all);

/* The listener's limit of sessions was lowered, before it is in use. */
void expects_limit(struct expects *all, uint32_t sessions);

/* The port for a key, opened or used once more.  0: none of the range is left, or the client has its share. */
uint16_t expect_port(struct listener *l, const struct expect_key *key, const struct lg_ports *range);

/* The same for the client and the server of an exchange; 0 also before it is routed, and for a client that is no TCP
 * stream. */
uint16_t expect_of_exchange(struct exchange *x, uint16_t server_port, const struct lg_ports *range);

/* Closes all ports that this worker has opened for the listener; their sessions go on. */
void expect_close(struct listener *l);

/* ---- For a session that came by an expected port ---- */

struct server *expected_server(const struct expected *e);
uint16_t expected_server_port(const struct expected *e);

/* It begins; it ends.  The port stays open in between. */
void expected_enter(struct expected *e);
void expected_leave(struct expected *e);

#endif
