/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.h: the table of a worker's links that have a name, so that one who knows it can find the link again, or find
 * that it is gone.  A slot is used again; its generation tells the new link from the old one.  It knows no links: it
 * keeps pointers.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>

struct link;

/* A link's name within the process.  The generation is never 0: a name of zeroes is nobody's. */
struct link_name {
	uint16_t worker; /* its index */
	uint32_t slot, generation;
};

struct name_slot {
	struct link *link;   /* NULL: free */
	uint32_t generation; /* of `link` */
	uint32_t next_free;  /* slot + 1; 0: the last */
};

/* Zeroes are an empty table. */
struct names {
	struct name_slot *slots;
	uint32_t n, size;    /* used at least once, allocated */
	uint32_t free;       /* slot + 1 of the first free one; 0: none */
	uint32_t generation; /* the last that was given; it begins by chance, so that names of an earlier process are
				nobody's */
};

void names_free(struct names *t);

/* Gives `l` a name (all but the worker is set); 0 or -ENOMEM. */
int names_add(struct names *t, struct link *l, struct link_name *name);

/* The link of this name; NULL: it is gone. */
struct link *names_find(const struct names *t, const struct link_name *name);

/* The link is gone: its slot is free. */
void names_remove(struct names *t, uint32_t slot);

#endif
