/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c writes one OPTIONS request and looks for its answer.  It does not connect, wait or count.
 */
#include "sip/probe.h"

#include <errno.h>
#include <stdio.h>

#include "sip/scan.h"

#define HEX_N      (2 * SIP_PROBE_RANDOM)
#define HEAD_LIMIT 65536
#define TAG_N      8

static void write_hex(char hex[HEX_N], const struct sip_probe *q)
{
	for (int i = 0; i < SIP_PROBE_RANDOM; i++) {
		hex[2 * i] = "0123456789abcdef"[q->random[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[q->random[i] & 15];
	}
}

/* Is it something that can stand in a URI or a Via: not empty, no spaces, no control characters, no brackets? */
static bool is_word(struct sip_text t)
{
	for (size_t i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] <= ' ' || strchr("<>\"\x7f", t.p[i]))
			return false;
	return t.n > 0;
}

/* A text as two arguments for "%.*s". */
#define TEXT(t) (int)(t).n, (t).p

static bool is_udp(const struct sip_probe *q)
{
	return sip_equal(q->transport, SIP_TEXT("UDP"));
}

/* As a URI's parameter writes it. */
static const char *transport_parameter(const struct sip_probe *q)
{
	if (sip_equal(q->transport, SIP_TEXT("TLS")))
		return "tls";
	return is_udp(q) ? "udp" : "tcp";
}

int sip_probe_write(char *buf, size_t size, const struct sip_probe *q)
{
	struct sip_text scheme = q->uri.n > 0 ? SIP_TEXT("") : SIP_TEXT("sip:");
	struct sip_text uri = q->uri.n > 0 ? q->uri : q->server;
	struct sip_text contact = q->contact.n > 0 ? q->contact : q->local;
	char hex[HEX_N];
	int n;

	if (!is_word(uri) || !is_word(q->local) || !is_word(contact) || !sip_is_token(q->transport))
		return -EINVAL;
	write_hex(hex, q);
	n = snprintf(buf, size,
		     "OPTIONS %.*s%.*s SIP/2.0\r\n"
		     "Via: SIP/2.0/%.*s %.*s;branch=z9hG4bK%.*s%s\r\n"
		     "Max-Forwards: %u\r\n"
		     "From: <sip:%.*s>;tag=%.*s\r\n"
		     "To: <%.*s%.*s>\r\n"
		     "Call-ID: %.*s\r\n"
		     "CSeq: 1 OPTIONS\r\n"
		     "Contact: <sip:%.*s;transport=%s>\r\n"
		     "Accept: application/sdp\r\n"
		     "Content-Length: 0\r\n"
		     "\r\n",
		     TEXT(scheme), TEXT(uri), TEXT(q->transport), TEXT(q->local), HEX_N, hex, is_udp(q) ? ";rport" : "",
		     q->max_forwards, TEXT(contact), TAG_N, hex, TEXT(scheme), TEXT(uri), HEX_N, hex, TEXT(contact),
		     transport_parameter(q));
	return n >= 0 && (size_t)n < size ? n : -ENOSPC;
}

/* ---- The judgement --------------------------------------------------------------------------------------- */

/* Copies text of the network's for a terminal or a log: what is not printable becomes '?'. */
static void write_note(char *note, size_t size, int code, struct sip_text text)
{
	int n = code > 0 ? snprintf(note, size, "%d%s", code, text.n > 0 ? " " : "") : 0;

	for (size_t i = 0; i < text.n && (size_t)n + 1 < size; i++)
		note[n++] = text.p[i] >= ' ' && text.p[i] < 0x7f ? text.p[i] : '?';
	if ((size_t)n < size)
		note[n] = '\0';
}

static bool is_answer(const struct sip_probe *q, const char *p, const struct sip_head *h)
{
	char hex[HEX_N];

	write_hex(hex, q);
	return h->kind == SIP_RESPONSE && h->status >= 200 && h->cseq == 1 && h->method == SIP_OPTIONS &&
	       sip_equal(sip_text(p, h->call_id), (struct sip_text){ hex, HEX_N });
}

/* A datagram that is no answer may be anybody's: only a stream that is no SIP is sickness. */
static bool is_harmless(const struct sip_probe *q, const char *p, const struct sip_head *h)
{
	return is_udp(q) && !is_answer(q, p, h);
}

static enum sip_result scan(const struct sip_probe *q, struct sip_head *h, struct sip_cursor *c, const char *p,
			    size_t n)
{
	return is_udp(q) ? sip_scan_datagram(h, p, n, HEAD_LIMIT) : sip_scan(h, c, p, n, HEAD_LIMIT);
}

static bool means_health(const struct sip_probe *q, const char *sick, int status)
{
	return q->codes ? sip_codes_has(q->codes, status) : !sip_codes_has(sick, status);
}

enum sip_health sip_probe_judge(const struct sip_probe *q, const char *p, size_t n, bool ended, const char *sick,
				char *note, size_t size)
{
	struct sip_cursor c = { 0 };
	struct sip_head h;
	enum sip_result result;

	while ((result = scan(q, &h, &c, p, n)) != SIP_MORE) {
		if (result == SIP_BAD && is_harmless(q, p, &h))
			break;
		if (result == SIP_BAD && !is_udp(q)) {
			write_note(note, size, 0, (struct sip_text){ h.bad.reason, strlen(h.bad.reason) });
			return SIP_SICK;
		}
		if (is_answer(q, p, &h)) {
			write_note(note, size, h.status, sip_text(p, h.reason));
			return means_health(q, sick, h.status) ? SIP_HEALTHY : SIP_SICK;
		}
		if (h.body_n > n - h.head_n)
			break;
		p += h.head_n + h.body_n;
		n -= h.head_n + h.body_n;
	}
	if (!ended)
		return SIP_NOT_YET;
	write_note(note, size, 0, SIP_TEXT("closed without an answer"));
	return SIP_SICK;
}

/* ---- Lists of status codes ------------------------------------------------------------------------------- */

/* One code, or with "xx" behind its first digit a hundred of them.  How many characters, 0 if it is neither. */
static size_t read_codes(const char *s, int *low, int *high)
{
	if (s[0] < '1' || s[0] > '9')
		return 0;
	*low = *high = 100 * (s[0] - '0');
	if (s[1] == 'x' && s[2] == 'x') {
		*high += 99;
		return 3;
	}
	for (int i = 1, unit = 10; i < 3; i++, unit /= 10) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		*low += unit * (s[i] - '0');
	}
	*high = *low;
	return 3;
}

/* The element "503", "500-504" or "5xx" at `s`; how many characters, 0 if it is none. */
static size_t read_element(const char *s, int *low, int *high)
{
	size_t n = read_codes(s, low, high);
	int from, to;

	if (n == 0 || s[n] != '-')
		return n;
	if (read_codes(s + n + 1, &from, &to) == 0 || to < *low)
		return 0;
	*high = to;
	return n + 1 + 3;
}

bool sip_codes_valid(const char *list)
{
	static const char between[] = ", ";
	int low, high;

	for (list += strspn(list, between); *list; list += strspn(list, between)) {
		size_t n = read_element(list, &low, &high);

		if (n == 0 || !strchr(between, list[n]))
			return false;
		list += n;
	}
	return true;
}

bool sip_codes_has(const char *list, int code)
{
	static const char between[] = ", ";
	int low, high;

	if (!list)
		return false;
	for (list += strspn(list, between); *list; list += strspn(list, between)) {
		size_t word = strcspn(list, between);

		if (read_element(list, &low, &high) == word && low <= code && code <= high)
			return true;
		list += word;
	}
	return false;
}
