#!/usr/bin/python3
"""t03: TLS to servers: verified; the gateway's own certificate is shown for trusted peers' traffic only."""
import ssl

from play import equal, expect, lync, main, request, story

POOL = 'tls = "pool", tls_name = "pool.test"'


def gateway_to(play, servers, pool=POOL, options='route = "auto"'):
    return play.gateway(servers, bind="tls", words=play.certificates.word("pool"), pool=pool,
                        listener=f'tls = "pool", verify = "optional", peers = {{ "edge.test" }}, '
                                 f'options = {{ {options} }}')


@story
def only_a_trusted_peers_traffic_shows_the_gateways_certificate(play):
    one = play.tls_server("one")
    gateway_to(play, [one])
    ours = play.certificates.der("pool")
    for turn in range(2):  # also when links of the other kind stand already
        for name, shown in ((None, None), ("edge", ours), ("stranger", None), ("forged", None), ("expired", None)):
            for make in (request, lync):
                asked = make("REGISTER")
                equal(play.tls_client(name).ask(asked).server, "one",
                      f"the server for a client with certificate {name}")
                equal(one.link_of(asked).shown, shown, f"what the server is shown for a client with certificate {name}")


@story
def links_that_clients_share_are_kept_apart_too(play):
    one = play.tls_server("one")
    gateway_to(play, [one], options='mode = "hop"')
    ours = play.certificates.der("pool")
    for turn in range(2):
        for name, shown in ((None, None), ("edge", ours), ("stranger", None), ("forged", None)):
            asked = request("REGISTER")
            equal(play.tls_client(name).ask(asked).server, "one", f"the server for a client with certificate {name}")
            equal(one.link_of(asked).shown, shown, f"what the server is shown for a client with certificate {name}")


@story
def a_server_that_requires_a_certificate_gets_none_for_anonymous_clients(play):
    one = play.server("one", 5061, play.certificates.for_server(verify=ssl.CERT_REQUIRED))
    gateway_to(play, [one], pool=POOL + ", monitor = false")
    equal(play.tls_client("edge").ask(request()).server, "one", "the server of a trusted peer")
    equal(play.tls_client("stranger").ask(request()).status, 503, "the answer to a stranger")
    equal(play.tls_client().ask(request()).status, 503, "the answer to a client without certificate")


@story
def a_probe_speaks_as_the_gateway_and_shows_its_certificate(play):
    one = play.server("one", 5061, play.certificates.for_server(verify=ssl.CERT_REQUIRED))
    gateway = gateway_to(play, [one], pool=POOL + ', monitor = { plugin = "sip", from = "pool.test:5061", interval = '
                                                  '"300ms" }')
    gateway.wait_state(one, "up")
    probe = next(link for link in one.links if link.probed)
    equal(probe.shown, play.certificates.der("pool"), "what the server is shown by a probe")
    asked = bytes(probe.received).decode()
    for words in ("\r\nContact: <sip:pool.test:5061;transport=tls>\r\n", "\r\nFrom: <sip:pool.test:5061>;tag=",
                  "\r\nVia: SIP/2.0/TLS pool.test:"):
        expect(words in asked, f"the probe holds {words!r}: {asked}")


def refused(play, server, reason, pool=POOL):
    """Traffic never reaches the server: 503, and a line of the log with the reason."""
    gateway = gateway_to(play, [server], pool=pool)
    equal(play.tls_client().ask(request()).status, 503, "the answer")
    equal(server.requests, [], "what the server got")
    expect(gateway.wait_line(server.address, reason), "the log tells why")


@story
def a_server_with_another_name_is_refused(play):
    refused(play, play.tls_server("one", "sales"), "name")


@story
def a_server_from_another_authority_is_refused(play):
    refused(play, play.tls_server("one", "forged"), "authority")


@story
def an_expired_server_is_refused(play):
    refused(play, play.tls_server("one", "expired"), "expired", pool='tls = "pool", tls_name = "edge.test"')


@story
def another_server_is_tried_when_one_does_not_verify(play):
    bad, good = play.tls_server("bad", "forged"), play.tls_server("good")
    gateway_to(play, [bad, good], options='route = "message"')
    client = play.tls_client()
    equal({client.ask(request()).server for _ in range(6)}, {"good"}, "who answers")
    equal(bad.requests, [], "what the wrong server got")


@story
def verify_server_false_takes_any_certificate(play):
    one = play.tls_server("one", "forged")
    gateway_to(play, [one], pool='tls = "pool", verify_server = false')
    equal(play.tls_client().ask(request()).server, "one", "who answers")


@story
def the_name_is_the_servers_own_else_the_pools_else_the_address(play):
    named, pooled, bare = play.tls_server("named"), play.tls_server("pooled"), play.tls_server("bare", listen=False)
    certificate, key = play.certificates.make("bare", "ca", "ec", f"IP:{bare.host}", 30, folder=play.folder)
    bare.tls.load_cert_chain(certificate, key)
    bare.listen()
    gateway_to(play, [f'{{ "{named.address}", name = "fe1.test" }}', pooled])
    equal({play.tls_client().ask(request()).server for _ in range(4)}, {"named", "pooled"}, "who answers")
    equal((named.used[-1].sni, pooled.used[-1].sni), ("fe1.test", "pool.test"),
          "the names that the servers are asked for")
    play.finish()
    gateway_to(play, [bare], pool='tls = "pool"')
    equal(play.tls_client().ask(request()).server, "bare", "who answers by its address")
    equal(bare.used[-1].sni, None, "the name that a server without name is asked for")


main()
