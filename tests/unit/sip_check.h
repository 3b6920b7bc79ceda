/* SPDX-License-Identifier: Apache-2.0 */
/* sip_check.h: what the unit tests of sip/ share; brings cmocka. */
#ifndef UNIT_SIP_CHECK_H
#define UNIT_SIP_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sip/scan.h"

static inline struct sip_text text_of(const char *s)
{
	return (struct sip_text){ s, strlen(s) };
}

static inline void assert_text(struct sip_text found, const char *expected)
{
	if (!sip_equal(found, text_of(expected)))
		fail_msg("\"%.*s\" instead of \"%s\"", (int)found.n, found.p ? found.p : "", expected);
}

/* Scans a message that must be good. */
static inline struct sip_head scan_good(const char *text)
{
	struct sip_cursor c = { 0 };
	struct sip_head h;

	if (sip_scan(&h, &c, text, strlen(text), 65536) != SIP_MESSAGE)
		fail_msg("refused: %s", text);
	return h;
}

#endif
