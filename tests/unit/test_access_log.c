/* SPDX-License-Identifier: Apache-2.0 */
/* test_access_log.c: a line for each exchange, whatever ended it, and nothing in it that the client has forged. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/access_log.h"
#include "hop.h"

static struct hop h;
static struct wire a, s;
static char token[LG_TOKEN + 1];
static unsigned number;
static char folder[] = "/tmp/access-log-XXXXXX", file[64], moved[64], text[HOP_TEXT];

static void begin(unsigned servers)
{
	hop_make(&h, servers);
	h.conf[LEFT].access_log = file;
}

static void connect_client(void)
{
	hop_open(&h);
	hop_dial(&h, &a, LEFT);
}

static void ask(const char *line)
{
	wire_say(&a, "%s\n", line);
	wire_request(&s, &number, token, line);
}

static const char *read_all(const char *name)
{
	FILE *f = fopen(name, "r");

	text[f ? fread(text, 1, sizeof text - 1, f) : 0] = 0;
	if (f)
		fclose(f);
	return text;
}

/* Until the file has the words. */
static void has(const char *name, const char *words)
{
	for (unsigned i = 0; i < unit_patience_ms() && !strstr(read_all(name), words); i++)
		usleep(1000);
	if (!strstr(text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
}

static void end(void)
{
	wire_close(&a);
	hop_free(&h);
	unlink(file);
	unlink(moved);
}

static void test_pass(void **state)
{
	unsigned year, ms;
	int n = 0;

	(void)state;
	begin(1);
	connect_client();
	wire_say(&a, "LK one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "LK one");
	wire_say(&s, "+one\n");
	wire_expect(&a, "one");
	has(file, "\n");
	assert_int_equal(
		sscanf(text,
		       "%4u-%*2u-%*2uT%*2u:%*2u:%*2u.%*3uZ source=127.0.0.1 listener=left server=s0 duration_ms=%u %n",
		       &year, &ms, &n),
		2);
	assert_true(year >= 2026);
	assert_string_equal(text + n, "verdict=pass method=LK path=\"LK one\"\n");
	wire_close(&s);
	end();
}

static void test_ends(void **state)
{
	(void)state;
	begin(1);
	connect_client();
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	has(file, "verdict=pass method=- path=\"- one\"\n"); /* ended in `routed` */
	ask("D two");
	has(file, "verdict=lost method=D\n"); /* its unit has gone */
	wire_close(&s);
	hop_refuse(&h, 0);
	hop_until(&h, "closed s0");
	wire_say(&a, "- three\n");
	has(file, "verdict=no-server method=- path=\"- three\"\n");
	end();
}

static void test_client_goes(void **state)
{
	(void)state;
	begin(1);
	connect_client();
	wire_say(&a, "K one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "K one");
	wire_close(&a);
	has(file, "server=s0 duration_ms=");
	has(file, "verdict=gone method=K path=\"K one\"\n");
	wire_close(&s);
	hop_dial(&h, &a, LEFT);
	end();
}

/* A client's bytes stay inside their value. */
static void test_forged(void **state)
{
	(void)state;
	begin(1);
	connect_client();
	wire_say(&a, "K a\" verdict=pass\r\\\033[2J\xe9\n");
	hop_accept(&h, &s, 0);
	wire_close(&s);
	has(file, "path=\"K a\\\" verdict=pass\\x0d\\\\\\x1b[2J\\xe9\"\n");
	end();
}

static void test_combined(void **state)
{
	int n = 0;

	(void)state;
	begin(1);
	h.conf[LEFT].access_format = ACCESS_COMBINED;
	connect_client();
	wire_say(&a, "K a\"b\n");
	hop_accept(&h, &s, 0);
	wire_close(&s);
	has(file, "\n");
	sscanf(text, "127.0.0.1 - - [%*2u/%*3s/%*4u:%*2u:%*2u:%*2u +0000] %n", &n);
	assert_int_not_equal(n, 0);
	assert_string_equal(text + n, "\"K K a\\\"b\" - - \"-\" \"-\"\n");
	end();
}

/* Whoever keeps old logs renames the file, or takes it away. */
static void test_renamed(void **state)
{
	(void)state;
	begin(1);
	connect_client();
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	has(file, "- one");
	assert_int_equal(rename(file, moved), 0);
	ask("- two");
	has(file, "- two");
	assert_null(strstr(text, "- one"));
	has(moved, "- one");
	assert_null(strstr(text, "- two"));
	assert_int_equal(unlink(file), 0);
	ask("- three");
	has(file, "- three");
	wire_close(&s);
	end();
}

/* What waits is written when the gateway stops. */
static void test_stop(void **state)
{
	(void)state;
	begin(1);
	connect_client();
	wire_say(&a, "- one\n");
	hop_accept(&h, &s, 0);
	wire_request(&s, &number, token, "- one");
	hop_stop(&h);
	assert_non_null(strstr(read_all(file), "- one"));
	wire_close(&s);
	end();
}

static void test_cannot_open(void **state)
{
	struct listener *l = NULL;
	char err[200] = "";
	struct worker w;

	(void)state;
	begin(1);
	h.conf[LEFT].access_log = folder;
	assert_int_equal(worker_init(&w, 1), 0);
	assert_int_equal(listener_create(&l, &w, &h.snapshot, &h.conf[LEFT], NULL, err, sizeof err), 0);
	assert_true(access_log_open(l, err, sizeof err) < 0);
	assert_non_null(strstr(err, "cannot open the access log /tmp/access-log-"));
	listener_destroy(l);
	worker_fini(&w);
	h.conf[LEFT].access_log = NULL;
	hop_open(&h);
	hop_free(&h);
}

static int setup(void **state)
{
	(void)state;
	alarm(HOP_ALARM_S);
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof file, "%s/log", folder);
	snprintf(moved, sizeof moved, "%s/log.1", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),   cmocka_unit_test(test_ends),        cmocka_unit_test(test_client_goes),
		cmocka_unit_test(test_forged), cmocka_unit_test(test_combined),    cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_stop),   cmocka_unit_test(test_cannot_open),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
