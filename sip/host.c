/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.c tells where a host ends.  Whether a name exists or an address is one, the resolver and the far end judge.
 */
#include "sip/host.h"

enum { NAME = 1, ADDRESS = 2 };

/* "_" is not in the RFC, but in names of Windows machines. */
static const unsigned char allowed[256] = {
	['-'] = NAME,    ['.'] = NAME | ADDRESS,         ['0' ... '9'] = NAME | ADDRESS,
	[':'] = ADDRESS, ['A' ... 'F'] = NAME | ADDRESS, ['G' ... 'Z'] = NAME,
	['_'] = NAME,    ['a' ... 'f'] = NAME | ADDRESS, ['g' ... 'z'] = NAME,
};

static size_t count_of(const char *p, size_t n, unsigned char what)
{
	size_t i = 0;

	while (i < n && (allowed[(unsigned char)p[i]] & what))
		i++;
	return i;
}

bool sip_take_host(struct sip_text *rest, struct sip_text *host)
{
	size_t n;

	if (rest->n > 0 && rest->p[0] == '[') {
		n = 1 + count_of(rest->p + 1, rest->n - 1, ADDRESS);
		if (n < 3 || n == rest->n || rest->p[n] != ']')
			return false;
		n++;
	} else {
		n = count_of(rest->p, rest->n, NAME);
	}
	*host = (struct sip_text){ rest->p, n };
	rest->p += n, rest->n -= n;
	return n > 0;
}

bool sip_take_port(struct sip_text *rest, uint16_t *port)
{
	uint32_t number;
	size_t n = sip_number(*rest, &number);

	if (n == 0 || number == 0 || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	rest->p += n, rest->n -= n;
	return true;
}
