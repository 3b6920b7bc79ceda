/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_priority.c makes of `minimum`, `priority` and `sha1` what GnuTLS calls a priority: which versions, ciphers and
 * signatures are allowed.  Nothing weak is among them but by an option that says so, and each such thing is a flaw that
 * the administrator is told of.
 */
#include "tls_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Ours, and what older peers need besides; X25519 first, because it is the cheapest, and AES-128, because processors
 * have instructions for its SHA-256, not for the SHA-384 of AES-256: a fifth of a handshake. */
#define PRIORITY_OURS                                                                                                  \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"        \
	":+GROUP-SECP521R1:+GROUP-FFDHE2048:+GROUP-FFDHE3072:+GROUP-FFDHE4096:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM"   \
	":+CHACHA20-POLY1305:+AES-128-CCM:+AES-256-CCM:+AES-128-CBC:+AES-256-CBC"
#define PRIORITY_SAFE    ":%SAFE_RENEGOTIATION" /* RFC 5746 */
#define PRIORITY_SHA1    ":+SIGN-RSA-SHA1:+SIGN-ECDSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
#define PRIORITY_NO_SHA1 ":-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1"
#define PRIORITY_ORDER   ":%%SERVER_PRECEDENCE"
/* No RSA: tls_sign.c cannot decrypt, and there is no forward secrecy.  Nor is there in resuming with psk_ke of RFC
 * 8446, which GnuTLS leaves out when it is told of the better kind; without keys set beforehand that one adds
 * nothing. */
#define PRIORITY_ALWAYS  ":-RSA:+ECDHE-PSK"

static const struct minimum {
	const char *word;
	const char *ours;  /* added to our string */
	const char *never; /* added to any */
} minimums[] = {
	/* the first is the default */
	{ "1.2", PRIORITY_SAFE, ":-VERS-TLS1.1:-VERS-TLS1.0" PRIORITY_ALWAYS },
	{ "1.3", ":-VERS-TLS1.2" PRIORITY_SAFE, ":-VERS-TLS1.2:-VERS-TLS1.1:-VERS-TLS1.0" PRIORITY_ALWAYS },
	{ "1.1", ":+VERS-TLS1.1", ":-VERS-TLS1.0" PRIORITY_ALWAYS },
	{ "1.0", ":+VERS-TLS1.1:+VERS-TLS1.0", PRIORITY_ALWAYS },
};

static const struct minimum *find_minimum(const char *word)
{
	for (size_t i = 0; i < sizeof minimums / sizeof minimums[0]; i++) {
		if (!word || strcmp(word, minimums[i].word) == 0)
			return &minimums[i];
	}
	return NULL;
}

/* Versions before 1.2 sign by SHA-1, or by SHA-1 and MD5 together, and know nothing else. */
static bool allows_old_versions(gnutls_priority_t priority)
{
	const unsigned *list;
	int n = gnutls_priority_protocol_list(priority, &list);

	for (int i = 0; i < n; i++) {
		if (list[i] == GNUTLS_TLS1_0 || list[i] == GNUTLS_TLS1_1)
			return true;
	}
	return false;
}

/* `at` lies in `text`, which begins with the administrator's `priority`. */
static int refuse(const char *priority, const char *text, const char *at, struct tls_told *told)
{
	size_t n = strcspn(at, ":"), place = (size_t)(at - text);

	if (!priority || at < text || place >= strlen(priority))
		return SAY(told, -EINVAL, "priority: GnuTLS refuses it");
	return SAY(told, -EINVAL,
		   "priority: \"%.*s\" at character %zu is not understood; `gnutls-cli --list` names what can be there",
		   (int)n, at, place + 1);
}

static int refuse_empty(const struct minimum *min, struct tls_told *told)
{
	return SAY(told, -EINVAL, "priority: leaves no cipher for TLS %s or later", min->word);
}

