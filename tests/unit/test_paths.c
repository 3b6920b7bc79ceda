/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_paths.c: a program of the build folder finds the tree, a copy of it elsewhere finds the installed folders.  The
 * copy is this very program, run with the argument "where".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

static void test_inside(void **state)
{
	static const struct {
		const char *path, *folder;
		bool inside;
	} cases[] = {
		{ "/src/build/lychgate", "/src/build", true },
		{ "/src/build/tests/unit/test_paths", "/src/build", true },
		{ "/src/build/lychgate", "/src/build/", true },
		{ "/lychgate", "/", true },
		{ "/src/build", "/src/build", false },
		{ "/src/build-asan/lychgate", "/src/build", false },
		{ "/usr/sbin/lychgate", "/src/build", false },
		{ "/src", "/src/build", false },
		{ "/src/lychgate", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (paths_inside(cases[i].path, cases[i].folder) != cases[i].inside)
			fail_msg("%s in %s", cases[i].path, cases[i].folder);
}

static void test_in_the_tree(void **state)
{
	struct config_paths paths;

	(void)state;
	paths_find(&paths);
	assert_int_equal(access(paths.policies, R_OK | X_OK), 0);
	assert_int_equal(access(paths.scripts, R_OK | X_OK), 0);
	assert_non_null(strstr(paths.plugins, "/plugins/.libs"));
}

/* What the copy of this program in `folder` prints. */
static void ask_copy(const char *folder, char answer[PATH_MAX])
{
	char command[3 * PATH_MAX];
	FILE *f;

	snprintf(command, sizeof(command), "mkdir -p %s && cp /proc/%ld/exe %s/copy && %s/copy where", folder,
		 (long)getpid(), folder, folder);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(answer, PATH_MAX, f));
	assert_int_equal(pclose(f), 0);
	answer[strcspn(answer, "\n")] = '\0';
}

static void test_elsewhere(void **state)
{
	char folder[] = "/tmp/lychgate-paths-XXXXXX", file[sizeof(folder) + 8], answer[PATH_MAX];
	struct config_paths tree;

	(void)state;
	assert_non_null(mkdtemp(folder));
	ask_copy(folder, answer);
	snprintf(file, sizeof(file), "%s/copy", folder);
	unlink(file);
	rmdir(folder);
	paths_find(&tree);
	assert_non_null(strstr(answer, "/lychgate/"));
	assert_string_not_equal(answer, tree.scripts);
}

/* As `make install DESTDIR=...` leaves it, even inside of the build folder. */
static void try_staged(const char *programs)
{
	char stage[PATH_MAX] = LYCHGATE_BUILDDIR "/stage-XXXXXX", folder[2 * PATH_MAX], wanted[2 * PATH_MAX];
	char command[5 * PATH_MAX], bare[PATH_MAX], whole[PATH_MAX];

	assert_non_null(mkdtemp(stage));
	snprintf(folder, sizeof folder, "%s%s", stage, programs);
	ask_copy(folder, bare);
	snprintf(wanted, sizeof wanted, "%s" LYCHGATE_DATADIR "/scripts", stage);
	snprintf(command, sizeof command, "mkdir -p %s", wanted);
	assert_int_equal(system(command), 0);
	ask_copy(folder, whole);
	snprintf(command, sizeof command, "rm -rf %s", stage);
	assert_int_equal(system(command), 0);
	assert_string_equal(bare, LYCHGATE_DATADIR "/scripts"); /* its own are missing there */
	assert_string_equal(whole, wanted);
}

static void test_staged(void **state)
{
	(void)state;
	try_staged(LYCHGATE_SBINDIR);
	try_staged(LYCHGATE_BINDIR);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_in_the_tree),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_staged),
	};
	struct config_paths paths;

	if (argc == 2 && strcmp(argv[1], "where") == 0) {
		paths_find(&paths);
		return puts(paths.scripts) < 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
