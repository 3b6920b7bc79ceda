/* SPDX-License-Identifier: Apache-2.0 */
/* lease_stage.c: two clients and one or two servers of hop.h, and what is said between them on leased links. */
#include "unit.h"

#include "lease_stage.h"

#include <stdio.h>
#include <unistd.h>

struct hop h;
struct wire a, b, s, s2;

static char token[LG_TOKEN + 1];
static unsigned number;

void stage_gauges(unsigned server, unsigned sessions, unsigned idle)
{
	struct server_state *state = h.servers[server].state;

	for (unsigned i = 0; i < unit_patience_ms() && (state->sessions != sessions || state->idle != idle); i++)
		usleep(1000);
	assert_int_equal(state->sessions, sessions);
	assert_int_equal(state->idle, idle);
}

void stage_has(struct wire *server, const char *line)
{
	wire_request(server, &number, token, line);
}

/* The request has come to the server, which answers it. */
static void answer(struct wire *c, struct wire *server, const char *line, const char *how)
{
	char want[64];

	stage_has(server, line);
	wire_say(server, "%sto %s\n", how, line + 2);
	snprintf(want, sizeof want, "to %s", line + 2);
	wire_expect(c, want);
}

void stage_ask(struct wire *c, struct wire *server, const char *line, const char *how)
{
	wire_say(c, "%s\n", line);
	answer(c, server, line, how);
}

void stage_dial(struct wire *c, struct wire *link, unsigned server, const char *line, const char *how)
{
	wire_say(c, "%s\n", line);
	hop_accept(&h, link, server);
	answer(c, link, line, how);
}

void stage_begin(void)
{
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
	hop_dial(&h, &b, LEFT);
}

void stage_first(const char *line, const char *how)
{
	stage_dial(&a, &s, 0, line, how);
}

void stage_end(void)
{
	wire_close(&a);
	wire_close(&b);
	hop_free(&h);
}
