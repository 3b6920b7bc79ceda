/* SPDX-License-Identifier: Apache-2.0 */
/* wire.c: see wire.h. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void wire_die(const char *what)
{
	fprintf(stderr, "%s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

struct text wire_header(const char *head, size_t n, const char *name)
{
	const char *end = head + n, *line = head, *stop;
	size_t len = strlen(name);

	while ((line = memchr(line, '\n', end - line)) && ++line < end) {
		if ((size_t)(end - line) <= len || line[len] != ':' || strncasecmp(line, name, len) != 0)
			continue;
		line += len + 1;
		while (line < end && *line == ' ')
			line++;
		stop = memchr(line, '\r', end - line);
		return (struct text){ line, (stop ? stop : end) - line };
	}
	return (struct text){ NULL, 0 };
}

size_t wire_message(const char *p, size_t n, size_t *head)
{
	const char *blank = memmem(p, n, "\r\n\r\n", 4);
	struct text length;
	size_t whole;

	if (!blank)
		return 0;
	*head = blank + 4 - p;
	length = wire_header(p, *head, "Content-Length");
	whole = *head + (length.p ? strtoul(length.p, NULL, 10) : 0);
	return whole <= n ? whole : 0;
}

struct sockaddr_in wire_loopback(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	const char *colon = strrchr(address, ':');
	char host[16] = "";

	if (colon && (size_t)(colon - address) < sizeof(host))
		memcpy(host, address, colon - address);
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1 || ntohl(in.sin_addr.s_addr) >> 24 != 127)
		wire_die("an address must be 127.x.x.x:PORT");
	in.sin_port = htons(strtoul(colon + 1, NULL, 10));
	return in;
}

long long wire_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

void wire_ready(void)
{
	puts("ready");
	fflush(stdout);
	getchar();
}

void wire_linger(void)
{
	while (getchar() != EOF)
		;
}
