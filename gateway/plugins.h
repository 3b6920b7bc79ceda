/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugins.h: finds plugins, loads them once and for good, refuses what does not fit, and fills their option tables.
 */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <stddef.h>

#include <lychgate/plugin.h>

/* The plugin called `name`: NAME.so in the first folder of `path` that has it; `path` ends with NULL, and the caller
 * puts the built-in folder last.  NULL: refused, with the file's name and the reason.  Loaded plugins stay until the
 * process ends, and are the same for all who ask.  For the thread that reads the configuration only. */
const struct lg_plugin *plugins_find(const char *name, const char *const *path, char err[], size_t errlen);

/* The file that a plugin was loaded from; its name when it was not loaded here. */
const char *plugins_file(const struct lg_plugin *p);

/* ---- Option tables; a table may be NULL, which is an empty one ---- */

const struct lg_option *options_find(const struct lg_option *table, const char *name); /* NULL: none */

/* Sets one option in `conf` from its text; 0 or -EINVAL with a reason ("not a time: 5x").  "true"/"false" for LG_BOOL.
 * Strings are allocated; options_free frees them. */
int options_set(const struct lg_option *option, void *conf, const char *text, char err[], size_t errlen);
/* All defaults into a zeroed `conf`; 0 or -errno, and then `conf` owns nothing. */
int options_defaults(const struct lg_option *table, void *conf);
void options_free(const struct lg_option *table, void *conf); /* the strings in `conf`, not `conf`; NULL is fine */
size_t options_width(enum lg_type type); /* bytes of the member; 0: no such type */

/* The index of a fact in the plugin's table, with what stands for its star; -1: it has no such fact. */
int plugins_fact(const struct lg_plugin *p, const char *name, struct lg_span *arg);

#endif
