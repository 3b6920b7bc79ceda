/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edits.c turns what policies want changed into cuts.  That no edit is of a sealed header, and that each value fits
 * into a line, is the core's promise.
 */
#include "edits.h"

#include <errno.h>
#include <stdlib.h>

#include "session.h"
#include "sip/header.h"
#include "sip/out.h"

const char *const edits_sealed[] = {
	"authentication-info",
	"authorization",
	"c",
	"call-id",
	"compression",
	"contact",
	"content-encoding",
	"content-length",
	"content-type",
	"cseq",
	"e",
	"expires",
	"f",
	"from",
	"i",
	"l",
	"m",
	"max-forwards",
	"p-asserted-identity",
	"p-preferred-identity",
	"path",
	"proxy-authenticate",
	"proxy-authentication-info",
	"proxy-authorization",
	"rack",
	"record-route",
	"route",
	"rseq",
	"service-route",
	"t",
	"to",
	"v",
	"via",
	"www-authenticate",
	NULL,
};

bool edits_any(const struct lg_exchange *x, bool answer)
{
	for (unsigned i = 0; i < x->nedits; i++)
		if (x->edits[i].answer == answer)
			return true;
	return false;
}

static struct sip_text text_of(struct lg_span s)
{
	return (struct sip_text){ s.p, s.n };
}

static struct sip_text name_of(const struct lg_edit *e)
{
	return sip_header_name(text_of(e->name));
}

/* Is there a later edit of the same header?  Then that one holds. */
static bool is_overruled(const struct lg_exchange *x, unsigned i)
{
	for (unsigned j = i + 1; j < x->nedits; j++)
		if (x->edits[j].answer == x->edits[i].answer && sip_same(name_of(&x->edits[j]), name_of(&x->edits[i])))
			return true;
	return false;
}

/* ---- Lines that are there ---- */

static int take_line(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice value)
{
	struct sip_slice line = sip_header_line(p, h, value);

	return sip_cut(s, line.at, line.n, (struct sip_text){ NULL, 0 });
}

static int replace_value(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_slice old,
			 struct sip_text value)
{
	struct sip_slice line;

	if (old.n > 0)
		return sip_cut(s, old.at, old.n, value);
	line = sip_header_line(p, h, old);
	return sip_cut(s, line.at + line.n - 2, 0, value); /* before its CRLF */
}

/* Sets a header that the message has.  1; 0: it has none; or an error. */
static int set_value(struct sip_splice *s, const char *p, const struct sip_head *h, struct sip_text name,
		     struct sip_text value)
{
	struct sip_slice old;
	uint32_t at = 0;
	int r;

	if (!sip_header_next(p, h, name, &at, &old))
		return 0;
	r = replace_value(s, p, h, old, value);
	while (r != -ENOSPC && sip_header_next(p, h, name, &at, &old))
		r = take_line(s, p, h, old);
	return r == -ENOSPC ? r : 1; /* -EINVAL: the sender has cut there, and that stays so */
}

/* ---- Lines that are new ---- */

/* Room in the instance for all lines that the exchange could add. */
static int make_room(struct instance *inst, const struct lg_exchange *x, struct sip_out *lines)
{
	size_t room = 0;

	for (unsigned i = 0; i < x->nedits; i++)
		room += x->edits[i].name.n + x->edits[i].value.n + sizeof(": \r\n");
	if (!instance_grow(&inst->lines, &inst->lines_size, room))
		return -ENOMEM;
	*lines = (struct sip_out){ inst->lines, inst->lines_size, 0 };
	return 0;
}

/* ---- All of it ---- */

int edits_cut(struct sip_splice *s, const struct lg_exchange *x, bool answer, const char *p, const struct sip_head *h)
{
	struct sip_out lines;
	int r;

	if (!edits_any(x, answer))
		return 0;
	r = make_room(instance_of(x->from), x, &lines);
	for (unsigned i = 0; i < x->nedits && r >= 0; i++) {
		const struct lg_edit *e = &x->edits[i];

		if (e->answer != answer || is_overruled(x, i))
			continue;
		if (!e->value.p) {
			r = sip_take_header(s, p, h, name_of(e));
			continue;
		}
		r = set_value(s, p, h, name_of(e), text_of(e->value));
		if (r == 0)
			sip_put_field(&lines, text_of(e->name), text_of(e->value));
	}
	if (r < 0 || lines.n == 0)
		return r < 0 ? r : 0;
	return sip_put_lines(s, h, (struct sip_text){ lines.p, lines.n });
}

int edits_pieces(const struct lg_exchange *x, bool answer, struct lg_span message, const struct sip_head *h,
		 struct lg_span pieces[SIP_PIECES])
{
	struct sip_text texts[SIP_PIECES];
	struct sip_splice s;
	unsigned n;
	int r;

	pieces[0] = message;
	if (!x || !edits_any(x, answer))
		return 1;
	s.n = 0;
	r = edits_cut(&s, x, answer, message.p, h);
	if (r < 0)
		return r;
	n = sip_splice_pieces(&s, message.p, message.n, texts);
	for (unsigned i = 0; i < n; i++)
		pieces[i] = (struct lg_span){ texts[i].p, texts[i].n };
	return (int)n;
}
