/* SPDX-License-Identifier: Apache-2.0 */
/* unjudged.c: a plugin that asks but does not judge. */
#include <lychgate/plugin.h>

static int probe(struct lg_probe *p)
{
	(void)p;
	return 0;
}

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "unjudged", .probe = probe };
