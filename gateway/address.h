/* SPDX-License-Identifier: Apache-2.0 */
/* address.h: socket addresses as text, the way the configuration and the log write them. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* Reads "10.0.0.0/8", "2001:db8::/32" or an address alone; 0 or -EINVAL.  With `meant`: bits set behind the slash's are
 * an error too, and the network without them is written there. */
int address_parse_net(struct lg_net *net, const char *text, char meant[ADDRESS_TEXT]);
bool address_in_net(const uint8_t address[16], const struct lg_net *net);

socklen_t address_len(const struct sockaddr *a);

uint16_t address_port(const struct sockaddr *a);
void address_set_port(struct sockaddr_storage *a, uint16_t port);

/* Sets all bits of the host to 0 but the first `v4` (of IPv4, also written as IPv6) or `v6`; 0: all count. */
void address_mask(struct sockaddr_storage *a, unsigned v4, unsigned v6);

/* 0.0.0.0 or ::, with any port. */
bool address_is_any(const struct sockaddr *a);

/* Whether they differ in the port at most. */
bool address_same_host(const struct sockaddr *a, const struct sockaddr *b);

#endif
