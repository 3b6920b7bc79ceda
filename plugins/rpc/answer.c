/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.c changes the towers of an ept_map answer so that they lead through the gateway.  Fragments are kept until the
 * last has come, for a tower may begin in one and end in another; then the stub is read as a whole, changed in place
 * and laid back into the same fragments, for a change never changes a length.
 */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "epm.h"

/* ---- Addresses ---- */

/* Reads "192.0.2.1:135". */
static bool is_ipv4(struct lg_span text, uint8_t address[4])
{
	size_t at = 0;

	for (unsigned i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;

		for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9' && digits < 3; at++, digits++)
			value = value * 10 + (unsigned)(text.p[at] - '0');
		if (digits == 0 || value > 255 || at == text.n || text.p[at++] != (i < 3 ? '.' : ':'))
			return false;
		address[i] = (uint8_t)value;
	}
	return true;
}

/* 0.0.0.0 is "where you have found me": what an endpoint mapper says of a service that listens everywhere. */
static bool is_of_server(const struct lg_link *server, const uint8_t address[4])
{
	static const uint8_t any[4];
	uint8_t own[4];

	return memcmp(address, any, 4) == 0 || (is_ipv4(server->server->address, own) && memcmp(address, own, 4) == 0);
}

/* ---- Towers ---- */

/* One tower.  False: there is no port for it. */
static bool change_tower(struct lg_link *server, uint8_t *stub, const struct epm_tower *t)
{
	static const enum count unchanged[] = {
		[EPM_IPV6] = COUNT_IPV6, [EPM_UDP] = COUNT_UDP, [EPM_OTHER] = COUNT_OTHER
	};
	const struct instance *inst = server->inst;
	struct session *s = session_of(server);
	uint8_t gateway[4];
	uint16_t port;

	if (t->kind != EPM_TCP) {
		session_note(server, unchanged[t->kind]);
	} else if (!is_of_server(server, t->address)) {
		session_note(server, COUNT_FOREIGN);
	} else if (!is_ipv4(server->session->client->local, gateway)) {
		session_note(server, COUNT_IPV6);
	} else {
		port = server->host->expect(s->exchange, t->port, &inst->options->ports);
		if (port == 0)
			return false;
		epm_replace(stub, t, gateway, port);
		session_note(server, COUNT_REWRITTEN);
	}
	return true;
}

/* Nothing is changed, and no port opened, before all of it has been read. */
static bool is_readable(struct epm_answer a)
{
	struct epm_tower t;
	int ret;

	do
		ret = epm_next(&a, &t);
	while (ret > 0);
	return ret == 0;
}

/* False: a tower could not get a port. */
static bool change(struct lg_link *server, uint8_t *stub, struct epm_answer a)
{
	struct epm_tower t;

	while (epm_next(&a, &t) > 0)
		if (!change_tower(server, stub, &t))
			return false;
	return true;
}

/* ---- Fragments ---- */

/* Copies the stub out of the call's PDUs, or back into them; its length. */
static size_t carry(struct call *call, uint8_t *stub, bool back)
{
	struct wire_pdu pdu;
	size_t n = 0;

	for (size_t at = 0; wire_read(&pdu, call->held + at, call->held_n - at) > 0; at += pdu.n) {
		uint8_t *part = call->held + at + WIRE_RESPONSE;
		size_t part_n = wire_stub_n(&pdu);

		memcpy(back ? part : stub + n, back ? stub + n : part, part_n);
		n += part_n;
	}
	return n;
}

/*
 * The endpoint mapper's own failure, in one PDU.  Of the two codes that MS-RPCE 2.2.1.2.5 gives ept_map it is
 * ept_s_not_registered: a Windows client makes of it RPC error 1753, "no more endpoints", which every caller must
 * expect of a service that is just starting, so it comes back later; ept_s_cant_perform_op is a broken endpoint mapper
 * to it. A verifier that protects nothing goes along, for a client that expects one.
 */
