/* SPDX-License-Identifier: Apache-2.0 */
/* test_lychctl_talk.c: every kind of other end that lychctl may meet. */
#include "lychctl_talk.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control_path.h"
#include "unit.h"

/* An other end that answers one request. */
struct other_end {
	char folder[40], path[60];
	int fd;
	pthread_t thread;
	const char *answer;
	bool read_little; /* closes with most of the request unread, which resets */
	char request[100];
};

static void *run(void *arg)
{
	struct other_end *o = arg;
	int fd = accept(o->fd, NULL, NULL);
	size_t n = 0;

	if (o->read_little)
		assert_int_equal(read(fd, o->request, 1), 1);
	while (!o->read_little && n < sizeof o->request - 1 && !memchr(o->request, '\n', n)) {
		ssize_t got = read(fd, o->request + n, sizeof o->request - 1 - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (write(fd, o->answer, strlen(o->answer)) < 0)
		perror("write");
	close(fd);
	return NULL;
}

static int setup(void **state)
{
	struct other_end *o = calloc(1, sizeof *o);
	struct sockaddr_un address;

	strcpy(o->folder, "/tmp/lychgate-test-XXXXXX");
	if (!mkdtemp(o->folder))
		return -1;
	snprintf(o->path, sizeof o->path, "%s/control", o->folder);
	o->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (control_address(&address, o->path) < 0 || bind(o->fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	*state = o;
	return 0;
}

static int teardown(void **state)
{
	struct other_end *o = *state;

	close(o->fd);
	unlink(o->path);
	rmdir(o->folder);
	free(o);
	return 0;
}

static int talk_to(struct other_end *o, json_t **answer, char err[400])
{
	int r;

	memset(o->request, 0, sizeof o->request);
	assert_int_equal(listen(o->fd, 1), 0);
	assert_int_equal(pthread_create(&o->thread, NULL, run, o), 0);
	r = talk(answer, o->path, "server drain a/b", err, 400);
	pthread_join(o->thread, NULL);
	return r;
}

static void test_answers(void **state)
{
	static const struct row {
		const char *answer;
		bool read_little;
		int r;
		const char *err;
	} rows[] = {
		{ "{\"pool\":\"a\"}", false, 0, NULL },
		{ "{\"pool\":\"a\"}\n", false, 0, NULL },
		{ "{\"pool\":\"a\"}", true, 0, NULL },
		{ "{\"pool\":\"a\"", false, -EPROTO, "no gateway" },
		{ "{\"pool\":\"a\"}{}", false, -EPROTO, "no gateway" },
		{ "[{\"pool\":\"a\"},{}]", false, 0, NULL },
		{ "[1]", false, -EPROTO, "no gateway" },
		{ "[]", false, -EPROTO, "no gateway" },
		{ "220 mail", false, -EPROTO, "no gateway" },
		{ "", false, -EPROTO, "no answer" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct other_end *o = *state;
		json_t *answer = NULL;
		char err[400] = "";

		o->answer = rows[i].answer;
		o->read_little = rows[i].read_little;
		assert_int_equal(talk_to(o, &answer, err), rows[i].r);
		assert_int_equal(answer != NULL, rows[i].r == 0);
		if (rows[i].err && !strstr(err, rows[i].err))
			fail_msg("row %u: %s", i, err);
		if (!rows[i].read_little)
			assert_string_equal(o->request, "server drain a/b\n");
		json_decref(answer);
	}
}

static void test_large(void **state)
{
	enum { LARGE = 3000000 };
	struct other_end *o = *state;
	char *text = malloc(LARGE + 1), err[400] = "";
	json_t *answer = NULL;

	memset(text, ' ', LARGE);
	text[0] = '{';
	text[LARGE - 1] = '}';
	text[LARGE] = 0;
	o->answer = text;
	assert_int_equal(talk_to(o, &answer, err), 0);
	json_decref(answer);
	free(text);
}

static void test_nobody(void **state)
{
	struct other_end *o = *state;
	json_t *answer = NULL;
	char err[400], path[CONTROL_PATH_MAX + 2];

	assert_int_equal(talk(&answer, o->path, "status", err, sizeof err), -ECONNREFUSED); /* bound, not listening */
	assert_non_null(strstr(err, "no gateway listens on"));
	assert_non_null(strstr(err, o->path));
	snprintf(path, sizeof path, "%s/none", o->folder);
	assert_int_equal(talk(&answer, path, "status", err, sizeof err), -ENOENT);
	assert_non_null(strstr(err, "no gateway listens on"));
	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = 0;
	assert_int_equal(talk(&answer, path, "status", err, sizeof err), -ENAMETOOLONG);
	assert_null(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
