#!/usr/bin/python3
"""x20: the example direct-routing.lua does what it says: a carrier that insists on the gateway's name and certificate,
three of its proxies in their order, and a PBX on the other side."""
import os
import re
import ssl

from play import equal, eventually, expect, main, request, story

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "examples",
                       "direct-routing.lua")
NAME = "sbc1.corp.example"
PROXIES = ("sip.pstnhub.microsoft.com", "sip2.pstnhub.microsoft.com", "sip3.pstnhub.microsoft.com")
PBX = "pbx.corp.example"


class Trunk:
    """The example as it is, but on the addresses and with certificates of the play, and with quicker probes."""

    def __init__(self, play):
        self.play = play
        for name in (NAME, PBX, *PROXIES):
            play.certificates.make(name, "ca", "ec", f"DNS:{name}", 30, folder=play.folder)
        self.proxies = [self.server(name) for name in PROXIES]
        self.pbx = self.server(PBX)
        self.inside, self.outside = (play.host(1), 5061), (play.host(2), 5061)
        self.gateway = play.gateway_of(self.words(), address=self.inside)
        for name in ("from-pbx", "from-carrier"):
            self.gateway.wait_open(name)

    def context(self, purpose, name):
        context = ssl.SSLContext(purpose)
        context.load_cert_chain(os.path.join(self.play.folder, f"{name}.pem"),
                                os.path.join(self.play.folder, f"{name}.key"))
        context.load_verify_locations(self.play.certificates.path("ca.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def server(self, name):
        """One that talks to nobody without a certificate."""
        return self.play.server(name, 5061, self.context(ssl.PROTOCOL_TLS_SERVER, name))

    def words(self):
        with open(EXAMPLE) as file:
            text = file.read()
        ours = dict(zip(("203.0.113.10", "203.0.113.20", "203.0.113.30", "192.0.2.80"),
                        (s.host for s in (*self.proxies, self.pbx))), **{"192.0.2.71": self.inside[0],
                                                                         "198.51.100.71": self.outside[0]})
        for theirs, our in ours.items():
            text = text.replace(f"{theirs}:", f"{our}:")
        for file in ("trunk.pem", "trunk.key"):
            text = text.replace(f'"{file}"', f'"{os.path.join(self.play.folder, file.replace("trunk", NAME))}"')
        text = text.replace('"ca.pem"', f'"{self.play.certificates.path("ca.pem")}"')
        text = re.sub(r'interval = "\d+s"', 'interval = "300ms"', text)
        return 'gateway { control = "control", log = "debug", drain = "1s" }\n' + text

    def client(self, name, address):
        """A peer that shows the certificate of this name and believes only the gateway's."""
        context = self.context(ssl.PROTOCOL_TLS_CLIENT, name)
        return self.play.client(address=address, tls=context, sni=NAME)

    def first(self):
        """Which proxies the gateway holds for well, in order."""
        status = next(p for p in self.gateway.status()["pools"] if p["name"] == "carrier")
        return [s["name"] for s in status["servers"] if s["state"] == "up"]


def invite(n, **words):
    return request("INVITE", via=f"SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKtrunk{n}", **words)


@story
def probes_say_the_name_and_show_the_certificate(play):
    trunk = Trunk(play)
    for server in (*trunk.proxies, trunk.pbx):
        eventually(lambda: server.probes, f"{server.name} is probed")
        probe = server.probes[0][1]
        for header in ("Via", "From", "Contact"):
            expect(NAME in probe.header(header), f"{header} of a probe to {server.name}: {probe.header(header)}")
        own = ssl.PEM_cert_to_DER_cert(open(os.path.join(play.folder, f"{NAME}.pem")).read())
        equal(next(k for k in server.links if k.probed).shown, own, f"what {server.name} is shown")


@story
def calls_go_to_the_first_proxy_that_is_well(play):
    trunk = Trunk(play)
    pbx = trunk.client(PBX, trunk.inside)
    eventually(lambda: len(trunk.first()) == 3, "all proxies are up")
    for n in range(4):
        equal(pbx.ask(invite(n)).server, PROXIES[0], "who takes the call")
    trunk.proxies[0].die()
    for n in range(4, 8):
        equal(pbx.ask(invite(n)).server, PROXIES[1], "who takes the call, the first proxy being dead")
    trunk.proxies[1].answer = trunk.proxies[1].refuse(503)
    equal(pbx.ask(invite(8)).server, PROXIES[2], "who takes the call, the second having no room")
    trunk.proxies[0].listen()
    eventually(lambda: PROXIES[0] in trunk.first(), "the first proxy is up again")
    equal(pbx.ask(invite(9)).server, PROXIES[0], "who takes a new call")


@story
def both_sides_see_the_name_and_nothing_else_of_the_gateway(play):
    trunk = Trunk(play)
    pbx = trunk.client(PBX, trunk.inside)
    call = invite(1)
    expect(pbx.ask(call).status == 200, "the call is taken")
    seen = trunk.proxies[0].wait_request(call.call_id)
    expect(re.match(rf"SIP/2.0/TLS {re.escape(NAME)}:\d+;", seen.all("Via")[0]), f"Via {seen.all('Via')[0]}")
    records = ", ".join(seen.all("Record-Route"))
    expect(f"<sip:{NAME}:5061;transport=tls;lr;" in records.replace("transport=TLS", "transport=tls"),
           f"Record-Route {records}")
    for host in (trunk.inside[0], trunk.outside[0]):
        expect(host not in seen.raw.decode(), f"{host} is not to be seen")


@story
def the_carrier_calls_the_pbx(play):
    trunk = Trunk(play)
    carrier = trunk.client(PROXIES[1], trunk.outside)
    call = invite(1)
    answer = carrier.ask(call)
    equal((answer.status, answer.server, len(answer.all("Via"))), (200, PBX, 1), "the answer")
    own = ssl.PEM_cert_to_DER_cert(open(os.path.join(play.folder, f"{NAME}.pem")).read())
    equal(trunk.pbx.link_of(call).shown, own, "what the PBX is shown")


@story
def nobody_else_gets_in(play):
    trunk = Trunk(play)
    for address, name in ((trunk.inside, None), (trunk.outside, None)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(play.certificates.path("ca.pem"))
        try:
            client = play.client(address=address, tls=context, sni=NAME)
            client.send(invite(1))
            equal(client.ended(), b"", "what one without a certificate gets")
        except (ssl.SSLError, ConnectionError):
            pass
    equal([s.requests for s in (*trunk.proxies, trunk.pbx)], [[]] * 4, "what the servers got")


main()
