/* SPDX-License-Identifier: Apache-2.0 */
/* factless.c: a plugin that persists by a fact that it does not have. */
#include <lychgate/plugin.h>

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "factless", .persistence = "topic" };
