/* SPDX-License-Identifier: Apache-2.0 */
/* teller.c: a plugin that would write credentials to the access log. */
#include <lychgate/plugin.h>

static const char *const facts[] = { "method", "header.*", 0 };
static const char *const log_facts[] = { "method", "header.Cookie", 0 };

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "teller", .facts = facts, .log_facts = log_facts };
