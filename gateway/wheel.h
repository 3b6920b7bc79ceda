/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wheel.h: a hashed timing wheel for the many coarse deadlines of links and exchanges.  Setting, moving and cancelling
 * cost a few instructions; a deadline is met late by up to WHEEL_TICK_MS, never early.  It knows no clock and no
 * thread.
 */
#ifndef WHEEL_H
#define WHEEL_H

#include <stdint.h>

#include "list.h"

enum { WHEEL_TICK_MS = 100, WHEEL_SLOTS = 512 };

struct deadline { /* zeroed and list_init'ed by wheel_deadline_init; embedded in its owner */
	struct list node;
	uint64_t at_ms;
	void (*passed)(struct deadline *d);
};

struct wheel {
	struct list slots[WHEEL_SLOTS];
	uint64_t tick; /* the last slot that was looked at: now_ms / WHEEL_TICK_MS */
	unsigned count;
};

void wheel_init(struct wheel *w, uint64_t now_ms);

static inline void wheel_deadline_init(struct deadline *d, void (*passed)(struct deadline *))
{
	list_init(&d->node);
	d->at_ms = 0;
	d->passed = passed;
}

/* (Re)sets `d` to the time `at_ms`. */
void wheel_set(struct wheel *w, struct deadline *d, uint64_t at_ms);

/* Takes it back; fine when it is not set. */
void wheel_cancel(struct wheel *w, struct deadline *d);

static inline bool wheel_is_set(const struct deadline *d)
{
	return !list_empty(&d->node);
}

/* Calls `passed` of every deadline up to `now_ms`; these may set and cancel deadlines, their own too. */
void wheel_turn(struct wheel *w, uint64_t now_ms);

#endif
