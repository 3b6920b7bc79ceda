/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.c asks a web server by GET or HEAD and judges what it answers: by the status, then, if that is wanted, by what
 * stands in the body.  The answer is read as one of a request's is (head.h, body.h), only more briefly.
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const methods[] = { [PROBE_BY_GET] = "GET", [PROBE_BY_HEAD] = "HEAD", NULL };

const struct lg_option probe_table[] = {
	{ "method", LG_ENUM, offsetof(struct probe_options, method), .def = "GET", .choices = methods,
	  .help = "how it asks; HEAD spares the body" },
	{ "path", LG_STR, offsetof(struct probe_options, path), .def = "/",
	  .help = "what it asks for, with a query if wanted" },
	{ "host", LG_STR, offsetof(struct probe_options, host),
	  .help = "Host of the request, default the server's name" },
	{ "codes", LG_STR, offsetof(struct probe_options, codes), .def = "200-399",
	  .help = "answers that mean up, as \"200, 300-399, 4xx\"; any other answer means down" },
	{ "contains", LG_STR, offsetof(struct probe_options, contains),
	  .help = "text that the beginning of the body must have (GET)" },
	{ 0 },
};

/* ---- Lists of codes ---- */

/* One element, "200", "300-399" or "4xx", and the comma behind it: 1; 0: the list is at its end; -1: it is none. */
static int next_range(const char **list, int *first, int *last)
{
	const char *p = *list + strspn(*list, " \t");
	char *end;

	if (!*p)
		return 0;
	if (*p < '0' || *p > '9')
		return -1;
	*first = *last = (int)strtol(p, &end, 10);
	if (end == p + 1 && end[0] == 'x' && end[1] == 'x') {
		*first *= 100;
		*last = *first + 99;
		end += 2;
	} else if (*end == '-' && end[1] >= '0' && end[1] <= '9') {
		*last = (int)strtol(end + 1, &end, 10);
	}
	end += strspn(end, " \t");
	if ((*end && *end != ',') || *first < 100 || *last > 599 || *first > *last)
		return -1;
	*list = *end ? end + 1 : end;
	return 1;
}

bool probe_codes_valid(const char *list)
{
	int first, last, ranges = 0, r;

	while ((r = next_range(&list, &first, &last)) > 0)
		ranges++;
	return r == 0 && ranges > 0;
}

bool probe_codes_has(const char *list, int code)
{
	int first, last;

	while (next_range(&list, &first, &last) > 0) {
		if (code >= first && code <= last)
			return true;
	}
	return false;
}

/* ---- The question ---- */

static bool is_printable(const char *text, const char *but)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || strchr(but, *text))
			return false;
	}
	return true;
}

/* What is wrong with the options; NULL: nothing. */
static const char *fault_of(const struct probe_options *o)
{
	if (!o->path || o->path[0] != '/' || !is_printable(o->path, "#"))
		return "`path` is no path: it begins with \"/\" and has no spaces";
	if (o->host && (!o->host[0] || !is_printable(o->host, "/@?#\\")))
		return "`host` is no host";
	if (!o->codes || !probe_codes_valid(o->codes))
		return "`codes` is not a list of status codes";
	if (o->contains && o->method == PROBE_BY_HEAD)
		return "`contains` needs method GET: HEAD has no body";
	if (o->contains && strlen(o->contains) > PROBE_CONTAINS)
		return "`contains` is longer than 256 bytes";
	return NULL;
}

/* The server's name if it can be one, else its address; without the port that goes without saying. */
static struct lg_span host_of(const struct lg_probe *p)
{
	struct lg_span name = p->server->name, usual = p->transport == LG_TLS ? TEXT(":443") : TEXT(":80");

	if (name.n == 0 || memchr(name.p, '@', name.n))
		name = p->server->address;
	if (name.n > usual.n && memcmp(name.p + name.n - usual.n, usual.p, usual.n) == 0)
		name.n -= usual.n;
	return name;
}

int probe_ask(struct lg_probe *p)
{
	const struct probe_options *o = p->conf;
	const char *fault = fault_of(o);
	struct lg_span host = o->host ? (struct lg_span){ o->host, strlen(o->host) } : host_of(p);
	char text[PROBE_QUESTION];
	int n;

	if (fault) {
		snprintf(p->note, sizeof(p->note), "%s", fault);
		return -EINVAL;
	}
	n = snprintf(
		text, sizeof(text),
		"%s %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: lychgate\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
		"Connection: close\r\n\r\n",
		methods[o->method], o->path, (int)host.n, host.p);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		snprintf(p->note, sizeof(p->note), "`path` and `host` are too long");
		return -ENAMETOOLONG;
	}
	p->host->ask(p, (struct lg_span){ text, (size_t)n });
	return 0;
}

