/* SPDX-License-Identifier: Apache-2.0 */
/* test_monitor.c: servers that answer as the test says; when they are asked, and what becomes of their answers. */
#include "unit.h"

#include "net.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/address.h"
#include "gateway/monitor.h"

/* ---- A plugin that asks "ping" and hears "good" or "bad" ---- */

static int ask_ping(struct lg_probe *p)
{
	p->host->ask(p, (struct lg_span){ "ping\n", 5 });
	return 0;
}

static enum lg_verdict judge(struct lg_probe *p, struct lg_span in)
{
	const char *nl = in.n ? memchr(in.p, '\n', in.n) : NULL;

	if (!nl)
		return LG_NOT_YET;
	snprintf(p->note, sizeof p->note, "%.*s", (int)(nl - in.p), in.p);
	return strcmp(p->note, "good") == 0 ? LG_HEALTHY : LG_SICK;
}

static const struct lg_plugin pinger = { LG_PLUGIN_HEADER, .name = "pinger", .probe = ask_ping, .judge = judge };

/* ---- A watch over servers ---- */

struct watch {
	struct net n;
	struct monitors *m;
	unsigned changes;
};

static void changed(void *ctx)
{
	((struct watch *)ctx)->changes++;
}

static const struct monitor_conf by_ping = {
	.plugin = &pinger, .transport = LG_TCP, .interval_ms = 10000, .timeout_ms = 300, .rise = 1, .fall = 3
};

static struct watch *watch_over(unsigned servers, struct monitor_conf conf)
{
	struct watch *t = calloc(1, sizeof *t);

	assert_non_null(t);
	net_make(&t->n, rig_worker_start(), servers);
	for (unsigned i = 0; i < servers; i++)
		net_health(&t->n, i, HEALTH_UNKNOWN);
	t->n.pool.monitor = conf;
	return t;
}

static struct watch *watch_make(struct monitor_conf conf)
{
	return watch_over(1, conf);
}

static void watch_begin(struct watch *t)
{
	assert_int_equal(monitors_start(&t->m, t->n.w, t->n.snapshot, changed, t), 0);
}

/* The monitors' timers are the loop's: they go behind it. */
static void watch_end(struct watch *t)
{
	monitors_stop(t->m);
	monitor_hurry(&t->n.servers[0]); /* nobody is there any more */
	net_stop(&t->n);
	rig_worker_stop(t->n.w);
	monitors_free(t->m);
	net_drop(&t->n);
	free(t);
}

static enum health health_of(struct watch *t)
{
	return (enum health)atomic_load(&t->n.servers[0].state->health);
}

static const char *answer_of(struct watch *t)
{
	return t->n.servers[0].state->answer;
}

/* The next probe; how long it took to come. */
static struct peer asked(struct watch *t, unsigned least_ms, unsigned most_ms)
{
	uint64_t since = rig_now_ms();
	struct peer s = net_accept(&t->n, 0);

	assert_in_range(rig_now_ms() - since, least_ms, most_ms);
	return s;
}

static void answer(struct watch *t, struct peer *s, const char *text)
{
	net_expect(&t->n, s, "ping\n");
	peer_say(t->n.w, s, text);
	RIG_UNTIL(t->n.w, peer_ended(s)); /* it has its verdict */
	peer_close(s);
}

static void answer_next(struct watch *t, const char *text, unsigned least_ms, unsigned most_ms)
{
	struct peer s = asked(t, least_ms, most_ms);

	answer(t, &s, text);
}

/* ---- Verdicts ---- */

/* Each letter is the next answer, then follows what the server is then: u or d. */
static const struct {
	unsigned rise, fall;
	const char *story;
} stories[] = {
	{ 1, 3, "gu bu bu bd gu" },
	{ 2, 3, "bd gd gu bu bu gu bu bu bd" },
	{ 3, 1, "gu bd gd gd bd gd gd gu" },
};

