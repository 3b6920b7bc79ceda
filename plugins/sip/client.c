/* SPDX-License-Identifier: Apache-2.0 */
/* client.c recognises clients that must stay with one server, by the request that shows it. */
#include "client.h"

#include "sip/header.h"

/* Schemes whose association is held by one server and one connection ([MS-SIPAE]); Digest is good anywhere. */
static bool is_association(struct sip_text value)
{
	static const struct sip_text schemes[] = { { "Kerberos", 8 }, { "NTLM", 4 }, { "TLS-DSK", 7 } };
	size_t n = 0;

	while (n < value.n && value.p[n] != ' ' && value.p[n] != '\t' && value.p[n] != '\r')
		n++;
	value.n = n;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (sip_same(value, schemes[i]))
			return true;
	return false;
}

static bool has_association(const char *p, const struct sip_head *h, struct sip_text name)
{
	struct sip_slice value;

	for (uint32_t at = 0; sip_header_next(p, h, name, &at, &value);)
		if (is_association(sip_text(p, value)))
			return true;
	return false;
}

bool client_is_lync(const char *p, const struct sip_head *h)
{
	if (sip_is_lync(p, h))
		return true;
	return h->has_credentials && (has_association(p, h, SIP_TEXT("authorization")) ||
				      has_association(p, h, SIP_TEXT("proxy-authorization")));
}
