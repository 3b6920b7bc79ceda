/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_send.c: what is sent on a link comes to the far end whole: while one sender's unit is under way there, what
 * others send waits for its end.
 */
#include "fake_host.h"
#include "fake_inside.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct fake_wait {
	struct fake_wait *next;
	struct fake_peer *from;
	char *bytes;
	size_t n;
	unsigned flags;
};

static void peer_got(struct fake_peer *p, const char *bytes, size_t n)
{
	p->got = realloc(p->got, p->got_n + n + 1);
	assert_non_null(p->got);
	memcpy(p->got + p->got_n, bytes, n);
	p->got_n += n;
	p->got[p->got_n] = '\0';
	p->sends++;
}

/* The unit that others waited for is over. */
void fake_unit_over(struct fake_peer *to)
{
	struct fake_wait *all = to->waiting;

	to->owner = NULL;
	to->waiting = NULL;
	while (all) {
		struct fake_wait *w = all;

		all = w->next;
		fake_put(to, w->from, w->bytes, w->n, w->flags);
		free(w->bytes);
		free(w);
	}
}

void fake_put(struct fake_peer *to, struct fake_peer *from, const char *bytes, size_t n, unsigned flags)
{
	struct fake_wait *w, **end = &to->waiting;

	if (to->owner && to->owner != from) {
		w = fake_alloc(sizeof(*w));
		*w = (struct fake_wait){ NULL, from, fake_copy(bytes, n), n, flags };
		while (*end)
			end = &(*end)->next;
		*end = w;
		return;
	}
	peer_got(to, bytes, n);
	if (flags & LG_MORE) {
		assert_non_null(from);
		to->owner = from;
	} else if (to->owner) {
		fake_unit_over(to);
	}
}

void fake_waits_free(struct fake_peer *p)
{
	while (p->waiting) {
		struct fake_wait *w = p->waiting;

		p->waiting = w->next;
		free(w->bytes);
		free(w);
	}
}

char *fake_gather(const struct lg_span *pieces, unsigned n, size_t *all)
{
	char *bytes;
	size_t at = 0;

	*all = 0;
	for (unsigned i = 0; i < n; i++)
		*all += pieces[i].n;
	bytes = fake_alloc(*all);
	for (unsigned i = 0; i < n; i++) {
		assert_true(pieces[i].n > 0 || n == 1); /* a piece that is none costs as much as any */
		if (pieces[i].n > 0)
			memcpy(bytes + at, pieces[i].p, pieces[i].n);
		at += pieces[i].n;
	}
	return bytes;
}

enum lg_send fake_send(struct lg_link *to, struct lg_link *from, const struct lg_span *pieces, unsigned n,
		       unsigned flags)
{
	struct fake_peer *p = fake_peer_of(to);
	size_t all;
	char *bytes;

	if (p->closing)
		return LG_GONE;
	assert_null(p->joined);
	assert_true(to->session || !(flags & LG_MORE)); /* what all share takes whole units only */
	bytes = fake_gather(pieces, n, &all);
	fake_put(p, from ? fake_peer_of(from) : NULL, bytes, all, flags);
	free(bytes);
	return p->full ? LG_FULL : LG_SENT;
}
