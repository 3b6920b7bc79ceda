/* SPDX-License-Identifier: Apache-2.0 */
/* test_control.c: clients of all kinds at the operator's socket.  The loop is run in small steps by the test itself. */
#include "control.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "control_path.h"
#include "log.h"
#include "sample.h"
#include "unit.h"

struct fixture {
	struct sample sample;
	struct worker worker; /* only its loop is in use */
	struct control *control;
	unsigned changes;
	char folder[40], path[60], lock[70];
};

static void on_changed(void *ctx)
{
	((struct fixture *)ctx)->changes++;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	char err[400];

	strcpy(f->folder, "/tmp/lychgate-test-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->path, sizeof f->path, "%s/control", f->folder);
	snprintf(f->lock, sizeof f->lock, "%s/control.lock", f->folder);
	sample_init(&f->sample);
	if (uv_loop_init(&f->worker.loop) < 0 || control_create(&f->control, f->path, err, sizeof err) < 0 ||
	    control_serve(f->control, &f->worker, &f->sample.snapshot, on_changed, f) < 0)
		return -1;
	*state = f;
	return 0;
}

static void close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

/* As worker_fini does it. */
static void end_loop(struct fixture *f)
{
	uv_walk(&f->worker.loop, close_handle, NULL);
	uv_run(&f->worker.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&f->worker.loop), 0);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	control_close(f->control);
	end_loop(f);
	control_free(f->control);
	sample_fini(&f->sample);
	unlink(f->lock);
	rmdir(f->folder);
	free(f);
	return 0;
}

static int connect_to(struct fixture *f)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(control_address(&address, f->path), 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void step(struct fixture *f)
{
	uv_run(&f->worker.loop, UV_RUN_NOWAIT);
	usleep(500);
}

static void steps(struct fixture *f, unsigned n)
{
	while (n--)
		step(f);
}

static void put(struct fixture *f, int fd, const void *p, size_t n)
{
	for (const char *at = p; n;) {
		ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return; /* it has closed: what is read will tell */
		at += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
		step(f);
	}
}

/* All bytes until the end of the stream, as a string; closes it. */
static char *take(struct fixture *f, int fd)
{
	char *text = calloc(1, 1 << 22);
	size_t n = 0;

	for (uint64_t end = uv_hrtime() + 2 * unit_patience_ms() * UINT64_C(1000000); uv_hrtime() < end;) {
		ssize_t got = read(fd, text + n, (1 << 22) - 1 - n);

		if (got == 0 || (got < 0 && errno == ECONNRESET)) {
			close(fd);
			return text;
		}
		n += got > 0 ? (size_t)got : 0;
		if (got < 0)
			step(f);
	}
	fail_msg("no end after %u ms", 2 * unit_patience_ms());
	return text;
}

/* The answer to some bytes; NULL: the stream ended without one. */
static json_t *ask(struct fixture *f, const void *p, size_t n)
{
	int fd = connect_to(f);
	json_error_t why;
	json_t *o = NULL;
	char *text;

	assert_true(fd >= 0);
	put(f, fd, p, n);
	text = take(f, fd);
	if (text[0]) {
		o = json_loads(text, 0, &why);
		if (!o)
			fail_msg("%s: %s", why.text, text);
	}
	free(text);
	return o;
}

static void assert_works(struct fixture *f)
{
	json_t *o = ask(f, "status\n", 7);

	assert_int_equal(json_array_size(json_object_get(o, "listeners")), 2);
	json_decref(o);
}

static void test_status(void **state)
{
	assert_works(*state);
	assert_works(*state);
}

static void test_lines(void **state)
{
	static const struct row {
		const char *bytes, *member; /* of the answer; NULL: none */
	} rows[] = {
		{ "status\r\n", "pools" },
		{ "status\nserver drain front/one\n", "pools" },
		{ "server drain front/one\n", "server" },
		{ "server drain front/two\n", "error" },
		{ "\n", "error" },
		{ "\r\n", "error" },
		{ "GET / \xff\xfe\x01\n", "error" },
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *o = ask(*state, rows[i].bytes, strlen(rows[i].bytes));

		if (!json_object_get(o, rows[i].member))
			fail_msg("row %u: no %s", i, rows[i].member);
		json_decref(o);
	}
}

static void test_server(void **state)
{
	struct fixture *f = *state;

	json_decref(ask(f, "server drain front/one\n", 23));
	assert_int_equal(f->sample.servers[0].state->admin, ADMIN_DRAIN);
	assert_int_equal(f->changes, 1);
	json_decref(ask(f, "server enable front/one\n", 24));
	assert_int_equal(f->sample.servers[0].state->admin, ADMIN_ENABLED);
	assert_int_equal(f->changes, 2);
}

static void test_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	int fd = connect_to(f);
	char *text;

	for (const char *p = "status\n"; *p; p++) {
		put(f, fd, p, 1);
		steps(f, 2);
	}
	text = take(f, fd);
	assert_non_null(strstr(text, "\"pools\""));
	free(text);
}

