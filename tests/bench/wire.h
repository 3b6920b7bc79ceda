/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire.h: the little that both ends of the bench know of messages, and addresses.  It trusts what it reads: both ends
 * are ours.
 */
#ifndef WIRE_H
#define WIRE_H

#include <netinet/in.h>
#include <stddef.h>

struct text {
	const char *p;
	size_t n;
};

/* The length of the whole message at `p`, and of its head; 0 while it is not complete. */
size_t wire_message(const char *p, size_t n, size_t *head);

/* The value of a header; { NULL, 0 } when there is none. */
struct text wire_header(const char *head, size_t n, const char *name);

/* "127.0.0.1:5061".  Ends the program for anything outside 127.0.0.0/8: a bench has no business elsewhere. */
struct sockaddr_in wire_loopback(const char *address);

/* Microseconds of a clock that only goes forward. */
long long wire_now_us(void);

/* What a load and who measures it say to each other: "ready" until a line comes; no more until the end of stdin. */
void wire_ready(void);
void wire_linger(void);

/* Says why on stderr, with errno's words if there are some, and ends the program. */
void wire_die(const char *what) __attribute__((noreturn));

#endif
