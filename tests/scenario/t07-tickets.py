#!/usr/bin/python3
"""t07: a ticket is good where it came from and nowhere else: another listener, another trust, another gateway's secret
give a full handshake, never an error."""
import os
import ssl

from play import equal, main, request, story

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
OPEN = 'tls = "pool", verify = "none"'
STRICT = 'tls = "pool", verify = "required", peers = { "edge.test" }'
TELL = """return { reads = { "trusted", "tls.subject" }, decide = function(m)
  return reply(200, m.trusted == "true" and "trusted" or m["tls.subject"] and "known" or "anonymous")
end }"""


def asked(play, context, address, session=None):
    """Of one visit: its ticket, whether it was resumed, and what the gateway takes the client for."""
    client = play.client(tls=context, sni="pool.test", session=session, address=address)
    client.send(request())
    said = client.read().split(b"\r\n")[0].split()[-1].decode()
    return client.socket.session, client.socket.session_reused, said


def listeners(play, **more):
    """The listener "in" that asks for no certificate, and "strict" that requires one."""
    strict = (play.host(1), 5070)
    words = play.certificates.word("pool") + f"""
listener "strict" {{ plugin = "sip", bind = {{ "tls:{strict[0]}:{strict[1]}" }}, pool = "farm",
  policies = {{ "./tell.lua" }},
  {STRICT} }}
"""
    gateway = play.gateway([play.server("one")], bind="tls", words=words, files={"tell.lua": TELL},
                           listener=f'policies = {{ "./tell.lua" }}, {OPEN}', **more)
    gateway.wait_open("strict")
    return gateway.address, strict


@story
def a_ticket_from_a_listener_without_verification_opens_nothing_that_requires_it(play):
    lax, strict = listeners(play)
    for version in VERSIONS:
        context = play.certificates.for_client("edge", minimum=version, maximum=version)
        ticket, _, said = asked(play, context, lax)
        equal(said, "anonymous", f"{version.name}: a client that nobody asks for its certificate")
        equal(asked(play, context, lax, ticket)[1:], (True, "anonymous"), f"{version.name}: the same again, resumed")
        equal(asked(play, context, strict, ticket)[1:], (False, "trusted"),
              f"{version.name}: its ticket where a certificate is required")
        ticket, _, said = asked(play, context, strict)
        equal(asked(play, context, strict, ticket)[1:], (True, "trusted"), f"{version.name}: a ticket of that listener")
        equal(asked(play, context, lax, ticket)[1:], (False, "anonymous"), f"{version.name}: its ticket at the first")


@story
def who_has_no_certificate_is_refused_with_a_ticket_from_elsewhere(play):
    lax, strict = listeners(play)
    for version in VERSIONS:
        context = play.certificates.for_client(minimum=version, maximum=version)
        ticket, _, said = asked(play, context, lax)
        try:
            client = play.client(tls=context, sni="pool.test", session=ticket, address=strict)
            client.send(request())
            came = client.read()
        except (ssl.SSLError, ConnectionError):
            came = b""
        equal(came, b"", f"{version.name}: what such a client gets")


def side_by_side(play, secrets):
    """Whether the ticket of one gateway is taken by another one with the same configuration."""
    one, addresses = play.server("one"), []
    for number, secret in enumerate(secrets):
        path = os.path.join(play.folder, f"secret{number}")
        with open(path, "w") as file:
            file.write(secret)
        os.chmod(path, 0o600)
        config = play.config([one], bind="tls", words=play.certificates.word("pool"), listener=OPEN,
                             gateway=f'secret = "{path}",')
        address = (play.host(1 + number), 5060)
        config = config.replace(f"{play.host(1)}:5060", "%s:%d" % address)
        addresses.append(play.gateway_of(config, address).wait_open().address)
    resumed = []
    for version in VERSIONS:
        context = play.certificates.for_client(minimum=version, maximum=version)
        first = play.client(tls=context, sni="pool.test", address=addresses[0])
        first.ask(request())
        again = play.client(tls=context, sni="pool.test", address=addresses[1], session=first.socket.session)
        equal(again.ask(request()).server, "one", "who answers")
        resumed.append(again.socket.session_reused)
    return resumed


@story
def gateways_with_one_secret_take_each_others_tickets(play):
    equal(side_by_side(play, ["a secret of many bytes"] * 2), [True, True], "resumed, TLS 1.2 and 1.3")


@story
def gateways_with_other_secrets_do_not(play):
    equal(side_by_side(play, ["a secret of many bytes", "another of many bytes"]), [False, False],
          "resumed, TLS 1.2 and 1.3")


main()
