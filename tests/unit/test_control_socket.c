/* SPDX-License-Identifier: Apache-2.0 */
/* test_control_socket.c: one owner a path; what is left, foreign or impossible there. */
#include "control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control_path.h"
#include "unit.h"

struct fixture {
	char folder[40], path[60], lock[70];
	char err[400];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->folder, "/tmp/lychgate-test-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->path, sizeof f->path, "%s/control", f->folder);
	snprintf(f->lock, sizeof f->lock, "%s/control.lock", f->folder);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	unlink(f->lock);
	rmdir(f->folder);
	free(f);
	return 0;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int open_it(struct fixture *f, struct control_socket *s)
{
	f->err[0] = 0;
	return control_socket_open(s, f->path, f->err, sizeof f->err);
}

/* Nothing is held, and the reason names the path and this. */
static void assert_refused(struct fixture *f, const struct control_socket *s, const char *reason)
{
	assert_null(s->path);
	assert_int_equal(s->fd, -1);
	assert_int_equal(s->lock, -1);
	if (!strstr(f->err, f->folder) || !strstr(f->err, reason))
		fail_msg("%s, but no \"%s\"", f->err, reason);
}

static void test_life(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;
	char number[16] = "";
	struct stat st;
	int fd;

	umask(022);
	assert_int_equal(open_it(f, &s), 0);
	assert_int_equal(lstat(f->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(umask(022), 022);
	assert_int_equal(lstat(f->lock, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fd = open(f->lock, O_RDONLY);
	assert_true(read(fd, number, sizeof number - 1) > 0);
	close(fd);
	assert_int_equal(atol(number), getpid());
	control_socket_unlink(&s);
	assert_false(exists(f->path));
	control_socket_unlink(&s);
	control_socket_close(&s);
	control_socket_close(&s);
	assert_true(exists(f->lock));
	assert_int_equal(open_it(f, &s), 0);
	control_socket_close(&s);
	assert_false(exists(f->path));
}

static void test_second(void **state)
{
	struct fixture *f = *state;
	struct control_socket first, second;

	assert_int_equal(open_it(f, &first), 0);
	assert_int_equal(open_it(f, &second), -EADDRINUSE);
	assert_refused(f, &second, "another gateway has");
	assert_non_null(strstr(f->err, "process "));
	assert_int_equal(atol(strstr(f->err, "process ") + 8), getpid());
	assert_true(exists(f->path));
	control_socket_unlink(&first); /* it ends, but its lock still stands: the second must go on waiting */
	assert_int_equal(open_it(f, &second), -EADDRINUSE);
	control_socket_close(&first);
	assert_int_equal(open_it(f, &second), 0);
	control_socket_close(&second);
}

/* What a killed gateway leaves: a socket that nobody listens on, a lock that nobody holds. */
static void test_stale(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;

	assert_int_equal(open_it(f, &s), 0);
	close(s.fd);
	close(s.lock);
	free(s.path);
	assert_true(exists(f->path));
	assert_int_equal(open_it(f, &s), 0);
	control_socket_close(&s);
}

static void test_foreign_listener(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(control_address(&address, f->path), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (int i = 0; i < 3; i++) { /* the later ones find its queue full */
		assert_int_equal(open_it(f, &s), -EADDRINUSE);
		assert_refused(f, &s, "another program listens");
	}
	assert_true(exists(f->path));
	close(fd);
}

static void test_no_socket(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;
	int fd = open(f->path, O_CREAT | O_WRONLY, 0600);

	close(fd);
	assert_int_equal(open_it(f, &s), -EEXIST);
	assert_refused(f, &s, "is no socket");
	assert_true(exists(f->path));
}

static void test_lock_is_a_link(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;

	assert_int_equal(symlink("elsewhere", f->lock), 0);
	assert_int_equal(open_it(f, &s), -ELOOP);
	assert_refused(f, &s, "symbolic link");
}

static void test_no_folder(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;

	snprintf(f->path, sizeof f->path, "%s/no/control", f->folder);
	assert_int_equal(open_it(f, &s), -ENOENT);
	assert_refused(f, &s, "create the folder");
}

static void test_long_path(void **state)
{
	struct fixture *f = *state;
	struct control_socket s;
	char path[200];
	int n = snprintf(path, sizeof path, "%s/", f->folder);

	memset(path + n, 'x', sizeof path - (size_t)n);
	path[CONTROL_PATH_MAX + 1] = 0;
	assert_int_equal(control_socket_open(&s, path, f->err, sizeof f->err), -ENAMETOOLONG);
	assert_refused(f, &s, "shorter");
	path[CONTROL_PATH_MAX] = 0;
	assert_int_equal(control_socket_open(&s, path, f->err, sizeof f->err), 0);
	control_socket_close(&s);
	strcat(path, ".lock");
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_listener, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock_is_a_link, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_path, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
