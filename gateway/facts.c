/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c finds facts by name: the core's own, which are true of any link, and a plugin's.  What a fact's value is in
 * an exchange is not asked here.
 */
#include "facts.h"

#include <errno.h>
#include <string.h>

#include "plugins.h"
#include "span.h"

const char *const core_fact_names[] = {
	[FACT_SOURCE] = "source",   [FACT_LISTENER] = "listener",   [FACT_SIDE] = "side",
	[FACT_SNI] = "sni",         [FACT_ALPN] = "alpn",           [FACT_TLS_SUBJECT] = "tls.subject",
	[FACT_TRUSTED] = "trusted", [FACT_TRANSPORT] = "transport", [CORE_FACTS] = NULL,
};

int facts_resolve(const struct lg_plugin *plugin, const char *name, struct fact_ref *ref)
{
	ref->arg = SPAN_NONE;
	for (int i = 0; i < CORE_FACTS; i++) {
		if (strcmp(core_fact_names[i], name) == 0) {
			ref->index = -1 - i;
			return 0;
		}
	}
	ref->index = plugin ? plugins_fact(plugin, name, &ref->arg) : -1;
	return ref->index < 0 ? -ENOENT : 0;
}
