#!/usr/bin/python3
"""t11: links to servers resume TLS sessions of earlier ones, and never one that was begun with another server, under
other terms or as somebody else."""
import ssl

from play import equal, eventually, expect, main, request, story

WORKERS = 2  # each has sessions of its own: so many links may need a full handshake
KINDS = {"TLS 1.3": (ssl.TLSVersion.TLSv1_3, 0), "TLS 1.2 with tickets": (ssl.TLSVersion.TLSv1_2, 0),
         "TLS 1.2 without": (ssl.TLSVersion.TLSv1_2, ssl.OP_NO_TICKET)}
VERIFIED = 'tls = "pool", tls_name = "pool.test", monitor = false'


def context_of(play, name="pool", version=None, options=0):
    context = play.certificates.for_server(name)
    context.options |= options
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def gateway_to(play, servers, pool=VERIFIED, more="", **words):
    return play.gateway(servers, bind="tls", words=play.certificates.word("pool", more=more) + words.pop("words", ""),
                        pool=pool, listener='tls = "pool", verify = "optional", peers = { "edge.test" }', **words)


def visit(play, server, name=None, address=None):
    """The link that a new client is given, once it has an answer."""
    asked = request("REGISTER")
    where = {"address": address} if address else {}
    equal(play.client(tls=play.certificates.for_client(name), sni="pool.test", **where).ask(asked).server, server.name,
          "who answers")
    return server.link_of(asked)


def resumed(play, server, n=6, **who):
    return [visit(play, server, **who).resumed for _ in range(n)]


def is_known(play, server, what, **who):
    """Each worker has shaken hands in full at most once."""
    said = resumed(play, server, **who)
    expect(said.count(False) <= WORKERS, f"{what}: {said.count(False)} full handshakes of {len(said)}")


def second_way(play, server, pool):
    """The words for another listener, which leads to the server by a pool of its own, and its address."""
    host, port = play.host(1), 5070
    return (host, port), f"""
pool "second" {{ servers = {{ "{server.address}" }}, monitor = false, {pool} }}
listener "second" {{ plugin = "sip", bind = {{ "tls:{host}:{port}" }}, tls = "pool", pool = "second" }}
"""


@story
def later_links_to_a_server_are_resumed(play):
    for what, (version, options) in KINDS.items():
        one = play.server(what.replace(" ", "-"), 5061, context_of(play, "pool", version, options))
        gateway = gateway_to(play, [one])
        said = resumed(play, one, 12)
        expect(said.count(False) <= WORKERS, f"{what}: {said.count(False)} full handshakes of {len(said)}")
        equal(gateway.server(one)["resumed"], said.count(True), f"{what}: what the state counts")
        play.finish()


@story
def without_tickets_none_is(play):
    one = play.server("one", 5061, context_of(play))
    gateway_to(play, [one], more="tickets = false")
    equal(set(resumed(play, one)), {False}, "whether links are resumed")


@story
def a_session_is_not_taken_to_another_server(play):
    context = context_of(play)  # both take tickets of either
    one, two = play.server("one", 5061, context), play.server("two", 5061, context)
    address, words = second_way(play, two, 'tls = "pool", tls_name = "pool.test"')
    gateway_to(play, [one], words=words).wait_open("second")
    is_known(play, one, "the first server")
    equal(visit(play, two, address=address).resumed, False, "whether the first link to the second server is resumed")
    is_known(play, two, "the second server", address=address)


@story
def nor_to_the_same_server_by_another_name(play):
    one = play.server("one", 5061, context_of(play))
    address, words = second_way(play, one, 'tls = "pool", tls_name = "fe1.test"')
    gateway_to(play, [one], words=words).wait_open("second")
    is_known(play, one, "the first name")
    link = visit(play, one, address=address)
    equal((link.sni, link.resumed), ("fe1.test", False), "the second name's first link: the name, and if it is resumed")
    is_known(play, one, "the second name", address=address)


@story
def a_server_that_nobody_has_verified_is_not_trusted_by_its_session(play):
    one = play.server("one", 5061, context_of(play, "forged"))
    address, words = second_way(play, one, 'tls = "pool", tls_name = "pool.test"')
    gateway_to(play, [one], pool='tls = "pool", tls_name = "pool.test", verify_server = false, monitor = false',
               words=words).wait_open("second")
    is_known(play, one, "a pool that takes any certificate")
    for _ in range(4):
        client = play.client(tls=play.certificates.for_client(), sni="pool.test", address=address)
        equal(client.ask(request()).status, 503, "the answer where servers are verified")


@story
def who_was_shown_our_certificate_is_shown_it_again_and_nobody_else(play):
    for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        one = play.server(f"one-{version.name}", 5061, context_of(play, "pool", version))
        gateway_to(play, [one])
        ours = play.certificates.der("pool")
        for name, shown in ((None, None), ("edge", ours), ("stranger", None), ("edge", ours)):
            links = [visit(play, one, name=name) for _ in range(6)]
            equal({link.shown for link in links}, {shown}, f"what the server knows of us for clients with {name}")
            expect(sum(not link.resumed for link in links) <= WORKERS, f"links for clients with {name} are resumed")
        play.finish()


def begin_again(server, context):
    server.die()
    server.tls = context
    context.sni_callback = lambda ssl_object, sni, _: setattr(ssl_object, "play_sni", sni)
    server.listen()


@story
def a_server_that_has_forgotten_all_or_has_another_key_gets_full_handshakes(play):
    for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        one = play.server(f"one-{version.name}", 5061, context_of(play, "pool", version))
        gateway_to(play, [one])
        is_known(play, one, "the server")
        begin_again(one, context_of(play, "pool", version))
        equal(visit(play, one).resumed, False, "the first link after the server has forgotten all")
        is_known(play, one, "the server that has forgotten all")
        other = context_of(play, "pool", version)
        other.load_cert_chain(*play.certificates.make(f"renewed-{version.name}", "ca", "ec", "DNS:pool.test", 30,
                                                      folder=play.folder))
        begin_again(one, other)
        equal(visit(play, one).resumed, False, "the first link after the server has another key")
        is_known(play, one, "the server with another key")
        begin_again(one, context_of(play, "forged", version))
        client = play.client(tls=play.certificates.for_client(), sni="pool.test")
        equal(client.ask(request()).status, 503, "the answer when somebody else is where the server was")
        play.finish()


@story
def probes_shake_hands_in_full(play):
    one = play.server("one", 5061, context_of(play))
    gateway = gateway_to(play, [one], pool='tls = "pool", tls_name = "pool.test", '
                                           'monitor = { plugin = "sip", interval = "100ms" }')
    gateway.wait_state(one, "up")
    is_known(play, one, "the server")
    so_many = len(one.probes) + 3
    eventually(lambda: len(one.probes) >= so_many, "more probes come")
    equal({link.resumed for link in one.links if link.probed}, {False}, "whether probes resume")


main()
