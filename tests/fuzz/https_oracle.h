/* SPDX-License-Identifier: Apache-2.0 */
/*
 * https_oracle.h: what must be true of every head and body of HTTP/1.x, whoever sent it: for fuzz_https_request and
 * fuzz_https_response.
 */
#ifndef HTTPS_ORACLE_H
#define HTTPS_ORACLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/https/body.h"
#include "plugins/https/forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

enum { FIELDS = 50, OUT = 64 * 1024, HEAD_BYTES = 2500, BODY_MOST = 100 };

static const struct head_limits limits = { .bytes = HEAD_BYTES, .line = 1000 };

static inline void check(bool true_of_it, const char *what)
{
	if (true_of_it)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

/* Memory of exactly the size, so that a byte too far is seen. */
static inline char *exactly(const void *p, size_t n)
{
	char *copy = malloc(n > 0 ? n : 1);

	check(copy != NULL, "there is memory");
	memcpy(copy, p, n);
	return copy;
}

static inline enum head_verdict read_exactly(struct head *h, const char *p, size_t n)
{
	char *copy = exactly(p, n);
	enum head_verdict v = head_read(h, (struct lg_span){ copy, n }, &limits);

	free(copy);
	return v;
}

/* All that is told lies inside, and follows one upon the other. */
static inline void check_inside(const struct head *h, const char *p, size_t n)
{
	uint32_t at = h->first.at + h->first.n + 2;

	check(h->size >= 4 && h->size <= n && h->size <= limits.bytes, "the head lies in the bytes");
	check(memcmp(p + h->size - 4, "\r\n\r\n", 4) == 0, "an empty line ends it");
	check(h->first.at == h->at && h->nfields == h->lines && h->nfields <= FIELDS, "every line is a field");
	for (unsigned i = 0; i < h->nfields; i++) {
		const struct head_field *f = &h->fields[i];

		check(f->at == at && f->name_n > 0 && p[f->at + f->name_n] == ':', "lines follow each other");
		check(f->value_at > f->at + f->name_n && f->value_at + f->value_n + 2 <= f->at + f->n,
		      "a value in its line");
		check(memcmp(p + f->at + f->n - 2, "\r\n", 2) == 0, "a line ends");
		check(!memchr(p + f->at, '\n', f->n - 1) && !memchr(p + f->at, '\0', f->n), "a line is one line");
		at += f->n;
	}
	check(at + 2 == h->size, "the lines are all of the head");
	(void)head_hop(h, p, h->fields);
	check(head_search(h, p, TEXT("no-such-name"), NULL) == NULL || n > 0, "a search ends");
}

/* Whole, cut in two, and byte by byte: the same. */
static inline enum head_verdict read_head(struct head *h, enum head_kind kind, struct head_field *fields, const char *p,
					  size_t n, size_t cut)
{
	struct head_field others[FIELDS] = { 0 };
	struct head other;
	enum head_verdict v;

	head_begin(h, kind, fields, FIELDS);
	v = read_exactly(h, p, n);
	for (int way = 0; way < 2; way++) {
		enum head_verdict w = HEAD_MORE;

		head_begin(&other, kind, others, FIELDS);
		for (size_t i = way ? 0 : cut; i <= n && w == HEAD_MORE; i += way || i == n ? 1 : n - i)
			w = read_exactly(&other, p, i);
		check(w == v && other.size == h->size && other.code == h->code && other.reason == h->reason,
		      "cuts change nothing");
		check(w != HEAD_OK || (other.framing == h->framing && other.length == h->length &&
				       memcmp(others, fields, h->nfields * sizeof(others[0])) == 0),
		      "cuts change no field");
	}
	check(v != HEAD_BAD || (h->reason && (kind == HEAD_REQUEST ? h->code == 0 || (h->code >= 400 && h->code < 600)
								   : h->code == 502)),
	      "what is bad has a reason");
	if (v == HEAD_OK)
		check_inside(h, p, n);
	return v;
}

static inline enum body_verdict read_body_by(const struct head *h, const char *p, size_t n, size_t first, size_t step,
					     struct body *b, size_t *used)
{
	enum body_verdict v = body_begin(b, h, BODY_MOST);
	size_t size = first;

	*used = 0;
	for (size_t at = 0; at < n && v == BODY_MORE; at += size, size = step) {
		size_t k;
		char *copy;

		size = size < n - at ? size : n - at;
		size = size > 0 ? size : 1;
		copy = exactly(p + at, size);
		v = body_take(b, (struct lg_span){ copy, size }, &k);
		free(copy);
		check(k <= size && (k == size || v != BODY_MORE), "all bytes are used until the end");
		*used += k;
	}
	check(b->bytes <= BODY_MOST || v == BODY_BAD, "no more than the limit");
	return v;
}

static inline void read_body(const struct head *h, const char *p, size_t n, size_t cut)
{
	struct body whole, other;
	size_t used, k;
	enum body_verdict v = read_body_by(h, p, n, n, n, &whole, &used);

	for (int way = 0; way < 2; way++) {
		enum body_verdict w = read_body_by(h, p, n, way ? 1 : cut, way ? 1 : n, &other, &k);

		check(w == v && other.code == whole.code && other.reason == whole.reason, "cuts change no body");
		check(v == BODY_BAD || (k == used && other.bytes == whole.bytes), "cuts change no length");
	}
	if (v != BODY_DONE || h->framing != BODY_CHUNKED)
		return;
	check(used >= 5 && memcmp(p + used - 4, "\r\n\r\n", 4) == 0, "an empty line ends chunks");
	check(!memchr(p, '\0', used) || whole.bytes > 0, "no zero in frames");
}

static inline size_t join(const struct splice *s, char out[OUT])
{
	size_t n = 0;

	check(splice_size(s) <= OUT, "what leaves is not much more than what came");
	for (unsigned i = 0; i < s->n; i++) {
		memcpy(out + n, s->pieces[i].p, s->pieces[i].n);
		n += s->pieces[i].n;
	}
	return n;
}

/* What has left is read as what came. */
static inline void check_framing(const struct head *came, const struct head *left, const char *p)
{
	bool length = head_find(left, FIELD_CONTENT_LENGTH, NULL),
	     coding = head_find(left, FIELD_TRANSFER_ENCODING, NULL);

	check(left->framing == came->framing, "the framing is the same");
	check(left->framing != BODY_LENGTH || left->length == came->length, "the length is the same");
	check(!(length && coding), "never two framings");
	for (const struct head_field *f = left->fields; f < left->fields + left->nfields; f++)
		check(!field_is_hop((enum field_id)f->id) || f->id == FIELD_CONNECTION || f->id == FIELD_UPGRADE ||
			      f->id == FIELD_TRANSFER_ENCODING,
		      "one connection's fields stay behind");
	(void)p;
}

/* Half the time begins from a sample: otherwise few would get any further. */
static inline size_t mutate(const char *const *samples, size_t count, uint8_t *data, size_t n, size_t max,
			    unsigned seed)
{
	const char *sample = samples[seed / 2 % count];

	if (seed % 2 == 0 && strlen(sample) <= max) {
		n = strlen(sample);
		memcpy(data, sample, n);
	}
	return LLVMFuzzerMutate(data, n, max);
}

#endif
