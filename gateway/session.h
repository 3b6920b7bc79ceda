/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h: the way of a request through the gateway.  A session is a client link and the server links that hang on
 * it; an exchange is one request on its way.  session.c is the story; start reading there.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stddef.h>

#include "admission.h"
#include "balance.h"
#include "list.h"
#include "script.h"
#include "snapshot.h"
#include "worker.h"

struct datagram;
struct expected;
struct link;
struct listener;
struct listener_socket;

/* How a client came in; of its listener's own address it is all zeroes but for the transport. */
struct entrance {
	enum lg_transport transport;
	uint16_t server_port;      /* of a range: server links go to the same port; 0: to each server's own */
	struct expected *expected; /* the port that waited for it: there is one server only, and it is not picked */
	bool proxied;              /* a PROXY header has to come first */
};

struct session {
	struct lg_session pub; /* first: the plugin's view */
	struct worker *worker;
	struct listener *listener;
	struct entrance in;
	struct snapshot *snapshot; /* counted */
	bool shared;               /* it has no client: its server links are all clients' (trunk.h) */
	struct link *client;       /* NULL: gone, the session ends with its last server link */
	struct list servers;       /* struct link */
	struct list exchanges;     /* struct exchange, open ones */
	unsigned nexchanges, nlinks;
	unsigned nkept; /* leased links that it keeps */
	struct list node;               /* worker->sessions, worker->trunks */
	uint64_t number;                /* for the log, and to choose among shared links; 0: has no client */
	struct sockaddr_storage source; /* the client's address */
	struct sockaddr_storage origin; /* the same as a proxy has told it; family 0: it has not */
	const struct sockaddr *counted; /* whose it is for the limits by source: one of the two; NULL: not known yet */
	char origin_text[64];
	char source_text[64];           /* origin, else source, once a fact has asked for it */
	struct grave grave;
	max_align_t data[]; /* the plugin's */
};

/* Where the client comes from, as far as is known. */
static inline const struct sockaddr *session_origin(const struct session *s)
{
	return (const struct sockaddr *)(s->origin.ss_family ? &s->origin : &s->source);
}

enum exchange_state {
	EXCHANGE_NEW,     /* policies come next */
	EXCHANGE_PLACING, /* a server is looked for: the store is asked who owns the key */
	EXCHANGE_WAITING, /* the link to the server opens */
	EXCHANGE_ROUTED,  /* the plugin has it */
	EXCHANGE_OVER,
};

struct exchange {
	struct lg_exchange pub; /* first: the plugin's view */
	struct session *session;
	struct lg_how how;
	enum exchange_state state;
	const struct reach *reach; /* where it goes: a pool, and the key's facts */
	struct server *server;
	struct server *wanted; /* pick(i): of that pool, or any slot of its name, if it takes new keys; NULL: whichever
				* balance says */
	struct server *seat;   /* where it has entered (seat.h), for a link to come or on a shared one; NULL: nowhere */
	struct link *lease; /* the leased link that it has, or waits for; NULL: none */
	bool reuse;         /* and its end gives that back */
	bool rented;        /* that link had been idle: its death says nothing of the server */
	/* LG_FOLLOW: the unit itself names a server of that pool, in `server`; NULL: none. */
	const struct reach *named_in;
	struct tried tried;
	bool has_key;
	struct claim claim;
	bool asking;                      /* the store has the claim and answers later: the memory must stay */
	void (*then)(struct exchange *x); /* goes on with the store's answer */
	unsigned looking;                 /* LG_FOLLOW: in listener_conf.reach, which pool's table is asked */
	const char *verdict;              /* for the access log; NULL: none yet */
	uint64_t begun_ms;                /* the worker's time */
	bool waited;                      /* for a socket, when there was none left */
	char *copy;                       /* of the unit, once it must outlive its callback */
	uint64_t begins;                  /* in to's stream: the queue's length when it was routed */
	bool losing, again;               /* `lost` runs, and again was asked for in it */
	struct task task;                 /* its next step */
	struct deadline deadline;
	struct list node; /* session->exchanges */
	struct list at;   /* the server link's exchanges */
	struct grave grave;
	max_align_t data[]; /* the plugin's */
};

static inline struct exchange *exchange_of(struct lg_exchange *x)
{
	return (struct exchange *)x;
}

/* ---- In the order of the story ---- */

/* A client was accepted by `listener`; the descriptor is taken over in any case. */
void session_begin(struct listener *listener, int fd, const struct sockaddr *peer, const struct entrance *in);

/* It may not come in: reset, counted and logged with the limit that it would pass. */
void session_refuse(struct listener *l, int fd, const struct sockaddr *peer, enum admission why);

/* The same for a datagram that belongs to no flow; one that it is worth more than may have to go. */
void session_begin_flow(struct listener_socket *socket, const struct datagram *d);

/* A plugin has read a request: policies, persistence, balance and connecting follow.  NULL: a limit, or no memory. */
struct exchange *session_route(struct link *from, const struct lg_how *how, struct lg_span unit);

/* A server link has opened: what waits for it goes. */
void session_link_opened(struct link *l);

/* A request goes to another server; the key of a dialog goes to its server; an exchange is over, and its leased link is
 * closed or (reuse) may be used anew. */
void session_again(struct exchange *x);
void session_pin(struct link *owner, struct exchange *x);
void session_done(struct exchange *x);
void session_reuse(struct exchange *x);

/* The server at the other end gets no new keys for so long. */
void session_rest(struct link *l, uint32_t ms);

/* A link was closed, by the network or by us: what was open on it is lost or ends; the session goes with its client. */
void session_link_closed(struct link *l, bool by_network);

/* The gateway stops: ask the plugin to finish; at the latest, everything is closed by session_end. */
void session_drain(struct session *s);
void session_end(struct session *s, enum lg_close how, const char *why);

/* A worker that drains stops with its last session; shared links are closed before. */
void session_drained(struct worker *w);

#endif
