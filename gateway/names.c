/* SPDX-License-Identifier: Apache-2.0 */
/* names.c: an array of slots with a list of the free ones.  Who asks for names, and what for: deliver.c. */
#include "names.h"

#include <errno.h>
#include <stdlib.h>

#include "host.h"

enum { NAMES_FIRST = 64 };

void names_free(struct names *t)
{
	free(t->slots);
	*t = (struct names){ 0 };
}

static int grow(struct names *t)
{
	uint32_t size = t->size ? 2 * t->size : NAMES_FIRST;
	struct name_slot *slots = size > t->size ? realloc(t->slots, size * sizeof *slots) : NULL;

	if (!slots)
		return -ENOMEM;
	if (!t->size)
		host_functions.random(&t->generation, sizeof t->generation);
	t->slots = slots;
	t->size = size;
	return 0;
}

static uint32_t next_generation(struct names *t)
{
	if (++t->generation == 0)
		t->generation = 1;
	return t->generation;
}

int names_add(struct names *t, struct link *l, struct link_name *name)
{
	if (t->free) {
		name->slot = t->free - 1;
		t->free = t->slots[name->slot].next_free;
	} else {
		if (t->n == t->size && grow(t) < 0)
			return -ENOMEM;
		name->slot = t->n++;
	}
	name->generation = next_generation(t);
	t->slots[name->slot] = (struct name_slot){ .link = l, .generation = name->generation };
	return 0;
}

struct link *names_find(const struct names *t, const struct link_name *name)
{
	if (name->slot >= t->n || t->slots[name->slot].generation != name->generation)
		return NULL;
	return t->slots[name->slot].link;
}

void names_remove(struct names *t, uint32_t slot)
{
	t->slots[slot] = (struct name_slot){ .next_free = t->free };
	t->free = slot + 1;
}
