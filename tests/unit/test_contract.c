/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_contract.c: what plugin.h says in half a sentence: holds that are not counted, where an exchange goes while it
 * goes nowhere, and when `lost` comes.  The plugin is that of net.h, with some of its calls replaced.
 */
#include "unit.h"

#include "net.h"

#include <string.h>
#include <sys/socket.h>

/* What the calls below have seen. */
static struct seen {
	struct lg_link *client, *server;
	struct lg_exchange *x;
	unsigned placed_nowhere; /* facts of an exchange that was routed once, with `to` NULL */
} seen;

static int setup(void **state)
{
	seen = (struct seen){ 0 };
	*state = rig_worker_start();
	return 0;
}

static int teardown(void **state)
{
	rig_worker_stop(*state);
	return 0;
}

static void make(struct net *n, struct worker *w, unsigned servers, const struct lg_plugin *p)
{
	net_make(n, w, servers);
	n->conf.plugin = p;
	net_open(n);
}

/* ---- hold, go ---- */

static ptrdiff_t receive_and_hold(struct lg_link *l, struct lg_span in)
{
	ptrdiff_t used = net_plugin.receive(l, in);

	if (l->side == LG_CLIENT && used > 0 && !seen.client) {
		seen.client = l;
		l->host->hold(l);
		l->host->hold(l);
	}
	return used;
}

static void test_holds_are_not_counted(void **state)
{
	struct lg_plugin p = net_plugin;
	struct net n;
	struct peer c, s;

	p.receive = receive_and_hold;
	make(&n, *state, 1, &p);
	c = net_dial(&n);
	peer_say(n.w, &c, "- a one\n- a two\n");
	shutdown(c.fd, SHUT_WR);
	s = net_accept(&n, 0);
	net_expect(&n, &s, "- a one\n");
	rig_run(n.w, 20);
	assert_false(net_said(&n, "routed 2"));
	assert_false(net_said(&n, "ended client")); /* its end waits, too */
	seen.client->host->go(seen.client);
	seen.client->host->go(seen.client); /* of one that is not held: nothing */
	net_expect(&n, &s, "- a two\n");
	net_until(&n, "routed 2 s0; ended client; ");
	peer_close(&c);
	peer_close(&s);
	net_free(&n);
}

/* ---- again ---- */

static void routed_noted(struct lg_exchange *x, struct lg_link *to)
{
	assert_ptr_equal(x->to, to);
	assert_ptr_not_equal(to, seen.server);
	seen.x = x;
	seen.server = to;
	net_plugin.routed(x, to);
}

static struct lg_span fact_noted(struct lg_exchange *x, unsigned index, struct lg_span arg)
{
	assert_null(x->to);
	seen.placed_nowhere += x == seen.x;
	return net_plugin.fact(x, index, arg);
}

static void lost_noted(struct lg_exchange *x, const struct lg_lost *why)
{
	assert_ptr_equal(x->to, seen.server);
	net_plugin.lost(x, why);
	assert_ptr_equal(x->to, seen.server); /* until this returns, `again` or not */
}

static void respond_noted(struct lg_exchange *x, const struct lg_reply *reply)
{
	assert_null(x->to);
	net_plugin.respond(x, reply);
}

/* "~\n" of a server: it will not do it. */
static ptrdiff_t receive_a_no(struct lg_link *l, struct lg_span in)
{
	if (l->side == LG_CLIENT || in.p[0] != '~')
		return net_plugin.receive(l, in);
	assert_ptr_equal(seen.x->to, l);
	l->host->again(seen.x);
	assert_null(seen.x->to);
	l->host->again(seen.x); /* it goes already */
	return (ptrdiff_t)in.n;
}

static void test_again_leaves_to(void **state)
{
	for (int by_itself = 0; by_itself < 2; by_itself++) {
		struct lg_plugin p = net_plugin;
		struct net n;
		struct peer c, s[2];

		p.routed = routed_noted;
		p.fact = fact_noted;
		p.lost = lost_noted;
		p.respond = respond_noted;
		p.receive = receive_a_no;
		seen = (struct seen){ 0 };
		make(&n, *state, 2, &p);
		c = net_dial(&n);
		peer_say(n.w, &c, "KA a one\n");
		for (unsigned i = 0; i < 2; i++) {
			s[i] = net_accept(&n, i);
			net_expect(&n, &s[i], "KA a one\n");
			if (by_itself)
				peer_say(n.w, &s[i], "~\n");
			else
				peer_reset(&s[i]);
		}
		net_until(&n, "respond 1 no-server");
		assert_int_equal(net_said(&n, "lost 1"), !by_itself);
		assert_true(seen.placed_nowhere > 0);
		peer_close(&c);
		for (unsigned i = 0; by_itself && i < 2; i++)
			peer_close(&s[i]);
		net_free(&n);
	}
}

/* ---- lost ---- */

static void ended_stays(struct lg_link *l)
{
	if (l->side == LG_SERVER)
		seen.server = l;
	else
		net_plugin.ended(l);
}

static void ended_is_answer(struct lg_link *l)
{
	if (l->side == LG_SERVER)
		l->host->done(seen.x);
	l->host->close(l, LG_FLUSH);
}

static void routed_kept(struct lg_exchange *x, struct lg_link *to)
{
	seen.x = x;
	net_plugin.routed(x, to);
}

/* `lost` comes when the link closes, whoever closes it: not by `ended`, and not for what is done by then. */
static void test_lost_after_ended(void **state)
{
	static void (*const ends[])(struct lg_link *l) = { NULL, ended_stays, ended_is_answer };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct lg_plugin p = net_plugin;
		struct net n;
		struct peer c, s;

		p.routed = routed_kept;
		p.ended = ends[i];
		seen = (struct seen){ 0 };
		make(&n, *state, 1, &p);
		c = net_dial(&n);
		peer_say(n.w, &c, "- a one\n");
		s = net_accept(&n, 0);
		net_expect(&n, &s, "- a one\n");
		shutdown(s.fd, SHUT_WR);
		if (ends[i] == ended_stays) {
			rig_run(n.w, 20);
			assert_non_null(seen.server);
			assert_false(net_said(&n, "lost"));
			seen.server->host->close(seen.server, LG_FLUSH);
		}
		net_until(&n,
			  ends[i] == ended_is_answer ? "routed 1 s0; closed s0; " : "lost 1 link handed; closed s0; ");
		peer_close(&c);
		peer_close(&s);
		net_free(&n);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_holds_are_not_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again_leaves_to, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost_after_ended, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
