#!/usr/bin/python3
"""x01: SIP as a hop, over every pair of transports: our Via on top on the way there, and gone on the way back."""
import threading

from play import Message, Skip, equal, eventually, expect, main, request, response, story
from play.udp import udp_socket

TEXT = {"udp": "UDP", "tcp": "TCP", "tls": "TLS"}


class Caller:
    """A client over any transport; over UDP an answer must come from the address that was asked."""

    def __init__(self, play, kind):
        self.kind = kind
        if kind == "udp":
            self.made = play.udp_client(100, address=(play.host(1), 5060))
        else:
            self.made = play.tls_client() if kind == "tls" else play.client()

    def via(self):
        host, port = self.made.socket.getsockname()[:2]
        return f"SIP/2.0/{TEXT[self.kind]} 192.0.2.1:{port};rport;branch=z9hG4bK"

    def send(self, message):
        self.made.send(bytes(message))

    def receive(self):
        return Message(self.made.read()) if self.kind == "udp" else self.made.receive()

    def ask(self, message):
        self.send(message)
        return self.receive()


def gateway(play, kind, behind, options=""):
    servers = []
    for name in ("one", "two"):
        if behind == "udp":
            server = play.udp_server(name, port=5060)
            server.answer = lambda data, name=name: bytes(response(Message(data), server=name))
        else:
            server = play.tls_server(name) if behind == "tls" else play.server(name)
        servers.append(server)
    tls = kind == "tls"
    pool = 'tls = "pool", tls_name = "pool.test"' if behind == "tls" else f'transport = "{behind}"'
    play.gateway(servers, bind=kind, pool=pool + ", monitor = false",
                 words=play.certificates.word("pool") if "tls" in (kind, behind) else "",
                 listener=('tls = "pool",' if tls else "") + f' options = {{ mode = "hop", {options} }}')
    return servers


def requests_of(server):
    return [Message(d) for d in server.datagrams] if hasattr(server, "datagrams") else server.requests


def ask_and_see(play, kind, behind):
    servers = gateway(play, kind, behind)
    for n in range(8):
        caller = Caller(play, kind)
        asked = request("OPTIONS", via=caller.via() + str(n), body=b"how are you")
        got = caller.ask(asked)
        equal((got.status, got.call_id, len(got.all("Via"))), (200, asked.call_id, 1), "the answer")
        expect("received=127." in got.header("Via") and "rport=" in got.header("Via"),
               "the client's Via says where it is")
        server = next(s for s in servers if s.name == got.server)
        seen = next(m for m in requests_of(server) if m.call_id == asked.call_id)
        vias = seen.all("Via")
        expect(vias[0].startswith(f"SIP/2.0/{TEXT[behind]} 127."), f"our Via: {vias[0]}")
        expect(";branch=z9hG4bKlg" in vias[0], "its branch is ours")
        if behind == "udp":
            sources = {f"{host}:{port}" for host, port in server.sources}
            expect(vias[0].split()[1].split(";")[0] in sources, f"our Via names the socket: {vias[0]} of {sources}")
        equal((len(vias), seen.header("Max-Forwards"), seen.body), (2, "69", b"how are you"), "what the server sees")


@story
def udp_in_udp_out(play):
    ask_and_see(play, "udp", "udp")


@story
def udp_in_tcp_out(play):
    ask_and_see(play, "udp", "tcp")


@story
def tcp_in_tcp_out(play):
    ask_and_see(play, "tcp", "tcp")


@story
def tcp_in_udp_out(play):
    ask_and_see(play, "tcp", "udp")


@story
def tls_in_tcp_out(play):
    ask_and_see(play, "tls", "tcp")


@story
def tls_in_udp_out(play):
    ask_and_see(play, "tls", "udp")


@story
def udp_in_tls_out(play):
    ask_and_see(play, "udp", "tls")


@story
def tcp_in_tls_out(play):
    ask_and_see(play, "tcp", "tls")


def udp_gateway_on(play, server, bind, port):
    server.answer = lambda data: bytes(response(Message(data), server=server.name))
    play.gateway_of(f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "1s" }}
