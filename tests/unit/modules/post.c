/* SPDX-License-Identifier: Apache-2.0 */
/* post.c: a plugin of streams and datagrams, whose probe can ask over both; it says nothing of its options. */
#include <lychgate/plugin.h>

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

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "post",
	.version = "1",
	.summary = "for tests",
	.transports = LG_TCP | LG_TLS | LG_UDP,
	.probe = probe,
	.judge = judge,
};
