/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri.h: a SIP URI taken apart without allocation (RFC 3261 section 19.1.1).  libosip2, which grammar.h asks for the
 * rest, is stricter and slower; both are compared by the fuzzer.
 */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "sip/text.h"

struct sip_uri {
	struct sip_text scheme; /* "sip", "sips", "tel" as written */
	struct sip_text user;   /* as written, with its password; of "tel" the number; of other schemes: none */
	struct sip_text host;   /* IPv6 in its brackets; of other schemes than "sip" and "sips": none */
	uint16_t port;          /* 0: none is written */
	struct sip_text params; /* from the first ";" on, without the headers behind "?" */
	bool has_headers;       /* "?": not allowed in a request line (RFC 3261 section 19.1.1) */
};

/* Reads a URI, as in a request line.  False: it is none. */
bool sip_uri_read(struct sip_uri *u, struct sip_text text);

/* Where the URI is in a value of From, To, Route, Record-Route, Path, Contact: inside <>, or bare up to the first ";".
 * { NULL, 0 }: there is none. */
struct sip_text sip_uri_in(struct sip_text value);

/* Reads that URI.  False: it is none. */
bool sip_uri_of(struct sip_uri *u, struct sip_text value);

/* A parameter of the URI; as sip_param (text.h). */
bool sip_uri_param(const struct sip_uri *u, struct sip_text name, struct sip_text *out);

/* A host without the brackets of IPv6. */
struct sip_text sip_without_brackets(struct sip_text host);

/* Are two hosts the same?  Names but for case, addresses as they are written, IPv6 with or without brackets. */
bool sip_same_host(struct sip_text a, struct sip_text b);

#endif
