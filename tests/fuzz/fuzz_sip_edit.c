/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_sip_edit: any message that the scan lets pass, changed as a hop changes it.  The result must scan again to the
 * same message but for the change, and libosip2 must read in its Vias and Routes what was meant.  Built by `make fuzz`.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/ack.h"
#include "sip/check.h"
#include "sip/header.h"
#include "sip/uri.h"
#include "sip/via.h"
#include "tests/fuzz/sip_oracle.h"
#include "tests/unit/sip_edit.h"
#include "tests/unit/sip_samples.h"

#define LIMIT 8192
#define ROOM  16384

#define VIA_VALUE "SIP/2.0/TLS gw.example:5061;branch=z9hG4bKlg1;lg=2"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

/* A message in memory of its own, with its index. */
struct unit {
	char *p;
	size_t n;
	struct sip_head h;
};

static void stop(const char *what)
{
	fprintf(stderr, "fuzz_sip_edit: %s\n", what);
	abort();
}

static bool scan(struct unit *u)
{
	struct sip_cursor c = { 0 };

	return sip_scan(&u->h, &c, u->p, u->n, LIMIT) == SIP_MESSAGE && u->h.body_n <= u->n - u->h.head_n;
}

/* What `from` is after its cuts. */
static struct unit cut(const struct unit *from, const struct sip_splice *s)
{
	struct unit u = { 0 };
	char *buf = malloc(ROOM), *alone;

	if (!buf)
		abort();
	u.n = edit_join(s, from->p, from->n, buf, ROOM);
	alone = malloc(u.n > 0 ? u.n : 1);
	if (!alone || u.n == 0)
		stop("pieces that do not fit, or are empty");
	memcpy(alone, buf, u.n);
	free(buf);
	u.p = alone;
	if (!scan(&u))
		stop("a change that breaks the message");
	return u;
}

static struct sip_text body_of(const struct unit *u)
{
	return (struct sip_text){ u->p + u->h.head_n, u->n - u->h.head_n };
}

/* Has `b` all that `a` has, but for Via, Route and Max-Forwards? */
static void check_rest(const struct unit *a, const struct unit *b)
{
	const struct sip_slice *of_a[] = { &a->h.start, &a->h.call_id, &a->h.cseq_value,
					   &a->h.from,  &a->h.to,      &a->h.contact };
	const struct sip_slice *of_b[] = { &b->h.start, &b->h.call_id, &b->h.cseq_value,
					   &b->h.from,  &b->h.to,      &b->h.contact };

	for (size_t i = 0; i < sizeof(of_a) / sizeof(of_a[0]); i++)
		if (!sip_equal(sip_text(a->p, *of_a[i]), sip_text(b->p, *of_b[i])))
			stop("a change that changes something else");
	if (!sip_equal(body_of(a), body_of(b)) || a->h.content_length != b->h.content_length ||
	    a->h.has_credentials != b->h.has_credentials)
		stop("a change that changes the body or a header");
}

/* ---- Values of Via and Route, as the library reads them and as libosip2 does ---- */

/* The values of `name` from the `skip`th on must be those of `b` from the `put`th on. */
static void check_values(const struct unit *a, unsigned skip, const struct unit *b, unsigned put, const char *header)
{
	struct sip_text name = { header, strlen(header) }, of_a, of_b, rest_a = { NULL, 0 }, rest_b = { NULL, 0 };
	struct sip_slice line;
	uint32_t at_a = 0, at_b = 0;
	bool more_a, more_b;

	do {
		while (!(more_a = sip_next_value(&rest_a, &of_a)) && sip_header_next(a->p, &a->h, name, &at_a, &line))
			rest_a = sip_text(a->p, line);
		if (more_a && skip > 0) {
			skip--;
			continue;
		}
		do {
			while (!(more_b = sip_next_value(&rest_b, &of_b)) &&
			       sip_header_next(b->p, &b->h, name, &at_b, &line))
				rest_b = sip_text(b->p, line);
		} while (more_b && put > 0 && put--);
		if (more_a != more_b || (more_a && !sip_equal(of_a, of_b)))
			stop("values that come and go");
	} while (more_a);
}

static void check_oracle(const struct unit *u)
{
	const char *differs = sip_oracle_hop_differs(u->p, u->h.head_n + u->h.body_n, &u->h);

	if (differs)
		stop(differs);
}

/* ---- The changes ---- */

static void push_and_pop_via(const struct unit *m)
{
	struct sip_splice s = { 0 };
	struct unit pushed, popped;

	if (sip_put_lines(&s, &m->h, SIP_TEXT("Via: " VIA_VALUE "\r\n")) != 0)
		stop("no room for a Via");
	pushed = cut(m, &s);
	check_rest(m, &pushed);
	if (!sip_equal(sip_top_via(pushed.p, &pushed.h), SIP_TEXT(VIA_VALUE)))
		stop("another Via on top");
	check_values(m, 0, &pushed, 1, "via");
	check_oracle(&pushed);

	s.n = 0;
	if (sip_take_first(&s, pushed.p, &pushed.h, pushed.h.via) != 0)
		stop("a Via that stays");
	popped = cut(&pushed, &s);
	if (popped.n != m->n || memcmp(popped.p, m->p, m->n) != 0)
		stop("another message after push and pop");
	free(pushed.p);
	free(popped.p);
}

static void pop_own_via(const struct unit *m)
{
	struct sip_splice s = { 0 };
	struct unit u;

	if (m->h.kind == SIP_REQUEST || sip_top_via(m->p, &m->h).n == 0)
		return;
	if (sip_take_first(&s, m->p, &m->h, m->h.via) != 0)
		stop("a Via that stays");
	u = cut(m, &s);
	check_rest(m, &u);
	check_values(m, 1, &u, 0, "via");
	free(u.p);
}

