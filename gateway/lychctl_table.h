/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_table.h: text in aligned columns on a terminal.  What stands in a cell may come from the network: control
 * characters, which a terminal would obey, become question marks.
 */
#ifndef LYCHCTL_TABLE_H
#define LYCHCTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum { TABLE_COLUMNS = 12 };

enum paint { PAINT_NONE, PAINT_GOOD, PAINT_WARN, PAINT_BAD };

struct table_column {
	const char *title; /* NULL ends the columns */
	bool right;        /* numbers: aligned at their end */
};

struct table_cell {
	char *text;
	enum paint paint;
};

struct table {
	const struct table_column *columns; /* borrowed */
	unsigned ncolumns;
	struct table_cell *cells; /* row after row */
	size_t ncells;
	bool failed; /* out of memory: table_print says so */
};

void table_init(struct table *t, const struct table_column *columns);

/* The next cell, row by row, from a format like printf's. */
void table_add(struct table *t, enum paint paint, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints the rows under their titles, each line after `indent`, in colour if asked; frees them.  0 or -ENOMEM, and then
 * nothing was printed. */
int table_print(struct table *t, FILE *out, const char *indent, bool colours);

/* `text` in its paint, without control characters. */
void paint_text(FILE *out, enum paint paint, bool colours, const char *text);

#endif