/* ---- The answer ---- */

static enum lg_verdict sick(struct lg_probe *p, const char *note)
{
	snprintf(p->note, sizeof(p->note), "%s", note);
	return LG_SICK;
}

static enum lg_verdict broken(struct lg_probe *p, const char *reason)
{
	snprintf(p->note, sizeof(p->note), "broken answer: %s", reason);
	return LG_SICK;
}

/* "200 OK"; what comes from outside stays one line. */
static void note_status(struct lg_probe *p, const struct head *h, const char *text)
{
	struct lg_span reason = head_text(text, h->reason_phrase);

	snprintf(p->note, sizeof(p->note), "%d%s%.*s", h->status, reason.n ? " " : "", (int)reason.n, reason.p);
	for (char *c = p->note; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = '?';
	}
}

/* The head of the final answer, behind those that only say that it will come (RFC 9110 section 15.2). */
static enum lg_verdict read_heads(struct lg_probe *p, struct lg_span in)
{
	const struct probe_options *o = p->conf;
	struct probe *probe = p->data;
	const struct head_limits limits = { .bytes = PROBE_HEAD };
	struct lg_span rest = in.n > probe->at ? (struct lg_span){ in.p + probe->at, in.n - probe->at } : LG_NO_UNIT;

	while (rest.n) {
		enum head_verdict v;

		if (!probe->began)
			head_begin(&probe->head, o->method == PROBE_BY_HEAD ? HEAD_ANSWER_TO_HEAD : HEAD_ANSWER,
				   probe->fields, HEAD_FIELDS);
		probe->began = true;
		v = head_read(&probe->head, rest, &limits);
		if (v == HEAD_BAD)
			return broken(p, probe->head.reason);
		if (v == HEAD_MORE)
			break;
		probe->began = false;
		probe->at += probe->head.size;
		if (probe->head.status >= 200 || probe->head.status == 101) {
			note_status(p, &probe->head, rest.p);
			return probe_codes_has(o->codes, probe->head.status) ? LG_HEALTHY : LG_SICK;
		}
		if (probe->at > PROBE_HEAD)
			return sick(p, "too many provisional answers");
		rest = (struct lg_span){ in.p + probe->at, in.n - probe->at };
	}
	return p->ended ? sick(p, in.n ? "closed inside an answer" : "closed without an answer") : LG_NOT_YET;
}

/* Is the text in the body, with this byte as its last? */
static bool ends_here(struct probe *probe, const char *want, size_t n, char byte)
{
	if (probe->tail_n == n)
		memmove(probe->tail, probe->tail + 1, --probe->tail_n);
	probe->tail[probe->tail_n++] = byte;
	return probe->tail_n == n && memcmp(probe->tail, want, n) == 0;
}

/* Byte by byte, so that body.h tells which ones are the body's own and which are frames of its chunks. */
static bool search(struct probe *probe, struct lg_span in, const char *want, enum body_verdict *v)
{
	size_t n = strlen(want);

	while (probe->at < in.n && *v == BODY_MORE) {
		uint64_t before = probe->body.bytes;
		size_t used;

		*v = body_take(&probe->body, (struct lg_span){ in.p + probe->at, 1 }, &used);
		if (*v == BODY_BAD)
			return false;
		if (probe->body.bytes > before && ends_here(probe, want, n, in.p[probe->at]))
			return true;
		probe->at++;
	}
	return false;
}

static enum lg_verdict read_body(struct lg_probe *p, struct lg_span in)
{
	const struct probe_options *o = p->conf;
	struct probe *probe = p->data;
	enum body_verdict v = probe->body.done ? BODY_DONE : BODY_MORE;
	size_t n = strlen(p->note);

	if (search(probe, in, o->contains, &v))
		return LG_HEALTHY;
	if (v == BODY_BAD)
		return broken(p, probe->body.reason);
	if (v == BODY_MORE && !p->ended && probe->at - probe->body_at < PROBE_BODY)
		return LG_NOT_YET;
	snprintf(p->note + n, sizeof(p->note) - n, " without \"%s\"", o->contains);
	return LG_SICK;
}

enum lg_verdict probe_judge(struct lg_probe *p, struct lg_span in)
{
	const struct probe_options *o = p->conf;
	struct probe *probe = p->data;
	enum lg_verdict v;

	if (!probe->judged) {
		v = read_heads(p, in);
		if (v != LG_HEALTHY || !o->contains || !o->contains[0])
			return v;
		probe->judged = true;
		probe->body_at = probe->at;
		if (body_begin(&probe->body, &probe->head, 0) == BODY_BAD)
			return broken(p, probe->body.reason);
	}
	return read_body(p, in);
}
