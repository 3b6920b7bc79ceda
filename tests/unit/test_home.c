/* SPDX-License-Identifier: Apache-2.0 */
/* test_home.c: which of a listener's addresses a peer is told. */
#include "unit.h"

#include "gateway/listener.h"
#include "gateway/span.h"

static struct bind bind_of(enum lg_transport transport, const char *text)
{
	struct bind b = { .transport = transport };

	assert_int_equal(address_parse(&b.address, span_of(text)), 0);
	return b;
}

static void assert_home(const struct listener *l, enum lg_transport transport, const char *local, const char *want)
{
	struct sockaddr_storage a;
	char text[ADDRESS_TEXT];
	const char *home;

	assert_int_equal(address_parse(&a, span_of(local)), 0);
	home = listener_home(l, transport, (struct sockaddr *)&a, text);
	if (want)
		assert_string_equal(home, want);
	else
		assert_null(home);
}

static void test_home(void **state)
{
	struct bind binds[] = {
		bind_of(LG_UDP, "192.0.2.1:5060"),     bind_of(LG_TCP, "0.0.0.0:5070"),
		bind_of(LG_TCP, "192.0.2.2:5062"),     bind_of(LG_TLS, "192.0.2.1:5061"),
		bind_of(LG_UDP, "[2001:db8::1]:5060"),
	};
	struct listener_conf conf = { .name = (char *)"l", .binds = binds, .nbinds = ARRAY_LEN(binds) };
	struct listener l = { .conf = &conf };

	(void)state;
	assert_home(&l, LG_UDP, "192.0.2.1:40000", "192.0.2.1:5060");
	assert_home(&l, LG_UDP, "198.51.100.9:40000", "192.0.2.1:5060"); /* the only one of its kind */
	assert_home(&l, LG_UDP, "[2001:db8::9]:40000", "[2001:db8::1]:5060");
	assert_home(&l, LG_TCP, "198.51.100.9:40000", "198.51.100.9:5070");
	assert_home(&l, LG_TCP, "192.0.2.2:40000", "192.0.2.2:5062");
	assert_home(&l, LG_TLS, "198.51.100.9:40000", "192.0.2.1:5061");
	assert_home(&l, LG_TLS, "[2001:db8::9]:40000", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
