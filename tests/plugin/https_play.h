/* SPDX-License-Identifier: Apache-2.0 */
/* https_play.h: the https plugin on the fake host, for its tests. */
#ifndef HTTPS_PLAY_H
#define HTTPS_PLAY_H

#include "fake_host.h"
#include "plugins/https/exchange.h"

extern const struct lg_plugin lychgate_plugin;

/* The options as they are by default. */
struct options play_options(void);

/* A fake host that runs the plugin; the options stay.  NULL: the usual ones. */
struct fake *play(const struct options *o);

/* Does the peer's `got` begin with this, hold this so many times? */
bool starts(const struct fake_peer *p, const char *text);
unsigned times(const struct fake_peer *p, const char *text);

/* Does it end so? */
bool ends(const struct fake_peer *p, const char *text);

#define GET         "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define HEADS       "HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define POST(n)     "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: " #n "\r\n\r\n"
#define OK(n)       "HTTP/1.1 200 OK\r\nContent-Length: " #n "\r\n\r\n"
#define OK_CHUNKED  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
#define OK_TO_CLOSE "HTTP/1.1 200 OK\r\n\r\n"

#endif
