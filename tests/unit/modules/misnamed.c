/* SPDX-License-Identifier: Apache-2.0 */
/* misnamed.c: a plugin that is called otherwise than its file. */
#include <lychgate/plugin.h>

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "other" };
