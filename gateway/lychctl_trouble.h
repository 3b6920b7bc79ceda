/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_trouble.h: what is wrong, a line for each thing, in words that say what comes of it: who reads this was woken
 * by it.  Nothing is printed when all is well.
 */
#ifndef LYCHCTL_TROUBLE_H
#define LYCHCTL_TROUBLE_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Of the answer to "status": closed listeners, tripped policies, servers that are down, rest or are full, certificates
 * and lists of revoked ones that end soon. */
void view_trouble(FILE *out, const json_t *status, bool colours);

#endif
