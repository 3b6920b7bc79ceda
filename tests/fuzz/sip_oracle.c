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

#include "sip/check.h"
#include "sip/grammar.h"
#include "sip/header.h"
#include "sip/uri.h"
#include "sip/via.h"

/* sip/grammar.c sets libosip2 up for the process when it meets what is escaped. */
static void begin(void)
{
	char host[8];

	(void)sip_uri_part(SIP_TEXT("sip:%31@h"), SIP_DOMAIN, host, sizeof(host));
}

static bool is_same(const char *found, struct sip_text expected)
{
	return found && sip_equal((struct sip_text){ found, strlen(found) }, expected);
}

/* Domains are in lower case. */
static bool is_same_but_case(const char *found, struct sip_text expected, enum sip_part part)
{
	if (part == SIP_USER)
		return is_same(found, expected);
	return found && sip_same((struct sip_text){ found, strlen(found) }, expected);
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

/* What sip/uri.c reads must mean to policies what it means to libosip2; the rest that has read itself. */
static const char *compare_from_part(const char *found, const char *p, const struct sip_head *h, enum sip_part part)
{
	char *buf = malloc(h->from.n + 1);
	int n = buf ? sip_address_part(sip_text(p, h->from), part, buf, h->from.n + 1) : -1;
	bool same = n < 0 ? !found || !*found : is_same_but_case(found, (struct sip_text){ buf, (size_t)n }, part);

	free(buf);
	return same ? NULL : part == SIP_USER ? "From (user)" : "From (host)";
}

static const char *compare_from(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	const char *differs;
	struct sip_uri u;

	if (!m->from || !m->from->url || !sip_uri_of(&u, sip_text(p, h->from)))
		return NULL;
	differs = compare_from_part(m->from->url->username, p, h, SIP_USER);
	return differs ? differs : compare_from_part(m->from->url->host, p, h, SIP_DOMAIN);
}

static const char *compare(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	const char *differs = compare_start(m, p, h);

	differs = differs ? differs : compare_call_id(m, p, h);
	differs = differs ? differs : compare_cseq(m, p, h);
	differs = differs ? differs : compare_from(m, p, h);
	return differs ? differs : compare_length(m, h);
}

/* ---- What a hop reads ---- */

static struct sip_text text_of(const char *s)
{
	return s ? sip_trim((struct sip_text){ s, strlen(s) }) : (struct sip_text){ NULL, 0 };
}

/* libosip2 keeps IPv6 without its brackets. */
static bool is_same_host(const char *found, struct sip_text expected)
{
	return sip_same_host(text_of(found), expected);
}

static bool is_same_port(const char *found, uint16_t expected)
{
	return found ? strtoul(found, NULL, 10) == expected : expected == 0;
}

static bool is_same_param(osip_via_t *via, const char *name, struct sip_text expected)
{
	char copy[16] = "";
	osip_generic_param_t *param = NULL;

	strncpy(copy, name, sizeof(copy) - 1);
	if (osip_via_param_get_byname(via, copy, &param) != OSIP_SUCCESS || !param)
		return expected.n == 0;
	return sip_equal(text_of(param->gvalue), expected);
}

/* A terminated copy of a value, folds turned to spaces as libosip2 does before it takes a message apart; to be freed.
 */
static char *copy_value(struct sip_text value)
{
	char *s = malloc(value.n + 1);

	if (!s)
		abort();
	for (size_t i = 0; i < value.n; i++)
		s[i] = sip_is_space(value.p[i]) ? ' ' : value.p[i];
	s[value.n] = '\0';
	return s;
}

static bool is_accepted_via(struct sip_text value)
{
	char *s = copy_value(value);
	osip_via_t *via = NULL;
	struct sip_via v;
	bool ok = sip_via_read(&v, value) && osip_via_init(&via) == OSIP_SUCCESS &&
		  osip_via_parse(via, s) == OSIP_SUCCESS;

	osip_via_free(via);
	free(s);
	return ok;
}

/* A message's Routes are divided by it at commas inside some URIs too, though they are in <>, and lost behind a name
 * with a tab, which alone it reads. */
static bool is_plain_route(struct sip_text value)
{
	struct sip_text uri = sip_uri_in(value);

	return uri.n > 0 && !memchr(uri.p, ',', uri.n) && !memchr(value.p, '\t', value.n);
}

static bool is_accepted_route(struct sip_uri *u, struct sip_text value)
{
	char *s = copy_value(value);
	osip_route_t *route = NULL;
	bool ok = is_plain_route(value) && sip_uri_of(u, value) && osip_route_init(&route) == OSIP_SUCCESS &&
		  osip_route_parse(route, s) == OSIP_SUCCESS;

	osip_route_free(route);
	free(s);
	return ok;
}

/* How many Vias there are; -1: one of them not both can read. */
static int count_vias(const char *p, const struct sip_head *h)
{
	struct sip_via_walk w = { 0 };
	struct sip_text value;
	int count = 0;

	for (; sip_via_next(p, h, &w, &value); count++)
		if (!is_accepted_via(value))
			return -1;
	return count;
}

static const char *compare_via(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	osip_via_t *via = osip_list_get(&m->vias, 0);
	int count = count_vias(p, h);
	struct sip_via v;

	if (count >= 0 && osip_list_size(&m->vias) != count)
		return "number of Vias";
	if (!via || !sip_via_read(&v, sip_top_via(p, h)))
		return NULL;
	if (!is_same_host(via->host, v.host))
		return "Via host";
	if (!is_same_port(via->port, v.port))
		return "Via port";
	if (!is_same_param(via, "branch", v.branch))
		return "Via branch";
	return is_same_param(via, "received", v.received) ? NULL : "Via received";
}

/* How many Routes there are, and the URI of the first; -1: one of them not both can read. */
static int count_routes(const char *p, const struct sip_head *h, struct sip_uri *first)
{
	struct sip_slice line;
	struct sip_text value;
	struct sip_uri u = { 0 };
	int count = 0;

	for (uint32_t at = 0; sip_header_next(p, h, SIP_TEXT("route"), &at, &line);)
		for (struct sip_text rest = sip_text(p, line); sip_next_value(&rest, &value); count++) {
			if (!is_accepted_route(&u, value))
				return -1;
			if (count == 0)
				*first = u;
		}
	return count;
}

static const char *compare_route(const osip_message_t *m, const char *p, const struct sip_head *h)
{
	osip_route_t *route = osip_list_get(&m->routes, 0);
	struct sip_uri u = { 0 };
	int count = count_routes(p, h, &u);

	if (count < 0)
		return NULL;
	if (osip_list_size(&m->routes) != count)
		return "number of Routes";
	if (!route || !route->url)
		return NULL;
	if (!is_same_host(route->url->host, u.host))
		return "Route host";
	return is_same_port(route->url->port, u.port) ? NULL : "Route port";
}

const char *sip_oracle_hop_differs(const char *p, size_t n, const struct sip_head *h)
{
	osip_message_t *m = NULL;
	const char *differs = NULL, *reason;
	struct sip_via top;

	begin();
	/* It takes the line behind a status without a space for the reason. */
	if (h->kind == SIP_RESPONSE && h->start.n <= sizeof("SIP/2.0 200") - 1)
		return NULL;
	/* It reads terminated text: a NUL, escaped as it may be, ends what it sees. */
	if (sip_check_hop(p, h, &top, &reason) != 0 || memchr(p, '\0', h->head_n) ||
	    osip_message_init(&m) != OSIP_SUCCESS)
		return NULL;
	if (osip_message_parse(m, p, n) == OSIP_SUCCESS) {
		differs = compare_via(m, p, h);
		differs = differs ? differs : compare_route(m, p, h);
	}
	osip_message_free(m);
	return differs;
}

const char *sip_oracle_differs(const char *p, size_t n, const struct sip_head *h)
{
	osip_message_t *m = NULL;
	const char *differs = NULL;

	begin();
	if (memchr(p, '\0', h->head_n) || osip_message_init(&m) != OSIP_SUCCESS)
		return NULL;
	if (osip_message_parse(m, p, n) == OSIP_SUCCESS)
		differs = compare(m, p, h);
	osip_message_free(m);
	return differs;
}
