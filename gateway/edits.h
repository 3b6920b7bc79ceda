/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edits.h: what the policies of a chain want changed in one exchange's messages, added up.  Names and values only: what
 * a header is, and how it is changed, is the plugin's affair.
 */
#ifndef EDITS_H
#define EDITS_H

#include <lychgate/plugin.h>

enum { EDITS_MAX = 32 }; /* that one exchange may have, of all its policies */

/* Adds copies of `more` to the list, in the place of earlier ones for the same header.  The list is one allocation,
 * NULL at first, freed by the caller; its names and values point into it.  0, -ENOMEM or -E2BIG; then it is as it was.
 */
int edits_add(const struct lg_edit **list, unsigned *n, const struct lg_edit *more, unsigned nmore);

#endif
