/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sip_oracle.c asks libosip2 about a message.  Only what both accept is compared: libosip2 is stricter about values
 * that the scan does not read, and laxer about numbers.
 */
#include "tests/fuzz/sip_oracle.h"

#include <stdlib.h>

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include "sip/grammar.h"
#include "sip/plain.h"

/* sip/grammar.c sets libosip2 up for the process when it meets what is not plain. */
static void begin(void)
{
	char host[8];

	(void)sip_uri_part(SIP_TEXT("tel:1"), SIP_DOMAIN, host, sizeof(host));
}

static bool is_same(const char *found, struct sip_text expected)
{
	return found && sip_equal((struct sip_text){ found, strlen(found) }, expected);
}

static const char *compare_start(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	if (MSG_IS_RESPONSE(m) != (h->kind == SIP_RESPONSE))
		return "request or response";
	if (h->kind == SIP_RESPONSE)
		return osip_message_get_status_code(m) == h->status ? NULL : "status";
	return is_same(osip_message_get_method(m), sip_text(p, h->method_name)) ? NULL : "method";
}

static const char *compare_call_id(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	const char *differs = NULL;
	char *s = NULL;

	if (!m->call_id || osip_call_id_to_str(m->call_id, &s) != OSIP_SUCCESS)
		return NULL;
	if (!is_same(s, sip_text(p, h->call_id)))
		differs = "Call-ID";
	osip_free(s);
	return differs;
}

static const char *compare_cseq(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	if (!m->cseq || !m->cseq->number)
		return NULL;
	if (strtoul(m->cseq->number, NULL, 10) != h->cseq)
		return "CSeq number";
	return is_same(m->cseq->method, sip_text(p, h->method_name)) ? NULL : "CSeq method";
}

/* libosip2 makes up a Content-Length where there is none: that of the body. */
static const char *compare_length(const osip_message_t *m, const struct sip_head *h)
{
	if (!m->content_length || !m->content_length->value)
		return h->content_length < 0 ? NULL : "Content-Length (none)";
	return strtoull(m->content_length->value, NULL, 10) == h->body_n ? NULL : "Content-Length";
}

/* Only what is plain: the rest libosip2 itself has read. */
static const char *compare_from(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	struct sip_plain plain;

	if (!m->from || !m->from->url || !sip_plain_address(&plain, sip_text(p, h->from)))
		return NULL;
	if (plain.user.n > 0 && !is_same(m->from->url->username, plain.user))
		return "From (user)";
	return is_same(m->from->url->host, plain.host) ? NULL : "From (host)";
}

static const char *compare(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	const char *differs = compare_start(m, p, h);

	differs = differs ? differs : compare_call_id(m, p, h);
	differs = differs ? differs : compare_cseq(m, p, h);
	differs = differs ? differs : compare_from(m, p, h);
	return differs ? differs : compare_length(m, h);
}

const char *sip_oracle_differs(const char *p, size_t n, const struct sip_head *h)
{
	osip_message_t *m = NULL;
	const char *differs = NULL;

	begin();
	if (osip_message_init(&m) != OSIP_SUCCESS)
		return NULL;
	if (osip_message_parse(m, p, n) == OSIP_SUCCESS)
		differs = compare(m, p, h);
	osip_message_free(m);
	return differs;
}
