/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_server.c takes a request that a server starts to the client that its Route names.  The token there is the core's
 * and signed, and counts from a server's side only; without one there is nobody that we relay to.  A server that has
 * connected to the listener by itself may also be a client: what it sends without a token goes the way of all requests.
 */
#include "hop.h"

#include <string.h>

#include "hop_forward.h"
#include "hop_record.h"
#include "hop_reply.h"
#include "hop_request.h"
#include "hop_send.h"
#include "hop_wait.h"
#include "reply.h"

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
	if (r.token.n == 0 && l->side == LG_CLIENT) {
		hop_request_pass(l, m, &r);
		return;
	}
	if (r.token.n == 0) {
		hop_request_refuse(l, m->bytes.p, h, 403, COUNT_FORBIDDEN);
		return;
	}
	r.to_client = true;
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

/* The unit as it left, without our Via: what the answer to `from` is made of.  { NULL, 0 }: no memory. */
static struct lg_span without_via(struct lg_link *from, struct lg_span unit, const struct sip_head *h)
{
	struct hop_out o;
	char *text = hop_spare(hop_of(from), h->head_n);
	size_t n = 0;

	o.splice.n = 0;
	if (!text || sip_take_first(&o.splice, unit.p, h, h->via) < 0)
		return LG_NO_UNIT;
	hop_forward_pieces(&o, (struct lg_span){ unit.p, h->head_n });
	for (unsigned i = 0; i < o.npieces; i++) {
		memcpy(text + n, o.pieces[i].p, o.pieces[i].n);
		n += o.pieces[i].n;
	}
	return (struct lg_span){ text, n };
}

/* The client was another thread's, and has gone.  Its Via has all that it is owed already. */
void hop_server_returned(struct lg_link *from, struct lg_span unit)
{
	struct sip_cursor cursor = { 0 }, again = { 0 };
	struct sip_head h;
	struct lg_span text;

	if (sip_scan(&h, &cursor, unit.p, unit.n, UINT32_MAX) != SIP_MESSAGE)
		return;
	if (h.kind == SIP_RESPONSE) {
		from->host->count(from, COUNT_UNDELIVERED, 1);
		return;
	}
	hop_wait_returned(from, sip_branch(unit.p, &h));
	from->host->count(from, COUNT_NO_FLOW, 1);
	text = without_via(from, unit, &h);
	if (text.p && h.method != SIP_ACK && sip_scan(&h, &again, text.p, text.n, UINT32_MAX) == SIP_MESSAGE)
		reply_status(from, text.p, &h, 430);
}
