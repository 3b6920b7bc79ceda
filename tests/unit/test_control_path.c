/* SPDX-License-Identifier: Apache-2.0 */
/* test_control_path.c: the default path for each kind of user, and the longest path. */
#include "control_path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

uid_t __wrap_geteuid(void);

static uid_t user;

uid_t __wrap_geteuid(void)
{
	return user;
}

static const struct row {
	uid_t user;
	const char *folder, *path;
} rows[] = {
	{ 0, NULL, "/run/lychgate.sock" },
	{ 0, "/run/user/0", "/run/lychgate.sock" },
	{ 1000, "/run/user/1000", "/run/user/1000/lychgate.sock" },
	{ 1000, NULL, "/tmp/lychgate-1000.sock" },
	{ 1000, "", "/tmp/lychgate-1000.sock" },
	{ 1000, "relative", "/tmp/lychgate-1000.sock" },
	{ 4294967294U, NULL, "/tmp/lychgate-4294967294.sock" },
};

static void test_default(void **state)
{
	char path[CONTROL_PATH_MAX + 2];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		user = rows[i].user;
		if (rows[i].folder)
			setenv("XDG_RUNTIME_DIR", rows[i].folder, 1);
		else
			unsetenv("XDG_RUNTIME_DIR");
		control_path_default(path);
		assert_string_equal(path, rows[i].path);
	}
}

static void test_limit(void **state)
{
	struct sockaddr_un address;
	char path[CONTROL_PATH_MAX + 2], folder[400];

	(void)state;
	memset(path, 'x', sizeof path);
	path[CONTROL_PATH_MAX] = 0;
	assert_int_equal(control_address(&address, path), 0);
	assert_string_equal(address.sun_path, path);
	path[CONTROL_PATH_MAX] = 'x';
	path[CONTROL_PATH_MAX + 1] = 0;
	assert_int_equal(control_address(&address, path), -ENAMETOOLONG);
	memset(folder, '/', sizeof folder);
	folder[sizeof folder - 1] = 0;
	user = 1000;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	control_path_default(path); /* cut, but never to another path that is possible */
	assert_int_equal(control_address(&address, path), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
