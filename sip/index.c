/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.c knows the headers that routing and framing need, and reads from each no more than they need.  Telling lines
 * apart is scan.c's part.
 */
#include "sip/index.h"

enum name {
	OTHER,
	AUTHORIZATION,
	CALL_ID,
	COMPRESSION,
	CONTACT,
	CONTENT_LENGTH,
	CONTENT_TYPE,
	CSEQ,
	FROM,
	MAX_FORWARDS,
	PROXY_REQUIRE,
	ROUTE,
	TO,
	VIA,
};

/* Do 8 or 4 bytes match but for case?  `word` is in lower case; "-" has the bit that makes letters lower too. */
static inline bool same8(const char *p, const char *word)
{
	uint64_t a, b;

	memcpy(&a, p, sizeof(a));
	memcpy(&b, word, sizeof(b));
	return (a | 0x2020202020202020) == b;
}

static inline bool same4(const char *p, const char *word)
{
	uint32_t a, b;

	memcpy(&a, p, sizeof(a));
	memcpy(&b, word, sizeof(b));
	return (a | 0x20202020) == b;
}

/* Is `p` the lower-case `word` of the same, constant length?  A comparison or two of whole words, which overlap. */
static inline bool is_word(const char *p, const char *word, size_t n)
{
	if (n > 16 && !same8(p + 8, word + 8))
		return false;
	if (n >= 8)
		return same8(p, word) && same8(p + n - 8, word + n - 8);
	if (n >= 4)
		return same4(p, word) && same4(p + n - 4, word + n - 4);
	for (size_t i = 0; i < n; i++)
		if ((p[i] | 0x20) != word[i])
			return false;
	return true;
}

/* Is the name at `p`, which is as long as the constant `word`, that word? */
#define IS(p, word) is_word(p, word, sizeof(word) - 1)

static enum name compact_name(char c)
{
	switch (c | 0x20) {
	case 'c':
		return CONTENT_TYPE;
	case 'f':
		return FROM;
	case 'i':
		return CALL_ID;
	case 'l':
		return CONTENT_LENGTH;
	case 'm':
		return CONTACT;
	case 't':
		return TO;
	case 'v':
		return VIA;
	default:
		return OTHER;
	}
}

static enum name name_of(const char *p, size_t n)
{
	switch (n) {
	case 1:
		return compact_name(p[0]);
	case 2:
		return IS(p, "to") ? TO : OTHER;
	case 3:
		return IS(p, "via") ? VIA : OTHER;
	case 4:
		return IS(p, "from") ? FROM : IS(p, "cseq") ? CSEQ : OTHER;
	case 5:
		return IS(p, "route") ? ROUTE : OTHER;
	case 7:
		return IS(p, "call-id") ? CALL_ID : IS(p, "contact") ? CONTACT : OTHER;
	case 11:
		return IS(p, "compression") ? COMPRESSION : OTHER;
	case 12:
		return IS(p, "content-type") ? CONTENT_TYPE : IS(p, "max-forwards") ? MAX_FORWARDS : OTHER;
	case 13:
		return IS(p, "authorization") ? AUTHORIZATION : IS(p, "proxy-require") ? PROXY_REQUIRE : OTHER;
	case 14:
		return IS(p, "content-length") ? CONTENT_LENGTH : OTHER;
	case 19:
		return IS(p, "proxy-authorization") ? AUTHORIZATION : OTHER;
	default:
		return OTHER;
	}
}

static void read_call_id(struct sip_pass *s, struct sip_slice value)
{
	struct sip_text t = sip_text(s->p, value);

	if (s->h->call_id.n > 0) {
		if (sip_equal(t, sip_text(s->p, s->h->call_id)))
			return;
		s->key_broken = true;
		sip_fail(s->h, 400, "two different Call-IDs");
		return;
	}
	s->h->call_id = value;
	if (value.n > 0 && (!sip_is_plain(t) || memchr(t.p, ' ', t.n)))
		sip_fail(s->h, 400, "white space or control character in Call-ID");
}

