/* SPDX-License-Identifier: Apache-2.0 */
/*
 * paths.c decides between the folders of the tree and those of an installation; the makefile defines both.  It opens
 * nothing.
 */
#include "paths.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* "/stage" of "/stage/usr/sbin/lychgate" when it was to be installed in /usr/sbin, or of lychctl in /usr/bin: its
 * length; < 0: the program was moved to somewhere else. */
static int stage_of(const char *program)
{
	static const char *const folders[] = { LYCHGATE_SBINDIR, LYCHGATE_BINDIR };
	const char *end = strrchr(program, '/');
	size_t folder = end ? (size_t)(end - program) : 0;

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		size_t n = strlen(folders[i]);

		if (folder >= n && memcmp(program + folder - n, folders[i], n) == 0)
			return (int)(folder - n);
	}
	return -1;
}

static const char *put(char to[PATH_MAX], const char *program, int stage, const char *path)
{
	int n = snprintf(to, PATH_MAX, "%.*s%s", stage, program, path);

	return n < PATH_MAX && access(to, X_OK) == 0 ? to : path;
}

static void find_installed(struct config_paths *paths, const char *program, int stage)
{
	paths->plugins = put(paths->room[0], program, stage, installed.plugins);
	paths->policies = put(paths->room[1], program, stage, installed.policies);
	paths->scripts = put(paths->room[2], program, stage, installed.scripts);
}

void paths_find(struct config_paths *paths)
{
	char program[PATH_MAX], build[PATH_MAX];
	int stage;

	*paths = installed;
	if (!realpath("/proc/self/exe", program))
		return;
	stage = stage_of(program);
	if (stage >= 0)
		find_installed(paths, program, stage);
	else if (realpath(LYCHGATE_BUILDDIR, build) && paths_inside(program, build))
		*paths = in_tree;
}
