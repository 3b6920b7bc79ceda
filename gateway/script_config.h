/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_config.h: runs scripts/config.lua over a configuration's text.  What it has to ask of the system (files,
 * names, plugins, policies) it asks through script_host.c.
 */
#ifndef SCRIPT_CONFIG_H
#define SCRIPT_CONFIG_H

#include <stddef.h>

#include "config.h"
#include "config_tree.h"

/* One policy to be tried, instead of a configuration (scripts/trial.lua): its file (absolute) or library name; plugin
 * and option texts as given. */
struct script_trial {
	const char *policy, *plugin; /* plugin NULL: the policy's own first */
	const char *options;         /* Lua text of a table; NULL: `pairs` */
	const char *const *pairs;    /* "name=value", ends with NULL; NULL: none */
	const char *plugin_path;     /* a further folder; NULL: none */
};

struct script_config {
	const char *file, *folder; /* as given; where relative paths begin, absolute */
	const char *text;
	size_t length;
	const struct config_paths *paths;
	const struct script_trial *trial; /* NULL: it is a configuration */
};

/* Adds what is wrong to `problems`, and grows the clean tables, of the words that are right, on `tree`.  0 or -ENOMEM;
 * a failure of the scripts themselves is a problem too. */
int script_config_read(const struct script_config *in, struct node *tree, struct problems *problems);

#endif
