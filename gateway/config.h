/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h: reads a configuration file into a snapshot.  The words and their checks are in scripts/ (Lua); this part
 * runs them and turns their clean tables into C.  Nothing is opened but files.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <limits.h>

#include "problems.h"
#include "snapshot.h"

/* Where the parts are: set by main.c from the build or install folders. */
struct config_paths {
	const char *scripts, *policies, *plugins;
	char room[3][PATH_MAX]; /* for paths.c */
};

/* 0 and a snapshot, and perhaps warnings, or -EINVAL and at least one problem; in the order of their lines; or -ENOMEM,
 * which may leave none.  Free the problems either way.  It loads plugins and looks names up, so it may take a while;
 * one thread at a time. */
int config_load(struct snapshot **sp, const char *file, const struct config_paths *paths, struct problems *problems);

#endif
