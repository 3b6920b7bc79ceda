/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.c hands what libxml2 finds to a sink and counts it.  It keeps no tree, and it gives libxml2 no function with
 * which it could declare or load anything: a document type ends the reading where it begins.
 */
#include "xml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

struct reading {
	xmlParserCtxt *parser;
	const struct xml_sink *sink;
	void *arg;
	unsigned depth, elements;
	size_t text; /* bytes since the last tag */
	int ret;
	char *err;
	size_t errlen;
};

/* ---- The end before the end ---- */

/* The reason goes to a terminal: one line of it, without control characters. */
static void clean(char *text)
{
	text[strcspn(text, "\n")] = '\0';
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

__attribute__((format(printf, 3, 4))) static void fail(struct reading *r, int line, const char *format, ...)
{
	char why[300];
	va_list ap;

	if (r->ret < 0)
		return;
	r->ret = -EINVAL;
	va_start(ap, format);
	vsnprintf(why, sizeof why, format, ap);
	va_end(ap);
	clean(why);
	snprintf(r->err, r->errlen, "line %d: %s", line, why);
	xmlStopParser(r->parser);
}

static int line_of(const struct reading *r)
{
	return xmlSAX2GetLineNumber(r->parser);
}

static void on_error(void *arg, xmlError *error)
{
	struct reading *r = arg;

	if (error->code == XML_ERR_NO_MEMORY && r->ret == 0) {
		r->ret = -ENOMEM;
		snprintf(r->err, r->errlen, "out of memory");
	} else if (error->level >= XML_ERR_ERROR) {
		fail(r, error->line, "%s", error->message ? error->message : "it is no XML");
	}
}

static void on_type(void *arg, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	struct reading *r = arg;

	(void)name, (void)public_id, (void)system_id;
	fail(r, line_of(r),
	     "it has a document type (<!DOCTYPE), which is not read: nothing of what it declares is needed");
}

/* ---- Elements ---- */

/* libxml2 leaves a '&' in a value as the reference "&#38;", and no other '&' is there.  Writes in place: the value is
 * the parser's, and it is done with it. */
static size_t put_ampersands(char *value, size_t n)
{
	size_t to = 0;

	for (size_t from = 0; from < n; from++) {
		value[to++] = value[from];
		if (n - from >= 5 && memcmp(value + from, "&#38;", 5) == 0)
			from += 4;
	}
	return to;
}

/* libxml2 tells an attribute in five words: name, prefix, namespace, and where the value begins and ends. */
static void take_attributes(struct reading *r, struct xml_attribute list[], const xmlChar **words, unsigned n)
{
	for (unsigned i = 0; i < n; i++, words += 5) {
		char *value = (char *)words[3];
		size_t length = (size_t)(words[4] - words[3]);

		if (length > XML_VALUE)
			return fail(r, line_of(r), "the value of %.60s is longer than %d bytes", (const char *)words[0],
				    XML_VALUE);
		if (memchr(value, '&', length))
			length = put_ampersands(value, length);
		list[i] = (struct xml_attribute){ (const char *)words[0], value, length };
	}
}

static void on_open(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *namespace, int nnamespaces,
		    const xmlChar **namespaces, int n, int ndefaulted, const xmlChar **words)
{
	struct xml_attribute list[XML_ATTRIBUTES];
	struct reading *r = arg;

	(void)prefix, (void)nnamespaces, (void)namespaces, (void)ndefaulted;
	if (r->ret < 0)
		return;
	if (++r->depth > XML_DEPTH)
		return fail(r, line_of(r), "elements lie more than %d deep in each other", XML_DEPTH);
	if (++r->elements > XML_ELEMENTS)
		return fail(r, line_of(r), "it has more than %d elements", XML_ELEMENTS);
	if (n > XML_ATTRIBUTES)
		return fail(r, line_of(r), "%.60s has more than %d attributes", (const char *)name, XML_ATTRIBUTES);
	take_attributes(r, list, words, (unsigned)n);
	r->text = 0;
	if (r->ret == 0)
		r->sink->open(r->arg, (const char *)name, namespace ? (const char *)namespace : "", list, (unsigned)n);
}

static void on_close(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *namespace)
{
	struct reading *r = arg;

	(void)name, (void)prefix, (void)namespace;
	if (r->ret < 0)
		return;
	r->depth--;
	r->text = 0;
	r->sink->close(r->arg);
}

static void on_text(void *arg, const xmlChar *text, int n)
{
	struct reading *r = arg;

	if (r->ret < 0)
		return;
	r->text += (size_t)n;
	if (r->text > XML_VALUE)
		return fail(r, line_of(r), "text between two tags is longer than %d bytes", XML_VALUE);
	r->sink->text(r->arg, (const char *)text, (size_t)n);
}

/* ---- The reading ---- */

/* Neither mark nor declaration, but every other byte is 0: what libxml2 says of it helps nobody. */
static bool lacks_mark(const char *text, size_t n)
{
	bool little = n >= 4 && memcmp(text, "<\0", 2) == 0, big = n >= 4 && memcmp(text, "\0<", 2) == 0;

	return (little && text[2] != '?') || (big && text[3] != '?');
}

/* In UTF-16, whatever the document says: what wrote it often keeps the word of the one before. */
static bool has_utf16_mark(const char *text, size_t n)
{
	return n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static void parse(struct reading *r, bool utf16)
{
	static const xmlSAXHandler functions = {
		.initialized = XML_SAX2_MAGIC,
		.internalSubset = on_type,
		.startElementNs = on_open,
		.endElementNs = on_close,
		.characters = on_text,
		.cdataBlock = on_text,
		.serror = on_error,
	};

	xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | (utf16 ? XML_PARSE_IGNORE_ENC : 0));
	*r->parser->sax = functions;
	r->parser->userData = r;
	xmlParseDocument(r->parser);
	if (!r->parser->wellFormed)
		fail(r, line_of(r), "it is no XML");
}

int xml_read(const char *text, size_t length, const struct xml_sink *sink, void *arg, char err[], size_t errlen)
{
	struct reading r = { .sink = sink, .arg = arg, .err = err, .errlen = errlen };

	if (length == 0 || length > XML_BYTES) {
		snprintf(err, errlen, length ? "it is longer than %d MiB" : "it is empty", XML_BYTES >> 20);
		return -EINVAL;
	}
	if (lacks_mark(text, length)) {
		snprintf(err, errlen, "it is UTF-16 without a byte order mark: save it as UTF-8");
		return -EINVAL;
	}
	r.parser = xmlCreateMemoryParserCtxt(text, (int)length);
	if (!r.parser) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	parse(&r, has_utf16_mark(text, length));
	xmlFreeParserCtxt(r.parser);
	return r.ret;
}
