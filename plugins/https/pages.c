/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.c reads error pages from a folder, once, before there are clients.  It writes nothing: reply.c does.
 */
#include "pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	int status;
	const char *reason;
	bool page; /* an error of ours, whose page can be replaced */
} statuses[] = {
	{ 200, "OK" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request", true },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout", true },
	{ 410, "Gone" },
	{ 413, "Content Too Large", true },
	{ 414, "URI Too Long", true },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request", true },
	{ 429, "Too Many Requests", true },
	{ 431, "Request Header Fields Too Large", true },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway", true },
	{ 503, "Service Unavailable", true },
	{ 504, "Gateway Timeout", true },
	{ 505, "HTTP Version Not Supported" },
};

enum { STATUSES = sizeof(statuses) / sizeof(*statuses) };

const char *pages_reason(int status)
{
	for (unsigned i = 0; i < STATUSES; i++)
		if (statuses[i].status == status)
			return statuses[i].reason;
	return "Error";
}

/* The whole file: 0, -ENOENT, or another error. */
static int read_file(const char *name, struct page *page)
{
	FILE *file = fopen(name, "rb");
	char *text;

	if (!file)
		return -errno;
	text = malloc(PAGE_MAX + 1);
	if (!text) {
		fclose(file);
		return -ENOMEM;
	}
	page->n = fread(text, 1, PAGE_MAX + 1, file);
	if (ferror(file) || page->n > PAGE_MAX) {
		int ret = ferror(file) ? -EIO : -EFBIG;

		fclose(file);
		free(text);
		return ret;
	}
	fclose(file);
	page->text = text;
	return 0;
}

static int load_one(struct pages *p, const char *dir, int status, bool html)
{
	struct page *page = &p->list[p->n];
	char name[4096];
	int ret;

	if (snprintf(name, sizeof(name), "%s/%d.%s", dir, status, html ? "html" : "txt") >= (int)sizeof(name))
		return -ENAMETOOLONG;
	ret = read_file(name, page);
	if (ret < 0)
		return ret;
	page->status = status;
	page->html = html;
	p->n++;
	return 0;
}

int pages_load(struct pages *p, const char *dir, char err[], size_t errlen)
{
	for (unsigned i = 0; dir && i < STATUSES; i++) {
		int ret;

		if (!statuses[i].page)
			continue;
		ret = load_one(p, dir, statuses[i].status, true);
		if (ret == -ENOENT)
			ret = load_one(p, dir, statuses[i].status, false);
		if (ret < 0 && ret != -ENOENT) {
			snprintf(err, errlen, "the page for %d in %s: %s", statuses[i].status, dir, strerror(-ret));
			return ret;
		}
	}
	return 0;
}

void pages_free(struct pages *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		free(p->list[i].text);
		p->list[i].text = NULL;
	}
	p->n = 0;
}

const struct page *pages_find(const struct pages *p, int status)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->list[i].status == status)
			return &p->list[i];
	return NULL;
}