static void test_rise_and_fall(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
		struct monitor_conf conf = by_ping;
		struct watch *t;

		(void)state;
		conf.interval_ms = 150;
		conf.rise = stories[i].rise;
		conf.fall = stories[i].fall;
		t = watch_make(conf);
		watch_begin(t);
		for (const char *p = stories[i].story; *p; p += p[2] ? 3 : 2) {
			answer_next(t, p[0] == 'g' ? "good\n" : "bad\n", 0, 1000);
			assert_int_equal(health_of(t), p[1] == 'u' ? HEALTH_UP : HEALTH_DOWN);
			assert_string_equal(answer_of(t), p[0] == 'g' ? "good" : "bad");
		}
		watch_end(t);
	}
}

static void test_times(void **state)
{
	struct monitor_conf conf = by_ping;
	struct watch *t;

	(void)state;
	conf.interval_ms = 600;
	t = watch_make(conf);
	watch_begin(t);
	answer_next(t, "good\n", 0, 500); /* the first at once */
	assert_int_equal(t->changes, 1);
	answer_next(t, "bad\n", 500, 2000); /* the interval, up to a tenth shorter */
	answer_next(t, "bad\n", 60, 450);   /* after a failure soon */
	answer_next(t, "bad\n", 60, 450);
	assert_int_equal(health_of(t), HEALTH_DOWN);
	assert_int_equal(t->changes, 2);
	answer_next(t, "good\n", 500, 2000);
	assert_int_equal(health_of(t), HEALTH_UP);
	watch_end(t);
}

/* What a server says or does not say: the verdict on an unknown one, and what the operator reads. */
static const struct {
	const char *say;
	bool bare, close, dead;
	enum health health;
	const char *answer;
} answers[] = {
	{ "good\n", false, false, false, HEALTH_UP, "good" },
	{ "bad\n", false, false, false, HEALTH_DOWN, "bad" },
	{ "goo", false, true, false, HEALTH_DOWN, "closed without an answer" },
	{ "", false, true, false, HEALTH_DOWN, "closed without an answer" },
	{ "", false, false, false, HEALTH_DOWN, "no answer in 300 ms" },
	{ "goo", false, false, false, HEALTH_DOWN, "no answer in 300 ms" },
	{ NULL, false, false, false, HEALTH_DOWN, "message is longer than the limit" },
	{ "", false, false, true, HEALTH_DOWN, "onnection refused" },
	{ "", true, false, false, HEALTH_UP, "connected" },
	{ "", true, false, true, HEALTH_DOWN, "onnection refused" },
};

static void test_answers(void **state)
{
	static char much[200000];

	(void)state;
	memset(much, 'x', sizeof much);
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		struct monitor_conf conf = by_ping;
		struct watch *t;
		struct peer s = { .fd = -1 };

		if (answers[i].bare)
			conf.plugin = NULL;
		t = watch_make(conf);
		if (answers[i].dead)
			net_server_dies(&t->n, 0);
		watch_begin(t);
		if (!answers[i].dead)
			s = net_accept(&t->n, 0);
		if (answers[i].say && answers[i].say[0])
			peer_say(t->n.w, &s, answers[i].say);
		if (!answers[i].say)
			send(s.fd, much, sizeof much, MSG_NOSIGNAL);
		if (answers[i].close)
			shutdown(s.fd, SHUT_WR);
		RIG_UNTIL(t->n.w, health_of(t) != HEALTH_UNKNOWN);
		assert_int_equal(health_of(t), answers[i].health);
		assert_non_null(strstr(answer_of(t), answers[i].answer));
		peer_close(&s);
		watch_end(t);
	}
}

/* An answer that comes after its time is nobody's, also when the next question is out. */
static void test_late_answer(void **state)
{
	struct monitor_conf conf = by_ping;
	struct peer late, next;
	struct watch *t;

	(void)state;
	conf.timeout_ms = 200;
	conf.interval_ms = 150;
	conf.rise = 2;
	t = watch_make(conf);
	watch_begin(t);
	late = net_accept(&t->n, 0);
	RIG_UNTIL(t->n.w, health_of(t) == HEALTH_DOWN);
	next = net_accept(&t->n, 0);
	send(late.fd, "good\n", 5, MSG_NOSIGNAL);
	rig_run(t->n.w, 30);
	assert_string_equal(answer_of(t), "no answer in 200 ms");
	answer(t, &next, "good\n");
	assert_int_equal(health_of(t), HEALTH_DOWN); /* that is the first good one */
	peer_close(&late);
	watch_end(t);
}

