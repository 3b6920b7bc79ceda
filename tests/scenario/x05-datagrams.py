#!/usr/bin/python3
"""x05: what hop mode owes UDP: requests too long for a datagram go by TCP, probes go by UDP; and policies edit here as
well."""
from play import equal, eventually, main, request, response, story
from play.messages import Message

LIMIT = 1300  # RFC 3261 section 18.1.1


def is_probe(data):
    return Message(data).is_probe


def pair(play, transport, more="", monitor="monitor = false,"):
    """One server over UDP and TCP, a gateway, and a client over UDP."""
    udp = play.udp_server("one", port=5060)
    udp.answer = lambda data: bytes(response(Message(data), server="udp"))
    tcp = play.server("tcp", host=udp.host)
    gateway = play.gateway_of(f"""
gateway {{ workers = 2, control = "control", log = "debug", drain = "100ms" }}
pool "farm" {{ servers = {{ "{udp.address}" }}, transport = {transport}, {monitor} }}
listener "in" {{ plugin = "sip", bind = {{ "udp:{play.host(1)}:5060" }}, pool = "farm", {more} }}
""").wait_open()
    return udp, tcp, gateway, play.udp_client(100, address=(play.host(1), 5060))


def ask(client, n, body, **words):
    asked = request("MESSAGE", via=f"SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bKd{n}", body=body, **words)
    got = Message(client.ask(bytes(asked)))
    equal((got.status, got.call_id), (200, asked.call_id), "the answer")
    return got


@story
def long_requests_go_by_tcp_where_the_pool_has_it(play):
    udp, tcp, _, client = pair(play, '{ "udp", "tcp" }')
    equal([ask(client, n, b"x" * size).server for n, size in enumerate((10, LIMIT, 10, 8000, 60))],
          ["udp", "tcp", "udp", "tcp", "udp"], "how each request went")
    seen = tcp.wait_request(n=2)
    equal((seen.body, seen.header("Via").split()[0]), (b"x" * 8000, "SIP/2.0/TCP"), "the long one")


@story
def a_pool_of_datagrams_gets_long_ones_too(play):
    udp, tcp, _, client = pair(play, '"udp"')
    equal([ask(client, n, b"x" * size).server for n, size in enumerate((10, 2 * LIMIT))], ["udp", "udp"],
          "how they went")
    equal(tcp.requests, [], "what came by TCP")


@story
def a_server_is_judged_by_what_it_says_over_udp(play):
    monitor = 'monitor = { plugin = "sip", interval = "300ms", timeout = "1s", fall = 1 },'
    udp, _, gateway, client = pair(play, '"udp"', monitor=monitor)
    eventually(lambda: any(is_probe(d) for d in udp.datagrams), "it is asked over UDP")
    gateway.wait_state(udp, "up")
    udp.answer = lambda data: bytes(response(Message(data), 503))
    gateway.wait_state(udp, "down")
    udp.answer = lambda data: bytes(response(Message(data), 405 if is_probe(data) else 200, server="udp"))
    gateway.wait_state(udp, "up")
    equal(ask(client, 1, b"hi").server, "udp", "who answers")


@story
def policies_edit_requests_and_answers(play):
    edit = ('policies = { { "edit/headers", set = { ["x-gate"] = "east" }, remove = { "user-agent" }, '
            'answer = { ["x-server"] = false, ["x-lych"] = "gate" } } },')
    udp, _, _, client = pair(play, '"udp"', more=edit)
    got = ask(client, 1, b"hi", more=[("User-Agent", "play")])
    equal((got.header("X-Server"), got.header("x-lych")), (None, "gate"), "the answer's headers")
    seen = Message(udp.datagrams[-1])
    equal((seen.header("x-gate"), seen.header("User-Agent"), seen.body), ("east", None, b"hi"), "the request's")


main()
