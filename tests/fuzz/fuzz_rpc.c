/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_rpc: any conversation through the rpc plugin, under a sanitizer.  Played in pieces and byte by byte it must come
 * out the same; what the client says must reach the server as it is, and nothing the server says may grow.
 *
 * The input is a list of turns: a byte whose lowest bit says who speaks, a byte of how long, and so many bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/rpc/epm.h"
#include "plugins/rpc/session.h"
#include "tests/plugin/rpc_play.h"

#define ROOM 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

extern const struct lg_plugin lychgate_plugin;

/* One end: its link, what it says and has not been read, all that it has said, all that it was sent. */
struct end {
	struct lg_link link; /* first: a link is an end */
	char in[ROOM], said[ROOM], got[ROOM];
	size_t in_n, said_n, got_n;
};

struct stage {
	struct end ends[2]; /* by enum lg_side */
	struct session data;
	struct lg_session session;
	struct instance inst;
	struct lg_exchange exchange;
	bool over;
};

static unsigned refused; /* answers, in the play that is on */

static void stop(const char *what)
{
	fprintf(stderr, "fuzz_rpc: %s\n", what);
	abort();
}

/* ---- A core that does as little as it may ---- */

static struct lg_exchange *host_route(struct lg_link *from, const struct lg_how *how, struct lg_span unit)
{
	(void)from;
	(void)how;
	(void)unit;
	stop("a second route");
	return NULL;
}

static enum lg_send host_send(struct lg_link *to, struct lg_link *from, const struct lg_span *pieces, unsigned n,
			      unsigned flags)
{
	struct end *e = (struct end *)to;

	(void)from;
	(void)flags;
	for (unsigned i = 0; i < n; i++) {
		if (pieces[i].n > ROOM - e->got_n)
			stop("more comes out than can have gone in");
		memcpy(e->got + e->got_n, pieces[i].p, pieces[i].n);
		e->got_n += pieces[i].n;
	}
	return LG_SENT;
}

static void host_link(struct lg_link *l)
{
	(void)l;
}

static void host_count(struct lg_link *l, unsigned index, uint64_t by)
{
	(void)l;
	if (index == COUNT_REFUSED)
		refused += (unsigned)by;
}

static void host_log(struct lg_link *l, enum lg_level level, const char *event, const char *detail)
{
	(void)l;
	(void)level;
	if (!event || !detail)
		stop("a line without words");
}

/* Some ports are there, some are not. */
static uint16_t host_expect(struct lg_exchange *x, uint16_t server_port, const struct lg_ports *range)
{
	if (!x->to || server_port == 0)
		stop("a port for nobody");
	return server_port % 4 == 3 ? 0 : range->first;
}

static const struct lg_host host = {
	.size = sizeof(host),
	.route = host_route,
	.send = host_send,
	.hold = host_link,
	.go = host_link,
	.count = host_count,
	.log = host_log,
	.expect = host_expect,
};

/* ---- A play ---- */

static struct lg_span span(const char *text)
{
	return (struct lg_span){ text, strlen(text) };
}

static void stage_open(struct stage *s)
{
	static const struct options options = { .rewrite = true, .ports = { 50000, 50999 } };
	static const struct lg_limits limits = { .message = 2048, .requests = 8 };
	static struct lg_server server;

	memset(s, 0, sizeof(*s));
	server = (struct lg_server){ span("a"), span("192.0.2.3:135") };
	s->inst.options = &options;
	s->session = (struct lg_session){ .client = &s->ends[LG_CLIENT].link, .data = &s->data };
	for (int side = LG_CLIENT; side <= LG_SERVER; side++)
		s->ends[side].link = (struct lg_link){ .host = &host,
						       .inst = &s->inst,
						       .session = &s->session,
						       .server = side == LG_SERVER ? &server : NULL,
						       .limits = &limits,
						       .side = side,
						       .local = span("192.0.2.2:135") };
	s->exchange = (struct lg_exchange){ .from = &s->ends[LG_CLIENT].link, .to = &s->ends[LG_SERVER].link };
	lychgate_plugin.routed(&s->exchange, s->exchange.to);
}

