/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unzip.h: takes one member out of a zip that lies in memory, for tools.  Nothing is written anywhere, so what the
 * members are called (paths, "..") leads nowhere; only the one that is asked for by its whole name is unpacked, and not
 * beyond the limit.
 */
#ifndef UNZIP_H
#define UNZIP_H

#include <stdbool.h>
#include <stddef.h>

enum {
	UNZIP_BYTES = 32 << 20, /* of the member, unpacked */
	UNZIP_MEMBERS = 1000,   /* of the zip */
};

/* The bytes begin like a zip. */
bool unzip_is_zip(const char *zip, size_t length);

/* 0 and the member, which the caller frees; or -EINVAL (no zip, no such member or two of them, encrypted, broken, over
 * a limit), or -ENOMEM, with the reason in err. */
int unzip_member(const char *zip, size_t length, const char *name, char **text, size_t *text_length, char err[],
		 size_t errlen);

#endif
