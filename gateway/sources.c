/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources.c: one small record for each client address that has a session or began one in the last second; the others
 * cost nothing.  Shards with their own locks; addresses are hashed with a random key, so that nobody can choose his
 * chain. There is no timer: who enters sweeps a little.  Who is refused, and why it is logged, is listener.c's affair.
 */
#include "sources.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "networks.h"
#include "siphash.h"

enum {
	SHARDS = 16,     /* a power of two */
	CHAINS_MIN = 16, /* a power of two */
	SWEEP = 4,       /* chains looked at by each that enters */
};

static const uint64_t second_ns = 1000000000;

/* An address as it counts: an IPv4 address whole, of an IPv6 address the /64. */
struct prefix {
	uint64_t family, bits;
};

struct source {
	struct source *next;
	struct prefix prefix;
	uint64_t spent_ns; /* when what it has begun is worked off at `per_second`; idle when past */
	uint32_t sessions, handshakes;
};

struct shard {
	pthread_mutex_t lock;
	struct source **chains;
	size_t nchains, n; /* nchains: a power of two */
	size_t hand;       /* the chain that `sweep` looks at next */
	uint64_t now_ns;   /* the last that entered said so */
};

struct sources {
	struct sources_limits limits;
	unsigned char key[16];
	unsigned nshards;
	struct shard shards[SHARDS];
};

/* False for what is neither IPv4 nor IPv6: that is not limited. */
static bool prefix_of(struct prefix *p, const struct sockaddr *address)
{
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
	uint32_t v4;

	*p = (struct prefix){ AF_INET, 0 };
	if (address->sa_family == AF_INET) {
		p->bits = ((const struct sockaddr_in *)address)->sin_addr.s_addr;
	} else if (address->sa_family != AF_INET6) {
		return false;
	} else if (IN6_IS_ADDR_V4MAPPED(v6)) {
		memcpy(&v4, &v6->s6_addr[12], sizeof v4);
		p->bits = v4;
	} else {
		p->family = AF_INET6;
		memcpy(&p->bits, v6->s6_addr, sizeof p->bits);
	}
	return true;
}

static uint64_t hash_of(const struct sources *s, const struct prefix *p)
{
	return siphash(s->key, p, sizeof *p);
}

static struct shard *shard_of(struct sources *s, uint64_t hash)
{
	return &s->shards[hash >> 60 & (SHARDS - 1)];
}

/* What points to the source, or the end of its chain. */
static struct source **find(const struct shard *sh, uint64_t hash, const struct prefix *p)
{
	struct source **at = &sh->chains[hash & (sh->nchains - 1)];

	while (*at && ((*at)->prefix.bits != p->bits || (*at)->prefix.family != p->family))
		at = &(*at)->next;
	return at;
}

/* Long chains and wasted ones are slower, not wrong: it does not matter if memory is out. */
static void resize(struct sources *s, struct shard *sh, size_t nchains)
{
	struct source **old = sh->chains;
	struct source **chains = calloc(nchains, sizeof(struct source *));
	size_t nold = sh->nchains;

	if (!chains)
		return;
	sh->chains = chains;
	sh->nchains = nchains;
	for (size_t i = 0; i < nold; i++) {
		for (struct source *next, *src = old[i]; src; src = next) {
			struct source **head = &chains[hash_of(s, &src->prefix) & (nchains - 1)];

			next = src->next;
			src->next = *head;
			*head = src;
		}
	}
	free(old);
}

static void forget(struct shard *sh, struct source **at)
{
	struct source *src = *at;

	*at = src->next;
	free(src);
	sh->n--;
}

static void shrink(struct sources *s, struct shard *sh)
{
	if (sh->nchains > CHAINS_MIN && sh->n < sh->nchains / 4)
		resize(s, sh, sh->nchains / 2);
}

static bool is_idle(const struct source *src, uint64_t now_ns)
{
	return src->sessions == 0 && src->spent_ns <= now_ns;
}

/* Sources that left within the second in which they came. */
static void sweep(struct shard *sh)
{
	for (unsigned looked = 0; looked < SWEEP; looked++) {
		struct source **at = &sh->chains[sh->hand++ & (sh->nchains - 1)];

		while (*at) {
			if (is_idle(*at, sh->now_ns))
				forget(sh, at);
			else
				at = &(*at)->next;
		}
	}
}

static struct source *add(struct sources *s, struct shard *sh, uint64_t hash, const struct prefix *p)
{
	struct source *src = calloc(1, sizeof *src);
	struct source **head;

	if (!src)
		return NULL;
	if (sh->n >= sh->nchains)
		resize(s, sh, sh->nchains * 2);
	head = &sh->chains[hash & (sh->nchains - 1)];
	src->prefix = *p;
	src->next = *head;
	*head = src;
	sh->n++;
	return src;
}

/* Each session takes 1 / per_second to work off; what is not worked off may reach one second.  So a quiet source may
 * begin `per_second` at once, and then goes on at that pace. */
