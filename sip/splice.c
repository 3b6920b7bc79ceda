/* SPDX-License-Identifier: Apache-2.0 */
/*
 * splice.c keeps the cuts of a message in order and turns them into pieces.  It copies no byte; what stands in the
 * message it knows by the index only, and asks header.c for the lines.
 */
#include "sip/splice.h"

#include <errno.h>

#include "sip/header.h"

static uint32_t end_of(const struct sip_cut *c)
{
	return c->at + c->n;
}

int sip_cut(struct sip_splice *s, uint32_t at, uint32_t n, struct sip_text put)
{
	unsigned i = 0;

	if (s->n == SIP_CUTS)
		return -ENOSPC;
	if (n > UINT32_MAX - at)
		return -EINVAL;
	/* So written, it also finds one without bytes that would stand in the middle of another. */
	for (unsigned k = 0; k < s->n; k++) {
		if (at < end_of(&s->cuts[k]) && s->cuts[k].at < at + n)
			return -EINVAL;
		if (s->cuts[k].at <= at)
			i = k + 1;
	}
	memmove(&s->cuts[i + 1], &s->cuts[i], (s->n - i) * sizeof(s->cuts[0]));
	s->cuts[i] = (struct sip_cut){ at, n, put };
	s->n++;
	return 0;
}

unsigned sip_splice_pieces(const struct sip_splice *s, const char *p, size_t n, struct sip_text pieces[SIP_PIECES])
{
	unsigned count = 0;
	size_t done = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct sip_cut *c = &s->cuts[i];
		size_t at = c->at < n ? c->at : n;

		if (at > done) {
			pieces[count++] = (struct sip_text){ p + done, at - done };
			done = at;
		}
		if (c->put.n > 0)
			pieces[count++] = c->put;
		at = (size_t)c->at + c->n;
		done = at > done ? at : done;
	}
	if (done < n)
		pieces[count++] = (struct sip_text){ p + done, n - done };
	return count;
}

int sip_put_lines(struct sip_splice *s, const struct sip_head *h, struct sip_text lines)
{
	return sip_cut(s, h->start.at + h->start.n + 2, 0, lines);
}

/* Cuts out a line, and with it all that was changed inside it; what was put in front of it or behind it stays. */
static int take_line(struct sip_splice *s, struct sip_slice line)
{
	uint32_t end = line.at + line.n;
	unsigned kept = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct sip_cut *c = &s->cuts[i];
		bool inside = c->n > 0 ? c->at >= line.at && end_of(c) <= end : c->at > line.at && c->at < end;

		if (!inside)
			s->cuts[kept++] = *c;
	}
	s->n = kept;
	return sip_cut(s, line.at, line.n, (struct sip_text){ NULL, 0 });
}

int sip_take_header(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text name)
{
	struct sip_slice value;
	int count = 0;

	for (uint32_t at = 0; sip_header_next(p, h, name, &at, &value); count++) {
		int ret = take_line(s, sip_header_line(p, h, value));

		if (ret < 0)
			return ret;
	}
	return count;
}

/* Takes up to `most` values from the front of a line with `value`; how many, or an error. */
static int take_values(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice value,
		       unsigned most)
{
	struct sip_text rest = sip_text(p, value);
	struct sip_text taken, next;
	unsigned count = 0;
	uint32_t n = 0;
	int ret;

	for (bool more = sip_next_value(&rest, &taken); more && count < most; count++) {
		more = sip_next_value(&rest, &next);
		n = more ? (uint32_t)(next.p - p) - value.at : value.n;
	}
	if (count == 0)
		return 0;
	if (n == value.n)
		ret = take_line(s, sip_header_line(p, h, value));
	else
		ret = sip_cut(s, value.at, n, (struct sip_text){ NULL, 0 });
	return ret < 0 ? ret : (int)count;
}

int sip_take_first(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice first)
{
	int ret = take_values(s, p, h, first, 1);

	return ret == 0 ? -EINVAL : ret < 0 ? ret : 0;
}

int sip_take_values(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text name, unsigned most)
{
	struct sip_slice value;
	unsigned count = 0;

	for (uint32_t at = 0; count < most && sip_header_next(p, h, name, &at, &value);) {
		int ret = take_values(s, p, h, value, most - count);

		if (ret < 0)
			return ret;
		count += (unsigned)ret;
	}
	return (int)count;
}
