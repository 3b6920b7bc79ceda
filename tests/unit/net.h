/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h: a listener with a pool of servers, a snapshot made by hand, and a small plugin that speaks in lines and writes
 * down what it is told.  For the tests of sessions, links, listeners and monitors.
 *
 * A client's line is "FLAGS KEY TEXT\n" and is routed by KEY.  Flags:
 *
 *     -  none          K  LG_KEEP           F  LG_FOLLOW         A  again, whatever was handed
 *     D  deadline      H  held until routed J  joined when routed
 *     N  KEY is also what the server is called
 *     X  resets the server's link when routed, before anything was handed to the kernel
 *
 * A server's line ends the oldest open exchange on its link and goes to the client; "+..." goes there with LG_MORE;
 * "?KEY TEXT" is a request to the client; "!KEY TEXT", too, and the key is pinned to the server.  A client's line
 * "=..." is the answer to a server's request: it goes to the server's link that has the oldest one open.
 */
#ifndef NET_H
#define NET_H

#include "rig.h"

#include "gateway/listener.h"
#include "gateway/session.h"
#include "gateway/snapshot.h"

enum { NET_SERVERS = 12, NET_DEADLINE_MS = 300 };

struct net {
	struct worker *w;
	struct snapshot *snapshot;
	struct listener_conf conf;
	struct listener_stats stats;
	struct bind bind;
	struct reach reach;
	struct pool pool;
	struct server servers[NET_SERVERS];
	struct pool_live live;
	int listening[NET_SERVERS]; /* of the servers; -1: closed */
	struct listener *listener;
	struct sockaddr_in at; /* the listener's */
	char log[8192];        /* what the plugin was told, "event number name; ..." */
	unsigned exchanges;
};

extern const struct lg_plugin net_plugin;

/* With `n` servers that are up, "s0", "s1" and so on, in turn; the limits are wide.  Then change what you like. */
void net_make(struct net *n, struct worker *w, unsigned servers);
void net_open(struct net *n); /* creates the listener, which listens if it wants to */
void net_free(struct net *n); /* both of these: */
void net_stop(struct net *n); /* turns until all sessions have ended */
void net_drop(struct net *n); /* what needs no worker */

void net_health(struct net *n, unsigned server, enum health health);
void net_server_dies(struct net *n, unsigned server); /* connecting to it is refused */
struct peer net_dial(struct net *n);
struct peer net_accept(struct net *n, unsigned server);

/* Turns until the log holds `text`; until the peer has exactly `text`, which is then taken away. */
void net_until(struct net *n, const char *text);
void net_expect(struct net *n, struct peer *p, const char *text);
bool net_said(const struct net *n, const char *text);
void net_forget(struct net *n); /* empties the log */

#endif
