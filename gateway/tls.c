/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls.c is one TLS connection: bytes of records in, bytes of records out, all in memory.  GnuTLS reads from and writes
 * to the two buffers that the running call has lent; between calls a connection holds no buffer but the beginning of a
 * record. Which certificate is shown and which is believed: tls_choice.c, tls_client.c, tls_peer.c.
 */
#include "tls_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"

/* ---- Bytes ---- */

static ssize_t pull(gnutls_transport_ptr_t ptr, void *p, size_t n)
{
	struct tls *t = ptr;
	size_t have = t->in ? buf_len(t->in) : 0;

	if (have == 0) {
		gnutls_transport_set_errno(t->session, EAGAIN);
		return -1;
	}
	if (n > have)
		n = have;
	t->quiet += n;
	if (t->quiet > TLS_QUIET_MAX) { /* GnuTLS would gather a message of 16 MiB before it looks */
		gnutls_transport_set_errno(t->session, EMSGSIZE);
		return -1;
	}
	memcpy(p, t->in->p + t->in->start, n);
	buf_consume(t->in, n);
	return (ssize_t)n;
}

/* GnuTLS's own would ask a socket. */
static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
	const struct tls *t = ptr;

	(void)ms;
	return t->in && buf_len(t->in) > 0;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int n)
{
	struct tls *t = ptr;
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += iov[i].iov_len;
	if (!t->out || (sum && !buf_room(t->out, sum))) {
		gnutls_transport_set_errno(t->session, ENOMEM);
		return -1;
	}
	for (int i = 0; i < n; i++)
		(void)buf_append(t->out, iov[i].iov_base, iov[i].iov_len); /* there is room */
	return (ssize_t)sum;
}

static void lend(struct tls *t, struct buf *in, struct buf *out)
{
	t->in = in;
	t->out = out;
}

static bool wants_more(ssize_t ret)
{
	return ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED || ret == GNUTLS_E_WARNING_ALERT_RECEIVED;
}

/* True when GnuTLS stopped though there is more to take: it also says "again" after a record that was its own affair.
 */
static bool goes_on(const struct tls *t, ssize_t ret, size_t before)
{
	size_t left = buf_len(t->in);

	return wants_more(ret) && left > 0 && left < before;
}

/* The peer learns why, unless it was the one who told us. */
static void send_alert(struct tls *t, int error)
{
	if (error == GNUTLS_E_FATAL_ALERT_RECEIVED || error == GNUTLS_E_PUSH_ERROR)
		return;
	if (t->alert)
		gnutls_alert_send(t->session, GNUTLS_AL_FATAL, t->alert);
	else if (error == GNUTLS_E_NO_CERTIFICATE_FOUND) /* RFC 5246 section 7.4.6 */
		gnutls_alert_send(t->session, GNUTLS_AL_FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
	else
		gnutls_alert_send_appropriate(t->session, error);
}

static void fail(struct tls *t, int error)
{
	t->failed = true;
	if (t->foreign)
		t->reason = "what came is not TLS";
	if (!t->reason) /* else the certificate was refused */
		t->reason = tls_words_error(t->session, error);
	send_alert(t, error);
}

/* ---- Beginning and end ---- */

static struct tls *tls_new(unsigned flags, gnutls_priority_t priority, gnutls_certificate_credentials_t cred)
{
	struct tls *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	if (gnutls_init(&t->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		free(t);
		return NULL;
	}
	gnutls_session_set_ptr(t->session, t);
	gnutls_transport_set_ptr(t->session, t);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
	gnutls_transport_set_vec_push_function(t->session, push);
	if (gnutls_priority_set(t->session, priority) == 0 &&
	    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, cred) == 0)
		return t;
	gnutls_deinit(t->session);
	free(t);
	return NULL;
}

int tls_accept(struct tls **tp, struct tls_server *server)
{
	static const gnutls_certificate_request_t requests[] = {
		[TLS_VERIFY_NONE] = GNUTLS_CERT_IGNORE,
		[TLS_VERIFY_OPTIONAL] = GNUTLS_CERT_REQUEST,
		[TLS_VERIFY_REQUIRED] = GNUTLS_CERT_REQUIRE,
	};
	bool tickets = server->ticket_key.size > 0;
	struct tls *t = tls_new(GNUTLS_SERVER | (tickets ? 0 : GNUTLS_NO_TICKETS), server->identities[0]->priority,
				server->cred);

	if (!t)
		return -ENOMEM;
	t->server = tls_server_ref(server);
	tls_hello_watch(t);
	gnutls_certificate_server_set_request(t->session, requests[server->verify]);
	if ((tickets && tls_ticket_enable(t->session, server) < 0) ||
	    (server->nalpn &&
	     gnutls_alpn_set_protocols(t->session, server->alpn, server->nalpn, GNUTLS_ALPN_SERVER_PRECEDENCE) < 0)) {
		tls_free(t);
		return -ENOMEM;
	}
	*tp = t;
	return 0;
}

/* RFC 6066 section 3: SNI is a name, never an address. */
static int name_server(struct tls *t)
{
	unsigned n;

	if (!t->name)
		return t->verify ? -EINVAL : 0;
	if (tls_peer_is_address(t->name, NULL, &n))
		return 0;
	n = (unsigned)gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->name, strlen(t->name));
	if (n == 0)
		return 0;
	return (int)n == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL;
}

