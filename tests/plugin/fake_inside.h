/* SPDX-License-Identifier: Apache-2.0 */
/* fake_inside.h: what the parts of the fake share; tests include fake_host.h only. */
#ifndef FAKE_INSIDE_H
#define FAKE_INSIDE_H

#include "fake_host.h"

#include <string.h>

struct fake_link {
	struct lg_link l;
	struct lg_server server;
	struct fake_peer *peer;
};

/* Freed with its last link. */
struct fake_session {
	struct lg_session s;
	struct fake *fake;
	struct fake_peer *client; /* NULL: gone */
	bool trusted;
	unsigned picked;      /* the server that the next link goes to */
	unsigned links, open; /* open: exchanges */
};

struct fake_exchange {
	struct lg_exchange x; /* first: a struct lg_exchange is one of these */
	struct fake_exchange *next;
	struct fake_session *session;
	struct fake_peer *from;
	struct lg_how how;
	struct fake_peer *lease; /* the leased link that it has; NULL: none */
	bool reuse;              /* and its end gives that back */
	char *copy; /* of the unit, wherever it lies now */
	bool tried[FAKE_SERVERS];
	bool decided, routed, connecting;
	bool busy, over; /* a callback about it runs; it ended in there */
	bool losing, again;
	bool orphan; /* how.to has closed */
	uint64_t deadline_at_ms;
};

static inline struct fake_peer *fake_peer_of(struct lg_link *l)
{
	return ((struct fake_link *)l)->peer;
}

static inline struct lg_span fake_span(const char *s)
{
	return (struct lg_span){ s, strlen(s) };
}

/* fake_host.c */
extern const struct lg_host fake_calls;
void fake_defer(struct fake *f, void (*run)(struct fake *, void *), void *arg);
void fake_deliver(struct fake *f);
void fake_connected(struct fake *f, void *exchange);
void fake_routed(struct fake *f, struct fake_exchange *e, struct fake_peer *to);
void fake_lost(struct fake *f, struct fake_exchange *e, enum lg_why why);
void fake_exchange_end(struct fake *f, struct fake_exchange *e);
void fake_clock_pass(uint64_t ms);

/* fake_drive.c */
void *fake_alloc(size_t n);
char *fake_copy(const char *p, size_t n);
void fake_read(struct fake_peer *p);
void fake_ask(struct lg_probe *p, struct lg_span bytes);

/* fake_link.c */
void fake_server_set(struct lg_link *l, unsigned server);
struct fake_peer *fake_open(struct fake *f, struct fake_session *s, enum lg_side side, enum lg_transport transport);
struct fake_peer *fake_flow(struct fake *f);
void fake_leave(struct fake *f, struct fake_session *s);
void fake_closed(struct fake *f, void *peer);

/* fake_send.c */
enum lg_send fake_send(struct lg_link *to, struct lg_link *from, const struct lg_span *pieces, unsigned n,
		       unsigned flags);
char *fake_gather(const struct lg_span *pieces, unsigned n, size_t *all);
void fake_put(struct fake_peer *to, struct fake_peer *from, const char *bytes, size_t n, unsigned flags);
void fake_unit_over(struct fake_peer *to);
void fake_waits_free(struct fake_peer *p);

/* fake_shared.c */
struct fake_session *fake_trunk(struct fake *f);
struct fake_peer *fake_shared_open(struct fake *f, struct fake_exchange *e, unsigned server);

/* fake_leased.c */
void fake_access(struct fake *f, struct fake_exchange *e);
void fake_lease(struct fake *f, struct fake_exchange *e, int server);
int fake_lease_stays(const struct fake_exchange *e);
void fake_lease_end(struct fake *f, struct fake_exchange *e);
bool fake_lease_hears(struct fake_peer *p);
void fake_lease_closed(struct fake_peer *p);
void fake_reuse(struct lg_exchange *x);
bool fake_keep(struct lg_exchange *x);

/* fake_token.c */
extern struct fake *fake_of_tokens; /* `look` has no argument that would tell */
uint64_t fake_digest(const struct lg_span *pieces, unsigned n);
struct lg_span fake_home(const struct lg_link *l);
unsigned fake_token(struct lg_link *l, enum lg_use use, uint16_t port, char out[LG_TOKEN]);
enum lg_transport fake_look(struct lg_span token, enum lg_use use, struct lg_span *local);
enum lg_send fake_send_to(struct lg_span token, enum lg_use use, struct lg_link *from, const struct lg_span *pieces,
			  unsigned n);
void fake_rest(struct lg_link *l, uint32_t ms);

/* fake_udp.c */
bool fake_flow_forget(struct fake *f);

/* fake_ports.c */
uint16_t fake_expect(struct lg_exchange *x, uint16_t server_port, const struct lg_ports *range);

#endif
