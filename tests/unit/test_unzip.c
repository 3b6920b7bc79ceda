/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of gateway/unzip.c: one member, by its whole name, within its limits. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include "unzip.h"

struct member {
	const char *name, *text;
	size_t length; /* 0: that of the text */
};

/* A zip of these members in memory; the caller frees it. */
static char *make(const struct member members[], unsigned n, size_t *length)
{
	zip_source_t *out = zip_source_buffer_create(NULL, 0, 0, NULL);
	zip_t *z = zip_open_from_source(out, ZIP_TRUNCATE, NULL);
	char *zip;

	assert_non_null(z);
	zip_source_keep(out);
	for (unsigned i = 0; i < n; i++) {
		size_t size = members[i].length ? members[i].length : strlen(members[i].text);
		zip_source_t *source = zip_source_buffer(z, members[i].text, size, 0);

		assert_true(zip_file_add(z, members[i].name, source, 0) >= 0);
	}
	assert_int_equal(zip_close(z), 0);
	assert_int_equal(zip_source_open(out), 0);
	zip_source_seek(out, 0, SEEK_END);
	*length = (size_t)zip_source_tell(out);
	zip_source_seek(out, 0, SEEK_SET);
	zip = malloc(*length);
	assert_non_null(zip);
	assert_int_equal(zip_source_read(out, zip, *length), *length);
	zip_source_close(out);
	zip_source_free(out);
	return zip;
}

static void refuse(const char *zip, size_t n, const char *name, const char *why)
{
	char *text = NULL, err[300] = "";
	size_t length;

	assert_int_equal(unzip_member(zip, n, name, &text, &length, err, sizeof err), -EINVAL);
	assert_non_null(strstr(err, why));
}

static void test_member(void **state)
{
	const struct member members[] = { { "a", "first" }, { "../b", "second" }, { "b", "third" }, { "c/", "", 0 } };
	size_t n, length;
	char *zip = make(members, 4, &n), *text, err[300];

	(void)state;
	assert_true(unzip_is_zip(zip, n));
	assert_int_equal(unzip_member(zip, n, "b", &text, &length, err, sizeof err), 0);
	assert_int_equal(length, 5);
	assert_memory_equal(text, "third", 5);
	free(text);
	refuse(zip, n, "B", "no member B");
	refuse(zip, n, "first", "no member");
	refuse(zip, n / 2, "a", "zip");
	refuse("PK\3\4", 4, "a", "zip");
	assert_false(unzip_is_zip("PK\3", 3));
	assert_false(unzip_is_zip("<a/>", 4));
	free(zip);
}

static void test_bombs(void **state)
{
	size_t big = UNZIP_BYTES + 1, n, length;
	char *zeros = calloc(1, big), *zip, *text, err[300], field[4];
	const struct member most[] = { { "a", zeros, UNZIP_BYTES } }, more[] = { { "a", zeros, big } };

	(void)state;
	assert_non_null(zeros);
	zip = make(most, 1, &n);
	assert_int_equal(unzip_member(zip, n, "a", &text, &length, err, sizeof err), 0);
	assert_int_equal(length, UNZIP_BYTES);
	free(text);
	free(zip);
	zip = make(more, 1, &n);
	refuse(zip, n, "a", "32 MiB");
	/* Both headers tell less than comes out. */
	for (int i = 0; i < 4; i++)
		field[i] = (char)(big >> 8 * i);
	for (char *at = zip; (at = memmem(at, n - (size_t)(at - zip), field, 4)); at += 4)
		memcpy(at, "\12\0\0\0", 4);
	refuse(zip, n, "a", "a ");
	free(zip);
	free(zeros);
}

/* Whatever is changed in it: the member, or a reason. */
static void test_mutations(void **state)
{
	const struct member members[] = { { "a", "first first first first" }, { "b", "second" } };
	size_t n, length;
	char *zip = make(members, 2, &n), *changed = malloc(n), *text, err[300];
	unsigned good = 0;

	(void)state;
	assert_non_null(changed);
	srand(1);
	for (int i = 0; i < 20000; i++) {
		int r;

		memcpy(changed, zip, n);
		for (int j = 0; j <= i % 3; j++)
			changed[(size_t)rand() % n] = (char)rand();
		err[0] = '\0';
		r = unzip_member(changed, i % 5 ? n : (size_t)rand() % n, "a", &text, &length, err, sizeof err);
		assert_true(r == 0 ? length <= UNZIP_BYTES : r < 0 && err[0]);
		if (r == 0)
			free(text);
		good += r == 0;
	}
	assert_true(good > 100 && good < 19000);
	free(changed);
	free(zip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_member),
		cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