int tls_connect(struct tls **tp, struct tls_client *client, const struct tls_target *target)
{
	bool tickets = target->stock && client->identity->tickets;
	unsigned flags = GNUTLS_CLIENT | (tickets ? 0 : GNUTLS_NO_TICKETS);
	struct tls *t = tls_new(flags, client->identity->priority, client->cred);
	int ret;

	if (!t)
		return -ENOMEM;
	t->client = tls_client_ref(client);
	t->name = target->name;
	t->verify = target->verify;
	t->show = target->show;
	if (t->verify)
		gnutls_session_set_verify_function(t->session, tls_peer_verify);
	ret = name_server(t);
	if (ret < 0) {
		tls_free(t);
		return ret;
	}
	tls_resume_begin(t, target);
	*tp = t;
	return 0;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	tls_resume_end(t);
	gnutls_deinit(t->session);
	gnutls_free(t->subject.data);
	free(t->sni);
	free(t->told);
	tls_server_unref(t->server);
	tls_client_unref(t->client);
	free(t);
}

/* ---- Handshake ---- */

static int note_sni(struct tls *t)
{
	char name[TLS_NAME_MAX];
	size_t n = sizeof name;
	unsigned type;

	if (!t->server || gnutls_server_name_get(t->session, name, &n, &type, 0) < 0)
		return 0;
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	t->sni = strdup(name);
	return t->sni ? 0 : GNUTLS_E_MEMORY_ERROR;
}

static int finish(struct tls *t)
{
	if (gnutls_session_is_resumed(t->session) && tls_peer_verify_resumed(t) < 0)
		return GNUTLS_E_CERTIFICATE_ERROR;
	return note_sni(t);
}

/* A client that does not speak TLS gives errors that tell nobody so.  (From 0x80 on: RFC 5246 appendix E.2, which
 * GnuTLS takes from old clients.) */
static void look_at_first_byte(struct tls *t, const struct buf *in)
{
	enum { ALERT = 21, HANDSHAKE = 22, VERSION_2 = 0x80 }; /* RFC 8446 section 5.1 */
	unsigned char first;

	if (t->begun || buf_len(in) == 0)
		return;
	t->begun = true;
	first = (unsigned char)in->p[in->start];
	t->foreign = first != ALERT && first != HANDSHAKE && first < VERSION_2;
}

enum tls_step tls_handshake(struct tls *t, struct buf *in, struct buf *out)
{
	size_t before;
	int ret;

