/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parley.c: a plugin for a protocol of its own.  A client sends a line, "WORD
 * and what you like", and waits; the server answers with a line.  A server that
 * is well answers "ping" with "pong".
 */
#include <string.h>

#include <lychgate/plugin.h>

struct conf { /* the listener's `options` */
	int64_t longest;
};
static const struct lg_option options[] = {
	{ .name = "longest", .type = LG_BYTES, .offset = offsetof(struct conf, longest),
	  .def = "1k", .min = 16, .max = 65536,
	  .help = "a line is no longer than this" },
	{ .name = NULL },
};
static const char *const facts[] = { "word", NULL };
static const char *const counters[] = { "lines", NULL };
enum { COUNT_LINES };

struct parley { /* for each listener and thread */
	const struct conf *conf;
};
struct talk { /* for each client */
	struct lg_exchange *asked; /* NULL: it waits for nothing */
};

static int start(void *inst, const void *conf, const struct lg_host *host,
		 char err[], size_t errlen)
{
	(void)host, (void)err, (void)errlen;
	((struct parley *)inst)->conf = (const struct conf *)conf;
	return 0;
}

static struct talk *talk_of(const struct lg_link *l)
{
	return (struct talk *)l->session->data;
}

/* A line from the client: it is not read on until there is an answer. */
static int take_question(struct lg_link *l, struct lg_span line)
{
	struct lg_how how = { .mode = LG_PRIVATE,
			      .deadline_ms = l->limits->answer_ms };

	l->host->count(l, COUNT_LINES, 1);
	l->host->hold(l);
	talk_of(l)->asked = l->host->route(l, &how, line);
	return talk_of(l)->asked ? 0 : -1;
}

/* A line from the server: the answer, or what nobody has asked for. */
static void take_answer(struct lg_link *l, struct lg_span line)
{
	struct talk *talk = talk_of(l);
	struct lg_exchange *x = talk->asked;

	if (!x || !l->session->client)
		return; /* exchanges end with the client's link */
	l->host->send(x->from, l, &line, 1, 0);
	l->host->go(x->from);
	l->host->done(x);
	talk->asked = NULL;
}

/* Framing: one line at a time, whole; what is left over comes again. */
static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = (const char *)memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) + 1 : in.n };

	if (line.n > (size_t)((struct parley *)l->inst)->conf->longest)
		return -1; /* the link is closed */
	if (!end)
		return 0; /* called again when there is more */
	if (l->side == LG_CLIENT && take_question(l, line) < 0)
		return -1;
	if (l->side == LG_SERVER)
		take_answer(l, line);
	return (ptrdiff_t)line.n;
}

/* The line's first word. */
static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	struct lg_span word = { x->unit.p, 0 };

	(void)index, (void)arg;
	while (word.n < x->unit.n && !strchr(" \r\n", word.p[word.n]))
		word.n++;
	return word;
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	to->host->send(to, x->from, &x->unit, 1, 0);
}

/* The gateway's own answer.  The exchange ends when the callback returns. */
static void answer_no(struct lg_exchange *x, struct lg_span reason)
{
	struct lg_span pieces[] = { { "no: ", 4 }, reason, { "\n", 1 } };

	x->from->host->send(x->from, NULL, pieces, 3, 0);
}

static void go_on(struct lg_exchange *x)
{
	talk_of(x->from)->asked = NULL;
	x->from->host->go(x->from);
}

static void respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	struct lg_span none = { "no server", 9 };

	if (reply->code) /* 0: a policy said drop(), not a word */
		answer_no(x, reply->reason.n ? reply->reason : none);
	go_on(x);
}

static void lost(struct lg_exchange *x, const struct lg_lost *why)
{
	struct lg_span reason = { "no answer", 9 };

	if (why->why == LG_LOST_DEADLINE) /* it may still answer: too late */
		x->to->host->close(x->to, LG_RESET);
	answer_no(x, reason);
	go_on(x);
}

static int probe(struct lg_probe *p)
{
	struct lg_span ping = { "ping\n", 5 };

	p->host->ask(p, ping);
	return 0;
}

static enum lg_verdict judge(struct lg_probe *p, struct lg_span in)
{
	bool well = in.n >= 5 && memcmp(in.p, "pong\n", 5) == 0;

	if (in.n < 5 && !p->ended)
		return LG_NOT_YET;
	strcpy(p->note, well ? "pong" : "no pong"); /* for lychctl and the log */
	return well ? LG_HEALTHY : LG_SICK;
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "parley",
	.version = "1",
	.summary = "lines, each answered by a line",
	.transports = LG_TCP | LG_TLS,
	.conf_size = sizeof(struct conf),
	.inst_size = sizeof(struct parley),
	.session_size = sizeof(struct talk),
	.options = options,
	.facts = facts,
	.counters = counters,
	.start = start,
	.receive = receive,
	.fact = fact,
	.routed = routed,
	.respond = respond,
	.lost = lost,
	.probe = probe,
	.judge = judge,
};
