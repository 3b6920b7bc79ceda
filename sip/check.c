/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.c judges for a hop.  Good messages are told from others by a few searches; only what has quotes or more than
 * one value is walked through byte by byte.
 */
#include "sip/check.h"

#include "sip/uri.h"

/* Does every quote and every < end, and does no > stand alone? */
static bool walk_balanced(struct sip_text t)
{
	for (size_t i = 0; i < t.n;) {
		size_t n = 1;

		if (t.p[i] == '>')
			return false;
		if (t.p[i] == '"') {
			n = sip_quoted_n((struct sip_text){ t.p + i, t.n - i });
		} else if (t.p[i] == '<') {
			const char *close = memchr(t.p + i, '>', t.n - i);

			n = close ? (size_t)(close - t.p) + 1 - i : 0;
		}
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* The same by searches alone for a value with at most one <URI> and one name in quotes before it, as most are. */
static bool is_balanced(struct sip_text t)
{
	const char *open, *close;
	struct sip_text behind;
	size_t quoted;

	if (t.n == 0)
		return true;
	quoted = t.p[0] == '"' ? sip_quoted_n(t) : 0;
	t = (struct sip_text){ t.p + quoted, t.n - quoted };
	open = memchr(t.p, '<', t.n);
	close = memchr(t.p, '>', t.n);
	if (memchr(t.p, '"', t.n))
		return walk_balanced(t);
	if (!open || !close)
		return !open && !close;
	behind = (struct sip_text){ close + 1, t.n - (size_t)(close + 1 - t.p) };
	if (memchr(behind.p, '<', behind.n) || memchr(behind.p, '>', behind.n))
		return walk_balanced(t);
	return open < close;
}

/* Takes an element off a list, as sip_next_value does, but an empty one too.  False: there is nothing left. */
static bool take_element(struct sip_text *rest, struct sip_text *value)
{
	size_t end;

	if (!rest->p)
		return false;
	end = sip_find_mark(*rest, 0, ',');
	*value = sip_trim((struct sip_text){ rest->p, end });
	*rest = end < rest->n ? (struct sip_text){ rest->p + end + 1, rest->n - end - 1 }
			      : (struct sip_text){ NULL, 0 };
	return true;
}

/* Are all elements of a line there, and balanced? */
static bool is_list(struct sip_text rest)
{
	struct sip_text value;

	while (take_element(&rest, &value))
		if (value.n == 0 || !is_balanced(value))
			return false;
	return true;
}

static bool check_via(const char *p, const struct sip_head *h, struct sip_via *top)
{
	struct sip_text line = sip_text(p, h->via);

	/* No value goes over a comma: what can be read as a whole is the only one. */
	return line.n > 0 && (sip_via_read(top, line) || (sip_via_read(top, sip_top_via(p, h)) && is_list(line)));
}

static bool check_route(const char *p, const struct sip_head *h)
{
	struct sip_text line = sip_text(p, h->route), rest = line, value;
	struct sip_uri u;

	if (line.n == 0)
		return true;
	return is_list(line) && sip_next_value(&rest, &value) && sip_uri_of(&u, value) && u.host.n > 0;
}

static int fail(int code, const char **reason, const char *why)
{
	*reason = why;
	return code;
}

static bool is_routable(struct sip_text scheme)
{
	return sip_same(scheme, SIP_TEXT("sip")) || sip_same(scheme, SIP_TEXT("sips")) ||
	       sip_same(scheme, SIP_TEXT("tel")) || sip_same(scheme, SIP_TEXT("urn"));
}

int sip_check_uri(struct sip_text uri, const char **reason)
{
	struct sip_uri u;

	if (!sip_uri_read(&u, uri) || u.has_headers)
		return fail(400, reason, "Request-URI cannot be read");
	return is_routable(u.scheme) ? 0 : fail(416, reason, "unknown scheme in the Request-URI");
}

int sip_check_hop(const char *p, const struct sip_head *h, struct sip_via *top, const char **reason)
{
	int code;

	if (!check_via(p, h, top))
		return fail(400, reason, "Via cannot be read");
	if (h->kind == SIP_RESPONSE)
		return 0;
	code = sip_check_uri(sip_text(p, h->uri), reason);
	if (code != 0)
		return code;
	if (h->from.n == 0 || !is_balanced(sip_text(p, h->from)))
		return fail(400, reason, "From cannot be read");
	if (h->to.n == 0 || !is_balanced(sip_text(p, h->to)))
		return fail(400, reason, "To cannot be read");
	if (h->has_two_max_forwards)
		return fail(400, reason, "two Max-Forwards");
	if (!check_route(p, h))
		return fail(400, reason, "Route cannot be read");
	return 0;
}
