/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h: a listener's policies, asked in their order until one gives a verdict; edits add up on the way.  A policy
 * that fails gets the listener's `on_error`; after POLICY_TRIP failures in a row it is no longer asked, and its place
 * always gives that, until the operator says policy_reset or the gateway starts anew.
 */
#ifndef POLICY_H
#define POLICY_H

#include "listener.h"
#include "script.h"

struct exchange;

enum { POLICY_TRIP = 10 };

/* Loads the listener's policies into the worker's script; 0 or -errno with a reason. */
int policies_load(struct listener *l, char err[], size_t errlen);
void policies_unload(struct listener *l);

/* A tripped policy is asked again; its numbers and its last error stay. */
void policy_reset(struct policy_stats *stats);

/* The verdict on `x`; `reach` is set with VERDICT_ROUTE.  Never VERDICT_ERROR: on_error has its say here.  Edits are
 * kept in x->pub, as the plugin will see them.  What the verdict borrows is good until the next call. */
void policies_decide(struct exchange *x, struct verdict *v, const struct reach **reach);

#endif
