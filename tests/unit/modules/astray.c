/* SPDX-License-Identifier: Apache-2.0 */
/* astray.c: a plugin that logs a fact that it does not have. */
#include <lychgate/plugin.h>

static const char *const log_facts[] = { "source", "method", 0 };

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "astray", .log_facts = log_facts };
