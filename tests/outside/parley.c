/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parley.c: a stranger's plugin, built of the installed header alone, as C and as C++.  Its protocol: a client sends lines
 * "WORD what you like"; a server answers each with a line.  A server that is well answers "ping" with "pong".
 */
#include <string.h>

#include <lychgate/plugin.h>

struct conf { /* the listener's `options` */
	int64_t longest;
};

static const struct lg_option options[] = {
	{ .name = "longest", .type = LG_BYTES, .offset = offsetof(struct conf, longest), .def = "1k", .min = 16, .max = 65536,
	  .help = "a line is no longer than this" },
	{ .name = NULL },
};
static const char *const facts[] = { "word", NULL };
static const char *const counters[] = { "lines", NULL };

struct parley {
	const struct conf *conf;
};

static int start(void *inst, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	(void)host, (void)err, (void)errlen;
	((struct parley *)inst)->conf = (const struct conf *)conf;
	return 0;
}

/* The client waits for its answer: `hold`, until the server's line has come. */
static int take(struct lg_link *l, struct lg_span line)
{
	struct lg_how how = { .mode = LG_PRIVATE };
	struct lg_link *client = l->session->client;

	if (l->side == LG_CLIENT) {
		l->host->count(l, 0, 1);
		l->host->hold(l);
		return l->host->route(l, &how, line) ? 0 : -1;
	}
	if (client) {
		l->host->send(client, l, &line, 1, 0);
		l->host->go(client);
	}
	return 0;
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = (const char *)memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) + 1 : in.n };

	if (line.n > (size_t)((struct parley *)l->inst)->conf->longest)
		return -1;
	if (!end)
		return 0;
	return take(l, line) < 0 ? -1 : (ptrdiff_t)line.n;
}

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
	to->host->done(x);
}

static void respond(struct lg_exchange *x, const struct lg_reply *reply)
{
	struct lg_span pieces[] = { { "no: ", 4 }, reply->reason, { "\n", 1 } };

	x->from->host->send(x->from, NULL, pieces, 3, 0);
	x->from->host->go(x->from);
}

/* The answer will not come any more. */
static void closed(struct lg_link *l)
{
	if (l->side == LG_SERVER && l->session->client)
		l->host->close(l->session->client, LG_FLUSH);
}

static int probe(struct lg_probe *p)
{
	struct lg_span ping = { "ping\n", 5 };

	p->host->ask(p, ping);
	return 0;
}

static enum lg_verdict judge(struct lg_probe *p, struct lg_span in)
{
	if (in.n < 5 && !p->ended)
		return LG_NOT_YET;
	return in.n >= 5 && memcmp(in.p, "pong\n", 5) == 0 ? LG_HEALTHY : LG_SICK;
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER, .name = "parley", .version = "1", .summary = "lines, each answered by a line",
	.transports = LG_TCP | LG_TLS, .conf_size = sizeof(struct conf), .inst_size = sizeof(struct parley),
	.options = options, .facts = facts, .counters = counters, .start = start, .receive = receive, .fact = fact,
	.routed = routed, .respond = respond, .closed = closed, .probe = probe, .judge = judge,
};
