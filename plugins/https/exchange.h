/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h: what the plugin remembers: for a listener and thread (instance), for a client's link (client), for a
 * server's leased link (server), for one request and its answer (request).
 *
 * A client's link has one exchange at a time; requests behind it wait unread (RFC 9112 section 9.3.2).  What an
 * exchange owns lies in its client's link, since an exchange may end without a word.
 */
#ifndef PLUGIN_HTTPS_EXCHANGE_H
#define PLUGIN_HTTPS_EXCHANGE_H

#include <lychgate/plugin.h>

#include "body.h"
#include "cookie.h"
#include "forward.h"
#include "head.h"
#include "pages.h"
#include "rate.h"
#include "target.h"

enum redirect { REDIRECT_NONE, REDIRECT_HTTPS };

/* The listener's options; times in milliseconds, sizes in bytes. */
struct options {
	struct cookie_conf cookie;
	struct lg_nets trusted;
	const char *hsts;  /* NULL or empty: none */
	const char *pages; /* NULL: plain lines */
	bool proxy_in;     /* those in `trusted` begin with a PROXY header */
	int proxy;         /* the version of the one that servers get; 0: none */
	int forwarded;     /* enum forwarded */
	int redirect;      /* enum redirect */
	bool websocket;
	int64_t fields, body, per_connection, rate, burst;
	int64_t head_ms, answer_ms, upgrade_idle_ms;
};

/* The counters, in the order of their table in plugin.c. */
enum counter {
	COUNT_REQUESTS,
	COUNT_ANSWERS,
	COUNT_MALFORMED,
	COUNT_BROKEN_ANSWERS,
	COUNT_ANSWERED_HERE,
	COUNT_LOST,
	COUNT_RETRIED,
	COUNT_UNANSWERED,
	COUNT_CUT_SHORT,
	COUNT_EARLY,
	COUNT_KEPT,
	COUNT_UPGRADED,
	COUNT_LIMITED,
	COUNT_WRONG_PROTOCOL,
};

struct instance {
	const struct options *options;
	struct pages pages;
	struct rate *rate;                   /* NULL: no limit */
	struct head_field *fields;           /* room for a request's, options.fields of them */
	struct head_field *answer_fields;    /* and for an answer's */
	const struct lg_exchange *fields_of; /* whose request's they are now; NULL: nobody's */
	struct splice splice;                /* a head on its way out */
	char *scratch;                       /* for facts, of limits.headers bytes at least; NULL: not asked for yet */
	size_t scratch_size;
	char authority[TARGET_AUTHORITY]; /* for the fact header.host */
};

enum client_phase {
	CLIENT_HEAD,    /* between requests, or in a head */
	CLIENT_ROUTE,   /* its request looks for a server */
	CLIENT_BODY,    /* the request's body passes */
	CLIENT_ANSWER,  /* the request is whole */
	CLIENT_DISCARD, /* the rest of a request that has its answer is thrown away */
	CLIENT_RAW,     /* upgraded */
	CLIENT_END,     /* it is closing */
};

struct client {
	enum client_phase phase;
	bool begun;       /* `head` is being read */
	bool timed;       /* its deadline runs */
	bool held;        /* the core knows that we do not read */
	bool server_full; /* what it sends waits for the server */
	bool full;        /* it takes nothing itself: no new request of its is read */
	bool counted;     /* as one that stays */
	bool stays;       /* NTLM or Negotiate was seen: its server is its own */
	bool ended;       /* it sends no more */
	bool last;        /* nothing more is asked on this link */
	bool trusted;     /* its source is in the option `trusted` */
	uint32_t requests;
	struct lg_exchange *x; /* the one that is open; NULL: none */
	struct head head;
	struct target target;
	struct body body; /* the request's */
};

enum server_phase {
	SERVER_HEAD,
	SERVER_BODY,
	SERVER_DONE, /* the answer is whole, the request is not */
	SERVER_RAW,
};

struct server {
	enum server_phase phase;
	bool begun;    /* `head` is being read */
	bool held;     /* the client takes no more for now */
	bool keep;     /* the server will take another request */
	uint64_t mark; /* of the request's body: bytes when the deadline was set */
	struct head head;
	struct body body; /* the answer's */
};

struct request {
	struct head head;      /* its fields: see request_head */
	struct target *target; /* in the client's link */
	int status;            /* of the final answer, once it is on its way; ours too */
	bool heard;            /* something of an answer has come */
	bool body_sent;        /* something of the body has been passed on, and is gone */
	bool close;            /* the client's link ends with the answer */
	bool retried;
	bool redirected;
	bool cookie_came;
	char cookie[COOKIE_VALUE]; /* the request's, or one made for the answer; only with the option */
	uint64_t raw_in, raw_out;  /* bytes, once it is upgraded */
};

union link_data {
	struct client client;
	struct server server;
};

static inline struct instance *instance_of(const struct lg_link *l)
{
	return l->inst;
}

static inline struct client *client_of(const struct lg_link *l)
{
	return &((union link_data *)l->data)->client;
}

static inline struct server *server_of(const struct lg_link *l)
{
	return &((union link_data *)l->data)->server;
}

static inline struct request *request_of(const struct lg_exchange *x)
{
	return x->data;
}

#endif
