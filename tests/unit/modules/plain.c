/* SPDX-License-Identifier: Apache-2.0 */
/* plain.c: the least that a plugin can be; TCP only, and no fact to persist by. */
#include <lychgate/plugin.h>

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "plain", .transports = LG_TCP };
