/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c reads facts of requests.  What the scan has indexed costs nothing; URIs are taken apart by sip/grammar.h and
 * other headers searched for, only when somebody asks.
 */
#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "request.h"
#include "session.h"
#include "sip/grammar.h"
#include "sip/header.h"

enum fact {
	FACT_METHOD,
	FACT_CALL_ID,
	FACT_URI_USER,
	FACT_URI_DOMAIN,
	FACT_FROM_USER,
	FACT_FROM_DOMAIN,
	FACT_TO_USER,
	FACT_TO_DOMAIN,
	FACT_STATUS,
	FACT_HEADER,
};

const char *const facts_names[] = {
	[FACT_METHOD] = "method",
	[FACT_CALL_ID] = "call-id",
	[FACT_URI_USER] = "uri.user",
	[FACT_URI_DOMAIN] = "uri.domain",
	[FACT_FROM_USER] = "from.user",
	[FACT_FROM_DOMAIN] = "from.domain",
	[FACT_TO_USER] = "to.user",
	[FACT_TO_DOMAIN] = "to.domain",
	[FACT_STATUS] = "status",
	[FACT_HEADER] = "header.*",
	NULL,
};

static struct lg_span slice(const struct lg_exchange *x, struct sip_slice s)
{
	struct sip_text t = sip_text(x->unit.p, s);

	return (struct lg_span){ t.p, t.n };
}

/* Part of a URI, which may be in an address header's value. */
static struct lg_span part(const struct lg_exchange *x, struct sip_slice s, enum sip_part which, bool is_uri)
{
	struct sip_text text = sip_text(x->unit.p, s);
	size_t room = text.n + 1;
	char *buf = text.n > 0 ? instance_scratch(instance_of(x->from), room) : NULL;
	int n;

	if (!buf)
		return LG_NO_UNIT;
	n = is_uri ? sip_uri_part(text, which, buf, room) : sip_address_part(text, which, buf, room);
	return n < 0 ? LG_NO_UNIT : (struct lg_span){ buf, (size_t)n };
}

static struct lg_span header(const struct lg_exchange *x, const struct sip_head *h, struct lg_span name)
{
	char *buf = instance_scratch(instance_of(x->from), h->head_n);
	struct sip_text value;

	if (!buf || sip_header(x->unit.p, h, (struct sip_text){ name.p, name.n }, &value, buf, h->head_n) < 0)
		return LG_NO_UNIT;
	return (struct lg_span){ value.p, value.n };
}

/* Of the final answer; before that there is none. */
static struct lg_span status(struct request *r)
{
	if (r->status < 100 || r->status > 699)
		return LG_NO_UNIT;
	snprintf(r->status_text, sizeof(r->status_text), "%03d", r->status);
	return (struct lg_span){ r->status_text, 3 };
}

struct lg_span facts_read(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	struct request *r = x->data;
	const struct sip_head *h = &r->head;

	if (index == FACT_STATUS)
		return status(r);
	if (!x->unit.p)
		return LG_NO_UNIT;
	switch ((enum fact)index) {
	case FACT_METHOD:
		return slice(x, h->method_name);
	case FACT_CALL_ID:
		return slice(x, h->call_id);
	case FACT_URI_USER:
		return part(x, h->uri, SIP_USER, true);
	case FACT_URI_DOMAIN:
		return part(x, h->uri, SIP_DOMAIN, true);
	case FACT_FROM_USER:
		return part(x, h->from, SIP_USER, false);
	case FACT_FROM_DOMAIN:
		return part(x, h->from, SIP_DOMAIN, false);
	case FACT_TO_USER:
		return part(x, h->to, SIP_USER, false);
	case FACT_TO_DOMAIN:
		return part(x, h->to, SIP_DOMAIN, false);
	case FACT_HEADER:
		return header(x, h, arg);
	default:
		return LG_NO_UNIT;
	}
}
