/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_watch.c looks at certificates by the clock, on the control thread: it has the files of revoked ones read again and
 * says what ends soon.  It decides nothing: what a list means for a connection is tls_peer.c's, and an expired
 * certificate is still shown, because a client may take it and none would take nothing.
 */
#include "tls_watch.h"

#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"

struct tls_watch {
	struct snapshot *snapshot;
	uv_timer_t look, tell;
};

/* ---- What ends ---- */

static void tell_end(const struct tls_entry *t, const char *file, const char *what, long long days)
{
	if (days < 0)
		log_error("certificate-expired", "tls", t->name, "file", file, "what", what, "remedy",
			  "get a new one from its authority and start the gateway again");
	else if (days < TLS_SOON_DAYS)
		log_warning("certificate-expires", "tls", t->name, "file", file, "what", what, "days", LOG_NUM(days));
}

static void tell_one(const struct tls_entry *t, long long now)
{
	struct tls_expiry e;

	tls_identity_expiry(t->identity, &e);
	if (e.file)
		tell_end(t, e.file, "certificate", tls_days(e.certificate, now));
	if (e.file && e.chain < e.certificate)
		tell_end(t, e.file, "one of the chain", tls_days(e.chain, now));
	if (e.crl && e.crl_next && e.crl_next < now)
		log_warning("crl-outdated", "tls", t->name, "file", e.crl, "days", LOG_NUM(-tls_days(e.crl_next, now)), "remedy",
			    "fetch the next list; this one holds until then");
}

static void tell_all(const struct tls_watch *w)
{
	for (unsigned i = 0; i < w->snapshot->ntls; i++)
		tell_one(&w->snapshot->tls[i], clock_unix_ms() / 1000);
}

static void on_tell(uv_timer_t *t)
{
	tell_all(t->data);
}

/* ---- What is revoked ---- */

static void look_at(const struct tls_entry *t)
{
	char err[1024] = "";
	int ret = tls_identity_refresh(t->identity, err, sizeof err);

	if (ret > 0)
		log_info("crl-read", "tls", t->name);
	else if (ret < 0)
		log_error("crl-refused", "tls", t->name, "reason", err, "until_then", "the lists that were read before");
}

static void on_look(uv_timer_t *t)
{
	const struct tls_watch *w = t->data;

	for (unsigned i = 0; i < w->snapshot->ntls; i++)
		look_at(&w->snapshot->tls[i]);
}

/* ---- Beginning and end ---- */

int tls_watch_start(struct tls_watch **wp, struct worker *control, struct snapshot *snapshot)
{
	struct tls_watch *w = calloc(1, sizeof *w);

	if (!w)
		return -ENOMEM;
	w->snapshot = snapshot;
	uv_timer_init(&control->loop, &w->look);
	uv_timer_init(&control->loop, &w->tell);
	w->look.data = w->tell.data = w;
	*wp = w;
	tell_all(w);
	if (snapshot->ntls == 0)
		return 0;
	if (uv_timer_start(&w->look, on_look, TLS_LOOK_MS, TLS_LOOK_MS) < 0 ||
	    uv_timer_start(&w->tell, on_tell, TLS_TELL_MS, TLS_TELL_MS) < 0)
		return -EIO;
	return 0;
}

void tls_watch_stop(struct tls_watch *w)
{
	if (!w)
		return;
	if (!uv_is_closing((uv_handle_t *)&w->look))
		uv_close((uv_handle_t *)&w->look, NULL);
	if (!uv_is_closing((uv_handle_t *)&w->tell))
		uv_close((uv_handle_t *)&w->tell, NULL);
}

void tls_watch_free(struct tls_watch *w)
{
	free(w);
}
