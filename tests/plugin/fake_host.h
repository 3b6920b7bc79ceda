/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_host.h: a core without I/O, for plugin tests.  It keeps the order rules of lychgate/plugin.h: no host call calls
 * back; what it causes is delivered after the callback, in order, and before newer bytes.  And it is as unkind as the
 * rules allow: `receive` sees exactly the bytes that are there, in memory that is freed when it returns; a unit lies
 * somewhere else at each delivery and nowhere when nothing keeps it; links, sessions and exchanges are freed at once
 * when they end.  Under AddressSanitizer a pointer kept too long is a failed test.
 *
 * A test plays the far ends: a struct fake_peer is a client or a server, `got` is all that it was sent.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <lychgate/plugin.h>

#define FAKE_PEERS   32
#define FAKE_SERVERS 3
#define FAKE_COUNTS  32
#define FAKE_PORTS   16

struct fake;
struct fake_exchange; /* the last three are fake_inside.h's */
struct fake_session;
struct fake_wait;

/* The far end of a link.  It outlives the link, until fake_destroy. */
struct fake_peer {
	struct fake *fake;
	struct fake_session *session;
	struct lg_link *link; /* NULL once it is closed */
	unsigned server;      /* which server it is, from 0 */
	char *got;            /* all that it was sent, terminated; fake_forget empties it */
	size_t got_n, sends;
	bool held, full; /* what the plugin asked, what the test set */
	bool leased;     /* LG_LEASED; link->exchange NULL: it is idle */
	bool kept;       /* by its session */
	bool closing;    /* the plugin or the core closes it */
	enum lg_close how;
	struct fake_peer *joined;
	struct fake_peer *passes_to; /* link->passing bytes go there unseen */
	uint16_t port;              /* over UDP: where the latest token said to send; 0: where it came from */
	char *learned[LG_ALPN + 1]; /* what the plugin has told of it; NULL: nothing */

	/* The fake's own. */
	char *in;
	size_t in_n;
	bool reset;
	uint64_t deadline_at_ms;
	struct fake_peer *owner;   /* inside a unit sent with LG_MORE: whose */
	struct fake_wait *waiting; /* what others sent meanwhile */
};

struct fake_owner {
	char *key;
	unsigned server;
};

struct fake_task {
	void (*run)(struct fake *f, void *arg);
	void *arg;
};

struct fake {
	/* The test sets these at any time. */
	struct lg_limits limits;
	bool slow;                /* connecting waits for fake_connect */
	bool down[FAKE_SERVERS];  /* cannot be connected to */
	bool handed;              /* what lg_lost says; true at the start */
	bool no_memory;           /* route answers NULL */
	bool no_ports;            /* expect answers 0 */
	unsigned kept;            /* links that a session may keep; 8 at the start */
	bool elsewhere;           /* tokens of streams name links of other threads */
	enum lg_transport shared; /* of links that all share; 0: UDP for who came so, else TCP */
	/* A policy: true when it answers, with *reply filled in. */
	bool (*policy)(struct lg_exchange *x, struct lg_reply *reply);

	/* The test reads these. */
	struct fake_peer *peers[FAKE_PEERS];
	unsigned npeers;
	uint64_t counts[FAKE_COUNTS];
	unsigned logs, pins, routes, agains, open; /* open: exchanges now */
	unsigned refused;                          /* ended before a policy was asked; they do not count as routes */
	unsigned reuses, leases;                   /* links given back; idle ones taken again */
	unsigned passes;                           /* begun */
	unsigned last_flags, last_proxy;           /* of the latest route */
	char last_server[64];                      /* of the latest route, how.server */
	unsigned rests;
	uint32_t last_rest_ms;
	char last_log[128];
	char last_access[1024]; /* the log_facts of the exchange that ended last: "method=GET path=/ " */
	uint16_t expected[FAKE_PORTS]; /* the servers' ports that were asked for; the gateway's count from the range's
					  first */
	unsigned nexpected;

