/* SPDX-License-Identifier: Apache-2.0 */
/* problems.h: everything that is wrong with a configuration, each with its place. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdbool.h>

struct problem {
	const char *file;
	int line;         /* 0: no line */
	const char *text; /* what is wrong */
	const char *hint; /* what to do, NULL: none */
	bool warning;     /* it can be used, but will give trouble */
};

/* Zeroed is empty.  The list and its texts are owned. */
struct problems {
	struct problem *list;
	unsigned n;
	unsigned warnings; /* how many of them are */
};

/* Adds a copy of `p`, whose texts are borrowed.  0 or -ENOMEM. */
int problems_add(struct problems *problems, const struct problem *p);

/* Whether there are at most warnings: what was checked can be used. */
bool problems_are_warnings(const struct problems *problems);

/* By line; those of one line stay in their order. */
void problems_sort(struct problems *problems);

/* Leaves it empty. */
void problems_free(struct problems *p);

#endif
