/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h: a listener's routes, an option that plugins share: rows of { FACT = PATTERN, ..., pool = NAME }, asked from
 * the top before the policies.  scripts/routes.lua has put those that take less before those that would hide them.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "snapshot.h"

struct exchange;

/*
 * Does a fact's value fit?  "name" is that name, "*.example" all that ends so, "pre.*" all that begins so, "/folder/"
 * (a slash at both ends) what begins with it, "*" whatever there is.  What is routed by are names: letters match in
 * either case.  No value fits nothing.
 */
bool routes_match(const char *pattern, struct lg_span value);

/* Where the request goes by the listener's routes, else to the listener's own pool; NULL: it has none. */
const struct reach *routes_pick(struct exchange *x);

#endif
