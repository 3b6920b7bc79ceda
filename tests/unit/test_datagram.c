/* SPDX-License-Identifier: Apache-2.0 */
/* test_datagram.c: what leaves to clients: each gets its own, whole and in order, whatever went together. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/datagram.h"

/* ---- System calls: what goes together, or may not ---- */

static size_t longest_run, refuse_above; /* datagrams of a message; bytes of its first */
static int refusal;

int __real_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *m, unsigned n, int flags)
{
	for (unsigned i = 0; i < n; i++) {
		const struct msghdr *h = &m[i].msg_hdr;

		longest_run = h->msg_iovlen > longest_run ? h->msg_iovlen : longest_run;
		if (h->msg_iovlen < 2 || !refusal || h->msg_iov->iov_len <= refuse_above)
			continue;
		if (i > 0)
			return __real_sendmmsg(fd, m, i, flags);
		errno = refusal;
		return -1;
	}
	return __real_sendmmsg(fd, m, n, flags);
}

/* ---- The gateway's socket and its clients ---- */

static struct sockaddr_in loopback(uint32_t host)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + host) };
}

static int client(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	socklen_t n = sizeof *at;

	*at = loopback(0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)at, &n), 0);
	return fd;
}

static void hears(int fd, char letter, size_t n, struct sockaddr_in *from)
{
	char got[4096];
	socklen_t len = sizeof *from;

	assert_int_equal(recvfrom(fd, got, sizeof got, 0, (struct sockaddr *)from, &len), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], letter);
}

/* Each letter is a datagram of so many bytes: to the first or the second client, from the one or the other address. */
static const struct {
	const char *letters, *clients, *locals; /* a dot: the socket's own */
	size_t lengths[8];
	size_t run;
} rows[] = {
	{ "ABC", "000", "...", { 10, 10, 10 }, 3 },
	{ "ABC", "000", "...", { 10, 10, 4 }, 3 },
	{ "ABCD", "000", "...", { 10, 4, 10 }, 2 },
	{ "ABCD", "0101", "....", { 10, 10, 10, 10 }, 1 },
	{ "ABCD", "0011", "....", { 10, 10, 10, 10 }, 2 },
	{ "ABCD", "0000", "1122", { 10, 10, 10, 10 }, 2 },
	{ "ABCD", "0000", "1212", { 10, 10, 10, 10 }, 1 },
	{ "ABCD", "0000", ".1.1", { 10, 10, 10, 10 }, 1 },
	{ "ABCDE", "00000", "11111", { 10, 0, 0, 2000, 2000 }, 2 },
	{ "ABCDEF", "001100", "222222", { 2000, 2000, 500, 500, 500, 500 }, 2 },
};

struct stage {
	struct datagram_room *room;
	int fd, clients[2];
	struct sockaddr_in at[2];
};

static void play(struct stage *s, size_t row)
{
	for (unsigned i = 0; rows[row].clients[i]; i++) {
		struct sockaddr_in local = loopback((uint32_t)(rows[row].locals[i] - '0'));
		char bytes[4096];

		if (rows[row].locals[i] == '.')
			local.sin_family = 0;
		memset(bytes, rows[row].letters[i], sizeof bytes);
		assert_int_equal(datagram_queue(s->room, s->fd, (struct sockaddr *)&s->at[rows[row].clients[i] - '0'],
						(struct sockaddr *)&local,
						&(struct lg_span){ bytes, rows[row].lengths[i] }, 1),
				 0);
	}
	assert_int_equal(datagram_flush(s->room), 0);
	for (unsigned i = 0; rows[row].clients[i]; i++) {
		struct sockaddr_in from;

		hears(s->clients[rows[row].clients[i] - '0'], rows[row].letters[i], rows[row].lengths[i], &from);
		if (rows[row].locals[i] != '.')
			assert_int_equal(ntohl(from.sin_addr.s_addr),
					 INADDR_LOOPBACK + (uint32_t)(rows[row].locals[i] - '0'));
	}
	assert_int_equal(recv(s->clients[0], &(char){ 0 }, 1, 0), -1);
	assert_int_equal(recv(s->clients[1], &(char){ 0 }, 1, 0), -1);
}

static struct stage stage_make(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct stage s = { .room = datagram_room_create(), .fd = datagram_bind((struct sockaddr *)&any, false) };

	assert_non_null(s.room);
	assert_true(s.fd >= 0);
	for (unsigned i = 0; i < 2; i++)
		s.clients[i] = client(&s.at[i]);
	return s;
}

static void stage_end(struct stage *s)
{
	datagram_room_destroy(s->room);
	close(s->fd);
	close(s->clients[0]);
	close(s->clients[1]);
}

static void test_each_gets_its_own(void **state)
{
	struct stage s = stage_make();

	(void)state;
	for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
		longest_run = 1;
		play(&s, row);
		assert_int_equal(longest_run, rows[row].run);
	}
	stage_end(&s);
}

/* A way that refuses runs gets one by one, and what is as long or longer does from then on. */
static void test_refused_runs(void **state)
{
	struct stage s = stage_make();

	(void)state;
	refusal = EINVAL;
	refuse_above = 1400;
	for (size_t row = 0; row < ARRAY_LEN(rows); row++)
		play(&s, row);
	longest_run = 1;
	play(&s, ARRAY_LEN(rows) - 2);
	assert_int_equal(longest_run, 1);
	play(&s, ARRAY_LEN(rows) - 1);
	assert_int_equal(longest_run, 2); /* the short ones still */
	refuse_above = 0;
	for (size_t row = 0; row < ARRAY_LEN(rows); row++)
		play(&s, row);
	refusal = 0;
	longest_run = 1;
	for (size_t row = 0; row < ARRAY_LEN(rows); row++)
		play(&s, row);
	assert_int_equal(longest_run, 1);
	stage_end(&s);
}

/* No way at all: each is lost, and counted. */
static void test_lost(void **state)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET,
				       .sin_port = 0,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct stage s = stage_make();
	struct sockaddr_in own = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		datagram_queue(s.room, s.fd, (struct sockaddr *)&nowhere, (struct sockaddr *)&own,
			       &(struct lg_span){ "x", 1 }, 1);
	assert_int_equal(datagram_flush(s.room), 5);
	longest_run = 1;
	play(&s, 0);
	assert_int_equal(longest_run, 3); /* that way is closed, and none is narrow */
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_gets_its_own),
		cmocka_unit_test(test_refused_runs),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
