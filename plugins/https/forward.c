/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward.c writes heads as they leave.  It walks over the fields once: each stays as it came, goes, or is changed; own
 * lines come behind them.  Framing leaves as head.c has understood it, named once, whatever edits say.
 */
#include "forward.h"

#include <errno.h>
#include <string.h>

const char *const forward_sealed[] = {
	"connection", "content-length",    "expect",  "host", "http2-settings", "keep-alive", "proxy-connection", "te",
	"trailer",    "transfer-encoding", "upgrade", NULL,
};

/* Both kinds of heads. */
struct leaving {
	struct splice *s;
	const struct head *h;
	const char *p;
	const struct lg_edit *edits;
	unsigned nedits;
	bool answer;
};

/* ---- Edits ---- */

static struct lg_span span_of(const char *text)
{
	return (struct lg_span){ text, strlen(text) };
}

/* The core keeps sealed names and bad values away; framing is too dear to rest on that alone. */
static bool is_ours(const struct leaving *l, const struct lg_edit *e)
{
	if (e->answer != l->answer || !field_is_token(e->name) || !field_is_value(e->value) ||
	    field_disguised(e->name) != FIELD_OTHER)
		return false;
	for (unsigned i = 0; forward_sealed[i]; i++)
		if (field_equal(e->name, span_of(forward_sealed[i])))
			return false;
	return true;
}

static bool is_edited(const struct leaving *l, struct lg_span name)
{
	for (unsigned i = 0; i < l->nedits; i++)
		if (field_equal(l->edits[i].name, name) && is_ours(l, &l->edits[i]))
			return true;
	return false;
}

/* Of two edits for one header the later holds. */
static bool is_overruled(const struct leaving *l, unsigned edit)
{
	for (unsigned i = edit + 1; i < l->nedits; i++)
		if (field_equal(l->edits[i].name, l->edits[edit].name) && is_ours(l, &l->edits[i]))
			return true;
	return false;
}

static void put_edits(const struct leaving *l)
{
	for (unsigned i = 0; i < l->nedits; i++)
		if (l->edits[i].value.p && is_ours(l, &l->edits[i]) && !is_overruled(l, i))
			splice_line(l->s, l->edits[i].name, l->edits[i].value);
}

/* ---- Fields ---- */

static void put_slice(const struct leaving *l, uint32_t at, uint32_t n)
{
	splice_put(l->s, (struct lg_span){ l->p + at, n });
}

static void put_field(const struct leaving *l, const struct head_field *f)
{
	put_slice(l, f->at, f->n);
}

/* Content-Length in its shortest form: leading zeros are octal to some. */
static void put_length(const struct leaving *l, const struct head_field *f)
{
	struct lg_span value = head_value(l->p, f);

	if (value.n < 2 || value.p[0] != '0') {
		put_field(l, f);
		return;
	}
	splice_copy(l->s, TEXT("Content-Length: "));
	splice_number(l->s, l->h->length);
	splice_copy(l->s, TEXT("\r\n"));
}

static void put_coding(const struct leaving *l)
{
	if (l->h->framing == BODY_CHUNKED)
		splice_put(l->s, TEXT("Transfer-Encoding: chunked\r\n"));
}

/* ---- Where a request comes from (RFC 7239) ---- */

struct from {
	const struct forward_request *f;
	struct lg_span source; /* without port and brackets */
	bool ipv6;
	char host[TARGET_AUTHORITY];
	unsigned host_n;
	const struct head_field *last_for, *last_forwarded; /* to append to */
	bool has_proto, has_host;                           /* that came from who is trusted, and stay */
};

static struct lg_span without_port(struct lg_span peer, bool *ipv6)
{
	const char *end = peer.n > 0 && peer.p[0] == '[' ? memchr(peer.p, ']', peer.n) : NULL;
	const char *colon = peer.n > 0 ? memrchr(peer.p, ':', peer.n) : NULL;

	*ipv6 = end != NULL;
	if (end)
		return (struct lg_span){ peer.p + 1, (size_t)(end - peer.p) - 1 };
	return (struct lg_span){ peer.p, colon ? (size_t)(colon - peer.p) : peer.n };
}

