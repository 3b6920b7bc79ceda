/* SPDX-License-Identifier: Apache-2.0 */
/* The sip plugin as a hop: Record-Route and Path, one value or two, when they are asked for. */
#include "hop_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static const struct options both = { .record_route = true, .path = true };

/* What a server gets of this from a client. */
static const char *passed(const struct options *o, enum lg_transport transport, enum lg_transport shared,
			  const char *text)
{
	static char got[4][8192];
	static unsigned next;
	char *out = got[next++ % 4];
	struct fake *f = hop_play(o);

	f->shared = shared;
	if (transport == LG_UDP)
		datagram(f, NULL, text);
	else
		fake_text(fake_client_by(f, transport), text);
	snprintf(out, sizeof(got[0]), "%s", fake_shared(f, 0)->got);
	fake_destroy(f);
	return out;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static void not_unless_asked(void **state)
{
	(void)state;
	assert_int_equal(count(passed(NULL, LG_TCP, 0, SAY(.method = "INVITE")), "Record-Route"), 0);
	assert_int_equal(count(passed(NULL, LG_TCP, 0, SAY(.method = "REGISTER")), "Path"), 0);
}

static void on_what_begins_a_dialog(void **state)
{
	static const struct {
		const char *method, *to;
		unsigned n;
	} cases[] = {
		{ "INVITE", NULL, 1 },    { "INVITE", "<sip:b@c>;tag=1", 0 },
		{ "SUBSCRIBE", NULL, 1 }, { "REFER", NULL, 1 },
		{ "NOTIFY", NULL, 1 },    { "NEWMETHOD", NULL, 1 },
		{ "REGISTER", NULL, 0 },  { "OPTIONS", NULL, 0 },
		{ "MESSAGE", NULL, 0 },   { "PUBLISH", NULL, 0 },
		{ "CANCEL", NULL, 0 },    { "ACK", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *text = SAY(.method = cases[i].method, .to = cases[i].to),
			   *got = passed(&both, LG_TCP, 0, text);

		assert_int_equal(count(got, "\r\nRecord-Route: "), cases[i].n);
		assert_int_equal(count(got, "\r\nPath: "), strcmp(cases[i].method, "REGISTER") == 0);
	}
}

/* One value where both sides look the same; it has the client's token. */
static void one_value(void **state)
{
	const char *text = SAY(.method = "INVITE", .extra = "Record-Route: <sip:192.0.2.50;lr>\r\n");
	const char *got = passed(&both, LG_TCP, 0, text), *ours = value(got, "Record-Route", 0);

	(void)state;
	assert_int_equal(strncmp(ours, "<sip:192.0.2.2:5060;transport=tcp;lr;lg=", 40), 0);
	assert_non_null(strchr(param(ours, "lg"), '.'));
	assert_string_equal(value(got, "Record-Route", 1), "<sip:192.0.2.50;lr>");
	assert_true(strstr(got, "Record-Route") < strstr(got, "From"));
}

/* Two values where they differ: the server's on top, with the token; the client's, without. */
static void two_values(void **state)
{
	const char *got = passed(&both, LG_TLS, 0, SAY(.method = "INVITE"));
	const char *server = value(got, "Record-Route", 0), *client = value(got, "Record-Route", 1);

	(void)state;
	assert_int_equal(strncmp(server, "<sip:192.0.2.2:5060;transport=tcp;lr;lg=", 40), 0);
	assert_int_equal(strncmp(client, "<sip:192.0.2.2:5061;transport=tls;lr;lg=", 40), 0);
	assert_non_null(strchr(param(server, "lg"), '.'));
	assert_null(strchr(param(client, "lg"), '.'));
	got = passed(&both, LG_UDP, LG_TCP, SAY(.method = "INVITE"));
	assert_int_equal(strncmp(value(got, "Record-Route", 1), "<sip:192.0.2.2:5060;transport=udp;lr;lg=", 40), 0);
	assert_int_equal(count(passed(&both, LG_UDP, 0, SAY(.method = "INVITE")), "\r\nRecord-Route: "), 1);
}

static void a_path_is_outbounds(void **state)
{
	const char *got = passed(&both, LG_TLS, 0, SAY(.method = "REGISTER", .extra = "Supported: path\r\n"));

	(void)state;
	assert_int_equal(strncmp(value(got, "Path", 0), "<sip:192.0.2.2:5060;transport=tcp;lr;ob;lg=", 43), 0);
	assert_int_equal(strncmp(value(got, "Path", 1), "<sip:192.0.2.2:5061;transport=tls;lr;ob;lg=", 43), 0);
	assert_string_equal(value(got, "Supported", 0), "path");
}

static void sips_stays_sips(void **state)
{
	char text[4096];
	const char *got;

	(void)state;
	snprintf(text, sizeof(text), "INVITE sips:b@c%s", strstr(SAY(.method = "INVITE"), " SIP/2.0"));
	got = passed(&both, LG_TLS, LG_TLS, text);
	assert_int_equal(strncmp(value(got, "Record-Route", 0), "<sips:192.0.2.2:5061;transport=tcp;lr;lg=", 41), 0);
	assert_int_equal(strncmp(value(got, "Via", 0), "SIP/2.0/TLS ", 12), 0);
}

static void by_name(void **state)
{
	struct options named = both;
	const char *got;

	(void)state;
	named.name = "sbc.example.com";
	got = passed(&named, LG_TCP, 0, SAY(.method = "INVITE"));
	assert_int_equal(strncmp(value(got, "Record-Route", 0), "<sip:sbc.example.com:5060;transport=tcp;lr;lg=", 46),
			 0);
	assert_int_equal(
		count(passed(&named, LG_TCP, 0, SAY(.extra = "Route: <sip:SBC.example.com;lr>\r\n")), "\r\nRoute"), 0);
	assert_int_equal(count(passed(&named, LG_TCP, 0,
				      SAY(.to = "<sip:b@c>;tag=1", .extra = "Route: <sip:sbc.example.com:7;lr>\r\n")),
			       "\r\nRoute"),
			 1);
}

/* The longest name that an option takes, on both values. */
static void a_long_name_fits(void **state)
{
	struct options named = both;
	char name[256];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	named.name = name;
	assert_int_equal(count(passed(&named, LG_TLS, 0, SAY(.method = "INVITE")), name), 3);
}

/* A dialog that a server begins: the client's side on top, and the server's with the same token. */
static void a_servers_dialog_is_recorded_too(void **state)
{
	struct fake *f = hop_play(&both);
	struct fake_peer *client = fake_client_by(f, LG_TLS), *server;
	char route[2048], path[1024];

	(void)state;
	fake_text(client, SAY(.method = "REGISTER"));
	server = fake_shared(f, 0);
	snprintf(path, sizeof(path), "%s", value(server->got, "Path", 0));
	snprintf(route, sizeof(route), "Route: %s,\r\n\t%s\r\n", path, value(server->got, "Path", 1));
	fake_text(server, SAY(.method = "INVITE", .call_id = "t", .extra = route));
	assert_int_equal(strncmp(value(client->got, "Record-Route", 0), "<sip:192.0.2.2:5061;transport=tls;lr;lg=", 40),
			 0);
	assert_int_equal(strncmp(value(client->got, "Record-Route", 1), "<sip:192.0.2.2:5060;transport=tcp;lr;lg=", 40),
			 0);
	assert_string_equal(param(value(client->got, "Record-Route", 1), "lg"), param(path, "lg"));
	fake_destroy(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_unless_asked),
		cmocka_unit_test(on_what_begins_a_dialog),
		cmocka_unit_test(one_value),
		cmocka_unit_test(two_values),
		cmocka_unit_test(a_path_is_outbounds),
		cmocka_unit_test(sips_stays_sips),
		cmocka_unit_test(by_name),
		cmocka_unit_test(a_long_name_fits),
		cmocka_unit_test(a_servers_dialog_is_recorded_too),
	};

	return cmocka_run_group_tests_name("sip as a hop: Record-Route and Path", tests, NULL, NULL);
}
