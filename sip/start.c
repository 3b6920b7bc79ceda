/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c reads start lines, strictly: single spaces, nothing else between the parts.  What does not even look like SIP
 * is refused as soon as it shows, so that a port scanner or a compressed stream does not wait for a limit.
 */
#include "sip/start.h"

#define SIP_VERSION   "SIP/2.0"
#define SIP_VERSION_N (sizeof(SIP_VERSION) - 1)

static bool begins_with_sip(struct sip_text t)
{
	return t.n >= 4 && (t.p[0] | 0x20) == 's' && sip_same((struct sip_text){ t.p, 4 }, SIP_TEXT("SIP/"));
}

static bool is_version(struct sip_text t)
{
	return sip_equal(t, SIP_TEXT(SIP_VERSION)) || sip_same(t, SIP_TEXT(SIP_VERSION));
}

void sip_start_method(struct sip_head *h, const char *p, struct sip_slice name)
{
	static const struct {
		struct sip_text name;
		enum sip_method method;
	} known[] = {
		{ { "ACK", 3 }, SIP_ACK },         { { "BENOTIFY", 8 }, SIP_BENOTIFY },
		{ { "BYE", 3 }, SIP_BYE },         { { "CANCEL", 6 }, SIP_CANCEL },
		{ { "INVITE", 6 }, SIP_INVITE },   { { "NEGOTIATE", 9 }, SIP_NEGOTIATE },
		{ { "OPTIONS", 7 }, SIP_OPTIONS }, { { "REGISTER", 8 }, SIP_REGISTER },
	};
	struct sip_text t = sip_text(p, name);

	h->method_name = name;
	h->method = SIP_OTHER;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (sip_equal(t, known[i].name))
			h->method = known[i].method;
}

/* Request-Line = Method SP Request-URI SP SIP-Version */
static void read_request(struct sip_head *h, const char *p, size_t n)
{
	const char *space = memchr(p, ' ', n);
	const char *last = memrchr(p, ' ', n);
	struct sip_text version = { last + 1, n - (size_t)(last + 1 - p) };
	struct sip_slice method = { 0, (uint32_t)(space - p) };

	if (!sip_is_token(sip_text(p, method))) {
		sip_fail(h, 400, "method cannot be read");
		return;
	}
	sip_start_method(h, p, method);
	if (last - space < 2 || memchr(space + 1, ' ', (size_t)(last - space - 1))) {
		sip_fail(h, 400, "request line cannot be read");
		return;
	}
	if (space[1] == '<' || last[-1] == '>') {
		sip_fail(h, 400, "Request-URI in <>");
		return;
	}
	h->uri = (struct sip_slice){ method.n + 1, (uint32_t)(last - space - 1) };
	if (!is_version(version))
		sip_fail(h, 505, "another version of SIP");
}

/* Status-Line = SIP-Version SP Status-Code SP Reason-Phrase; the last space may be missing with the phrase. */
static void read_response(struct sip_head *h, const char *p, size_t n)
{
	const char *code = p + SIP_VERSION_N + 1;

	if (!is_version((struct sip_text){ p, n < SIP_VERSION_N ? n : SIP_VERSION_N })) {
		sip_fail(h, 400, "response in another version of SIP");
		return;
	}
	if (n < SIP_VERSION_N + 4 || code[-1] != ' ' || (n > SIP_VERSION_N + 4 && code[3] != ' ')) {
		sip_fail(h, 400, "status line cannot be read");
		return;
	}
	for (int i = 0; i < 3; i++) {
		if (code[i] < '0' || code[i] > '9')
			sip_fail(h, 400, "status code cannot be read");
		h->status = h->status * 10 + (code[i] - '0');
	}
	if (h->status < 100)
		sip_fail(h, 400, "status code cannot be read");
	if (n > SIP_VERSION_N + 5)
		h->reason = (struct sip_slice){ SIP_VERSION_N + 5, (uint32_t)(n - SIP_VERSION_N - 5) };
}

/* Does the last word of a line begin with "SIP/", be there spaces behind it or not? */
static bool ends_with_version(const char *p, size_t n)
{
	struct sip_text t = sip_trim((struct sip_text){ p, n });
	const char *space = t.n > 0 ? memrchr(t.p, ' ', t.n) : NULL;

	return space && begins_with_sip((struct sip_text){ space + 1, t.n - (size_t)(space + 1 - t.p) });
}

static enum sip_start alien(struct sip_head *h, const char *reason)
{
	sip_fail(h, 400, reason);
	return SIP_START_ALIEN;
}

enum sip_start sip_start_read(struct sip_head *h, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	size_t line_n = lf ? (size_t)(lf - p) : n;
	bool cr = line_n > 0 && p[line_n - 1] == '\r';

	line_n -= cr;
	/* Control characters are the mark of TLS, of compressed streams, of lines that end in bare CR. */
	if (!sip_is_plain((struct sip_text){ p, line_n }) || (n > 0 && !sip_is_token((struct sip_text){ p, 1 })))
		return alien(h, "not SIP");
	if (!lf)
		return SIP_START_MORE;
	if (!cr)
		return alien(h, "bare LF");
	h->start = (struct sip_slice){ 0, (uint32_t)line_n };
	if (begins_with_sip((struct sip_text){ p, line_n })) {
		h->kind = SIP_RESPONSE;
		read_response(h, p, line_n);
	} else if (ends_with_version(p, line_n)) {
		read_request(h, p, line_n);
	} else {
		return alien(h, "not SIP");
	}
	return SIP_START_READ;
}
