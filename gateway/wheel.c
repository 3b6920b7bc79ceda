/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wheel.c: deadlines hashed by their tick into a ring of lists.  A turn visits the lists that time has gone over, at
 * most each once; what lies whole rounds ahead is put back.  It never asks what time it is: worker.c says so.
 */
#include "wheel.h"

/* The first tick that begins at or after `at_ms`: rounding up makes a deadline late, never early. */
static uint64_t tick_of(uint64_t at_ms)
{
	return at_ms / WHEEL_TICK_MS + (at_ms % WHEEL_TICK_MS != 0);
}

static struct list *slot_of(struct wheel *w, uint64_t tick)
{
	return &w->slots[tick % WHEEL_SLOTS];
}

void wheel_init(struct wheel *w, uint64_t now_ms)
{
	for (unsigned i = 0; i < WHEEL_SLOTS; i++)
		list_init(&w->slots[i]);
	w->tick = now_ms / WHEEL_TICK_MS;
	w->count = 0;
}

void wheel_set(struct wheel *w, struct deadline *d, uint64_t at_ms)
{
	uint64_t tick = tick_of(at_ms);

	wheel_cancel(w, d);
	d->at_ms = at_ms;
	if (tick <= w->tick)
		tick = w->tick + 1; /* that slot was looked at: the next one, not a whole round later */
	list_append(slot_of(w, tick), &d->node);
	w->count++;
}

void wheel_cancel(struct wheel *w, struct deadline *d)
{
	if (!wheel_is_set(d))
		return;
	list_remove(&d->node);
	w->count--;
}

/* Empties the slot first: what its callbacks set again waits for the next turn, so that a turn always ends. */
static void visit(struct wheel *w, struct list *slot)
{
	struct list due, *l;

	list_init(&due);
	list_splice(&due, slot);
	while ((l = list_take(&due))) {
		struct deadline *d = container_of(l, struct deadline, node);

		if (tick_of(d->at_ms) > w->tick) {
			list_append(slot, l);
		} else {
			w->count--;
			d->passed(d);
		}
	}
}

void wheel_turn(struct wheel *w, uint64_t now_ms)
{
	uint64_t now = now_ms / WHEEL_TICK_MS;
	uint64_t from = w->tick + 1;

	if (now <= w->tick)
		return;
	if (now - w->tick > WHEEL_SLOTS)
		from = now - WHEEL_SLOTS + 1; /* time jumped: one round meets them all */
	w->tick = now;
	for (uint64_t tick = from; tick <= now; tick++)
		visit(w, slot_of(w, tick));
}