static void begin_from(struct from *o, const struct leaving *l, const struct target *t, const struct forward_request *f)
{
	const struct head_field *at = NULL;

	o->f = f;
	o->source = without_port(f->source, &o->ipv6);
	if (o->source.n == 0)
		o->source = TEXT("unknown"); /* RFC 7239 section 6.2 */
	o->host_n = target_authority(t, o->host);
	o->last_for = o->last_forwarded = NULL;
	o->has_proto = o->has_host = false;
	if (f->forwarded != FORWARDED_APPEND)
		return;
	while ((at = head_find(l->h, FIELD_X_FORWARDED_FOR, at)))
		o->last_for = at;
	for (at = NULL; (at = head_find(l->h, FIELD_FORWARDED, at));)
		o->last_forwarded = at;
	o->has_proto = head_find(l->h, FIELD_X_FORWARDED_PROTO, NULL) != NULL;
	o->has_host = head_find(l->h, FIELD_X_FORWARDED_HOST, NULL) != NULL;
}

/* An element of Forwarded; what has a colon is quoted (section 4). */
static void put_element(struct splice *s, const struct from *o)
{
	splice_copy(s, o->ipv6 ? TEXT("for=\"[") : TEXT("for="));
	splice_copy(s, o->source);
	splice_copy(s, o->ipv6 ? TEXT("]\"") : TEXT(""));
	if (o->host_n > 0) {
		splice_copy(s, TEXT(";host=\""));
		splice_copy(s, (struct lg_span){ o->host, o->host_n });
		splice_copy(s, TEXT("\""));
	}
	splice_copy(s, o->f->tls ? TEXT(";proto=https") : TEXT(";proto=http"));
}

/* A line as it came, with something behind its value. */
static void put_appended(const struct leaving *l, const struct head_field *f, const struct from *o, bool element)
{
	put_slice(l, f->at, f->value_at + f->value_n - f->at);
	splice_copy(l->s, f->value_n > 0 ? TEXT(", ") : TEXT(""));
	if (element)
		put_element(l->s, o);
	else
		splice_copy(l->s, o->source);
	splice_copy(l->s, TEXT("\r\n"));
}

static void put_from(const struct leaving *l, const struct from *o)
{
	struct splice *s = l->s;

	if (o->f->forwarded == FORWARDED_OFF)
		return;
	if (!o->last_for && !is_edited(l, TEXT("x-forwarded-for"))) {
		splice_copy(s, TEXT("X-Forwarded-For: "));
		splice_copy(s, o->source);
		splice_copy(s, TEXT("\r\n"));
	}
	if (!o->has_proto && !is_edited(l, TEXT("x-forwarded-proto")))
		splice_copy(s, o->f->tls ? TEXT("X-Forwarded-Proto: https\r\n") : TEXT("X-Forwarded-Proto: http\r\n"));
	if (!o->has_host && o->host_n > 0 && !is_edited(l, TEXT("x-forwarded-host"))) {
		splice_copy(s, TEXT("X-Forwarded-Host: "));
		splice_copy(s, (struct lg_span){ o->host, o->host_n });
		splice_copy(s, TEXT("\r\n"));
	}
	if (o->last_forwarded || is_edited(l, TEXT("forwarded")))
		return;
	splice_copy(s, TEXT("Forwarded: "));
	put_element(s, o);
	splice_copy(s, TEXT("\r\n"));
}

/* Does the field say where a request comes from, to whomever, in whatever spelling? */
static bool is_from(const struct leaving *l, const struct head_field *f)
{
	enum field_id id = (enum field_id)f->id;

	if (id == FIELD_OTHER)
		id = field_disguised(head_name(l->p, f));
	return id == FIELD_FORWARDED || id == FIELD_X_FORWARDED_FOR || id == FIELD_X_FORWARDED_HOST ||
	       id == FIELD_X_FORWARDED_PROTO;
}

/* True: it is dealt with. */
static bool put_from_field(const struct leaving *l, const struct head_field *f, const struct from *o)
{
	if (o->f->forwarded == FORWARDED_OFF || !is_from(l, f))
		return false;
	if (o->f->forwarded == FORWARDED_REPLACE || f->id == FIELD_OTHER)
		return true;
	if (f == o->last_for || f == o->last_forwarded)
		put_appended(l, f, o, f == o->last_forwarded);
	else
		put_field(l, f);
	return true;
}

/* ---- A request ---- */

static void put_request_line(const struct leaving *l, const struct target *t)
{
	const struct head *h = l->h;
	uint32_t end = h->target.at + h->target.n;

	if (!t->path_changed) {
		put_slice(l, h->first.at, h->first.n + 2);
		return;
	}
	put_slice(l, h->first.at, h->target.at - h->first.at);
	splice_put(l->s, target_path(t, l->p));
	put_slice(l, t->query.at, t->query.n);
	put_slice(l, end, h->first.at + h->first.n + 2 - end);
}