static bool spend(struct source *src, uint32_t per_second, uint64_t now_ns)
{
	uint64_t spent = src->spent_ns > now_ns ? src->spent_ns : now_ns;

	if (per_second == 0)
		return true;
	spent += second_ns / per_second;
	if (spent > now_ns + second_ns)
		return false;
	src->spent_ns = spent;
	return true;
}

static int enter(struct sources *s, struct shard *sh, uint64_t hash, const struct prefix *p)
{
	struct source *src;

	sweep(sh);
	shrink(s, sh);
	src = *find(sh, hash, p);
	if (!src)
		src = add(s, sh, hash, p);
	if (!src)
		return -ENOMEM;
	if (s->limits.sessions != 0 && src->sessions >= s->limits.sessions)
		return -EUSERS;
	if (!spend(src, s->limits.per_second, sh->now_ns))
		return -EAGAIN;
	src->sessions++;
	return 0;
}

static bool is_unlimited(const struct sources *s, const struct sockaddr *address)
{
	if (s->limits.sessions == 0 && s->limits.per_second == 0 && s->limits.handshakes == 0)
		return true;
	return s->limits.exempt && networks_have(s->limits.exempt, address);
}

int sources_enter(struct sources *s, const struct sockaddr *address, uint64_t now_ms)
{
	struct prefix p;
	struct shard *sh;
	uint64_t hash;
	int r;

	if (is_unlimited(s, address) || !prefix_of(&p, address))
		return 0;
	hash = hash_of(s, &p);
	sh = shard_of(s, hash);
	pthread_mutex_lock(&sh->lock);
	if (now_ms * (second_ns / 1000) > sh->now_ns) /* threads' clocks may be a turn of the loop apart */
		sh->now_ns = now_ms * (second_ns / 1000);
	r = enter(s, sh, hash, &p);
	pthread_mutex_unlock(&sh->lock);
	return r;
}

void sources_leave(struct sources *s, const struct sockaddr *address)
{
	struct prefix p;
	struct source **at;
	struct shard *sh;
	uint64_t hash;

	if (is_unlimited(s, address) || !prefix_of(&p, address))
		return;
	hash = hash_of(s, &p);
	sh = shard_of(s, hash);
	pthread_mutex_lock(&sh->lock);
	at = find(sh, hash, &p);
	if (*at && (*at)->sessions > 0)
		(*at)->sessions--;
	if (*at && is_idle(*at, sh->now_ns))
		forget(sh, at);
	shrink(s, sh);
	pthread_mutex_unlock(&sh->lock);
}

/* Adds `step` to a source's handshakes, as far as `most`. */
static bool count_handshake(struct sources *s, const struct sockaddr *address, int step, uint32_t most)
{
	struct prefix p;
	struct source *src;
	struct shard *sh;
	uint64_t hash;
	bool may;

	if (is_unlimited(s, address) || !prefix_of(&p, address))
		return true;
	hash = hash_of(s, &p);
	sh = shard_of(s, hash);
	pthread_mutex_lock(&sh->lock);
	src = *find(sh, hash, &p);
	may = !src || src->handshakes + step <= most;
	if (src && may)
		src->handshakes += step;
	pthread_mutex_unlock(&sh->lock);
	return may;
}

bool sources_shake(struct sources *s, const struct sockaddr *address)
{
	return count_handshake(s, address, 1, s->limits.handshakes ? s->limits.handshakes : UINT32_MAX);
}

void sources_shaken(struct sources *s, const struct sockaddr *address)
{
	count_handshake(s, address, -1, UINT32_MAX);
}

static int shard_init(struct shard *sh)
{
	int ret = pthread_mutex_init(&sh->lock, NULL);

	if (ret != 0)
		return -ret;
	sh->chains = calloc(CHAINS_MIN, sizeof(struct source *));
	if (!sh->chains) {
		pthread_mutex_destroy(&sh->lock);
		return -ENOMEM;
	}
	sh->nchains = CHAINS_MIN;
	return 0;
}

static void shard_fini(struct shard *sh)
{
	for (size_t i = 0; i < sh->nchains; i++) {
		for (struct source *next, *src = sh->chains[i]; src; src = next) {
			next = src->next;
			free(src);
		}
	}
	free(sh->chains);
	pthread_mutex_destroy(&sh->lock);
}

static int sources_init(struct sources *s)
{
	int ret = 0;

	if (getrandom(s->key, sizeof s->key, 0) != (ssize_t)sizeof s->key)
		return -errno;
	while (ret == 0 && s->nshards < SHARDS) {
		ret = shard_init(&s->shards[s->nshards]);
		if (ret == 0)
			s->nshards++;
	}
	return ret;
}

int sources_create(struct sources **sp, const struct sources_limits *limits)
{
	struct sources *s = calloc(1, sizeof *s);
	int ret;

	if (!s)
		return -ENOMEM;
	s->limits = *limits;
	ret = sources_init(s);
	if (ret < 0) {
		sources_destroy(s);
		return ret;
	}
	*sp = s;
	return 0;
}

void sources_destroy(struct sources *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->nshards; i++)
		shard_fini(&s->shards[i]);
	free(s);
}
