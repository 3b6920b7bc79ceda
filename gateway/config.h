/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h: reads a configuration file into a snapshot.  The words and their checks are in scripts/ (Lua); this part runs
 * them and turns their clean tables into C.  Nothing is opened but files.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "snapshot.h"

/* Everything wrong, each with its place. */
struct problem {
	char *file;
	int line;   /* 0: no line */
	char *text; /* what is wrong */
	char *hint; /* what to do, NULL: none */
	bool warning; /* the configuration is usable all the same */
};
struct problems {
	struct problem *list;
	unsigned n;
	unsigned nwarnings; /* of these */
};

/* Where the parts are: set by main.c from the build or install folders. */
struct config_paths {
	const char *scripts, *policies, *plugins;
};

/* 0 and a snapshot, with warnings at most, or -EINVAL and at least one problem; both in the order of their lines; or
 * -ENOMEM, which may leave none.
 * Free the problems either way.  It loads plugins and looks names up, so it may take a while; one thread at a time. */
int config_load(struct snapshot **sp, const char *file, const struct config_paths *paths, struct problems *problems);
void problems_free(struct problems *p);

#endif