	/* The fake's own. */
	const struct lg_plugin *plugin;
	struct lg_host host;
	void *inst;
	struct lg_span reading; /* the bytes that `receive` is looking at */
	struct fake_exchange *exchanges;
	struct fake_task *tasks;
	unsigned ntasks, room, next_server, depth;
	struct fake_owner *owners;
	unsigned nowners;
	struct fake_session *trunk; /* of the links that all share, and of idle ones; NULL: there are none */
	struct fake_exchange *opens; /* whose leased link is opening */
};

/* Starts an instance of the plugin; `conf` is its filled options, and stays.  All failures end the test. */
struct fake *fake_create(const struct lg_plugin *plugin, const void *conf);
void fake_destroy(struct fake *f);

/* A client connects. */
struct fake_peer *fake_client(struct fake *f, bool trusted);
/* The far end of the newest open link of the client's session to server `i`, NULL when there is none. */
struct fake_peer *fake_server(struct fake_peer *client, unsigned i);
/* The far end of the newest open link to server `i` that all share, NULL when there is none. */
struct fake_peer *fake_shared(struct fake *f, unsigned i);
/* The far end of the newest idle link to server `i` that no session keeps, NULL when there is none.  One that a session
 * has leased or keeps is fake_server's. */
struct fake_peer *fake_idle(struct fake *f, unsigned i);
/* Server `i` connects to the gateway. */
struct fake_peer *fake_server_calls(struct fake *f, unsigned i);
/* A client connects by this transport, TCP or TLS. */
struct fake_peer *fake_client_by(struct fake *f, enum lg_transport transport);
/* Server `i` has been picked for this key before. */
void fake_own(struct fake *f, const char *key, unsigned i);
/* Which server owns the key; -1: none. */
int fake_owner(const struct fake *f, const char *key);

/* The peer sends bytes; in pieces of `step` bytes; cut in two at `cut`. */
void fake_input(struct fake_peer *p, const char *bytes, size_t n);
void fake_text(struct fake_peer *p, const char *text);
void fake_steps(struct fake_peer *p, const char *bytes, size_t n, size_t step);
void fake_cut(struct fake_peer *p, const char *bytes, size_t n, size_t cut);

/* A datagram of a client's, which begins a flow when `flow` is NULL or has been forgotten; returns the flow, whose link
 * is NULL if it was forgotten again.  A server's datagrams are fake_input, one each. */
struct fake_peer *fake_datagram(struct fake *f, struct fake_peer *flow, const char *bytes, size_t n);

/* Empties `got`. */
void fake_forget(struct fake_peer *p);

/* The peer sends its end; the connection dies. */
void fake_end(struct fake_peer *p);
void fake_kill(struct fake_peer *p);

/* The peer stops taking bytes: send answers LG_FULL; it takes them again: `writable`. */
void fake_fill(struct fake_peer *p);
void fake_drain(struct fake_peer *p);

/* The connections that are under way succeed, or fail where the server is down. */
void fake_connect(struct fake *f);

/* Time passes: deadlines. */
void fake_pass(struct fake *f, uint64_t ms);

/* A fact of an exchange by its name ("header.subject" too), as a policy would ask: terminated, good until the next
 * call; NULL: there is none.  The name must be in the plugin's table. */
const char *fake_fact(struct lg_exchange *x, const char *name);

/* A probe: created with the plugin's question in `asked`; judged with all that the server has answered so far. */
struct fake_question {
	struct lg_probe p; /* first */
	const struct lg_plugin *plugin;
	char asked[2048];
	size_t asked_n;
};

struct fake_question *fake_question(const struct lg_plugin *plugin, const void *conf);
enum lg_verdict fake_judge(struct fake_question *q, const char *answer, size_t n, bool ended);
void fake_question_free(struct fake_question *q);

#endif