static int refuse(struct lg_link *server, struct call *call, uint64_t max, bool wide)
{
	struct wire_out out = { .n = WIRE_RESPONSE + EPM_FAILURE_MAX };
	struct wire_pdu first;
	int ret = -EPROTO;

	if (wire_read(&first, call->held, call->held_n) <= 0)
		return -EPROTO;
	out.n += first.auth_n;
	out.big = first.big;
	out.p = malloc(out.n);
	if (!out.p)
		return -ENOMEM;
	wire_begin(&out, WIRE_IS_RESPONSE, first.minor, call->id);
	wire_put_u32(&out, wide ? 52 : 40); /* alloc_hint */
	wire_put_u16(&out, call->context);
	wire_put_zeros(&out, 2);
	epm_put_failure(&out, EPM_NOT_REGISTERED, max, wide);
	if (first.auth_n > 0) {
		wire_put_bytes(&out, first.p + first.n - first.auth_n, first.auth_n);
		out.p[out.at - first.auth_n + 2] = 0; /* auth_pad_length: the stub is a multiple of 4 */
	}
	if (wire_end(&out, first.auth_n) > 0) {
		session_pass(server, out.p, out.at);
		ret = 0;
	}
	free(out.p);
	return ret;
}

/* All of the answer is there. */
static int finish(struct lg_link *server, struct call *call, bool big)
{
	struct session *s = session_of(server);
	bool wide = association_is_wide(&s->association, call);
	uint8_t *stub = malloc(call->held_n);
	struct epm_answer a;
	int ret = 0;

	if (!stub)
		return -ENOMEM;
	if (epm_open(&a, stub, carry(call, stub, false), big, wide) < 0 || !is_readable(a)) {
		session_note(server, COUNT_UNREADABLE);
		session_pass(server, call->held, call->held_n);
	} else if (change(server, stub, a)) {
		carry(call, stub, true);
		session_pass(server, call->held, call->held_n);
	} else {
		session_note(server, COUNT_REFUSED);
		ret = refuse(server, call, a.max, wide);
	}
	free(stub);
	return ret;
}

/* ---- PDUs ---- */

/* From here on the answer passes as it came. */
static void give_up(struct lg_link *server, struct call *call)
{
	session_pass(server, call->held, call->held_n);
	association_release(&session_of(server)->association, call);
	call->passes = true;
}

/* Why this PDU, and all that follow it, must pass as they are; COUNTS: they need not. */
static enum count reason_to_pass(struct lg_link *server, const struct call *call, const struct wire_pdu *pdu)
{
	bool first = pdu->flags & WIRE_FIRST;

	if (call->kind == CALL_DCOM)
		return COUNT_DCOM;
	if (pdu->level > WIRE_LEVEL_CONNECT)
		return COUNT_SEALED;
	if (first != (call->held_n == 0) || session_of(server)->association.held_n + pdu->n > server->limits->message)
		return COUNT_UNREADABLE;
	return COUNTS;
}

int answer_take(struct lg_link *server, struct call *call, const struct wire_pdu *pdu)
{
	struct association *a = &session_of(server)->association;
	enum count why = call->passes ? COUNTS : reason_to_pass(server, call, pdu);
	bool last = pdu->flags & WIRE_LAST;
	int ret = 0;

	if (call->kind == CALL_MAP && pdu->flags & WIRE_FIRST)
		session_note(server, COUNT_ANSWERS);
	if (why != COUNTS) {
		session_note(server, why);
		give_up(server, call);
	}
	if (call->passes) {
		session_pass(server, pdu->p, pdu->n);
	} else {
		ret = association_hold(a, call, pdu);
		if (ret == 0 && last)
			ret = finish(server, call, pdu->big);
	}
	if (last)
		association_end(a, call);
	return ret;
}

void answer_end(struct lg_link *server, struct call *call)
{
	give_up(server, call);
	association_end(&session_of(server)->association, call);
}
