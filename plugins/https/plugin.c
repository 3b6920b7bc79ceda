/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.c declares the plugin. */
#include <lychgate/plugin.h>

#include "forward.h"

LG_PLUGIN = {
	LG_PLUGIN_HEADER,
	.name = "https",
	.version = "0.1",
	.summary = "HTTP/1.1",
	.transports = LG_TCP | LG_TLS,
	.sealed = forward_sealed,
};
