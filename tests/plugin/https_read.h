/* SPDX-License-Identifier: Apache-2.0 */
/* https_read.h: heads for tests, read whole and cut at every byte from memory of exactly their size. */
#ifndef HTTPS_READ_H
#define HTTPS_READ_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plugins/https/head.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { READ_HEAD = 64 * 1024 };

static const struct head_limits read_limits = { .bytes = READ_HEAD };

static inline enum head_verdict read_exactly(struct head *h, const char *p, size_t n)
{
	char *copy = malloc(n > 0 ? n : 1);
	enum head_verdict v;

	assert_non_null(copy);
	memcpy(copy, p, n);
	v = head_read(h, (struct lg_span){ copy, n }, &read_limits);
	free(copy);
	return v;
}

static inline void same_head(const struct head *a, const struct head *b)
{
	assert_int_equal(a->code, b->code);
	assert_true(a->reason == b->reason);
	assert_int_equal(a->size, b->size);
	if (a->reason)
		return;
	assert_int_equal(a->nfields, b->nfields);
	assert_int_equal(a->framing, b->framing);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->keep, b->keep);
	assert_int_equal(a->upgrade, b->upgrade);
	assert_int_equal(a->expect, b->expect);
	assert_int_equal(a->status, b->status);
	assert_memory_equal(&a->target, &b->target, sizeof(a->target));
	assert_memory_equal(&a->host, &b->host, sizeof(a->host));
	for (unsigned i = 0; i < a->nfields; i++) {
		assert_int_equal(a->fields[i].at, b->fields[i].at);
		assert_int_equal(a->fields[i].n, b->fields[i].n);
		assert_int_equal(a->fields[i].value_at, b->fields[i].value_at);
		assert_int_equal(a->fields[i].value_n, b->fields[i].value_n);
	}
}

/* Reads it whole, in two at every byte, and byte by byte: always the same. */
static inline enum head_verdict read_cut(struct head *h, enum head_kind kind, struct head_field *fields, const char *p,
					 size_t n)
{
	struct head_field others[HEAD_FIELDS];
	struct head other;
	enum head_verdict v;

	head_begin(h, kind, fields, HEAD_FIELDS);
	v = read_exactly(h, p, n);
	for (size_t cut = 0; cut < n; cut++) {
		head_begin(&other, kind, others, HEAD_FIELDS);
		if (read_exactly(&other, p, cut) == HEAD_MORE)
			assert_int_equal(read_exactly(&other, p, n), v);
		same_head(h, &other);
	}
	head_begin(&other, kind, others, HEAD_FIELDS);
	for (size_t i = 0; i <= n && other.size == 0 && !other.reason; i++)
		(void)read_exactly(&other, p, i);
	same_head(h, &other);
	return v;
}

static inline void same_text(struct lg_span text, const char *expected)
{
	assert_int_equal(text.n, strlen(expected));
	assert_memory_equal(text.p, expected, text.n);
}

#endif
