/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.h: reads an XML 1.0 document that lies in memory, for tools.  UTF-8, UTF-16 with a byte order mark, and what the
 * document says of itself.  A document type (and with it every entity but the five of XML itself) is refused before
 * anything of it is read; no file and no address is ever opened.  The limits below hold whatever the document says.
 */
#ifndef XML_H
#define XML_H

#include <stddef.h>

enum {
	XML_BYTES = 32 << 20,  /* of the document */
	XML_DEPTH = 64,        /* elements within each other */
	XML_ELEMENTS = 250000, /* of the document */
	XML_ATTRIBUTES = 64,   /* of an element */
	XML_VALUE = 64 << 10,  /* bytes of an attribute's value, and of text between two tags */
};

struct xml_attribute {
	const char *name;  /* without the prefix */
	const char *value; /* not terminated */
	size_t length;
};

/* What is told, in the order of the document; all text is UTF-8 and valid during the call.  Every `open` has its
 * `close`, unless the reading fails. */
struct xml_sink {
	void (*open)(void *arg, const char *name, const char *namespace, const struct xml_attribute attributes[],
		     unsigned n);
	void (*text)(void *arg, const char *text, size_t length); /* a piece; many may follow each other */
	void (*close)(void *arg);
};

/* 0, or -EINVAL with the line and the reason in err: broken, or over a limit; or -ENOMEM.  `namespace` is "" without
 * one. */
int xml_read(const char *text, size_t length, const struct xml_sink *sink, void *arg, char err[], size_t errlen);

#endif