static void test_length(void **state)
{
	struct fixture *f = *state;
	char line[3 * CONTROL_LINE];
	json_t *o;

	memset(line, ' ', sizeof line);
	memcpy(line, "status", 6);
	line[CONTROL_LINE] = '\n'; /* the longest */
	o = ask(f, line, CONTROL_LINE + 1);
	assert_non_null(json_object_get(o, "pools"));
	json_decref(o);
	line[CONTROL_LINE] = ' ';
	line[CONTROL_LINE + 1] = '\n';
	o = ask(f, line, CONTROL_LINE + 2);
	assert_string_equal(json_string_value(json_object_get(o, "error")), "the request is too long");
	json_decref(o);
	o = ask(f, line, CONTROL_LINE + 1); /* no newline at all */
	assert_string_equal(json_string_value(json_object_get(o, "error")), "the request is too long");
	json_decref(o);
	o = ask(f, line, sizeof line);
	assert_string_equal(json_string_value(json_object_get(o, "error")), "the request is too long");
	json_decref(o);
	assert_works(f);
}

/* Clients that go at each moment. */
static void test_gone(void **state)
{
	struct fixture *f = *state;
	int fd;

	for (unsigned i = 0; i < 3 * CONTROL_CLIENTS; i++) {
		fd = connect_to(f);
		if (i % 3 > 0)
			put(f, fd, "status\n", i % 3 == 1 ? 3 : 7);
		close(fd);
		steps(f, 2);
	}
	fd = connect_to(f);
	put(f, fd, "stat", 4);
	shutdown(fd, SHUT_WR);
	free(take(f, fd));
	assert_works(f);
}

enum { LARGE = 1000 };

/* A snapshot so large that no socket takes the answer at once. */
static struct pool *make_large(struct sample *s)
{
	struct pool *pools = calloc(LARGE, sizeof *pools);

	for (unsigned i = 0; i < LARGE; i++)
		pools[i] = s->pools[0];
	s->snapshot.pools = pools;
	s->snapshot.npools = LARGE;
	return pools;
}

/* Takes all places: every second client says only half a line, the others do not read. */
static void take_places(struct fixture *f, int slow[CONTROL_CLIENTS])
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		slow[i] = connect_to(f);
		put(f, slow[i], "status\n", i % 2 ? 7 : 3);
	}
	steps(f, 20);
}

/* The next client waits, and is served when a slow one has been thrown out. */
static void test_slow(void **state)
{
	struct fixture *f = *state;
	struct pool *pools = make_large(&f->sample);
	int slow[CONTROL_CLIENTS], next;
	uint64_t begin = uv_hrtime(), taken;
	char *text, byte;
	size_t whole;

	take_places(f, slow);
	taken = uv_hrtime();
	next = connect_to(f);
	assert_true(next >= 0);
	put(f, next, "status\n", 7);
	steps(f, 20);
	assert_int_equal(read(next, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	text = take(f, next);
	assert_true(uv_hrtime() - begin > (CONTROL_WAIT_MS - 500) * UINT64_C(1000000));
	whole = strlen(text);
	assert_true(whole > LARGE * 100 && text[whole - 1] == '}');
	free(text);
	while (uv_hrtime() - taken < (CONTROL_WAIT_MS + 500) * UINT64_C(1000000))
		step(f);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		text = take(f, slow[i]);
		assert_true(strlen(text) < whole);
		free(text);
	}
	free(pools);
}

static void *no_memory(size_t n)
{
	(void)n;
	return NULL;
}

static void test_out_of_memory(void **state)
{
	struct fixture *f = *state;

	json_set_alloc_funcs(no_memory, free);
	assert_null(ask(f, "status\n", 7));
	assert_null(ask(f, "x\n", 2));
	json_set_alloc_funcs(malloc, free);
	assert_works(f);
}

static void test_second_gateway(void **state)
{
	struct fixture *f = *state;
	struct control *second = NULL;
	char err[400];

	assert_int_equal(control_create(&second, f->path, err, sizeof err), -EADDRINUSE);
	assert_null(second);
	assert_non_null(strstr(err, f->path));
	assert_works(f);
}

static void test_close(void **state)
{
	struct fixture *f = *state;
	int silent = connect_to(f), asking = connect_to(f);

	put(f, silent, "sta", 3);
	put(f, asking, "status\n", 7);
	control_close(f->control);
	control_close(f->control);
	assert_int_equal(access(f->path, F_OK), -1);
	assert_int_equal(connect_to(f), -1);
	steps(f, 5);
	free(take(f, silent));
	free(take(f, asking));
}

/* The gateway could not start: the loop ends with clients, and control_close was never called. */
static void test_never_closed(void **state)
{
	struct fixture *f = *state;
	struct pool *pools = make_large(&f->sample);
	int fds[3];

	for (unsigned i = 0; i < 3; i++) {
		fds[i] = connect_to(f);
		put(f, fds[i], "status\n", i == 1 ? 7 : 3); /* one answer is under way */
	}
	end_loop(f);
	control_free(f->control);
	assert_int_equal(access(f->path, F_OK), -1);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	free(pools);
	f->control = NULL;
	assert_int_equal(uv_loop_init(&f->worker.loop), 0);
}

static void test_never_served(void **state)
{
	struct fixture *f = *state;
	struct control *c;
	char path[80], err[400];

	snprintf(path, sizeof path, "%s/other", f->folder);
	assert_int_equal(control_create(&c, path, err, sizeof err), 0);
	assert_int_equal(access(path, F_OK), 0);
	control_close(c);
	assert_int_equal(access(path, F_OK), -1);
	control_free(c);
	assert_int_equal(control_create(&c, path, err, sizeof err), 0);
	control_free(c);
	assert_int_equal(access(path, F_OK), -1);
	strcat(path, ".lock");
	unlink(path);
	control_close(NULL);
	control_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_status, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_byte_by_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(test_length, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_gateway, setup, teardown),
		cmocka_unit_test_setup_teardown(test_close, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_served, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN); /* as gateway.c does */
	log_set_level(LG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
