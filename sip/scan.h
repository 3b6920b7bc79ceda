/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h: one message at the front of a byte stream, framed and indexed in one pass (RFC 3261 sections 7 and 18.3, RFC
 * 5626 section 3.5.1).
 *
 * The scan reads what routing needs and leaves the rest alone: unknown methods and headers, a Via without branch, any
 * order, compact names, folded lines.  A message is bad only if its lines, start line, Content-Length, Call-ID, CSeq,
 * From or To could be read in two ways, if Max-Forwards is no number up to 255, if a request lacks one of the headers
 * that any must have, Max-Forwards aside (section 8.1.1), or if its head is over the limit.  Lines end in CRLF: bare
 * CR, bare LF and NUL are bad, but for a NUL that a quoted string escapes.  What a hop has to judge besides is in
 * check.h.
 *
 * No allocation, no state but struct sip_cursor.  However the bytes are cut on their way, the results are the same.
 */
#ifndef SIP_SCAN_H
#define SIP_SCAN_H

#include "sip/text.h"

enum sip_kind { SIP_REQUEST, SIP_RESPONSE };

/* The methods that are treated in a way of their own. */
enum sip_method {
	SIP_OTHER,
	SIP_ACK,
	SIP_BENOTIFY, /* Lync's NOTIFY without an answer */
	SIP_BYE,
	SIP_CANCEL,
	SIP_INVITE,
	SIP_NEGOTIATE, /* Lync's talk about the connection itself, compression for one */
	SIP_OPTIONS,
	SIP_REGISTER,
};

enum sip_result {
	SIP_MORE,    /* incomplete: call again with these bytes and more behind them */
	SIP_MESSAGE, /* h->head_n bytes of head, then h->body_n bytes of body, which need not be there yet */
	SIP_CRLF,    /* two bytes: a pong, half a ping, or nothing (RFC 3261 section 7.5) */
	SIP_PING,    /* two bytes: the CRLF that completes a ping; the one before it was reported as SIP_CRLF */
	SIP_BAD,     /* see h->bad */
};

/* What is wrong with a message. */
struct sip_bad {
	int code;           /* 400, 505 or 513 */
	bool answerable;    /* a request, but no ACK or BENOTIFY, with all that sip_reply_write copies */
	bool framed;        /* head_n and body_n are certain: the next message can be found */
	const char *reason; /* for the log; a constant */
};

enum { SIP_MAX_FORWARDS = 255, SIP_MAX_CSEQ = INT32_MAX }; /* sections 20.22 and 8.1.1.5 */

/* The index of a message.  Header values are as on the wire, without white space at their ends; of a header that comes
 * more than once it is the first line's, which may hold several values.  Taking them apart is for text.h, on demand. */
struct sip_head {
	enum sip_kind kind;
	enum sip_method method; /* of a response: its CSeq's */
	int status;             /* of a response; 0 of a request */
	uint32_t cseq;

	struct sip_slice start;       /* the start line without its CRLF */
	struct sip_slice method_name; /* of a response: its CSeq's */
	struct sip_slice uri;         /* of a request */
	struct sip_slice reason;      /* of a response; may be empty */
	struct sip_slice call_id;     /* never empty, no white space: a key, to compare byte for byte */
	struct sip_slice cseq_value;
	struct sip_slice via, from, to, contact; /* n is 0 if absent */

	struct sip_slice max_forwards, route; /* the first line's; n is 0 if absent */
	int max_forwards_n;                   /* 0 to 255; -1: absent; of a response always */

	uint32_t via_lines;        /* how many Via lines, each with one value or several */
	int64_t content_length;    /* -1: absent */
	bool has_two_max_forwards; /* for a hop to refuse, which would lower one only */
	bool has_content_type;
	bool has_credentials; /* Authorization or Proxy-Authorization */
	bool has_proxy_require;
	bool has_compression; /* Lync's offer or agreement in a NEGOTIATE */

	size_t head_n; /* bytes up to the body; 2 of SIP_CRLF and SIP_PING */
	size_t body_n; /* content_length, 0 if absent; it has no limit here */
	struct sip_bad bad;
};

/* What has to be remembered between two scans of one stream; zeroed at its start, then left alone. */
struct sip_cursor {
	size_t seen;    /* bytes of an incomplete head that were searched for its end */
	bool half_ping; /* the last thing was a SIP_CRLF */
};

/*
 * Scans the message that starts at p[0].  `limit` bounds the head in bytes (at most UINT32_MAX).
 *
 * After SIP_MORE `h` means nothing.  After SIP_CRLF and SIP_PING the two bytes must be taken off the stream before the
 * next call, for the cursor counts them; after SIP_MESSAGE the same bytes may be scanned again.  A single CRLF that a
 * client sends twice looks like a ping: answering it does no harm; what comes from the server's side are pongs.
 */
enum sip_result sip_scan(struct sip_head *h, struct sip_cursor *c, const char *p, size_t n, size_t limit);

/*
 * Scans the message of a datagram, which is all of p[0..n).  Without Content-Length its body is the rest of the
 * datagram, and what stands behind one is not part of it (RFC 3261 section 18.3); SIP_MORE is never the answer, for a
 * message that is cut off is bad.  SIP_CRLF: take two bytes off, and scan again if there are more.
 */
enum sip_result sip_scan_datagram(struct sip_head *h, const char *p, size_t n, size_t limit);

/* The topmost Via value; its branch (n is 0: none, as Lync's); and how many values all Via lines hold. */
struct sip_text sip_top_via(const char *p, const struct sip_head *h);
struct sip_text sip_branch(const char *p, const struct sip_head *h);
unsigned sip_via_count(const char *p, const struct sip_head *h);

/* The tags of From and To; n is 0: none.  A request whose To has a tag is inside a dialog. */
struct sip_text sip_from_tag(const char *p, const struct sip_head *h);
struct sip_text sip_to_tag(const char *p, const struct sip_head *h);

/* Does a request show that a Lync client sent it?  Contact with the header parameter proxy=replace ([MS-SIPRE]), or an
 * `epid` in From or To. */
bool sip_is_lync(const char *p, const struct sip_head *h);

#endif
