/* SPDX-License-Identifier: Apache-2.0 */
/* lychctl_talk.c: connects to the operator's socket, asks, reads until the end.  It waits TALK_WAIT_S for each step, no
 * longer. */
#include "lychctl_talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "control_path.h"

enum { TALK_WAIT_S = 10, TALK_ANSWER = 64 * 1024 * 1024 };

static int refuse(int r, const char *path, char err[], size_t errlen)
{
	switch (r) {
	case -ENOENT:
	case -ECONNREFUSED:
		snprintf(err, errlen, "no gateway listens on %s (start one, or give its `control` with -s)", path);
		break;
	case -EACCES:
	case -EPERM:
		snprintf(err, errlen, "%s belongs to another user (run as that user or as root)", path);
		break;
	case -EAGAIN:
		snprintf(err, errlen, "the gateway on %s does not answer", path);
		break;
	default:
		snprintf(err, errlen, "%s: %s", path, strerror(-r));
	}
	return r;
}

static int connect_to(const char *path)
{
	const struct timeval wait = { .tv_sec = TALK_WAIT_S };
	struct sockaddr_un address;
	int fd, r = control_address(&address, path);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* A request is short, the socket takes it whole. */
static int ask(int fd, const char *line)
{
	struct iovec pieces[] = { { (char *)line, strlen(line) }, { (char *)"\n", 1 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

	if (n < 0)
		return -errno;
	return (size_t)n == pieces[0].iov_len + 1 ? 0 : -EMSGSIZE;
}

/* All bytes until the end; `*text` is malloc'd, also on failure. */
static int read_all(int fd, char **text, size_t *n)
{
	size_t room = 0;

	for (*n = 0;;) {
		ssize_t got;

		if (*n == room) {
			char *more = room < TALK_ANSWER ? realloc(*text, room ? room * 2 : 64 * 1024) : NULL;

			if (!more)
				return room < TALK_ANSWER ? -ENOMEM : -EMSGSIZE;
			*text = more;
			room = room ? room * 2 : 64 * 1024;
		}
		got = read(fd, *text + *n, room - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ECONNRESET && *n > 0)
			return 0; /* it did not read all of our request; its answer is whole all the same, or is no JSON
				   */
		if (got <= 0)
			return got < 0 ? -errno : 0;
		*n += (size_t)got;
	}
}

int talk(json_t **answer, const char *path, const char *line, char err[], size_t errlen)
{
	int fd = connect_to(path), r;
	json_error_t why;
	char *text = NULL;
	size_t n = 0;

	if (fd < 0)
		return refuse(fd, path, err, errlen);
	r = ask(fd, line);
	if (r == 0)
		r = read_all(fd, &text, &n);
	close(fd);
	if (r < 0) {
		free(text);
		return refuse(r, path, err, errlen);
	}
	*answer = json_loadb(text, n, JSON_ALLOW_NUL, &why);
	free(text);
	if (json_is_object(*answer) || json_is_object(json_array_get(*answer, 0)))
		return 0;
	json_decref(*answer);
	*answer = NULL;
	snprintf(err, errlen, "%s: %s", path, n ? "what answers there is no gateway" : "the gateway gave no answer");
	return -EPROTO;
}
