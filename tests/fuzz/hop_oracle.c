/* SPDX-License-Identifier: Apache-2.0 */
/* hop_oracle.c asks libosip2; it knows nothing of how the gateway reads. */
#include "tests/fuzz/hop_oracle.h"

#include <stdlib.h>
#include <string.h>

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

#include "sip/grammar.h"

/* NULL: refused.  A NUL ends what libosip2 sees. */
static osip_message_t *parse(const char *p, size_t n)
{
	osip_message_t *m = NULL;
	char host[8];

	/* sip/grammar.c sets libosip2 up for the process. */
	(void)sip_uri_part(SIP_TEXT("sip:%31@h"), SIP_DOMAIN, host, sizeof(host));
	if (memchr(p, '\0', n) || osip_message_init(&m) != OSIP_SUCCESS)
		return NULL;
	if (osip_message_parse(m, p, n) == OSIP_SUCCESS)
		return m;
	osip_message_free(m);
	return NULL;
}

static int max_forwards(const osip_message_t *m)
{
	osip_header_t *header = NULL;

	osip_message_get_max_forwards(m, 0, &header);
	return header && header->hvalue ? atoi(header->hvalue) : -1;
}

static bool is_tagged(osip_to_t *to)
{
	osip_generic_param_t *tag = NULL;

	return to && osip_to_get_tag(to, &tag) == OSIP_SUCCESS && tag && tag->gvalue && *tag->gvalue;
}

bool hop_oracle_read(struct hop_reading *r, const char *p, size_t n)
{
	osip_message_t *m = parse(p, n);

	if (!m)
		return false;
	*r = (struct hop_reading){
		.request = MSG_IS_REQUEST(m),
		.ack_or_cancel = MSG_IS_REQUEST(m) && (MSG_IS_ACK(m) || MSG_IS_CANCEL(m)),
		.in_dialog = is_tagged(m->to),
		.has_credentials = osip_list_size(&m->authorizations) + osip_list_size(&m->proxy_authorizations) > 0,
		.max_forwards = max_forwards(m),
	};
	osip_message_free(m);
	return true;
}

/* ---- What came and what left ---- */

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : !a && !b;
}

static const char *param(osip_list_t *params, const char *name)
{
	osip_generic_param_t *found = NULL;
	char copy[16];

	strcpy(copy, name);
	return osip_generic_param_get_byname(params, copy, &found) == OSIP_SUCCESS && found ? found->gvalue : NULL;
}

/* `received` and `rport` are a hop's to write. */
static bool is_same_via(const osip_via_t *a, const osip_via_t *b)
{
	return is_same(a->host, b->host) && is_same(a->port, b->port) && is_same(a->protocol, b->protocol) &&
	       is_same(param((osip_list_t *)&a->via_params, "branch"), param((osip_list_t *)&b->via_params, "branch"));
}

static const char *compare_vias(const osip_message_t *came, const osip_message_t *left)
{
	int n = osip_list_size(&came->vias);

	if (osip_list_size(&left->vias) != n + 1)
		return "it has not one Via more";
	for (int i = 0; i < n; i++)
		if (!is_same_via(osip_list_get(&came->vias, i), osip_list_get(&left->vias, i + 1)))
			return "it has another Via";
	return NULL;
}

static bool is_own(const osip_route_t *route, const char *host)
{
	osip_uri_param_t *mark = NULL;
	char name[] = "lg";

	if (!route->url || !route->url->host)
		return false;
	return osip_strcasecmp(route->url->host, host) == 0 || osip_strcasecmp(route->url->host, "192.0.2.2") == 0 ||
	       osip_uri_uparam_get_byname(route->url, name, &mark) == OSIP_SUCCESS;
}

static bool is_same_route(const osip_route_t *a, const osip_route_t *b)
{
	char *of_a = NULL, *of_b = NULL;
	bool same = osip_route_to_str(a, &of_a) == OSIP_SUCCESS && osip_route_to_str(b, &of_b) == OSIP_SUCCESS &&
		    is_same(of_a, of_b);

	osip_free(of_a);
	osip_free(of_b);
	return same;
}

static const char *compare_routes(const osip_message_t *came, const osip_message_t *left, const char *host)
{
	int gone = osip_list_size(&came->routes) - osip_list_size(&left->routes);

	if (gone < 0)
		return "it has more Routes";
	for (int i = 0; i < gone; i++)
		if (!is_own(osip_list_get(&came->routes, i), host))
			return "it has lost somebody's Route";
	for (int i = 0; i < osip_list_size(&left->routes); i++)
		if (!is_same_route(osip_list_get(&came->routes, i + gone), osip_list_get(&left->routes, i)))
			return "it has another Route";
	return NULL;
}

static const char *compare(const osip_message_t *came, const osip_message_t *left, const char *host, bool strict)
{
	int hops = max_forwards(came);
	const char *differs = compare_vias(came, left);

	if (!differs && !strict)
		differs = compare_routes(came, left, host);
	if (!differs && max_forwards(left) != (hops < 0 ? 70 : hops - 1))
		differs = "it has not one hop less";
	return differs;
}

const char *hop_oracle_differs(const char *came, size_t came_n, const char *left, size_t left_n, const char *host,
			       bool strict)
{
	osip_message_t *a = parse(came, came_n), *b = a ? parse(left, left_n) : NULL;
	const char *differs = NULL;

	if (a)
		differs = b ? compare(a, b, host, strict) : "libosip2 reads it no more";
	osip_message_free(a);
	osip_message_free(b);
	return differs;
}