static void put_host(const struct leaving *l, const struct target *t)
{
	char host[TARGET_AUTHORITY];

	splice_copy(l->s, TEXT("Host: "));
	splice_copy(l->s, (struct lg_span){ host, target_authority(t, host) });
	splice_copy(l->s, TEXT("\r\n"));
}

static void put_request_fields(const struct leaving *l, const struct target *t, const struct from *o)
{
	for (const struct head_field *f = l->h->fields; f < l->h->fields + l->h->nfields; f++) {
		if (f->id == FIELD_CONTENT_LENGTH) {
			put_length(l, f);
			continue;
		}
		if (f->id == FIELD_HOST && t->host_changed) {
			put_host(l, t);
			continue;
		}
		if (l->nedits > 0 && is_edited(l, head_name(l->p, f)))
			continue;
		if (!put_from_field(l, f, o) && !head_hop(l->h, l->p, f))
			put_field(l, f);
	}
	/* HTTP/1.0 may name the host in the first line only. */
	if (t->absolute && l->h->host.n == 0)
		put_host(l, t);
}

int forward_request(struct splice *s, const struct head *h, const char *p, const struct target *t,
		    const struct forward_request *f)
{
	struct leaving l = { s, h, p, f->edits, f->nedits, false };
	struct from o;

	splice_begin(s);
	begin_from(&o, &l, t, f);
	put_request_line(&l, t);
	put_request_fields(&l, t, &o);
	put_coding(&l);
	put_from(&l, &o);
	if (h->upgrade && f->upgrade)
		splice_put(s, TEXT("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
	else if (f->close && h->minor > 0)
		splice_put(s, TEXT("Connection: close\r\n"));
	put_edits(&l);
	splice_put(s, TEXT("\r\n"));
	return splice_end(s);
}

/* ---- An answer ---- */

static void put_status_line(const struct leaving *l)
{
	const struct head *h = l->h;
	enum { VERSION_SIZE = 8 };

	if (h->minor > 0) {
		put_slice(l, h->first.at, h->first.n + 2);
		return;
	}
	splice_put(l->s, TEXT("HTTP/1.1"));
	put_slice(l, h->first.at + VERSION_SIZE, h->first.n + 2 - VERSION_SIZE);
}

static void put_answer_fields(const struct leaving *l, const struct forward_answer *f)
{
	const struct head *h = l->h;
	bool never = h->status < 200 || h->status == 204;

	for (const struct head_field *field = h->fields; field < h->fields + h->nfields; field++) {
		if (field->id == FIELD_CONTENT_LENGTH) {
			if (!never && h->framing != BODY_CHUNKED)
				put_length(l, field);
			continue;
		}
		if (field->id == FIELD_STRICT_TRANSPORT_SECURITY && f->hsts.p)
			continue;
		if (field->id == FIELD_UPGRADE && h->upgrade) {
			put_field(l, field);
			continue;
		}
		if (l->nedits > 0 && is_edited(l, head_name(l->p, field)))
			continue;
		if (!head_hop(h, l->p, field))
			put_field(l, field);
	}
}

static void put_connection(const struct leaving *l, const struct forward_answer *f)
{
	if (l->h->upgrade)
		splice_put(l->s, TEXT("Connection: Upgrade\r\n"));
	else if (l->h->status < 200)
		return;
	else if (f->close || l->h->framing == BODY_CLOSE)
		splice_put(l->s, TEXT("Connection: close\r\n"));
	else if (f->minor == 0)
		splice_put(l->s, TEXT("Connection: keep-alive\r\n"));
}

int forward_answer(struct splice *s, const struct head *h, const char *p, const struct forward_answer *f)
{
	struct leaving l = { s, h, p, f->edits, f->nedits, true };

	splice_begin(s);
	if ((h->upgrade && !f->upgrade) || (f->minor == 0 && h->framing == BODY_CHUNKED))
		return -EPROTO;
	put_status_line(&l);
	put_answer_fields(&l, f);
	put_coding(&l);
	put_connection(&l, f);
	if (h->status >= 200) {
		if (f->hsts.p && !is_edited(&l, TEXT("strict-transport-security")))
			splice_line(s, TEXT("Strict-Transport-Security"), f->hsts);
		splice_copy(s, f->lines);
		put_edits(&l);
	}
	splice_put(s, TEXT("\r\n"));
	return splice_end(s);
}
