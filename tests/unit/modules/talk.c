/* SPDX-License-Identifier: Apache-2.0 */
/* talk.c: a plugin that only declares: options of every type, facts, a monitor.  For tests of configuration and
 * loading. */
#include <errno.h>
#include <stdio.h>

#include <lychgate/plugin.h>

#include "talk.h"

static const char *const moods[] = { "calm", "loud", NULL };

static const struct lg_option options[] = {
	{ "greet", LG_BOOL, offsetof(struct talk_conf, greet), "true", .help = "say hello" },
	{ "lines", LG_INT, offsetof(struct talk_conf, lines), "8", 1, 100, .help = "how many" },
	{ "pause", LG_MSEC, offsetof(struct talk_conf, pause), "2s", 0, 60000, .help = "between two" },
	{ "room", LG_BYTES, offsetof(struct talk_conf, room), "4k", .help = "for one" },
	{ "word", LG_STR, offsetof(struct talk_conf, word), "hello", .help = "what to say" },
	{ "mood", LG_ENUM, offsetof(struct talk_conf, mood), "calm", .choices = moods, .help = "how to say it" },
	{ "nets", LG_NETS, offsetof(struct talk_conf, nets), .help = "who may" },
	{ "routes", LG_ROUTES, .help = "which way" },
	{ "doors", LG_PORTS, offsetof(struct talk_conf, doors), "50000-50999", .help = "where to be heard" },
	{ NULL },
};

static const struct lg_option probe_options[] = {
	{ "question", LG_STR, offsetof(struct talk_probe, question), "how are you", .help = "what to ask" },
	{ NULL },
};

static const char *const facts[] = { "topic", "header.*", "host", "path", NULL };
static const char *const sealed[] = { "from", "f", NULL };
static const char *const counters[] = { "words", "silences", NULL };

static int check(const void *conf, unsigned transports, char err[], size_t errlen)
{
	if (((const struct talk_conf *)conf)->lines != 99 || !(transports & LG_TLS))
		return 0;
	snprintf(err, errlen, "99 lines do not fit into TLS");
	return -EINVAL;
}

static int probe(struct lg_probe *p)
{
	(void)p;
	return 0;
}

static enum lg_verdict judge(struct lg_probe *p, struct lg_span in)
{
	(void)p, (void)in;
	return LG_HEALTHY;
}

static const char *const *alpn(const void *conf)
{
	static const char *const quiet[] = { "talk/1", 0 }, *const loud[] = { "talk/2", "talk/1", 0 };

	return ((const struct talk_conf *)conf)->mood ? loud : quiet;
}

static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	(void)x, (void)index, (void)arg;
	return (struct lg_span){ 0 };
}

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "talk",
	.version = "1",
	.summary = "for tests",
	.transports = LG_TCP | LG_TLS,
	.conf_size = sizeof(struct talk_conf),
	.options = options,
	.facts = facts,
	.fact = fact,
	.counters = counters,
	.persistence = "topic",
	.alpn = alpn,
	.probe_conf_size = sizeof(struct talk_probe),
	.probe_options = probe_options,
	.probe = probe,
	.judge = judge,
	.check = check,
	.sealed = sealed,
};
