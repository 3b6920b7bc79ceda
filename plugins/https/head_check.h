/* SPDX-License-Identifier: Apache-2.0 */
/* head_check.h: what the fields of a head mean together.  Private to head.c. */
#ifndef HTTPS_HEAD_CHECK_H
#define HTTPS_HEAD_CHECK_H

#include "head.h"

/* HEAD_BAD with the code of the answer, 502 if this is one. */
enum head_verdict head_bad(struct head *h, int code, const char *reason);

/* With first line and fields read: framing, Host, Connection and what follows from them.  HEAD_OK or HEAD_BAD. */
enum head_verdict head_check(struct head *h, const char *p);

#endif