	if (t->ready || t->failed)
		return t->failed ? TLS_FAILED : TLS_READY;
	look_at_first_byte(t, in);
	lend(t, in, out);
	do {
		before = buf_len(in);
		ret = gnutls_handshake(t->session);
	} while (goes_on(t, ret, before));
	if (ret == 0)
		ret = finish(t);
	if (ret < 0 && !wants_more(ret))
		fail(t, ret);
	lend(t, NULL, NULL);
	t->ready = ret == 0;
	if (t->ready)
		t->quiet = 0;
	return t->failed ? TLS_FAILED : t->ready ? TLS_READY : TLS_MORE;
}

bool tls_is_light(const struct tls *t)
{
	bool shows = t->server && t->server->verify != TLS_VERIFY_NONE; /* a certificate, and signs with it */
	gnutls_handshake_description_t last = gnutls_handshake_get_last_out(t->session);

	return !shows && (last == GNUTLS_HANDSHAKE_FINISHED || last == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET);
}

/* ---- Records ---- */

ssize_t tls_decrypt(struct tls *t, struct buf *in, struct buf *out, void *p, size_t n)
{
	size_t before;
	ssize_t ret;

	if (t->failed)
		return -EPROTO;
	lend(t, in, out);
	do {
		before = buf_len(in);
		ret = gnutls_record_recv(t->session, p, n);
	} while (goes_on(t, ret, before));
	if (ret > 0) {
		t->quiet = 0;
	} else if (wants_more(ret)) {
		ret = -EAGAIN;
	} else if (ret < 0) {
		fail(t, (int)ret);
		tls_resume_spoil(t);
		ret = -EPROTO;
	}
	lend(t, NULL, NULL);
	return ret;
}

int tls_encrypt(struct tls *t, const void *p, size_t n, struct buf *out)
{
	const char *at = p;
	ssize_t ret = 0;

	if (t->failed || t->bye_sent)
		return -EPIPE;
	lend(t, NULL, out);
	while (n > 0 && ret >= 0) {
		ret = gnutls_record_send(t->session, at, n);
		if (ret > 0) {
			at += ret;
			n -= (size_t)ret;
		}
	}
	lend(t, NULL, NULL);
	if (ret >= 0)
		return 0;
	t->failed = true;
	t->reason = tls_words_error(t->session, (int)ret);
	return ret == GNUTLS_E_PUSH_ERROR || ret == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EPROTO;
}

void tls_bye(struct tls *t, struct buf *out)
{
	if (!t->ready || t->failed || t->bye_sent)
		return;
	t->bye_sent = true;
	lend(t, NULL, out);
	(void)gnutls_bye(t->session, GNUTLS_SHUT_WR); /* out of memory: then the peer sees a cut */
	lend(t, NULL, NULL);
}

/* ---- What is known ---- */

const char *tls_reason(const struct tls *t)
{
	return t->reason ? t->reason : "nothing went wrong";
}

void tls_facts(const struct tls *t, struct tls_facts *f)
{
	gnutls_datum_t alpn;

	*f = (struct tls_facts){ .verified = t->verified, .trusted = t->trusted };
	f->resumed = t->ready && gnutls_session_is_resumed(t->session);
	if (t->verified)
		f->subject = (struct lg_span){ (const char *)t->subject.data, t->subject.size };
	f->sni = span_of(t->sni);
	f->refused = span_of(t->refused);
	if (gnutls_alpn_get_selected_protocol(t->session, &alpn) == 0)
		f->alpn = (struct lg_span){ (const char *)alpn.data, alpn.size };
}

int tls_init(char err[], size_t errlen)
{
	if (!gnutls_check_version("3.7.0"))
		return tls_say(err, errlen, -ENOSYS, "GnuTLS %s is too old, 3.7.0 is needed",
			       gnutls_check_version(NULL));
	if (gnutls_global_init() < 0)
		return tls_say(err, errlen, -EIO, "GnuTLS does not start");
	return 0;
}

void tls_fini(void)
{
	gnutls_global_deinit();
}
