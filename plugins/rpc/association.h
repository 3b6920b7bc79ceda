/* SPDX-License-Identifier: Apache-2.0 */
/*
 * association.h: what a connection is bound to, and which of its open calls will be answered with addresses.  An
 * association (C706 9.3) is one connection's presentation contexts and calls; only those of a few interfaces matter
 * here.
 */
#ifndef PLUGIN_RPC_ASSOCIATION_H
#define PLUGIN_RPC_ASSOCIATION_H

#include "wire.h"

enum {
	ASSOCIATION_CONTEXTS = 16, /* that matter, in one connection; a client needs one or two */
};

/* What the answer to a call holds. */
enum call_kind {
	CALL_MAP,  /* towers of the endpoint mapper */
	CALL_DCOM, /* string bindings of DCOM, which may not be changed */
};

struct interface {
	const struct wire_uuid *uuid;
	uint16_t opnums; /* bit n: calls of opnum n are answered with addresses */
	enum call_kind kind;
};

struct context {
	const struct interface *interface; /* NULL: this place is free */
	uint32_t bind_id;                  /* the call_id of the PDU that offered it */
	uint16_t id;
	uint8_t place; /* in that PDU, which the answer follows */
	bool is_open;  /* offered, and not yet answered */
	bool is_wide;  /* accepted with NDR64 */
};

struct call {
	struct call *next;
	uint32_t id;
	uint16_t context;
	enum call_kind kind;
	bool passes; /* its answer goes on as it comes */

	/* The answer's PDUs so far, whole and as they came. */
	uint8_t *held;
	size_t held_n, room;
};

struct association {
	struct context contexts[ASSOCIATION_CONTEXTS];
	struct call *calls; /* the newest first */
	unsigned ncalls;
	size_t held_n; /* of all calls */
};

void association_fini(struct association *a);

/* Takes note of a PDU of the client's; at most `calls` may be open.  0, -ENOBUFS at a limit, -ENOMEM. */
int association_asks(struct association *a, const struct wire_pdu *pdu, unsigned calls);
/* Takes note of what the server said about contexts. */
void association_answers(struct association *a, const struct wire_pdu *pdu);

/* The open call that a PDU of either side is about; NULL: none that matters. */
struct call *association_call(const struct association *a, const struct wire_pdu *pdu);
bool association_is_wide(const struct association *a, const struct call *call);

/* Keeps a PDU of the call's answer.  0 or -ENOMEM. */
int association_hold(struct association *a, struct call *call, const struct wire_pdu *pdu);
void association_release(struct association *a, struct call *call);
/* The call is over. */
void association_end(struct association *a, struct call *call);

#endif