/* CSeq = 1*DIGIT LWS Method (section 20.16), the number below 2^31 (section 8.1.1.5) */
static void read_cseq(struct sip_pass *s, struct sip_slice value)
{
	struct sip_text t = { s->p + value.at, value.n };
	struct sip_text name;
	uint32_t number = 0;
	size_t n = sip_number(t, &number);

	if (s->h->cseq_value.n == 0)
		s->h->cseq_value = value;
	name = sip_trim((struct sip_text){ t.p + n, t.n - n });
	if (n == 0 || number > SIP_MAX_CSEQ || n + name.n == t.n || !sip_is_token(name)) {
		sip_fail(s->h, 400, "CSeq cannot be read");
		return;
	}
	if (s->cseq_read) {
		if (number == s->h->cseq && sip_equal(name, sip_text(s->p, s->h->method_name)))
			return;
		s->key_broken = true;
		sip_fail(s->h, 400, "two different CSeqs");
		return;
	}
	s->cseq_read = true;
	s->h->cseq = number;
	if (s->h->kind == SIP_RESPONSE)
		sip_start_method(s->h, s->p, (struct sip_slice){ (uint32_t)(name.p - s->p), (uint32_t)name.n });
	else if (s->h->method_name.n > 0 && !sip_equal(name, sip_text(s->p, s->h->method_name)))
		sip_fail(s->h, 400, "CSeq names another method");
}

static void read_content_length(struct sip_pass *s, struct sip_slice value)
{
	struct sip_text t = sip_text(s->p, value);
	uint32_t number;

	if (value.n == 0 || sip_number(t, &number) != t.n)
		sip_fail_length(s, "Content-Length cannot be read");
	else if (s->h->content_length >= 0 && s->h->content_length != number)
		sip_fail_length(s, "two different Content-Lengths");
	else
		s->h->content_length = number;
}

/* In a response it says nothing. */
static void read_max_forwards(struct sip_pass *s, struct sip_slice value)
{
	struct sip_text t = sip_text(s->p, value);
	struct sip_head *h = s->h;
	uint32_t number;

	if (h->kind == SIP_RESPONSE)
		return;
	if (value.n == 0 || sip_number(t, &number) != t.n || number > SIP_MAX_FORWARDS)
		sip_fail(h, 400, "Max-Forwards cannot be read");
	else if (h->max_forwards_n >= 0)
		h->has_two_max_forwards = true;
	else {
		h->max_forwards = value;
		h->max_forwards_n = (int)number;
	}
}

/* A header that may stand once; twice the same can be read in one way only.  An empty one leaves its place. */
static void keep_once(struct sip_pass *s, struct sip_slice *kept, struct sip_slice value, const char *reason)
{
	if (kept->n == 0 && kept->at == 0)
		*kept = value;
	else if (!sip_equal(sip_text(s->p, *kept), sip_text(s->p, value)))
		sip_fail(s->h, 400, reason);
}

static void keep_first(struct sip_slice *kept, struct sip_slice value)
{
	if (kept->n == 0)
		*kept = value;
}

void sip_index_header(struct sip_pass *s, const char *name, size_t n, struct sip_slice value)
{
	struct sip_head *h = s->h;

	switch (name_of(name, n)) {
	case AUTHORIZATION:
		h->has_credentials = true;
		break;
	case PROXY_REQUIRE:
		h->has_proxy_require = true;
		break;
	case CALL_ID:
		read_call_id(s, value);
		break;
	case COMPRESSION:
		h->has_compression = true;
		break;
	case CONTACT:
		keep_first(&h->contact, value);
		break;
	case CONTENT_LENGTH:
		read_content_length(s, value);
		break;
	case CONTENT_TYPE:
		h->has_content_type = true;
		break;
	case CSEQ:
		read_cseq(s, value);
		break;
	case FROM:
		keep_once(s, &h->from, value, "two different Froms");
		break;
	case MAX_FORWARDS:
		read_max_forwards(s, value);
		break;
	case ROUTE:
		keep_first(&h->route, value);
		break;
	case TO:
		keep_once(s, &h->to, value, "two different Tos");
		break;
	case VIA:
		keep_first(&h->via, value);
		h->via_lines++;
		break;
	case OTHER:
		break;
	}
}
