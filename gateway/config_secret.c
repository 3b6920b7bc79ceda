/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_secret.c reads the file of `gateway { secret }`: the key of tokens and digests, made of whatever is in it.  It
 * judges its length and who else may read it; that it is random only its owner knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_parts.h"
#include "tls_digest.h"

enum { SECRET_LEAST = 16, SECRET_MOST = 4096 };

/* At most SECRET_MOST + 1 bytes of the file, and who may read it.  How many, or -errno. */
static ssize_t read_secret(const char *path, unsigned char p[SECRET_MOST + 1], mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0, r;

	if (fd < 0)
		return -errno;
	do {
		r = read(fd, p + n, (size_t)(SECRET_MOST + 1 - n));
		n += r > 0 ? r : 0;
	} while (r > 0 && n <= SECRET_MOST);
	if (r < 0 || fstat(fd, &st) < 0)
		n = -errno;
	else
		*mode = st.st_mode;
	close(fd);
	return n;
}

static int refuse(struct builder *b, int64_t line, const char *path, const char *why)
{
	char text[1024];

	snprintf(text, sizeof text, "%s %s; make one: head -c 32 /dev/urandom > %s", path, why, path);
	return config_problem(b, line, "gateway: secret", NULL, text);
}

/* Others than its owner and group: whoever reads it can sign as the gateway does. */
static int warn(struct builder *b, int64_t line, const char *path)
{
	char text[1024];

	snprintf(text, sizeof text, "%s can be read or written by every user; chmod o= %s", path, path);
	return config_warning(b, line, "gateway: secret", NULL, text);
}

int config_secret(struct builder *b, const struct node *gateway)
{
	const char *path = node_text(gateway, "secret");
	int64_t line = node_number(node_get(gateway, "lines"), "secret");
	struct settings *s = &b->snapshot->settings;
	unsigned char bytes[SECRET_MOST + 1], digest[TLS_DIGEST];
	mode_t mode = 0;
	ssize_t n;

	if (!path)
		return 0;
	n = read_secret(path, bytes, &mode);
	if (n < 0)
		return refuse(b, line, path, strerror((int)-n));
	if (n < SECRET_LEAST)
		return refuse(b, line, path, "has less than 16 bytes");
	if (n > SECRET_MOST)
		return refuse(b, line, path, "has more than 4096 bytes");
	if (tls_digest(bytes, (size_t)n, digest) < 0)
		return refuse(b, line, path, "cannot be hashed");
	explicit_bzero(bytes, sizeof bytes);
	memcpy(s->secret, digest, sizeof s->secret);
	s->has_secret = true;
	return mode & S_IRWXO ? warn(b, line, path) : 0;
}
