/* SPDX-License-Identifier: Apache-2.0 */
/* mute.c: a plugin that has facts and tells none. */
#include <lychgate/plugin.h>

static const char *const facts[] = { "method", 0 };

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "mute", .facts = facts };
