/* SPDX-License-Identifier: Apache-2.0 */
/* lychctl_view.h: the gateway's answers for people.  A member that is missing is shown as 0 or as nothing. */
#ifndef LYCHCTL_VIEW_H
#define LYCHCTL_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* What is wrong first, then all tables.  0 or -ENOMEM. */
int view_status(FILE *out, const json_t *status, bool colours);

/* The answer to "server ...": what the server's state was and is, and what comes of that. */
void view_server(FILE *out, const json_t *answer, bool colours);

/* The answer to "policy reset ...". */
void view_policy(FILE *out, const json_t *answer, bool colours);

#endif
