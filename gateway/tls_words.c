/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_words.c says in plain words what GnuTLS says in numbers: its errors, the alerts that a peer sends and the flaws
 * of a certificate.  All words are constant, so that they may be kept and compared.
 */
#include "tls_private.h"

struct words {
	int number;
	const char *text;
};

static const struct words alerts[] = {
	{ GNUTLS_A_UNEXPECTED_MESSAGE, "the peer did not expect what we sent" },
	{ GNUTLS_A_BAD_RECORD_MAC, "the peer got our bytes damaged" },
	{ GNUTLS_A_HANDSHAKE_FAILURE, "the peer finds no shared cipher, or misses a certificate" },
	{ GNUTLS_A_BAD_CERTIFICATE, "the peer refuses our certificate" },
	{ GNUTLS_A_UNSUPPORTED_CERTIFICATE, "the peer cannot use our kind of certificate" },
	{ GNUTLS_A_CERTIFICATE_REVOKED, "the peer says that our certificate is revoked" },
	{ GNUTLS_A_CERTIFICATE_EXPIRED, "the peer says that our certificate has expired" },
	{ GNUTLS_A_CERTIFICATE_UNKNOWN, "the peer refuses our certificate" },
	{ GNUTLS_A_UNKNOWN_CA, "the peer does not know the authority of our certificate" },
	{ GNUTLS_A_ACCESS_DENIED, "the peer denies us access" },
	{ GNUTLS_A_DECRYPT_ERROR, "the peer finds a wrong signature" },
	{ GNUTLS_A_PROTOCOL_VERSION, "the peer does not speak our TLS versions" },
	{ GNUTLS_A_INSUFFICIENT_SECURITY, "the peer finds our ciphers too weak" },
	{ GNUTLS_A_INTERNAL_ERROR, "the peer has an internal error" },
	{ GNUTLS_A_USER_CANCELED, "the peer gave up" },
	{ GNUTLS_A_NO_RENEGOTIATION, "the peer refuses renegotiation" },
	{ GNUTLS_A_UNRECOGNIZED_NAME, "the peer does not know the name that we asked for" },
	{ GNUTLS_A_CERTIFICATE_REQUIRED, "the peer requires a certificate" },
	{ GNUTLS_A_NO_APPLICATION_PROTOCOL, "the peer finds no shared application protocol" },
};

static const struct words errors[] = {
	{ GNUTLS_E_NO_CIPHER_SUITES, "no shared cipher or version" },
	{ GNUTLS_E_UNKNOWN_CIPHER_SUITE, "no shared cipher or version" },
	{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, "no shared cipher or version" },
	{ GNUTLS_E_INSUFFICIENT_CREDENTIALS, "no shared cipher or version" },
	{ GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, "no shared kind of signature" },
	{ GNUTLS_E_NO_COMMON_KEY_SHARE, "no shared key exchange group" },
	{ GNUTLS_E_ECC_NO_SUPPORTED_CURVES, "no shared key exchange group" },
	{ GNUTLS_E_INAPPROPRIATE_FALLBACK, "the client fell back to an older version for no reason" },
	{ GNUTLS_E_SAFE_RENEGOTIATION_FAILED, "the peer is too old: it lacks the renegotiation fix of 2010" },
	{ GNUTLS_E_UNSAFE_RENEGOTIATION_DENIED, "the peer is too old: it lacks the renegotiation fix of 2010" },
	{ GNUTLS_E_REHANDSHAKE, "the peer asked for renegotiation, which is refused" },
	{ GNUTLS_E_NO_CERTIFICATE_FOUND, "the peer showed no certificate" },
	{ GNUTLS_E_CERTIFICATE_REQUIRED, "the peer showed no certificate" },
	{ GNUTLS_E_CERTIFICATE_ERROR, "the certificate is refused" },
	{ GNUTLS_E_KEY_USAGE_VIOLATION, "the certificate's key usage does not allow this" },
	{ GNUTLS_E_PK_SIG_VERIFY_FAILED, "the peer's signature is wrong" },
	{ GNUTLS_E_PK_SIGN_FAILED, "signing with our key failed" },
	{ GNUTLS_E_DECRYPTION_FAILED, "a record is damaged" },
	{ GNUTLS_E_ERROR_IN_FINISHED_PACKET, "the handshake was tampered with" },
	{ GNUTLS_E_RECORD_OVERFLOW, "a record is too long" },
	{ GNUTLS_E_HANDSHAKE_TOO_LARGE, "the peer's handshake is too long" },
	{ GNUTLS_E_PULL_ERROR, "the peer's handshake is too long" },
	{ GNUTLS_E_TOO_MANY_EMPTY_PACKETS, "too many empty records" },
	{ GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS, "too many handshake messages" },
	{ GNUTLS_E_UNEXPECTED_PACKET, "a record came that does not belong there" },
	{ GNUTLS_E_UNEXPECTED_PACKET_LENGTH, "a record of an impossible length came" },
	{ GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET, "a handshake message came that does not belong there" },
	{ GNUTLS_E_NO_APPLICATION_PROTOCOL, "no shared application protocol" },
	{ GNUTLS_E_MEMORY_ERROR, "out of memory" },
	{ GNUTLS_E_PUSH_ERROR, "out of memory" },
	{ GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER, "the peer sent a value that TLS forbids" },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char *find(const struct words *w, size_t n, int number)
{
	for (size_t i = 0; i < n; i++) {
		if (w[i].number == number)
			return w[i].text;
	}
	return NULL;
}

const char *tls_words_error(gnutls_session_t session, int error)
{
	const char *text;

	if (error == GNUTLS_E_FATAL_ALERT_RECEIVED || error == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		text = find(alerts, COUNT(alerts), (int)gnutls_alert_get(session));
		return text ? text : "the peer sent an alert";
	}
	text = find(errors, COUNT(errors), error);
	if (!text)
		text = gnutls_strerror(error);
	return text ? text : "an unknown error";
}

/* The first that holds is the one to tell: the graver, and the nearer to the cause, the earlier. */
static const struct flaw {
	unsigned status;
	gnutls_alert_description_t alert; /* RFC 8446 section 6.2 */
	const char *text;
} flaws[] = {
	{ GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED, "the certificate is revoked" },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA, "the certificate is from an unknown authority" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, GNUTLS_A_UNKNOWN_CA, "the certificate was issued by one that is no authority" },
	{ GNUTLS_CERT_SIGNATURE_FAILURE, GNUTLS_A_BAD_CERTIFICATE, "the certificate's signature is wrong" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, GNUTLS_A_BAD_CERTIFICATE, "the certificate's key or signature is too weak" },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, GNUTLS_A_BAD_CERTIFICATE,
	  "the authority may not issue this certificate" },
	{ GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED, "the certificate has expired" },
	{ GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_A_CERTIFICATE_EXPIRED, "the certificate is not valid yet" },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
	  "the certificate is not meant for this use (extended key usage)" },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, GNUTLS_A_BAD_CERTIFICATE, "the certificate is for another name" },
};

const char *tls_words_status(unsigned status, gnutls_alert_description_t *alert)
{
	for (size_t i = 0; i < COUNT(flaws); i++) {
		if (status & flaws[i].status) {
			*alert = flaws[i].alert;
			return flaws[i].text;
		}
	}
	*alert = GNUTLS_A_BAD_CERTIFICATE;
	return "the certificate does not verify";
}
