/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unzip.c lets libzip read a zip in memory, and stops it at the limits.  It trusts no size that the zip tells: what
 * comes out is counted.
 */
#include "unzip.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

enum { FIRST_ROOM = 256 << 10 };

static int refuse(char err[], size_t errlen, const char *why)
{
	snprintf(err, errlen, "%s", why);
	return -EINVAL;
}

bool unzip_is_zip(const char *zip, size_t length)
{
	return length >= 4 && (memcmp(zip, "PK\3\4", 4) == 0 || memcmp(zip, "PK\5\6", 4) == 0); /* an empty one */
}

static zip_t *open_zip(const char *zip, size_t length, char err[], size_t errlen)
{
	zip_error_t error;
	zip_source_t *source;
	zip_t *z = NULL;

	zip_error_init(&error);
	source = zip_source_buffer_create(zip, length, 0, &error);
	if (source)
		z = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (source && !z)
		zip_source_free(source);
	if (!z)
		snprintf(err, errlen, "the zip cannot be read: %s", zip_error_strerror(&error));
	zip_error_fini(&error);
	return z;
}

/* The member's number, or -EINVAL. */
static zip_int64_t find(zip_t *z, const char *name, char err[], size_t errlen)
{
	zip_int64_t n = zip_get_num_entries(z, 0), found = -1;

	if (n > UNZIP_MEMBERS) {
		snprintf(err, errlen, "the zip has more than %d members", UNZIP_MEMBERS);
		return -EINVAL;
	}
	for (zip_int64_t i = 0; i < n; i++) {
		const char *its = zip_get_name(z, (zip_uint64_t)i, ZIP_FL_ENC_RAW);

		if (!its || strcmp(its, name) != 0)
			continue;
		if (found >= 0) {
			snprintf(err, errlen, "the zip has two members %s", name);
			return -EINVAL;
		}
		found = i;
	}
	if (found < 0)
		snprintf(err, errlen, "the zip has no member %s", name);
	return found < 0 ? -EINVAL : found;
}

static int too_long(const char *name, char err[], size_t errlen)
{
	snprintf(err, errlen, "%s is longer than %d MiB when it is unpacked", name, UNZIP_BYTES >> 20);
	return -EINVAL;
}

/* Whether it can be taken, as far as the zip tells. */
static int look_at(zip_t *z, zip_uint64_t i, const char *name, char err[], size_t errlen)
{
	zip_stat_t st;

	if (zip_stat_index(z, i, 0, &st) < 0)
		return refuse(err, errlen, zip_strerror(z));
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE) {
		snprintf(err, errlen, "%s is encrypted", name);
		return -EINVAL;
	}
	return (st.valid & ZIP_STAT_SIZE) && st.size > UNZIP_BYTES ? too_long(name, err, errlen) : 0;
}

/* Reads to the end, or one byte further than the limit. */
static int drain(zip_file_t *file, char **text, size_t *n)
{
	size_t room = 0;
	zip_int64_t got;

	for (*text = NULL, *n = 0; *n <= UNZIP_BYTES; *n += (size_t)got) {
		if (*n == room) {
			char *more = realloc(*text, room ? room * 2 : FIRST_ROOM);

			if (!more)
				return -ENOMEM;
			*text = more;
			room = room ? room * 2 : FIRST_ROOM;
		}
		got = zip_fread(file, *text + *n, room - *n);
		if (got <= 0)
			return got < 0 ? -EINVAL : 0;
	}
	return 0;
}

static int take(zip_t *z, zip_uint64_t i, const char *name, char **text, size_t *n, char err[], size_t errlen)
{
	zip_file_t *file = zip_fopen_index(z, i, 0);
	int r;

	if (!file) {
		snprintf(err, errlen, "%s cannot be unpacked: %s", name, zip_strerror(z));
		return -EINVAL;
	}
	r = drain(file, text, n);
	if (r == -EINVAL)
		snprintf(err, errlen, "%s cannot be unpacked: %s", name, zip_error_strerror(zip_file_get_error(file)));
	else if (r == -ENOMEM)
		snprintf(err, errlen, "out of memory");
	else if (*n > UNZIP_BYTES)
		r = too_long(name, err, errlen);
	zip_fclose(file);
	if (r < 0)
		free(*text);
	return r;
}

int unzip_member(const char *zip, size_t length, const char *name, char **text, size_t *text_length, char err[],
		 size_t errlen)
{
	zip_t *z = open_zip(zip, length, err, errlen);
	zip_int64_t i;
	int r;

	if (!z)
		return -EINVAL;
	i = find(z, name, err, errlen);
	r = i < 0 ? (int)i : look_at(z, (zip_uint64_t)i, name, err, errlen);
	if (r == 0)
		r = take(z, (zip_uint64_t)i, name, text, text_length, err, errlen);
	zip_discard(z);
	return r;
}
