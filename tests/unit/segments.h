/* SPDX-License-Identifier: Apache-2.0 */
/* segments.h: how many segments with data a TCP socket has sent: on the loopback one for each send of up to 64 KiB. */
#ifndef SEGMENTS_H
#define SEGMENTS_H

unsigned segments_sent(int fd);

#endif
