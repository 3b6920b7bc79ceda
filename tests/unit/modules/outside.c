/* SPDX-License-Identifier: Apache-2.0 */
/* outside.c: a plugin whose option lies outside of its conf struct. */
#include <lychgate/plugin.h>

static const struct lg_option options[] = {
	{ "far", LG_INT, 8, "1" },
	{ NULL },
};

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "outside", .conf_size = 8, .options = options };
