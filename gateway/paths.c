/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths.c decides between the folders of the tree and those of an installation; the makefile defines both.  It opens
 * nothing and checks nothing.
 */
#include "paths.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct config_paths in_tree = {
	.plugins = LYCHGATE_BUILDDIR "/plugins/.libs", /* where libtool leaves shared objects */
	.policies = LYCHGATE_SRCDIR "/policies",
	.scripts = LYCHGATE_SRCDIR "/scripts",
};

static const struct config_paths installed = {
	.plugins = LYCHGATE_PLUGINDIR,
	.policies = LYCHGATE_DATADIR "/policies",
	.scripts = LYCHGATE_DATADIR "/scripts",
};

bool paths_inside(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n > 0 && strncmp(path, folder, n) == 0 && (path[n] == '/' || folder[n - 1] == '/');
}

void paths_find(struct config_paths *paths)
{
	char program[PATH_MAX], build[PATH_MAX];

	*paths = installed;
	if (!realpath("/proc/self/exe", program) || !realpath(LYCHGATE_BUILDDIR, build))
		return; /* no such build folder on this machine, or no /proc: not run out of the tree */
	if (paths_inside(program, build))
		*paths = in_tree;
}
