/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h: what a datagram on a STUN port is, and how a Binding request is written.  Pure: no I/O, no state.
 *
 * Three kinds of datagrams are framed: STUN with the magic cookie (RFC 8489, RFC 5389), STUN without it (RFC 3489, and
 * the older TURN of Lync's A/V Edge), and TURN's ChannelData (RFC 8656).  All else on the port (DTLS, RTP) is
 * STUN_NONE.  A length that does not fit its datagram makes it STUN_NONE too: nothing here reads past `n`.
 */
#ifndef PLUGIN_STUN_WIRE_H
#define PLUGIN_STUN_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum {
	STUN_HEADER = 20,
	STUN_ID = 16, /* the cookie and the 12 bytes behind it, or the 16 bytes of RFC 3489 */
	STUN_COOKIE = 0x2112A442,
};

enum stun_form {
	STUN_NONE,
	STUN_COOKIED,
	STUN_CLASSIC,
	STUN_CHANNEL,
};

/* Two bits of the type (RFC 8489 section 5). */
enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };

/* The other twelve; the first three are the same in every edition. */
enum stun_method {
	STUN_BINDING = 1,
	STUN_SHARED_SECRET = 2,
	STUN_ALLOCATE = 3,
};

struct stun_head {
	enum stun_form form;
	enum stun_class class; /* this and the next two: of a message only */
	unsigned method;
	uint8_t id[STUN_ID];
	unsigned channel; /* of ChannelData only */
};

/* Reads what `p`, one whole datagram of `n` bytes, begins with; returns head->form. */
enum stun_form stun_read(struct stun_head *head, const void *p, size_t n);

/* The code of a message's ERROR-CODE attribute, 300 to 699 (RFC 8489 section 14.8); 0: it has none that can be read.
 * The bytes are those that stun_read made `head` of. */
unsigned stun_error(const struct stun_head *head, const void *p, size_t n);

/* Writes a Binding request without attributes: STUN_HEADER bytes.  `id` is all sixteen; stun_new_id makes one. */
void stun_write_binding(uint8_t out[STUN_HEADER], const uint8_t id[STUN_ID]);

/* Turns sixteen random bytes into the id of a request of this form, STUN_COOKIED or STUN_CLASSIC. */
void stun_new_id(uint8_t id[STUN_ID], enum stun_form form);

/* "binding", "allocate"; NULL: the form's editions have no such method. */
const char *stun_method_name(const struct stun_head *head);
const char *stun_class_name(enum stun_class c);

#endif
