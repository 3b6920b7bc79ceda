/* SPDX-License-Identifier: Apache-2.0 */
/*
 * association.c follows binds and calls.  It notes only what may be answered with an address, so most connections leave
 * nothing here.  It judges no PDU: what it cannot read is passed on for the other end to judge.
 */
#include "association.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "epm.h"

/* DCOM's three (MS-DCOM 1.9), which run on the endpoint mapper's own port. */
static const struct wire_uuid object_exporter = {
	0x99fcfec4, 0x5260, 0x101b, { 0xbb, 0xcb, 0, 0xaa, 0, 0x21, 0x34, 0x7a }
};
static const struct wire_uuid system_activator = { 0x000001a0, 0, 0, { 0xc0, 0, 0, 0, 0, 0, 0, 0x46 } };
static const struct wire_uuid activation = {
	0x4d9f4ab8, 0x7d1c, 0x11cf, { 0x86, 0x1e, 0, 0x20, 0xaf, 0x6e, 0x7c, 0x57 }
};

static const struct interface interfaces[] = {
	{ &epm_interface, 1 << EPM_MAP, CALL_MAP },
	{ &object_exporter, 1 << 0 | 1 << 4, CALL_DCOM },  /* ResolveOxid, ResolveOxid2 */
	{ &system_activator, 1 << 3 | 1 << 4, CALL_DCOM }, /* RemoteGetClassObject, RemoteCreateInstance */
	{ &activation, 1 << 0, CALL_DCOM },                /* RemoteActivation */
};

/* ---- Contexts ---- */

static const struct interface *interface_of(const struct wire_uuid *uuid)
{
	for (size_t i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++)
		if (wire_same(interfaces[i].uuid, uuid))
			return &interfaces[i];
	return NULL;
}

static const struct context *context_of(const struct association *a, uint16_t id)
{
	for (unsigned i = 0; i < ASSOCIATION_CONTEXTS; i++)
		if (a->contexts[i].interface && a->contexts[i].id == id)
			return &a->contexts[i];
	return NULL;
}

/* An id that is offered again means what was offered last. */
static struct context *place_for(struct association *a, uint16_t id)
{
	struct context *free_one = NULL;

	for (unsigned i = 0; i < ASSOCIATION_CONTEXTS; i++) {
		struct context *c = &a->contexts[i];

		if (c->interface && c->id == id)
			return c;
		if (!c->interface)
			free_one = c;
	}
	return free_one;
}

static int offer(struct association *a, const struct wire_pdu *pdu)
{
	struct wire_in in;
	unsigned n = wire_contexts(&in, pdu);

	for (unsigned i = 0; i < n; i++) {
		struct wire_context offered = wire_context(&in);
		const struct interface *interface = interface_of(&offered.interface);
		struct context *c;

		if (in.bad)
			return 0;
		if (!interface && !context_of(a, offered.id))
			continue;
		c = place_for(a, offered.id);
		if (!c)
			return -ENOBUFS;
		*c = (struct context){ .interface = interface,
				       .bind_id = pdu->call_id,
				       .id = offered.id,
				       .place = (uint8_t)i,
				       .is_open = true };
	}
	return 0;
}

/* Results come in the order of the offers; what has none, or another than acceptance, is no context. */
static void settle(struct association *a, const struct wire_pdu *pdu)
{
	struct wire_result results[UINT8_MAX + 1];
	struct wire_in in;
	unsigned n = 0, said = 0;

	if (pdu->type != WIRE_IS_BIND_NAK)
		said = wire_results(&in, pdu);
	for (; n < said; n++) {
		results[n] = wire_result(&in);
		if (in.bad)
			break;
	}
	for (unsigned i = 0; i < ASSOCIATION_CONTEXTS; i++) {
		struct context *c = &a->contexts[i];

		if (!c->interface || !c->is_open || c->bind_id != pdu->call_id)
			continue;
		c->is_open = false;
		if (c->place < n && results[c->place].result == 0)
			c->is_wide = wire_same(&results[c->place].transfer, &wire_ndr64);
		else
			c->interface = NULL;
	}
}

/* ---- Calls ---- */

static int begin(struct association *a, const struct wire_pdu *pdu, unsigned calls)
{
	struct wire_call asked;
	const struct context *c;
	struct call *call;

	if (!(pdu->flags & WIRE_FIRST) || wire_call(&asked, pdu) < 0)
		return 0;
	c = context_of(a, asked.context);
	if (!c || asked.opnum >= 16 || !(c->interface->opnums >> asked.opnum & 1))
		return 0;
	if (a->ncalls >= calls)
		return -ENOBUFS;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	*call = (struct call){
		.next = a->calls, .id = pdu->call_id, .context = asked.context, .kind = c->interface->kind
	};
	a->calls = call;
	a->ncalls++;
	return 0;
}

struct call *association_call(const struct association *a, const struct wire_pdu *pdu)
{
	struct call *call = a->calls;
	struct wire_call said;

	while (call && call->id != pdu->call_id)
		call = call->next;
	if (!call || pdu->type != WIRE_IS_RESPONSE)
		return call;
	return wire_call(&said, pdu) == 0 && said.context == call->context ? call : NULL;
}

bool association_is_wide(const struct association *a, const struct call *call)
{
	const struct context *c = context_of(a, call->context);

	return c && c->is_wide;
}

int association_hold(struct association *a, struct call *call, const struct wire_pdu *pdu)
{
	size_t room = call->room ? call->room : pdu->n;
	uint8_t *held;

	while (room < call->held_n + pdu->n)
		room *= 2;
	if (room > call->room) {
		held = realloc(call->held, room);
		if (!held)
			return -ENOMEM;
		call->held = held;
		call->room = room;
	}
	memcpy(call->held + call->held_n, pdu->p, pdu->n);
	call->held_n += pdu->n;
	a->held_n += pdu->n;
	return 0;
}

void association_release(struct association *a, struct call *call)
{
	free(call->held);
	a->held_n -= call->held_n;
	call->held = NULL;
	call->held_n = call->room = 0;
}

void association_end(struct association *a, struct call *call)
{
	struct call **at = &a->calls;

	while (*at != call)
		at = &(*at)->next;
	*at = call->next;
	a->ncalls--;
	association_release(a, call);
	free(call);
}

/* ---- Both sides' PDUs ---- */

int association_asks(struct association *a, const struct wire_pdu *pdu, unsigned calls)
{
	switch (pdu->type) {
	case WIRE_IS_BIND:
	case WIRE_IS_ALTER_CONTEXT:
		return offer(a, pdu);
	case WIRE_IS_REQUEST:
		return begin(a, pdu, calls);
	default:
		return 0;
	}
}

void association_answers(struct association *a, const struct wire_pdu *pdu)
{
	switch (pdu->type) {
	case WIRE_IS_BIND_ACK:
	case WIRE_IS_BIND_NAK:
	case WIRE_IS_ALTER_CONTEXT_RESP:
		settle(a, pdu);
		break;
	default:
		break;
	}
}

void association_fini(struct association *a)
{
	while (a->calls)
		association_end(a, a->calls);
}
