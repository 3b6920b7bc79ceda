#!/usr/bin/python3
"""e01: a plugin has a port opened for one client and one port of its server: who gets in, where it leads, when it
goes."""
import os
import signal

from play import equal, eventually, expect, main, story

INSIDE = 6000  # the server's port that the clients are after


def raw(server):
    server.reads = False  # these are no messages
    return server


def gateway_with(play, servers, ports="50000-50999", **words):
    """A gateway whose plugin answers each line, a port of the server's, with the port that it has opened for it."""
    modules = os.path.join(play.build, "tests", "unit", "modules", ".libs")
    return play.gateway([raw(s) for s in servers], plugin="doors", gateway=f'plugin_path = {{ "{modules}" }},',
                        listener=f'options = {{ ports = "{ports}" }},', pool='persistence = { by = "source" }', **words)


def ask(client, port=INSIDE):
    client.send(f"{port}\n".encode())
    answer = b""
    while not answer.endswith(b"\n"):
        data = client.read()
        expect(data, "the client gets a port, not the end")
        answer += data
    return int(answer)


def expected(gateway):
    return gateway.listener()["expected"]


def is_reset(play, port, **words):
    """Whether a connection to this port of the gateway's is accepted and reset at once."""
    try:
        client = play.client(address=(play.host(1), port), **words)
        client.socket.recv(1)
    except ConnectionResetError:
        return True
    return False


@story
def a_client_reaches_its_servers_port_by_the_port_that_was_opened_for_it(play):
    one, two = play.server("one"), play.server("two")
    inside = {s: raw(play.server(s.name + " inside", port=INSIDE, host=s.host)) for s in (one, two)}
    gateway = gateway_with(play, [one, two])
    asking = play.client()
    port = ask(asking)
    expect(50000 <= port <= 50999, f"the port {port} is of the range")
    equal(ask(asking), port, "the port when asked again")
    equal({ask(play.client()) for _ in range(8)}, {port}, "the port on other connections, of both workers")
    chosen = max((one, two), key=lambda server: len(server.open_links))
    joined = play.client(address=(play.host(1), port))
    joined.send(b"hello")
    link = eventually(lambda: inside[chosen].used and inside[chosen].used[-1],
                      "the connection reaches that server's port")
    eventually(lambda: bytes(link.received) == b"hello", "the bytes reach it")
    link.send(b"good day")
    equal(joined.read(), b"good day", "the answer")
    link.close()
    equal(joined.ended(), b"", "what came behind it")
    equal(expected(gateway)["ports"], 1, "the ports in the status")
    equal(expected(gateway)["opened"], 1, "the ports that were opened, in the status")


@story
def another_client_gets_another_port_and_is_reset_at_this_one(play):
    one = play.server("one")
    inside = raw(play.server("inside", port=INSIDE, host=one.host))
    gateway = gateway_with(play, [one])
    ours, theirs = ask(play.client(source=play.host(51))), ask(play.client(source=play.host(52)))
    expect(ours != theirs, "the ports of two clients differ")
    expect(is_reset(play, ours, source=play.host(52)), "a foreign client is reset")
    equal(inside.links, [], "the links to the server's port")
    equal(expected(gateway)["refused"], 1, "the foreign clients in the status")
    joined = play.client(address=(play.host(1), ours), source=play.host(51))
    joined.send(b"x")
    eventually(lambda: inside.used, "the right client's connection reaches the server")


@story
def a_range_that_is_used_up_gives_no_port(play):
    gateway = gateway_with(play, [play.server("one")], ports="50000-50001")
    ports = [ask(play.client(source=play.host(51 + n))) for n in range(3)]
    equal(sorted(ports), [0, 50000, 50001], "the ports of three clients")
    gateway.wait_line("no-port-left", "used up")
    equal(ask(play.client(source=play.host(51)), INSIDE + 1), 0, "a second port for one who has his share")
    equal(expected(gateway)["none_left"], 2, "the refusals in the status")


@story
def a_server_that_does_not_listen_there_resets_the_client(play):
    gateway = gateway_with(play, [play.server("one")])
    port = ask(play.client())
    expect(is_reset(play, port), "the client is reset")
    gateway.wait_line("server-unreachable")
    equal(expected(gateway)["ports"], 1, "the ports in the status")


@story
def the_ports_close_when_the_gateway_stops_and_their_connections_may_end_by_themselves(play):
    one = play.server("one")
    inside = raw(play.server("inside", port=INSIDE, host=one.host))
    gateway = gateway_with(play, [one])
    port = ask(play.client())
    joined = play.client(address=(play.host(1), port))
    joined.send(b"hello")
    link = eventually(lambda: inside.used and inside.used[-1], "the connection reaches the server")
    gateway.signal(signal.SIGTERM)
    eventually(lambda: play.refused(address=(play.host(1), port)), "connecting is refused")
    link.send(b"still here")
    equal(joined.read(), b"still here", "what comes on the standing connection")


main()