pool "farm" {{ servers = {{ "{server.address}" }}, monitor = false }}
listener "in" {{ plugin = "sip", bind = {{ "udp:{bind}:{port}" }}, pool = "farm" }}
""").wait_open()


def free_port(host):
    with udp_socket(host) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            raise Skip(f"this machine has no {host}") from None
        return probe.getsockname()[1]


@story
def answers_leave_from_the_address_that_was_asked(play):
    port = free_port("0.0.0.0")
    udp_gateway_on(play, play.udp_server("one", port=5060), "0.0.0.0", port)
    client = play.udp_client(100, address=(play.host(1), port))
    for last in (1, 2, 3, 2, 1):
        asked = request("OPTIONS", via=f"SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK{last}{client.socket.fileno()}")
        equal(Message(client.ask(bytes(asked), to=(play.host(last), port))).status, 200, f"the answer of ...{last}")


@story
def ipv6_in_ipv4_out(play):
    port, one = free_port("::1"), play.udp_server("one", port=5060)
    udp_gateway_on(play, one, "[::1]", port)
    asked = request("OPTIONS", via="SIP/2.0/UDP [2001:db8::9]:5070;rport;branch=z9hG4bKsix")
    got = Message(play.udp_client(address=("::1", port)).ask(bytes(asked)))
    equal((got.status, len(got.all("Via"))), (200, 1), "the answer")
    expect("received=::1" in got.header("Via"), f"the client's Via: {got.header('Via')}")


# ---- Requests that a server starts ----

def registered(play, servers, kind):
    """A client that has registered, and the Path that the server has got."""
    caller = Caller(play, kind)
    asked = request("REGISTER", via=caller.via() + "r", uri="sip:example.test")
    got = caller.ask(asked)
    server = next(s for s in servers if s.name == got.server)
    seen = next(m for m in requests_of(server) if m.call_id == asked.call_id)
    return caller, server, asked, seen


def asks(server, asked, message):
    """Sends it where the client's own request came from, and returns the answer."""
    if not hasattr(server, "datagrams"):
        return server.link_of(asked).ask(message)
    source = next(source for source, data in server.received if Message(data).call_id == asked.call_id)
    server.answer = None
    n = len(server.received)
    server.send(source, bytes(message))
    return Message(server.wait_datagrams(n + 1)[n])


def calls_back(play, kind, behind):
    servers = gateway(play, kind, behind, "path = true, record_route = true")
    for n in range(8):
        caller, server, registration, seen = registered(play, servers, kind)
        route = [("Route", path) for path in seen.all("Path")]
        expect(route and ";lr;ob;lg=" in route[0][1], f"the Path {route}")
        asked = request("INVITE", via=f"SIP/2.0/{TEXT[behind]} {server.address};branch=z9hG4bKs{n}", more=route)
        serve = server.answer
        answers = []
        thread = threading.Thread(target=lambda: answers.append(asks(server, registration, asked)))
        thread.start()
        got = caller.receive()
        print(got.raw) if not got.call_id else None
        equal((got.method, got.call_id, got.all("Route"), len(got.all("Via"))), ("INVITE", asked.call_id, [], 2),
              "the request")
        expect(got.all("Record-Route"), "it goes through us from now on")
        caller.send(response(got, 200))
        thread.join()
        server.answer = serve
        equal((answers[0].status, answers[0].call_id, len(answers[0].all("Via"))), (200, asked.call_id, 1),
              "the answer")


@story
def a_server_reaches_udp_clients_over_udp(play):
    calls_back(play, "udp", "udp")


@story
def a_server_reaches_udp_clients_over_tcp(play):
    calls_back(play, "udp", "tcp")


@story
def a_server_reaches_tcp_clients_over_tcp(play):
    calls_back(play, "tcp", "tcp")


@story
def a_server_reaches_tls_clients_over_tcp(play):
    calls_back(play, "tls", "tcp")


@story
def a_client_that_has_gone_is_430(play):
    servers = gateway(play, "tcp", "tcp", "path = true")
    caller, server, registration, seen = registered(play, servers, "tcp")
    others = [registered(play, servers, "tcp") for _ in range(4)]
    caller.made.close()
    eventually(lambda: play.gateways[0].listener()["sessions"] <= len(others), "the gateway sees that it has gone")
    route = [("Route", path) for path in seen.all("Path")]
    for n, by in enumerate([registration] + [o[2] for o in others if o[1] is server]):
        asked = request("OPTIONS", via=f"SIP/2.0/TCP {server.address};branch=z9hG4bKg{n}", more=route)
        equal(server.link_of(by).ask(asked).status, 430, "the answer")


@story
def a_token_counts_from_a_servers_side_only(play):
    servers = gateway(play, "tcp", "tcp", "path = true")
    _, _, _, seen = registered(play, servers, "tcp")
    route = [("Route", path) for path in seen.all("Path")]
    got = play.client().ask(request("OPTIONS", more=route))
    expect(got.status == 200 and got.server, "it goes to a server, as if there had been no Route")


main()
