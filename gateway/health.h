/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h: rise and fall.  Turns the verdicts of single probes into up and down, and says when the next probe is
 * due.  It knows no clock and no socket; monitor.c asks it.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "server.h"

struct health_count {
	enum health health;
	unsigned rise, fall;  /* configured */
	unsigned good, bad;   /* in a row */
	uint32_t waited_ms;   /* the last interval while down, without its jitter; 0: there was none */
};

/* Takes one verdict; true if `health` changed.  The first verdict of an unknown server decides alone. */
bool health_take(struct health_count *v, bool healthy);

enum { HEALTH_FAST_MS = 100 };

/* Milliseconds until the next probe: HEALTH_FAST_MS while up with failures not yet `fall`, else the interval shortened
 * by up to a tenth (`random` is any number).  While down it doubles from one to the next, up to `backoff_ms`; a good
 * verdict, and health_impatient, begin with the interval again. */
uint32_t health_next(struct health_count *v, uint32_t interval_ms, uint32_t backoff_ms, uint32_t random);

/* Somebody asks for the server. */
void health_impatient(struct health_count *v);

#endif
