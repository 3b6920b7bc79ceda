/* SPDX-License-Identifier: Apache-2.0 */
/* ntlm.c looks for schemes that sign in a connection.  What follows from them is request.c's and server.c's affair. */
#include "ntlm.h"

#include "fields.h"

/* The scheme stands in front of a space, or alone (RFC 9110 section 11.3). */
static bool is_scheme(struct lg_span text)
{
	struct lg_span word = { text.p, 0 };

	while (word.n < text.n && text.p[word.n] != ' ' && text.p[word.n] != '\t')
		word.n++;
	return field_equal(word, TEXT("NTLM")) || field_equal(word, TEXT("Negotiate"));
}

/* Several challenges may share a line, parted by commas as their parameters are. */
static bool any_scheme(struct lg_span list)
{
	struct lg_span member;

	while (field_next(&list, &member))
		if (is_scheme(member))
			return true;
	return false;
}

static bool in_fields(const struct head *h, const char *p, enum field_id id)
{
	const struct head_field *f = NULL;

	while ((f = head_find(h, id, f)))
		if (any_scheme(head_value(p, f)))
			return true;
	return false;
}

bool ntlm_in_request(const struct head *h, const char *p)
{
	return in_fields(h, p, FIELD_AUTHORIZATION) || in_fields(h, p, FIELD_PROXY_AUTHORIZATION);
}

/* The last round's answer is no 401: Negotiate's mutual authentication comes with a 200. */
bool ntlm_in_answer(const struct head *h, const char *p)
{
	return in_fields(h, p, FIELD_WWW_AUTHENTICATE) || in_fields(h, p, FIELD_PROXY_AUTHENTICATE);
}
