#!/usr/bin/python3
"""t01: several certificates by SNI; the first for clients that name none or another; TLS versions."""
import ssl

from play import equal, expect, main, request, story

OLD = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]


def tls_gateway(play, more="", listener='tls = { "pool", "sales" }'):
    one = play.server("one")
    words = play.certificates.word("pool", more=more) + play.certificates.word("sales", more=more)
    return play.gateway([one], bind="tls", words=words, listener=listener)


def speaks(play, version):
    """Whether a client that knows only this TLS version gets through."""
    try:
        context = play.certificates.for_client(minimum=version, maximum=version)
        return play.client(tls=context, sni="pool.test").ask(request()).status == 200
    except (ssl.SSLError, ConnectionError):
        return False


@story
def the_certificate_is_the_one_that_the_client_names_and_the_first_without_a_name(play):
    tls_gateway(play)
    for sni, certificate in (("sales.test", "sales"), ("pool.test", "pool"), ("fe2.test", "pool"), (None, "pool"),
                             ("nobody.test", "pool"), ("SALES.test", "sales")):
        client = play.tls_client(sni=sni)
        equal(client.server_certificate, play.certificates.der(certificate), f"the certificate for SNI {sni}")
        equal(client.ask(request()).server, "one", f"the server that answered a client with SNI {sni}")


@story
def tls_1_2_and_1_3_are_spoken_and_older_ones_are_not(play):
    tls_gateway(play)
    for version in OLD:
        equal(speaks(play, version), False, f"{version.name} gets through")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        equal(speaks(play, version), True, f"{version.name} gets through")


@story
def tls_1_0_is_spoken_when_asked_for(play):
    tls_gateway(play, 'minimum = "1.0"')
    for version in OLD:
        equal(speaks(play, version), True, f"{version.name} gets through")


@story
def a_higher_minimum_refuses_what_is_below(play):
    tls_gateway(play, 'minimum = "1.3"')
    equal((speaks(play, ssl.TLSVersion.TLSv1_2), speaks(play, ssl.TLSVersion.TLSv1_3)), (False, True), "1.2 and 1.3")


@story
def garbage_instead_of_a_handshake_is_closed_and_harms_nobody(play):
    gateway = tls_gateway(play)
    for garbage in (b"OPTIONS sip:x SIP/2.0\r\n\r\n", b"\0" * 500, b"\x16\x03\x01\xff\xff" + b"\xff" * 70000):
        client = play.client()
        try:
            client.send(garbage)
        except ConnectionError:
            pass
        client.ended()
    equal(play.tls_client().ask(request()).server, "one", "the next client's server")
    expect(gateway.lines("tls"), "the log tells of failed handshakes")


main()
