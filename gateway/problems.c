/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problems.c keeps what is wrong with a configuration or a policy, with copies of its texts.  It finds nothing wrong
 * itself, and prints nothing: the scripts and the parts of the configuration add, main.c and trial.c tell.
 */
#include "problems.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void problem_clear(struct problem *p)
{
	free((char *)p->file);
	free((char *)p->text);
	free((char *)p->hint);
}

int problems_add(struct problems *problems, const struct problem *from)
{
	struct problem *list = realloc(problems->list, (problems->n + 1) * sizeof *list), *p;

	if (!list)
		return -ENOMEM;
	problems->list = list;
	p = &list[problems->n];
	*p = *from;
	p->file = copy(from->file);
	p->text = copy(from->text);
	p->hint = copy(from->hint);
	if (!p->file || !p->text || (from->hint && !p->hint)) {
		problem_clear(p);
		return -ENOMEM;
	}
	problems->n++;
	problems->warnings += p->warning;
	return 0;
}

bool problems_are_warnings(const struct problems *problems)
{
	return problems->n == problems->warnings;
}

void problems_sort(struct problems *problems)
{
	for (unsigned i = 1; i < problems->n; i++) {
		struct problem p = problems->list[i];
		unsigned j = i;

		for (; j > 0 && problems->list[j - 1].line > p.line; j--)
			problems->list[j] = problems->list[j - 1];
		problems->list[j] = p;
	}
}

void problems_free(struct problems *p)
{
	for (unsigned i = 0; i < p->n; i++)
		problem_clear(&p->list[i]);
	free(p->list);
	*p = (struct problems){ 0 };
}
