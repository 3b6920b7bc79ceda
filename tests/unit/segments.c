/* SPDX-License-Identifier: Apache-2.0 */
/* segments.c: a file of its own, since <linux/tcp.h> and <netinet/tcp.h> (which libuv includes) exclude each other. */
#include "segments.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

unsigned segments_sent(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof info;

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) < 0 ? 0 : info.tcpi_data_segs_out;
}
