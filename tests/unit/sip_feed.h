/* SPDX-License-Identifier: Apache-2.0 */
/* sip_feed.h: gives a stream to sip_scan in pieces, as a link does, and writes down what it said. */
#ifndef SIP_FEED_H
#define SIP_FEED_H

#include <stdio.h>
#include <stdlib.h>

#include "sip/scan.h"

struct sip_feed {
	char said[65536]; /* a line for each result */
	size_t n;
};

static inline void feed_say(struct sip_feed *f, enum sip_result result, const struct sip_head *h, const char *p)
{
	static const char *const words[] = { "more", "message", "crlf", "ping", "bad" };
	struct sip_text id =
		result == SIP_CRLF || result == SIP_PING ? (struct sip_text){ NULL, 0 } : sip_text(p, h->call_id);

	f->n += (size_t)snprintf(f->said + f->n, sizeof(f->said) - f->n, "%s %zu+%zu %d %u %.*s", words[result],
				 h->head_n, h->body_n, h->method, h->cseq, (int)id.n, id.p ? id.p : "");
	if (result == SIP_BAD)
		f->n += (size_t)snprintf(f->said + f->n, sizeof(f->said) - f->n, "%d %d%d %s", h->bad.code,
					 h->bad.answerable, h->bad.framed, h->bad.reason);
	f->n += (size_t)snprintf(f->said + f->n, sizeof(f->said) - f->n, "\n");
}

/* Scans once; the bytes stand alone in memory, so that a sanitizer sees a read past them. */
static inline enum sip_result feed_scan(struct sip_feed *f, struct sip_cursor *c, const char *p, size_t n, size_t limit,
					size_t *used)
{
	char *alone = malloc(n > 0 ? n : 1);
	struct sip_head h;
	enum sip_result result;

	if (!alone)
		abort();
	memcpy(alone, p, n);
	result = sip_scan(&h, c, alone, n, limit);
	if (result != SIP_MORE) {
		feed_say(f, result, &h, alone);
		*used = h.head_n + h.body_n;
	}
	free(alone);
	return result;
}

/* Feeds `text`: first `first` bytes at once, then `step` at a time.  Stops at the first bad message. */
static inline void feed(struct sip_feed *f, const char *text, size_t n, size_t first, size_t step, size_t limit)
{
	struct sip_cursor c = { 0 };
	size_t begin = 0, used = 0;
	enum sip_result result = SIP_MORE;

	f->n = 0;
	f->said[0] = '\0';
	for (size_t given = first < n ? first : n;; given = given + step < n ? given + step : n) {
		while (begin <= given) {
			result = feed_scan(f, &c, text + begin, given - begin, limit, &used);
			if (result == SIP_MORE || result == SIP_BAD)
				break;
			begin += used;
		}
		if (result == SIP_BAD || given == n)
			return;
	}
}

#endif