static void receive_via(const struct unit *m, struct sip_text host, uint16_t port)
{
	struct sip_via before, after;
	struct sip_splice s = { 0 };
	char room[SIP_VIA_ROOM];
	struct unit u;

	if (sip_via_receive(&s, m->p, &m->h, host, port, room) != 0)
		return;
	u = cut(m, &s);
	check_rest(m, &u);
	check_values(m, 1, &u, 1, "via");
	if (!sip_via_read(&before, sip_top_via(m->p, &m->h)) || !sip_via_read(&after, sip_top_via(u.p, &u.h)))
		stop("a Via that cannot be read after its marks");
	if (!sip_equal(before.host, after.host) || before.port != after.port ||
	    !sip_equal(before.transport, after.transport) || !sip_equal(before.branch, after.branch) ||
	    before.has_rport != after.has_rport)
		stop("marks that change the Via");
	if (before.has_rport && (after.rport != port || !sip_equal(after.received, host)))
		stop("rport without its marks");
	if (!before.has_rport && sip_same_host(before.host, host) != (after.received.n == 0))
		stop("received where it is not due, or not where it is");
	check_oracle(&u);
	free(u.p);
}

static void pop_routes(const struct unit *m, unsigned most)
{
	struct sip_splice s = { 0 };
	struct unit u;
	int taken = sip_take_values(&s, m->p, &m->h, SIP_TEXT("route"), most);

	if (taken < 0) {
		if (s.n < SIP_CUTS)
			stop("a Route that stays");
		return;
	}
	u = cut(m, &s);
	check_rest(m, &u);
	check_values(m, (unsigned)taken, &u, 0, "route");
	check_oracle(&u);
	free(u.p);
}

/* As a policy does it: one header goes, another comes. */
static void replace_header(const struct unit *m)
{
	struct sip_splice s = { 0 };
	struct sip_slice value;
	struct unit u;
	uint32_t at = 0;

	if (sip_take_header(&s, m->p, &m->h, SIP_TEXT("subject")) < 0)
		return;
	if (sip_put_lines(&s, &m->h, SIP_TEXT("Subject: tea\r\n")) != 0)
		return;
	u = cut(m, &s);
	check_rest(m, &u);
	if (!sip_header_next(u.p, &u.h, SIP_TEXT("subject"), &at, &value) ||
	    !sip_equal(sip_text(u.p, value), SIP_TEXT("tea")) ||
	    sip_header_next(u.p, &u.h, SIP_TEXT("subject"), &at, &value))
		stop("a header that is not the one put");
	free(u.p);
}

/* The ACK for an answer that has this request's To must fit, and say what the request says. */
static void write_ack(const struct unit *m)
{
	const struct sip_ack ack = { .via = SIP_TEXT("Via: " VIA_VALUE "\r\n") };
	size_t room = sip_ack_room(&m->h, &ack, &m->h);
	struct unit u = { .p = malloc(room) };
	int n = u.p ? sip_ack_write(u.p, room, m->p, &m->h, &ack, m->p, &m->h) : -1;

	if (n == -EINVAL && m->h.to.n == 0) { /* an empty To goes through a scan, but into no ACK */
		free(u.p);
		return;
	}
	if (n < 0)
		stop("an ACK that does not fit");
	u.n = (size_t)n;
	if (!scan(&u) || u.h.method != SIP_ACK || u.h.cseq != m->h.cseq || u.h.head_n != u.n ||
	    !sip_equal(sip_text(u.p, u.h.call_id), sip_text(m->p, m->h.call_id)))
		stop("an ACK that cannot be read");
	check_values(m, 0, &u, 0, "route");
	free(u.p);
}

static void check_message(const struct unit *m, unsigned seed)
{
	const char *reason = NULL;
	struct sip_via top;

	if (sip_check_hop(m->p, &m->h, &top, &reason) != 0 && !reason)
		stop("refused without a reason");
	push_and_pop_via(m);
	pop_own_via(m);
	replace_header(m);
	if (m->h.kind == SIP_RESPONSE)
		return;
	receive_via(m, SIP_TEXT("192.0.2.77"), (uint16_t)(seed + 1));
	receive_via(m, SIP_TEXT("2001:db8::77"), 65535);
	pop_routes(m, seed % 4);
	if (m->h.method == SIP_INVITE)
		write_ack(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct unit m = { .p = malloc(n > 0 ? n : 1), .n = n };
	struct sip_head h;

	if (!m.p)
		return 0;
	memcpy(m.p, data, n);
	if (scan(&m)) {
		m.n = m.h.head_n + m.h.body_n;
		check_message(&m, n > 0 ? data[n - 1] : 0);
	}
	memcpy(m.p, data, n);
	if (sip_scan_datagram(&h, m.p, n, LIMIT) == SIP_MORE)
		stop("a datagram that goes on");
	free(m.p);
	return 0;
}

#define ROUTED                                                                                                         \
	"INVITE sip:b@x.example SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"           \
	"Route: <sip:r1.example;lr;lg=1>, \"a, b\" <sip:[2001:db8::1]:5060;lr>\r\nroute : <sip:r3.example>\r\n"        \
	"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"

/* The generator: mostly begins from a sample, so that no corpus has to be kept. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	const char *sample = seed / 4 % 2 ? ROUTED : sip_samples[seed / 8 % SIP_SAMPLES].text;

	if (seed % 4 > 0 && strlen(sample) <= max) {
		n = strlen(sample);
		memcpy(data, sample, n);
	}
	return LLVMFuzzerMutate(data, n, max);
}
