/* SPDX-License-Identifier: Apache-2.0 */
/* hop_branch.c writes and reads our marks.  Whether a token is good is the core's to say. */
#include "hop_branch.h"

#include <string.h>

#include "sip/header.h"

#define COOKIE "z9hG4bK" /* RFC 3261 section 8.1.1.7 */
#define MARK   COOKIE "lg"

enum { LOOP_PIECES = 12 }; /* of the loop digest; more Route lines are not told apart */

/* Digits and lower-case letters: whoever compares tokens without case (RFC 3261 section 7.3.1) changes nothing. */
static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

/* The lowest 5*n bits. */
static void put_number(char *out, unsigned n, uint64_t v)
{
	while (n-- > 0) {
		out[n] = digits[v & 31];
		v >>= 5;
	}
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

static bool get_number(const char *p, unsigned n, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < n; i++) {
		int d = digit(p[i]);

		if (d < 0)
			return false;
		*v = *v << 5 | (uint64_t)d;
	}
	return true;
}

static struct lg_span span(struct sip_text t)
{
	return (struct lg_span){ t.p, t.n };
}

void hop_id_write(char id[HOP_ID], const struct lg_host *host, const char *name)
{
	struct lg_span pieces[] = { { "lychgate", 8 }, { name, name ? strlen(name) : 0 } };

	put_number(id, HOP_ID, host->digest(pieces, 2));
}

/* ---- The branch ---- */

static bool has_cookie(struct sip_text branch)
{
	return branch.n > sizeof(COOKIE) - 1 && memcmp(branch.p, COOKIE, sizeof(COOKIE) - 1) == 0;
}

/*
 * The branch and the sent-by name a transaction (RFC 3261 section 17.2.3); without the cookie, all of the Via does,
 * with the tag of From.  The rest keeps apart what only looks alike: clients with one address behind a NAT, and clients
 * that use one branch for all.
 */
uint64_t hop_branch_hash(const struct lg_link *l, const char *p, const struct sip_head *h, const struct sip_via *top)
{
	bool cookie = has_cookie(top->branch);
	uint16_t port = top->port;
	struct lg_span pieces[] = {
		l->peer,
		span(cookie ? top->branch : top->value),
		{ (const char *)&port, sizeof(port) },
		span(top->host),
		span(sip_text(p, h->call_id)),
		{ (const char *)&h->cseq, sizeof(h->cseq) },
		span(cookie ? (struct sip_text){ NULL, 0 } : sip_from_tag(p, h)),
	};

	return l->host->digest(pieces, sizeof(pieces) / sizeof(*pieces));
}

size_t hop_branch_write(char out[HOP_BRANCH_ROOM], const char id[HOP_ID], const struct hop_branch *b,
			struct lg_span token)
{
	char *at = out;

	memcpy(at, MARK, sizeof(MARK) - 1);
	at += sizeof(MARK) - 1;
	memcpy(at, id, HOP_ID);
	at += HOP_ID;
	put_number(at, HOP_HASH, b->hash);
	at += HOP_HASH;
	*at++ = digits[b->attempt & 31];
	memcpy(at, token.p, token.n);
	return (size_t)(at - out) + token.n;
}

bool hop_branch_read(struct hop_branch *b, struct sip_text *token, const char id[HOP_ID], struct sip_text branch)
{
	size_t fixed = sizeof(MARK) - 1 + HOP_ID + HOP_HASH + 1;
	const char *p = branch.p;
	uint64_t attempt;

	if (branch.n <= fixed || branch.n - fixed > LG_TOKEN || memcmp(p, MARK, sizeof(MARK) - 1) != 0)
		return false;
	p += sizeof(MARK) - 1;
	if (memcmp(p, id, HOP_ID) != 0)
		return false;
	p += HOP_ID;
	if (!get_number(p, HOP_HASH, &b->hash) || !get_number(p + HOP_HASH, 1, &attempt))
		return false;
	b->attempt = (unsigned)attempt;
	*token = (struct sip_text){ branch.p + fixed, branch.n - fixed };
	return true;
}

/* ---- Loops ---- */

/* The values of Route behind the first `skip`, as whole lines' rests. */
static unsigned route_pieces(const char *p, const struct sip_head *h, unsigned skip, struct lg_span *pieces,
			     unsigned max)
{
	struct sip_slice line;
	unsigned n = 0;

	if (h->route.n == 0)
		return 0;
	for (uint32_t at = 0; n < max && sip_header_next(p, h, SIP_TEXT("route"), &at, &line);) {
		struct sip_text rest = sip_text(p, line), value;

		while (skip > 0 && sip_next_value(&rest, &value))
			skip--;
		rest = sip_trim(rest);
		if (skip == 0 && rest.n > 0)
			pieces[n++] = span(rest);
	}
	return n;
}

uint64_t hop_loop_hash(const struct lg_host *host, const char *p, const struct sip_head *h, unsigned routes,
		       struct sip_text token)
{
	struct lg_span pieces[LOOP_PIECES] = {
		span(sip_text(p, h->call_id)),     { (const char *)&h->cseq, sizeof(h->cseq) },
		span(sip_text(p, h->method_name)), span(sip_text(p, h->uri)),
		span(sip_from_tag(p, h)),          span(token),
	};
	unsigned n = 6;

	n += route_pieces(p, h, routes, pieces + n, LOOP_PIECES - n);
	return host->digest(pieces, n);
}

void hop_loop_write(char out[HOP_LOOP], uint64_t loop)
{
	put_number(out, HOP_LOOP, loop);
}

static bool is_own(struct sip_text branch, const char id[HOP_ID])
{
	size_t n = sizeof(MARK) - 1;

	return branch.n > n + HOP_ID && memcmp(branch.p, MARK, n) == 0 && memcmp(branch.p + n, id, HOP_ID) == 0;
}

static bool closes(struct sip_text value, const char loop[HOP_LOOP])
{
	struct sip_text param;

	return sip_param(value, SIP_TEXT("lg"), &param) && sip_same(param, (struct sip_text){ loop, HOP_LOOP });
}

bool hop_loop_closed(const char *p, const struct sip_head *h, const struct sip_via *top, const char id[HOP_ID],
		     uint64_t loop)
{
	struct sip_via_walk walk = { 0 };
	struct sip_text value, branch;
	char text[HOP_LOOP];

	hop_loop_write(text, loop);
	/* Most requests have been nowhere else: one Via, which has been read. */
	if (h->via_lines == 1 && top->value.n == h->via.n)
		return is_own(top->branch, id) && closes(top->value, text);
	while (sip_via_next(p, h, &walk, &value))
		if (sip_param(value, SIP_TEXT("branch"), &branch) && is_own(branch, id) && closes(value, text))
			return true;
	return false;
}

/* ---- URIs ---- */

bool hop_param_read(struct sip_text param, const char id[HOP_ID], struct sip_text *token)
{
	*token = (struct sip_text){ NULL, 0 };
	if (param.n < HOP_ID || !sip_same((struct sip_text){ param.p, HOP_ID }, (struct sip_text){ id, HOP_ID }))
		return false;
	if (param.n == HOP_ID)
		return true;
	if (param.p[HOP_ID] != '.')
		return false;
	*token = (struct sip_text){ param.p + HOP_ID + 1, param.n - HOP_ID - 1 };
	return true;
}
