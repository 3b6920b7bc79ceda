/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths.h: where the program's own plugins, scripts and policies are.
 *
 * A program that is run out of its build folder uses the tree that it was built from, so that `build/lychgate` works
 * before `make install` and always with the parts it belongs to; any other uses the folders it was configured to be
 * installed in.  An installation that lies whole in another folder (DESTDIR) uses its own.  The folders need not exist:
 * who opens a file in them reports that.
 */
#ifndef PATHS_H
#define PATHS_H

#include <stdbool.h>

#include "config.h"

/* Fills in the folders; their names may lie in the struct itself, which therefore stays where it is. */
void paths_find(struct config_paths *paths);

/* The file `path` lies in `folder` or below it; both absolute and without links. */
bool paths_inside(const char *path, const char *folder);

#endif
