/* SPDX-License-Identifier: Apache-2.0 */
/*
 * near.c: the optimal string alignment distance, for hints only.  It chooses nothing: hint.c keeps the nearest.
 */
#include "near.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* One row of the matrix for the letter a[i - 1]; `last` is the row above it, `before` the one above that. */
static void next_row(int *row, const int *last, const int *before, const char *a, int i, const char *b)
{
	row[0] = i;
	for (int j = 1; b[j - 1]; j++) {
		row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same(a[i - 1], b[j - 1]));
		if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
			row[j] = least(row[j], before[j - 2] + 1);
	}
}

int near_distance(const char *written, const char *word)
{
	int rows[3][NEAR_MAX + 1];
	int n = (int)strnlen(written, NEAR_MAX + 1), m = (int)strnlen(word, NEAR_MAX + 1), found;

	if (n > NEAR_MAX || m > NEAR_MAX)
		return NEAR_NOT;
	for (int j = 0; j <= m; j++)
		rows[0][j] = j;
	for (int i = 1; i <= n; i++)
		next_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], written, i, word);
	found = rows[n % 3][m];
	return found <= (n < 3 ? 1 : n / 3) ? found : NEAR_NOT;
}
