/* SPDX-License-Identifier: Apache-2.0 */
/* hello_build.h: writes TLS ClientHellos for tests. */
#ifndef HELLO_BUILD_H
#define HELLO_BUILD_H

#include <stddef.h>
#include <string.h>

/* A hello as records of at most `record` bytes each (0: one record).  `sni` and `alpn` (names joined by ",") may be
 * NULL.  `filler` is the size of a further extension, to make it long.  The number of bytes in `to`, which has to have
 * room. */
static inline size_t hello_build(unsigned char *to, const char *sni, const char *alpn, size_t filler, size_t record)
{
	static unsigned char m[64 * 1024];
	size_t n = 4, sessions, extensions, out = 0;
	unsigned char *p = m;

#define PUT8(v)      (m[n++] = (unsigned char)(v))
#define PUT16(v)     (PUT8((v) >> 8), PUT8(v))
#define PUT(from, k) (memcpy(m + n, from, k), n += (k))
	memset(m, 0, sizeof m);
	PUT16(0x0303);
	memset(m + n, 0xa5, 32);
	n += 32;
	sessions = 32;
	PUT8(sessions);
	n += sessions;
	PUT16(4);
	PUT16(0x1301);
	PUT16(0xc02f);
	PUT8(1);
	PUT8(0);
	extensions = n;
	n += 2;
	if (filler) {
		PUT16(0xfe00);
		PUT16(filler);
		n += filler;
	}
	if (sni) {
		size_t k = strlen(sni);

		PUT16(0);
		PUT16(k + 5);
		PUT16(k + 3);
		PUT8(0);
		PUT16(k);
		PUT(sni, k);
	}
	if (alpn) {
		size_t k = strlen(alpn) + 1; /* each comma and the end pay for a length */

		PUT16(16);
		PUT16(k + 2);
		PUT16(k);
		for (const char *name = alpn; name; name = strchr(name, ',') ? strchr(name, ',') + 1 : NULL) {
			PUT8(strcspn(name, ","));
			PUT(name, strcspn(name, ","));
		}
	}
	m[extensions] = (unsigned char)((n - extensions - 2) >> 8);
	m[extensions + 1] = (unsigned char)(n - extensions - 2);
	if (n == extensions + 2)
		n = extensions; /* none at all */
	m[0] = 1;
	m[1] = (unsigned char)((n - 4) >> 16);
	m[2] = (unsigned char)((n - 4) >> 8);
	m[3] = (unsigned char)(n - 4);
#undef PUT8
#undef PUT16
#undef PUT
	while (n) {
		size_t k = record && record < n ? record : n < 16384 ? n : 16384;

		memcpy(to + out, (unsigned char[]){ 22, 3, 1, (unsigned char)(k >> 8), (unsigned char)k }, 5);
		memcpy(to + out + 5, p, k);
		out += k + 5;
		p += k;
		n -= k;
	}
	return out;
}

#endif
