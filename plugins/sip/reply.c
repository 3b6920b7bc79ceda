/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.c writes the gateway's own answers.  When there is one, and whether it is an answer or a close, is for
 * request.c and message.c to say.
 */
#include "reply.h"

#include <stdio.h>
#include <string.h>

#include "hop.h"
#include "session.h"
#include "sip/reply.h"
#include "stream.h"

enum {
	FIELDS = 16, /* of a policy, and Retry-After; more are left out */
	RETRY_AFTER_MAX_S = 5,
	TAG_BYTES = 8,
};

static struct sip_text text_of(struct lg_span s)
{
	return (struct sip_text){ s.p, s.n };
}

static struct sip_text default_reason(int code)
{
	switch (code) {
	case 400:
		return SIP_TEXT("Bad Request");
	case 403:
		return SIP_TEXT("Forbidden");
	case 413:
		return SIP_TEXT("Request Entity Too Large");
	case 416:
		return SIP_TEXT("Unsupported URI Scheme");
	case 420:
		return SIP_TEXT("Bad Extension");
	case 430:
		return SIP_TEXT("Flow Failed");
	case 482:
		return SIP_TEXT("Loop Detected");
	case 483:
		return SIP_TEXT("Too Many Hops");
	case 500:
		return SIP_TEXT("Server Internal Error");
	case 503:
		return SIP_TEXT("Service Unavailable");
	case 505:
		return SIP_TEXT("Version Not Supported");
	case 513:
		return SIP_TEXT("Message Too Large");
	default:
		return SIP_TEXT("");
	}
}

bool reply_has_tag(const struct lg_link *l, struct sip_text tag)
{
	return tag.n == (size_t)2 * TAG_BYTES && memcmp(tag.p, hop_of(l)->id, HOP_ID) == 0;
}

uint32_t reply_retry_after(struct lg_link *l)
{
	uint8_t random;

	l->host->random(&random, sizeof(random));
	return 1 + random % RETRY_AFTER_MAX_S;
}

static unsigned copy_fields(struct sip_field *fields, const struct lg_reply *reply, char *retry, size_t size)
{
	unsigned n = 0;

	if (reply->retry_after_s > 0) {
		snprintf(retry, size, "%u", (unsigned)reply->retry_after_s);
		fields[n++] = (struct sip_field){ SIP_TEXT("Retry-After"), { retry, strlen(retry) } };
	}
	for (unsigned i = 0; i < reply->nheaders && n < FIELDS; i++) {
		const struct lg_header *header = &reply->headers[i];

		if (sip_is_token(text_of(header->name)) && sip_is_plain(text_of(header->value)))
			fields[n++] = (struct sip_field){ text_of(header->name), text_of(header->value) };
	}
	return n;
}

/* A tag of our own, new each time, for the answer begins nothing that lasts.  A hop's shows whose it is. */
static struct sip_text make_tag(struct lg_link *l, char tag[2 * TAG_BYTES + 1])
{
	uint8_t random[TAG_BYTES];

	l->host->random(random, sizeof(random));
	for (unsigned i = 0; i < TAG_BYTES; i++)
		snprintf(tag + 2 * i, 3, "%02x", random[i]);
	if (hop_is(l))
		memcpy(tag, hop_of(l)->id, HOP_ID);
	return (struct sip_text){ tag, 2 * TAG_BYTES };
}

static struct lg_span write_text(struct lg_link *l, const char *p, const struct sip_head *h, const struct sip_reply *r)
{
	size_t room = sip_reply_room(h, r);
	char *text = instance_scratch(instance_of(l), room);
	int n = text ? sip_reply_write(text, room, p, h, r) : -1;

	return n < 0 ? LG_NO_UNIT : (struct lg_span){ text, (size_t)n };
}

struct lg_span reply_write(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply)
{
	struct sip_field fields[FIELDS];
	char retry[16], tag[2 * TAG_BYTES + 1];
	struct sip_reply r = { .code = reply->code, .reason = text_of(reply->reason), .fields = fields };

	if (r.code < 100 || r.code > 699)
		r.code = 500;
	if (r.reason.n == 0 || !sip_is_plain(r.reason))
		r.reason = default_reason(r.code);
	r.tag = make_tag(l, tag);
	r.nfields = copy_fields(fields, reply, retry, sizeof(retry));
	return write_text(l, p, h, &r);
}

void reply_send(struct lg_link *l, const char *p, const struct sip_head *h, const struct lg_reply *reply)
{
	struct lg_span text;

	if (reply->code == 0 || h->method == SIP_ACK || h->method == SIP_BENOTIFY)
		return;
	text = reply_write(l, p, h, reply);
	if (text.p)
		stream_say(l, text);
	else
		stream_close(l);
}

void reply_status(struct lg_link *l, const char *p, const struct sip_head *h, int code)
{
	reply_send(l, p, h, &(struct lg_reply){ .cause = LG_BY_POLICY, .code = code });
}
