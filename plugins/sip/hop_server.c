/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_server.c takes a request that a server starts to the client that its Route names.  The token there is the core's
 * and signed, and counts from a server's side only; who has none is nobody that we relay for.
 */
#include "hop.h"

#include <errno.h>

#include "hop_record.h"
#include "hop_reply.h"
#include "hop_request.h"
#include "hop_send.h"
#include "hop_wait.h"

static void flow_failed(struct lg_link *l, const char *p, const struct sip_head *h)
{
	hop_request_refuse(l, p, h, 430, COUNT_NO_FLOW); /* RFC 5626 section 11.5 */
}

static bool has_flow(struct lg_link *l, const char *p, const struct hop_request *r)
{
	struct sip_text token = sip_text(p, r->token);
	struct lg_span local;

	return l->host->look((struct lg_span){ token.p, token.n }, LG_ROUTE, &local) != 0;
}

void hop_server_received(struct lg_link *l, const struct message *m)
{
	const struct sip_head *h = &m->head;
	struct lg_how how = { .mode = LG_SHARED, .flags = LG_KNOWN };
	struct hop_request r;
	struct lg_exchange *x;

	if (!hop_request_read(&r, l, m))
		return;
	if (r.token.n == 0) {
		hop_request_refuse(l, m->bytes.p, h, 403, COUNT_FORBIDDEN);
		return;
	}
	if (!has_flow(l, m->bytes.p, &r)) {
		flow_failed(l, m->bytes.p, h);
		return;
	}
	x = l->host->route(l, &how, m->bytes);
	if (!x)
		hop_reply_overload(l, m->bytes.p, h);
	else
		*(struct hop_request *)x->data = r;
}

/* A dialog that a server begins is its own: what the client sends in it goes there, from whatever connection. */
static bool sends(struct lg_exchange *x)
{
	const struct hop_request *r = x->data;
	const struct sip_head *h = &r->request.head;
	int ret = hop_wait_prepare(x);

	if (ret < 0) {
		hop_reply_overload(x->from, x->unit.p, h);
		return false;
	}
	ret = hop_send_to(x);
	if (ret < 0)
		hop_reply_status(x->from, x->unit.p, h, 500);
	else if (ret == 0)
		flow_failed(x->from, x->unit.p, h);
	else if (hop_record_forms_dialog(x->unit.p, h))
		x->from->host->pin(x->from, x);
	return ret > 0;
}

void hop_server_routed(struct lg_exchange *x)
{
	bool sent = sends(x);

	if (sent && hop_wait_sent(x))
		return;
	hop_wait_drop(x);
	x->from->host->done(x);
}

/* The client was another thread's, and has gone. */
void hop_server_returned(struct lg_link *from, struct lg_span unit)
{
	struct sip_cursor cursor = { 0 };
	struct sip_splice splice = { .n = 0 };
	struct sip_text pieces[SIP_PIECES];
	struct sip_head h;
	unsigned n;

	if (sip_scan(&h, &cursor, unit.p, unit.n, UINT32_MAX) != SIP_MESSAGE)
		return;
	if (h.kind == SIP_RESPONSE) {
		from->host->count(from, COUNT_UNDELIVERED, 1);
		return;
	}
	(void)splice;
	(void)pieces;
	(void)n;
}
