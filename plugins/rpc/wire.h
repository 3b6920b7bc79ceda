/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h: the PDUs of connection-oriented DCE/RPC (C706 chapter 12), read and written.  Pure: bytes in, values out.
 *
 * Every PDU tells in its own header in which byte order its numbers are (the data representation label), so readers and
 * writers carry that order.  Both are sticky: the first access past the end makes them `bad`, later ones read as 0 and
 * write nothing, and the caller asks once, at the end.
 */
#ifndef PLUGIN_RPC_WIRE_H
#define PLUGIN_RPC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_HEADER = 16,   /* common to all PDUs; frag_length counts it */
	WIRE_RESPONSE = 24, /* and the rest of a response's header, where its stub begins */
	WIRE_PDU_MAX = 65535,
};

/* C706 12.6.1; only those that somebody here looks at. */
enum wire_type {
	WIRE_IS_REQUEST = 0,
	WIRE_IS_RESPONSE = 2,
	WIRE_IS_FAULT = 3,
	WIRE_IS_BIND = 11,
	WIRE_IS_BIND_ACK = 12,
	WIRE_IS_BIND_NAK = 13,
	WIRE_IS_ALTER_CONTEXT = 14,
	WIRE_IS_ALTER_CONTEXT_RESP = 15,
	WIRE_IS_ORPHANED = 19,
};

enum wire_flag {
	WIRE_FIRST = 0x01,
	WIRE_LAST = 0x02,
	WIRE_OBJECT = 0x80, /* an object UUID stands before a request's stub */
};

/* The verifier's level (MS-RPCE 2.2.1.1.8).  Above CONNECT the bytes of an answer are signed, or sealed as well. */
enum wire_level {
	WIRE_LEVEL_NONE = 1,
	WIRE_LEVEL_CONNECT = 2,
	WIRE_LEVEL_PRIVACY = 6,
};

/* ---- Numbers ---- */

struct wire_uuid {
	uint32_t low;
	uint16_t mid, high;
	uint8_t rest[8];
};

struct wire_in {
	const uint8_t *p;
	size_t n, at;
	bool big, bad;
};

uint8_t wire_u8(struct wire_in *in);
uint16_t wire_u16(struct wire_in *in);
uint32_t wire_u32(struct wire_in *in);
uint64_t wire_u64(struct wire_in *in);
struct wire_uuid wire_uuid(struct wire_in *in);
/* Leaves out `n` bytes, and returns where they began; NULL: they are not there. */
const uint8_t *wire_skip(struct wire_in *in, uint64_t n);
/* Goes on at the next multiple of `to`, counted from the start of the bytes. */
void wire_align(struct wire_in *in, size_t to);

struct wire_out {
	uint8_t *p;
	size_t n, at;
	bool big, bad;
};

void wire_put_u8(struct wire_out *out, uint8_t value);
void wire_put_u16(struct wire_out *out, uint16_t value);
void wire_put_u32(struct wire_out *out, uint32_t value);
void wire_put_u64(struct wire_out *out, uint64_t value);
void wire_put_uuid(struct wire_out *out, const struct wire_uuid *uuid);
void wire_put_bytes(struct wire_out *out, const void *p, size_t n);
void wire_put_zeros(struct wire_out *out, size_t n);

bool wire_same(const struct wire_uuid *a, const struct wire_uuid *b);
/* Reads "e1af8308-5d1f-11c9-91a4-08002b14a0fa", nothing before it and nothing behind.  0 or -EINVAL. */
int wire_uuid_of(struct wire_uuid *uuid, const char *text);

/* ---- PDUs ---- */

struct wire_pdu {
	const uint8_t *p; /* borrowed, n bytes */
	size_t n;         /* the frag_length */
	size_t body_n;    /* of the bytes behind the common header, without the verifier and its padding */
	size_t auth_n;    /* of the verifier with its own header, at the end of the PDU; 0: there is none */
	uint32_t call_id;
	uint8_t type, flags, minor;
	uint8_t level; /* the verifier's; WIRE_LEVEL_NONE: there is none */
	bool big;
};

/* Reads the PDU that p[0..n) begins with.  1; 0: more bytes are needed; -EPROTO: this is no PDU, or its lengths lie. */
int wire_read(struct wire_pdu *pdu, const void *p, size_t n);

/* Reads what is behind the common header. */
struct wire_in wire_body(const struct wire_pdu *pdu);

/* A presentation context that a bind or alter_context offers. */
struct wire_context {
	uint16_t id;
	struct wire_uuid interface;
	uint32_t version; /* the major one in the low half */
};

/* Goes through the contexts that a bind or alter_context offers: wire_contexts tells how many are said to come, then
 * each wire_context reads the next.  in->bad: the list ends too early. */
unsigned wire_contexts(struct wire_in *in, const struct wire_pdu *pdu);
struct wire_context wire_context(struct wire_in *in);

/* What became of one, in the same order: in a bind_ack or alter_context_resp. */
struct wire_result {
	uint16_t result; /* 0: acceptance */
	struct wire_uuid transfer;
};

unsigned wire_results(struct wire_in *in, const struct wire_pdu *pdu);
struct wire_result wire_result(struct wire_in *in);

/* A request's or a response's own header. */
struct wire_call {
	uint16_t context, opnum; /* opnum: of a request */
};

/* 0 or -EPROTO: it is cut off. */
int wire_call(struct wire_call *call, const struct wire_pdu *pdu);

/* Where a response's stub lies in its PDU, and how long it is; only after wire_call. */
static inline size_t wire_stub_n(const struct wire_pdu *response)
{
	return WIRE_HEADER + response->body_n - WIRE_RESPONSE;
}

/* ---- Writing ---- */

/* The common header; wire_end fills in the frag_length. */
void wire_begin(struct wire_out *out, uint8_t type, uint8_t minor, uint32_t call_id);
/* The length of the whole; 0: it did not fit. */
size_t wire_end(struct wire_out *out, size_t auth_n);

/* The transfer syntaxes that something here can read. */
extern const struct wire_uuid wire_ndr;   /* version 2 (C706 chapter 14) */
extern const struct wire_uuid wire_ndr64; /* version 1 (MS-RPCE 2.2.5) */

#endif
