/* SPDX-License-Identifier: Apache-2.0 */
/* sip_edit.h: what a message is after its cuts, as one text. */
#ifndef SIP_EDIT_H
#define SIP_EDIT_H

#include "sip/splice.h"

/* Joins the pieces in `buf`, terminated; its length, or 0 if they do not fit. */
static inline size_t edit_join(const struct sip_splice *s, const char *p, size_t n, char *buf, size_t size)
{
	struct sip_text pieces[SIP_PIECES];
	unsigned count = sip_splice_pieces(s, p, n, pieces);
	size_t used = 0;

	for (unsigned i = 0; i < count; i++) {
		if (pieces[i].n == 0 || pieces[i].n >= size - used)
			return 0;
		memcpy(buf + used, pieces[i].p, pieces[i].n);
		used += pieces[i].n;
	}
	buf[used] = '\0';
	return used;
}

#endif
