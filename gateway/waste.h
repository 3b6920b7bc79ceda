/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waste.h: memory that sessions leave behind goes back to the system.  The C library keeps what lies between blocks that are
 * in use, so a process that has seen a storm stays as large as the storm; this asks it to give that back when much has gone.
 */
#ifndef WASTE_H
#define WASTE_H

#include <stdbool.h>
#include <stdint.h>

#include "wheel.h"

struct snapshot;
struct worker;

/* Zeroed before waste_watch. */
struct waste {
	struct worker *worker;
	const struct snapshot *snapshot;
	struct deadline deadline;
	uint64_t most;   /* bytes that sessions had at the most since memory was given back */
	unsigned linger; /* looks until that is done once more: connections outlive their sessions a little */
};

/* Looks every few seconds, on this worker's thread, until waste_ignore. */
void waste_watch(struct waste *h, struct worker *w, const struct snapshot *s);
void waste_ignore(struct waste *h);

/* Whether it is worth the work: a good part, and some MiB, of what there was has gone. */
bool waste_is_worth_it(uint64_t most, uint64_t now);

#endif
