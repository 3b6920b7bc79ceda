/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop.h: two workers on threads of their own, servers on addresses of their own, and a plugin that uses shared links
 * and tokens, in lines.  For the tests of these.
 *
 * There are three listeners: LEFT on the first worker and RIGHT on the second, both TCP, and UDP on both.
 *
 * A client's line is "FLAGS TEXT\n"; the server gets "NUMBER TOKEN TEXT\n".  Flags:
 *
 *     -  the exchange ends when routed   K  LG_KEEP, and it stays open     A  again when lost
 *     D  deadline                        S  LG_STREAM                      N  LG_KNOWN
 *     R  the token is for LG_ROUTE       T  the client is trusted from now on
 *     L  LG_LEASED, and it stays open    Y  LG_STAY
 *     P  a new link begins with a PROXY header
 *     V  the token is for LG_SERVER_ANSWER
 *
 * A server's line is "TOKEN TEXT\n", an answer to there; "!TOKEN TEXT\n", by LG_ROUTE; "&TOKEN TEXT\n", by
 * LG_SERVER_ANSWER; "*NUMBER\n", again for that exchange; "/MS\n", no new keys for so long; "?FLAGS TEXT\n", a request
 * of its own.  On a leased link: "+TEXT\n", the answer to its tenant, and reuse; ".TEXT\n", and done; "#TEXT\n", keep,
 * and reuse.  A client's line "=..." is like a server's, "!" and "&" too.
 */
#ifndef HOP_H
#define HOP_H

#include <netinet/in.h>
#include <pthread.h>

#include "gateway/listener.h"
#include "gateway/session.h"
#include "gateway/snapshot.h"

enum { HOP_WORKERS = 2, HOP_SERVERS = 3, HOP_DEADLINE_MS = 300, HOP_TEXT = 64 * 1024 };
enum { HOP_ALARM_S = 120 }; /* a failed test leaves its threads behind: the group ends then */
enum { LEFT, RIGHT, UDP, HOP_LISTENERS };

struct hop {
	struct worker workers[HOP_WORKERS];
	struct worker *all[HOP_WORKERS];
	pthread_t threads[HOP_WORKERS];
	struct handshake_pool *handshakes;
	struct snapshot snapshot;
	struct listener_conf conf[HOP_LISTENERS];
	struct listener_stats stats[HOP_LISTENERS];
	struct bind bind[HOP_LISTENERS];
	struct reach reach;
	struct pool pool;
	struct server servers[HOP_SERVERS];
	char names[HOP_SERVERS][8];
	struct pool_live live;
	int listening[HOP_SERVERS]; /* TCP; -1: refused */
	int bound[HOP_SERVERS];     /* UDP, the same ports */
	pthread_mutex_t lock;
	char log[HOP_TEXT]; /* under the lock */
	unsigned exchanges;
};

extern const struct lg_plugin hop_plugin;

/* Of a group of tests: rig_setup(), and an end to a test that hangs; rig_teardown() goes with it. */
int hop_setup(void **state);

void hop_make(struct hop *h, unsigned servers); /* then change what you like */
void hop_secure(struct hop *h); /* before hop_open: TLS to the first server, whom a trusted client is shown to */
void hop_open(struct hop *h);
void hop_free(struct hop *h); /* stops the workers as the gateway does, if that was not done */
void hop_stop(struct hop *h);

/* ---- At the other ends; whoever waits does so for ten seconds ---- */

/* A socket with what has come and was not read. */
struct wire {
	int fd;
	size_t n;
	char in[HOP_TEXT];
};

void hop_dial(struct hop *h, struct wire *c, unsigned listener);                     /* from 127.0.0.1 */
void hop_dial_as(struct hop *h, struct wire *c, unsigned listener, unsigned server); /* from a server's address */
void hop_accept(struct hop *h, struct wire *s, unsigned server);
bool hop_is_called(struct hop *h, unsigned server); /* within 200 ms */
void hop_refuse(struct hop *h, unsigned server);    /* from now on */

void wire_say(struct wire *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The next line, without its end, in `line`; of a server's also its three parts. */
void wire_line(struct wire *w, char line[HOP_TEXT]);
void wire_expect(struct wire *w, const char *want);
void wire_request(struct wire *w, unsigned *number, char token[LG_TOKEN + 1], const char *want);
bool wire_ends(struct wire *w);     /* what comes is thrown away */
bool wire_is_quiet(struct wire *w); /* for 200 ms */
void wire_close(struct wire *w);

/* Until the log has the text; it has it now. */
void hop_until(struct hop *h, const char *text);
bool hop_said(struct hop *h, const char *text);

#endif
