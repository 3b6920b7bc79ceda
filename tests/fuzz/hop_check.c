/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hop_check.c compares what left for a server with what the client sent: line by line here, and as libosip2 reads both
 * (hop_oracle.c).
 */
#include "tests/fuzz/hop_check.h"

#include <string.h>

#include "sip/header.h"
#include "tests/fuzz/hop_oracle.h"

/* The next header line, folds and all, without its CRLF. */
static bool next_line(struct sip_text *rest, struct sip_text *line)
{
	size_t n = 0;

	while (n + 2 < rest->n &&
	       (memcmp(rest->p + n, "\r\n", 2) != 0 || rest->p[n + 2] == ' ' || rest->p[n + 2] == '\t'))
		n++;
	*line = (struct sip_text){ rest->p, n };
	*rest = (struct sip_text){ rest->p + n + 2, rest->n < n + 2 ? 0 : rest->n - n - 2 };
	return n > 0;
}

static bool is_called(struct sip_text line, const char *name)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct sip_text found = { line.p, colon ? (size_t)(colon - line.p) : 0 };

	return sip_same(sip_header_name(sip_trim(found)), (struct sip_text){ name, strlen(name) });
}

static bool is_record(struct sip_text line)
{
	return is_called(line, "record-route") || is_called(line, "path");
}

static struct sip_text headers(const struct unit *u)
{
	return (struct sip_text){ u->p + u->h.start.n + 2, u->h.head_n - u->h.start.n - 2 };
}

static int count_records(const struct unit *u)
{
	struct sip_text rest = headers(u), line;
	int n = 0;

	while (next_line(&rest, &line))
		n += is_record(line);
	return n;
}

/* The next line that a hop leaves alone; `records` that are in front are its own. */
static struct sip_text next_kept(struct sip_text *rest, int *records, bool length)
{
	struct sip_text line;

	while (next_line(rest, &line)) {
		if (is_called(line, "via") || is_called(line, "route") || is_called(line, "max-forwards"))
			continue;
		if (is_record(line) && *records > 0 && (*records)--)
			continue;
		if (length && is_called(line, "content-length"))
			continue;
		return line;
	}
	return (struct sip_text){ NULL, 0 };
}

static void check_headers(const struct stage *s, const struct unit *came, const struct unit *left)
{
	int records = count_records(left) - count_records(came), none = 0;
	struct sip_text rest = headers(came), rest_left = headers(left), a, b;

	if (records < 0 || records > 2 || (records > 0 && !(s->deal & (RECORD | PATH))))
		hop_stop("a Record-Route or Path that nobody wants");
	do {
		a = next_kept(&rest, &none, false);
		b = next_kept(&rest_left, &records, came->h.content_length < 0 && s->deal & BY_UDP);
		if (!sip_equal(a, b))
			hop_stop("a header that has changed");
	} while (a.n > 0);
}

static bool is_strict(const struct unit *u)
{
	return text_holds(sip_text(u->p, u->h.uri), "lg=");
}

void hop_check_sent(const struct stage *s, const struct unit *came, struct sip_text sent)
{
	struct unit left;
	const char *differs;

	if (!unit_read(&left, sent, false) || left.n != sent.n)
		hop_stop("what is sent is no message");
	if (!text_begins(sip_branch(left.p, &left.h), HOP_BRAND))
		hop_stop("our Via is not on top");
	if (!is_strict(came) && !sip_equal(sip_text(came->p, came->h.start), sip_text(left.p, left.h.start)))
		hop_stop("another start line");
	if (!sip_equal((struct sip_text){ came->p + came->h.head_n, came->h.body_n },
		       (struct sip_text){ left.p + left.h.head_n, left.h.body_n }))
		hop_stop("another body");
	check_headers(s, came, &left);
	differs = hop_oracle_differs(came->p, came->n, sent.p, sent.n, s->deal & NAMED ? HOP_NAME : "192.0.2.2",
				     is_strict(came));
	if (differs)
		hop_stop(differs);
}
