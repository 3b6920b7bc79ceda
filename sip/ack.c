/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ack.c writes ACKs.  Values go in as they came, folds included; the caller's texts are checked, so that none of them
 * can begin a line of its own.
 */
#include "sip/ack.h"

#include <errno.h>

#include "sip/header.h"
#include "sip/out.h"

/* All that an ACK consists of besides the values of others. */
#define FRAME_ROOM 160

size_t sip_ack_room(const struct sip_head *h, const struct sip_ack *a, const struct sip_head *answer)
{
	/* Every line of the INVITE was at least as long before; a Route that is cut keeps its name. */
	return h->head_n + a->via.n + a->uri.n + answer->to.n + FRAME_ROOM;
}

static bool is_writable(const struct sip_ack *a, const struct sip_head *answer)
{
	struct sip_text line = a->via;

	if (line.n < 2 || line.p[line.n - 2] != '\r' || line.p[line.n - 1] != '\n')
		return false;
	line.n -= 2;
	return line.n > 0 && sip_is_plain(line) && sip_is_plain(a->uri) && answer->to.n > 0;
}

/* The Routes without the first values: lines of which nothing was taken stay as they are. */
static void put_routes(struct sip_out *o, const char *p, const struct sip_head *h, unsigned taken)
{
	struct sip_slice line;
	struct sip_text value;

	if (h->route.n == 0)
		return;
	for (uint32_t at = 0; sip_header_next(p, h, SIP_TEXT("route"), &at, &line);) {
		struct sip_text rest = sip_text(p, line);
		const char *end = p + line.at + line.n;

		for (; taken > 0 && sip_next_value(&rest, &value); taken--)
			;
		if (sip_next_value(&rest, &value))
			sip_put_field(o, SIP_TEXT("Route"), (struct sip_text){ value.p, (size_t)(end - value.p) });
	}
}

int sip_ack_write(char *buf, size_t size, const char *p, const struct sip_head *h, const struct sip_ack *a,
		  const char *q, const struct sip_head *answer)
{
	struct sip_out o = { buf, size, 0 };
	struct sip_text cseq = sip_text(p, h->cseq_value);
	uint32_t number;

	if (!is_writable(a, answer))
		return -EINVAL;
	sip_put(&o, SIP_TEXT("ACK "));
	sip_put(&o, a->uri.n > 0 ? a->uri : sip_text(p, h->uri));
	sip_put(&o, SIP_TEXT(" SIP/2.0\r\n"));
	sip_put(&o, a->via);
	sip_put(&o, SIP_TEXT("Max-Forwards: 70\r\n"));
	put_routes(&o, p, h, a->routes_taken);
	sip_put_field(&o, SIP_TEXT("From"), sip_text(p, h->from));
	sip_put_field(&o, SIP_TEXT("To"), sip_text(q, answer->to));
	sip_put_field(&o, SIP_TEXT("Call-ID"), sip_text(p, h->call_id));
	sip_put(&o, SIP_TEXT("CSeq: "));
	sip_put(&o, (struct sip_text){ cseq.p, sip_number(cseq, &number) });
	sip_put(&o, SIP_TEXT(" ACK\r\nContent-Length: 0\r\n\r\n"));
	return sip_out_end(&o);
}
