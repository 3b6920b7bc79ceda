/* SPDX-License-Identifier: Apache-2.0 */
/* The codec of the stun plugin: what is STUN, what is ChannelData, and lengths that lie. */
#include "plugins/stun/wire.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#define COOKIE   "\x21\x12\xA4\x42"
#define ID       "0123456789ab"
#define ID16     "0123456789abcdef"
#define BYTES(s) (s), sizeof(s) - 1

struct datagram {
	const char *what, *bytes;
	size_t n;
	enum stun_form form;
	enum stun_class class;
	unsigned method, channel;
	const char *method_name;
};

/* Reads it where it ends at the end of an allocation, so that a sanitizer sees a byte too many. */
static enum stun_form read_alone(struct stun_head *head, const char *bytes, size_t n)
{
	char *alone = malloc(n ? n : 1);
	enum stun_form form;

	assert_non_null(alone);
	memcpy(alone, bytes, n);
	form = stun_read(head, alone, n);
	if (form != STUN_NONE)
		(void)stun_error(head, alone, n);
	free(alone);
	return form;
}

static const struct datagram datagrams[] = {
	{ "a Binding request", BYTES("\0\1\0\0" COOKIE ID), STUN_COOKIED, STUN_REQUEST, 1, 0, "binding" },
	{ "a Binding indication", BYTES("\0\x11\0\0" COOKIE ID), STUN_COOKIED, STUN_INDICATION, 1, 0, "binding" },
	{ "a Binding success", BYTES("\1\1\0\0" COOKIE ID), STUN_COOKIED, STUN_SUCCESS, 1, 0, "binding" },
	{ "a Binding error", BYTES("\1\x11\0\0" COOKIE ID), STUN_COOKIED, STUN_ERROR, 1, 0, "binding" },
	{ "an Allocate request with an attribute", BYTES("\0\3\0\x08" COOKIE ID "\0\x19\0\4\x11\0\0\0"), STUN_COOKIED,
	  STUN_REQUEST, 3, 0, "allocate" },
	{ "a Refresh", BYTES("\0\4\0\0" COOKIE ID), STUN_COOKIED, STUN_REQUEST, 4, 0, "refresh" },
	{ "a Send indication", BYTES("\0\x16\0\0" COOKIE ID), STUN_COOKIED, STUN_INDICATION, 6, 0, "send" },
	{ "a ChannelBind success", BYTES("\1\x09\0\0" COOKIE ID), STUN_COOKIED, STUN_SUCCESS, 9, 0, "channel-bind" },
	{ "all bits of the method", BYTES("\x3E\xEF\0\0" COOKIE ID), STUN_COOKIED, STUN_REQUEST, 0xFFF, 0, NULL },
	{ "all bits of the type", BYTES("\x3F\xFF\0\0" COOKIE ID), STUN_COOKIED, STUN_ERROR, 0xFFF, 0, NULL },
	{ "a method that nobody knows", BYTES("\0\x0F\0\0" COOKIE ID), STUN_COOKIED, STUN_REQUEST, 15, 0, NULL },
	{ "a Binding request of RFC 3489", BYTES("\0\1\0\0" ID16), STUN_CLASSIC, STUN_REQUEST, 1, 0, "binding" },
	{ "a Shared Secret request", BYTES("\0\2\0\0" ID16), STUN_CLASSIC, STUN_REQUEST, 2, 0, "shared-secret" },
	{ "an odd length in the old TURN", BYTES("\0\4\0\5" ID16 "\0\x13\0\1x"), STUN_CLASSIC, STUN_REQUEST, 4, 0,
	  "send" },
	{ "an old Set Active Destination", BYTES("\0\6\0\0" ID16), STUN_CLASSIC, STUN_REQUEST, 6, 0,
	  "set-active-destination" },
	{ "the first channel, empty", BYTES("\x40\0\0\0"), STUN_CHANNEL, 0, 0, 0x4000, NULL },
	{ "the last channel", BYTES("\x7F\xFF\0\4data"), STUN_CHANNEL, 0, 0, 0x7FFF, NULL },
	{ "a channel without padding", BYTES("\x40\1\0\5datum"), STUN_CHANNEL, 0, 0, 0x4001, NULL },
	{ "a channel with some padding", BYTES("\x40\1\0\5datum\0"), STUN_CHANNEL, 0, 0, 0x4001, NULL },
	{ "a channel with all its padding", BYTES("\x40\1\0\5datum\0\0\0"), STUN_CHANNEL, 0, 0, 0x4001, NULL },

	{ "nothing", "", 0, STUN_NONE, 0, 0, 0, NULL },
	{ "three bytes", BYTES("\x40\0\0"), STUN_NONE, 0, 0, 0, NULL },
	{ "DTLS", BYTES("\x16\xFE\xFD\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), STUN_NONE, 0, 0, 0, NULL },
	{ "RTP", BYTES("\x80\0\0\1\0\0\0\1\0\0\0\1voice"), STUN_NONE, 0, 0, 0, NULL },
	{ "a head cut short", BYTES("\0\1\0\0" COOKIE "0123456789a"), STUN_NONE, 0, 0, 0, NULL },
	{ "a length with nothing behind it", BYTES("\0\1\0\4" COOKIE ID), STUN_NONE, 0, 0, 0, NULL },
	{ "more than the length", BYTES("\0\1\0\0" COOKIE ID "\0\0\0\0"), STUN_NONE, 0, 0, 0, NULL },
	{ "the longest length", BYTES("\0\1\xFF\xFF" COOKIE ID), STUN_NONE, 0, 0, 0, NULL },
	{ "an odd length with the cookie", BYTES("\0\1\0\5" COOKIE ID "\0\x13\0\1x"), STUN_NONE, 0, 0, 0, NULL },
	{ "a channel that is too short", BYTES("\x40\1\0\5datu"), STUN_NONE, 0, 0, 0, NULL },
	{ "a channel that is too long", BYTES("\x40\1\0\5datum\0\0\0\0"), STUN_NONE, 0, 0, 0, NULL },
	{ "a channel longer than any", BYTES("\x40\1\xFF\xFF"), STUN_NONE, 0, 0, 0, NULL },
	{ "0x8000, above the channels", BYTES("\x80\0\0\0"), STUN_NONE, 0, 0, 0, NULL },
};

static void each_is_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(datagrams) / sizeof(datagrams[0]); i++) {
		const struct datagram *d = &datagrams[i];
		struct stun_head head;
		const char *name;

		print_message("%s\n", d->what);
		assert_int_equal(read_alone(&head, d->bytes, d->n), d->form);
		assert_int_equal(head.form, d->form);
		if (d->form == STUN_NONE)
			continue;
		assert_int_equal(head.class, d->class);
		assert_int_equal(head.method, d->method);
		assert_int_equal(head.channel, d->channel);
		name = stun_method_name(&head);
		if (d->method_name)
			assert_string_equal(name, d->method_name);
		else
			assert_null(name);
	}
}