/* Offers what is there, in memory of its own size, until nothing is taken. */
static void offer(struct stage *s, struct end *e)
{
	ptrdiff_t used = 1;

	while (used > 0 && e->in_n > 0 && !s->over) {
		char *bytes = malloc(e->in_n);

		if (!bytes)
			return;
		memcpy(bytes, e->in, e->in_n);
		used = lychgate_plugin.receive(&e->link, (struct lg_span){ bytes, e->in_n });
		free(bytes);
		if (used > (ptrdiff_t)e->in_n)
			stop("more is used than there was");
		s->over = used < 0;
		if (used > 0)
			memmove(e->in, e->in + used, e->in_n -= (size_t)used);
	}
}

static void play(struct stage *s, const uint8_t *data, size_t n, bool by_bytes)
{
	refused = 0;
	stage_open(s);
	while (n >= 2 && !s->over) {
		struct end *e = &s->ends[data[0] & 1];
		size_t turn = data[1] < n - 2 ? data[1] : n - 2;

		data += 2;
		n -= 2;
		for (size_t at = 0, step; at < turn && !s->over; at += step) {
			step = by_bytes ? 1 : turn;
			memcpy(e->in + e->in_n, data + at, step);
			memcpy(e->said + e->said_n, data + at, step);
			e->in_n += step;
			e->said_n += step;
			offer(s, e);
		}
		data += turn;
		n -= turn;
	}
	lychgate_plugin.closed(&s->ends[LG_SERVER].link);
	lychgate_plugin.closed(&s->ends[LG_CLIENT].link);
}

static void check(const struct stage *s)
{
	const struct end *client = &s->ends[LG_CLIENT], *server = &s->ends[LG_SERVER];

	if (server->got_n > client->said_n || memcmp(server->got, client->said, server->got_n) != 0)
		stop("the server got something else");
	if (refused == 0 && client->got_n > server->said_n)
		stop("the client got more than was said");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct stage whole, bytes;

	if (n > ROOM / 4)
		return 0;
	play(&whole, data, n, false);
	check(&whole);
	play(&bytes, data, n, true);
	check(&bytes);
	for (int side = LG_CLIENT; side <= LG_SERVER; side++)
		if (whole.over != bytes.over || whole.ends[side].got_n != bytes.ends[side].got_n ||
		    memcmp(whole.ends[side].got, bytes.ends[side].got, whole.ends[side].got_n) != 0)
			stop("a cut that changes what comes out");
	return 0;
}

/* ---- The generator: half the time begins from a sample, so that no corpus has to be kept ---- */

static size_t add_turns(uint8_t *data, size_t n, size_t max, enum lg_side who, struct rpc_text *said)
{
	for (size_t at = 0; at < said->n; at += 255) {
		size_t turn = said->n - at < 255 ? said->n - at : 255;

		if (n + 2 + turn > max)
			break;
		data[n++] = (uint8_t)who;
		data[n++] = (uint8_t)turn;
		memcpy(data + n, said->p + at, turn);
		n += turn;
	}
	said->n = 0;
	return n;
}

/* A client asks for towers, and is answered in two fragments. */
static size_t write_sample(uint8_t *data, size_t max, struct rpc_way way, uint8_t level)
{
	static const struct rpc_tower towers[] = { { RPC_TCP, { 192, 0, 2, 3 }, 1025 },
						   { RPC_UDP, { 192, 0, 2, 3 }, 1026 } };
	static struct rpc_text said, stub;
	size_t n;

	said.n = stub.n = 0;
	rpc_bind(&said, way, WIRE_IS_BIND, 1, 5, &epm_interface);
	n = add_turns(data, 0, max, LG_CLIENT, &said);
	rpc_ack(&said, way, WIRE_IS_BIND_ACK, 1, 0);
	n = add_turns(data, n, max, LG_SERVER, &said);
	rpc_request(&said, way, 2, 5, EPM_MAP);
	n = add_turns(data, n, max, LG_CLIENT, &said);
	rpc_towers(&stub, way, towers, 2);
	rpc_response(&said, way, &(struct rpc_part){ 2, 5, WIRE_FIRST, level, stub.p, stub.n / 3 });
	rpc_response(&said, way,
		     &(struct rpc_part){ 2, 5, WIRE_LAST, level, stub.p + stub.n / 3, stub.n - stub.n / 3 });
	return add_turns(data, n, max, LG_SERVER, &said);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	if (seed % 2 == 0)
		n = write_sample(data, max, (struct rpc_way){ .big = seed & 2, .wide = seed & 4 },
				 seed & 8 ? WIRE_LEVEL_CONNECT : WIRE_LEVEL_NONE);
	return LLVMFuzzerMutate(data, n, max);
}
