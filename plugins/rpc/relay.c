/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.c cuts the stream into PDUs by their frag_length and passes them bit for bit, as many together as have come. It
 * keeps back only the answers that answer.c has to see as a whole.
 */
#include "relay.h"

#include <errno.h>

#include "answer.h"
#include "session.h"

/* A client's PDU.  0, or negative: the connection cannot go on. */
static int asked(struct lg_link *l, const struct wire_pdu *pdu)
{
	struct session *s = session_of(l);
	struct call *call = pdu->type == WIRE_IS_ORPHANED ? association_call(&s->association, pdu) : NULL;
	int ret = association_asks(&s->association, pdu, l->limits->requests);

	if (call)
		answer_end(s->server, call);
	if (ret < 0)
		session_note(l, COUNT_OVERLOADED);
	return ret;
}

/* A server's PDU, which `taken` tells not to pass on.  The same. */
static int answered(struct lg_link *l, const struct wire_pdu *pdu, struct lg_span before, bool *taken)
{
	struct session *s = session_of(l);
	bool is_fault = pdu->type == WIRE_IS_FAULT;
	struct call *call = NULL;

	*taken = false;
	association_answers(&s->association, pdu);
	if (is_fault || pdu->type == WIRE_IS_RESPONSE)
		call = association_call(&s->association, pdu);
	if (!call)
		return 0;
	session_pass(l, before.p, before.n);
	*taken = true;
	if (!is_fault)
		return answer_take(l, call, pdu);
	answer_end(l, call);
	session_pass(l, pdu->p, pdu->n);
	return 0;
}

ptrdiff_t relay_receive(struct lg_link *l, struct lg_span in)
{
	struct session *s = session_of(l);
	size_t passed = 0, at = 0;
	struct wire_pdu pdu;
	int ret = 0;

	if (!l->session->client || !s->server)
		return (ptrdiff_t)in.n; /* the other end is gone, and this one follows */
	while (ret >= 0 && (ret = wire_read(&pdu, in.p + at, in.n - at)) > 0) {
		bool taken = false;

		if (l->side == LG_CLIENT)
			ret = asked(l, &pdu);
		else
			ret = answered(l, &pdu, (struct lg_span){ in.p + passed, at - passed }, &taken);
		at += pdu.n;
		if (taken)
			passed = at;
	}
	if (ret == -EPROTO)
		session_note(l, COUNT_MALFORMED);
	session_pass(l, in.p + passed, at - passed);
	return ret < 0 ? ret : (ptrdiff_t)at;
}
