/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lychctl_tables.h: the tables of "status", each from its part of the answer.  One that has no rows is left out, but
 * for that of the listeners.  All return 0 or -ENOMEM.
 */
#ifndef LYCHCTL_TABLES_H
#define LYCHCTL_TABLES_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

int view_listeners(FILE *out, const json_t *listeners, bool colours);

/* A line about the pool, and a row for each of its servers. */
int view_pool(FILE *out, const json_t *pool, bool colours);

int view_policies(FILE *out, const json_t *listeners, bool colours);
int view_certificates(FILE *out, const json_t *certificates, bool colours);

/* What has counted of that which each listener has under `key`: the plugins' counters, limits that were passed. */
int view_counters(FILE *out, const json_t *listeners, const char *key, const char *heading, bool colours);

#endif
