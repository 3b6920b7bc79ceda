/* SPDX-License-Identifier: Apache-2.0 */
/* nameless.c: a plugin without a name. */
#include <lychgate/plugin.h>

LG_PLUGIN = { LG_PLUGIN_HEADER };
