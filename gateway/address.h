/* SPDX-License-Identifier: Apache-2.0 */
/* address.h: socket addresses as text, the way the configuration and the log write them. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include <lychgate/plugin.h>

enum { ADDRESS_TEXT = 64 };

/* "192.0.2.1:5061", "[2001:db8::1]:5061" */
void address_format(const struct sockaddr *a, char text[], size_t n);

/* The same without port and brackets: "2001:db8::1". */
void address_format_host(const struct sockaddr *a, char text[], size_t n);

/* Reads what address_format writes; 0 or -EINVAL. */
int address_parse(struct sockaddr_storage *a, struct lg_span text);
/* Puts the host of `from` into `to`, whose port stays. */
void address_take_host(struct sockaddr_storage *to, const struct sockaddr_storage *from);

socklen_t address_len(const struct sockaddr *a);

#endif
