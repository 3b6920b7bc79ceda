/* SPDX-License-Identifier: Apache-2.0 */
/* teller.c: a plugin that would write credentials to the access log. */
#include <lychgate/plugin.h>

static const char *const facts[] = { "method", "header.*", 0 };
static const char *const log_facts[] = { "method", "header.Cookie", 0 };

static struct lg_span fact(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	(void)x, (void)index, (void)arg;
	return (struct lg_span){ 0 };
}

LG_PLUGIN = { LG_PLUGIN_HEADER, .name = "teller", .facts = facts, .fact = fact, .log_facts = log_facts };
