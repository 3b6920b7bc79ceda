/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_socket.c: one gateway a path.  Locks PATH.lock, removes what a killed gateway left, binds.  It does not
 * listen: control.c does, on its loop.
 */
#include "control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control_path.h"

/* What to do about an error of the file system. */
static const char *way_out(int r)
{
	switch (r) {
	case -ENOENT:
		return "create the folder, or set another `control` in the configuration";
	case -ENAMETOOLONG:
		return "set a shorter `control` in the configuration";
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return "let this user create files there, or set another `control` in the configuration";
	case -ELOOP:
		return "a symbolic link is no lock: remove it";
	default:
		return "set another `control` in the configuration";
	}
}

static int refuse(int r, const char *path, char err[], size_t errlen)
{
	snprintf(err, errlen, "control socket: cannot use %s: %s (%s)", path, strerror(-r), way_out(r));
	return r;
}

/* Another process has the lock, and has written its number into it. */
static int refuse_second(int lock, const char *path, char err[], size_t errlen)
{
	char number[16] = "";
	ssize_t n = pread(lock, number, sizeof number - 1, 0);

	number[n > 0 ? strspn(number, "0123456789") : 0] = 0;
	snprintf(err, errlen, "control socket: another gateway has %s%s%s (stop it, or set another `control`)", path,
		 number[0] ? ", process " : "", number);
	return -EADDRINUSE;
}

static int take_lock(struct control_socket *s, char err[], size_t errlen)
{
	char name[CONTROL_PATH_MAX + sizeof ".lock"];
	int r;

	snprintf(name, sizeof name, "%s.lock", s->path);
	s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return refuse(-errno, name, err, errlen);
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
		r = -errno;
		return r == -EWOULDBLOCK ? refuse_second(s->lock, s->path, err, errlen) : refuse(r, name, err, errlen);
	}
	/* Only people read the number: a full disk shall not stop the gateway. */
	if (ftruncate(s->lock, 0) == 0)
		dprintf(s->lock, "%ld\n", (long)getpid());
	return 0;
}

static bool somebody_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool yes;

	if (fd < 0)
		return true; /* not known: then nothing may be removed */
	yes = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN;
	close(fd);
	return yes;
}

/* No gateway is alive on this path, the lock says so; but what lies there might be another program's. */
static int remove_stale(const struct sockaddr_un *address, char err[], size_t errlen)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : refuse(-errno, path, err, errlen);
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, errlen,
			 "control socket: %s is there and is no socket (remove it, or set another `control`)", path);
		return -EEXIST;
	}
	if (somebody_listens(address)) {
		snprintf(err, errlen, "control socket: another program listens on %s (set another `control`)", path);
		return -EADDRINUSE;
	}
	return unlink(path) == 0 || errno == ENOENT ? 0 : refuse(-errno, path, err, errlen);
}

static int bind_to(struct control_socket *s, const struct sockaddr_un *address, char err[], size_t errlen)
{
	mode_t mask;
	int r;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return refuse(-errno, s->path, err, errlen);
	mask = umask(0177); /* for its owner only from its first moment: chmod would come too late */
	r = bind(s->fd, (const struct sockaddr *)address, sizeof *address) < 0 ? -errno : 0;
	umask(mask);
	s->bound = r == 0;
	return r < 0 ? refuse(r, s->path, err, errlen) : 0;
}

int control_socket_open(struct control_socket *s, const char *path, char err[], size_t errlen)
{
	struct sockaddr_un address;
	int r = control_address(&address, path);

	*s = (struct control_socket){ .lock = -1, .fd = -1 };
	if (r < 0)
		return refuse(r, path, err, errlen);
	s->path = strdup(path);
	if (!s->path)
		return refuse(-ENOMEM, path, err, errlen);
	r = take_lock(s, err, errlen);
	if (r == 0)
		r = remove_stale(&address, err, errlen);
	if (r == 0)
		r = bind_to(s, &address, err, errlen);
	if (r < 0)
		control_socket_close(s);
	return r;
}

int control_socket_give(struct control_socket *s, uid_t uid, gid_t gid, char err[], size_t errlen)
{
	if (lchown(s->path, uid, gid) < 0 || fchown(s->lock, uid, gid) < 0)
		return refuse(-errno, s->path, err, errlen);
	return 0;
}

void control_socket_unlink(struct control_socket *s)
{
	if (s->bound)
		unlink(s->path);
	s->bound = false;
}

void control_socket_close(struct control_socket *s)
{
	if (!s->path)
		return;
	control_socket_unlink(s);
	if (s->fd >= 0)
		close(s->fd);
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	*s = (struct control_socket){ .lock = -1, .fd = -1 };
}
