/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.h: facts by name.  The core's own are true of any link; the others are the plugin's.
 */
#ifndef FACTS_H
#define FACTS_H

#include "snapshot.h"

enum core_fact { /* fact_ref.index = -1 - core_fact */
	FACT_SOURCE,      /* "source": the client's address without port */
	FACT_LISTENER,    /* "listener" */
	FACT_SIDE,        /* "side": "client" or "server", where the request comes from */
	FACT_SNI,         /* "sni" */
	FACT_ALPN,        /* "alpn" */
	FACT_TLS_SUBJECT, /* "tls.subject" */
	FACT_TRUSTED,     /* "trusted": "true" or "false" */
	FACT_TRANSPORT,   /* "transport": "tcp", "tls" or "udp", of the link that the request came by */
	CORE_FACTS,
};

extern const char *const core_fact_names[]; /* ends with NULL */

/* Finds a fact of the core or of `plugin` (NULL: of the core alone); 0 or -ENOENT. */
int facts_resolve(const struct lg_plugin *plugin, const char *name, struct fact_ref *ref);

/* The fact's value for this exchange, { NULL, 0 } if it has none; good until the next read for the same exchange. */
struct exchange;
struct lg_span facts_read(struct exchange *x, const struct fact_ref *ref);

/* FACT_SOURCE as address_mask leaves it; the text is written into `text`. */
struct lg_span facts_source(const struct exchange *x, const uint8_t mask[2], char text[64]);

/* What the plugin has found out about its client: see lg_host. */
struct link;
void facts_learn(struct link *l, enum lg_learned what, struct lg_span value);

#endif
