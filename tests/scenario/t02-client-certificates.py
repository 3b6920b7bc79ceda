#!/usr/bin/python3
"""t02: client certificates: verify = "none", "optional", "required"."""
import ssl

from play import equal, main, request, story

PEERS = 'peers = { "edge.test" }'
CLIENTS = (None, "edge", "stranger", "expired", "forged")
# What a policy sees of the client tells what the gateway made of its certificate.
TELL = """return { reads = { "trusted", "tls.subject" }, decide = function(m)
  return reply(200, m.trusted == "true" and "trusted" or m["tls.subject"] and "known" or "anonymous")
end }"""


def outcomes(play, listener):
    """What becomes of a client by the certificate that it shows."""
    play.gateway([play.server("one")], bind="tls", words=play.certificates.word("pool"), files={"tell.lua": TELL},
                 listener=f'tls = "pool", policies = {{ "./tell.lua" }}, {listener}')
    def outcome(name):
        try:
            client = play.tls_client(name)
            client.send(request())
            came = client.read()
        except (ssl.SSLError, ConnectionError):
            return "refused"
        return came.split(b"\r\n")[0].split()[-1].decode() if came else "refused"
    return {name: outcome(name) for name in CLIENTS}


@story
def none_asks_for_no_certificate(play):
    equal(outcomes(play, 'verify = "none"'), dict.fromkeys(CLIENTS, "anonymous"), "clients by certificate")


@story
def optional_takes_everyone_and_trusts_only_verified_peers(play):
    equal(outcomes(play, f'verify = "optional", {PEERS}'),
          {None: "anonymous", "edge": "trusted", "stranger": "known", "expired": "anonymous", "forged": "anonymous"},
          "clients by certificate")


@story
def optional_is_the_default_with_peers(play):
    equal(outcomes(play, PEERS)["edge"], "trusted", "a peer")


@story
def required_refuses_all_without_a_verified_certificate(play):
    equal(outcomes(play, f'verify = "required", {PEERS}'),
          {None: "refused", "edge": "trusted", "stranger": "known", "expired": "refused", "forged": "refused"},
          "clients by certificate")


@story
def without_peers_nobody_is_trusted(play):
    equal(outcomes(play, 'verify = "optional"')["edge"], "known", "a client with a good certificate")


main()
