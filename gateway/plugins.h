/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugins.h: finds plugins, loads them once and for good, refuses what does not fit, and fills their option tables.
 */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <stddef.h>

#include <lychgate/plugin.h>

/* The plugin called `name`: NAME.so in one of `path` (ends with NULL), then in the built-in plugin folder.  NULL: refused,
 * with the file's name and the reason.  Loaded plugins stay until the process ends. */
const struct lg_plugin *plugins_find(const char *name, const char *const *path, char err[], size_t errlen);

/* Sets one option in `conf` from its text; 0 or -EINVAL with a reason ("not a time: 5x").  "true"/"false" for LG_BOOL.
 * Strings are allocated; options_free frees them. */
int options_set(const struct lg_option *option, void *conf, const char *text, char err[], size_t errlen);
int options_defaults(const struct lg_option *table, void *conf);
void options_free(const struct lg_option *table, void *conf);

/* The index of a fact in the plugin's table, with what stands for its star; -1: it has no such fact. */
int plugins_fact(const struct lg_plugin *p, const char *name, struct lg_span *arg);

#endif