static int check(gnutls_priority_t p, const struct tls_word *word, const struct minimum *min, struct tls_told *told)
{
	const unsigned *list;

	if (word->priority && !word->sha1 && strcasestr(word->priority, "%VERIFY_ALLOW"))
		return SAY(told, -EINVAL,
			   "priority: %%VERIFY_ALLOW... takes weak signatures; write sha1 = true for SHA-1");
	if (gnutls_priority_protocol_list(p, &list) <= 0 || gnutls_priority_cipher_list(p, &list) <= 0)
		return refuse_empty(min, told);
	return 0;
}

int tls_priority_make(struct tls_identity *id, const struct tls_word *word, struct tls_told *told)
{
	const struct minimum *min = find_minimum(word->minimum);
	const char *sha1 = word->sha1 ? PRIORITY_SHA1 : PRIORITY_NO_SHA1;
	char text[1024];
	const char *at = text;
	int n, ret;

	if (!min)
		return SAY(told, -EINVAL, "minimum \"%s\": is none of 1.0, 1.1, 1.2, 1.3", word->minimum);
	n = word->priority ? snprintf(text, sizeof text, "%s%s%s", word->priority, sha1, min->never)
			   : snprintf(text, sizeof text, "%s%s%s%s" PRIORITY_ORDER, PRIORITY_OURS, min->ours, sha1,
				      min->never);
	if (n < 0 || (size_t)n >= sizeof text)
		return SAY(told, -EINVAL, "priority: is longer than %zu bytes", sizeof text);
	ret = word->priority ? 0 : gnutls_priority_init(&id->our_order, text, &at);
	if (ret == 0 && !word->priority)
		*strrchr(text, ':') = '\0'; /* the client's order again */
	if (ret == 0)
		ret = gnutls_priority_init(&id->priority, text, &at);
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return SAY(told, -ENOMEM, "priority: out of memory");
	if (ret == GNUTLS_E_NO_PRIORITIES_WERE_SET)
		return refuse_empty(min, told);
	if (ret < 0)
		return refuse(word->priority, text, at, told);
	id->old = word->sha1 || allows_old_versions(id->priority);
	return check(id->priority, word, min, told);
}

/* ---- What is weak ---- */

static void weak_ciphers(struct tls_identity *id)
{
	static const gnutls_cipher_algorithm_t weak[] = { GNUTLS_CIPHER_NULL, GNUTLS_CIPHER_ARCFOUR_128,
							  GNUTLS_CIPHER_3DES_CBC, GNUTLS_CIPHER_DES_CBC };
	const unsigned *list;
	int n = gnutls_priority_cipher_list(id->priority, &list);

	for (int i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof weak / sizeof weak[0]; k++) {
			if (list[i] == weak[k])
				tls_flaw_add(id, "priority", "weak: `priority` allows the cipher %s",
					     gnutls_cipher_get_name(weak[k]));
		}
	}
}

static void weak_macs(struct tls_identity *id)
{
	const unsigned *list;
	int n = gnutls_priority_mac_list(id->priority, &list);

	for (int i = 0; i < n; i++) {
		if (list[i] == GNUTLS_MAC_MD5)
			tls_flaw_add(id, "priority", "weak: `priority` allows MD5 as a record's check");
	}
}

void tls_priority_flaws(struct tls_identity *id, const struct tls_word *word)
{
	const unsigned *list;
	int n = gnutls_priority_protocol_list(id->priority, &list);

	for (int i = n - 1; i >= 0; i--) {
		if (list[i] == GNUTLS_TLS1_0 || list[i] == GNUTLS_TLS1_1)
			tls_flaw_add(id, "minimum",
				     "weak: TLS %s is allowed; set minimum = \"1.2\" when no client needs it",
				     list[i] == GNUTLS_TLS1_0 ? "1.0" : "1.1");
	}
	if (word->sha1)
		tls_flaw_add(id, "sha1", "weak: SHA-1 signatures are allowed; leave `sha1` out when no peer needs it");
	weak_ciphers(id);
	weak_macs(id);
}
