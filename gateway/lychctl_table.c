/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_table.c: keeps cells until the width of each column is known, then prints them.  It does not know what they
 * mean: lychctl_view.c does.
 */
#include "lychctl_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, const struct table_column *columns)
{
	*t = (struct table){ .columns = columns };
	while (t->ncolumns < TABLE_COLUMNS && columns[t->ncolumns].title)
		t->ncolumns++;
}

/* C0 and DEL, and C1 as UTF-8 writes it (C2 80 to C2 9F): a terminal takes them for orders. */
static void make_harmless(char *s)
{
	for (unsigned char *p = (unsigned char *)s; *p; p++) {
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			p[0] = p[1] = '?';
	}
}

void table_add(struct table *t, enum paint paint, const char *format, ...)
{
	struct table_cell *cells;
	va_list ap;
	char *text;
	int r;

	if (t->failed)
		return;
	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	cells = r < 0 ? NULL : realloc(t->cells, (t->ncells + 1) * sizeof *cells);
	if (!cells) {
		if (r >= 0)
			free(text);
		t->failed = true;
		return;
	}
	make_harmless(text);
	t->cells = cells;
	t->cells[t->ncells++] = (struct table_cell){ text, paint };
}

/* Characters, not bytes: names may be UTF-8. */
static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void put_painted(FILE *out, enum paint paint, bool colours, const char *text)
{
	static const char *const codes[] = {
		[PAINT_NONE] = NULL, [PAINT_GOOD] = "32", [PAINT_WARN] = "33", [PAINT_BAD] = "1;31"
	};

	if (colours && codes[paint])
		fprintf(out, "\033[%sm%s\033[0m", codes[paint], text);
	else
		fputs(text, out);
}

void paint_text(FILE *out, enum paint paint, bool colours, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return;
	make_harmless(copy);
	put_painted(out, paint, colours, copy);
	free(copy);
}

static void print_row(const struct table *t, const struct table_cell *row, const size_t *widths, FILE *out,
		      bool colours)
{
	for (unsigned i = 0; i < t->ncolumns; i++) {
		int gap = (int)(widths[i] - width_of(row[i].text));
		bool last = i + 1 == t->ncolumns;

		if (t->columns[i].right)
			fprintf(out, "%*s", gap, "");
		put_painted(out, row[i].paint, colours, row[i].text);
		if (!t->columns[i].right && !last)
			fprintf(out, "%*s", gap, "");
		fputs(last ? "\n" : "  ", out);
	}
}

static void print_all(const struct table *t, FILE *out, const char *indent, bool colours)
{
	struct table_cell titles[TABLE_COLUMNS];
	size_t widths[TABLE_COLUMNS];

	for (unsigned i = 0; i < t->ncolumns; i++) {
		titles[i] = (struct table_cell){ (char *)t->columns[i].title, PAINT_NONE };
		widths[i] = width_of(titles[i].text);
	}
	for (size_t i = 0; i < t->ncells; i++) {
		size_t width = width_of(t->cells[i].text);

		if (width > widths[i % t->ncolumns])
			widths[i % t->ncolumns] = width;
	}
	fputs(indent, out);
	print_row(t, titles, widths, out, colours);
	for (size_t i = 0; i + t->ncolumns <= t->ncells; i += t->ncolumns) {
		fputs(indent, out);
		print_row(t, t->cells + i, widths, out, colours);
	}
}

int table_print(struct table *t, FILE *out, const char *indent, bool colours)
{
	int r = t->failed ? -ENOMEM : 0;

	if (r == 0)
		print_all(t, out, indent, colours);
	for (size_t i = 0; i < t->ncells; i++)
		free(t->cells[i].text);
	free(t->cells);
	t->cells = NULL;
	t->ncells = 0;
	return r;
}
