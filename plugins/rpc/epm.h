/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epm.h: the endpoint mapper's ept_map (C706 appendix O, MS-RPCE 2.2.1.2.5): who asks for an interface is answered with
 * towers (C706 appendix L), each one way to reach it.  A tower is a pile of floors; of ncacn_ip_tcp there are five: the
 * interface, the transfer syntax, connection-oriented RPC, the TCP port, the IPv4 address.  Pure: no I/O.
 */
#ifndef PLUGIN_RPC_EPM_H
#define PLUGIN_RPC_EPM_H

#include "wire.h"

enum {
	EPM_VERSION = 3,
	EPM_MAP = 3,                     /* its opnum */
	EPM_NOT_REGISTERED = 0x16c9a0d6, /* ept_s_not_registered */
	EPM_FAILURE_MAX = 52,
	EPM_QUESTION_N = 116,
};

extern const struct wire_uuid epm_interface;

enum epm_kind {
	EPM_TCP,   /* ncacn_ip_tcp with an IPv4 address */
	EPM_IPV6,  /* a TCP port, and no IPv4 address behind it */
	EPM_UDP,   /* ncadg_ip_udp */
	EPM_OTHER, /* named pipes, HTTP, no floors at all */
};

struct epm_tower {
	enum epm_kind kind;
	size_t port_at, address_at; /* EPM_TCP: where its two bytes and its four lie in the stub */
	uint16_t port;
	uint8_t address[4];
};

/* An answer while it is read. */
struct epm_answer {
	struct wire_in pointers, towers;
	uint64_t max, left;
	bool wide;
};

/* Begins to read an answer's stub; `wide`: its transfer syntax is NDR64.  0, or -EPROTO: its lengths lie. */
int epm_open(struct epm_answer *a, const uint8_t *stub, size_t n, bool big, bool wide);
/* The next tower.  1; 0: there is none; -EPROTO: its lengths lie. */
int epm_next(struct epm_answer *a, struct epm_tower *t);

/* Writes another place into an EPM_TCP tower; nothing changes its length. */
void epm_replace(uint8_t *stub, const struct epm_tower *t, const uint8_t address[4], uint16_t port);

/* The stub of an answer without towers: a null handle and a status.  `max` is what the client asked for. */
void epm_put_failure(struct wire_out *out, uint32_t status, uint64_t max, bool wide);

/* The stub of a question, in NDR: one tower for this interface over ncacn_ip_tcp. */
void epm_put_question(struct wire_out *out, const struct wire_uuid *interface, uint16_t major, uint16_t minor);

#endif
