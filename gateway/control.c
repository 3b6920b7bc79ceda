/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.c: takes a line from a client of the operator's socket, and sends the answer.  What the line means:
 * command.c; the socket's file and lock: control_socket.c.  All but control_create and control_free runs on the control
 * thread.
 */
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "command.h"
#include "control_socket.h"
#include "hint.h"
#include "log.h"

/* One connection: a request, an answer, the end. */
struct client {
	struct control *control;
	bool busy;        /* the place is taken; free again when both handles have closed */
	unsigned handles; /* not yet closed */
	uv_pipe_t pipe;
	uv_timer_t patience;
	uv_write_t write;
	size_t n;
	char line[CONTROL_LINE + 2]; /* the request, its newline, and room for a NUL */
	char *answer;                /* malloc */
};

struct control {
	struct control_socket socket;
	struct command_target target;
	uv_loop_t *loop;
	uv_pipe_t server;
	bool served;  /* `server` is one of the loop's handles */
	bool waiting; /* a connection that found no place */
	bool closed;
	struct client clients[CONTROL_CLIENTS];
};

static void accept_next(struct control *c);

/* ---- One client ---- */

static void on_client_closed(uv_handle_t *h)
{
	struct client *cl = h->data;
	struct control *c = cl->control;

	if (--cl->handles > 0)
		return;
	free(cl->answer);
	cl->answer = NULL;
	cl->busy = false;
	if (c->waiting && !c->closed)
		accept_next(c);
}

/* Again does nothing; also when the loop's end has closed the handles already. */
static void client_close(struct client *cl)
{
	if (!uv_is_closing((uv_handle_t *)&cl->pipe))
		uv_close((uv_handle_t *)&cl->pipe, on_client_closed);
	if (!uv_is_closing((uv_handle_t *)&cl->patience))
		uv_close((uv_handle_t *)&cl->patience, on_client_closed);
}

static void on_impatient(uv_timer_t *t)
{
	client_close(t->data);
}

static void on_written(uv_write_t *w, int status)
{
	(void)status; /* who does not read the answer did not want it */
	client_close(w->data);
}

/* Sends `answer`, a reference that it takes; NULL: there was no memory for it, and the end says so. */
static void send_answer(struct client *cl, json_t *answer)
{
	uv_buf_t buf;

	cl->answer = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	if (!cl->answer) {
		log_warning("control-failed", "reason", "out of memory");
		client_close(cl);
		return;
	}
	buf = uv_buf_init(cl->answer, (unsigned)strlen(cl->answer));
	cl->write.data = cl;
	if (uv_write(&cl->write, (uv_stream_t *)&cl->pipe, &buf, 1, on_written) < 0 ||
	    uv_timer_start(&cl->patience, on_impatient, CONTROL_WAIT_MS, 0) < 0)
		client_close(cl);
}

static void take_request(struct client *cl, size_t n)
{
	uv_read_stop((uv_stream_t *)&cl->pipe);
	if (n > 0 && cl->line[n - 1] == '\r')
		n--;
	cl->line[n] = 0;
	send_answer(cl, command_run(&cl->control->target, cl->line, n));
}

static void on_buffer(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
	struct client *cl = h->data;

	(void)hint;
	*buf = uv_buf_init(cl->line + cl->n, (unsigned)(sizeof cl->line - 1 - cl->n));
}

static void on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *buf)
{
	struct client *cl = s->data;
	char *end;

	(void)buf;
	if (got < 0) { /* a client that says nothing, or not all of it, is owed nothing */
		client_close(cl);
		return;
	}
	end = memchr(cl->line + cl->n, '\n', (size_t)got);
	cl->n += (size_t)got;
	if (end) {
		take_request(cl, (size_t)(end - cl->line));
	} else if (cl->n > CONTROL_LINE) {
		uv_read_stop(s);
		send_answer(cl, hint_error(NULL, NULL, "the request is too long"));
	}
}

/* ---- All clients ---- */

static struct client *free_place(struct control *c)
{
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (!c->clients[i].busy)
			return &c->clients[i];
	}
	return NULL;
}

static void client_open(struct control *c, struct client *cl)
{
	cl->control = c;
	cl->busy = true;
	cl->n = 0;
	cl->handles = 2;
	uv_pipe_init(c->loop, &cl->pipe, 0);
	uv_timer_init(c->loop, &cl->patience);
	cl->pipe.data = cl->patience.data = cl;
	if (uv_accept((uv_stream_t *)&c->server, (uv_stream_t *)&cl->pipe) < 0 ||
	    uv_timer_start(&cl->patience, on_impatient, CONTROL_WAIT_MS, 0) < 0 ||
	    uv_read_start((uv_stream_t *)&cl->pipe, on_buffer, on_read) < 0)
		client_close(cl);
}

/* Accepts the one connection that libuv has at hand; it brings no other one before that. */
static void accept_next(struct control *c)
{
	struct client *cl = free_place(c);

	c->waiting = !cl;
	if (cl)
		client_open(c, cl);
}

static void on_connection(uv_stream_t *s, int status)
{
	if (status == 0)
		accept_next(s->data);
	else
		log_warning("control-failed", "reason", uv_strerror(status));
}

/* ---- The socket ---- */

int control_create(struct control **cp, const char *path, char err[], size_t errlen)
{
	struct control *c = calloc(1, sizeof *c);
	int r;

	if (!c) {
		snprintf(err, errlen, "control socket: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	r = control_socket_open(&c->socket, path, err, errlen);
	if (r < 0)
		free(c);
	else
		*cp = c;
	return r;
}

int control_give(struct control *c, const struct user *u, char err[], size_t errlen)
{
	return u->chosen ? control_socket_give(&c->socket, u->uid, u->gid, err, errlen) : 0;
}

int control_serve(struct control *c, struct worker *control, struct snapshot *snapshot, monitor_changed_fn changed,
		  void *ctx)
{
	int r;

	c->loop = &control->loop;
	c->target = (struct command_target){ snapshot, clock_unix_ms(), changed, ctx };
	r = uv_pipe_init(c->loop, &c->server, 0);
	if (r < 0)
		return r;
	c->served = true;
	c->server.data = c;
	r = uv_pipe_open(&c->server, c->socket.fd);
	if (r < 0)
		return r;
	c->socket.fd = -1; /* closing `server` closes it */
	return uv_listen((uv_stream_t *)&c->server, CONTROL_CLIENTS, on_connection);
}

void control_close(struct control *c)
{
	if (!c || c->closed)
		return;
	c->closed = true;
	control_socket_unlink(&c->socket);
	if (c->served && !uv_is_closing((uv_handle_t *)&c->server))
		uv_close((uv_handle_t *)&c->server, NULL);
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->clients[i].busy)
			client_close(&c->clients[i]);
	}
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++)
		free(c->clients[i].answer);
	control_socket_close(&c->socket);
	free(c);
}
