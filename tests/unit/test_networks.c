/* SPDX-License-Identifier: Apache-2.0 */
/* test_networks.c: which address is in which network. */
#include "networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "unit.h"

static struct lg_net net_of(const char *text, uint8_t bits)
{
	struct lg_net net = { .address = { [10] = 0xff, [11] = 0xff }, .bits = bits };

	if (inet_pton(AF_INET, text, net.address + 12) == 1)
		net.bits = (uint8_t)(bits + 96);
	else
		assert_int_equal(inet_pton(AF_INET6, text, net.address), 1);
	return net;
}

static bool is_in(const char *network, uint8_t bits, const char *address)
{
	struct lg_net net = net_of(network, bits);
	struct lg_nets nets = { &net, 1 };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return networks_have(&nets, (struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return networks_have(&nets, (struct sockaddr *)&v6);
}

static const struct row {
	const char *network;
	uint8_t bits;
	const char *address;
	bool in;
} rows[] = {
	{ "192.0.2.0", 24, "192.0.2.255", true },
	{ "192.0.2.0", 24, "192.0.3.0", false },
	{ "192.0.2.128", 25, "192.0.2.128", true },
	{ "192.0.2.128", 25, "192.0.2.127", false },
	{ "192.0.2.1", 32, "192.0.2.1", true },
	{ "192.0.2.1", 32, "192.0.2.0", false },
	{ "192.0.2.99", 24, "192.0.2.1", true }, /* bits that do not count may be set */
	{ "0.0.0.0", 0, "203.0.113.7", true },
	{ "0.0.0.0", 0, "2001:db8::1", false },
	{ "192.0.2.0", 24, "::ffff:192.0.2.9", true },
	{ "2001:db8::", 32, "2001:db8:ffff::1", true },
	{ "2001:db8::", 33, "2001:db8:8000::1", false },
	{ "2001:db8::1", 128, "2001:db8::1", true },
	{ "::", 0, "2001:db8::1", true },
	{ "::", 0, "192.0.2.1", true },
};

static void test_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];

		if (is_in(r->network, r->bits, r->address) != r->in)
			fail_msg("%s/%u and %s", r->network, r->bits, r->address);
	}
}

static void test_one_of_several_is_enough(void **state)
{
	struct lg_net list[] = { net_of("192.0.2.0", 24), net_of("198.51.100.0", 24) };
	struct sockaddr_in a = { .sin_family = AF_INET };

	(void)state;
	inet_pton(AF_INET, "198.51.100.3", &a.sin_addr);
	assert_true(networks_have(&(struct lg_nets){ list, 2 }, (struct sockaddr *)&a));
	assert_false(networks_have(&(struct lg_nets){ list, 1 }, (struct sockaddr *)&a));
	assert_false(networks_have(&(struct lg_nets){ 0 }, (struct sockaddr *)&a));
	assert_false(networks_have(&(struct lg_nets){ list, 2 }, &(struct sockaddr){ .sa_family = AF_UNIX }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_one_of_several_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
