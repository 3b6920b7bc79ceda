/* SPDX-License-Identifier: Apache-2.0 */
/* key.c: which persistence key an exchange has.  What is remembered by it is the store's. */
#include "key.h"

#include <string.h>

#include "address.h"
#include "facts.h"
#include "link.h"
#include "session.h"
#include "siphash.h"
#include "span.h"

enum { SOURCE_BITS = 64 }; /* of an IPv6 address: the least that one subscriber has (RFC 6177) */

void key_origin(const struct exchange *x, struct sockaddr_storage *a)
{
	const struct session *s = x->session;

	*a = s->shared ? server_place(link_of(x->pub.from)->server)->address :
			 *(const struct sockaddr_storage *)session_origin(s);
}

uint64_t key_source(const struct exchange *x)
{
	const struct session *s = x->session;
	struct sockaddr_storage a;
	char text[64];

	if (s->shared || x->pub.from->server || x->pub.from->trusted)
		return 0;
	key_origin(x, &a);
	address_mask(&a, 0, SOURCE_BITS);
	address_format_host((struct sockaddr *)&a, text, sizeof text);
	return siphash(s->worker->secret, text, strlen(text));
}

/* Addresses are told from other facts' values, so that nobody makes the key of another's address up. */
bool key_of(struct exchange *x, const struct reach *r, struct store_key *key)
{
	const uint8_t *mask = r->pool->mask;
	struct lg_span pieces[] = { span_of(r->pool->scope), SPAN_NONE, span_of("source") };
	bool source = false;
	char text[64];

	for (unsigned i = 0; i < r->nby && !pieces[1].n; i++) {
		source = r->by[i].index == -1 - FACT_SOURCE;
		pieces[1] = source && (mask[0] || mask[1]) ? facts_source(x, mask, text) : facts_read(x, &r->by[i]);
	}
	if (!pieces[1].n)
		return false;
	*key = store_key_of(x->session->worker->secret, pieces, source ? 3 : 2);
	return true;
}
