#!/usr/bin/python3
"""t05: clients that stall in the handshake hold up nobody, and are ended."""
import ssl

from play import equal, eventually, expect, main, request, story


def hello():
    """The first flight of a real client."""
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.wrap_bio(inward, outward, server_hostname="pool.test").do_handshake()
    except ssl.SSLWantReadError:
        return outward.read()


def gateway_with(play, limits):
    return play.gateway([play.server("one")], bind="tls", words=play.certificates.word("pool"),
                        listener=f'tls = "pool", limits = {{ {limits} }}')


def stalled(play, n, say=(0, 100, None)):
    """Clients that say nothing, half a hello, or a whole one and never read the answer."""
    first_flight = hello()
    clients = [play.client() for _ in range(n)]
    for i, client in enumerate(clients):
        client.send(first_flight[:say[i % len(say)]])
    return clients


@story
def others_go_on_while_many_handshakes_stall_and_the_stalled_ones_are_closed(play):
    gateway = gateway_with(play, 'handshake = "2s"')
    standing = play.tls_client()
    clients = stalled(play, 60)
    equal(standing.ask(request()).server, "one", "a standing client's server")
    equal(play.tls_client().ask(request()).server, "one", "a new client's server")
    for client in clients:
        client.ended()
    equal(standing.ask(request()).server, "one", "the standing client's server afterwards")
    eventually(lambda: gateway.listener()["sessions"] <= 2, "their sessions are gone")


@story
def handshakes_are_limited_in_number_and_only_handshakes(play):
    gateway = gateway_with(play, 'handshakes = 4, handshake = "20s", exempt = { "127.0.0.0/8" }')
    done = [play.tls_client() for _ in range(6)]  # six one after the other are no matter
    for client in done:
        client.ask(request())  # so that the gateway, too, is through with the handshake
    silent = stalled(play, 6, say=(0,))  # these have not begun
    stalled(play, 4, say=(100, None))
    eventually(lambda: gateway.listener()["handshakes"] == 4, "four have begun")
    expect(play.turned_away(), "a fifth one is closed at once")
    silent[0].send(hello())
    equal(silent[0].ended(), b"", "what a silent one gets that begins now")
    equal(gateway.listener()["limits_passed"], {"handshakes": 2}, "what is counted")
    for client in done:
        equal(client.ask(request()).server, "one", "who answers a client that is in")
    for client in play.clients[6:16]:
        client.close()
    def admitted():
        try:
            return play.tls_client().ask(request()).status == 200
        except (ssl.SSLError, ConnectionError):
            return False
    expect(eventually(admitted, "a new client gets in when the stalled ones have gone"), "it works")


@story
def one_source_has_a_quarter_of_the_handshakes(play):
    gateway = gateway_with(play, 'handshakes = 8, handshake = "30s"')
    half = [play.client(source=play.host(100)) for _ in range(6)]
    for client in half:
        client.send(hello()[:100])
    eventually(lambda: gateway.listener()["limits_passed"].get("handshakes") == 4, "four of six are closed")
    equal(gateway.listener()["handshakes"], 2, "handshakes in flight")
    equal(play.tls_client(source=play.host(101)).ask(request()).server, "one", "another source's server")


@story
def bad_connections_do_not_fill_the_log(play):
    gateway = gateway_with(play, 'sessions = 1000')
    for _ in range(60):
        client = play.client()
        client.send(b"this is no hello\r\n")
        client.ended()
    eventually(lambda: gateway.listener()["refused_tls"] == 60, "all are counted")
    lines = gateway.lines("tls-refused")
    expect(20 <= len(lines) < 60, f"some are told ({len(lines)} lines)")

    def told():
        return sum(int(line.split("count=")[1].split()[0]) if "count=" in line else 1
                   for line in gateway.lines("tls-refused"))
    eventually(lambda: told() == 60, "and all are told of")


main()
