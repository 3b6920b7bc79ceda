/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.c writes responses.  Values of the request go in as they came, folds included; texts of the caller's are
 * checked, so that none of them can begin a line of its own.
 */
#include "sip/reply.h"

#include <errno.h>

#include "sip/header.h"
#include "sip/out.h"

/* All that a response consists of besides the request's values and the caller's texts. */
#define FRAME_ROOM 256

size_t sip_reply_room(const struct sip_head *h, const struct sip_reply *r)
{
	/* A compact "v:" of the request grows to "Via: " at worst. */
	size_t n = h->head_n + 3 * (size_t)h->via_lines + r->reason.n + r->tag.n + FRAME_ROOM;

	for (unsigned i = 0; i < r->nfields; i++)
		n += r->fields[i].name.n + r->fields[i].value.n + sizeof(": \r\n");
	return n;
}

static bool is_writable(const struct sip_reply *r)
{
	if (r->code < 100 || r->code > 699 || !sip_is_plain(r->reason))
		return false;
	if (r->tag.n > 0 && !sip_is_token(r->tag))
		return false;
	for (unsigned i = 0; i < r->nfields; i++)
		if (!sip_is_token(r->fields[i].name) || !sip_is_plain(r->fields[i].value))
			return false;
	return true;
}

static void put_all(struct sip_out *o, const char *p, const struct sip_head *h, struct sip_text name,
		    struct sip_text written)
{
	struct sip_slice value;

	for (uint32_t at = 0; sip_header_next(p, h, name, &at, &value);)
		sip_put_field(o, written, sip_text(p, value));
}

/* To, with a tag if it has none (section 8.2.6.2). */
static void put_to(struct sip_out *o, const char *p, const struct sip_head *h, const struct sip_reply *r)
{
	sip_put(o, SIP_TEXT("To: "));
	sip_put(o, sip_text(p, h->to));
	if (r->code > 100 && r->tag.n > 0 && !sip_param(sip_text(p, h->to), SIP_TEXT("tag"), NULL)) {
		sip_put(o, SIP_TEXT(";tag="));
		sip_put(o, r->tag);
	}
	sip_put(o, SIP_TEXT("\r\n"));
}

int sip_reply_write(char *buf, size_t size, const char *p, const struct sip_head *h, const struct sip_reply *r)
{
	struct sip_out o = { buf, size, 0 };

	if (!is_writable(r))
		return -EINVAL;
	sip_put(&o, SIP_TEXT("SIP/2.0 "));
	sip_put_code(&o, r->code);
	sip_put(&o, SIP_TEXT(" "));
	sip_put(&o, r->reason);
	sip_put(&o, SIP_TEXT("\r\n"));
	put_all(&o, p, h, SIP_TEXT("via"), SIP_TEXT("Via"));
	sip_put_field(&o, SIP_TEXT("From"), sip_text(p, h->from));
	put_to(&o, p, h, r);
	sip_put_field(&o, SIP_TEXT("Call-ID"), sip_text(p, h->call_id));
	sip_put_field(&o, SIP_TEXT("CSeq"), sip_text(p, h->cseq_value));
	if (r->code == 100) /* section 8.2.6.1 */
		put_all(&o, p, h, SIP_TEXT("timestamp"), SIP_TEXT("Timestamp"));
	for (unsigned i = 0; i < r->nfields; i++)
		sip_put_field(&o, r->fields[i].name, r->fields[i].value);
	sip_put(&o, SIP_TEXT("Content-Length: 0\r\n\r\n"));
	return sip_out_end(&o);
}
