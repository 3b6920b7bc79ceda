/* SPDX-License-Identifier: Apache-2.0 */
/* default.c: a plugin whose option has a default that is none. */
#include <lychgate/plugin.h>

static const struct lg_option options[] = {
	{ "pause", LG_MSEC, 0, "soon" },
	{ NULL },
};

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "default", .conf_size = 8, .options = options };
