/* SPDX-License-Identifier: Apache-2.0 */
/* doors.c: a plugin that opens ports: each line from a client is a port of the server's, the answer is the port that
 * was opened for it here.  For the scenario of expected ports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lychgate/plugin.h>

struct doors_conf {
	struct lg_ports ports;
};

struct doors {
	const struct doors_conf *conf;
};

static const struct lg_option options[] = {
	{ "ports", LG_PORTS, offsetof(struct doors_conf, ports), "50000-50999",
	  .help = "the ports that may be opened" },
	{ NULL },
};

static int start(void *inst, const void *conf, const struct lg_host *host, char err[], size_t errlen)
{
	(void)host, (void)err, (void)errlen;
	((struct doors *)inst)->conf = conf;
	return 0;
}

static ptrdiff_t receive(struct lg_link *l, struct lg_span in)
{
	const char *end = memchr(in.p, '\n', in.n);
	struct lg_span line = { in.p, end ? (size_t)(end - in.p) : 0 };

	if (!end)
		return 0;
	if (l->side == LG_CLIENT && !l->host->route(l, &(struct lg_how){ 0 }, line))
		return -1;
	return end - in.p + 1;
}

static void routed(struct lg_exchange *x, struct lg_link *to)
{
	const struct doors *inst = to->inst;
	char port[8] = "", answer[8];
	struct lg_span out = { answer, 0 };

	memcpy(port, x->unit.p, x->unit.n < sizeof port ? x->unit.n : sizeof port - 1);
	out.n = (size_t)snprintf(answer, sizeof answer, "%d\n",
				 to->host->expect(x, (uint16_t)atoi(port), &inst->conf->ports));
	to->host->send(x->from, NULL, &out, 1, 0);
	to->host->done(x);
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "doors",
	.version = "1",
	.summary = "for tests",
	.transports = LG_TCP | LG_TLS,
	.conf_size = sizeof(struct doors_conf),
	.inst_size = sizeof(struct doors),
	.options = options,
	.start = start,
	.receive = receive,
	.routed = routed,
};
