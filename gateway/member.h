/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member.h: whether a client is itself a server: a member of a pool that its listener can reach, which has connected or
 * sends datagrams by itself.
 */
#ifndef MEMBER_H
#define MEMBER_H

struct link;

/* Sets pub.server of a client link that has opened, when its address is a server's; inside TLS only when its
 * certificate has verified and bears the server's name. */
void member_recognise(struct link *l);

#endif
