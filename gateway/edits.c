/* SPDX-License-Identifier: Apache-2.0 */
/* edits.c adds lists of edits up.  Who may edit what was checked before: by scripts/policy.lua and script_edit.c. */
#include "edits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"

static bool is_of_same(const struct lg_edit *a, const struct lg_edit *b)
{
	return a->answer == b->answer && span_equal(a->name, b->name);
}

/* The edits of `list` that `more` leaves standing, then `more`, into `to`; how many, or -E2BIG. */
static int gather(const struct lg_edit *to[EDITS_MAX], const struct lg_edit *list, unsigned n,
		  const struct lg_edit *more, unsigned nmore)
{
	unsigned all = 0;

	for (unsigned i = 0; i < n; i++) {
		bool stands = true;

		for (unsigned j = 0; j < nmore && stands; j++)
			stands = !is_of_same(&list[i], &more[j]);
		if (stands)
			to[all++] = &list[i];
	}
	if (nmore > EDITS_MAX - all)
		return -E2BIG;
	for (unsigned j = 0; j < nmore; j++)
		to[all++] = &more[j];
	return (int)all;
}

/* Copies the text to *at, which moves behind it. */
static struct lg_span copy(struct lg_span text, char **at)
{
	struct lg_span there = { text.p ? *at : NULL, text.n };

	if (text.n)
		memcpy(*at, text.p, text.n);
	*at += text.n;
	return there;
}

int edits_add(const struct lg_edit **list, unsigned *n, const struct lg_edit *more, unsigned nmore)
{
	const struct lg_edit *from[EDITS_MAX];
	int all = gather(from, *list, *n, more, nmore);
	struct lg_edit *sum;
	size_t bytes = 0;
	char *at;

	if (all < 0 || nmore == 0)
		return all < 0 ? all : 0;
	for (int i = 0; i < all; i++)
		bytes += from[i]->name.n + from[i]->value.n;
	sum = malloc((size_t)all * sizeof *sum + bytes + 1);
	if (!sum)
		return -ENOMEM;
	at = (char *)(sum + all);
	for (int i = 0; i < all; i++) {
		sum[i] = *from[i];
		sum[i].name = copy(from[i]->name, &at);
		sum[i].value = copy(from[i]->value, &at);
	}
	free((void *)*list);
	*list = sum;
	*n = (unsigned)all;
	return 0;
}