/* ---- Over UDP ---- */

static int udp_of(const struct server *s)
{
	int fd = socket(server_place(s)->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&server_place(s)->address,
			      address_len((const struct sockaddr *)&server_place(s)->address)),
			 0);
	return fd;
}

/* The next question, and where it came from. */
static void hear(struct watch *t, int fd, struct sockaddr_storage *from)
{
	socklen_t len = sizeof *from;
	char text[32];
	ssize_t n;

	RIG_UNTIL(t->n.w, (n = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)from, &len)) >= 0);
	assert_int_equal(n, 5);
	assert_memory_equal(text, "ping\n", 5);
}

/* A question that is lost on its way goes out again, the same from the same port, after half a second, then a second.
 */
static void test_asked_again_over_udp(void **state)
{
	struct sockaddr_storage from, again;
	struct monitor_conf conf = by_ping;
	struct watch *t;
	uint64_t since;
	int fd;

	(void)state;
	conf.transport = LG_UDP;
	conf.timeout_ms = 60000;
	t = watch_make(conf);
	fd = udp_of(&t->n.servers[0]);
	watch_begin(t);
	hear(t, fd, &from);
	since = rig_now_ms();
	for (unsigned lost = 0; lost < 2; lost++) {
		hear(t, fd, &again);
		assert_memory_equal(&from, &again, address_len((struct sockaddr *)&from));
	}
	assert_true(rig_now_ms() - since >= 1200); /* 500 ms and 1 s, each a tenth of a second exact */
	assert_int_equal(health_of(t), HEALTH_UNKNOWN);
	sendto(fd, "good\n", 5, 0, (struct sockaddr *)&from, address_len((struct sockaddr *)&from));
	RIG_UNTIL(t->n.w, health_of(t) == HEALTH_UP);
	close(fd);
	watch_end(t);
}

static void test_stop_before_asking_again(void **state)
{
	struct monitor_conf conf = by_ping;
	struct sockaddr_storage from;
	struct watch *t;
	char text[8];
	int fd;

	(void)state;
	conf.transport = LG_UDP;
	conf.timeout_ms = 60000;
	t = watch_make(conf);
	fd = udp_of(&t->n.servers[0]);
	watch_begin(t);
	hear(t, fd, &from);
	monitors_stop(t->m);
	while (recv(fd, text, sizeof text, 0) > 0) /* on a busy machine it was asked again meanwhile */
		;
	rig_run(t->n.w, 800);
	assert_int_equal(recv(fd, text, sizeof text, 0), -1);
	close(fd);
	watch_end(t);
}

/* ---- Hurry ---- */

static void *hurry_much(void *arg)
{
	for (unsigned i = 0; i < 1000; i++)
		monitor_hurry(arg);
	return NULL;
}

/* However often traffic complains, a healthy server is asked no more than every 100 ms. */
static void test_hurry(void **state)
{
	struct watch *t = watch_make(by_ping);
	pthread_t threads[2];

	(void)state;
	watch_begin(t);
	answer_next(t, "good\n", 0, 500);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, hurry_much, &t->n.servers[0]);
		for (unsigned i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		answer_next(t, "good\n", 50, 2000);
		assert_int_equal(health_of(t), HEALTH_UP);
	}
	watch_end(t);
}

static void test_a_dead_process_is_down_in_a_second(void **state)
{
	struct watch *t = watch_make(by_ping);
	uint64_t since;

	(void)state;
	watch_begin(t);
	answer_next(t, "good\n", 0, 500);
	net_server_dies(&t->n, 0);
	since = rig_now_ms();
	monitor_hurry(&t->n.servers[0]);
	RIG_UNTIL(t->n.w, health_of(t) == HEALTH_DOWN);
	assert_in_range(rig_now_ms() - since, 200, 1000);
	watch_end(t);
}

