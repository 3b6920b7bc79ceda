/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop.h: what hop mode remembers: for a listener and thread (hop), for one link (hop_link), for one request on its way
 * (hop_request).
 *
 * In hop mode the gateway is a proxy of its own (RFC 3261 section 16): its Via is on top of what it sends, with a
 * branch that says where the answer goes, so that answers need no memory here.  What is remembered beyond that is in
 * hop_table.h.  A link is a hop's if all share it, if it is a UDP client's, or if the listener says `mode = "hop"`.
 */
#ifndef PLUGIN_SIP_HOP_H
#define PLUGIN_SIP_HOP_H

#include "hop_branch.h"
#include "hop_table.h"
#include "request.h"
#include "session.h"
#include "stream.h"

enum {
	HOP_FLOW_MS = 30000,    /* how long a UDP client's flow is kept for its next datagram */
	HOP_REPEATS_MS = 32000, /* how long a message may come again: 64*T1 (RFC 3261 section 17) */
	HOP_REST_MAX_S = 600,   /* the longest Retry-After that is believed */
};

/* The data of a link. */
struct hop_link {
	struct stream
		stream; /* first: stream.h works on hop links too; of it `cursor`, `full`, `held`, `closing`, `told` */
	size_t need;    /* bytes of the message at the front that has begun; nothing is read before they are there */
	bool full;      /* some that cannot be held go on sending to it: it takes no more from those */
	struct lg_link *held; /* the links that wait for this one to have room, by `next_held` */
	struct lg_link *next_held;
	struct hop_owner waits; /* the exchanges that this link has begun and the table keeps */
	uint64_t alarm_ms;      /* when the link's deadline passes; 0: none is set */
	uint64_t keep_ms;       /* a UDP client: until then its flow is kept */
	bool ended;             /* a client that sends no more */
	uint16_t answer_port;   /* of the cached token */
	uint8_t answer_n;
	char answer[LG_TOKEN]; /* the token for answers to this link */
	char *sent_by;         /* of a shared link: host:port of our Vias on it; NULL: not made yet */
	size_t sent_by_n;
};

/* The data of an exchange, in either mode; offsets, for the unit may move. */
struct hop_request {
	struct request request; /* first: facts.c reads it */
	struct hop_branch branch;
	struct sip_via_place via; /* the sender's, on top */
	uint64_t loop;            /* the digest of what decides where it goes */
	uint32_t wait;            /* its entry in the table; 0: none */
	unsigned routes;          /* values of Route that are our own and go */
	bool in_dialog;           /* To has a tag */
	bool to_client;           /* a token says which; else it goes to a server */
	bool strict;              /* the Request-URI is ours, and the last Route is the real one */
	unsigned nroutes;         /* how many are left then */
	struct sip_slice route;   /* the first of these */
	struct sip_slice last_route;
	struct sip_slice token; /* of a server's request: where it goes */
	struct sip_slice door;  /* of a server's request: our host:port on the client's side */
	uint16_t answer_port;   /* over UDP: where its answer goes; 0: where it came from */
};

static inline struct hop *hop_of(const struct lg_link *l)
{
	return &instance_of(l)->hop;
}

static inline struct hop_link *hop_link_of(const struct lg_link *l)
{
	return l->data;
}

/* Is it a hop's link? */
static inline bool hop_is(const struct lg_link *l)
{
	return !l->session || l->transport == LG_UDP || instance_of(l)->options->mode == MODE_HOP;
}

/* Is the other end one of our servers, which may do what clients may not? */
static inline bool hop_is_server(const struct lg_link *l)
{
	return l->server != NULL;
}

/* ---- hop_link.c: the life of links ---- */

/* The token for answers to this link; `port`: see lg_host.token. */
struct lg_span hop_link_token(struct lg_link *l, uint16_t port);

/* host:port that stands in our Vias on this link; `room` holds it if it could not be kept.  A name has at most 255. */
enum { HOP_SENT_BY_ROOM = 320 };
struct sip_text hop_link_sent_by(struct lg_link *l, char room[HOP_SENT_BY_ROOM]);

/* host:port where the peer of `l` reaches the gateway, by the name of the option. */
struct sip_text hop_link_home(const struct lg_link *l, char room[HOP_SENT_BY_ROOM]);

/* The host of "host:port" as lg_link has it, IPv6 in its brackets; and the port. */
struct sip_text hop_host(struct lg_span address, uint16_t *port);

/* A copy of `local` ("host:port") with its host replaced by `name`, unless that is NULL. */
struct sip_text hop_link_named(const char *name, struct lg_span local, char room[HOP_SENT_BY_ROOM]);

/* Calls hop_expired in `ms` milliseconds, or earlier. */
void hop_link_alarm(struct lg_link *l, uint64_t now_ms, uint64_t ms);

/* `from` reads on when `to` has room; what comes by datagrams gets no more in until then. */
void hop_link_wait(struct lg_link *from, struct lg_link *to);

bool hop_link_takes(const struct lg_link *to, const struct lg_link *from);

void hop_link_ended(struct lg_link *l);
void hop_link_settled(struct lg_link *l); /* one of its exchanges has ended */
void hop_link_writable(struct lg_link *l);
void hop_link_expired(struct lg_link *l);
void hop_link_closed(struct lg_link *l);

/* ---- hop_message.c, hop_request.c, hop_server.c, hop_answer.c, hop_wait.c: messages ---- */

ptrdiff_t hop_message_receive(struct lg_link *l, struct lg_span in);

/* A whole request has come: from a client; from a server.  A whole answer. */
void hop_request_received(struct lg_link *l, const struct message *m);
void hop_server_received(struct lg_link *l, const struct message *m);
void hop_answer_received(struct lg_link *l, const struct message *m);

/* Callbacks. */
void hop_request_routed(struct lg_exchange *x, struct lg_link *to);
void hop_request_respond(struct lg_exchange *x, const struct lg_reply *reply);
void hop_request_lost(struct lg_exchange *x, const struct lg_lost *why);
void hop_server_routed(struct lg_exchange *x);
void hop_server_returned(struct lg_link *from, struct lg_span unit);

#endif
