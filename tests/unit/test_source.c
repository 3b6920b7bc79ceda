/* SPDX-License-Identifier: Apache-2.0 */
/* test_source.c: which address and port a socket gets from its client's.  Needs CAP_NET_ADMIN or CAP_NET_RAW, else
 * skipped. */
#include "source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "snapshot.h"
#include "unit.h"

/* Nobody's addresses (RFC 5737, RFC 3849), so no other socket is bound to them. */
static struct sockaddr_storage client_of(int family)
{
	struct sockaddr_storage a = { .ss_family = (sa_family_t)family };

	if (family == AF_INET)
		inet_pton(AF_INET, "192.0.2.5", &((struct sockaddr_in *)&a)->sin_addr);
	else
		inet_pton(AF_INET6, "2001:db8::5", &((struct sockaddr_in6 *)&a)->sin6_addr);
	address_set_port(&a, (uint16_t)(20000 + getpid() % 40000));
	return a;
}

static void need_capability(void)
{
	struct listener_conf conf = { .name = (char *)"in", .transparent = true };
	char err[200];

	if (source_check(&conf, err, sizeof err) == 0)
		return;
	assert_non_null(strstr(err, "listener in: source = \"transparent\" is not possible"));
	assert_non_null(strstr(err, "CAP_NET_ADMIN"));
	skip();
}

/* A socket of that kind with the client's address; its own address in `own`. */
static int bound(int family, int type, const struct sockaddr_storage *client, struct sockaddr_storage *own)
{
	socklen_t n = sizeof *own;
	int fd = socket(family, type, 0);

	assert_int_equal(source_bind(fd, (const struct sockaddr *)client), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)own, &n), 0);
	assert_true(address_same_host((struct sockaddr *)own, (const struct sockaddr *)client));
	return fd;
}

static void a_stream_gets_a_port_when_it_connects(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	need_capability();
	for (unsigned i = 0; i < ARRAY_LEN(families); i++) {
		struct sockaddr_storage client = client_of(families[i]), own;
		int fd = bound(families[i], SOCK_STREAM, &client, &own);

		assert_int_equal(address_port((struct sockaddr *)&own), 0);
		close(fd);
	}
}

static void a_datagram_socket_gets_the_clients_port_while_it_is_free(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	need_capability();
	for (unsigned i = 0; i < ARRAY_LEN(families); i++) {
		struct sockaddr_storage client = client_of(families[i]), own;
		int first = bound(families[i], SOCK_DGRAM, &client, &own), second;

		assert_int_equal(address_port((struct sockaddr *)&own), address_port((struct sockaddr *)&client));
		second = bound(families[i], SOCK_DGRAM, &client, &own);
		assert_int_not_equal(address_port((struct sockaddr *)&own), address_port((struct sockaddr *)&client));
		close(first);
		close(second);
	}
}

static void other_families_are_refused(void **state)
{
	struct sockaddr_storage client = client_of(AF_INET);
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(source_bind(fd, (struct sockaddr *)&client), -EAFNOSUPPORT);
	close(fd);
	assert_int_equal(source_bind(-1, (struct sockaddr *)&client), -EBADF);
}

static void the_gateways_own_is_left_alone(void **state)
{
	struct listener_conf conf = { .name = (char *)"in" };
	char err[8] = "";

	(void)state;
	assert_int_equal(source_bind(-1, NULL), 0);
	assert_int_equal(source_check(&conf, err, sizeof err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_gets_a_port_when_it_connects),
		cmocka_unit_test(a_datagram_socket_gets_the_clients_port_while_it_is_free),
		cmocka_unit_test(other_families_are_refused),
		cmocka_unit_test(the_gateways_own_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