/* Cut anywhere, a message is none: its length says so. */
static void cut_at_every_byte_it_is_nothing(void **state)
{
	static const char whole[] = "\0\3\0\x08" COOKIE ID "\0\x19\0\4\x11\0\0\0";
	struct stun_head head;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		assert_int_equal(read_alone(&head, whole, n), STUN_NONE);
}

static void the_longest_ones_are_read(void **state)
{
	size_t n = STUN_HEADER + 0xFFFC;
	char *all = calloc(1, n);
	struct stun_head head;

	(void)state;
	assert_non_null(all);
	memcpy(all, "\0\x16\xFF\xFC" COOKIE ID, STUN_HEADER);
	assert_int_equal(read_alone(&head, all, n), STUN_COOKIED);
	assert_int_equal(read_alone(&head, all, n - 1), STUN_NONE);
	free(all);
}

struct error {
	const char *what, *bytes;
	size_t n;
	unsigned code;
};

static const struct error errors[] = {
	{ "401", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\4\0\0\4\x01"), 401 },
	{ "behind a padded attribute", BYTES("\1\x11\0\x10" COOKIE ID "\x80\x22\0\1x\0\0\0\0\x09\0\4\0\0\5\0"), 500 },
	{ "behind an old unpadded one", BYTES("\1\x11\0\x0D" ID16 "\0\x20\0\1x\0\x09\0\4\0\0\4\x14"), 420 },
	{ "with a reason", BYTES("\1\x11\0\x0C" COOKIE ID "\0\x09\0\7\0\0\6\x63No!\0"), 699 },
	{ "bits that are reserved", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\4\xFF\xFF\xFC\x01"), 401 },
	{ "no attributes", BYTES("\1\x11\0\0" COOKIE ID), 0 },
	{ "another attribute", BYTES("\1\x11\0\x08" COOKIE ID "\0\x0A\0\4\0\0\4\x01"), 0 },
	{ "half an attribute's head", BYTES("\1\x11\0\2" ID16 "\0\x09"), 0 },
	{ "a value that is too short", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\3\0\0\4\x01"), 0 },
	{ "a length that lies", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\5\0\0\4\x01"), 0 },
	{ "a length that lies before it", BYTES("\1\x11\0\x0C" COOKIE ID "\0\x0A\xFF\xFF\0\x09\0\4\0\0\4\x01"), 0 },
	{ "padding that is not there", BYTES("\1\x11\0\5" ID16 "\0\x0A\0\1x"), 0 },
	{ "class 2", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\4\0\0\2\x01"), 0 },
	{ "class 7", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\4\0\0\7\x01"), 0 },
	{ "number 100", BYTES("\1\x11\0\x08" COOKIE ID "\0\x09\0\4\0\0\4\x64"), 0 },
	{ "ChannelData", BYTES("\x40\0\0\x1C" COOKIE ID "0000\0\x09\0\4\0\0\4\x01"), 0 },
};

static void errors_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct stun_head head;
		char *alone = malloc(errors[i].n);

		print_message("%s\n", errors[i].what);
		assert_non_null(alone);
		memcpy(alone, errors[i].bytes, errors[i].n);
		assert_int_not_equal(stun_read(&head, alone, errors[i].n), STUN_NONE);
		assert_int_equal(stun_error(&head, alone, errors[i].n), errors[i].code);
		free(alone);
	}
}

static void what_is_written_is_read(void **state)
{
	static const enum stun_form forms[] = { STUN_COOKIED, STUN_CLASSIC };
	static const char *const randoms[] = { ID16, (COOKIE ID), ("\xFF\xFF\xFF\xFF" ID) };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		for (size_t j = 0; j < sizeof(randoms) / sizeof(randoms[0]); j++) {
			uint8_t id[STUN_ID], out[STUN_HEADER];
			struct stun_head head;

			memcpy(id, randoms[j], sizeof(id));
			stun_new_id(id, forms[i]);
			stun_write_binding(out, id);
			assert_int_equal(stun_read(&head, out, sizeof(out)), forms[i]);
			assert_int_equal(head.class, STUN_REQUEST);
			assert_int_equal(head.method, STUN_BINDING);
			assert_memory_equal(head.id, id, sizeof(id));
			assert_memory_equal(id + 4, randoms[j] + 4, sizeof(id) - 4);
		}
}

static void classes_have_names(void **state)
{
	(void)state;
	assert_string_equal(stun_class_name(STUN_REQUEST), "request");
	assert_string_equal(stun_class_name(STUN_INDICATION), "indication");
	assert_string_equal(stun_class_name(STUN_SUCCESS), "success");
	assert_string_equal(stun_class_name(STUN_ERROR), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_what_it_is),        cmocka_unit_test(cut_at_every_byte_it_is_nothing),
		cmocka_unit_test(the_longest_ones_are_read), cmocka_unit_test(errors_are_read),
		cmocka_unit_test(what_is_written_is_read),   cmocka_unit_test(classes_have_names),
	};

	return cmocka_run_group_tests_name("stun wire", tests, NULL, NULL);
}
