/* SPDX-License-Identifier: Apache-2.0 */
/* hop_plugin.c: the plugin, which does what the lines say (hop.h) and notes in the log what it is told. */
#include "unit.h"

#include "hop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/link.h"
#include "gateway/span.h"
#include "hop_inside.h"

enum { REQUESTS = 4096 };

static struct lg_exchange *requests[REQUESTS]; /* by number; only their own worker looks */

struct request {
	unsigned number;
	char flags[8];
};

static const char *name_of(const struct lg_link *l)
{
	return l->side == LG_CLIENT ? "client" : l->server->name.p;
}

static bool has_flag(const struct lg_exchange *x, char flag)
{
	return strchr(((struct request *)x->data)->flags, flag) != NULL;
}

static void begin(struct lg_link *l, struct lg_span unit)
{
	struct lg_how how = { .mode = LG_SHARED };
	struct request r = { 0 };
	struct lg_exchange *x;

	sscanf(unit.p, "%7[^ ]", r.flags);
	r.number = hop_number();
	how.flags = (strchr(r.flags, 'K') ? LG_KEEP : 0) | (strchr(r.flags, 'S') ? LG_STREAM : 0) |
		    (strchr(r.flags, 'N') ? LG_KNOWN : 0);
	how.deadline_ms = strchr(r.flags, 'D') ? HOP_DEADLINE_MS : 0;
	if (strchr(r.flags, 'T'))
		l->trusted = true;
	if (strchr(r.flags, 'L'))
		how.mode = LG_LEASED;
	how.proxy = strchr(r.flags, 'P') ? 1 : 0;
	if (strchr(r.flags, 'Y'))
		how.flags |= LG_STAY;
	x = l->host->route(l, &how, unit);
	if (!x) {
		hop_note("overload %u; ", r.number);
		return;
	}
	memcpy(x->data, &r, sizeof r);
	requests[r.number % REQUESTS] = x;
}

static void forward(struct lg_link *l, enum lg_use use, struct lg_span line)
{
	const char *space = memchr(line.p, ' ', line.n);
	struct lg_span token = { line.p, space ? (size_t)(space - line.p) : 0 };
	struct lg_span rest = { space + 1, line.n - token.n - 1 };

	assert_non_null(space);
	if (l->host->send_to(token, use, l, &rest, 1) == LG_GONE)
		hop_note("gone %.*s; ", (int)rest.n - 1, rest.p);
}

static struct lg_span behind(struct lg_span line)
{
	return (struct lg_span){ line.p + 1, line.n - 1 };
}

/* What a leased link's server says to its tenant. */
static void answer(struct lg_link *l, struct lg_span line)
{
	struct lg_exchange *x = l->exchange;
	struct lg_span text = behind(line);

	assert_ptr_equal(x->to, l);
	l->host->send(x->from, l, &text, 1, 0);
	if (line.p[0] == '#')
		hop_note("kept %d; ", l->host->keep(x));
	if (line.p[0] == '.')
		l->host->done(x);
	else
		l->host->reuse(x);
}

static void take_line(struct lg_link *l, struct lg_span line)
{
	switch (line.p[0]) {
	case '=':
		forward(l, LG_ANSWER, behind(line));
		break;
	case '!':
		forward(l, LG_ROUTE, behind(line));
		break;
	case '&':
		forward(l, LG_SERVER_ANSWER, behind(line));
		break;
	case '?':
		begin(l, behind(line));
		break;
	case '*':
		l->host->again(requests[atoi(line.p + 1) % REQUESTS]);
		break;
	case '+':
	case '.':
	case '#':
		answer(l, line);
		break;
	case '/':
		l->host->rest(l, (uint32_t)atoi(line.p + 1));
		break;
	default:
		l->side == LG_CLIENT ? begin(l, line) : forward(l, LG_ANSWER, line);
	}
}

static void opened(struct lg_link *l)
{
	assert_true((l->session != NULL) == (l->side == LG_CLIENT || l->exchange));
	hop_note("opened %s%s; ", name_of(l), l->side == LG_CLIENT && l->server ? l->server->name.p : "");
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) + 1 : 0 };

	assert_false(link_of(l)->worker->delivering);
	assert_true(!link_of(l)->lease.is || l->exchange);
	if (line.n)
		take_line(l, line);
	return (ptrdiff_t)line.n;
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	const struct lg_host *host = x->from->host;
	const struct request *r = x->data;
	char text[2 * LG_TOKEN], token[LG_TOKEN];
	enum lg_use use = has_flag(x, 'R') ? LG_ROUTE : has_flag(x, 'V') ? LG_SERVER_ANSWER : LG_ANSWER;
	unsigned n = host->token(x->from, use, 0, token);
	struct lg_span pieces[2] = { { text, 0 }, x->unit };

	assert_ptr_equal(x->to, to);
	hop_note("routed %u %s; ", r->number, to ? name_of(to) : "known");
	if (to) {
		assert_true(has_flag(x, 'L') ? to->session == x->from->session && to->exchange == x : !to->session);
		assert_int_equal(*(bool *)to->data, false); /* of each lease */
		*(bool *)to->data = has_flag(x, 'L');
		pieces[0].n = (size_t)snprintf(text, sizeof text, "%u %.*s ", r->number, (int)n, token);
		assert_int_not_equal(host->send(to, x->from, pieces, 2, 0), LG_GONE);
		if (!to->session) /* whole units only */
			assert_int_equal(host->send(to, x->from, pieces, 2, LG_MORE), LG_GONE);
	}
	if (!has_flag(x, 'K') && !has_flag(x, 'D') && !has_flag(x, 'L'))
		host->done(x);
}

static void respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	static const char *const causes[] = { "policy", "no-server", "overload" };

	hop_note("respond %u %s; ", ((struct request *)x->data)->number, causes[reply->cause]);
}

/* "method" is there to the end, "path" as long as the unit. */
static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	const struct request *r = x->data;

	(void)arg;
	if (index == 0)
		return span_of(r->flags);
	return x->unit.p ? (struct lg_span){ x->unit.p, x->unit.n - 1 } : SPAN_NONE;
}

static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	hop_note("lost %u %s; ", ((struct request *)x->data)->number,
		 why->why == LG_LOST_DEADLINE ? "deadline" : "link");
	if (has_flag(x, 'A'))
		x->from->host->again(x);
}

static void returned(struct lg_link *from, struct lg_span unit)
{
	assert_false(link_of(from)->worker->delivering);
	hop_note("returned %s %.*s; ", name_of(from), (int)unit.n - 1, unit.p);
}

static void closed(struct lg_link *l)
{
	hop_note("closed %s; ", name_of(l));
}

static const char *const facts[] = { "method", "path", NULL };

const struct lg_plugin hop_plugin = {
	LG_PLUGIN_HEADER,
	.name = "hops",
	.transports = LG_TCP | LG_TLS | LG_UDP,
	.exchange_size = sizeof(struct request),
	.link_size = sizeof(bool),
	.facts = facts,
	.log_facts = facts,
	.fact = fact,
	.opened = opened,
	.receive = receive,
	.routed = routed,
	.respond = respond,
	.lost = lost,
	.returned = returned,
	.closed = closed,
};