/* Traffic that fails while a question is out: its answer may be older than that, so another one follows. */
static void test_hurry_while_asking(void **state)
{
	struct watch *t = watch_make(by_ping);
	struct peer s;

	(void)state;
	watch_begin(t);
	answer_next(t, "good\n", 0, 500);
	monitor_hurry(&t->n.servers[0]);
	s = asked(t, 0, 2000);
	monitor_hurry(&t->n.servers[0]);
	rig_run(t->n.w, 20);
	answer(t, &s, "good\n");
	answer_next(t, "good\n", 0, 2000);
	watch_end(t);
}

/* ---- Tracking ---- */

/* The second server follows the first; both are in the pool. */
static struct watch *tracking(struct monitor_conf conf)
{
	struct watch *t = watch_over(2, conf);

	t->n.servers[1].tracked = &t->n.servers[0];
	t->n.servers[0].followers = &t->n.servers[1];
	return t;
}

static void follows(struct watch *t, enum health health, const char *answer)
{
	assert_int_equal(atomic_load(&t->n.servers[0].state->health), health);
	assert_int_equal(atomic_load(&t->n.servers[1].state->health), health);
	assert_string_equal(t->n.servers[1].state->answer, answer);
}

static bool was_asked(struct watch *t, unsigned server)
{
	struct pollfd p = { .fd = t->n.listening[server], .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* It is as healthy as the other, learns of each answer, is never asked itself, and hurries the other's probes. */
static void test_track(void **state)
{
	struct monitor_conf conf = by_ping;
	struct watch *t;
	uint64_t since;

	(void)state;
	conf.fall = 2;
	t = tracking(conf);
	watch_begin(t);
	follows(t, HEALTH_UNKNOWN, "");
	answer_next(t, "good\n", 0, 500);
	follows(t, HEALTH_UP, "pool pool: good");
	assert_int_equal(t->changes, 1);
	since = rig_now_ms();
	monitor_hurry(&t->n.servers[1]);
	answer_next(t, "bad\n", 0, 2000);
	follows(t, HEALTH_UP, "pool pool: bad");
	answer_next(t, "bad\n", 0, 2000);
	assert_true(rig_now_ms() - since < 5000); /* long before the interval has passed */
	follows(t, HEALTH_DOWN, "pool pool: bad");
	assert_int_equal(t->changes, 2);
	assert_false(was_asked(t, 1));
	watch_end(t);
}

static void test_track_what_is_always_up(void **state)
{
	struct watch *t = tracking((struct monitor_conf){ .always_up = true });

	(void)state;
	watch_begin(t);
	follows(t, HEALTH_UP, "pool pool: not monitored");
	watch_end(t);
}

/* ---- Beginning and end ---- */

static void test_always_up(void **state)
{
	struct watch *t = watch_make((struct monitor_conf){ .always_up = true });

	(void)state;
	watch_begin(t);
	assert_int_equal(health_of(t), HEALTH_UP);
	watch_end(t);
}

static void test_stop_while_asking(void **state)
{
	struct watch *t = watch_make(by_ping);
	struct peer s;

	(void)state;
	watch_begin(t);
	s = net_accept(&t->n, 0);
	monitors_stop(t->m);
	peer_say(t->n.w, &s, "good\n");
	rig_run(t->n.w, 50);
	assert_int_equal(health_of(t), HEALTH_UNKNOWN);
	assert_int_equal(t->changes, 0);
	peer_close(&s);
	watch_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rise_and_fall),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_late_answer),
		cmocka_unit_test(test_asked_again_over_udp),
		cmocka_unit_test(test_stop_before_asking_again),
		cmocka_unit_test(test_hurry),
		cmocka_unit_test(test_a_dead_process_is_down_in_a_second),
		cmocka_unit_test(test_hurry_while_asking),
		cmocka_unit_test(test_track),
		cmocka_unit_test(test_track_what_is_always_up),
		cmocka_unit_test(test_always_up),
		cmocka_unit_test(test_stop_while_asking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
