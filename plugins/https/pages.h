/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h: the bodies of the gateway's own answers: a short plain line each, or what the option `pages` has for a
 * status: the file STATUS.html, else STATUS.txt of that folder, read once at the start.
 */
#ifndef PLUGIN_HTTPS_PAGES_H
#define PLUGIN_HTTPS_PAGES_H

#include <lychgate/plugin.h>

enum {
	PAGES = 10,
	PAGE_MAX = 64 << 10, /* bytes of one page */
};

struct page {
	int status;
	bool html;
	char *text; /* allocated */
	size_t n;
};

struct pages {
	struct page list[PAGES];
	unsigned n;
};

/* Reads the pages of the folder `dir`; NULL: there are none.  A status without a file keeps its plain line.  0, or
 * -errno with a reason: a file that cannot be read, or is longer than PAGE_MAX. */
int pages_load(struct pages *p, const char *dir, char err[], size_t errlen);
void pages_free(struct pages *p);

/* The page for a status, NULL: it has none of its own. */
const struct page *pages_find(const struct pages *p, int status);

/* The usual words of a status (RFC 9110 section 15); "Error" for one that has none here. */
const char *pages_reason(int status);

#endif
