/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c asks a listener's routes.  That each is sound (its facts, its pool, its patterns) was checked when the
 * configuration was read. */
#include "routes.h"

#include "facts.h"
#include "listener.h"
#include "session.h"
#include "span.h"

bool routes_match(const char *pattern, struct lg_span value)
{
	size_t n = strlen(pattern);
	bool head = pattern[0] == '*', star = !head && n && pattern[n - 1] == '*';
	bool tail = star || (pattern[0] == '/' && pattern[n - 1] == '/');

	if (!value.p)
		return false;
	pattern += head;
	n -= head || star;
	if (value.n < n || (!head && !tail && value.n != n))
		return false;
	return strncasecmp(head ? value.p + value.n - n : value.p, pattern, n) == 0;
}

/* A client may offer several protocols, joined by ",": one of them is enough. */
static bool match_any(const char *pattern, struct lg_span list)
{
	while (list.n) {
		const char *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;

		if (routes_match(pattern, (struct lg_span){ list.p, n }))
			return true;
		list = span_skip(list, comma ? n + 1 : n);
	}
	return false;
}

static bool is_true(struct exchange *x, const struct route *r)
{
	for (unsigned i = 0; i < r->nwhen; i++) {
		const struct route_when *w = &r->when[i];
		struct lg_span value = facts_read(x, &w->fact);
		bool list = w->fact.index == -1 - FACT_ALPN;

		if (!(list ? match_any(w->pattern, value) : routes_match(w->pattern, value)))
			return false;
	}
	return true;
}

const struct reach *routes_pick(struct exchange *x)
{
	const struct listener_conf *conf = x->session->listener->conf;

	for (unsigned i = 0; i < conf->nroutes; i++) {
		if (is_true(x, &conf->routes[i]))
			return &conf->reach[conf->routes[i].reach];
	}
	return conf->has_pool ? &conf->reach[0] : NULL;
}
